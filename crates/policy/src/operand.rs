//! Values that condition operators compare: numbers, moments, networks, bytes.

use std::cmp::Ordering;
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ipnet::IpNet;
use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

/// A number: exact where it is whole.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Number {
    Whole(i64),
    Decimal(f64),
}

impl Number {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Ok(whole) = text.parse() {
            return Some(Self::Whole(whole));
        }
        let plain = text
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'));
        let decimal: f64 = text.parse().ok()?;
        (plain && decimal.is_finite()).then_some(Self::Decimal(decimal))
    }

    pub(crate) fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Whole(a), Self::Whole(b)) => Some(a.cmp(&b)),
            (a, b) => a.float().partial_cmp(&b.float()),
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "one of the two is no whole number: f64 is what there is"
    )]
    fn float(self) -> f64 {
        match self {
            Self::Whole(whole) => whole as f64,
            Self::Decimal(decimal) => decimal,
        }
    }
}

/// A moment, in nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(i128);

impl Moment {
    /// One of W3C's forms of ISO 8601 (`2026`, `2026-01`, `2026-01-31`, `2026-01-31T10:00Z`, with seconds, with a
    /// fraction, with an offset), or seconds since 1970 (facts/05 §5). Four digits are a year.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let epoch =
            text.len() != 4 && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        if epoch {
            return match Number::parse(text)? {
                Number::Whole(seconds) => Some(Self(i128::from(seconds) * 1_000_000_000)),
                Number::Decimal(seconds) => {
                    let (whole, fraction) = text.split_once('.')?;
                    let nanos = fraction_nanos(fraction)?;
                    let whole = i128::from(whole.parse::<i64>().ok()?) * 1_000_000_000;
                    Some(Self(if seconds < 0.0 {
                        whole - nanos
                    } else {
                        whole + nanos
                    }))
                }
            };
        }
        let (date, time) = match text.split_once('T') {
            Some((date, time)) => (date, Some(time)),
            None => (text, None),
        };
        let mut fields = date.split('-');
        let year = number(fields.next()?, 4)?;
        let month = fields.next().map_or(Some(1), |field| number(field, 2))?;
        let day = fields.next().map_or(Some(1), |field| number(field, 2))?;
        if fields.next().is_some() || (time.is_some() && date.len() != 10) {
            return None;
        }
        let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
        let date =
            Date::from_calendar_date(i32::try_from(year).ok()?, month, u8::try_from(day).ok()?).ok()?;
        let (time, offset) = time.map_or(Some((Time::MIDNIGHT, UtcOffset::UTC)), clock)?;
        let moment = OffsetDateTime::new_in_offset(date, time, offset);
        Some(Self(moment.unix_timestamp_nanos()))
    }
}

fn number(text: &str, digits: usize) -> Option<u32> {
    let valid = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
    if valid { text.parse().ok() } else { None }
}

fn fraction_nanos(fraction: &str) -> Option<i128> {
    let valid = (1..=9).contains(&fraction.len()) && fraction.bytes().all(|b| b.is_ascii_digit());
    if valid {
        format!("{fraction:0<9}").parse().ok()
    } else {
        None
    }
}

/// `10:00Z`, `10:00:00.5+02:00`.
fn clock(text: &str) -> Option<(Time, UtcOffset)> {
    let zone_at = text.find(['Z', '+', '-'])?;
    let (time, zone) = (text.get(..zone_at)?, text.get(zone_at..)?);
    let offset = match zone {
        "Z" => UtcOffset::UTC,
        _ => {
            let (hours, minutes) = zone.get(1..)?.split_once(':')?;
            let seconds = i32::try_from(number(hours, 2)? * 3600 + number(minutes, 2)? * 60).ok()?;
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            UtcOffset::from_whole_seconds(sign * seconds).ok()?
        }
    };
    let mut fields = time.splitn(3, ':');
    let hour = number(fields.next()?, 2)?;
    let minute = number(fields.next()?, 2)?;
    let (second, nanos) = match fields.next() {
        None => (0, 0),
        Some(seconds) => match seconds.split_once('.') {
            None => (number(seconds, 2)?, 0),
            Some((seconds, fraction)) => (number(seconds, 2)?, fraction_nanos(fraction)?),
        },
    };
    let byte = |value: u32| u8::try_from(value).ok();
    let time = Time::from_hms_nano(
        byte(hour)?,
        byte(minute)?,
        byte(second)?,
        u32::try_from(nanos).ok()?,
    )
    .ok()?;
    Some((time, offset))
}

/// An address with or without a prefix length: a bare one is /32 or /128 (facts/05 §5).
pub(crate) fn network(text: &str) -> Option<IpNet> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(IpNet::from(address));
    }
    text.parse().ok()
}

/// The address of a request, as it is compared: an IPv4 address that came over an IPv6 socket is the former.
pub(crate) fn address(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

pub(crate) fn bytes(text: &str) -> Option<Box<[u8]>> {
    STANDARD.decode(text).ok().map(Vec::into_boxed_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        let same = [
            "2026-01-31T10:00:00Z",
            "2026-01-31T10:00Z",
            "2026-01-31T12:00:00+02:00",
            "2026-01-31T08:30-01:30",
            "2026-01-31T10:00:00.000Z",
            "1769853600",
            "1769853600.0",
        ];
        for text in same {
            assert_eq!(Moment::parse(text), Moment::parse(same[0]), "{text}");
        }
        assert_eq!(Moment::parse("2026"), Moment::parse("2026-01-01T00:00:00Z"));
        assert_eq!(Moment::parse("2026-02"), Moment::parse("2026-02-01"));
        assert!(Moment::parse("1769853600.5") > Moment::parse("1769853600"));
        for text in [
            "",
            "x",
            "-",
            "2026-13",
            "2026-1-1",
            "2026-01-31T10:00",
            "2026-01T10:00Z",
            "2026-01-31T25:00Z",
            ".",
        ] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }

    #[test]
    fn numbers() {
        let compare = |a: &str, b: &str| {
            Number::parse(a)
                .unwrap()
                .compare(Number::parse(b).unwrap())
                .unwrap()
        };
        assert_eq!(compare("9007199254740993", "9007199254740992"), Ordering::Greater);
        assert_eq!(compare("1.5", "2"), Ordering::Less);
        assert_eq!(compare("2.0", "2"), Ordering::Equal);
        for text in ["", "a", "inf", "NaN", "1e999", "0x1", " 1"] {
            assert!(Number::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn networks() {
        assert_eq!(network("10.0.0.1").unwrap().prefix_len(), 32);
        assert_eq!(network("2001:db8::1").unwrap().prefix_len(), 128);
        assert!(
            network("10.1.2.3/8")
                .unwrap()
                .contains(&address("10.9.9.9").unwrap())
        );
        assert!(
            network("10.0.0.0/8")
                .unwrap()
                .contains(&address("::ffff:10.1.1.1").unwrap())
        );
        assert!(network("10.0.0.0/33").is_none());
    }
}
