//! A cluster's API server, as commands ask it.

mod connection;
mod ending;
mod place;
mod refusal;
mod requests;

pub(crate) use connection::{Kubernetes, configuration};
pub(crate) use ending::ends;
pub(crate) use place::Place;
pub(crate) use refusal::MissingRight;
