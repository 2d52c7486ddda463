//! What the journal keeps of a refused signature: the claim, the text that the server computed with what the
//! client signed instead, and the causes.
//!
//! It is larger than one fact may be and goes into several, in order. Texts have limits; what is longer is cut
//! and says so. Neither the signature is kept, which with the text it is right for would be a permission, nor any
//! secret of the text: values of tokens, cookies, customer keys and the like are replaced, as in the journal's
//! targets.

use cairn_journal::{FACT_BYTES_MAX, Fact};
use cairn_protocol::auth::diagnosis::{Cause, Computed, Diagnosis};
use cairn_types::Timestamp;
use serde::{Deserialize, Serialize};

use super::kept::{self, LineKind, cut, without_secrets};
use crate::trace::fact;

/// Most facts of the journal that one refused signature takes.
const SIGNATURE_FACTS_MAX: usize = 8;
/// Most bytes of it together.
const BYTES_MAX: usize = SIGNATURE_FACTS_MAX * FACT_BYTES_MAX;
/// Longest access key id kept, in bytes.
const ID_BYTES_MAX: usize = 128;
/// Longest scope kept, in bytes.
const SCOPE_BYTES_MAX: usize = 160;
/// Longest list of signed headers kept, in bytes.
const SIGNED_HEADERS_BYTES_MAX: usize = 512;
/// Longest line of a signed text kept, in bytes.
const LINE_BYTES_MAX: usize = 640;
/// Most bytes kept of all lines of a signed text together, with those that the client signed otherwise.
const LINES_BYTES_MAX: usize = 2816;
/// Most causes kept.
const CAUSES_MAX: usize = 8;
/// Longest string to sign kept, in bytes: SigV4's has about 140.
const STRING_TO_SIGN_BYTES_MAX: usize = 320;

/// A line of a signed text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactLine {
    /// Which, counted from 0: lines beyond the limit are left out.
    pub at: u16,
    /// As the server computed it.
    pub computed: String,
    /// As the client signed it, where that is known and another: `Some(None)` where it signed no such line.
    pub signed: Option<Option<String>>,
}

/// A signature that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureFact {
    /// The access key id, as sent.
    pub access_key_id: String,
    /// `YYYYMMDD/REGION/SERVICE/aws4_request`, as sent; SigV2 has none.
    pub scope: Option<String>,
    /// The names of the signed headers, as sent.
    pub signed_headers: Option<String>,
    /// When it says it was signed.
    pub date: Option<Timestamp>,
    /// Until when a presigned request is good.
    pub expires: Option<Timestamp>,
    /// Whether there is a session token.
    pub session_token: bool,
    /// Whether the signature is the key's over the request as it came; `None` where the key is not known.
    pub right: Option<bool>,
    /// What the lines are.
    pub text: TextKind,
    /// The text that the server computed, and what the client signed instead; empty where the signature is right,
    /// and for a policy that is not JSON.
    pub lines: Vec<FactLine>,
    /// SigV4's string to sign, as the server computed it; not where the signature is right.
    pub string_to_sign: Option<String>,
    /// The one that the client signed instead, where that is known.
    pub signed_string: Option<String>,
    /// Why it was refused.
    pub causes: Vec<Cause>,
    /// Whether something was longer than is kept.
    pub cut: bool,
}

/// What was computed. Variants are only ever appended: the journal holds their positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextKind {
    /// SigV4's canonical request.
    CanonicalRequest,
    /// SigV2's string to sign.
    StringToSign,
    /// A form's policy, as the JSON it is the base64 text of.
    Policy,
}

