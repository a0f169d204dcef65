//! Whose credentials an operation is about: a user's, or the account's root's.

use directory::{AccountView, CredentialOwner, User};
use door::Need;
use policy::Principal;
use trail::Resource;

use super::holder::existing;
use super::users::named_or_caller;
use super::{needs, resources};
use crate::handle::At;
use crate::wire::{Fault, Operation};

/// A user by name, or the account's root.
#[derive(Debug, Clone)]
pub(super) enum Whose {
    User(String),
    Root,
}

impl Whose {
    /// The user that is named, or else who calls: the root when it calls without a name (IAM API
    /// reference, `DeleteSigningCertificate`).
    ///
    /// # Errors
    /// `ValidationError` for other callers that are no users.
    pub(super) fn of(named: Option<&str>, at: &At<'_>) -> Result<Self, Fault> {
        if named.is_none() && matches!(at.call.caller.principal, Principal::Root { .. }) {
            return Ok(Self::Root);
        }
        named_or_caller(named, at).map(|name| Self::User(name.to_owned()))
    }

    /// `O` on whom it is about.
    pub(super) fn need<O: Operation>(&self, at: &At<'_>) -> Need {
        match self {
            Self::User(name) => needs::on::<O, User>(at, name),
            Self::Root => needs::action::<O>(root_arn(at)),
        }
    }

    /// For the audit record.
    pub(super) fn resources(&self, at: &At<'_>) -> Vec<Resource> {
        match self {
            Self::User(name) => resources::holder::<User>(at, name),
            Self::Root => vec![resources::resource(at, "AWS::IAM::Root", root_arn(at))],
        }
    }

    /// The owner, and the name that answers show.
    ///
    /// # Errors
    /// `NoSuchEntity` when there is no such user.
    pub(super) fn owner(&self, view: &AccountView) -> Result<(CredentialOwner, String), Fault> {
        match self {
            Self::User(name) => {
                let user = existing::<User>(view, name)?;
                Ok((CredentialOwner::user(&user.id), user.name.to_string()))
            }
            Self::Root => Ok((CredentialOwner::root(), ROOT.to_owned())),
        }
    }
}

fn root_arn(at: &At<'_>) -> String {
    format!("arn:aws:iam::{}:root", at.account)
}

/// What stands for the name that the root doesn't have.
const ROOT: &str = "root";
