//! The words for causes: what is wrong, and what to do about it.

use super::cause::{
    Cause, Certainty, Change, HeaderForm, HostFound, KeyForm, PathForm, PolicyForm, QueryForm, What,
};
use crate::auth::EXPIRES_SECONDS_MAX;

impl Certainty {
    /// `proven` or `likely`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Likely => "likely",
        }
    }
}

impl Cause {
    /// What is wrong, in a sentence without its end.
    pub fn text(&self) -> String {
        match &self.what {
            What::Changed(changes) => {
                let texts: Vec<String> = changes.iter().map(Change::text).collect();
                texts.join("; and ")
            }
            What::KeyUnknown => "there is no such access key here, or it is not active".to_owned(),
            What::TokenMissing => {
                "the access key is a temporary one (ASIA…), and the request has no session token".to_owned()
            }
            What::TokenNotOfKey => {
                "the access key is a long-term one (AKIA…), which has no session token, and the request has one".to_owned()
            }
            What::TokenRefused => "the session token is not one of this server's, or has expired".to_owned(),
            What::Clock(seconds) => format!(
                "the clock: the request's date is {} {} the server's clock",
                duration(seconds.unsigned_abs()),
                if *seconds > 0 { "ahead of" } else { "behind" }
            ),
            What::Expired(seconds) => format!("the presigned URL expired {} ago", duration(*seconds)),
            What::NotYetValid(seconds) => format!(
                "the clock: the presigned URL's date is {} ahead of the server's clock",
                duration(*seconds)
            ),
            What::Region { signed, expected } => {
                format!("the region: it is signed for {signed:?}, and {expected} answers")
            }
            What::Service { signed, expected } => {
                format!("the service: it is signed for {signed:?}, and this is {expected}")
            }
            What::Terminal => "the scope does not end in aws4_request".to_owned(),
            What::Day { scope, date } => {
                format!("the day: the scope says {scope:?}, and the request's date is of {date}")
            }
            What::HeadersNotSigned(names) => {
                format!("headers that must be signed and are not: {}", names.join(", "))
            }
            What::HeadersMissing(names) => format!(
                "signed headers that the request does not have: {}",
                names.join(", ")
            ),
            What::HeadersFragile(names) => format!(
                "signed headers that proxies and HTTP libraries set themselves: {}",
                names.join(", ")
            ),
            What::Proxied(names) => format!(
                "the request came through a proxy ({}), which may have changed the host, the path or a header",
                names.join(", ")
            ),
            What::ContentType => {
                "Content-Type on a presigned upload: it is part of the signature, and the client must send the \
                 very value that was signed"
                    .to_owned()
            }
            What::SecretOrElse => {
                "none of the changes tried gives the signature sent: the client has another secret for this key, or the \
                 request was changed in a way not tried"
                    .to_owned()
            }
        }
    }

    /// What to do, one line each.
    pub fn advice(&self) -> Vec<&'static str> {
        match &self.what {
            What::Changed(changes) => {
                let mut advice: Vec<&str> = changes.iter().map(Change::advice).collect();
                advice.dedup();
                advice
            }
            What::KeyUnknown => {
                vec!["check the access key id; that of another server, or a removed one, is not known"]
            }
            What::TokenMissing => vec![
                "give the client the session token that came with the key: AWS_SESSION_TOKEN, or \
                 aws_session_token in its profile; it is sent as x-amz-security-token",
            ],
            What::TokenNotOfKey => vec![
                "remove the session token that is left over from another key: AWS_SESSION_TOKEN, or \
                 aws_session_token in its profile",
            ],
            What::TokenRefused => vec!["get new temporary credentials"],
            What::Clock(_) | What::NotYetValid(_) => {
                vec!["set the clock of the machine that signs, with NTP; 15 minutes are allowed"]
            }
            What::Expired(_) => vec![EXPIRED_ADVICE],
            What::Region { .. } => vec!["set the client's region: AWS_REGION, or region in its profile"],
            What::Service { .. } => {
                vec!["sign for this service, or send the request to the other one's endpoint"]
            }
            What::Terminal => vec!["end the scope with aws4_request"],
            What::Day { .. } => vec!["take the scope's day from the request's date, both in UTC"],
            What::HeadersNotSigned(_) => vec![
                "sign the host and every x-amz-* header that is sent; where a proxy adds one, let it not",
            ],
            What::HeadersMissing(_) => vec![
                "send every header that is signed; where a proxy takes one away, let it pass or do not sign it",
            ],
            What::HeadersFragile(_) => vec!["do not sign them, or let the proxy pass them as they are"],
            What::Proxied(_) => vec![HOST_ADVICE],
            What::ContentType => vec![CONTENT_TYPE_ADVICE],
            What::SecretOrElse => vec![
                "check the secret access key first: its beginning and end, and whether it belongs to this key id",
                "then compare the text below with the one the client logs: the first line that differs is the cause; where a \
                 proxy is in between, look at the host first",
            ],
        }
    }

    /// Which cause it is, for programs.
    pub fn name(&self) -> &'static str {
        match &self.what {
            What::Changed(changes) => changes.first().map_or("changed", Change::name),
            What::KeyUnknown => "access-key",
            What::TokenMissing => "session-token-missing",
            What::TokenNotOfKey | What::TokenRefused => "session-token",
            What::Clock(_) | What::NotYetValid(_) => "clock",
            What::Expired(_) => "expired",
            What::Region { .. } => "region",
            What::Service { .. } => "service",
            What::Terminal | What::Day { .. } => "scope",
            What::HeadersNotSigned(_) => "headers-not-signed",
            What::HeadersMissing(_) => "headers-missing",
            What::HeadersFragile(_) => "headers-fragile",
            What::Proxied(_) => "proxy",
            What::ContentType => "content-type",
            What::SecretOrElse => "secret",
        }
    }
}

