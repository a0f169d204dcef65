//! S3: request → operation → actions and resources → handler, over an embedded store.
//!
//! [`Gateway`] is an [`Api`](door::Api) behind the door, which has checked the signature
//! and decodes the body. What a request is gets decided once, in `classify`; the actions it
//! needs, the handler that runs and the event that is recorded follow from the row of that
//! operation. Documents are read and written with the types of [`s3s`].
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests"
    )
)]

mod absent;
mod address;
mod checksum;
mod classify;
mod condition;
mod condition_keys;
mod control;
mod cors;
mod documents;
mod download_body;
mod encryption;
mod event;
mod fault;
mod gateway;
mod handler;
mod ids;
mod issuer_document;
mod lifecycle;
mod name;
mod needs;
mod object_headers;
mod operation;
mod outline;
mod patient_stream;
mod post_form;
mod query;
mod reply;
mod request;
mod resource_policies;
mod store;
mod tags;
mod upload_body;
mod upstream;

pub use gateway::Gateway;
pub use lifecycle::Sweeper;
pub use patient_stream::PatientStream;
pub use store::OpenError;
pub use upstream::{
    ConnectError, InvalidUpstreamUrl, TakeInError, TakenIn, Upstream, UpstreamCredentials,
    UpstreamKeys, UpstreamOptions, UpstreamStyle, UpstreamUrl,
};
