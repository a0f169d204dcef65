//! Where chance comes from: a seed, or the bytes of a fuzzer.

/// A source of small numbers.
#[derive(Debug)]
pub(crate) enum Dice<'a> {
    /// SplitMix64.
    Seed(u64),
    /// Byte by byte; zeros when they are used up.
    Bytes(&'a [u8]),
}

impl Dice<'_> {
    /// A number below `sides`.
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        let number = match self {
            Self::Seed(state) => {
                *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mut mixed = *state;
                mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                mixed ^ (mixed >> 31)
            }
            Self::Bytes(bytes) => match bytes.split_first() {
                Some((first, rest)) => {
                    *bytes = rest;
                    u64::from(*first)
                }
                None => 0,
            },
        };
        (number % sides as u64) as usize
    }

    /// True in so many of a hundred cases.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.roll(100) < percent
    }

    /// One of a list.
    pub(crate) fn pick<'l, T: ?Sized>(&mut self, list: &'l [&'l T]) -> &'l T {
        list[self.roll(list.len())]
    }

    /// One of a list of values.
    pub(crate) fn one_of<'l, T>(&mut self, list: &'l [T]) -> &'l T {
        &list[self.roll(list.len())]
    }
}
