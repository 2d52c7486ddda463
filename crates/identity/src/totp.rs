//! Time-based one-time passwords (RFC 6238): what a virtual MFA device shows. HMAC-SHA-1, six digits, thirty
//! seconds (facts/05 §3).

use std::ops::RangeInclusive;

use cairn_types::{Timestamp, random};
use ring::hmac;
use subtle::{ConditionallySelectable as _, ConstantTimeEq as _};

/// Seconds that a code is shown.
const STEP_SECONDS: u64 = 30;
/// One more than the greatest code.
const CODES: u32 = 1_000_000;

/// A number of a time step: seconds since 1970 by thirty.
pub(crate) type TimeStep = u64;

/// The step of a moment.
pub(crate) fn step_of(now: Timestamp) -> TimeStep {
    now.seconds() / STEP_SECONDS
}

/// Six digits that somebody gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Code(u32);

impl Code {
    /// Digits of a code.
    const DIGITS: usize = 6;

    /// Reads a code; `None` for anything but six digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() != Self::DIGITS || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        text.parse().ok().map(Self)
    }
}

/// The secret that a device and the server share.
pub(crate) struct Seed(Vec<u8>);

impl Seed {
    /// Length in bytes: 64 characters in base 32 (facts/05 §3).
    const BYTES: usize = 40;

    /// A new one.
    pub(crate) fn generate() -> Self {
        Self(random::bytes::<{ Self::BYTES }>().to_vec())
    }

    /// One that was sealed.
    pub(crate) fn of(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The step of these in which the device shows these codes, one a step. All steps are looked at, whichever
    /// it is, and codes are compared in constant time. Of several steps it is the last.
    pub(crate) fn find(&self, steps: RangeInclusive<TimeStep>, codes: &[Code]) -> Option<TimeStep> {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let (mut found, mut at) = (subtle::Choice::from(0), 0);
        for step in steps {
            let mut same = subtle::Choice::from(1);
            for (code, step) in codes.iter().zip(step..) {
                same &= at_step(&key, step).ct_eq(&code.0);
            }
            at.conditional_assign(&step, same);
            found |= same;
        }
        bool::from(found).then_some(at)
    }

    /// What the device shows in a step.
    #[cfg(test)]
    pub(crate) fn shown(&self, step: TimeStep) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        format!("{:06}", at_step(&key, step))
    }
}

/// RFC 4226 §5.3: four bytes at the place that the last four bits say, without the sign, and their last digits.
fn at_step(key: &hmac::Key, step: TimeStep) -> u32 {
    let tag = hmac::sign(key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = tag.last().map_or(0, |last| usize::from(last & 0xF));
    let word = tag.iter().skip(offset).take(4);
    let word = word.fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
    (word & 0x7FFF_FFFF) % CODES
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B, SHA-1: the last six of its eight digits.
    #[test]
    fn the_codes_are_those_of_the_rfc() {
        let seed = Seed::of(b"12345678901234567890".to_vec());
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let step = step_of(Timestamp::from_seconds(seconds));
            assert_eq!(seed.shown(step), code, "{seconds}");
        }
    }

    #[test]
    fn codes_are_found_in_their_steps_only() {
        let seed = Seed::of(b"12345678901234567890".to_vec());
        let codes = |steps: &[TimeStep]| -> Vec<Code> {
            let shown = steps.iter().map(|step| Code::parse(&seed.shown(*step)).unwrap());
            shown.collect()
        };
        assert_eq!(seed.find(10..=20, &codes(&[13, 14])), Some(13));
        assert_eq!(seed.find(10..=20, &codes(&[20, 21])), Some(20));
        assert_eq!(seed.find(10..=20, &codes(&[13, 15])), None);
        assert_eq!(seed.find(10..=20, &codes(&[14, 13])), None);
        assert_eq!(seed.find(10..=20, &codes(&[21])), None);
    }

    #[test]
    fn a_code_is_six_digits() {
        assert_eq!(Code::parse("012345"), Some(Code(12_345)));
        for bad in ["", "12345", "1234567", "12345a", "+12345", "١٢٣"] {
            assert_eq!(Code::parse(bad), None, "{bad}");
        }
    }
}
