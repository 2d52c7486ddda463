//! The table of errors.
//!
//! A row is `Code = status, "message" { "Element" => field: Type, … };`. Where the message differs from
//! case to case the row says `message` instead of a text, and the variant has a field `message`.

use std::borrow::Cow;

use http::StatusCode;

use super::details::Detail;

macro_rules! errors {
    ($(
        $(#[$doc:meta])*
        $code:ident = $status:ident, $message:tt { $($element:literal => $field:ident : $type:ty),* $(,)? };
    )*) => {
        errors!(@enum [] $( $(#[$doc])* $code $message { $($field: $type),* } )*);

        impl S3Error {
            /// The variant's name: the `<Code>`, but for the refinements of `AccessDenied`.
            fn name(&self) -> &'static str {
                match self {
                    $( Self::$code { .. } => stringify!($code), )*
                }
            }

            /// The HTTP status.
            pub fn status(&self) -> StatusCode {
                match self {
                    $( Self::$code { .. } => StatusCode::$status, )*
                }
            }

            /// The `<Message>`.
            pub fn message(&self) -> Cow<'_, str> {
                match self {
                    $( errors!(@pattern $code $message m) => errors!(@message $message m), )*
                }
            }

            /// The further children of `<Error>`, in order: element and text.
            pub fn details(&self) -> Vec<(&'static str, String)> {
                let mut details = Vec::new();
                match self {
                    $( Self::$code { $($field,)* .. } => {
                        $( if let Some(text) = $field.detail() { details.push(($element, text)); } )*
                    } )*
                }
                details
            }

        }
    };

    // The enum's variants are collected one by one, because only some have a `message`.
    (@enum [$($done:tt)*]) => {
        /// A refusal, with everything Amazon S3 says about it.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[expect(missing_docs, reason = "fields are the children of <Error>, under Amazon's names")]
        pub enum S3Error { $($done)* }
    };
    (@enum [$($done:tt)*] $(#[$doc:meta])* $code:ident message { $($field:ident : $type:ty),* } $($rest:tt)*) => {
        errors!(@enum [$($done)* $(#[$doc])* $code { message: String, $($field: $type),* },] $($rest)*);
    };
    (@enum [$($done:tt)*] $(#[$doc:meta])* $code:ident $message:literal { $($field:ident : $type:ty),* } $($rest:tt)*) => {
        errors!(@enum [$($done)* $(#[$doc])* $code { $($field: $type),* },] $($rest)*);
    };

    // `$m` carries one name through both expansions: hygiene would tell two apart.
    (@pattern $code:ident message $m:ident) => { Self::$code { message: $m, .. } };
    (@pattern $code:ident $message:literal $m:ident) => { Self::$code { .. } };
    (@message message $m:ident) => { Cow::Borrowed($m.as_str()) };
    (@message $message:literal $m:ident) => { Cow::Borrowed($message) };
}

errors! {
    /// An ACL for an object in a bucket whose objects all belong to its owner.
    AccessControlListNotSupported = BAD_REQUEST, "The bucket does not allow ACLs" {};
    /// Not allowed; also expired and not yet valid presigned requests, which tell when.
    AccessDenied = FORBIDDEN, message {};
    /// A signed request carries `x-amz-*` headers its signature does not cover (facts/04 §1).
    AccessDeniedHeadersNotSigned = FORBIDDEN, "There were headers present in the request which were not signed" {
        "HeadersNotSigned" => headers: String,
    };
    /// A presigned request came after its time (facts/04 §2, §4).
    AccessDeniedExpired = FORBIDDEN, "Request has expired" {
        "X-Amz-Expires" => x_amz_expires: Option<u64>, "Expires" => expires: String, "ServerTime" => server_time: String,
    };
    /// A presigned request came before its time: its date is more than 15 minutes ahead (facts/04 §2).
    /// Amazon gives the date in milliseconds since 1970, the other two as ISO 8601.
    AccessDeniedNotYetValid = FORBIDDEN, "Request is not yet valid" {
        "X-Amz-Date" => x_amz_date_millis: u64, "Expires" => expires: String, "ServerTime" => server_time: String,
    };
    /// A preflight that the bucket's CORS does not allow (facts/03 §4).
    AccessForbidden = FORBIDDEN, message { "Method" => method: String, "ResourceType" => resource_type: &'static str };
    /// The `Authorization` header does not parse, or its scope is not of this endpoint (facts/04 §1).
    AuthorizationHeaderMalformed = BAD_REQUEST, message { "Region" => region: Option<String> };
    /// The same of a presigned request's parameters (facts/04 §2).
    AuthorizationQueryParametersError = BAD_REQUEST, message { "Region" => region: Option<String> };
    /// The body's MD5 is not the one announced.
    BadDigest = BAD_REQUEST, message {
        "ExpectedDigest" => expected_digest: Option<String>, "CalculatedDigest" => calculated_digest: Option<String>,
    };
    /// A rule with no better code, such as too many tags.
    BadRequest = BAD_REQUEST, message {};
    /// The name belongs to another account.
    BucketAlreadyExists = CONFLICT, "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again." {
        "BucketName" => bucket_name: String,
    };
    /// The name is the caller's own already.
    BucketAlreadyOwnedByYou = CONFLICT, "Your previous request to create the named bucket succeeded and you already own it." {
        "BucketName" => bucket_name: String,
    };
    /// The bucket has objects, or versions.
    BucketNotEmpty = CONFLICT, message { "BucketName" => bucket_name: String };
    /// The object changed while a conditional multipart upload was under way (facts/06 §6).
    ConditionalRequestConflict = CONFLICT, "The conditional request cannot succeed due to a conflicting operation against this resource." {
        "Condition" => condition: String, "Key" => key: String,
    };
    /// Credentials where none are taken.
    CredentialsNotSupported = BAD_REQUEST, "This request does not support credentials" {};
    /// The object would be larger than its operation allows.
    EntityTooLarge = BAD_REQUEST, "Your proposed upload exceeds the maximum allowed size" {
        "ProposedSize" => proposed_size: u64, "MaxSizeAllowed" => max_size_allowed: u64,
    };
    /// A part other than the last is smaller than 5 MiB.
    EntityTooSmall = BAD_REQUEST, "Your proposed upload is smaller than the minimum allowed size" {
        "ProposedSize" => proposed_size: u64, "MinSizeAllowed" => min_size_allowed: u64,
        "PartNumber" => part_number: Option<u64>, "ETag" => etag: Option<String>,
    };
    /// The session token's time is over.
    ExpiredToken = BAD_REQUEST, "The provided token has expired." { "Token-0" => token: String };
    /// A location constraint that does not fit the endpoint (facts/02 §4).
    IllegalLocationConstraintException = BAD_REQUEST, message {};
    /// `<Status>` is missing in a versioning configuration (facts/06 §4).
    IllegalVersioningConfigurationException = BAD_REQUEST, "The Versioning element must be specified" {};
    /// A website endpoint of another region than the bucket's (facts/01 §5).
    IncorrectEndpoint = BAD_REQUEST, "The specified bucket exists in another region. Please direct requests to the specified endpoint." {
        "Endpoint" => endpoint: String,
    };
    /// The body ended early, is longer than announced, or its aws-chunked framing is broken (`message` tells).
    IncompleteBody = BAD_REQUEST, message {
        "NumberBytesExpected" => number_bytes_expected: Option<u64>, "NumberBytesProvided" => number_bytes_provided: Option<u64>,
    };
    /// The server's own failure.
    InternalError = INTERNAL_SERVER_ERROR, "We encountered an internal error. Please try again." {};
    /// No such access key.
    InvalidAccessKeyId = FORBIDDEN, "The AWS Access Key Id you provided does not exist in our records." {
        "AWSAccessKeyId" => access_key_id: String,
    };
    /// An argument's value is not valid.
    InvalidArgument = BAD_REQUEST, message {
        "ArgumentName" => argument_name: Option<String>, "ArgumentValue" => argument_value: Option<String>,
    };
    /// An ACL for a bucket whose objects all belong to its owner.
    InvalidBucketAclWithObjectOwnership = BAD_REQUEST, "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting" {};
    /// A public ACL for a new bucket, which blocks public access (Amazon's since 2023) [believed].
    InvalidBucketAclWithBlockPublicAccessError = BAD_REQUEST, "Bucket cannot have public ACLs set with BlockPublicAccess enabled" {};
    /// The name can be no bucket's.
    InvalidBucketName = BAD_REQUEST, "The specified bucket is not valid." { "BucketName" => bucket_name: String };
    /// `x-amz-expected-bucket-owner` is no account id (facts/05 §7).
    InvalidBucketOwnerAWSAccountID = BAD_REQUEST, message {};
    /// The bucket's state forbids the request.
    InvalidBucketState = CONFLICT, message {};
    /// An aws-chunked chunk other than the last is too small (facts/04 §3).
    InvalidChunkSizeError = BAD_REQUEST, "Only the last chunk is allowed to have a size less than 8192 bytes" {
        "Chunk" => chunk: u64, "BadChunkSize" => bad_chunk_size: u64,
    };
    /// `Content-MD5` is not the base64 of 16 bytes.
    InvalidDigest = BAD_REQUEST, "The Content-MD5 you specified was invalid." { "Content-MD5" => content_md5: String };
    /// A region that is not one, or cannot be had here.
    InvalidLocationConstraint = BAD_REQUEST, "The specified location-constraint is not valid" {
        "LocationConstraint" => location_constraint: String,
    };
    /// The object's storage class forbids the operation.
    InvalidObjectState = FORBIDDEN, "The operation is not valid for the object's storage class" {
        "StorageClass" => storage_class: String,
    };
    /// A part named by CompleteMultipartUpload is not there (two spaces in Amazon's text).
    InvalidPart = BAD_REQUEST, "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag." {
        "UploadId" => upload_id: String, "PartNumber" => part_number: u64, "ETag" => etag: String,
    };
    /// `partNumber` past the last part.
    InvalidPartNumber = RANGE_NOT_SATISFIABLE, "The requested partnumber is not satisfiable" {
        "ActualPartCount" => actual_part_count: u64, "PartNumberRequested" => part_number_requested: u64,
    };
    /// Parts not in ascending order.
    InvalidPartOrder = BAD_REQUEST, "The list of parts was not in ascending order. Parts must be ordered by part number." {
        "UploadId" => upload_id: String,
    };
    /// The policy of a form is none (facts/04 §5).
    InvalidPolicyDocument = BAD_REQUEST, message {};
    /// The range begins past the end.
    InvalidRange = RANGE_NOT_SATISFIABLE, "The requested range is not satisfiable" {
        "RangeRequested" => range_requested: String, "ActualObjectSize" => actual_object_size: u64,
    };
    /// `x-amz-website-redirect-location` is neither a path nor an http(s) URL [believed].
    InvalidRedirectLocation = BAD_REQUEST, "The website redirect location must have a prefix of 'http://' or 'https://' or '/'." {};
    /// A request that contradicts itself or the resource.
    InvalidRequest = BAD_REQUEST, message {};
    /// Not a storage class.
    InvalidStorageClass = BAD_REQUEST, "The storage class you specified is not valid" {
        "StorageClassRequested" => storage_class_requested: String,
    };
    /// A tag breaks the rules (facts/06 §6).
    InvalidTag = BAD_REQUEST, message {
        "TagKey" => tag_key: Option<String>, "TagValue" => tag_value: Option<String>,
    };
    /// The session token is not one.
    InvalidToken = BAD_REQUEST, "The provided token is malformed or otherwise invalid." { "Token-0" => token: String };
    /// The path does not decode to UTF-8.
    InvalidURI = BAD_REQUEST, "Couldn't parse the specified URI." { "URI" => uri: String };
    /// The key has more than 1024 bytes.
    KeyTooLongError = BAD_REQUEST, "Your key is too long" {
        "Size" => size: u64, "MaxSizeAllowed" => max_size_allowed: u64,
    };
    /// An ACL that is no document of S3's (facts/05 §8).
    MalformedACLError = BAD_REQUEST, "The XML you provided was not well-formed or did not validate against our published schema" {};
    /// The body of POST Object is no form (facts/04 §5).
    MalformedPOSTRequest = BAD_REQUEST, "The body of your POST request is not well-formed multipart/form-data." {};
    /// A bucket policy that breaks the rules (facts/05 §7).
    MalformedPolicy = BAD_REQUEST, message { "Detail" => detail: Option<String> };
    /// A trailer does not parse (facts/04 §3).
    MalformedTrailerError = BAD_REQUEST, "The request contained trailing data that was not well-formed or did not conform to our published schema." {};
    /// The XML body does not parse, or has what the schema does not know.
    MalformedXML = BAD_REQUEST, "The XML you provided was not well-formed or did not validate against our published schema" {};
    /// The request's message is too long.
    MaxMessageLengthExceeded = BAD_REQUEST, "Your request was too big" { "MaxMessageLengthBytes" => max_message_length_bytes: u64 };
    /// A form has more than 20 KB before its file (facts/04 §5).
    MaxPostPreDataLengthExceededError = BAD_REQUEST, "Your POST request fields preceding the upload file were too large." {
        "MaxPostPreDataLengthBytes" => max_post_pre_data_length_bytes: u64,
    };
    /// More than 2 KiB of user metadata.
    MetadataTooLarge = BAD_REQUEST, "Your metadata headers exceed the maximum allowed metadata size" {
        "Size" => size: u64, "MaxSizeAllowed" => max_size_allowed: u64,
    };
    /// The resource does not take that method.
    MethodNotAllowed = METHOD_NOT_ALLOWED, "The specified method is not allowed against this resource." {
        "Method" => method: String, "ResourceType" => resource_type: &'static str,
    };
    /// An upload without `Content-Length`.
    MissingContentLength = LENGTH_REQUIRED, "You must provide the Content-Length HTTP header." {};
    /// An operation that needs a body got none.
    MissingRequestBodyError = BAD_REQUEST, "Request Body is empty" {};
    /// A header that the operation needs.
    MissingSecurityHeader = BAD_REQUEST, "Your request was missing a required header" {
        "MissingHeaderName" => missing_header_name: String,
    };
    /// No such bucket.
    NoSuchBucket = NOT_FOUND, "The specified bucket does not exist" { "BucketName" => bucket_name: String };
    /// The bucket has no policy.
    NoSuchBucketPolicy = NOT_FOUND, "The bucket policy does not exist" { "BucketName" => bucket_name: String };
    /// The bucket has no CORS configuration (facts/03 §1).
    NoSuchCORSConfiguration = NOT_FOUND, "The CORS configuration does not exist" { "BucketName" => bucket_name: String };
    /// No such key.
    NoSuchKey = NOT_FOUND, "The specified key does not exist." { "Key" => key: String };
    /// Neither bucket nor account blocks public access in words of their own.
    NoSuchPublicAccessBlockConfiguration = NOT_FOUND, "The public access block configuration was not found" {
        "BucketName" => bucket_name: Option<String>, "AccountId" => account_id: Option<String>,
    };
    /// The bucket has no tags.
    NoSuchTagSet = NOT_FOUND, "The TagSet does not exist" { "BucketName" => bucket_name: String };
    /// No such multipart upload.
    NoSuchUpload = NOT_FOUND, "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed." {
        "UploadId" => upload_id: String,
    };
    /// No such version.
    NoSuchVersion = NOT_FOUND, "The specified version does not exist." {
        "Key" => key: String, "VersionId" => version_id: String,
    };
    /// Something S3 has and Cairn has not yet, or a header whose function S3 has not (facts/06 §1).
    NotImplemented = NOT_IMPLEMENTED, message {
        "Header" => header: Option<String>, "additionalMessage" => additional_message: Option<String>,
    };
    /// Another create or delete of the same bucket is under way.
    OperationAborted = CONFLICT, "A conflicting conditional operation is currently in progress against this resource. Please try again." {};
    /// The bucket's ownership controls were deleted.
    OwnershipControlsNotFoundError = NOT_FOUND, "The bucket ownership controls were not found" { "BucketName" => bucket_name: String };
    /// The bucket lives in another region (facts/02 §1).
    PermanentRedirect = MOVED_PERMANENTLY, "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint." {
        "Endpoint" => endpoint: String, "Bucket" => bucket: String,
    };
    /// A condition of the request does not hold.
    PreconditionFailed = PRECONDITION_FAILED, "At least one of the pre-conditions you specified did not hold" {
        "Condition" => condition: String,
    };
    /// The header section has more than 8 KiB.
    RequestHeaderSectionTooLarge = BAD_REQUEST, "Your request header section exceeds the maximum allowed size." {
        "MaxSizeAllowed" => max_size_allowed: u64,
    };
    /// The request's date is more than 15 minutes off.
    RequestTimeTooSkewed = FORBIDDEN, "The difference between the request time and the current time is too large." {
        "RequestTime" => request_time: String, "ServerTime" => server_time: String,
        "MaxAllowedSkewMilliseconds" => max_allowed_skew_milliseconds: u64,
    };
    /// The client stopped sending.
    RequestTimeout = BAD_REQUEST, "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed." {};
    /// The server is over a limit of its own; retry later.
    ServiceUnavailable = SERVICE_UNAVAILABLE, "Service is unable to handle request." {};
    /// The signature is not the one the server computes (facts/04 §1, §4).
    SignatureDoesNotMatch = FORBIDDEN, "The request signature we calculated does not match the signature you provided. Check your key and signing method." {
        "AWSAccessKeyId" => access_key_id: Box<str>, "StringToSign" => string_to_sign: Box<str>,
        "SignatureProvided" => signature_provided: Box<str>, "StringToSignBytes" => string_to_sign_bytes: Box<str>,
        "CanonicalRequest" => canonical_request: Option<Box<str>>,
        "CanonicalRequestBytes" => canonical_request_bytes: Option<Box<str>>,
    };
    /// Too many requests for one thing; retry later.
    SlowDown = SERVICE_UNAVAILABLE, "Please reduce your request rate." {};
    /// Wait for DNS: the bucket's record is not yet published (facts/02 §2).
    TemporaryRedirect = TEMPORARY_REDIRECT, "Please re-send this request to the specified temporary endpoint. Continue to use the original request endpoint for future requests." {
        "Endpoint" => endpoint: String, "Bucket" => bucket: String,
    };
    /// More buckets than one account may have.
    TooManyBuckets = BAD_REQUEST, "You have attempted to create more buckets than allowed" {};
    /// A body where none is taken.
    UnexpectedContent = BAD_REQUEST, "This request does not support content" {};
    /// A grant by e-mail address: accounts here have none.
    UnresolvableGrantByEmailAddress = BAD_REQUEST, "The e-mail address you provided does not match any account on record." {
        "EmailAddress" => email_address: String,
    };
    /// The body's SHA-256 is not the one signed (facts/04 §1).
    XAmzContentSHA256Mismatch = BAD_REQUEST, "The provided 'x-amz-content-sha256' header does not match what was computed." {
        "ClientComputedContentSHA256" => client_computed: String, "S3ComputedContentSHA256" => s3_computed: String,
    };
}

impl S3Error {
    /// The `<Code>`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::AccessDeniedHeadersNotSigned { .. }
            | Self::AccessDeniedExpired { .. }
            | Self::AccessDeniedNotYetValid { .. } => "AccessDenied",
            other => other.name(),
        }
    }
}
