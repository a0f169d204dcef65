//! The second factor: virtual devices that make codes of a seed and the time.

mod code;
mod png;
mod qr_code;
mod seed;
mod totp;

pub(crate) use code::{BARRED, Claim, Judged, judge};
pub(crate) use qr_code::qr_code;
pub(crate) use seed::{Seed, open, seal};