const HOST_ADVICE: &str = "let the proxy pass the Host header as it came (nginx: proxy_set_header Host $http_host), or let \
                           the client sign for the name that reaches the server";
const PATH_ADVICE: &str = "let the proxy pass the path as it came (nginx: proxy_pass without a path after the server, and \
                           merge_slashes off), and let the client sign the very path it sends";
const CONTENT_TYPE_ADVICE: &str = "send the Content-Type that was signed, or sign the one that is sent; a browser's fetch sets \
                                   one by itself for strings, forms and Blobs that have a type";
const SECRET_ADVICE: &str =
    "correct the secret where the client has it: an environment file, a shell's quotes, a form";
/// [`EXPIRES_SECONDS_MAX`] is seven days.
const EXPIRED_ADVICE: &str = "make a new URL; SigV4's may be good for seven days at most";
const _: () = assert!(EXPIRES_SECONDS_MAX == 7 * 24 * 60 * 60);

impl Change {
    fn text(&self) -> String {
        match self {
            Self::Method(signed) => format!("the method: signed for {signed}"),
            Self::Host { signed, found } => {
                let found = match found {
                    HostFound::Header(name) => format!("which the proxy's {name} names"),
                    HostFound::WithoutPort => "without the port".to_owned(),
                    HostFound::DefaultPort => "with the default port".to_owned(),
                    HostFound::Lowercase => "in small letters".to_owned(),
                    HostFound::EndpointName => "a name of this server".to_owned(),
                };
                format!("the host: signed for {signed}, {found}")
            }
            Self::Path(form) => format!("the path: signed {}", form.text()),
            Self::Query(form) => format!("the query: signed {}", form.text()),
            Self::Header { name, signed, form } => match form {
                HeaderForm::Added => format!("the header {name}: signed without a value, and one was sent"),
                HeaderForm::Changed => format!("the header {name}: signed as {signed:?}"),
                HeaderForm::SpacesKept => {
                    format!("the header {name}: signed with all its spaces, of which one counts of each run")
                }
                HeaderForm::Joined => {
                    format!("the header {name}: its values were signed with \", \" between, and \",\" counts")
                }
                HeaderForm::OneOfSeveral => {
                    format!("the header {name}: signed with the one value {signed:?}, and more were sent")
                }
                HeaderForm::Recoded => {
                    format!("the header {name}: signed in another character encoding than it was sent in")
                }
                HeaderForm::LineLeftOut => {
                    format!("the header {name}: listed among the signed headers, but neither signed nor sent")
                }
            },
            Self::Payload(signed) => format!("the payload: signed as {signed}"),
            Self::DateAsSent => {
                "the date: signed as it is in the Date header, and YYYYMMDDTHHMMSSZ counts".to_owned()
            }
            Self::Key(form) => match form {
                KeyForm::SecretLineEnd => "the secret: the client has a line's end after it".to_owned(),
                KeyForm::SecretQuoted => "the secret: the client has it in quotes".to_owned(),
                KeyForm::SecretEncoded => "the secret: the client has it percent-encoded".to_owned(),
                KeyForm::NoPrefix => "the signing key: made of the secret without AWS4 in front".to_owned(),
                KeyForm::Region(region) => {
                    format!("the signing key: made for the region {region}, and the scope says another")
                }
                KeyForm::Day(day) => {
                    format!("the signing key: made for the day {day}, and the scope says another")
                }
            },
            Self::Policy(form) => {
                let form = match form {
                    PolicyForm::Json => "as JSON, and its base64 text counts",
                    PolicyForm::WithoutSpace => "without the white space in its base64 text",
                    PolicyForm::LineEnd => "with a line's end after its base64 text",
                    PolicyForm::LineEnds => "with other ends of the lines of its base64 text",
                    PolicyForm::PlusForSpace => "with + where the form has spaces",
                };
                format!("the policy: signed {form}")
            }
            Self::Capitals => {
                "the signature: its hex digits are capitals, and small letters count".to_owned()
            }
        }
    }

