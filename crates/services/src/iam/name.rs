//! Names and paths of new entities.

use directory::{EntityName, EntityPath};

use super::fault::validation;
use crate::wire::Fault;

/// A new entity's name; `field` is the parameter, in lower camel case.
pub(super) fn entity_name(text: String, field: &str) -> Result<EntityName, Fault> {
    EntityName::try_from(text).map_err(|_| {
        validation(format!(
            "The specified value for {field} is invalid. It must contain only alphanumeric \
             characters and/or the following: +=,.@_-"
        ))
    })
}

/// A new entity's path; `/` when none is given.
pub(super) fn entity_path(text: Option<String>) -> Result<EntityPath, Fault> {
    let Some(text) = text else {
        return Ok(EntityPath::root());
    };
    EntityPath::try_from(text).map_err(|_| {
        validation(
            "The specified value for path is invalid. It must begin and end with / and contain \
             only alphanumeric characters and/or / characters.",
        )
    })
}
