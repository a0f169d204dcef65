//! Chunked bodies: every malformed, altered or forged one is refused, and no byte comes out before its signature was checked.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod support;

use bytes::Bytes;
use http::HeaderMap;
use proptest::collection::vec;
use proptest::prelude::*;
use session::sigv4::{
    ChunkDecoder, ChunkError, ChunkLayout, MAX_SIGNED_CHUNK, Rules, Trailers, Verified,
};
use support::{ChunkSigner, KEY_ID, Request, at, hex, hmac_sha256, sha256_hex, signing_key};

const SCOPE: &str = "20261121/eu-west-1/s3/aws4_request";
const DATE: &str = "20261121T201234Z";

/// A genuine upload request, verified, and a signer that continues from its signature.
fn upload() -> (Verified, ChunkSigner) {
    let key = signing_key("20261121", "eu-west-1", "s3");
    let payload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
    let names = "host;x-amz-content-sha256;x-amz-date";
    let canonical = format!(
        "PUT\n/b/k\n\nhost:h\nx-amz-content-sha256:{payload}\nx-amz-date:{DATE}\n\n{names}\n{payload}"
    );
    let text = format!(
        "AWS4-HMAC-SHA256\n{DATE}\n{SCOPE}\n{}",
        sha256_hex(canonical.as_bytes())
    );
    let seed = hex(&hmac_sha256(&key, text.as_bytes()));
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={KEY_ID}/{SCOPE}, SignedHeaders={names}, Signature={seed}"
    );
    let request = Request::new(
        "PUT",
        "/b/k",
        &[
            ("host", "h"),
            ("x-amz-content-sha256", payload),
            ("x-amz-date", DATE),
            ("authorization", &authorization),
        ],
    );
    let verified = request
        .check(&Rules::s3(), at("2026-11-21T20:12:34Z"), None)
        .unwrap();
    (
        verified,
        ChunkSigner {
            key,
            date: DATE.into(),
            scope: SCOPE.into(),
            previous: seed,
        },
    )
}

fn layout(decoded_length: usize, trailers: &[&str]) -> ChunkLayout {
    ChunkLayout {
        decoded_length: decoded_length as u64,
        trailers: trailers.iter().map(|name| (*name).to_owned()).collect(),
    }
}

/// Feeds `body` in pieces of the given lengths, over and over; answers all that came out, and how it ended.
fn decode(
    mut decoder: ChunkDecoder,
    body: &[u8],
    lens: &[usize],
) -> (Vec<u8>, Result<Trailers, ChunkError>) {
    let mut body = Bytes::copy_from_slice(body);
    let mut out = Vec::new();
    let mut lens = lens.iter().copied().cycle();
    while !body.is_empty() {
        let len = lens.next().unwrap_or(usize::MAX).clamp(1, body.len());
        match decoder.push(body.split_to(len)) {
            Ok(pieces) => pieces.iter().for_each(|piece| out.extend_from_slice(piece)),
            Err(error) => {
                assert_eq!(
                    decoder.push(Bytes::from_static(b"x")).map(|_| ()),
                    Err(ChunkError::Malformed("it was refused before"))
                );
                assert!(decoder.finish().is_err());
                return (out, Err(error));
            }
        }
    }
    (out, decoder.finish())
}

const WHOLE: &[usize] = &[usize::MAX];

/// Two chunks, the end, and a trailing header, signed.
fn signed_body() -> (Verified, Vec<u8>, Vec<u8>) {
    let (verified, mut signer) = upload();
    let data: Vec<u8> = (0..8192 + 700).map(|i| (i % 251) as u8).collect();
    let body = [
        signer.chunk(&data[..8192]),
        signer.chunk(&data[8192..]),
        signer.chunk(b""),
        signer.trailers(&[("x-amz-checksum-crc32", "AAAAAA==")]),
    ]
    .concat();
    (verified, data, body)
}

fn signed_decoder(verified: &Verified, len: usize) -> ChunkDecoder {
    ChunkDecoder::signed(layout(len, &["x-amz-checksum-crc32"]), verified, true)
}