impl SignatureFact {
    /// Of what was found out.
    pub(crate) fn new(found: &Diagnosis) -> Self {
        let claim = &found.claim;
        let right = found.right == Some(true);
        let mut shortened = false;
        let mut keep = |text: &str, bytes_max: usize| {
            shortened |= text.len() > bytes_max;
            cut(text, bytes_max)
        };
        let scope = claim.scope.as_deref().map(|text| keep(text, SCOPE_BYTES_MAX));
        let signed_headers = claim.signed_headers.as_deref();
        let signed_headers = signed_headers.map(|text| keep(text, SIGNED_HEADERS_BYTES_MAX));
        let (string_to_sign, signed_string) = match &found.computed {
            Computed::CanonicalRequest {
                string_to_sign,
                signed_string,
                ..
            } if !right => (Some(string_to_sign), signed_string.as_ref()),
            _ => (None, None),
        };
        let string_to_sign = string_to_sign.map(|text| keep(text, STRING_TO_SIGN_BYTES_MAX));
        let signed_string = signed_string.map(|text| keep(text, STRING_TO_SIGN_BYTES_MAX));
        let mut lines_cut = false;
        let (text, lines) = match &found.computed {
            Computed::CanonicalRequest { text, .. } => (
                TextKind::CanonicalRequest,
                lines(found, text, canonical_request_line, &mut lines_cut),
            ),
            Computed::StringToSign(text) => (
                TextKind::StringToSign,
                lines(found, text, string_to_sign_line, &mut lines_cut),
            ),
            Computed::Policy(base64) => (TextKind::Policy, policy_line(base64, &mut lines_cut)),
        };
        Self {
            access_key_id: kept::access_key_id(&claim.access_key_id, found.right.is_some(), ID_BYTES_MAX),
            scope,
            signed_headers,
            date: claim.date,
            expires: claim.expires,
            session_token: claim.session_token,
            right: found.right,
            text,
            lines: if right { Vec::new() } else { lines },
            string_to_sign,
            signed_string,
            causes: found.causes.iter().take(CAUSES_MAX).map(kept::cause).collect(),
            cut: shortened || (lines_cut && !right),
        }
    }

