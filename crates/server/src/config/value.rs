//! How the text of a setting becomes a value: the words that refuse a wrong one are the same in every layer.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use cairn_types::RegionName;
use ipnet::IpNet;

pub(super) fn text(values: &[String], apply: impl FnOnce(&str) -> Result<(), String>) -> Result<(), String> {
    match values {
        [] => Ok(()),
        [value] if value.is_empty() => Err("it is empty".to_owned()),
        [value] => apply(value),
        _ => Err("it takes one value".to_owned()),
    }
}

pub(super) fn set<T>(field: &mut T, value: T) -> Result<(), String> {
    *field = value;
    Ok(())
}

pub(super) fn number(values: &[String], min: u64, max: u64, apply: impl FnOnce(u64)) -> Result<(), String> {
    text(values, |value| match value.parse::<u64>() {
        Ok(number) if (min..=max).contains(&number) => {
            apply(number);
            Ok(())
        }
        _ => Err(format!("it is a whole number from {min} to {max}")),
    })
}

/// Units of a size, the largest first.
const UNITS: [(&str, u64); 4] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
];
/// The largest size, in bytes.
const SIZE_BYTES_MAX: u64 = 1 << 50;

/// A number of bytes, as it is or in a unit of [`UNITS`].
pub(super) fn size(values: &[String], apply: impl FnOnce(u64)) -> Result<(), String> {
    text(values, |value| {
        let unit = UNITS
            .iter()
            .find_map(|(unit, bytes)| Some((value.strip_suffix(unit)?, *bytes)));
        let (digits, unit) = unit.unwrap_or((value, 1));
        let bytes = digits
            .trim_end()
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(unit));
        match bytes.filter(|bytes| *bytes <= SIZE_BYTES_MAX) {
            Some(bytes) => {
                apply(bytes);
                Ok(())
            }
            None => Err("it is a number of bytes, or of KiB, MiB, GiB or TiB, such as 512MiB".to_owned()),
        }
    })
}

/// A size for people, in the largest unit that it is a whole number of.
pub(crate) fn size_text(bytes: u64) -> String {
    let whole = UNITS
        .iter()
        .find(|(_, unit)| bytes >= *unit && bytes.is_multiple_of(*unit));
    match whole {
        Some((unit, size)) => format!("{}{unit}", bytes / size),
        None => format!("{bytes} bytes"),
    }
}

pub(super) fn seconds(values: &[String], apply: impl FnOnce(Duration)) -> Result<(), String> {
    number(values, 1, 24 * 60 * 60, |value| apply(Duration::from_secs(value)))
}

pub(super) fn switch(value: &str) -> Result<bool, String> {
    match value {
        "on" | "true" | "1" | "yes" => Ok(true),
        "off" | "false" | "0" | "no" => Ok(false),
        _ => Err("it is on or off, true or false".to_owned()),
    }
}

pub(super) fn address(value: &str) -> Result<SocketAddr, String> {
    value.parse().map_err(|_| {
        "it is an IP address and a port, such as 127.0.0.1:9000, 0.0.0.0:9000 or [::1]:9000".to_owned()
    })
}

/// A network, `IP/BITS`, or the one of a single address. Bits beyond the network's are refused: `10.1.2.3/8` may
/// mean 10.1.2.3 alone or all of 10, and it matters which.
pub(super) fn network(value: &str) -> Result<IpNet, String> {
    let wanted = || "each item is an IP address or a network, such as 10.0.0.0/8 or ::1".to_owned();
    if let Ok(address) = value.parse::<IpAddr>() {
        return Ok(IpNet::from(address.to_canonical()));
    }
    let network: IpNet = value.parse().map_err(|_| wanted())?;
    if network.trunc() == network {
        Ok(network)
    } else {
        Err(format!(
            "{network} has bits beyond its network: is it {}, or one address?",
            network.trunc()
        ))
    }
}

/// Several, each once.
pub(super) fn addresses(values: &[String]) -> Result<Vec<SocketAddr>, String> {
    let parsed = values
        .iter()
        .map(|value| address(value))
        .collect::<Result<Vec<_>, _>>()?;
    once(parsed.iter())?;
    Ok(parsed)
}

/// A DNS name: it becomes part of endpoint names, which are compared in lower case (facts/01 §1).
pub(super) fn domain(value: &str) -> Result<String, String> {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if value.len() <= 190 && value.split('.').all(label) && value.parse::<std::net::Ipv4Addr>().is_err() {
        Ok(value.to_ascii_lowercase())
    } else {
        Err("it is a DNS name such as localhost or storage.example.com".to_owned())
    }
}

/// Items of the form NAME=VALUE, one or more of a region.
pub(super) fn by_region<T>(
    values: &[String],
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<(RegionName, T)>, String> {
    let item = |value: &String| {
        let (name, value) = value
            .split_once('=')
            .ok_or_else(|| "each item is a region's name, =, and a value".to_owned())?;
        let name = RegionName::parse(name.trim()).map_err(|error| error.to_string())?;
        Ok((name, read(value.trim())?))
    };
    values.iter().map(item).collect()
}

/// A name server and one of its addresses, `NAME=IP`.
pub(super) fn nameserver(value: &str) -> Result<(String, IpAddr), String> {
    let wanted =
        || "each item is a name server, =, and an address of it: ns1.example.com=192.0.2.53".to_owned();
    let (name, address) = value.split_once('=').ok_or_else(wanted)?;
    Ok((domain(name)?, address.parse().map_err(|_| wanted())?))
}

/// Refuses an address that is there twice.
pub(super) fn once<'a>(addresses: impl Iterator<Item = &'a SocketAddr>) -> Result<(), String> {
    let mut seen = std::collections::BTreeSet::new();
    let twice = addresses
        .filter(|address| address.port() != 0)
        .find(|address| !seen.insert(**address));
    match twice {
        Some(twice) => Err(format!("{twice} is there twice")),
        None => Ok(()),
    }
}
