//! Random bytes for identifiers, nonces and keys.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};

/// `N` bytes of the process-wide generator.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    bytes_of(&SystemRandom::new())
}

/// `N` bytes of `rng`.
#[expect(
    clippy::expect_used,
    reason = "aws-lc aborts the process itself when the system gives no entropy; it never reports a failure"
)]
pub(crate) fn bytes_of<const N: usize>(rng: &dyn SecureRandom) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill(&mut bytes).expect("the random generator works");
    bytes
}
