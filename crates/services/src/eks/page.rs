//! Pagination by `nextToken` and `maxResults`.

use crate::generated::eks::errors::INVALID_PARAMETER;
use crate::next_token;
use crate::wire::Fault;

/// `maxResults` when it isn't given, and the most (EKS API Reference, `ListClusters`).
const PAGE: usize = 100;

/// A page of `entries`, each with its key, in ascending order of the keys, and the token of the next one.
///
/// # Errors
/// `InvalidParameterException` when the token isn't one of ours.
pub(super) fn page<K: AsRef<str>, T>(
    token: Option<&str>,
    max_results: Option<i32>,
    entries: impl IntoIterator<Item = (K, T)>,
) -> Result<(Vec<T>, Option<String>), Fault> {
    let most = max_results.and_then(|it| usize::try_from(it).ok());
    next_token::page(token, most.unwrap_or(PAGE), entries)
        .map_err(|_| INVALID_PARAMETER.fault("The nextToken is not one of an earlier answer."))
}
