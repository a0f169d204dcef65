//! The body of PutObject and UploadPart.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName};
use http_body_util::BodyExt as _;
use session::sigv4::PayloadHash;

use super::held::Held;
use super::send::Payload;
use crate::fault::Fault;
use crate::handler::{Context, Upload};
use crate::store::Store;
use crate::upload_body::{Claims, announced};

const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");

/// Bodies up to this are verified before anything is sent: one write, one hash, and no chunks.
const SHORT: u64 = 128 * 1024;

/// Prepares a body, and sets the headers that say what the upstream can hold it to.
pub(super) async fn payload(
    store: &Store,
    cx: &Context<'_>,
    upload: Upload,
    headers: &mut HeaderMap,
) -> Result<Payload, Fault> {
    let claims = Claims::read(cx.request)?;
    let announced = announced(cx.request, &upload.body)?;
    let trailing = claims.trailing();
    let body = Held::new(upload.body, upload.trailers.clone(), claims, announced)
        .into_bucket(store, cx.bucket()?);
    if announced <= SHORT {
        let bytes = whole(body).await?;
        keep_md5(cx, headers);
        // The trailer has come: its checksum can stand in front.
        if let Some(algorithm) = trailing {
            let name = HeaderName::from_static(algorithm.header());
            if let Some(value) = upload.trailers.get().and_then(|it| it.get(&name)) {
                headers.insert(name, value.clone());
            }
        }
        return Ok(Payload::Whole(bytes));
    }
    let declared = cx.call.payload_hash.as_deref().map(PayloadHash::parse);
    let hash = match declared {
        Some(Ok(PayloadHash::Sha256(hash))) => Some(hash),
        _ => None,
    };
    if hash.is_some() {
        keep_md5(cx, headers);
    }
    Ok(Payload::Streamed {
        body: Box::new(body),
        hash,
        trailer: trailing,
    })
}

/// In the chunked coding it isn't agreed what an MD5 is of.
fn keep_md5(cx: &Context<'_>, headers: &mut HeaderMap) {
    let sent = cx.request.headers.get(CONTENT_MD5).cloned();
    if let Some(value) = sent {
        headers.insert(CONTENT_MD5, value);
    }
}

async fn whole(mut body: Held) -> Result<Bytes, Fault> {
    let passage = body.passage();
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => {
                if let Ok(data) = frame.into_data() {
                    bytes.extend_from_slice(&data);
                }
            }
            Err(error) => return Err(passage.take_fault().unwrap_or_else(|| error.into())),
        }
    }
    Ok(bytes.freeze())
}
