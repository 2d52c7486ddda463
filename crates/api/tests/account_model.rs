//! The table of the Account API against Amazon's own service model: names, methods, URIs, what a request
//! may be refused with and with which status, and the words of statuses and reasons. `support` finds
//! the model.

mod support;

use std::collections::BTreeSet;

use cairn_api::ACCOUNT_OPERATIONS;
use cairn_region::OptStatus;
use serde_json::Value;

/// What all operations that are not about regions are about.
const NOT_IN_THE_TABLE: &[(&str, &str)] = &[
    ("Contact", "a deployment's accounts have no contacts"),
    ("AccountName", "nor names"),
    ("AccountInformation", "nor names"),
    ("PrimaryEmail", "nor e-mail addresses"),
    ("PhoneNumber", "nor telephone numbers"),
];

fn words(values: &Value) -> BTreeSet<&str> {
    values
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

#[test]
fn the_table_is_amazons() {
    let Some(model) = support::model("account") else {
        return;
    };
    assert_eq!(model["metadata"]["signingName"], "account");
    assert_eq!(model["metadata"]["protocol"], "rest-json");
    let shapes = &model["shapes"];
    let operations = model["operations"].as_object().unwrap();
    for row in ACCOUNT_OPERATIONS {
        let operation = &operations[row.name];
        assert_eq!(operation["http"]["method"], row.method, "{}", row.name);
        assert_eq!(operation["http"]["requestUri"], row.path, "{}", row.name);
        assert_eq!(operation["http"]["responseCode"], 200, "{}", row.name);
        assert_eq!(row.action, format!("account:{}", row.name));
        let of_model: BTreeSet<&str> = operation["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| error["shape"].as_str().unwrap())
            .collect();
        let of_table: BTreeSet<&str> = row.errors.iter().map(|error| error.code).collect();
        assert_eq!(of_table, of_model, "{}", row.name);
        for error in row.errors {
            assert_eq!(
                shapes[error.code]["error"]["httpStatusCode"], error.status,
                "{}",
                error.code
            );
        }
    }
    for name in operations.keys() {
        let rows = ACCOUNT_OPERATIONS.iter().filter(|row| row.name == name).count();
        let exempt = NOT_IN_THE_TABLE.iter().any(|(part, _)| name.contains(part));
        assert_eq!(rows, usize::from(!exempt), "{name}");
    }
}

#[test]
fn the_words_are_amazons() {
    let Some(model) = support::model("account") else {
        return;
    };
    let shapes = &model["shapes"];
    let statuses: BTreeSet<&str> = OptStatus::ALL.into_iter().map(OptStatus::as_str).collect();
    assert_eq!(statuses, words(&shapes["RegionOptStatus"]["enum"]));
    assert_eq!(
        words(&shapes["ValidationExceptionReason"]["enum"]),
        ["fieldValidationFailed", "invalidRegionOptTarget"].into()
    );
    let members = |shape: &str| {
        let members = shapes[shape]["members"].as_object().unwrap();
        members.keys().map(String::as_str).collect::<BTreeSet<_>>()
    };
    // What services::account reads and writes by hand; its own tests say that it does.
    assert_eq!(members("EnableRegionRequest"), ["AccountId", "RegionName"].into());
    assert_eq!(members("DisableRegionRequest"), members("EnableRegionRequest"));
    assert_eq!(
        members("GetRegionOptStatusRequest"),
        members("EnableRegionRequest")
    );
    assert_eq!(
        members("ListRegionsRequest"),
        ["AccountId", "MaxResults", "NextToken", "RegionOptStatusContains"].into()
    );
    assert_eq!(members("ListRegionsResponse"), ["NextToken", "Regions"].into());
    assert_eq!(members("Region"), ["RegionName", "RegionOptStatus"].into());
    assert_eq!(members("GetRegionOptStatusResponse"), members("Region"));
    assert_eq!(
        members("ValidationException"),
        ["fieldList", "message", "reason"].into()
    );
    assert_eq!(members("ValidationExceptionField"), ["message", "name"].into());
    assert_eq!(shapes["RegionName"]["max"], 50);
    assert_eq!(shapes["ListRegionsRequestMaxResultsInteger"]["max"], 50);
    assert_eq!(shapes["ListRegionsRequestNextTokenString"]["max"], 1000);
}
