//! PostObject: an upload from a browser's form (facts/04 §5).
//!
//! The one operation that is signed inside its body. The fields come first, so the pipeline lets the request
//! through unread, and here the form is read up to its file, its signer found, its policy judged and the
//! upload authorized, before a byte of the file is taken. The file then streams to storage; what becomes
//! visible does so after the form's last delimiter.

use std::sync::Arc;

use bytes::Bytes;
use cairn_identity::{Caller, Signer};
use cairn_objects::{BodySpec, PutObject as Put, StagedBody, Stored, WritePrecondition};
use cairn_protocol::S3Error;
use cairn_protocol::address::Style;
use cairn_protocol::post::{Boundary, Fields, File, Form, LengthRange, Policy, PostRequest, Signature, Step};
use cairn_types::BucketName;

use super::shared::{self, Digests};
use crate::access::{self, Asking, Extra, NewAccess, Sender, Signature as Signed, Target};
use crate::body::Body;
use crate::operation::{Call, Operation, RequestBody};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::signature::{self, For};
use crate::table::{Action, Resource, Route};

pub(super) struct PostObject;

/// A form whose file begins, and what is left of the piece of the body where it does.
struct Opened {
    form: Form,
    file: Box<File>,
    rest: Bytes,
}

/// Reads the form up to its file.
async fn open(call: &mut Call, boundary: &Boundary) -> Result<Opened, Refusal> {
    let mut form = Form::new(boundary);
    while let Some(mut rest) = call.payload.next().await? {
        match form.next(&mut rest)? {
            Some(Step::File(file)) => return Ok(Opened { form, file, rest }),
            // Neither comes before the file.
            Some(Step::Data(_) | Step::End) | None => {}
        }
    }
    form.finish()?;
    Err(S3Error::MalformedPOSTRequest {}.into())
}

/// Who signed the form, and how; nobody is a caller too, whom a policy may bind all the same.
async fn caller(call: &Call, fields: &Fields) -> Result<(Caller, Option<Signed>), Refusal> {
    let api = &call.api;
    let signature = Signature::read(fields, api.settings.allow_signature_v2)?;
    let Some(id) = signature.access_key_id() else {
        return Ok((Caller::Anonymous, None));
    };
    match prove(call, &signature, id).await {
        Ok(signer) => {
            let _ = call.signer.set(Ok(Arc::clone(&signer)));
            let signed = Signed::of_form(matches!(signature, Signature::V4 { .. }));
            Ok((Caller::Signer(signer), Some(signed)))
        }
        Err(error) => {
            let of = For {
                region: call.region(),
                service: "s3",
                bucket: call.address.bucket.as_ref().map(BucketName::as_str),
                token_refused: signature::is_of_token(&error),
            };
            if let Some(refused) = api.refused_form(&signature, of).await {
                let _ = call.signer.set(Err(Box::new(refused)));
            }
            Err(error.into())
        }
    }
}

async fn prove(call: &Call, signature: &Signature, id: &str) -> Result<Arc<Signer>, S3Error> {
    let api = &call.api;
    signature.check_scope(call.region().as_str())?;
    let credential = api
        .credential(id, signature.session_token(), call.region())
        .await?;
    signature.verify(&credential.secret, &api.signing_keys)?;
    Ok(credential.signer)
}

/// Holds the form to its policy; gives the length its file may have.
fn judge(call: &Call, fields: &Fields) -> Result<LengthRange, Refusal> {
    let bucket = call.bucket()?;
    let Some(policy) = Policy::read(fields)? else {
        return Ok(LengthRange::default());
    };
    let judgement = policy.judge(fields, &bucket.name, call.api.clock.now());
    match judgement.refusal() {
        Some(refusal) => Err(refusal.into()),
        None => Ok(judgement.length),
    }
}

/// The form's fields stand for the headers of PutObject, also in conditions of policies.
async fn allow(
    call: &Call,
    caller: &Caller,
    signature: Option<Signed>,
    request: &PostRequest,
) -> Result<(), Refusal> {
    let bucket = call.bucket()?;
    let asking = Asking {
        caller,
        sender: Sender {
            signature,
            ..call.sender
        },
        headers: &request.headers,
        tags: Some(&request.tags),
        ..call.asking()
    };
    let target = Target::Object(&bucket, &request.key, None);
    access::allow_all(&asking, PostObject::ACTION, PostObject::EXTRA, target).await?;
    if !request.tags.as_slice().is_empty() {
        asking.allow("s3:PutObjectTagging", target).await?;
    }
    Ok(())
}

