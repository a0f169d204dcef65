//! Block Public Access: its four settings.

/// The four settings of Block Public Access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PublicAccessBlock {
    /// Refuses ACLs that are public.
    pub(crate) block_public_acls: bool,
    /// Ignores ACLs that are public.
    pub(crate) ignore_public_acls: bool,
    /// Refuses bucket policies that are public.
    pub(crate) block_public_policy: bool,
    /// Leaves a bucket with a public policy to its own account.
    pub(crate) restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// What a new bucket has since April 2023.
    pub(crate) const ALL: Self = Self {
        block_public_acls: true,
        ignore_public_acls: true,
        block_public_policy: true,
        restrict_public_buckets: true,
    };

    /// What blocks nothing.
    pub(super) const NONE: Self = Self {
        block_public_acls: false,
        ignore_public_acls: false,
        block_public_policy: false,
        restrict_public_buckets: false,
    };

    /// Each setting that either has on.
    pub(super) fn and(self, other: Self) -> Self {
        Self::from_bits(self.bits() | other.bits())
    }

    pub(super) fn bits(self) -> i64 {
        i64::from(self.block_public_acls)
            | i64::from(self.ignore_public_acls) << 1
            | i64::from(self.block_public_policy) << 2
            | i64::from(self.restrict_public_buckets) << 3
    }

    pub(super) fn from_bits(bits: i64) -> Self {
        Self {
            block_public_acls: bits & 1 != 0,
            ignore_public_acls: bits & 2 != 0,
            block_public_policy: bits & 4 != 0,
            restrict_public_buckets: bits & 8 != 0,
        }
    }
}
