//! What the journal keeps of a decision over a request: of a denial the whole question and the step that decided,
//! so that it can be asked again; of an Allow the statement.
//!
//! It may be larger than one fact and goes into several, in order. Texts have limits; what is longer is cut and says
//! so. A context has no secrets but those that a client writes into a URL or a header of its own: they are replaced,
//! as in the journal's targets.

use cairn_access::Because;
use cairn_identity::{Session, SessionPolicy};
use cairn_journal::{FACT_BYTES_MAX, Fact, REPLACED, is_secret, redacted};
use cairn_policy::{By, Context, Principal, Values};
use cairn_types::AccountId;
use serde::{Deserialize, Serialize};

use crate::signature::cut;
use crate::trace::fact;

/// Most facts of the journal that one decision takes.
const ACCESS_FACTS_MAX: usize = 8;
/// Most bytes of it together.
const BYTES_MAX: usize = ACCESS_FACTS_MAX * FACT_BYTES_MAX;
/// Longest action kept, in bytes.
const ACTION_BYTES_MAX: usize = 96;
/// Longest ARN of a resource kept, in bytes: a bucket and a key of 1024 bytes fit.
const RESOURCE_BYTES_MAX: usize = 1152;
/// Longest name of a deciding policy kept, in bytes: an ARN with a path of 512 bytes and an inline policy's name fit.
const SOURCE_BYTES_MAX: usize = 832;
/// Longest `Sid` kept, in bytes.
const SID_BYTES_MAX: usize = 128;
/// Most condition keys kept.
const KEYS_MAX: usize = 64;
/// Longest name of a condition key kept, in bytes: one of a tag has 128 characters behind its prefix.
const KEY_BYTES_MAX: usize = 160;
/// Longest value of a condition key kept, in bytes.
const VALUE_BYTES_MAX: usize = 320;
/// Most bytes kept of all keys and values together.
const CONTEXT_BYTES_MAX: usize = 2304;
/// Most bytes kept of a session's policies: as many as a session's token has.
const SESSION_POLICIES_BYTES_MAX: usize = cairn_identity::SESSION_PACKED_BYTES_MAX;

/// A decision over a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessFact {
    /// Whether it allowed.
    pub allowed: bool,
    /// `s3:GetObject`.
    pub action: String,
    /// The ARN of the resource.
    pub resource: String,
    /// The step that decided.
    pub because: Because<'static>,
    /// Whether the object is not there: then who may not list the bucket is not told so.
    pub missing: bool,
    /// The rest of the question, of a denial.
    pub question: Option<FactQuestion>,
    /// How many questions the request asked. Set when the journal gets it.
    pub asked: u32,
    /// How many of them were denied.
    pub denied: u32,
}

/// What else was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactQuestion {
    /// Who asked.
    pub principal: Principal,
    /// The account of the resource, where it was given with the question.
    pub resource_account: Option<AccountId>,
    /// The condition keys.
    pub context: Context<'static>,
    /// The policies that bound the caller's session; `None` where it has none, or is no session.
    pub session_policies: Option<Vec<SessionPolicy>>,
    /// Whether something was longer than is kept.
    pub cut: bool,
}

/// What a fact is made of.
pub(crate) struct Noted<'a> {
    pub(crate) principal: &'a Principal,
    pub(crate) session: Option<&'a Session>,
    pub(crate) action: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) resource_account: Option<&'a AccountId>,
    pub(crate) context: &'a Context<'a>,
    pub(crate) allowed: bool,
    pub(crate) because: Because<'a>,
    pub(crate) missing: bool,
}

impl AccessFact {
    /// Of what was decided.
    pub(crate) fn new(noted: Noted<'_>) -> Self {
        let question = (!noted.allowed).then(|| {
            let mut was_cut = noted.resource.len() > RESOURCE_BYTES_MAX;
            FactQuestion {
                principal: noted.principal.clone(),
                resource_account: noted.resource_account.cloned(),
                context: bounded_context(noted.context, &mut was_cut),
                session_policies: session_policies(noted.session, &mut was_cut),
                cut: was_cut,
            }
        });
        Self {
            allowed: noted.allowed,
            action: cut(noted.action, ACTION_BYTES_MAX),
            resource: cut(noted.resource, RESOURCE_BYTES_MAX),
            because: bounded(noted.because.into_owned()),
            missing: noted.missing,
            question,
            asked: 1,
            denied: u32::from(!noted.allowed),
        }
    }

