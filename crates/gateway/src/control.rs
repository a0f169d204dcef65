//! S3 Control: requests about an account, and about the tags of a resource. They have paths of their
//! own and name the account in a header, which is signed as every `x-amz-` header is. Without it
//! such a path is an object's.

use http::{HeaderMap, Method};
use policy::AccountId;

use crate::address::Address;
use crate::fault::{Code, Fault};
use crate::name::BucketName;
use crate::operation::Operation;
use crate::query::{Query, strict_decode};

/// The header that says which account.
pub(crate) const ACCOUNT: &str = "x-amz-account-id";
/// What the paths begin with: the version of the API.
const ROOT: &str = "/v20180820/";
/// Where functions of Object Lambda deliver objects, beside all buckets: no bucket has capitals.
const OBJECT_LAMBDA: &str = "/WriteGetObjectResponse";

/// Whether a request is one of S3 Control, which words its errors in its own way.
pub(crate) fn is_control(path: &str, headers: &HeaderMap) -> bool {
    path.starts_with(ROOT) && headers.contains_key(ACCOUNT)
}

/// Reads a request that is no bucket's by its path; `None` if it is one of S3 itself.
///
/// # Errors
/// `InvalidRequest` for an account that is none, `NotImplemented` for what is unknown here.
pub(crate) fn read(
    method: &Method,
    path: &str,
    query: &str,
    headers: &HeaderMap,
) -> Result<Option<(Operation, Address, Query)>, Fault> {
    if method == Method::POST && path == OBJECT_LAMBDA {
        let query = Query::parse(query)?;
        return Ok(Some((
            Operation::WriteGetObjectResponse,
            Address::Service,
            query,
        )));
    }
    let (Some(rest), Some(account)) = (path.strip_prefix(ROOT), headers.get(ACCOUNT)) else {
        return Ok(None);
    };
    let account: AccountId = account
        .to_str()
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Fault::invalid_request("Account ID must be a 12-digit number"))?;
    let (operation, address) = classify(method, rest, account)?;
    let list = (operation == Operation::UntagResource).then_some("tagKeys");
    Ok(Some((
        operation,
        address,
        Query::parse_with_list(query, list)?,
    )))
}

fn classify(
    method: &Method,
    rest: &str,
    account: AccountId,
) -> Result<(Operation, Address), Fault> {
    use Operation as O;
    let unknown = || {
        Fault::new(Code::NotImplemented)
            .message("This operation is not implemented")
            .element("Method", method.as_str())
    };
    if rest == "configuration/publicAccessBlock" {
        let operation = match *method {
            Method::GET => O::GetAccountPublicAccessBlock,
            Method::PUT => O::PutAccountPublicAccessBlock,
            Method::DELETE => O::DeleteAccountPublicAccessBlock,
            _ => return Err(Fault::new(Code::MethodNotAllowed)),
        };
        return Ok((operation, Address::Account(account)));
    }
    let arn = strict_decode(rest.strip_prefix("tags/").ok_or_else(unknown)?)?;
    // Access points, grants and the rest have tags too, but there are none here.
    let bucket = arn.strip_prefix("arn:aws:s3:::").ok_or_else(unknown)?;
    let operation = match *method {
        Method::GET => O::ListTagsForResource,
        Method::POST => O::TagResource,
        Method::DELETE => O::UntagResource,
        _ => return Err(Fault::new(Code::MethodNotAllowed)),
    };
    Ok((operation, Address::Bucket(BucketName::parse(bucket)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(method: &str, target: &str, account: Option<&str>) -> Option<Operation> {
        let mut headers = HeaderMap::new();
        if let Some(account) = account {
            headers.insert(ACCOUNT, account.parse().unwrap());
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        read(&method, path, query, &headers)
            .ok()?
            .map(|(operation, ..)| operation)
    }

    #[test]
    fn paths_are_control_only_with_an_account() {
        use Operation as O;
        let block = "/v20180820/configuration/publicAccessBlock";
        let tags = "/v20180820/tags/arn%3Aaws%3As3%3A%3A%3Abkt";
        let account = Some("123456789012");
        for (method, target, expected) in [
            ("GET", block, O::GetAccountPublicAccessBlock),
            ("PUT", block, O::PutAccountPublicAccessBlock),
            ("DELETE", block, O::DeleteAccountPublicAccessBlock),
            ("GET", tags, O::ListTagsForResource),
            ("POST", tags, O::TagResource),
            ("DELETE", tags, O::UntagResource),
        ] {
            assert_eq!(of(method, target, account), Some(expected), "{target}");
            assert_eq!(of(method, target, None), None, "{target}");
        }
        let several = format!("{tags}?tagKeys=a&tagKeys=b");
        assert_eq!(of("DELETE", &several, account), Some(O::UntagResource));
        assert_eq!(of("GET", "/bkt/k", account), None);
        assert_eq!(
            of("POST", "/WriteGetObjectResponse", None),
            Some(O::WriteGetObjectResponse)
        );
    }

    #[test]
    fn what_is_unknown_is_refused() {
        let mut headers = HeaderMap::new();
        headers.insert(ACCOUNT, "123456789012".parse().unwrap());
        for (method, path) in [
            ("GET", "/v20180820/jobs"),
            ("POST", "/v20180820/configuration/publicAccessBlock"),
            (
                "GET",
                "/v20180820/tags/arn:aws:s3:eu-west-1:123456789012:job%2Fx",
            ),
            ("GET", "/v20180820/tags/arn:aws:s3:::bkt%2Fk"),
            ("PUT", "/v20180820/tags/arn:aws:s3:::bkt"),
        ] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            assert!(read(&method, path, "", &headers).is_err(), "{path}");
        }
        headers.insert(ACCOUNT, "1234".parse().unwrap());
        let path = "/v20180820/configuration/publicAccessBlock";
        assert!(read(&Method::GET, path, "", &headers).is_err());
    }
}
