//! The configuration's XML for people: indented, which changes nothing that it says.

use crate::CorsConfiguration;

impl CorsConfiguration {
    /// The XML of [`Self::to_xml`], an element a line; up to twice as many bytes, so it may be larger than S3
    /// takes.
    pub fn to_indented_xml(&self) -> String {
        indented(&self.to_xml())
    }
}

/// The document with an element a line. Texts have neither `<` nor `>` once escaped, so `><` is always
/// between two tags.
pub(crate) fn indented(xml: &str) -> String {
    let mut out = String::with_capacity(xml.len() * 2);
    let mut rest = xml;
    while let Some(at) = rest.find("><") {
        let (line, next) = rest.split_at(at + 1);
        out.push_str(line);
        let tag = line.rsplit('<').next().unwrap_or_default();
        // An element without text stays on its line: between its tags a newline would be its text.
        if tag.starts_with('/') || !next.starts_with("</") {
            out.push('\n');
            out.push_str(indent(next));
        }
        rest = next;
    }
    out.push_str(rest);
    out
}

fn indent(tag: &str) -> &'static str {
    let name = tag.trim_start_matches(['<', '/']);
    if name.starts_with("CORSConfiguration") {
        ""
    } else if name.starts_with("CORSRule") {
        "  "
    } else {
        "    "
    }
}
