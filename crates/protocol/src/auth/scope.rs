//! The credential of SigV4: an access key id and the scope it signs for.

use super::Source;
use crate::S3Error;

/// `AKID/YYYYMMDD/REGION/SERVICE/aws4_request`, in its parts; only their number is known to be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    text: String,
    /// Where the four slashes are.
    slashes: [usize; 4],
}

/// The last part of every scope.
pub(super) const TERMINAL: &str = "aws4_request";

impl Scope {
    pub(crate) fn parse(text: &str, source: Source) -> Result<Self, S3Error> {
        let malformed = || {
            source.credential_error(
                "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".",
                None,
            )
        };
        let mut found = text.match_indices('/').map(|(at, _)| at);
        let mut next = || found.next().ok_or_else(malformed);
        let slashes = [next()?, next()?, next()?, next()?];
        if next().is_ok() || slashes.starts_with(&[0]) {
            return Err(malformed());
        }
        Ok(Self {
            text: text.to_owned(),
            slashes,
        })
    }

    /// The part behind a slash, up to the next one or the end.
    fn part(&self, from: usize, to: usize) -> &str {
        self.text.get(from + 1..to).unwrap_or_default()
    }

    /// The access key id, as sent.
    pub(crate) fn access_key_id(&self) -> &str {
        let [end, ..] = self.slashes;
        self.text.get(..end).unwrap_or_default()
    }

    /// The day, as sent: eight digits, once checked.
    pub(super) fn date(&self) -> &str {
        let [from, to, ..] = self.slashes;
        self.part(from, to)
    }

    /// The region, as sent.
    pub(crate) fn region(&self) -> &str {
        let [_, from, to, _] = self.slashes;
        self.part(from, to)
    }

    /// The service, as sent.
    pub(super) fn service(&self) -> &str {
        let [.., from, to] = self.slashes;
        self.part(from, to)
    }

    pub(super) fn terminal(&self) -> &str {
        let [.., from] = self.slashes;
        self.part(from, self.text.len())
    }

    /// The scope as signed: without the access key id.
    pub(super) fn text(&self) -> &str {
        let [from, ..] = self.slashes;
        self.part(from, self.text.len())
    }

    /// `date` is the day of the request, `YYYYMMDD`.
    pub(crate) fn check(
        &self,
        region: &str,
        service: &str,
        date: &str,
        source: Source,
    ) -> Result<(), S3Error> {
        if self.terminal() != TERMINAL {
            let tail = format!(
                "incorrect terminal \"{}\". This endpoint uses \"{TERMINAL}\".",
                self.terminal()
            );
            return Err(source.credential_error(&tail, None));
        }
        if self.service() != service {
            let tail = format!(
                "incorrect service \"{}\". This endpoint belongs to \"{service}\".",
                self.service()
            );
            return Err(source.credential_error(&tail, None));
        }
        if self.region() != region {
            return Err(source.wrong_region(self.region(), region));
        }
        if self.date().len() != 8 || !self.date().bytes().all(|b| b.is_ascii_digit()) {
            let tail = format!(
                "incorrect date format \"{}\". This date in the credential must be in the format \"yyyyMMdd\".",
                self.date()
            );
            return Err(source.credential_error(&tail, None));
        }
        if self.date() != date {
            let tail = format!(
                "Invalid credential date \"{}\". This date is not the same as X-Amz-Date: \"{date}\".",
                self.date()
            );
            return Err(match source {
                Source::Header => source.credential_error(&tail, None),
                // facts/04 §2: the one tail that stands alone.
                Source::Query | Source::Form => source.error(tail, None),
            });
        }
        Ok(())
    }
}

impl Source {
    /// What this source's malformed parts are answered with.
    pub(super) fn error(self, message: String, region: Option<&str>) -> S3Error {
        let region = region.map(str::to_owned);
        match self {
            Self::Header => S3Error::AuthorizationHeaderMalformed { message, region },
            Self::Query => S3Error::AuthorizationQueryParametersError { message, region },
            // facts/02 §1, facts/04 §5: without `<Region>`.
            Self::Form => S3Error::invalid_argument_name(message, "x-amz-credential"),
        }
    }

    /// A signature for the region `sent` where `expected` answers: the answer that tells a client which
    /// region to sign for (facts/02 §1).
    pub fn wrong_region(self, sent: &str, expected: &str) -> S3Error {
        let tail = format!("the region '{sent}' is wrong; expecting '{expected}'");
        self.credential_error(&tail, Some(expected))
    }

    /// The same about the credential: a beginning of the source's own, and a tail both share.
    pub(super) fn credential_error(self, tail: &str, region: Option<&str>) -> S3Error {
        let beginning = match self {
            Self::Header => "The authorization header is malformed; ",
            Self::Query => "Error parsing the X-Amz-Credential parameter; ",
            Self::Form => "",
        };
        self.error(format!("{beginning}{tail}"), region)
    }
}
