//! Bodies that are read into memory before their request is looked at.

use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use http_body_util::BodyExt;
use session::sigv4::Family;

use crate::{Body, Refusal};

/// Longest body of a service that is not S3. A policy document of 131,072 characters,
/// percent-encoded, fits.
const BODY_BYTES: usize = 1024 * 1024;
/// Longest announced body that is read, and thrown away, so that its client hears why.
const DISCARD_BYTES: u64 = 16 * 1024 * 1024;

/// How a refusal is made for a family and a request id.
pub(crate) type Refused = fn(Family, &str) -> Refusal;

/// The whole body. Frames are copied together: many small ones would cost far more memory
/// than their bytes.
pub(crate) async fn buffered(mut body: Body) -> Result<Bytes, Refused> {
    let announced = body.size_hint().lower();
    if announced > DISCARD_BYTES {
        return Err(Refusal::too_large);
    }
    if announced > BODY_BYTES as u64 {
        // Clients read the answer only once they have sent everything.
        while let Some(Ok(_)) = body.frame().await {}
        return Err(Refusal::too_large);
    }
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame
            .map_err(|_| Refusal::incomplete as Refused)?
            .into_data()
        else {
            continue;
        };
        if whole.len() + data.len() > BODY_BYTES {
            return Err(Refusal::too_large);
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::full;

    #[tokio::test]
    async fn a_body_that_is_too_large_is_not_read_to_its_end() {
        let refused = buffered(full(vec![0; BODY_BYTES + 1])).await.unwrap_err();
        assert_eq!(refused(Family::Query, "r").status, 413);
        assert_eq!(buffered(full(vec![0; 3])).await.unwrap().len(), 3);
    }
}
