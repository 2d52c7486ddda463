//! SigV2: variants of the string to sign (facts/04 §4).

use cairn_types::SecretAccessKey;

use super::cause::{Change, HeaderForm, KeyForm};
use super::trial::{Edit, Sign, Trial, Variant, key_of};
use super::variants;
use super::{Cause, Claim, Computed, Context, Diagnosis, What, of_claim, of_headers, outcome};
use crate::auth::Source;
use crate::auth::head::RequestHead;
use crate::auth::v2::{ResponseValues, V2, signature, string_to_sign};

/// The lines of a string to sign: method, MD5, type, date, Amazon's headers, the resource.
const CONTENT_MD5: usize = 1;
const CONTENT_TYPE: usize = 2;
const AMAZON_HEADERS: usize = 4;

pub(super) fn diagnose(
    v2: &V2,
    head: &RequestHead<'_>,
    secret: Option<&SecretAccessKey>,
    context: &Context<'_>,
) -> Diagnosis {
    let text = string_to_sign(head, v2.expires_text(), ResponseValues::Decoded);
    let (date, expires) = v2.dated();
    let claim = Claim {
        access_key_id: v2.access_key_id().to_owned(),
        date,
        expires,
        session_token: v2.session_token().is_some(),
        ..Claim::default()
    };
    let mut causes = Vec::new();
    of_claim(&claim, secret.is_some(), context, &mut causes);
    let tried = secret.map(|secret| {
        let mut trial = Trial::new(&text, v2.signature.as_bytes(), Signer(secret.expose()));
        // The verifier takes this, too.
        let as_sent = string_to_sign(head, v2.expires_text(), ResponseValues::AsSent);
        trial.attempt_text(&as_sent, &Variant::default());
        // Keys cost nothing here, and regions and days have no part in them.
        let keys: Vec<Variant> = variants::keys("", "", context)
            .into_iter()
            .filter(|key| {
                !matches!(
                    key_of(&key.changes),
                    Some(KeyForm::NoPrefix | KeyForm::Region(_) | KeyForm::Day(_))
                )
            })
            .collect();
        outcome(trial, &kinds(head, &text, context), &keys)
    });
    let tried = tried.unwrap_or_default();
    let found = tried.found.unwrap_or_default();
    if !found.changes.is_empty() {
        causes.insert(0, Cause::proven(What::Changed(found.changes)));
    } else if tried.right == Some(false) {
        if v2.source() == Source::Query && head.headers.contains_key("content-type") {
            causes.push(Cause::likely(What::ContentType));
        }
        of_headers(head.headers, &mut causes);
        causes.push(Cause::likely(What::SecretOrElse));
    }
    Diagnosis {
        claim,
        computed: Computed::StringToSign(text),
        right: tried.right,
        signed: found.edits,
        causes,
        hmacs: tried.hmacs,
    }
}

struct Signer<'a>(&'a str);

impl Sign for Signer<'_> {
    const HMACS: (usize, usize) = (1, 1);

    fn sign(&self, text: &[u8], changes: &[Change]) -> Option<Vec<u8>> {
        let signed = match key_of(changes) {
            None => signature(self.0, text),
            Some(form) => signature(&variants::secret_in(form, self.0), text),
        };
        Some(signed.into_bytes())
    }
}

fn kinds(head: &RequestHead<'_>, text: &[u8], context: &Context<'_>) -> Vec<Vec<Variant>> {
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    let header = |name: &str, line: usize, (form, value): (HeaderForm, Vec<u8>)| {
        let change = Change::Header {
            name: name.to_owned(),
            signed: String::from_utf8_lossy(&value).into_owned(),
            form,
        };
        Variant::new(change, vec![Edit::new(line, value)])
    };
    let mut headers = Vec::new();
    for (name, line) in [("content-type", CONTENT_TYPE), ("content-md5", CONTENT_MD5)] {
        let values = variants::header_values(head, name);
        headers.extend(values.into_iter().map(|value| header(name, line, value)));
    }
    // All of them must be signed: one more is a header added after signing.
    let amazon = lines.iter().enumerate().skip(AMAZON_HEADERS);
    for (line, content) in amazon.filter(|(_, content)| content.starts_with(b"x-amz-")) {
        let name = content.split(|byte| *byte == b':').next().unwrap_or_default();
        let change = Change::Header {
            name: String::from_utf8_lossy(name).into_owned(),
            signed: String::new(),
            form: HeaderForm::Added,
        };
        headers.push(Variant::new(change, vec![Edit { line, to: None }]));
    }
    let mut paths = Vec::new();
    // A value of response-* may have a line's end in it: then the resource is not the last line.
    let amazon = lines
        .iter()
        .skip(AMAZON_HEADERS)
        .take_while(|line| line.starts_with(b"x-amz-"))
        .count();
    let at = AMAZON_HEADERS + amazon;
    let resource = lines.get(at).filter(|_| lines.len() == at + 1);
    if let Some(resource) = resource {
        let mut before = b"/".to_vec();
        before.extend_from_slice(head.bucket_in_host.unwrap_or_default().as_bytes());
        let before = if head.bucket_in_host.is_some() {
            before
        } else {
            Vec::new()
        };
        let sub_resources = resource
            .get(before.len() + head.path.len().max(1)..)
            .unwrap_or_default();
        for (form, path) in variants::paths(head, context) {
            let mut to = before.clone();
            to.extend_from_slice(path.as_bytes());
            to.extend_from_slice(sub_resources);
            paths.push(Variant::new(Change::Path(form), vec![Edit::new(at, to)]));
        }
        if head.bucket_in_host.is_some() {
            let form = super::PathForm::WithoutBucket;
            let to = resource.get(before.len()..).unwrap_or_default();
            paths.insert(0, Variant::new(Change::Path(form), vec![Edit::new(at, to)]));
        }
    }
    let methods = variants::methods(head.method.as_str());
    vec![headers, paths, methods]
}
