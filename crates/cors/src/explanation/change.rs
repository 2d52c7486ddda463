//! The smallest change of a configuration that allows a request.
//!
//! A rule that lacks one of origin, method and headers is extended by it: what people mean when they look
//! at a rule and ask why it does not match. Where every rule lacks two of them, extending one would allow
//! combinations that nobody asked for, so a new rule of exactly this request comes last, where it cannot
//! shadow another. Where a rule matches and the page still cannot read the answer (a header not exposed,
//! `*` with credentials), the rule that decides gets what is missing.

use cairn_protocol::documents::CORS_BYTES_MAX;
use serde::Serialize;

use super::Page;
use super::hint::not_exposed;
use crate::decision::check_origin;
use crate::xml::indented;
use crate::{
    AllowedHeader, AllowedOrigin, Answer, Because, CorsConfiguration, Decision, ExposeHeader, Method,
    RULES_MAX, Request, Rule, decide,
};

/// A changed configuration, ready to be put.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What is changed, a sentence each.
    pub steps: Vec<String>,
    /// The whole configuration as XML; indented, unless it would be larger than S3 takes.
    pub xml: String,
    /// The whole configuration as the console's JSON, indented.
    pub json: String,
    /// The configuration.
    #[serde(skip)]
    pub configuration: CorsConfiguration,
}

/// What a rule has to have.
struct Wanted {
    origin: AllowedOrigin,
    method: Method,
    headers: Vec<AllowedHeader>,
}

impl Wanted {
    /// `None` where no rule can say exactly this: an origin or a header with a `*` of its own, a method
    /// that none can have.
    fn of(request: &Request<'_>) -> Option<Self> {
        let origin = request.origin()?;
        check_origin(origin).ok()?;
        if origin.contains('*') {
            return None;
        }
        let mut headers = Vec::new();
        for name in request.requested_headers().ok()? {
            if name.contains('*') {
                return None;
            }
            let header = AllowedHeader::new(name.to_ascii_lowercase()).ok()?;
            if !headers.contains(&header) {
                headers.push(header);
            }
        }
        Some(Self {
            origin: AllowedOrigin::new(origin).ok()?,
            method: Method::parse(request.effective_method())?,
            headers,
        })
    }
}

/// What a rule lacks of it.
struct Lack {
    rule: usize,
    origin: bool,
    method: bool,
    headers: Vec<AllowedHeader>,
}

impl Lack {
    fn of(rule: usize, in_rule: &Rule, wanted: &Wanted) -> Self {
        let lacks = |header: &&AllowedHeader| in_rule.header_for(header.as_str()).is_none();
        Self {
            rule,
            origin: in_rule.origin_for(wanted.origin.as_str()).is_none(),
            method: !in_rule.allowed_methods.contains(&wanted.method),
            headers: wanted.headers.iter().filter(lacks).cloned().collect(),
        }
    }

    /// Of origin, method and headers, how many are not as they have to be.
    fn kinds(&self) -> usize {
        [self.origin, self.method, !self.headers.is_empty()]
            .into_iter()
            .filter(|lacks| *lacks)
            .count()
    }

    fn entries(&self) -> usize {
        usize::from(self.origin) + usize::from(self.method) + self.headers.len()
    }

    /// Adds it, and says so.
    fn amend(self, rule: &mut Rule, wanted: &Wanted, steps: &mut Vec<String>) {
        let number = self.rule + 1;
        if self.origin {
            let others: Vec<_> = rule
                .allowed_methods
                .iter()
                .map(|method| method.as_str())
                .collect();
            steps.push(format!(
                "add AllowedOrigin {} to rule {number}, which allows {}",
                wanted.origin,
                others.join(", ")
            ));
            rule.allowed_origins.push(wanted.origin.clone());
        }
        if self.method {
            steps.push(format!("add AllowedMethod {} to rule {number}", wanted.method));
            rule.allowed_methods.push(wanted.method);
        }
        for header in self.headers {
            steps.push(format!("add AllowedHeader {header} to rule {number}"));
            rule.allowed_headers.push(header);
        }
    }
}

