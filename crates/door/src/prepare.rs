//! What an API gets of a request: its own part, without the signature's.

use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use session::sigv4::{
    ChunkDecoder, ChunkLayout, PayloadHash, PayloadHasher, SignatureError, Verified, is_credential,
};

use crate::payload::{Decoder, decoded};
use crate::{Authentication, Body, Incoming, Trailers};

const DECODED_LENGTH: HeaderName = HeaderName::from_static("x-amz-decoded-content-length");
const SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// Removes what belonged to the signature and puts the decoder before the body.
pub(crate) fn prepare(
    mut parts: Parts,
    body: Body,
    decoder: Option<Decoder>,
    authentication: &Authentication,
) -> Incoming {
    let trailers = Trailers::default();
    if matches!(decoder, Some(Decoder::Chunked(_))) {
        strip_chunked(&mut parts.headers);
    }
    let body = match decoder {
        Some(decoder) => decoded(body, decoder, trailers.clone()),
        None => body,
    };
    parts.headers.remove(AUTHORIZATION);
    parts.headers.remove(SECURITY_TOKEN);
    let v2 = matches!(authentication, Authentication::QueryV2 { .. });
    strip_presigned(&mut parts.uri, v2);
    Incoming {
        parts,
        body,
        trailers,
    }
}

/// How the body becomes the bytes that were signed.
pub(crate) fn decoder(
    payload: PayloadHash,
    headers: &HeaderMap,
    verified: Option<&Verified>,
) -> Result<Option<Decoder>, SignatureError> {
    let layout = || {
        ChunkLayout::from_headers(headers).map_err(|error| {
            let value = error.to_string();
            SignatureError::UnsupportedPayload { value }
        })
    };
    Ok(match payload {
        PayloadHash::Sha256(declared) => {
            Some(Decoder::Hashed(Some(PayloadHasher::new(Some(declared)))))
        }
        PayloadHash::Unsigned | PayloadHash::Absent => None,
        PayloadHash::StreamingUnsignedTrailer => {
            let chunks = ChunkDecoder::unsigned_trailer(layout()?);
            Some(Decoder::Chunked(Some(Box::new(chunks))))
        }
        PayloadHash::StreamingSigned { trailer } => {
            // Signed chunks continue a signature; without one there is nothing to continue.
            let verified = verified.ok_or(SignatureError::MissingAuthentication)?;
            let chunks = ChunkDecoder::signed(layout()?, verified, trailer);
            Some(Decoder::Chunked(Some(Box::new(chunks))))
        }
    })
}

/// The object's encoding and length, not those of the chunks.
fn strip_chunked(headers: &mut HeaderMap) {
    let encoding = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|name| !name.eq_ignore_ascii_case("aws-chunked") && !name.is_empty())
        .collect::<Vec<_>>()
        .join(",");
    headers.remove(CONTENT_ENCODING);
    if let Ok(value) = HeaderValue::from_str(&encoding)
        && !encoding.is_empty()
    {
        headers.insert(CONTENT_ENCODING, value);
    }
    headers.remove(CONTENT_LENGTH);
    if let Some(length) = headers.remove(DECODED_LENGTH) {
        headers.insert(CONTENT_LENGTH, length);
    }
}

/// Drops the parameters of a signature in the query, however they are spelled; handlers see only the
/// operation's.
fn strip_presigned(uri: &mut Uri, v2: bool) {
    let Some(query) = uri.query() else {
        return;
    };
    let is_ours = |pair: &&str| is_credential(pair.split('=').next().unwrap_or_default(), v2);
    if !query.split('&').any(|pair| is_ours(&pair)) {
        return;
    }
    let kept: Vec<_> = query.split('&').filter(|pair| !is_ours(pair)).collect();
    let path = uri.path();
    let target = match kept.is_empty() {
        true => path.to_owned(),
        false => format!("{path}?{}", kept.join("&")),
    };
    let mut built = http::uri::Parts::default();
    built.path_and_query = target.parse().ok();
    if let Ok(stripped) = Uri::from_parts(built) {
        *uri = stripped;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(target: &str) -> String {
        stripped_of(target, false)
    }

    fn stripped_of(target: &str, v2: bool) -> String {
        let mut uri: Uri = target.parse().unwrap();
        strip_presigned(&mut uri, v2);
        uri.to_string()
    }

    #[test]
    fn a_presigned_request_loses_the_signatures_parameters_and_nothing_else() {
        assert_eq!(
            stripped("/b/k?X-Amz-Algorithm=A&versionId=1&X-Amz-Signature=s&X-Amz-Date=d"),
            "/b/k?versionId=1"
        );
        assert_eq!(stripped("/b/k?X-Amz-Expires=1"), "/b/k");
        // Whatever stays is in the trail.
        assert_eq!(stripped("/b/k?X-Amz-Security-Toke%6e=t&acl"), "/b/k?acl");
        assert_eq!(
            stripped_of(
                "/b/k?AWSAccessKeyId=k&Expires=1&Signatur%65=s&x-amz-security-token=t&acl",
                true
            ),
            "/b/k?acl"
        );
        assert_eq!(
            stripped("/b?Expires=1&Signature=s"),
            "/b?Expires=1&Signature=s"
        );
        assert_eq!(stripped("/b/a%2Fb?uploads"), "/b/a%2Fb?uploads");
        assert_eq!(
            stripped("/b?prefix=X-Amz-Date=1&x-amz-foo=2"),
            "/b?prefix=X-Amz-Date=1&x-amz-foo=2"
        );
    }

    #[test]
    fn the_objects_encoding_and_length_are_left_of_a_chunked_upload() {
        let mut headers = HeaderMap::new();
        headers.append(
            CONTENT_ENCODING,
            HeaderValue::from_static("gzip, aws-chunked"),
        );
        headers.append(CONTENT_ENCODING, HeaderValue::from_static("AWS-Chunked"));
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("120"));
        headers.insert(DECODED_LENGTH, HeaderValue::from_static("5"));
        strip_chunked(&mut headers);
        assert_eq!(headers.get(CONTENT_ENCODING).unwrap(), "gzip");
        assert_eq!(headers.get(CONTENT_LENGTH).unwrap(), "5");
        assert!(!headers.contains_key(DECODED_LENGTH));
    }

    #[test]
    fn signed_chunks_without_a_signature_are_refused() {
        let mut headers = HeaderMap::new();
        headers.insert(DECODED_LENGTH, HeaderValue::from_static("5"));
        let streaming = PayloadHash::StreamingSigned { trailer: false };
        assert!(matches!(
            decoder(streaming, &headers, None),
            Err(SignatureError::MissingAuthentication)
        ));
    }
}
