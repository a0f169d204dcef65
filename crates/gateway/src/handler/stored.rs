//! What answers say of how an object is kept.

use super::Context;
use crate::encryption::Storage;
use crate::fault::Fault;
use crate::lifecycle::expiration;
use crate::reply::Reply;
use crate::store::Object;

/// When the object will end, and how it is encrypted.
#[derive(Debug)]
pub(super) struct Stored {
    expiration: Option<String>,
    storage: Storage,
}

impl Stored {
    /// Of the current version of the key that is asked for.
    pub(super) fn of(cx: &Context<'_>, object: &Object) -> Result<Self, Fault> {
        Ok(Self {
            expiration: expiration(cx.bucket()?, cx.request.key()?, object),
            storage: cx.storage,
        })
    }

    /// Adds the headers.
    pub(super) fn tell(&self, reply: &mut Reply) {
        if let Some(expiration) = &self.expiration {
            reply.set_named("x-amz-expiration", expiration);
        }
        self.storage.tell(reply);
    }
}
