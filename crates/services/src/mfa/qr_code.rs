//! The picture that apps scan.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use qrcodegen::{QrCode, QrCodeEcc};
use zeroize::Zeroizing;

use super::png;
use super::seed::Seed;

/// Pixels of a module.
const SCALE: u32 = 4;
/// White modules around the code (ISO/IEC 18004, "quiet zone").
const QUIET: u32 = 4;
/// What stays as it is in the label of the URI.
const LABEL: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'@');

/// A PNG of `otpauth://totp/NAME@ACCOUNT?secret=SEED` (IAM API Reference, `VirtualMFADevice`), with the account's alias, or
/// its number when it has none.
///
/// `None` when the text is too long for a QR code, which a valid name rules out.
pub(crate) fn qr_code(name: &str, account: &str, seed: &Seed) -> Option<Zeroizing<Vec<u8>>> {
    let label = format!("{name}@{account}");
    let label = utf8_percent_encode(&label, LABEL);
    let text = Zeroizing::new(format!("otpauth://totp/{label}?secret={}", *seed.base32()));
    let code = QrCode::encode_text(&text, QrCodeEcc::Medium).ok()?;
    let modules = u32::try_from(code.size()).ok()?;
    let side = (modules + 2 * QUIET) * SCALE;
    // A module outside of the code is light.
    let at = |pixel: u32| i32::try_from(pixel / SCALE).map_or(-1, |it| it - QUIET.cast_signed());
    png::square(side, |column, row| !code.get_module(at(column), at(row)))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::Crc;
    use flate2::read::ZlibDecoder;

    use super::*;

    /// The pixels of a picture, dark ones as 0, after a look at all that a reader of PNG checks.
    fn pixels(picture: &[u8]) -> (usize, Vec<u8>) {
        let mut rest = picture.strip_prefix(b"\x89PNG\r\n\x1a\n").unwrap();
        let (mut side, mut packed) = (0, Vec::new());
        let mut kinds = Vec::new();
        while !rest.is_empty() {
            let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
            let (kind, data) = (&rest[4..8], &rest[8..8 + length]);
            let mut crc = Crc::new();
            crc.update(&rest[4..8 + length]);
            assert_eq!(rest[8 + length..12 + length], crc.sum().to_be_bytes());
            kinds.push(String::from_utf8(kind.to_vec()).unwrap());
            match kind {
                b"IHDR" => {
                    side = u32::from_be_bytes(data[..4].try_into().unwrap()) as usize;
                    assert_eq!(data[..4], data[4..8]);
                    assert_eq!(data[8..], [1, 0, 0, 0, 0]);
                }
                b"IDAT" => packed.extend(data),
                _ => assert_eq!(length, 0),
            }
            rest = &rest[12 + length..];
        }
        assert_eq!(kinds, ["IHDR", "IDAT", "IEND"]);
        let mut lines = Vec::new();
        ZlibDecoder::new(&*packed).read_to_end(&mut lines).unwrap();
        let stride = 1 + side.div_ceil(8);
        assert_eq!(lines.len(), stride * side);
        let mut pixels = Vec::new();
        for line in lines.chunks(stride) {
            assert_eq!(line[0], 0);
            pixels.extend((0..side).map(|x| 255 * (line[1 + x / 8] >> (7 - x % 8) & 1)));
        }
        (side, pixels)
    }

    #[test]
    fn a_reader_of_qr_codes_finds_the_name_the_account_and_the_seed() {
        let seed = Seed::generate().unwrap();
        for name in ["ann", &"+=,.@-_x".repeat(16)] {
            let (side, pixels) = pixels(&qr_code(name, "123456789012", &seed).unwrap());
            let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| {
                pixels[y * side + x]
            });
            let grids = image.detect_grids();
            assert_eq!(grids.len(), 1, "{name}");
            let (_, text) = grids[0].decode().unwrap();
            let uri = text.strip_prefix("otpauth://totp/").unwrap();
            let (label, query) = uri.split_once('?').unwrap();
            let label = percent_encoding::percent_decode_str(label)
                .decode_utf8()
                .unwrap();
            assert_eq!(label, format!("{name}@123456789012"));
            assert_eq!(query, format!("secret={}", *seed.base32()));
        }
    }
}
