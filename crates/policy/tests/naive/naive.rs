//! A second opinion: the policy language once more, written from AWS's documentation for clarity
//! alone. Nothing is compiled or indexed, and documents are read as the JSON that they are.

mod condition;
mod decide;
mod glob;
mod notes;
mod principal;
mod statement;
mod values;
mod variables;
mod world;

pub(crate) use decide::decide;
pub(crate) use notes::Notes;
pub(crate) use world::{Caller, Held, Question, World};