/// Streams the file to storage, within `length`.
async fn store(
    call: &mut Call,
    opened: Opened,
    length: &LengthRange,
    digests: Digests,
) -> Result<StagedBody, Refusal> {
    let bucket = call.bucket()?;
    let Opened {
        mut form, mut rest, ..
    } = opened;
    let spec = BodySpec {
        // The form's length is known, the file's is not.
        size: None,
        checksum: digests.algorithm(),
    };
    let begun = call.objects().begin_put(&bucket, spec).await;
    let mut writer = begun.map_err(|error| call.refuse(error))?;
    let mut bytes = 0;
    loop {
        while let Some(step) = form.next(&mut rest)? {
            if let Step::Data(data) = step {
                bytes += data.len() as u64;
                length.check_so_far(bytes)?;
                writer.write(data).await.map_err(|error| call.refuse(error))?;
            }
        }
        match call.payload.next().await? {
            Some(data) => rest = data,
            None => break,
        }
    }
    form.finish()?;
    length.check(bytes)?;
    let expected = digests.expected(call)?;
    writer.finish(expected).await.map_err(|error| call.refuse(error))
}

/// The URL the form was sent to, which is the bucket's own.
fn bucket_url(call: &Call) -> String {
    let scheme = if call.sender.tls { "https" } else { "http" };
    match (&call.address.style, &call.address.bucket) {
        (Style::Path, Some(bucket)) => format!("{scheme}://{}/{bucket}", call.host),
        _ => format!("{scheme}://{}", call.host),
    }
}

impl Operation for PostObject {
    const NAME: &'static str = "PostObject";
    const ROUTE: Route = Route::new("POST", Resource::Bucket);
    const ACTION: Action = Action::new("s3:PutObject");
    const EXTRA: &'static [Extra] = &[Extra::acl("s3:PutObjectAcl")];
    const BODY: RequestBody = RequestBody::Stream;
    const SIGNED_INSIDE: bool = true;

    type Input = Boundary;
    type Output = (Stored, PostRequest);

    fn parse(call: &mut Call) -> Result<Boundary, Refusal> {
        Ok(Boundary::read(&call.headers)?)
    }

    async fn execute(call: &mut Call, boundary: Boundary) -> Result<Self::Output, Refusal> {
        let opened = open(call, &boundary).await?;
        let fields = &opened.file.fields;
        // A form without a key is refused before anybody asks who sent it.
        call.key = Some(fields.key()?);
        let (caller, signature) = caller(call, fields).await?;
        let length = judge(call, fields)?;
        let request = PostRequest::read(fields)?;
        allow(call, &caller, signature, &request).await?;

        shared::refuse_unsupported(&request.headers)?;
        let mut metadata = shared::metadata_without_tags(&request.headers)?;
        metadata.tags = request.tags.clone();
        let bucket = call.bucket()?;
        let access = NewAccess::read(&call.api, &bucket, &caller, &request.headers).await?;
        let put = Put {
            metadata: access.of(metadata),
            precondition: WritePrecondition::None,
        };
        let digests = Digests::read(&request.headers)?;
        let body = store(call, opened, &length, digests).await?;
        let stored = call
            .objects()
            .put_object(&bucket, &request.key, body, put)
            .await
            .map_err(|error| call.refuse(error))?;
        Ok((stored, request))
    }

    fn respond(call: &Call, (stored, request): Self::Output) -> Response {
        let Some(bucket) = &call.bucket else {
            return Response::no_content();
        };
        let answer = request.answer(&bucket_url(call), &bucket.name, &stored.etag);
        let response = Response::new(answer.status)
            .header("location", answer.location)
            .header("etag", stored.etag.quoted())
            .optional(
                "x-amz-version-id",
                stored.version.map(|version| version.to_string()),
            );
        match answer.document {
            Some(document) => response
                .header("content-type", "application/xml")
                .body(Body::full(document)),
            None => response,
        }
    }
}
