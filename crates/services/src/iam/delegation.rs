//! Temporary delegation: an account asks for access to another one for some hours, somebody there
//! accepts, and the asking account trades a token for credentials of who accepted (IAM User Guide,
//! "IAM temporary delegation").

mod coverage;
mod decisions;
mod exchange;
mod lists;
mod requests;
mod shape;
mod summary;
mod template;
mod visible;

pub(crate) use exchange::{is_of, open, token_of};
pub(crate) use visible::{find, of_its_owner};
