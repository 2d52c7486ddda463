//! The explanation for people: a labelled line a fact, in the order in which a request meets them.

use std::fmt;

use super::{Dns, Explanation, Reading, Refused, Seen};

/// Where the facts begin.
const LABEL_COLUMNS: usize = 12;

fn line(f: &mut fmt::Formatter<'_>, label: &str, text: impl fmt::Display) -> fmt::Result {
    // What a client sent is shown on one line and without control characters: it goes to a terminal.
    let text = text.to_string();
    let shown: String = text
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    writeln!(f, "{label:<LABEL_COLUMNS$}{shown}")
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        line(f, "Request", format_args!("{} {}", self.method, self.url))?;
        let signed = match &self.signing_region {
            Some(region) => format!("signed for {region}"),
            None => "no signing region".to_owned(),
        };
        line(
            f,
            "",
            format_args!("at the listener of {}, {signed}", self.arrived),
        )?;
        match &self.address {
            Some(address) => address.lines(f)?,
            None => line(f, "Address", "cannot be read")?,
        }
        match &self.home {
            Some(home) => line(
                f,
                "Home",
                format_args!(
                    "{}, launch class {}; created {}",
                    home.region, home.class, home.created
                ),
            )?,
            None if self
                .address
                .as_ref()
                .is_some_and(|address| address.bucket.is_some()) =>
            {
                line(f, "Home", "none: there is no such bucket")?;
            }
            None => {}
        }
        if let Some(dns) = &self.dns {
            dns.lines(f)?;
        }
        if let Some(verdict) = &self.verdict {
            line(
                f,
                "Decision",
                format_args!("{} ({}): {}", verdict.answer, verdict.rule, verdict.because),
            )?;
            line(f, "", format_args!("{} answers", verdict.facility))?;
        }
        match &self.seen {
            Seen::Served => line(
                f,
                "Answer",
                "that of the operation: routing has nothing against it",
            )?,
            Seen::OtherService => line(
                f,
                "Answer",
                "not S3's REST API: that of the service the host names, 501 where it is not built",
            )?,
            Seen::Refused(refused) => refused.lines(f)?,
        }
        for (at, way) in self.ways.iter().enumerate() {
            let label = if at == 0 { "Do" } else { "or" };
            line(f, label, format_args!("{}: host {}", way.situation, way.host))?;
            line(
                f,
                "",
                format_args!("path {}, signed for {}", way.path, way.signing_region),
            )?;
        }
        for note in &self.notes {
            line(f, "Note", note)?;
        }
        Ok(())
    }
}

impl Reading {
    fn lines(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.spelling {
            Some(spelling) => line(
                f,
                "Address",
                format_args!("{}, spelled {spelling}", self.endpoint),
            )?,
            None => line(f, "Address", &self.endpoint)?,
        }
        match (&self.bucket, &self.key) {
            (None, _) => line(f, "", "no bucket: the service itself"),
            (Some(bucket), None) => line(f, "", format_args!("bucket {bucket} ({})", self.style)),
            (Some(bucket), Some(key)) => {
                line(f, "", format_args!("bucket {bucket} ({}), key {key}", self.style))
            }
        }
    }
}

impl Dns {
    fn lines(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        line(f, "DNS", &self.because)?;
        if self.addresses.is_empty() {
            return Ok(());
        }
        let addresses: Vec<String> = self.addresses.iter().map(ToString::to_string).collect();
        line(f, "", addresses.join(" "))
    }
}

impl Refused {
    fn lines(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let late = if self.after_authentication {
            ", after authentication"
        } else {
            ""
        };
        line(f, "Answer", format_args!("{} {}{late}", self.status, self.code))?;
        line(f, "", &self.message)?;
        for (name, value) in &self.headers {
            line(f, "", format_args!("{name}: {value}"))?;
        }
        for (name, text) in &self.elements {
            line(f, "", format_args!("<{name}>{text}</{name}>"))?;
        }
        Ok(())
    }
}
