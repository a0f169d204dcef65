use bytes::Bytes;
use http::HeaderValue;
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};

use super::*;
use crate::BodyError;

const PLAIN: &str = "--b\r\nContent-Disposition: form-data; name=\"Key\"\r\n\r\na/${filename}\r\n\
    --b\r\ncontent-disposition: form-data; name=empty\r\nContent-Type: text/plain\r\n\r\n\r\n\
    --b\r\nContent-Disposition: form-data; name=\"x-amz-meta-a\"\r\n\r\n1\r\n\
    --b\r\nContent-Disposition: form-data; name=\"X-Amz-Meta-A\"\r\n\r\n2\r\n\
    --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"C:\\x\\y.txt\"\r\n\r\n\
    the file\r\n--\r\n-b is not the end\r\n--b--\r\n";

fn headers(kind: &'static str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers
}

fn body(bytes: &[u8], piece: usize) -> Body {
    let pieces: Vec<_> = bytes
        .chunks(piece)
        .map(|it| Ok::<_, BodyError>(Frame::data(Bytes::copy_from_slice(it))))
        .collect();
    StreamBody::new(futures(pieces)).boxed_unsync()
}

fn futures(
    pieces: Vec<Result<Frame<Bytes>, BodyError>>,
) -> impl futures_util::Stream<Item = Result<Frame<Bytes>, BodyError>> {
    futures_util::stream::iter(pieces)
}

async fn read(bytes: &[u8], piece: usize) -> Result<(Form, Bytes), String> {
    let headers = headers("multipart/form-data; boundary=b");
    let (form, file) = Form::read(&headers, body(bytes, piece))
        .await
        .map_err(|error| error.code().to_owned())?;
    let file = file.collect().await;
    let file = file.map_err(|error| error.code().to_owned())?;
    Ok((form, file.to_bytes()))
}

#[tokio::test]
async fn a_form_is_the_same_in_whatever_pieces_it_comes() {
    for piece in [1, 2, 3, 7, 64, 100_000] {
        let (form, file) = read(PLAIN.as_bytes(), piece).await.unwrap();
        let fields: Vec<_> = form
            .fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            fields,
            [
                ("key", "a/${filename}"),
                ("empty", ""),
                ("x-amz-meta-a", "1,2")
            ]
        );
        assert_eq!(form.file_name.as_deref(), Some("C:\\x\\y.txt"));
        assert_eq!(form.policy, None);
        assert_eq!(file, "the file\r\n--\r\n-b is not the end");
    }
}

#[tokio::test]
async fn the_file_is_exactly_what_stands_between() {
    for content in [&b""[..], b"\r\n", b"--b", b"\r\n--", b"\0\xff\r\r\n", b"-"] {
        let wire = [
            b"--b\r\nContent-Disposition: form-data; name=file\r\n\r\n",
            content,
            b"\r\n--b\r\nContent-Disposition: form-data; name=\"submit\"\r\n\r\nx\r\n--b--",
        ]
        .concat();
        for piece in [1, 5, 1000] {
            let (form, file) = read(&wire, piece).await.unwrap();
            assert_eq!(file, content);
            assert_eq!(form, Form::default());
        }
    }
}

#[tokio::test]
async fn what_is_no_form_is_refused() {
    let part = "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx";
    let long = format!(
        "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n{}",
        "x".repeat(21_000)
    );
    for (text, code) in [
        ("", "MalformedPOSTRequest"),
        ("--c\r\n", "MalformedPOSTRequest"),
        ("--b--\r\n", "InvalidArgument"),
        ("--b--", "InvalidArgument"),
        (
            "--bb\r\nContent-Disposition: form-data; name=a\r\n\r\n",
            "MalformedPOSTRequest",
        ),
        ("--b\r\n\r\nx\r\n--b--", "MalformedPOSTRequest"),
        (
            "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",
            "MalformedPOSTRequest",
        ),
        (
            "--b\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--b--",
            "MalformedPOSTRequest",
        ),
        (
            "--b\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\nx\r\n--b--",
            "MalformedPOSTRequest",
        ),
        (
            "--b\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx\r\n--b--",
            "MalformedPOSTRequest",
        ),
        (part, "MalformedPOSTRequest"),
        (&format!("{part}\r\n--b"), "MalformedPOSTRequest"),
        (&format!("{part}\r\n--bx\r\n"), "MalformedPOSTRequest"),
        (
            &format!("{part}\r\n--b\r\nand more"),
            "MalformedPOSTRequest",
        ),
        (
            &format!("{part}\r\n--b\r\n{}", "y".repeat(30_000)),
            "MalformedPOSTRequest",
        ),
        (&long, "MaxPostPreDataLengthExceededError"),
        (
            &format!("--b\r\n{}", "y".repeat(21_000)),
            "MaxPostPreDataLengthExceededError",
        ),
    ] {
        for piece in [3, 1_000_000] {
            let refused = read(text.as_bytes(), piece).await;
            assert_eq!(refused.as_ref().unwrap_err(), code, "{text:.80}");
        }
    }
    let field = "--b\r\nContent-Disposition: form-data; name=key\r\n\r\nx\r\n";
    let twice = read(format!("{field}{field}{part}\r\n--b--").as_bytes(), 9).await;
    assert_eq!(twice.unwrap_err(), "InvalidArgument");
}

#[test]
fn boundaries() {
    for (kind, expected) in [
        ("multipart/form-data; boundary=abc", Some("abc")),
        (
            "Multipart/Form-Data;charset=utf-8; Boundary=\"a b\"",
            Some("a b"),
        ),
        ("multipart/form-data", None),
        ("multipart/form-data; boundary=", None),
        ("multipart/form-data; boundary=\"a \"", None),
        ("multipart/form-data; boundary=\"a\\\"b\"", None),
        ("multipart/form-data; boundary=\"a", None),
    ] {
        let headers = headers(kind);
        assert!(is_multipart(&headers), "{kind}");
        assert_eq!(boundary(&headers).as_deref(), expected, "{kind}");
    }
    assert!(!is_multipart(&headers("text/plain; boundary=a")));
    assert!(!is_multipart(&HeaderMap::new()));
}

#[test]
fn names_of_files_keep_their_backslashes() {
    let parsed = part::parameters("; name=\"a\\\"b\"; filename=\"C:\\dir\\\\x.txt\" ").unwrap();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        parsed,
        [pair("name", "a\"b"), pair("filename", "C:\\dir\\x.txt")]
    );
}
