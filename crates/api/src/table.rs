//! The table of operations, and the router that reads it.
//!
//! Each operation of Amazon's service model is one [`Row`]: made by [`Row::built`] from its
//! [`Operation`](crate::operation::Operation), or by [`Row::not_built`] until somebody writes it.
//! Router, authorizer, metric labels, access log, docs/operations.md and the coverage tests all read
//! [`OPERATIONS`](crate::operations::OPERATIONS); there is no second list of operations anywhere.
//!
//! A request is routed by method, resource and *sub-resource*: the one query name (`?acl`) that makes it
//! another operation. The set of sub-resources is what the rows name. A request that names one always
//! reaches a row of that name or is refused; it never falls through to another operation.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;
use std::sync::atomic::Ordering;

use cairn_access::is_about_object;
use cairn_protocol::S3Error;
use cairn_protocol::query::Query;
use http::HeaderMap;

use crate::access::Extra;
use crate::operation::{Call, Handling, Operation, Reply};
use crate::operations::OPERATIONS;

/// What a request is addressed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Resource {
    /// `/`: the service.
    Service,
    /// A bucket.
    Bucket,
    /// An object.
    Object,
}

impl Resource {
    /// `ResourceType` of `MethodNotAllowed` (facts/06 §1).
    fn resource_type(self) -> &'static str {
        match self {
            Self::Service => "SERVICE",
            Self::Bucket => "BUCKET",
            Self::Object => "OBJECT",
        }
    }
}

/// What else must hold for a row to match: tells rows with the same sub-resource apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// The query has this name.
    Query(&'static str),
    /// The query has this name with this value.
    QueryValue(&'static str, &'static str),
    /// The request has this header.
    Header(&'static str),
}

impl Condition {
    fn holds(self, query: &Query, headers: &HeaderMap) -> bool {
        match self {
            Self::Query(name) => query.has(name),
            Self::QueryValue(name, value) => query.get(name) == Some(value),
            Self::Header(name) => headers.contains_key(name),
        }
    }
}

/// Which requests are an operation's.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// The HTTP method.
    pub method: &'static str,
    /// What the request is addressed to.
    pub resource: Resource,
    /// The query name that selects the operation, if it takes one.
    pub subresource: Option<&'static str>,
    /// What else must hold. Where several rows match, the one with most conditions is meant.
    pub conditions: &'static [Condition],
}

impl Route {
    /// A route without sub-resource and conditions.
    pub const fn new(method: &'static str, resource: Resource) -> Self {
        Self {
            method,
            resource,
            subresource: None,
            conditions: &[],
        }
    }

    /// The route with a sub-resource.
    pub const fn subresource(self, name: &'static str) -> Self {
        Self {
            subresource: Some(name),
            ..self
        }
    }

    /// The route with conditions.
    pub const fn when(self, conditions: &'static [Condition]) -> Self {
        Self { conditions, ..self }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = match self.resource {
            Resource::Service => "/",
            Resource::Bucket => "/{Bucket}",
            Resource::Object => "/{Bucket}/{Key+}",
        };
        write!(f, "{} {path}", self.method)?;
        let mut separator = '?';
        if let Some(name) = self.subresource {
            write!(f, "{separator}{name}")?;
            separator = '&';
        }
        for condition in self.conditions {
            match condition {
                Condition::Query(name) => write!(f, "{separator}{name}={{…}}")?,
                Condition::QueryValue(name, value) => write!(f, "{separator}{name}={value}")?,
                Condition::Header(name) => write!(f, " with {name}")?,
            }
            if !matches!(condition, Condition::Header(_)) {
                separator = '&';
            }
        }
        Ok(())
    }
}

/// An IAM action, and the one that replaces it where the request names a version.
#[derive(Debug, Clone, Copy)]
pub struct Action {
    /// `s3:GetObject`.
    pub current: &'static str,
    /// `s3:GetObjectVersion`, where the model has such an action.
    pub version: Option<&'static str>,
}

impl Action {
    /// An action that is the same for every version.
    pub const fn new(action: &'static str) -> Self {
        Self {
            current: action,
            version: None,
        }
    }

    /// An action with a variant for requests that name a version.
    pub const fn versioned(current: &'static str, version: &'static str) -> Self {
        Self {
            current,
            version: Some(version),
        }
    }

    /// The action of a request with this query.
    pub fn of(&self, query: &Query) -> &'static str {
        match self.version {
            Some(version) if query.has("versionId") => version,
            _ => self.current,
        }
    }
}