#[test]
fn one_flipped_bit_in_any_chunk_is_refused_and_its_bytes_stay_inside() {
    let (verified, data, body) = signed_body();
    let (out, end) = decode(signed_decoder(&verified, data.len()), &body, WHOLE);
    assert_eq!((out, end.is_ok()), (data.clone(), true));
    // All bits of the framing, and of a sample of the data.
    let sampled = |at: &usize| !(92..8280).contains(at) || at.is_multiple_of(97);
    for at in (0..body.len()).filter(sampled) {
        for bit in 0..8 {
            let mut altered = body.clone();
            altered[at] ^= 1 << bit;
            let (out, end) = decode(signed_decoder(&verified, data.len()), &altered, &[1000]);
            // Sizes and header names ignore case.
            if end.is_ok() && altered.eq_ignore_ascii_case(&body) {
                assert_eq!(out, data);
                continue;
            }
            assert!(end.is_err(), "bit {bit} of byte {at} went unnoticed");
            let whole_chunks = [0, 8192, data.len()].contains(&out.len());
            assert!(
                data.starts_with(&out) && whole_chunks,
                "{} bytes came out",
                out.len()
            );
        }
    }
}

#[test]
fn a_chunk_in_anothers_place_is_refused() {
    let (verified, mut signer) = upload();
    let (one, two) = (signer.chunk(&[1; 8192]), signer.chunk(&[2; 8192]));
    let end = [
        signer.chunk(b""),
        signer.trailers(&[("x-amz-checksum-crc32", "AAAAAA==")]),
    ]
    .concat();
    let swapped = [two.clone(), one.clone(), end.clone()].concat();
    let (out, result) = decode(signed_decoder(&verified, 16_384), &swapped, WHOLE);
    assert_eq!(
        (out, result),
        (Vec::new(), Err(ChunkError::Signature { chunk: 0 }))
    );
    let repeated = [one.clone(), one.clone(), end.clone()].concat();
    let (_, result) = decode(signed_decoder(&verified, 16_384), &repeated, WHOLE);
    assert_eq!(result, Err(ChunkError::Signature { chunk: 1 }));
    let dropped = [one, end].concat();
    let (_, result) = decode(signed_decoder(&verified, 8192), &dropped, WHOLE);
    assert_eq!(result, Err(ChunkError::Signature { chunk: 1 }));
}

#[test]
fn a_lie_about_the_decoded_length_is_refused() {
    let (verified, data, body) = signed_body();
    for wrong in [0, 1, data.len() - 1, data.len() + 1, 1 << 40] {
        let (out, end) = decode(signed_decoder(&verified, wrong), &body, WHOLE);
        assert_eq!(end, Err(ChunkError::Length), "{wrong}");
        assert!(out.len() <= wrong);
    }
    for wrong in [0, 4, 6] {
        let body = b"5\r\nhello\r\n0\r\n\r\n";
        let (_, end) = decode(
            ChunkDecoder::unsigned_trailer(layout(wrong, &[])),
            body,
            WHOLE,
        );
        assert_eq!(end, Err(ChunkError::Length), "{wrong}");
    }
}

#[test]
fn a_body_that_ends_early_or_goes_on_is_refused() {
    let (verified, data, body) = signed_body();
    for len in [
        0,
        1,
        60,
        5000,
        8281,
        8300,
        body.len() - 3,
        body.len() - 2,
        body.len() - 1,
    ] {
        let (_, end) = decode(signed_decoder(&verified, data.len()), &body[..len], WHOLE);
        assert_eq!(end, Err(ChunkError::Length), "{len} bytes");
    }
    let longer = [&body[..], b"GET / HTTP/1.1\r\n"].concat();
    let (_, end) = decode(signed_decoder(&verified, data.len()), &longer, WHOLE);
    assert_eq!(
        end,
        Err(ChunkError::Malformed("there are bytes after the end"))
    );
}

