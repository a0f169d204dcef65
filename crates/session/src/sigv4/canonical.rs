//! The canonical request and the string to sign.

use http::HeaderMap;
use jiff::Timestamp;

use crate::hex;
use crate::sigv4::encoding::{decode, encode, encode_path};
use crate::sigv4::error::SignatureError;
use crate::sigv4::payload::sha256;
use crate::sigv4::rules::Family;
use crate::sigv4::scope::Scope;
use crate::sigv4::{ALGORITHM, RequestParts, clock};

/// The query parameter that a presigned request's own signature can't cover.
const SIGNATURE: &[u8] = b"X-Amz-Signature";

/// Builds the canonical request. `payload` is its last line; `signed_headers` are lower-case and sorted.
pub(super) fn request(
    parts: &RequestParts<'_>,
    family: Family,
    signed_headers: &[String],
    payload: &str,
) -> Result<Vec<u8>, SignatureError> {
    let mut text = Vec::with_capacity(512);
    text.extend_from_slice(parts.method.as_bytes());
    text.push(b'\n');
    text.extend_from_slice(path(parts.path, family)?.as_bytes());
    text.push(b'\n');
    text.extend_from_slice(query(parts.query)?.as_bytes());
    text.push(b'\n');
    for name in signed_headers {
        text.extend_from_slice(name.as_bytes());
        text.push(b':');
        header_value(parts.headers, name, &mut text)?;
        text.push(b'\n');
    }
    text.push(b'\n');
    text.extend_from_slice(signed_headers.join(";").as_bytes());
    text.push(b'\n');
    text.extend_from_slice(payload.as_bytes());
    Ok(text)
}

/// Builds the string to sign.
pub(super) fn string_to_sign(
    timestamp: Timestamp,
    scope: &Scope,
    canonical_request: &[u8],
) -> String {
    format!(
        "{ALGORITHM}\n{}\n{scope}\n{}",
        clock::basic(timestamp),
        hex::encode(&sha256(canonical_request))
    )
}

/// S3: the path as the client named it, each byte encoded once; an encoded slash stays one, apart from those between segments.
/// Others: dot segments and empty segments removed, then the path as it came over the wire encoded once more.
fn path(raw: &str, family: Family) -> Result<String, SignatureError> {
    if raw.is_empty() {
        return Ok("/".to_owned());
    }
    let mut path = String::with_capacity(raw.len());
    for (at, segment) in raw.split('/').enumerate() {
        if at > 0 {
            path.push('/');
        }
        let decoded = decode(segment, false).map_err(|_| SignatureError::MalformedUri)?;
        path.push_str(&encode(&decoded));
    }
    Ok(match family {
        Family::S3 => path,
        Family::Query | Family::Json | Family::RestJson => encode_path(normalized(raw).as_bytes()),
    })
}

/// RFC 3986, section 5.2.4, and consecutive slashes as one.
fn normalized(raw: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in raw.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            other => segments.push(other),
        }
    }
    let directory = raw
        .rsplit('/')
        .next()
        .is_some_and(|last| matches!(last, "" | "." | ".."));
    let slash = if directory && !segments.is_empty() {
        "/"
    } else {
        ""
    };
    format!("/{}{slash}", segments.join("/"))
}

/// Parameters by encoded name, then encoded value; a parameter without `=` has an empty value.
fn query(raw: &str) -> Result<String, SignatureError> {
    let mut pairs = Vec::new();
    for (name, value) in pairs_of(raw) {
        let name = decode(name, true).map_err(|_| SignatureError::MalformedUri)?;
        let value = decode(value, true).map_err(|_| SignatureError::MalformedUri)?;
        if &*name != SIGNATURE {
            pairs.push((encode(&name), encode(&value)));
        }
    }
    pairs.sort_unstable();
    let mut text = String::with_capacity(raw.len() + pairs.len());
    for (at, (name, value)) in pairs.iter().enumerate() {
        if at > 0 {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    }
    Ok(text)
}

/// The undecoded parameters of a query.
pub(super) fn pairs_of(raw: &str) -> impl Iterator<Item = (&str, &str)> {
    raw.split('&')
        .filter(|piece| !piece.is_empty())
        .map(|piece| piece.split_once('=').unwrap_or((piece, "")))
}

/// The values of all headers of that name, trimmed, runs of white space as one space, joined by commas.
fn header_value(headers: &HeaderMap, name: &str, to: &mut Vec<u8>) -> Result<(), SignatureError> {
    let mut values = headers.get_all(name).iter().peekable();
    if values.peek().is_none() {
        return Err(SignatureError::SignedHeaderAbsent {
            name: name.to_owned(),
        });
    }
    for (at, value) in values.enumerate() {
        if at > 0 {
            to.push(b',');
        }
        let words = value
            .as_bytes()
            .split(|b| matches!(b, b' ' | b'\t'))
            .filter(|word| !word.is_empty());
        for (at, word) in words.enumerate() {
            if at > 0 {
                to.push(b' ');
            }
            to.extend_from_slice(word);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_other_services_normalise_the_path() {
        for (raw, s3, other) in [
            ("", "/", "/"),
            ("/", "/", "/"),
            ("/a/./b//c/../d", "/a/./b//c/../d", "/a/b/d"),
            ("/../../a/", "/../../a/", "/a/"),
            ("/a/b/.", "/a/b/.", "/a/b/"),
            ("/a/b/..", "/a/b/..", "/a/"),
            ("/a/..", "/a/..", "/"),
            ("/a%20b", "/a%20b", "/a%2520b"),
            ("/a(b)+c", "/a%28b%29%2Bc", "/a%28b%29%2Bc"),
            ("/%41%7e", "/A~", "/%2541%257e"),
            ("/a%2fb", "/a%2Fb", "/a%252fb"),
        ] {
            assert_eq!(path(raw, Family::S3).unwrap(), s3, "{raw}");
            assert_eq!(path(raw, Family::Query).unwrap(), other, "{raw}");
        }
        assert_eq!(path("/%zz", Family::S3), Err(SignatureError::MalformedUri));
        assert_eq!(
            path("/%zz", Family::Json),
            Err(SignatureError::MalformedUri)
        );
    }

    #[test]
    fn the_query_is_sorted_after_encoding() {
        assert_eq!(
            query("b=2&a=2&a=1&acl&A=+&a%2Db=%2f").unwrap(),
            "A=%20&a=1&a=2&a-b=%2F&acl=&b=2"
        );
        assert_eq!(query("&&x=y=z&").unwrap(), "x=y%3Dz");
        assert_eq!(
            query("X-Amz-Signature=1&x-amz-signature=2").unwrap(),
            "x-amz-signature=2"
        );
        assert_eq!(query("a=%"), Err(SignatureError::MalformedUri));
    }

    #[test]
    fn header_values_are_folded_and_joined() {
        let mut headers = HeaderMap::new();
        headers.append("my-header", "  a   b\t c  ".parse().unwrap());
        headers.append("my-header", "".parse().unwrap());
        headers.append("my-header", "\"x  y\"".parse().unwrap());
        let mut value = Vec::new();
        header_value(&headers, "my-header", &mut value).unwrap();
        assert_eq!(value, b"a b c,,\"x y\"");
        assert!(header_value(&headers, "absent", &mut value).is_err());
    }
}