/// The change, if one is needed and there is one.
pub(super) fn change(
    configuration: Option<&CorsConfiguration>,
    request: &Request<'_>,
    page: &Page<'_>,
    decision: &Decision,
) -> Option<Change> {
    let mut rules = configuration.map(|all| all.rules().to_vec()).unwrap_or_default();
    let mut steps = Vec::new();
    match decision.because {
        Because::Rule => {}
        Because::NotConfigured | Because::NoRule => {
            allow(&mut rules, &Wanted::of(request)?, &mut steps);
        }
        _ => return None,
    }
    let allowing = CorsConfiguration::new(rules.clone()).ok()?;
    let decision = decide(&allowing, request);
    let Answer::Allow(allowed) = &decision.answer else {
        return None;
    };
    let rule = rules.get_mut(allowed.rule)?;
    serve(rule, allowed.rule + 1, request, page, &mut steps);
    if steps.is_empty() {
        return None;
    }
    let configuration = CorsConfiguration::new(rules).ok()?;
    // What is shown has to be taken: without indentation where there is no room for it, and not at all where
    // the document itself has become too large.
    let xml = configuration.to_xml();
    let xml = [indented(&xml), xml]
        .into_iter()
        .find(|xml| xml.len() <= CORS_BYTES_MAX)?;
    Some(Change {
        steps,
        xml,
        json: configuration.to_json(),
        configuration,
    })
}

/// Makes some rule allow it. None does before.
fn allow(rules: &mut Vec<Rule>, wanted: &Wanted, steps: &mut Vec<String>) {
    let full = rules.len() >= RULES_MAX;
    let lacks = rules
        .iter()
        .enumerate()
        .map(|(index, rule)| Lack::of(index, rule, wanted));
    let nearest = lacks
        .filter(|lack| full || lack.kinds() == 1)
        .min_by_key(|lack| (lack.kinds(), lack.entries()));
    if let Some(lack) = nearest
        && let Some(rule) = rules.get_mut(lack.rule)
    {
        lack.amend(rule, wanted, steps);
        return;
    }
    let headers: Vec<_> = wanted.headers.iter().map(AllowedHeader::as_str).collect();
    let headers = match headers.as_slice() {
        [] => String::new(),
        names => format!(" and AllowedHeader {}", names.join(", ")),
    };
    steps.push(format!(
        "add rule {} with AllowedOrigin {}, AllowedMethod {}{headers}",
        rules.len() + 1,
        wanted.origin,
        wanted.method,
    ));
    rules.push(Rule {
        allowed_origins: vec![wanted.origin.clone()],
        allowed_methods: vec![wanted.method],
        allowed_headers: wanted.headers.clone(),
        ..Rule::default()
    });
}

/// Gives the rule that decides what the page needs to read the answer.
fn serve(rule: &mut Rule, number: usize, request: &Request<'_>, page: &Page<'_>, steps: &mut Vec<String>) {
    let origin = request.origin().unwrap_or_default();
    let by_any = rule.origin_for(origin).is_some_and(AllowedOrigin::is_any);
    if page.credentials
        && by_any
        && !origin.contains('*')
        && let Ok(named) = AllowedOrigin::new(origin)
    {
        // In front of `*`: the first origin that matches decides what is answered.
        steps.push(format!(
            "put AllowedOrigin {named} before * in rule {number}: with credentials a browser does not take *"
        ));
        rule.allowed_origins.insert(0, named);
    }
    for name in not_exposed(rule, page) {
        if let Ok(header) = ExposeHeader::new(name) {
            steps.push(format!("add ExposeHeader {header} to rule {number}"));
            rule.expose_headers.push(header);
        }
    }
}
