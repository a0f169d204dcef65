//! Pagination by `NextToken` and `MaxResults`.

use super::fault::invalid;
use crate::next_token;
use crate::wire::Fault;

/// `MaxResults` when it isn't given, and the most (AWS Organizations API Reference).
const PAGE: usize = 20;

/// A page of `entries`, each with its key, in ascending order of the keys, and the token of the
/// next one.
///
/// # Errors
/// `InvalidInputException` when the token isn't one of ours.
pub(super) fn page<K: AsRef<str>, T>(
    token: Option<&str>,
    max_results: Option<i32>,
    entries: impl IntoIterator<Item = (K, T)>,
) -> Result<(Vec<T>, Option<String>), Fault> {
    let most = max_results.and_then(|it| usize::try_from(it).ok());
    next_token::page(token, most.unwrap_or(PAGE), entries).map_err(|_| {
        invalid(
            "INVALID_NEXT_TOKEN",
            "Get the value for the NextToken parameter from the response to a previous call of \
             the operation.",
        )
    })
}
