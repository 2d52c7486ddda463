//! What can be wrong with a signature, in types: the words for it are `text`'s.
//!
//! They are kept in the journal, where variants are known by their position: new ones are only ever appended.

use serde::{Deserialize, Serialize};

/// How sure a cause is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// It follows from the request alone, or the signature sent is the key's over the request changed so.
    Proven,
    /// Something in the request speaks for it.
    Likely,
}

/// One reason why a signature was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// How sure it is.
    pub certainty: Certainty,
    /// What it is.
    pub what: What,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// The signature is the key's over the request with these changes.
    Changed(Vec<Change>),
    /// There is no such access key here.
    KeyUnknown,
    /// A temporary key (`ASIA…`) without a session token.
    TokenMissing,
    /// A session token beside a long-term key (`AKIA…`).
    TokenNotOfKey,
    /// A session token that is not good.
    TokenRefused,
    /// The client's clock is off by so many seconds: positive where it is ahead.
    Clock(i64),
    /// A presigned request that expired so many seconds ago.
    Expired(u64),
    /// A presigned request whose date is so many seconds ahead.
    NotYetValid(u64),
    /// The scope's region is not that of the endpoint.
    Region {
        /// As sent.
        signed: String,
        /// The endpoint's.
        expected: String,
    },
    /// The scope's service is not that of the endpoint.
    Service {
        /// As sent.
        signed: String,
        /// The endpoint's.
        expected: String,
    },
    /// The scope does not end in `aws4_request`.
    Terminal,
    /// The scope's day is not the day of the request's date.
    Day {
        /// As sent.
        scope: String,
        /// Of the date.
        date: String,
    },
    /// Headers that must be signed and are not.
    HeadersNotSigned(Vec<String>),
    /// Signed headers that the request does not have.
    HeadersMissing(Vec<String>),
    /// Signed headers that proxies and HTTP libraries set themselves.
    HeadersFragile(Vec<String>),
    /// The request came through a proxy, as these headers say.
    Proxied(Vec<String>),
    /// A presigned upload whose `Content-Type` is signed: the client must send the very one.
    ContentType,
    /// The secret is not the key's, or the request was changed in a way that was not tried.
    SecretOrElse,
}

/// A difference between the request that came and the one that was signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// Another method.
    Method(String),
    /// Another host.
    Host {
        /// The host that was signed.
        signed: String,
        /// Where that name was found.
        found: HostFound,
    },
    /// Another path, in this form.
    Path(PathForm),
    /// Another query, in this form.
    Query(QueryForm),
    /// A header with another value.
    Header {
        /// Its name.
        name: String,
        /// The value that was signed; empty where the header was absent.
        signed: String,
        /// What became of it.
        form: HeaderForm,
    },
    /// Another last line of the canonical request: the payload.
    Payload(String),
    /// The date was signed as it was sent, not as `YYYYMMDDTHHMMSSZ`.
    DateAsSent,
    /// The signing key was made of something else.
    Key(KeyForm),
    /// The policy was signed in another form.
    Policy(PolicyForm),
    /// The signature is right but for its letters, which must be small.
    Capitals,
}

/// Where the host that was signed was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum HostFound {
    /// In a header that a proxy sets.
    Header(String),
    /// It is the host without its port.
    WithoutPort,
    /// It is the host with a scheme's default port.
    DefaultPort,
    /// It is the host in small letters.
    Lowercase,
    /// It is a name of this server's own.
    EndpointName,
}

/// The form in which a path was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PathForm {
    /// Decoded and encoded again as S3 does.
    Encoded,
    /// Percent-decoded.
    Decoded,
    /// Encoded once more.
    EncodedTwice,
    /// With `+` where the request has `%20`.
    PlusForSpace,
    /// With `%2F` where the request has `/`.
    SlashEncoded,
    /// With the hex digits of escapes in small letters.
    SmallHex,
    /// With `!'()*` as they are: what JavaScript's `encodeURIComponent` does.
    MarksKept,
    /// With `~` as `%7E`.
    TildeEncoded,
    /// Without empty and dot segments.
    Normalised,
    /// With a slash more.
    SlashMore,
    /// Without the slash at the end.
    WithoutLastSlash,
    /// With a slash at the end.
    WithLastSlash,
    /// With a prefix that a proxy took away.
    WithPrefix,
    /// As it was before a proxy rewrote it.
    Original,
    /// With the bucket in front.
    WithBucket,
    /// Without the bucket in front.
    WithoutBucket,
}

/// The form in which a query was signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum QueryForm {
    /// In the text and the order sent.
    AsSent,
    /// Encoded, but not sorted.
    NotSorted,
    /// Without the `=` of parameters that have no value.
    FlagsBare,
    /// With `%2B` where the request has `+`.
    PlusEncoded,
    /// With slashes as they are.
    SlashKept,
    /// Encoded once more.
    EncodedTwice,
    /// Without this parameter.
    Without(String),
    /// Not at all.
    NotSigned,
    /// With the value that a parameter of a presigned request has, where the header of its name has another.
    HeaderAside,
}

/// What became of a header on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HeaderForm {
    /// It was added: the client signed it as absent or empty.
    Added,
    /// It was taken away or changed; the value is a usual one.
    Changed,
    /// The client did not collapse runs of spaces.
    SpacesKept,
    /// Several values are joined in another way.
    Joined,
    /// Several values came where one was signed.
    OneOfSeveral,
    /// The value is the same text in another character encoding.
    Recoded,
    /// The client lists the header, but left its line out of what it signed.
    LineLeftOut,
}

/// What a signing key was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyForm {
    /// The secret with a line's end after it.
    SecretLineEnd,
    /// The secret in quotes.
    SecretQuoted,
    /// The secret percent-encoded.
    SecretEncoded,
    /// The secret without `AWS4` in front.
    NoPrefix,
    /// Another region than the scope's.
    Region(String),
    /// Another day than the scope's.
    Day(String),
}

/// The form in which a policy was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PolicyForm {
    /// Its JSON, not the base64 of it.
    Json,
    /// Without white space.
    WithoutSpace,
    /// With a line's end after it.
    LineEnd,
    /// With CR LF where the form has LF, or the reverse.
    LineEnds,
    /// With `+` where the form has spaces.
    PlusForSpace,
}
