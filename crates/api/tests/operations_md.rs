//! docs/operations.md is what the table says.

#[test]
fn the_document_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operations.md");
    let document = std::fs::read_to_string(path).expect("docs/operations.md is there");
    assert!(
        document == cairn_api::operations_md(),
        "docs/operations.md is stale: run `cargo run -p cairn-api --example operations_md > docs/operations.md`"
    );
}
