//! PEM (RFC 7468), as strictly as IAM reads it: blocks, and nothing but white space around them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// What stands between a `BEGIN` and an `END` line.
pub(super) struct Block<'t> {
    /// E.g. `CERTIFICATE`.
    pub(super) label: &'t str,
    pub(super) der: Zeroizing<Vec<u8>>,
}

/// The blocks of a text; `None` when there is anything else in it, or nothing.
pub(super) fn blocks(text: &str) -> Option<Vec<Block<'_>>> {
    let mut blocks = Vec::new();
    let mut rest = text.trim_ascii();
    while !rest.is_empty() {
        let (label, after) = rest.strip_prefix("-----BEGIN ")?.split_once("-----")?;
        let (body, after) = after.split_once("-----END ")?;
        let after = after.strip_prefix(label)?.strip_prefix("-----")?;
        let digits = body.bytes().filter(|byte| !byte.is_ascii_whitespace());
        let digits = Zeroizing::new(digits.collect::<Vec<u8>>());
        blocks.push(Block {
            label,
            der: Zeroizing::new(STANDARD.decode(&*digits).ok()?),
        });
        rest = after.trim_ascii_start();
    }
    (!blocks.is_empty()).then_some(blocks)
}

/// A block in lines of 64 characters.
pub(super) fn encode(label: &str, der: &[u8]) -> String {
    let digits = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in digits.as_bytes().chunks(64) {
        text.extend(line.iter().map(|byte| char::from(*byte)));
        text.push('\n');
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_encoded_is_read_again(der in prop::collection::vec(any::<u8>(), 0..200)) {
            let text = encode("X Y", &der).replace('\n', "\r\n");
            let twice = format!("\n{text}\n \n{text}");
            let read = blocks(&twice).unwrap();
            prop_assert_eq!(read.len(), 2);
            prop_assert!(read.iter().all(|it| it.label == "X Y" && *it.der == der));
        }

        #[test]
        fn no_text_makes_it_panic(text in "(-----|BEGIN |END |A|B|AAAA|\n|=|é){0,20}") {
            let _ = blocks(&text);
        }
    }

    #[test]
    fn anything_but_blocks_is_refused() {
        let good = encode("A", b"abc");
        for bad in [
            String::new(),
            " \n".to_owned(),
            format!("Subject: x\n{good}"),
            format!("{good}x"),
            good.replace("END A", "END B"),
            good.replace("YWJj", "YWJj!"),
            good.replace("-----END A-----", ""),
        ] {
            assert!(blocks(&bad).is_none(), "{bad}");
        }
    }
}
