//! Block Public Access (facts/05 §8).

use cairn_protocol::documents::PublicAccessBlockConfiguration;

/// The four flags, of a bucket, an account, or both together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PublicAccessBlock {
    /// Requests that would set a public ACL are refused.
    pub block_public_acls: bool,
    /// Public grants of ACLs count for nothing.
    pub ignore_public_acls: bool,
    /// Public bucket policies are refused.
    pub block_public_policy: bool,
    /// A bucket whose policy is public is its owner's account's alone.
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// Everything is blocked: what a bucket has that was never told otherwise (Amazon's since 2023).
    pub const ALL: Self = Self {
        block_public_acls: true,
        ignore_public_acls: true,
        block_public_policy: true,
        restrict_public_buckets: true,
    };

    /// Nothing is blocked.
    pub const NONE: Self = Self {
        block_public_acls: false,
        ignore_public_acls: false,
        block_public_policy: false,
        restrict_public_buckets: false,
    };

    /// Both together: the stricter of each flag wins.
    pub fn and(self, other: Self) -> Self {
        Self {
            block_public_acls: self.block_public_acls || other.block_public_acls,
            ignore_public_acls: self.ignore_public_acls || other.ignore_public_acls,
            block_public_policy: self.block_public_policy || other.block_public_policy,
            restrict_public_buckets: self.restrict_public_buckets || other.restrict_public_buckets,
        }
    }

    /// The flags as one byte, the first in the lowest bit: how they are stored.
    pub fn to_bits(self) -> u8 {
        u8::from(self.block_public_acls)
            | u8::from(self.ignore_public_acls) << 1
            | u8::from(self.block_public_policy) << 2
            | u8::from(self.restrict_public_buckets) << 3
    }

    /// Reads [`Self::to_bits`]; `None` where there are other bits.
    pub fn from_bits(bits: u8) -> Option<Self> {
        (bits < 1 << 4).then_some(Self {
            block_public_acls: bits & 1 != 0,
            ignore_public_acls: bits & 2 != 0,
            block_public_policy: bits & 4 != 0,
            restrict_public_buckets: bits & 8 != 0,
        })
    }
}

impl From<PublicAccessBlockConfiguration> for PublicAccessBlock {
    fn from(configuration: PublicAccessBlockConfiguration) -> Self {
        Self {
            block_public_acls: configuration.block_public_acls,
            ignore_public_acls: configuration.ignore_public_acls,
            block_public_policy: configuration.block_public_policy,
            restrict_public_buckets: configuration.restrict_public_buckets,
        }
    }
}

impl From<PublicAccessBlock> for PublicAccessBlockConfiguration {
    fn from(block: PublicAccessBlock) -> Self {
        Self {
            block_public_acls: block.block_public_acls,
            ignore_public_acls: block.ignore_public_acls,
            block_public_policy: block.block_public_policy,
            restrict_public_buckets: block.restrict_public_buckets,
        }
    }
}