    /// As the journal has it: facts to be kept in this order.
    pub(crate) fn encode(&self) -> Vec<Fact> {
        match postcard::to_stdvec(self) {
            Ok(bytes) if bytes.len() <= BYTES_MAX => bytes
                .chunks(FACT_BYTES_MAX)
                .map(|part| Fact {
                    kind: fact::SIGNATURE,
                    bytes: part.to_vec(),
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Reads what is among the facts of an entry; `None` where there is none.
    pub fn decode(facts: &[Fact]) -> Option<Self> {
        let parts = facts.iter().filter(|noted| noted.kind == fact::SIGNATURE);
        let bytes: Vec<u8> = parts.flat_map(|noted| noted.bytes.iter().copied()).collect();
        postcard::from_bytes(&bytes).ok()
    }
}

/// What the line of a canonical request is: method, path, query, headers, their names, the payload.
fn canonical_request_line(at: usize, _: &str) -> LineKind {
    match at {
        0 => LineKind::Plain,
        1 => LineKind::Target,
        2 => LineKind::Query,
        // The last three have no colon.
        _ => LineKind::Header,
    }
}

/// What the line of SigV2's string to sign is: method, MD5, type, date, headers, the resource.
fn string_to_sign_line(at: usize, line: &str) -> LineKind {
    match at {
        0..4 => LineKind::Plain,
        _ if line.starts_with('/') => LineKind::Target,
        _ => LineKind::Header,
    }
}

/// A policy as one line of JSON, if it is that.
fn policy_line(base64: &str, shortened: &mut bool) -> Vec<FactLine> {
    let policy = kept::policy(base64).map(|policy| {
        *shortened |= policy.len() > LINES_BYTES_MAX;
        FactLine {
            at: 0,
            computed: cut(&policy, LINES_BYTES_MAX),
            signed: None,
        }
    });
    policy.into_iter().collect()
}

/// The lines to keep: those that the client signed otherwise and the first and last ones before the others.
fn lines(
    found: &Diagnosis,
    text: &[u8],
    kind: fn(usize, &str) -> LineKind,
    shortened: &mut bool,
) -> Vec<FactLine> {
    let computed = String::from_utf8_lossy(text);
    let computed: Vec<&str> = computed.split('\n').collect();
    let edit = |at: usize| found.signed.iter().find(|edit| edit.line == at);
    let mut order: Vec<usize> = (0..computed.len()).collect();
    let first_to_go = |at: &usize| at.saturating_sub(2).min(computed.len() - 1 - at) > 2;
    order.sort_by_key(|at| (edit(*at).is_none(), first_to_go(at), *at));
    let mut left = LINES_BYTES_MAX;
    let mut kept = Vec::new();
    for at in order {
        let line = computed.get(at).copied().unwrap_or_default();
        let mut keep = |line: &str| {
            let line = without_secrets(line, kind(at, line));
            *shortened |= line.len() > LINE_BYTES_MAX;
            cut(&line, LINE_BYTES_MAX)
        };
        let computed = keep(line);
        let signed = edit(at).map(|edit| edit.to.as_deref().map(|to| keep(&String::from_utf8_lossy(to))));
        // A line costs some bytes more than its text.
        let other = signed.iter().flatten().map(String::len).sum::<usize>();
        let cost = computed.len() + other + 8;
        let (Ok(at), true) = (u16::try_from(at), cost <= left) else {
            *shortened = true;
            continue;
        };
        left -= cost;
        kept.push(FactLine { at, computed, signed });
    }
    kept.sort_by_key(|line| line.at);
    kept
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use cairn_protocol::auth::diagnosis::{Certainty, Change, Claim, Edit, HeaderForm, HostFound, What};

    use super::*;

    const SECRET: &str = "FwoGZXIvYXdzEBYaDH";

    fn found(computed: Computed) -> Diagnosis {
        Diagnosis {
            claim: Claim::default(),
            computed,
            right: Some(false),
            signed: Vec::new(),
            causes: Vec::new(),
            hmacs: 0,
        }
    }

    fn canonical_request(text: &str) -> Computed {
        Computed::CanonicalRequest {
            text: text.as_bytes().to_vec(),
            string_to_sign: "AWS4-HMAC-SHA256\n…".to_owned(),
            signed_string: Some("x".repeat(10_000)),
        }
    }

    fn proven(what: What) -> Cause {
        Cause {
            certainty: Certainty::Proven,
            what,
        }
    }

    #[test]
    fn the_largest_fact_fits_in_the_journal() {
        let long = "é".repeat(10_000);
        let headers: Vec<String> = (0..200).map(|at| format!("x-amz-meta-{at}:{long}")).collect();
        let text = format!("PUT\n/{long}\n{long}\n{}\n\n{long}\n{long}", headers.join("\n"));
        let mut largest = found(canonical_request(&text));
        largest.claim = Claim {
            access_key_id: "A".repeat(1000),
            scope: Some(long.clone()),
            signed_headers: Some(long.clone()),
            date: Some(Timestamp::from_seconds(u64::from(u32::MAX))),
            expires: Some(Timestamp::from_seconds(u64::from(u32::MAX))),
            session_token: true,
        };
        largest.signed = (1..10)
            .map(|line| Edit {
                line,
                to: Some(long.clone().into_bytes()),
            })
            .collect();
        let changed = |at: u8| Change::Header {
            name: format!("{long}{at}"),
            signed: long.clone(),
            form: HeaderForm::Changed,
        };
        let names: Vec<String> = (0..1000).map(|at| format!("x-{at}")).collect();
        largest.causes = vec![proven(What::Changed(vec![changed(1), changed(2)]))];
        largest
            .causes
            .extend((0..20).map(|_| proven(What::HeadersMissing(names.clone()))));
        let fact = SignatureFact::new(&largest);
        let facts = fact.encode();
        let bytes: usize = facts.iter().map(|noted| noted.bytes.len()).sum();
        assert!(
            fact.cut && !facts.is_empty() && facts.len() <= SIGNATURE_FACTS_MAX,
            "{bytes}"
        );
        assert!(facts.iter().all(|noted| noted.bytes.len() <= FACT_BYTES_MAX));
        assert_eq!(SignatureFact::decode(&facts), Some(fact.clone()));
        // What was signed otherwise is kept before the rest.
        assert!(fact.lines.iter().filter(|line| line.signed.is_some()).count() > 1);
        assert_eq!(SignatureFact::decode(&facts[1..]), None);
        assert_eq!(SignatureFact::decode(&[]), None);
    }

    #[test]
    fn what_fits_is_whole() {
        let text = "PUT\n/photos/a\nacl=\nhost:a\nx-amz-date:1\n\nhost;x-amz-date\nUNSIGNED-PAYLOAD";
        let mut small = found(Computed::CanonicalRequest {
            text: text.as_bytes().to_vec(),
            string_to_sign: "AWS4-HMAC-SHA256\n…".to_owned(),
            signed_string: None,
        });
        small.signed = vec![
            Edit {
                line: 3,
                to: Some(b"host:b".to_vec()),
            },
            Edit { line: 4, to: None },
        ];
        let signed = "b".to_owned();
        let found_in = HostFound::EndpointName;
        small.causes = vec![proven(What::Changed(vec![Change::Host {
            signed,
            found: found_in,
        }]))];
        let fact = SignatureFact::new(&small);
        assert!(!fact.cut);
        let lines: Vec<&str> = fact.lines.iter().map(|line| line.computed.as_str()).collect();
        assert_eq!(lines.join("\n"), text);
        assert_eq!(fact.lines[3].signed, Some(Some("host:b".to_owned())));
        assert_eq!(fact.lines[4].signed, Some(None));
        assert_eq!(fact.causes, small.causes);
        assert_eq!(fact.encode().len(), 1);
    }

    #[test]
    fn no_secret_is_kept() {
        let text = format!(
            "GET\n/photos/a\nX-Amz-Security-Token={SECRET}&x=1\ncookie:{SECRET}\nx-amz-security-token:{SECRET}\n\
             x-amz-server-side-encryption-customer-key:{SECRET}\n\ncookie\n-"
        );
        let mut of_request = found(canonical_request(&text));
        let edit = |line: usize, to: String| Edit {
            line,
            to: Some(to.into_bytes()),
        };
        of_request.signed = vec![
            edit(2, format!("X-Amz-Security-Token={SECRET}")),
            edit(4, format!("x-amz-security-token:{SECRET}")),
        ];
        of_request.causes = vec![proven(What::Changed(vec![Change::Header {
            name: "x-amz-security-token".to_owned(),
            signed: SECRET.to_owned(),
            form: HeaderForm::OneOfSeveral,
        }]))];
        let of_v2 = found(Computed::StringToSign(
            format!("GET\n\n\n\nx-amz-security-token:{SECRET}\n/photos/a?policy={SECRET}").into_bytes(),
        ));
        let policy = format!(
            "{{\"expiration\":\"2030-01-01T00:00:00Z\",\"conditions\":[{{\"x-amz-security-token\":\"{SECRET}\"}},\
             [\"eq\",\"$x-amz-security-token\",\"{SECRET}\"],[\"starts-with\",\"$key\",\"a/\"]]}}"
        );
        let of_form = found(Computed::Policy(STANDARD.encode(&policy)));
        let not_json = found(Computed::Policy(STANDARD.encode(format!("{{{SECRET}"))));
        let mut in_the_place_of_the_id = found(Computed::Policy(String::new()));
        in_the_place_of_the_id.right = None;
        in_the_place_of_the_id.claim.access_key_id = format!("{SECRET}{SECRET}12345");
        for found in [&of_request, &of_v2, &of_form, &not_json, &in_the_place_of_the_id] {
            let fact = SignatureFact::new(found);
            let shown = format!("{fact:?}");
            assert!(!shown.contains(SECRET), "{shown}");
            assert!(!shown.contains(&STANDARD.encode(SECRET)[..16]), "{shown}");
        }
        let kept = SignatureFact::new(&of_form);
        assert!(
            kept.lines[0]
                .computed
                .contains("[\"starts-with\",\"$key\",\"a/\"]"),
            "{kept:?}"
        );
        let kept = SignatureFact::new(&of_request);
        assert_eq!(kept.lines[2].computed, "X-Amz-Security-Token=***&x=1");
    }
}
