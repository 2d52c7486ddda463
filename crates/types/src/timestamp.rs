//! Moments, and the clock they are read from.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Timestamp(u64);

const HTTP_DATE: &[BorrowedFormatItem<'static>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
const ISO_8601: &[BorrowedFormatItem<'static>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
const ISO_8601_BASIC: &[BorrowedFormatItem<'static>] =
    format_description!("[year][month][day]T[hour][minute][second]Z");

impl Timestamp {
    /// Latest moment the texts below can show: the end of the year 9999.
    const SECONDS_MAX: u64 = 253_402_300_799;

    /// From microseconds since 1970.
    pub fn from_micros(micros: u64) -> Self {
        Self(micros.min(Self::SECONDS_MAX * 1_000_000))
    }

    /// From whole seconds since 1970.
    pub fn from_seconds(seconds: u64) -> Self {
        Self::from_micros(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since 1970.
    pub fn micros(self) -> u64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down: what `Last-Modified` shows.
    pub fn seconds(self) -> u64 {
        self.0 / 1_000_000
    }

    fn date_time(self) -> OffsetDateTime {
        // In range by construction.
        i64::try_from(self.seconds())
            .ok()
            .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    fn format(self, format: &[BorrowedFormatItem<'_>]) -> String {
        self.date_time().format(format).unwrap_or_default()
    }

    /// `Wed, 21 Oct 2015 07:28:00 GMT` (RFC 9110 §5.6.7).
    pub fn http_date(self) -> String {
        self.format(HTTP_DATE)
    }

    /// `2015-10-21T07:28:00Z`, as in `ServerTime` of errors.
    pub fn iso8601(self) -> String {
        self.format(ISO_8601)
    }

    /// `2015-10-21T07:28:00.000Z`: whole seconds with the milliseconds always 000, as listings show
    /// (facts/06 §3).
    pub fn iso8601_millis(self) -> String {
        let mut text = String::with_capacity(24);
        self.push_iso8601_millis(&mut text);
        text
    }

    /// Appends [`Self::iso8601_millis`]: listings write a thousand of them a page.
    pub fn push_iso8601_millis(self, out: &mut String) {
        let moment = self.date_time();
        let (year, month, day) = moment.to_calendar_date();
        // In range by construction: years have at most four digits.
        let year = u16::try_from(year).unwrap_or_default();
        let [c, d] = two_digits((year / 100) as u8);
        let [y, z] = two_digits((year % 100) as u8);
        let [m, n] = two_digits(u8::from(month));
        let [e, f] = two_digits(day);
        let [h, i] = two_digits(moment.hour());
        let [k, l] = two_digits(moment.minute());
        let [s, t] = two_digits(moment.second());
        let text = [
            c, d, y, z, b'-', m, n, b'-', e, f, b'T', h, i, b':', k, l, b':', s, t, b'.', b'0', b'0', b'0',
            b'Z',
        ];
        out.push_str(std::str::from_utf8(&text).unwrap_or_default());
    }

    /// `20151021T072800Z`, as in `x-amz-date`.
    pub fn iso8601_basic(self) -> String {
        self.format(ISO_8601_BASIC)
    }

    /// Reads `20151021T072800Z`.
    pub fn parse_iso8601_basic(text: &str) -> Option<Self> {
        Self::parse(text, ISO_8601_BASIC)
    }

    /// Reads `2015-10-21T07:28:00Z`, with or without a fraction of a second.
    pub fn parse_iso8601(text: &str) -> Option<Self> {
        let date_time = OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok()?;
        Some(Self::from_seconds(
            u64::try_from(date_time.unix_timestamp()).ok()?,
        ))
    }

    /// Reads the preferred form of an HTTP date (RFC 9110 §5.6.7), also with a numeric zone instead of
    /// `GMT`, which old clients send.
    pub fn parse_http_date(text: &str) -> Option<Self> {
        if let Some(moment) = Self::parse(text, HTTP_DATE) {
            return Some(moment);
        }
        let date_time = OffsetDateTime::parse(text, &time::format_description::well_known::Rfc2822).ok()?;
        Some(Self::from_seconds(
            u64::try_from(date_time.unix_timestamp()).ok()?,
        ))
    }

    fn parse(text: &str, format: &[BorrowedFormatItem<'_>]) -> Option<Self> {
        let date_time = time::PrimitiveDateTime::parse(text, format).ok()?.assume_utc();
        Some(Self::from_seconds(
            u64::try_from(date_time.unix_timestamp()).ok()?,
        ))
    }
}

fn two_digits(number: u8) -> [u8; 2] {
    [b'0' + number / 10 % 10, b'0' + number % 10]
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iso8601())
    }
}

/// Where the time comes from: handed in, so that a test can set it.
pub trait Clock: Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Timestamp;

    #[test]
    fn forms() {
        let moment = Timestamp::from_micros(1_445_412_480_999_999);
        assert_eq!(moment.http_date(), "Wed, 21 Oct 2015 07:28:00 GMT");
        assert_eq!(moment.iso8601(), "2015-10-21T07:28:00Z");
        assert_eq!(moment.iso8601_millis(), "2015-10-21T07:28:00.000Z");
        assert_eq!(moment.iso8601_basic(), "20151021T072800Z");
        let whole = Some(Timestamp::from_seconds(1_445_412_480));
        assert_eq!(Timestamp::parse_http_date("Wed, 21 Oct 2015 07:28:00 GMT"), whole);
        assert_eq!(
            Timestamp::parse_http_date("Wed, 21 Oct 2015 07:28:00 +0000"),
            whole
        );
        assert_eq!(Timestamp::parse_iso8601("2015-10-21T07:28:00.000Z"), whole);
        assert_eq!(Timestamp::parse_iso8601_basic("20151021T072800Z"), whole);
        assert_eq!(Timestamp::parse_iso8601_basic("20151021T072800"), None);
        assert_eq!(Timestamp::parse_http_date("yesterday"), None);
        assert_eq!(Timestamp::from_micros(u64::MAX).iso8601(), "9999-12-31T23:59:59Z");
    }

    proptest! {
        #[test]
        fn the_form_of_listings_is_the_other_with_milliseconds(seconds in 0..=Timestamp::SECONDS_MAX) {
            let moment = Timestamp::from_seconds(seconds);
            let expected = moment.iso8601().replace('Z', ".000Z");
            prop_assert_eq!(moment.iso8601_millis(), expected);
        }
    }
}