    /// As the journal has it: facts to be kept in this order.
    pub(crate) fn encode(&self) -> Vec<Fact> {
        match postcard::to_stdvec(self) {
            Ok(bytes) if bytes.len() <= BYTES_MAX => bytes
                .chunks(FACT_BYTES_MAX)
                .map(|part| Fact {
                    kind: fact::ACCESS,
                    bytes: part.to_vec(),
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Reads what is among the facts of an entry; `None` where there is none.
    pub fn decode(facts: &[Fact]) -> Option<Self> {
        let parts = facts.iter().filter(|noted| noted.kind == fact::ACCESS);
        let bytes: Vec<u8> = parts.flat_map(|noted| noted.bytes.iter().copied()).collect();
        postcard::from_bytes(&bytes).ok()
    }

    /// What was decided, in a sentence.
    pub fn text(&self) -> String {
        self.because.text(&self.action)
    }

    /// Whether another decision is the same: by the same statement, where a statement decided.
    pub fn agrees(&self, allowed: bool, because: &Because<'static>) -> bool {
        self.allowed == allowed && self.because == bounded(because.clone())
    }
}

/// The step with its texts within their limits.
fn bounded(mut because: Because<'static>) -> Because<'static> {
    let shorten = |by: &mut By<'static>| {
        if by.source.len() > SOURCE_BYTES_MAX {
            by.source = cut(&by.source, SOURCE_BYTES_MAX).into();
        }
        if let Some(sid) = by.sid.as_mut().filter(|sid| sid.len() > SID_BYTES_MAX) {
            *sid = cut(sid, SID_BYTES_MAX).into();
        }
    };
    if let Because::Policies(because) = &mut because {
        because.statements_mut().for_each(shorten);
    }
    because
}

/// Keys that come with every request go first where there is no room for all: those that a client or an
/// administrator makes as many of as they like are cut before them.
fn bounded_context(context: &Context<'_>, was_cut: &mut bool) -> Context<'static> {
    let mut left = CONTEXT_BYTES_MAX;
    let mut kept = Context::new();
    let is_many = |name: &str| name.contains('/');
    let few = context.iter().filter(|(name, _)| !is_many(name));
    let many = context.iter().filter(|(name, _)| is_many(name));
    for (at, (name, values)) in few.chain(many).enumerate() {
        let values = bounded_values(name, values, was_cut);
        let bytes: usize = values.as_slice().iter().map(|value| value.len() + 4).sum();
        // A key without its name would be another: it is kept whole or not at all.
        let fits = at < KEYS_MAX && name.len() <= KEY_BYTES_MAX && name.len() + bytes + 8 <= left;
        if !fits {
            *was_cut = true;
            continue;
        }
        left -= name.len() + bytes + 8;
        match values {
            Values::One(value) => kept.set(name.to_owned(), value),
            Values::Many(values) => kept.set_many(name.to_owned(), values),
        }
    }
    kept
}

fn bounded_values(name: &str, values: &Values<'_>, was_cut: &mut bool) -> Values<'static> {
    let mut keep = |value: &str| -> std::borrow::Cow<'static, str> {
        let value = without_secrets(name, value);
        *was_cut |= value.len() > VALUE_BYTES_MAX;
        cut(&value, VALUE_BYTES_MAX).into()
    };
    match values {
        Values::One(value) => Values::One(keep(value)),
        Values::Many(values) => Values::Many(values.iter().map(|value| keep(value)).collect()),
    }
}

/// Keys whose names sound like secrets, and which have none.
const NOT_SECRET: &[&str] = &[
    "aws:tokenissuetime",
    "aws:multifactorauthpresent",
    "aws:multifactorauthage",
    "iam:policyarn",
    "s3:signatureversion",
    "s3:signatureage",
];

/// A value without secrets. Tags are nobody's secrets, whatever their keys say: whoever may list the resource sees
/// them. Of URLs, as in `Referer`, the query is looked through.
fn without_secrets(name: &str, value: &str) -> String {
    let plain = name.contains('/') || NOT_SECRET.iter().any(|known| known.eq_ignore_ascii_case(name));
    if !plain && !value.is_empty() && is_secret(name) {
        return REPLACED.to_owned();
    }
    redacted(value).unwrap_or_else(|| value.to_owned())
}

fn session_policies(session: Option<&Session>, was_cut: &mut bool) -> Option<Vec<SessionPolicy>> {
    let mut left = SESSION_POLICIES_BYTES_MAX;
    let policies = session?.policies.as_ref()?;
    let kept: Vec<SessionPolicy> = policies
        .iter()
        .filter(|policy| {
            let bytes = 8 + match policy {
                SessionPolicy::Inline(text) | SessionPolicy::Managed(text) => text.len(),
            };
            let fits = bytes <= left;
            left -= if fits { bytes } else { 0 };
            *was_cut |= !fits;
            fits
        })
        .cloned()
        .collect();
    Some(kept)
}

#[cfg(test)]
mod tests {
    use cairn_identity::{SessionSubject, Tags, UniqueId};
    use cairn_policy::Layer;
    use cairn_types::Timestamp;

    use super::*;

    const SECRET: &str = "FwoGZXIvYXdzEBYaDH";

    fn account() -> AccountId {
        AccountId::parse("111122223333").unwrap()
    }

    fn anna(path: &str) -> Principal {
        Principal::User {
            account: account(),
            path: path.to_owned(),
            name: "a".repeat(64),
            id: "AIDAANNAANNAANNAANNA".to_owned(),
        }
    }

    fn denied<'a>(principal: &'a Principal, context: &'a Context<'a>) -> Noted<'a> {
        Noted {
            principal,
            session: None,
            action: "s3:GetObject",
            resource: "arn:aws:s3:::photos/a.jpg",
            resource_account: None,
            context,
            allowed: false,
            because: Because::Policies(cairn_policy::Because::NoAllow(Layer::Identity)),
            missing: false,
        }
    }

    fn session(policies: Vec<SessionPolicy>) -> Session {
        Session {
            account: account(),
            subject: SessionSubject::User(UniqueId::parse("AIDAANNAANNAANNAANNA").unwrap()),
            issued: Timestamp::from_seconds(1),
            expires: Timestamp::from_seconds(2),
            mfa: None,
            policies: Some(policies),
            tags: Tags::default(),
            transitive_tag_keys: Vec::new(),
            source_identity: None,
            provider: None,
        }
    }

    #[test]
    fn the_largest_fact_fits_in_the_journal() {
        let path = format!("/{}/", "p".repeat(510));
        let principal = Principal::Federated {
            account: account(),
            name: "f".repeat(32),
            maker: Box::new(anna(&path)),
        };
        let long = "é".repeat(5_000);
        let mut context = Context::new();
        for at in 0..200 {
            context.set(format!("aws:PrincipalTag/{at}"), long.clone());
        }
        context.set("aws:UserAgent", long.clone());
        context.set_many("aws:TagKeys", vec![long.clone(); 50]);
        context.set(format!("s3:{long}"), "x");
        let session = session(vec![
            SessionPolicy::Inline("x".repeat(SESSION_POLICIES_BYTES_MAX - 8)),
            SessionPolicy::Managed("arn".to_owned()),
        ]);
        let mut noted = denied(&principal, &context);
        noted.session = Some(&session);
        noted.action = &long;
        noted.resource = &long;
        noted.because = Because::Policies(cairn_policy::Because::ExplicitDeny(By {
            layer: Layer::Identity,
            source: long.as_str().into(),
            statement: usize::MAX,
            sid: Some(long.as_str().into()),
        }));
        let mut fact = AccessFact::new(noted);
        (fact.asked, fact.denied) = (u32::MAX, u32::MAX);
        let facts = fact.encode();
        let bytes: usize = facts.iter().map(|noted| noted.bytes.len()).sum();
        assert!(!facts.is_empty() && facts.len() <= ACCESS_FACTS_MAX, "{bytes}");
        assert!(facts.iter().all(|noted| noted.bytes.len() <= FACT_BYTES_MAX));
        assert_eq!(AccessFact::decode(&facts), Some(fact.clone()));
        assert_eq!(AccessFact::decode(&facts[1..]), None);
        assert_eq!(AccessFact::decode(&[]), None);
        let question = fact.question.unwrap();
        assert!(question.cut);
        // What comes with every request is kept before tags.
        let agent = question.context.get("aws:UserAgent").unwrap().as_slice();
        assert!(agent[0].ends_with('…') && agent[0].len() <= VALUE_BYTES_MAX);
        assert_eq!(question.session_policies.unwrap().len(), 1);
    }

    #[test]
    fn what_fits_is_whole() {
        let principal = anna("/");
        let context = Context::new()
            .with("aws:SourceIp", "192.0.2.1")
            .with("aws:TokenIssueTime", "2026-01-01T00:00:00Z")
            .with("aws:MultiFactorAuthAge", "3")
            .with("aws:PrincipalTag/token", "t")
            .with("s3:signatureAge", "1");
        let fact = AccessFact::new(denied(&principal, &context));
        assert_eq!(fact.encode().len(), 1);
        assert_eq!((fact.asked, fact.denied), (1, 1));
        let question = fact.question.unwrap();
        assert!(!question.cut);
        let pairs = |context: &Context<'_>| {
            let mut pairs: Vec<String> = context.iter().map(|pair| format!("{pair:?}")).collect();
            pairs.sort();
            pairs
        };
        assert_eq!(pairs(&question.context), pairs(&context));
        assert_eq!(question.principal, principal);
    }

    #[test]
    fn an_allow_keeps_its_statement_alone() {
        let principal = anna("/");
        let context = Context::new().with("aws:SourceIp", "192.0.2.1");
        let by = By {
            layer: Layer::Identity,
            source: "arn:aws:iam::aws:policy/ReadOnlyAccess".into(),
            statement: 0,
            sid: None,
        };
        let fact = AccessFact::new(Noted {
            allowed: true,
            because: Because::Policies(cairn_policy::Because::Allow(by)),
            ..denied(&principal, &context)
        });
        assert_eq!(fact.question, None);
        let bytes: usize = fact.encode().iter().map(|noted| noted.bytes.len()).sum();
        assert!(bytes < 128, "{bytes}");
    }

    #[test]
    fn no_secret_is_kept() {
        let principal = anna("/");
        let context = Context::new()
            .with(
                "aws:Referer",
                format!("https://x.test/?X-Amz-Signature={SECRET}&a=1"),
            )
            .with("s3:x-amz-copy-source", format!("/b/k?token={SECRET}"))
            .with("x:SessionToken", SECRET);
        let fact = AccessFact::new(denied(&principal, &context));
        assert!(!format!("{fact:?}").contains(SECRET), "{fact:?}");
        let question = fact.question.unwrap();
        let referer = question.context.get("aws:Referer").unwrap().as_slice();
        assert_eq!(referer[0], "https://x.test/?X-Amz-Signature=***&a=1");
    }

    #[test]
    fn the_same_statement_is_the_same_decision_however_long_its_name_is() {
        let principal = anna("/");
        let context = Context::new();
        let by = |statement: usize| {
            Because::Policies(cairn_policy::Because::ExplicitDeny(By {
                layer: Layer::Resource,
                source: "s".repeat(2000).into(),
                statement,
                sid: Some("t".repeat(2000).into()),
            }))
        };
        let fact = AccessFact::new(Noted {
            because: by(1),
            ..denied(&principal, &context)
        });
        assert!(fact.agrees(false, &by(1)));
        assert!(!fact.agrees(false, &by(2)));
        assert!(!fact.agrees(true, &by(1)));
    }
}
