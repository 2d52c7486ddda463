//! docs/operations.md, written from the table.

use std::fmt::Write as _;

use crate::operations::OPERATIONS;

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
        // Writing to a String cannot fail.
        let _ = writeln!(
            document,
            "| {} | `{}` | `{}`{version} | {state} |",
            row.name, row.route, row.action.current
        );
    }
    document
}
