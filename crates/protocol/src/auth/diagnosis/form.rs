//! Forms: variants of the policy's text (facts/04 §5).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cairn_types::SecretAccessKey;

use super::cause::{Change, PolicyForm};
use super::trial::{Sign, Trial, Variant, key_of};
use super::v4::{Keys, of_scope};
use super::variants;
use super::{Cause, Claim, Computed, Context, Diagnosis, Outcome, What, of_claim, outcome};
use crate::auth::v2;
use crate::post::Signature;

/// The same as [`diagnose`](super::diagnose) of a form. A policy's expiry is the policy's to tell.
pub fn diagnose_form(
    signature: &Signature,
    secret: Option<&SecretAccessKey>,
    context: &Context<'_>,
) -> Option<Diagnosis> {
    let mut causes = Vec::new();
    let (scope, sent, policy) = match signature {
        Signature::Anonymous => return None,
        Signature::V4 {
            scope,
            signature,
            policy,
            ..
        } => (Some(scope), signature, policy),
        Signature::V2 {
            signature, policy, ..
        } => (None, signature, policy),
    };
    let mut claim = Claim {
        access_key_id: signature.access_key_id().unwrap_or_default().to_owned(),
        scope: scope.map(|scope| scope.text().to_owned()),
        session_token: signature.session_token().is_some(),
        ..Claim::default()
    };
    of_claim(&claim, secret.is_some(), context, &mut causes);
    if let (Some(scope), Signature::V4 { date, .. }) = (scope, signature) {
        let day = date.iso8601_basic();
        of_scope(scope, day.get(..8).unwrap_or_default(), context, &mut causes);
        // After `of_claim`: a form's date is not held against the clock.
        claim.date = Some(*date);
    }
    let tried = match (secret, scope) {
        (None, _) => Outcome::default(),
        (Some(secret), Some(scope)) => {
            let small = sent.to_ascii_lowercase();
            let signer = V4(Keys::new(secret, scope));
            let mut trial = Trial::new(policy.as_bytes(), small.as_bytes(), signer);
            trial.hmacs = Keys::HMACS;
            try_policies(&mut trial, policy);
            let keys = variants::keys(scope.region(), scope.date(), context);
            let mut tried = outcome(trial, &[], &keys);
            if small != *sent && tried.right == Some(true) {
                tried.right = Some(false);
                tried.found = Some(Variant::new(Change::Capitals, Vec::new()));
            }
            tried
        }
        (Some(secret), None) => {
            let mut trial = Trial::new(policy.as_bytes(), sent.as_bytes(), V2(secret.expose()));
            try_policies(&mut trial, policy);
            let keys = variants::keys("", "", context);
            outcome(trial, &[], &keys)
        }
    };
    match tried.found {
        Some(found) => causes.insert(0, Cause::proven(What::Changed(found.changes))),
        None if tried.right == Some(false) => causes.push(Cause::likely(What::SecretOrElse)),
        None => {}
    }
    Some(Diagnosis {
        claim,
        computed: Computed::Policy(policy.clone()),
        right: tried.right,
        signed: Vec::new(),
        causes,
        hmacs: tried.hmacs,
    })
}

fn try_policies<S: Sign>(trial: &mut Trial<'_, S>, policy: &str) {
    let without_space: String = policy.chars().filter(|c| !c.is_whitespace()).collect();
    let json = STANDARD.decode(&without_space).unwrap_or_default();
    let line_ends = match policy.contains("\r\n") {
        true => policy.replace("\r\n", "\n"),
        false => policy.replace('\n', "\r\n"),
    };
    let forms = [
        (PolicyForm::Json, json),
        (PolicyForm::WithoutSpace, without_space.into_bytes()),
        (PolicyForm::LineEnd, format!("{policy}\n").into_bytes()),
        (PolicyForm::LineEnds, line_ends.into_bytes()),
        (PolicyForm::PlusForSpace, policy.replace(' ', "+").into_bytes()),
    ];
    for (form, text) in forms {
        if text != policy.as_bytes() {
            let variant = Variant::new(Change::Policy(form), Vec::new());
            trial.attempt_text(&text, &variant);
        }
    }
}

struct V4<'a>(Keys<'a>);

impl Sign for V4<'_> {
    const HMACS: (usize, usize) = (1, 1 + Keys::HMACS);

    fn sign(&self, text: &[u8], changes: &[Change]) -> Option<Vec<u8>> {
        Some(self.0.sign(text, key_of(changes)))
    }
}

struct V2<'a>(&'a str);

impl Sign for V2<'_> {
    const HMACS: (usize, usize) = (1, 1);

    fn sign(&self, text: &[u8], changes: &[Change]) -> Option<Vec<u8>> {
        let signed = match key_of(changes) {
            None => v2::signature(self.0, text),
            Some(form) => v2::signature(&variants::secret_in(form, self.0), text),
        };
        Some(signed.into_bytes())
    }
}
