//! Bodies in chunks.

use super::{Keys, scope, sha256_hex, sign};

pub(super) fn signed_chunks(
    keys: &Keys,
    date: &str,
    seed: &str,
    body: &[u8],
    trailers: Option<&[(&str, &str)]>,
) -> Vec<u8> {
    let mut wire = Vec::new();
    let mut previous = seed.to_owned();
    let pieces = body.chunks(8192).chain([&b""[..]]);
    for piece in pieces {
        let text = format!(
            "AWS4-HMAC-SHA256-PAYLOAD\n{date}\n{}\n{previous}\n{}\n{}",
            scope(date),
            sha256_hex(b""),
            sha256_hex(piece)
        );
        previous = sign(keys, date, &text);
        wire.extend(format!("{:x};chunk-signature={previous}\r\n", piece.len()).into_bytes());
        if !piece.is_empty() {
            wire.extend_from_slice(piece);
            wire.extend_from_slice(b"\r\n");
        }
    }
    let Some(trailers) = trailers else {
        wire.extend_from_slice(b"\r\n");
        return wire;
    };
    let lines: String = trailers.iter().map(|(n, v)| format!("{n}:{v}\n")).collect();
    let text = format!(
        "AWS4-HMAC-SHA256-TRAILER\n{date}\n{}\n{previous}\n{}",
        scope(date),
        sha256_hex(lines.as_bytes())
    );
    let signature = sign(keys, date, &text);
    wire.extend(lines.replace('\n', "\r\n").into_bytes());
    wire.extend(format!("x-amz-trailer-signature:{signature}\r\n\r\n").into_bytes());
    wire
}

pub(super) fn chunks(body: &[u8], trailers: &[(&str, &str)]) -> Vec<u8> {
    let mut wire = Vec::new();
    for piece in body.chunks(8192) {
        wire.extend(format!("{:x}\r\n", piece.len()).into_bytes());
        wire.extend_from_slice(piece);
        wire.extend_from_slice(b"\r\n");
    }
    wire.extend_from_slice(b"0\r\n");
    for (name, value) in trailers {
        wire.extend(format!("{name}:{value}\r\n").into_bytes());
    }
    wire.extend_from_slice(b"\r\n");
    wire
}
