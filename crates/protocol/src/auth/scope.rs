//! The credential of SigV4: an access key id and the scope it signs for.

use super::Source;
use crate::S3Error;

/// `AKID/YYYYMMDD/REGION/SERVICE/aws4_request`, in its parts; only their number is known to be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    pub(super) access_key_id: String,
    /// Eight digits, once checked.
    pub(super) date: String,
    pub(super) region: String,
    pub(super) service: String,
    pub(super) terminal: String,
}

/// The last part of every scope.
pub(super) const TERMINAL: &str = "aws4_request";

impl Scope {
    /// The access key id, as sent.
    pub(crate) fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The region, as sent.
    pub(crate) fn region(&self) -> &str {
        &self.region
    }

    pub(crate) fn parse(text: &str, source: Source) -> Result<Self, S3Error> {
        let mut parts = text.split('/');
        let mut next = || parts.next().unwrap_or_default().to_owned();
        let scope = Self {
            access_key_id: next(),
            date: next(),
            region: next(),
            service: next(),
            terminal: next(),
        };
        let complete = text.split('/').count() == 5 && !scope.access_key_id.is_empty();
        if complete {
            Ok(scope)
        } else {
            Err(source.credential_error(
                "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".",
                None,
            ))
        }
    }

    /// The scope as signed: without the access key id.
    pub(super) fn text(&self) -> String {
        [&self.date, &self.region, &self.service, &self.terminal]
            .map(String::as_str)
            .join("/")
    }

    /// `date` is the day of the request, `YYYYMMDD`.
    pub(crate) fn check(
        &self,
        region: &str,
        service: &str,
        date: &str,
        source: Source,
    ) -> Result<(), S3Error> {
        if self.terminal != TERMINAL {
            let tail = format!(
                "incorrect terminal \"{}\". This endpoint uses \"{TERMINAL}\".",
                self.terminal
            );
            return Err(source.credential_error(&tail, None));
        }
        if self.service != service {
            let tail = format!(
                "incorrect service \"{}\". This endpoint belongs to \"{service}\".",
                self.service
            );
            return Err(source.credential_error(&tail, None));
        }
        if self.region != region {
            return Err(source.wrong_region(&self.region, region));
        }
        if self.date.len() != 8 || !self.date.bytes().all(|b| b.is_ascii_digit()) {
            let tail = format!(
                "incorrect date format \"{}\". This date in the credential must be in the format \"yyyyMMdd\".",
                self.date
            );
            return Err(source.credential_error(&tail, None));
        }
        if self.date != date {
            let tail = format!(
                "Invalid credential date \"{}\". This date is not the same as X-Amz-Date: \"{date}\".",
                self.date
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
