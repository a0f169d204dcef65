//! `aws-chunked` bodies. The first byte says how the body is cut into pieces: it must not matter. The rest is a request as in
//! `signature`, whose body is decoded.
#![no_main]

use std::sync::LazyLock;

use bytes::Bytes;
use daypass_fuzz::Request;
use libfuzzer_sys::fuzz_target;
use session::Secret;
use session::sigv4::{
    ChunkDecoder, ChunkLayout, PayloadHash, Presented, RequestParts, Rules, Verified, parse,
};

static SECRET: LazyLock<Secret> =
    LazyLock::new(|| Secret::from("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"));

/// The decoded body and its trailing headers.
type Decoded = (Vec<u8>, Vec<(String, String)>);

fuzz_target!(|data: &[u8]| {
    let Some((piece, rest)) = data.split_first() else {
        return;
    };
    let Some(request) = Request::parse(rest) else {
        return;
    };
    let Ok(layout) = ChunkLayout::from_headers(&request.headers) else {
        return;
    };
    let Ok(declared) = PayloadHash::declared(&request.headers) else {
        return;
    };
    let verified = match declared {
        PayloadHash::StreamingUnsignedTrailer => None,
        PayloadHash::StreamingSigned { .. } => match verified(&request) {
            Some(verified) => Some(verified),
            None => return,
        },
        _ => return,
    };
    let decoder = || match (declared, &verified) {
        (PayloadHash::StreamingSigned { trailer }, Some(verified)) => {
            ChunkDecoder::signed(layout.clone(), verified, trailer)
        }
        _ => ChunkDecoder::unsigned_trailer(layout.clone()),
    };
    let body = Bytes::copy_from_slice(request.body);
    let whole = decode(decoder(), &body, body.len().max(1));
    let cut = decode(decoder(), &body, usize::from(*piece).max(1));
    assert_eq!(whole, cut);
    if let Some((decoded, trailers)) = whole {
        assert_eq!(decoded.len() as u64, layout.decoded_length);
        assert_eq!(trailers.len(), layout.trailers.len());
    }
});

fn decode(mut decoder: ChunkDecoder, body: &Bytes, piece: usize) -> Option<Decoded> {
    let mut decoded = Vec::new();
    for start in (0..body.len()).step_by(piece) {
        let end = body.len().min(start + piece);
        for released in decoder.push(body.slice(start..end)).ok()? {
            decoded.extend_from_slice(&released);
        }
    }
    let trailers = decoder.finish().ok()?;
    Some((decoded, trailers.0))
}

fn verified(request: &Request<'_>) -> Option<Verified> {
    let parts = RequestParts {
        method: request.method.as_str(),
        path: request.uri.path(),
        query: request.query(),
        headers: &request.headers,
    };
    let rules = Rules::s3();
    match parse(&parts, &rules).ok()? {
        Presented::Signed(signed) => signed.verify(&parts, &SECRET, None, &rules).ok(),
        Presented::Anonymous | Presented::SignedV2(_) => None,
    }
}
