//! The worked examples of the Amazon S3 API Reference ("Authenticating Requests"), with the signatures printed there.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod support;

use bytes::Bytes;
use session::Secret;
use session::sigv4::{
    ChunkDecoder, ChunkLayout, Location, PayloadHash, Rules, SignatureError, SignedPayload, Signer,
    Trailers, sha256,
};
use support::{KEY_ID, Request, SECRET, at};

const NOW: &str = "2013-05-24T00:00:00Z";
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn authorization(signed_headers: &str, signature: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={KEY_ID}/20130524/us-east-1/s3/aws4_request,SignedHeaders={signed_headers},Signature={signature}"
    )
}

#[test]
fn get_object() {
    let authorization = authorization(
        "host;range;x-amz-content-sha256;x-amz-date",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    );
    let request = Request::new(
        "GET",
        "/test.txt",
        &[
            ("host", "examplebucket.s3.amazonaws.com"),
            ("range", "bytes=0-9"),
            ("x-amz-content-sha256", EMPTY),
            ("x-amz-date", "20130524T000000Z"),
            ("authorization", &authorization),
        ],
    );
    let signed = request.signed(&Rules::s3()).unwrap();
    assert_eq!(signed.payload, PayloadHash::Sha256(sha256(b"")));
    assert_eq!(signed.location, Location::Header);
    request.check(&Rules::s3(), at(NOW), Some(b"")).unwrap();
    let other_body = request
        .check(&Rules::s3(), at(NOW), Some(b"x"))
        .unwrap_err();
    assert!(
        matches!(other_body, SignatureError::PayloadMismatch { .. }),
        "{other_body:?}"
    );
}

#[test]
fn put_object_with_a_date_header() {
    let authorization = authorization(
        "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    );
    let request = Request::new(
        "PUT",
        "/test%24file.text",
        &[
            ("host", "examplebucket.s3.amazonaws.com"),
            ("date", "Fri, 24 May 2013 00:00:00 GMT"),
            ("x-amz-date", "20130524T000000Z"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            (
                "x-amz-content-sha256",
                "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
            ),
            ("authorization", &authorization),
        ],
    );
    request
        .check(&Rules::s3(), at(NOW), Some(b"Welcome to Amazon S3."))
        .unwrap();
}

#[test]
fn sub_resource_without_a_value() {
    let authorization = authorization(
        "host;x-amz-content-sha256;x-amz-date",
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    );
    let request = Request::new(
        "GET",
        "/?lifecycle",
        &[
            ("host", "examplebucket.s3.amazonaws.com"),
            ("x-amz-date", "20130524T000000Z"),
            ("x-amz-content-sha256", EMPTY),
            ("authorization", &authorization),
        ],
    );
    request.check(&Rules::s3(), at(NOW), None).unwrap();
}

#[test]
fn list_objects_and_our_signer_agrees() {
    let signature = "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7";
    let mut request = Request::new(
        "GET",
        "/?max-keys=2&prefix=J",
        &[("host", "examplebucket.s3.amazonaws.com")],
    );
    let signer = Signer {
        access_key_id: &KEY_ID.parse().unwrap(),
        secret: &Secret::from(SECRET),
        session_token: None,
        region: "us-east-1",
    };
    let added = signer
        .sign(
            &request.parts(),
            SignedPayload::Sha256(sha256(b"")),
            at(NOW),
            &Rules::s3(),
        )
        .unwrap();
    assert!(
        added["authorization"]
            .to_str()
            .unwrap()
            .ends_with(&format!("Signature={signature}")),
        "{added:?}"
    );
    request.headers.extend(added);
    request.check(&Rules::s3(), at(NOW), None).unwrap();
}

const PRESIGNED: &str = "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";

#[test]
fn presigned_get() {
    let request = Request::new(
        "GET",
        PRESIGNED,
        &[("host", "examplebucket.s3.amazonaws.com")],
    );
    let signed = request.signed(&Rules::s3()).unwrap();
    assert_eq!(
        signed.location,
        Location::Query {
            expires_seconds: 86_400
        }
    );
    assert_eq!(signed.payload, PayloadHash::Unsigned);
    request
        .check(&Rules::s3(), at("2013-05-25T00:00:00Z"), None)
        .unwrap();
    let late = request
        .check(&Rules::s3(), at("2013-05-25T00:00:01Z"), None)
        .unwrap_err();
    assert!(
        matches!(late, SignatureError::PresignedExpired { .. }),
        "{late:?}"
    );
    let put = Request::new(
        "PUT",
        PRESIGNED,
        &[("host", "examplebucket.s3.amazonaws.com")],
    );
    let mismatch = put.check(&Rules::s3(), at(NOW), None).unwrap_err();
    assert!(
        matches!(mismatch, SignatureError::Mismatch(_)),
        "{mismatch:?}"
    );
}

fn upload(payload: &str, extra: &[(&str, &str)], authorization: &str) -> Request {
    let mut request = Request::new(
        "PUT",
        "/examplebucket/chunkObject.txt",
        &[
            ("host", "s3.amazonaws.com"),
            ("x-amz-date", "20130524T000000Z"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ("x-amz-content-sha256", payload),
            ("content-encoding", "aws-chunked"),
            ("x-amz-decoded-content-length", "66560"),
            ("authorization", authorization),
        ],
    );
    for (name, value) in extra {
        request.headers.insert(
            name.parse::<http::HeaderName>().unwrap(),
            value.parse().unwrap(),
        );
    }
    request
}

fn chunk(len: usize, signature: &str) -> Vec<u8> {
    let mut bytes = format!("{len:x};chunk-signature={signature}\r\n").into_bytes();
    if len > 0 {
        bytes.resize(bytes.len() + len, b'a');
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

#[test]
fn chunked_upload() {
    let authorization = authorization(
        "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class",
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    );
    let request = upload(
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        &[("content-length", "66824")],
        &authorization,
    );
    let verified = request.check(&Rules::s3(), at(NOW), None).unwrap();
    let body = [
        chunk(
            65_536,
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
        ),
        chunk(
            1024,
            "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
        ),
        chunk(
            0,
            "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
        ),
        b"\r\n".to_vec(),
    ]
    .concat();
    assert_eq!(body.len(), 66_824);
    let layout = ChunkLayout::from_headers(&request.headers).unwrap();
    let mut decoder = ChunkDecoder::signed(layout, &verified, false);
    let released: usize = decoder
        .push(Bytes::from(body))
        .unwrap()
        .iter()
        .map(Bytes::len)
        .sum();
    assert_eq!(released, 66_560);
    assert_eq!(decoder.finish(), Ok(Trailers::default()));
}

#[test]
fn chunked_upload_with_a_trailing_checksum() {
    let authorization = authorization(
        "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer",
        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
    );
    let request = upload(
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        &[("x-amz-trailer", "x-amz-checksum-crc32c")],
        &authorization,
    );
    let verified = request.check(&Rules::s3(), at(NOW), None).unwrap();
    let body = [
        chunk(65_536, "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2"),
        chunk(1024, "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7"),
        chunk(0, "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"),
        b"x-amz-checksum-crc32c:sOO8/Q==\r\n".to_vec(),
        b"x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n".to_vec(),
    ]
    .concat();
    let layout = ChunkLayout::from_headers(&request.headers).unwrap();
    let mut decoder = ChunkDecoder::signed(layout, &verified, true);
    decoder.push(Bytes::from(body)).unwrap();
    let trailers = decoder.finish().unwrap();
    assert_eq!(
        trailers.0,
        [("x-amz-checksum-crc32c".to_owned(), "sOO8/Q==".to_owned())]
    );
}