    fn advice(&self) -> &'static str {
        match self {
            Self::Method(_) => "use the method that was signed: a presigned URL is good for one only",
            Self::Host { .. } => HOST_ADVICE,
            Self::Path(_) => PATH_ADVICE,
            Self::Query(QueryForm::Without(_)) => "let nobody add parameters to a URL that is signed",
            Self::Query(QueryForm::HeaderAside) => {
                "give a value in the URL or in the header of that name, or the same in both: the header's counts"
            }
            Self::Query(_) => {
                "let the client sign, and the proxy pass, the query as it is sent: sorted, each name and value encoded once"
            }
            Self::Header { name, .. } if name == "content-type" => CONTENT_TYPE_ADVICE,
            Self::Header { .. } => {
                "send the header as it was signed; where a proxy changes it, let it pass, or do not sign the header"
            }
            Self::Payload(_) => {
                "sign the value of x-amz-content-sha256 that is sent; a presigned URL signs UNSIGNED-PAYLOAD"
            }
            Self::DateAsSent => "write the date as YYYYMMDDTHHMMSSZ where it is signed",
            Self::Key(KeyForm::NoPrefix) => "begin the signing key with AWS4 and the secret",
            Self::Key(KeyForm::Region(_) | KeyForm::Day(_)) => "make the signing key of what the scope says",
            Self::Key(_) => SECRET_ADVICE,
            Self::Policy(_) => "sign the very text that the form's field policy has",
            Self::Capitals => "write the signature in small letters",
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Method(_) => "method",
            Self::Host { .. } => "host",
            Self::Path(_) => "path",
            Self::Query(_) => "query",
            Self::Header { name, .. } if name == "content-type" => "content-type",
            Self::Header { .. } => "header",
            Self::Payload(_) => "payload",
            Self::DateAsSent => "date",
            Self::Key(KeyForm::Region(_)) => "region",
            Self::Key(KeyForm::Day(_)) => "scope",
            Self::Key(_) => "secret",
            Self::Policy(_) => "policy",
            Self::Capitals => "signature",
        }
    }
}

impl PathForm {
    fn text(self) -> &'static str {
        match self {
            Self::Encoded => "encoded as S3 does it",
            Self::Decoded => "decoded, and sent encoded",
            Self::EncodedTwice => "encoded twice, and S3 encodes once",
            Self::PlusForSpace => "with + for a space, and sent with %20",
            Self::SlashEncoded => "with %2F where the request that came has /: it was re-encoded on its way",
            Self::SmallHex => {
                "with escapes in small letters, and sent with capitals: it was re-encoded on its way"
            }
            Self::MarksKept => "with !'()* as they are, and sent with their escapes",
            Self::TildeEncoded => "with %7E, and sent with ~",
            Self::Normalised => "without empty and dot segments, which S3 keeps",
            Self::SlashMore => "with a slash more: a proxy made one of two",
            Self::WithoutLastSlash => "without the slash at its end",
            Self::WithLastSlash => "with a slash at its end",
            Self::WithPrefix => "with the prefix that the proxy takes away (x-forwarded-prefix)",
            Self::Original => "as it was before the proxy rewrote it",
            Self::WithBucket => "with the bucket in front",
            Self::WithoutBucket => "without the bucket in front",
        }
    }
}

impl QueryForm {
    fn text(&self) -> String {
        match self {
            Self::AsSent => "as it was sent, not encoded".to_owned(),
            Self::NotSorted => "without sorting its parameters".to_owned(),
            Self::FlagsBare => "without = after parameters that have no value".to_owned(),
            Self::PlusEncoded => {
                "with %2B where the request that came has +, which is a space: it was re-encoded on its way"
                    .to_owned()
            }
            Self::SlashKept => "with / in values, and %2F counts".to_owned(),
            Self::EncodedTwice => "encoded twice".to_owned(),
            Self::Without(name) => format!("without the parameter {name:?}, which was added later"),
            Self::HeaderAside => {
                "with the value that a parameter has, and the request has another in the header of its name"
                    .to_owned()
            }
            Self::NotSigned => "as empty: its parameters were added later or left out".to_owned(),
        }
    }
}

/// Seconds for people.
fn duration(seconds: u64) -> String {
    let days = seconds / (24 * 60 * 60);
    let (hours, minutes, rest) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{rest} s"),
        (0, 0, _) => format!("{minutes} min {rest} s"),
        (0, _, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}
