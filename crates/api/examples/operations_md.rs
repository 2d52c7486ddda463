//! Prints docs/operations.md.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

fn main() {
    print!("{}", cairn_api::operations_md());
}
