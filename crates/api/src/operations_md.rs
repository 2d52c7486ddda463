//! docs/operations.md, written from the tables.

use std::fmt::Write as _;

use crate::access::When;
use crate::operations::OPERATIONS;
use crate::services::account::ACCOUNT_OPERATIONS;
use crate::services::iam::IAM_OPERATIONS;
use crate::services::query::QueryRow;
use crate::services::s3_control::CONTROL_OPERATIONS;
use crate::services::sts::STS_OPERATIONS;

/// The document.
pub fn operations_md() -> String {
    let built = OPERATIONS.iter().filter(|row| row.is_built()).count();
    let mut document = format!(
        "# Operations\n\n\
         Written from the table in `crates/api/src/operations` by\n\
         `cargo run -p cairn-api --example operations_md > docs/operations.md`; a test compares the two.\n\
         Names, methods and paths are those of Amazon's service model, and another test compares them with it.\n\n\
         {built} of {} operations work. One that does not answers `501 NotImplemented`, and no request that names\n\
         its sub-resource reaches another operation.\n\n\
         | operation | request | IAM action | state |\n|---|---|---|---|\n",
        OPERATIONS.len()
    );
    let mut rows: Vec<_> = OPERATIONS.iter().collect();
    rows.sort_by_key(|row| (!row.is_built(), row.name));
    for row in rows {
        let state = if row.is_built() { "works" } else { "501" };
        let version = row
            .action
            .version
            .map(|action| format!(", `{action}`"))
            .unwrap_or_default();
        let extra: String = row
            .extra
            .iter()
            .map(|extra| match extra.when {
                When::Always => format!(" and `{}`", extra.action.current),
                When::Header(name) => format!("; with {name} `{}`", extra.action.current),
                When::AclHeaders => format!("; with an ACL `{}`", extra.action.current),
            })
            .collect();
        // Writing to a String cannot fail.
        let _ = writeln!(
            document,
            "| {} | `{}` | `{}`{version}{extra} | {state} |",
            row.name, row.route, row.action.current
        );
    }
    document.push_str(
        "\n## AWS Account Management\n\n\
         Which regions an account uses. The service `account` is at every listener and at `account.DOMAIN`:\n\
         `aws account list-regions --endpoint-url http://127.0.0.1:9000`. Its other operations, about contacts\n\
         and names, are not built and answer `404 UnknownOperationException`.\n\n\
         | operation | request | IAM action |\n|---|---|---|\n",
    );
    for row in ACCOUNT_OPERATIONS {
        let _ = writeln!(
            document,
            "| {} | `{} {}` | `{}` |",
            row.name, row.method, row.path, row.action
        );
    }
    document.push_str(
        "\n## S3 Control\n\n\
         Block Public Access of an account, at `ACCOUNT.s3-control.R.DOMAIN` and at every listener's own address for\n\
         requests with `x-amz-account-id`. Other operations answer `501 NotImplemented`.\n\n\
         | operation | request | IAM action |\n|---|---|---|\n",
    );
    for row in CONTROL_OPERATIONS {
        let _ = writeln!(
            document,
            "| {} | `{} {}` | `{}` |",
            row.name, row.method, row.path, row.action
        );
    }
    document.push_str(
        "\n## Identity and Access Management\n\n\
         The service `iam` is at every listener and at `iam.DOMAIN`. Other actions answer `400 InvalidAction`.\n\n",
    );
    query_operations(&mut document, IAM_OPERATIONS);
    document.push_str(
        "\n## Security Token Service\n\n\
         The service `sts` is at every listener, at `sts.DOMAIN` and at `sts.REGION.DOMAIN`.\n\n",
    );
    query_operations(&mut document, STS_OPERATIONS);
    document
}

fn query_operations(document: &mut String, rows: &[QueryRow]) {
    document.push_str("| operation | IAM action |\n|---|---|\n");
    let mut rows: Vec<_> = rows.iter().collect();
    rows.sort_by_key(|row| row.name);
    for row in rows {
        let _ = writeln!(document, "| {} | `{}` |", row.name, row.action);
    }
}
