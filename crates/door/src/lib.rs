//! The one way in: authenticate, authorize, handle, record. Every API goes through it.
//!
//! A request's way, once and in one direction: bytes → [`Door::enter`] (who is it?) → an
//! [`Api`] (which actions on which resources?) → [`Door::authorize`] (allowed?) → the
//! handler, which can't be called without the [`Permit`] → the audit trail → bytes.
#![cfg_attr(
    daypass_unchecked,
    allow(dead_code, unused_imports, reason = "the checks are left out")
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests"
    )
)]

mod api;
mod attested;
mod authenticate;
mod authorize;
mod body;
mod buffered;
mod call;
mod caller;
mod clock;
mod context;
mod controls;
mod data_events;
mod door;
mod enter;
mod explained;
mod form;
mod form_entry;
mod last_used;
mod layers;
mod mentions;
mod need;
mod organization_keys;
mod payload;
mod prepare;
mod record;
mod refusal;
mod refusal_limit;
mod request_id;
mod resource_policies;
mod root_session;
#[cfg(any(test, daypass_unchecked))]
mod unchecked;

pub use api::{Answer, Api, Expected, Incoming};
pub use attested::{attested, attested_key, attributes, passed_on};
pub use authorize::{Denied, Permit};
pub use body::{Body, BodyError, Trailers, empty, full};
pub use call::{Authentication, Call};
pub use caller::Caller;
pub use clock::{Clock, SystemClock};
pub use context::standing_keys;
pub use controls::Controls;
pub use door::{Door, DoorConfig};
pub use enter::{Connection, host};
pub use form::{Form, FormError, is_multipart};
pub use layers::Layers;
pub use need::Need;
pub use organization_keys::organization_keys;
pub use refusal::Refusal;
pub use resource_policies::{Guard, ResourcePolicies};
