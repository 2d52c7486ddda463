//! Rules for source files that no other tool holds; each is a failing check, not a remark in a review.

use std::fs;
use std::path::Path;

use crate::checkout;
use crate::command::{command, output_of};
use crate::outcome::Stop;

/// A file that needs more lines is two files. Tests may be longer.
const FILE_LINES_MAX: usize = 700;

/// Files that may be longer, each with its reason. Empty, and meant to stay so.
const LONG_FILES: &[(&str, &str)] = &[];

/// Hosts of package registries: a checkout must build from whatever registry its machine has.
/// In pieces, or this file would break its own rule.
const REGISTRY_HOSTS: &[&str] = &[
    concat!("static.", "crates.io"),
    concat!("index.", "crates.io"),
    concat!("registry.", "npmjs.org"),
    concat!("files.", "pythonhosted.org"),
    concat!("pypi.", "org"),
    concat!("proxy.", "golang.org"),
    concat!("sum.", "golang.org"),
    concat!("repo.", "maven.apache.org"),
    concat!("repo1.", "maven.org"),
    concat!("deb.", "debian.org"),
];

/// Macros that say "not finished"; in pieces for the same reason.
const UNFINISHED: &[&str] = &[concat!("todo", "!("), concat!("unimplemented", "!(")];

pub(crate) fn check() -> Result<(), Stop> {
    let root = checkout::root();
    let listing = output_of(command(
        "git",
        &["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        &root,
    ))
    .ok_or("`git ls-files` failed: tidy reads the files that git tracks")?;
    let mut problems = Vec::new();
    for path in listing.split_terminator('\0') {
        // A deleted file not yet committed, or not text: nothing to read.
        if let Ok(text) = fs::read_to_string(root.join(path)) {
            problems.extend(problems_of(path, &text));
        }
    }
    for problem in &problems {
        println!("{problem}");
    }
    match problems.len() {
        0 => Ok(()),
        count => Err(format!("{count} problems").into()),
    }
}

/// What is wrong with one file, a line each.
fn problems_of(path: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for host in REGISTRY_HOSTS {
        if let Some(line) = line_with(text, host) {
            problems.push(format!("{path}:{line}: names the registry host {host}"));
        }
    }
    if !path.ends_with(".rs") {
        return problems;
    }
    for word in UNFINISHED {
        if let Some(line) = line_with(text, word) {
            problems.push(format!("{path}:{line}: unfinished: {word})"));
        }
    }
    if is_crate_root(path) && !text.starts_with("//!") {
        problems.push(format!(
            "{path}:1: a crate begins with a //! header: what is here, and why"
        ));
    }
    let lines = code_lines(text);
    if lines > FILE_LINES_MAX && !is_test(path) && !LONG_FILES.iter().any(|(long, _)| *long == path) {
        problems.push(format!(
            "{path}: {lines} lines outside tests, more than {FILE_LINES_MAX}"
        ));
    }
    problems
}

fn line_with(text: &str, word: &str) -> Option<usize> {
    text.lines()
        .position(|line| line.contains(word))
        .map(|index| index + 1)
}

fn is_crate_root(path: &str) -> bool {
    path.ends_with("src/lib.rs") || path.ends_with("src/main.rs")
}

fn is_test(path: &str) -> bool {
    let folders_and_name = Path::new(path).iter();
    folders_and_name
        .into_iter()
        .any(|part| part == "tests" || part == "tests.rs" || part == "testing")
}

/// Lines before a test module at the end of the file.
fn code_lines(text: &str) -> usize {
    text.lines()
        .position(|line| line == "mod tests {")
        .unwrap_or_else(|| text.lines().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_each_kind_of_problem() {
        let host = REGISTRY_HOSTS[0];
        assert_eq!(problems_of("a.md", &format!("x\nsee {host}\n")).len(), 1);
        assert_eq!(problems_of("src/lib.rs", "pub mod a;\n").len(), 1);
        assert_eq!(
            problems_of("src/a.rs", &format!("fn a() {{ {}) }}\n", UNFINISHED[0])).len(),
            1
        );
        let long = "\n".repeat(FILE_LINES_MAX + 1);
        assert_eq!(problems_of("src/a.rs", &long).len(), 1);
        assert_eq!(problems_of("tests/a.rs", &long), Vec::<String>::new());
        assert_eq!(
            problems_of("src/a.rs", &format!("mod tests {{\n{long}}}\n")),
            Vec::<String>::new()
        );
    }
}