#[test]
fn trailing_headers_need_their_signature_and_their_announcement() {
    let (verified, mut signer) = upload();
    let start = [signer.chunk(b"hello"), signer.chunk(b"")].concat();
    let previous = signer.previous.clone();
    let good = signer.trailers(&[("x-amz-checksum-crc32", "NhCmhg==")]);
    let end = |trailer: &[u8]| {
        decode(
            signed_decoder(&verified, 5),
            &[&start, trailer].concat(),
            WHOLE,
        )
        .1
    };
    assert!(end(&good).is_ok());
    let unsigned = end(b"x-amz-checksum-crc32:NhCmhg==\r\n\r\n");
    assert_eq!(unsigned, Err(ChunkError::Signature { chunk: 2 }));
    assert_eq!(
        end(b"x-amz-checksum-crc32:NhCmhg=x\r\n\r\n"),
        Err(ChunkError::Signature { chunk: 2 })
    );
    assert_eq!(end(b"\r\n"), Err(ChunkError::Trailer));
    signer.previous = previous.clone();
    assert_eq!(
        end(&signer.trailers(&[("x-amz-meta-admin", "1")])),
        Err(ChunkError::Trailer)
    );
    signer.previous = previous.clone();
    let twice = signer.trailers(&[("x-amz-checksum-crc32", "a"), ("x-amz-checksum-crc32", "b")]);
    assert_eq!(end(&twice), Err(ChunkError::Trailer));
    signer.previous = previous;
    let after = [
        &good[..good.len() - 2],
        b"x-amz-checksum-crc32:NhCmhg==\r\n\r\n",
    ]
    .concat();
    assert_eq!(end(&after), Err(ChunkError::Trailer));
    let announced_without = ChunkDecoder::signed(layout(5, &[]), &verified, false);
    assert_eq!(
        decode(announced_without, &[&start[..], &good].concat(), WHOLE).1,
        Err(ChunkError::Trailer)
    );
}

#[test]
fn chunk_sizes_have_bounds() {
    let (verified, mut signer) = upload();
    let decoder = |len: u64| {
        ChunkDecoder::signed(layout(usize::try_from(len).unwrap(), &[]), &verified, false)
    };
    let size = MAX_SIGNED_CHUNK + 1;
    let line = format!("{size:x};chunk-signature={}\r\n", "0".repeat(64));
    assert_eq!(
        decode(decoder(size), line.as_bytes(), WHOLE).1,
        Err(ChunkError::TooLarge)
    );
    let small = [signer.chunk(&[0; 8191]), signer.chunk(&[0; 100])].concat();
    assert_eq!(
        decode(decoder(8291), &small, WHOLE).1,
        Err(ChunkError::TooSmall)
    );
    for bad in [
        "",
        "-1",
        "+5",
        "0x5",
        "5 ",
        "g",
        "fffffffffffffffff",
        "5;a=b",
    ] {
        let body = format!("{bad}\r\nhello\r\n0\r\n\r\n");
        let end = decode(
            ChunkDecoder::unsigned_trailer(layout(5, &[])),
            body.as_bytes(),
            WHOLE,
        )
        .1;
        assert!(
            matches!(end, Err(ChunkError::Malformed(_))),
            "{bad}: {end:?}"
        );
    }
    let endless = vec![b'0'; 100_000];
    let end = decode(
        ChunkDecoder::unsigned_trailer(layout(5, &[])),
        &endless,
        &[10],
    )
    .1;
    assert_eq!(end, Err(ChunkError::Malformed("a line is too long")));
}

#[test]
fn only_cr_lf_ends_a_line() {
    for bad in [
        "5\nhello\r\n0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhelloXX0\r\n\r\n",
        "5\r\nhello\r\n0\r\n\n",
        "5\r\r\nhello\r\n0\r\n\r\n",
    ] {
        let end = decode(
            ChunkDecoder::unsigned_trailer(layout(5, &[])),
            bad.as_bytes(),
            WHOLE,
        )
        .1;
        assert!(
            matches!(end, Err(ChunkError::Malformed(_))),
            "{bad:?}: {end:?}"
        );
    }
}

