//! What CORS says of a request, not yet made or in the journal.
//!
//! `cairn_cors::explain` explains; here it is given what it needs: the bucket's configuration as it is now, and
//! what the routing decision says of the request's host, because a browser follows no redirect of a preflight.
//! The journal has what was asked and decided ([`CorsFact`]); the configuration of then it has not.

use std::fmt::Write as _;

use cairn_api::{CorsFact, cors_configuration, fact};
use cairn_cors::explanation::{Explanation, Page, Redirect, explain};
use cairn_cors::{BucketCors, CorsConfiguration, Request, Resource};
use cairn_journal::Entry;
use cairn_region::explanation as routing;
use cairn_types::{BucketName, RegionName};
use serde_json::{Value, json};

use super::explainer::{Explainer, Route, TEXT_BYTES_MAX};
use crate::failure::{Code, Failure};

/// Most response headers that a page is said to read.
pub(super) const READS_MAX: usize = 64;

/// A request not yet made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cors {
    pub(crate) bucket: String,
    pub(crate) origin: String,
    /// The method that the page wants to use.
    pub(crate) method: String,
    /// The headers that it wants to send, separated by commas.
    pub(crate) headers: Option<String>,
    /// From the slash after the bucket on.
    pub(crate) path: String,
    pub(crate) credentials: bool,
    /// The response headers that it reads, separated by commas.
    pub(crate) reads: Option<String>,
}

impl Cors {
    /// What can be said against it before anybody is asked; the bucket otherwise.
    pub(super) fn check(&self) -> Result<BucketName, String> {
        if !self.path.starts_with('/') {
            return Err("the path begins with a slash, which is the one after the bucket".to_owned());
        }
        let lists = [self.headers.as_ref(), self.reads.as_ref()];
        let texts = [&self.bucket, &self.origin, &self.method, &self.path];
        let texts = texts.into_iter().chain(lists.into_iter().flatten());
        // Together: they share one query.
        if texts.map(String::len).sum::<usize>() > TEXT_BYTES_MAX {
            return Err(format!(
                "the texts of a request have no more than {TEXT_BYTES_MAX} bytes here"
            ));
        }
        if self.reads().len() > READS_MAX {
            return Err(format!("a page reads {READS_MAX} headers at most here"));
        }
        BucketName::parse(&self.bucket).map_err(|error| format!("the bucket {:?}: {error}", self.bucket))
    }

    fn reads(&self) -> Vec<&str> {
        let names = self.reads.iter().flat_map(|names| names.split(','));
        names.map(str::trim).filter(|name| !name.is_empty()).collect()
    }
}

/// A bucket's configuration as it is now.
struct Configured {
    home: RegionName,
    cors: Option<CorsConfiguration>,
}

/// What was found out of a request not yet made.
pub(crate) struct Explained {
    bucket: BucketName,
    home: Option<RegionName>,
    explanation: Explanation,
}

