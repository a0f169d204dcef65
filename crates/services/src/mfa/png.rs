//! Pictures of two colours, in PNG (ISO/IEC 15948): one bit a pixel.

use std::io::Write;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use zeroize::Zeroizing;

const SIGNATURE: &[u8; 8] = b"\x89PNG\r\n\x1a\n";

/// A square picture of `side` pixels; `white` tells which of them, by column and row, are white, the others are black.
///
/// `None` when it would be too large to write.
pub(super) fn square(side: u32, white: impl Fn(u32, u32) -> bool) -> Option<Zeroizing<Vec<u8>>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    for row in 0..side {
        // Filter 0: the bytes are the pixels.
        let mut line = vec![0];
        for first in (0..side).step_by(8) {
            let bits = (first..first + 8).map(|column| column < side && white(column, row));
            line.push(bits.fold(0u8, |byte, bit| byte << 1 | u8::from(bit)));
        }
        encoder.write_all(&line).ok()?;
    }
    let pixels = Zeroizing::new(encoder.finish().ok()?);
    let mut header = [side.to_be_bytes(), side.to_be_bytes()].concat();
    // One bit a pixel, greyscale, deflate, the one set of filters, not interlaced.
    header.extend([1, 0, 0, 0, 0]);
    let mut picture = Zeroizing::new(SIGNATURE.to_vec());
    chunk(&mut picture, b"IHDR", &header)?;
    chunk(&mut picture, b"IDAT", &pixels)?;
    chunk(&mut picture, b"IEND", &[])?;
    Some(picture)
}

fn chunk(picture: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) -> Option<()> {
    let mut crc = Crc::new();
    crc.update(kind);
    crc.update(data);
    picture.extend(u32::try_from(data.len()).ok()?.to_be_bytes());
    picture.extend(kind);
    picture.extend(data);
    picture.extend(crc.sum().to_be_bytes());
    Some(())
}