#[test]
fn what_the_cli_sends_over_tls_decodes() {
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-decoded-content-length", "6".parse().unwrap());
    headers.insert("x-amz-trailer", "x-amz-checksum-crc32".parse().unwrap());
    let layout = ChunkLayout::from_headers(&headers).unwrap();
    let body = b"6\r\nhello\n\r\n0\r\nx-amz-checksum-crc32:NjowIA==\r\n\r\n";
    let (out, end) = decode(ChunkDecoder::unsigned_trailer(layout), body, &[1]);
    assert_eq!(out, b"hello\n");
    assert_eq!(
        end,
        Ok(Trailers(vec![(
            "x-amz-checksum-crc32".to_owned(),
            "NjowIA==".to_owned()
        )]))
    );
    for bad in ["", "-1", "6,6", "+6", "99999999999999999999"] {
        headers.insert("x-amz-decoded-content-length", bad.parse().unwrap());
        assert_eq!(
            ChunkLayout::from_headers(&headers),
            Err(ChunkError::NoLength),
            "{bad}"
        );
    }
    headers.append("x-amz-decoded-content-length", "6".parse().unwrap());
    assert!(ChunkLayout::from_headers(&headers).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_split_gives_the_same_bytes(
        sizes in vec(8192usize..9000, 0..3),
        last in 1usize..500,
        lens in vec(1usize..3000, 1..6),
        signed in any::<bool>(),
    ) {
        let (verified, mut signer) = upload();
        let (mut body, mut data) = (Vec::new(), Vec::new());
        for size in sizes.into_iter().chain([last]) {
            let chunk: Vec<u8> = (0..size).map(|i| (i * 7 % 256) as u8).collect();
            if signed {
                body.extend(signer.chunk(&chunk));
            } else {
                body.extend(format!("{size:X}\r\n").into_bytes());
                body.extend(&chunk);
                body.extend(b"\r\n");
            }
            data.extend(chunk);
        }
        let decoder = if signed {
            body.extend(signer.chunk(b""));
            body.extend(signer.trailers(&[("x-amz-checksum-crc32", "AAAAAA==")]));
            signed_decoder(&verified, data.len())
        } else {
            body.extend(b"0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n");
            ChunkDecoder::unsigned_trailer(layout(data.len(), &["x-amz-checksum-crc32"]))
        };
        let (out, end) = decode(decoder, &body, &lens);
        prop_assert!(end.is_ok(), "{end:?}");
        prop_assert!(out == data);
    }

    #[test]
    fn arbitrary_bytes_neither_panic_nor_come_out_unsigned(
        body in vec(prop_oneof![
            Just(b"\r\n".to_vec()),
            Just(b"5;chunk-signature=".to_vec()),
            Just(vec![b'a'; 64]),
            Just(b"5\r\nhello\r\n".to_vec()),
            Just(b"0\r\n".to_vec()),
            Just(b"x-amz-checksum-crc32:AAAAAA==\r\n".to_vec()),
            vec(any::<u8>(), 0..40),
        ], 0..12),
        lens in vec(1usize..50, 1..4),
    ) {
        let body = body.concat();
        let (verified, _) = upload();
        let (out, _) = decode(signed_decoder(&verified, 5), &body, &lens);
        prop_assert!(out.is_empty());
        let unsigned = || ChunkDecoder::unsigned_trailer(layout(5, &["x-amz-checksum-crc32"]));
        let (in_pieces, end_in_pieces) = decode(unsigned(), &body, &lens);
        let (at_once, end_at_once) = decode(unsigned(), &body, WHOLE);
        prop_assert_eq!(end_in_pieces.is_ok(), end_at_once.is_ok());
        prop_assert!(in_pieces.len() <= 5);
        if end_at_once.is_ok() {
            prop_assert_eq!(in_pieces, at_once);
        }
    }
}

#[test]
fn a_trailer_that_is_announced_twice_comes_once_and_there_is_a_bound() {
    let announced = |text: &str| {
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-decoded-content-length", "6".parse().unwrap());
        for value in text.split(';') {
            headers.append("x-amz-trailer", value.parse().unwrap());
        }
        ChunkLayout::from_headers(&headers).map(|layout| layout.trailers)
    };
    assert_eq!(
        announced("x-a, X-B,x-a;x-b;x-a"),
        Ok(vec!["x-a".into(), "x-b".into()])
    );
    let names = |n: usize| {
        (0..n)
            .map(|i| format!("x-{i}"))
            .collect::<Vec<_>>()
            .join(",")
    };
    assert_eq!(announced(&names(16)).map(|it| it.len()), Ok(16));
    assert_eq!(announced(&names(17)), Err(ChunkError::Trailer));
}