/// One operation.
#[derive(Clone, Copy)]
pub struct Row {
    /// Amazon's name of it.
    pub name: &'static str,
    /// Which requests are its.
    pub route: Route,
    /// What a policy must allow.
    pub action: Action,
    /// What else, and when.
    pub extra: &'static [Extra],
    /// How to run it; `None` until it is built.
    pub(crate) handling: Option<Handling>,
    /// Whether it is a CORS preflight, which the pipeline answers itself.
    preflight: bool,
}

impl Row {
    /// The row of an operation.
    pub(crate) const fn built<O: Operation>() -> Self {
        Self {
            name: O::NAME,
            route: O::ROUTE,
            action: O::ACTION,
            extra: O::EXTRA,
            handling: Some(Handling {
                body: O::BODY,
                long: O::LONG,
                creates_bucket: O::CREATES_BUCKET,
                answered_everywhere: O::ANSWERED_EVERYWHERE,
                signed_inside: O::SIGNED_INSIDE,
                authorizes: O::AUTHORIZES,
                run: |call| Box::pin(run::<O>(call)),
            }),
            preflight: false,
        }
    }

    /// The row of an operation that answers 501 until it is built.
    pub(crate) const fn not_built(name: &'static str, route: Route, action: &'static str) -> Self {
        Self {
            name,
            route,
            action: Action::new(action),
            extra: &[],
            handling: None,
            preflight: false,
        }
    }

    /// The row of the preflights of a resource. Nobody is asked whether they are allowed; whoever may
    /// change the answer is who may change the bucket's CORS.
    pub(crate) const fn preflight(name: &'static str, resource: Resource) -> Self {
        Self {
            name,
            route: Route::new("OPTIONS", resource),
            action: Action::new("s3:PutBucketCORS"),
            extra: &[],
            handling: None,
            preflight: true,
        }
    }

    /// Whether the operation works.
    pub fn is_built(&self) -> bool {
        self.handling.is_some() || self.preflight
    }
}

async fn run<O: Operation>(mut call: Call) -> Reply {
    let reply = match O::parse(&mut call) {
        Ok(input) => O::execute(&mut call, input).await,
        Err(refusal) => Err(refusal),
    };
    if !call.payload.is_ended() {
        call.payload.drain().await;
        call.unread.store(!call.payload.is_ended(), Ordering::Relaxed);
    }
    match reply {
        Ok(output) => Ok(O::respond(&call, output)),
        Err(refusal) if is_about_object(O::ACTION.current) => Err(call.hide_missing(refusal).await),
        Err(refusal) => Err(refusal),
    }
}

/// The row of the preflights of a resource; preflights of the service have none.
pub(crate) fn preflight(resource: Resource) -> Option<&'static Row> {
    OPERATIONS
        .iter()
        .find(|row| row.preflight && row.route.resource == resource)
}

/// Every sub-resource that some row names.
static SUBRESOURCES: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    OPERATIONS
        .iter()
        .filter_map(|row| row.route.subresource)
        .collect()
});

/// The row a request is for.
///
/// # Errors
/// `InvalidArgument` where the query names two sub-resources (facts/06 §12), `MethodNotAllowed` where no
/// row has this method for the resource and sub-resource.
pub(crate) fn route(
    method: &http::Method,
    resource: Resource,
    query: &Query,
    headers: &HeaderMap,
) -> Result<&'static Row, S3Error> {
    let mut named: Vec<&'static str> = Vec::new();
    for (name, _) in query.iter() {
        if let Some(name) = SUBRESOURCES.get(name)
            && !named.contains(name)
        {
            named.push(name);
        }
    }
    if let [first, _, ..] = named.as_slice() {
        return Err(S3Error::invalid_argument(
            format!("Conflicting query string parameters: {}", named.join(", ")),
            "ResourceType",
            *first,
        ));
    }
    let subresource = named.first().copied();
    OPERATIONS
        .iter()
        .filter(|row| {
            row.route.resource == resource
                && row.route.subresource == subresource
                && row.route.method == method.as_str()
                && row
                    .route
                    .conditions
                    .iter()
                    .all(|condition| condition.holds(query, headers))
        })
        .max_by_key(|row| row.route.conditions.len())
        .ok_or_else(|| S3Error::MethodNotAllowed {
            method: method.as_str().to_owned(),
            resource_type: resource.resource_type(),
        })
}

#[cfg(test)]
mod tests;