impl Explained {
    /// As text or as JSON, with a line's end.
    pub(super) fn render(&self, json: bool) -> String {
        let home = self.home.as_ref().map(RegionName::as_str);
        if !json {
            let place = home.map_or("there is none of that name".to_owned(), |home| {
                format!("in {home}")
            });
            return format!("Bucket      {}, {place}\n{}", self.bucket, self.explanation);
        }
        let mut value = serde_json::to_value(&self.explanation).unwrap_or_default();
        value["bucket"] = json!(self.bucket.as_str());
        value["home"] = json!(home);
        let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// What was found out of a request in the journal.
pub(super) struct RecordedCors {
    fact: CorsFact,
    names_bucket: bool,
    /// By the configuration of now; or why that cannot be told.
    now: Result<Explanation, String>,
}

impl Explainer {
    /// What CORS says of the request now.
    pub(crate) async fn cors(&self, asked: &Cors) -> Result<Explained, Failure> {
        let bucket = asked.check().map_err(Failure::usage)?;
        let known = self.configured(&bucket).await?;
        let request = Request {
            method: "OPTIONS",
            resource: resource(asked.path != "/"),
            origin: Some(asked.origin.as_str().into()),
            requested_method: Some(asked.method.as_str().into()),
            requested_headers: asked.headers.as_deref().map(Into::into),
        };
        // The name that works without knowing the region, and that presigned URLs commonly have.
        let host = format!("{bucket}.s3.{}", self.regions.domain());
        let to = match &known {
            Some(_) => self.global_name_leads_to(&host).await?,
            None => None,
        };
        let reads = asked.reads();
        let page = Page {
            reads: &reads,
            credentials: asked.credentials,
            redirected: to.as_deref().map(|to| Redirect { host: &host, to }),
            ..Page::default()
        };
        let explanation = explain(bucket_cors(known.as_ref()), &request, &page);
        Ok(Explained {
            bucket,
            home: known.map(|known| known.home),
            explanation,
        })
    }

    /// What CORS had to do with a request of the journal; None where nothing.
    pub(super) async fn recorded_cors(
        &self,
        entry: &Entry<'_>,
        routed: &routing::Explanation,
    ) -> Option<RecordedCors> {
        let noted = entry.facts.iter().find(|noted| noted.kind == fact::CORS)?;
        let fact = CorsFact::decode(&noted.bytes)?;
        let now = match &entry.bucket {
            Some(bucket) => self
                .configured(bucket)
                .await
                .map_err(|failure| failure.to_string()),
            None => Ok(None),
        };
        let now = now.map(|known| {
            let request = Request {
                method: &entry.method,
                resource: resource(routed.address.as_ref().is_some_and(|read| read.key.is_some())),
                origin: fact.origin.as_deref().map(Into::into),
                requested_method: fact.requested_method.as_deref().map(Into::into),
                requested_headers: fact.requested_headers.as_deref().map(Into::into),
            };
            let to = target(routed).filter(|_| !fact.was_asked());
            let page = Page {
                redirected: to.as_deref().map(|to| Redirect {
                    host: &entry.host,
                    to,
                }),
                proxied: fact.proxied,
                ..Page::default()
            };
            explain(bucket_cors(known.as_ref()), &request, &page)
        });
        Some(RecordedCors {
            fact,
            names_bucket: entry.bucket.is_some(),
            now,
        })
    }

    async fn configured(&self, name: &BucketName) -> Result<Option<Configured>, Failure> {
        let objects = self.objects.as_ref().map_err(Failure::data)?;
        let bucket = match objects.bucket(name).await {
            Ok(bucket) => bucket,
            Err(cairn_objects::Error::NoSuchBucket(_)) => return Ok(None),
            Err(error) => return Err(Failure::data(error)),
        };
        let cors = cors_configuration(&bucket)
            .map_err(|_| Failure::new(Code::Data, "the stored CORS configuration cannot be read"))?;
        Ok(Some(Configured {
            home: bucket.region.clone(),
            cors,
        }))
    }

    /// Where a preflight to the bucket's global name is redirected, if it is.
    async fn global_name_leads_to(&self, host: &str) -> Result<Option<String>, Failure> {
        let route = Route {
            method: "OPTIONS".to_owned(),
            host: host.to_owned(),
            target: "/".to_owned(),
            ..Route::default()
        };
        Ok(target(&self.route(&route).await?))
    }
}

fn resource(has_key: bool) -> Resource {
    if has_key {
        Resource::Object
    } else {
        Resource::Bucket
    }
}

fn bucket_cors(known: Option<&Configured>) -> BucketCors<'_> {
    known.map_or(BucketCors::NoBucket, |known| known.cors.as_ref().into())
}

/// Where the routing sends a request: a redirect's `Location`, or else the host that leads to the bucket.
fn target(routed: &routing::Explanation) -> Option<String> {
    let routing::Seen::Refused(refused) = &routed.seen else {
        return None;
    };
    routed.home.as_ref()?;
    let location = refused.headers.iter().find(|(name, _)| *name == "location");
    let way = || routed.ways.first().map(|way| way.host.clone());
    location.map(|(_, url)| url.clone()).or_else(way)
}

impl RecordedCors {
    /// Why a preflight was refused then, for the list of reasons; None where CORS refused nothing.
    pub(super) fn refusal(&self, entry: &Entry<'_>) -> Option<String> {
        let refused = entry.method.as_ref() == "OPTIONS" && self.fact.rule.is_none();
        let text = self.fact.text().filter(|_| refused)?;
        Some(format!("CORS refuses the preflight: {text}"))
    }

    /// What was decided then, in a sentence.
    fn then(&self) -> String {
        match (self.fact.rule, self.fact.text()) {
            (Some(rule), _) => format!("then: allowed by rule {rule}"),
            (None, Some(because)) => format!("then: not allowed: {because}"),
            (None, None) => {
                "then: not asked, because the request was redirected, or the configuration could not be \
                             read"
                    .to_owned()
            }
        }
    }

    /// Whether the configuration of now says something else.
    fn changed(&self) -> bool {
        let Ok(now) = &self.now else {
            return false;
        };
        let (fact, verdict) = (&self.fact, &now.verdict);
        fact.was_asked() && !fact.cut && !fact.agrees(&verdict.because, verdict.rule)
    }

    /// What to know before reading the explanation of now.
    fn notes(&self) -> Vec<String> {
        let mut notes = vec![self.then()];
        if !self.names_bucket {
            notes.push("the request names no bucket: no configuration can allow it".to_owned());
        }
        if self.fact.cut {
            notes.push(
                "a header of the request was longer than the journal keeps: what follows is of its beginning"
                    .to_owned(),
            );
        }
        match &self.now {
            Err(why) => notes.push(format!("its rules are not shown: {why}")),
            Ok(_) if self.changed() => notes.push(
                "the configuration has changed since: what follows is by the one of now, and says something else"
                    .to_owned(),
            ),
            Ok(_) => notes.push("what follows is by the configuration of now".to_owned()),
        }
        notes
    }

    /// For people: labelled lines, with their ends. What is a client's in them is the explanation's to clean.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for (at, note) in self.notes().iter().enumerate() {
            let label = if at == 0 { "CORS" } else { "" };
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{label:<12}{note}");
        }
        let now = self.now.as_ref().map(ToString::to_string);
        text + &now.unwrap_or_default()
    }

    pub(super) fn json(&self) -> Value {
        let fact = &self.fact;
        json!({
            "then": {
                "asked": fact.was_asked(),
                "rule": fact.rule,
                "because": fact.because(),
                "text": self.then(),
                "origin": fact.origin,
                "requested_method": fact.requested_method,
                "requested_headers": fact.requested_headers,
                "cut": fact.cut,
                "proxied": fact.proxied,
            },
            "changed": self.changed(),
            "now": self.now.as_ref().ok(),
            "now_unknown": self.now.as_ref().err(),
        })
    }
}
