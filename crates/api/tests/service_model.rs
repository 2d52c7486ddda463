//! The table against Amazon's own service model, which the botocore package carries: names, methods,
//! URIs, query keys.
//! `support` finds the model.

mod support;

use std::collections::BTreeMap;

use cairn_api::{Condition, OPERATIONS, Resource, Row};
use serde_json::Value;

/// In the model, and not in the table, with the reason.
const NOT_IN_THE_TABLE: &[(&str, &str)] = &[
    (
        "ListDirectoryBuckets",
        "served at s3express-control endpoints only, at the same URI as ListBuckets",
    ),
    ("WriteGetObjectResponse", "served at Object Lambda endpoints only"),
    (
        "GetBucketLifecycle",
        "old name of GetBucketLifecycleConfiguration, the same request",
    ),
    (
        "PutBucketLifecycle",
        "old name of PutBucketLifecycleConfiguration, the same request",
    ),
    (
        "GetBucketNotification",
        "old name of GetBucketNotificationConfiguration, the same request",
    ),
    (
        "PutBucketNotification",
        "old name of PutBucketNotificationConfiguration, the same request",
    ),
    (
        "ListObjectAnnotations",
        "the same request as GetObjectAnnotation but for a name; one row until built",
    ),
];

/// In the table, and not in the model, with the reason.
const NOT_IN_THE_MODEL: &[(&str, &str)] = &[
    ("PostObject", "the browser form: documented, but no SDK makes it"),
    ("PreflightBucket", "CORS: browsers make it"),
    ("PreflightObject", "CORS: browsers make it"),
];

/// Members of an operation's input that travel in the query: names on the wire.
fn query_members(model: &Value, operation: &Value) -> Vec<String> {
    let Some(shape) = operation["input"]["shape"].as_str() else {
        return Vec::new();
    };
    let Some(members) = model["shapes"][shape]["members"].as_object() else {
        return Vec::new();
    };
    members
        .values()
        .filter(|member| member["location"] == "querystring")
        .filter_map(|member| member["locationName"].as_str().map(str::to_owned))
        .collect()
}

fn check(row: &Row, model: &Value, operation: &Value) -> Result<(), String> {
    let http = &operation["http"];
    if http["method"] != row.route.method {
        return Err(format!(
            "method {} is {} in the table",
            http["method"], row.route.method
        ));
    }
    let uri = http["requestUri"].as_str().unwrap_or_default();
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    let expected_path = match row.route.resource {
        Resource::Service => "/",
        Resource::Bucket => "/{Bucket}",
        Resource::Object => "/{Bucket}/{Key+}",
    };
    if path != expected_path {
        return Err(format!("path {path} is {expected_path} in the table"));
    }
    let members = query_members(model, operation);
    // What the table selects by is fixed in the URI, or a member that travels in the query.
    let mut fixed: Vec<String> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(str::to_owned)
        .collect();
    let mut selectors: Vec<String> = row.route.subresource.map(str::to_owned).into_iter().collect();
    for condition in row.route.conditions {
        match condition {
            Condition::Query(name) => selectors.push((*name).to_owned()),
            Condition::QueryValue(name, value) => selectors.push(format!("{name}={value}")),
            Condition::Header(_) => {}
        }
    }
    for selector in selectors {
        if let Some(index) = fixed.iter().position(|pair| *pair == selector) {
            fixed.remove(index);
        } else if !members.contains(&selector) {
            return Err(format!("the model does not have the query key {selector}"));
        }
    }
    if fixed.is_empty() {
        Ok(())
    } else {
        Err(format!("the table lacks the query keys {fixed:?}"))
    }
}

#[test]
fn the_table_is_amazons() {
    let Some(model) = support::model("s3") else { return };
    let operations: BTreeMap<&str, &Value> = model["operations"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.as_str(), value))
        .collect();
    assert!(operations.len() > 100, "this is the model of S3");
    let mut faults = Vec::new();
    for row in OPERATIONS {
        match operations.get(row.name) {
            Some(operation) => {
                if let Err(fault) = check(row, &model, operation) {
                    faults.push(format!("{}: {fault}", row.name));
                }
            }
            None if NOT_IN_THE_MODEL.iter().any(|(name, _)| *name == row.name) => {}
            None => faults.push(format!("{}: not in the model", row.name)),
        }
    }
    for name in operations.keys() {
        let exempt = NOT_IN_THE_TABLE.iter().any(|(exempt, _)| exempt == name);
        let present = OPERATIONS.iter().filter(|row| row.name == *name).count();
        if present != usize::from(!exempt) {
            faults.push(format!("{name}: {present} rows in the table"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
