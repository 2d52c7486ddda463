//! Reads a request body into a bounded tree.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::S3Error;

/// Largest XML body in bytes. Amazon's limit is about 2 MiB [believed]; 10 000 parts with SHA512
/// checksums, indented, are more than that and less than this.
pub const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Most elements in one body: 10 000 parts of four elements each, twice. One takes about 100 bytes of
/// memory beside its text.
pub const ELEMENTS_MAX: usize = 80_000;

/// Most attributes of one element. S3's own need two; finding one twice costs the square of their number.
pub const ATTRIBUTES_MAX: usize = 16;

/// Deepest nesting; the deepest document of S3 has 9 levels (notification filters).
pub const DEPTH_MAX: usize = 16;

/// One element of a request body. Names come without their prefix: the namespace is optional and not
/// looked at (facts/06 §12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element<'a> {
    name: Cow<'a, str>,
    text: Cow<'a, str>,
    children: Vec<Element<'a>>,
}

/// Reads a body whose root element is `root`.
///
/// # Errors
/// `MissingRequestBodyError` for an empty body, `MaxMessageLengthExceeded` for one over
/// [`BODY_BYTES_MAX`], `MalformedXML` for everything else.
pub fn parse<'a>(body: &'a [u8], root: &str) -> Result<Element<'a>, S3Error> {
    if body.is_empty() {
        return Err(S3Error::MissingRequestBodyError {});
    }
    if body.len() > BODY_BYTES_MAX {
        return Err(S3Error::MaxMessageLengthExceeded {
            max_message_length_bytes: BODY_BYTES_MAX as u64,
        });
    }
    let element = well_formed(body)?;
    if element.name == root {
        Ok(element)
    } else {
        Err(malformed())
    }
}

/// Reads a document whose root may be any: a field of a form, which is never longer than a form's fields.
///
/// # Errors
/// `MalformedXML`.
pub(crate) fn well_formed(document: &[u8]) -> Result<Element<'_>, S3Error> {
    let text = std::str::from_utf8(document).map_err(|_| malformed())?;
    tree(text).ok_or_else(malformed)
}

fn malformed() -> S3Error {
    S3Error::MalformedXML {}
}

fn tree(text: &str) -> Option<Element<'_>> {
    let mut reader = Reader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
    reader.config_mut().check_comments = true;
    let mut open: Vec<Element<'_>> = Vec::new();
    let mut root = None;
    let mut elements = 0;
    let mut begun = false;
    loop {
        let event = reader.read_event().ok()?;
        match event {
            Event::Start(start) => {
                elements += 1;
                if root.is_some() || elements > ELEMENTS_MAX || open.len() == DEPTH_MAX {
                    return None;
                }
                open.push(Element::named(&start)?);
            }
            Event::Empty(start) => {
                elements += 1;
                if root.is_some() || elements > ELEMENTS_MAX || open.len() == DEPTH_MAX {
                    return None;
                }
                close(Element::named(&start)?, &mut open, &mut root);
            }
            Event::End(_) => {
                let element = open.pop()?;
                if !element.children.is_empty() && !is_blank(&element.text) {
                    return None;
                }
                close(element, &mut open, &mut root);
            }
            Event::Text(content) => append(&mut open, content.xml10_content())?,
            Event::CData(content) => {
                // Character data outside the root is not well-formed, blank or not.
                open.last()?;
                append(&mut open, content.xml10_content())?;
            }
            Event::GeneralRef(reference) => {
                open.last()?;
                append(&mut open, Cow::Owned(resolve(&reference)?.to_string()))?;
            }
            // Only as the very first thing (XML 1.0 §2.8).
            Event::Decl(_) if !begun => {}
            Event::Comment(_) => {}
            Event::Decl(_) | Event::DocType(_) | Event::PI(_) => return None,
            Event::Eof => return root.filter(|_| open.is_empty()),
        }
        begun = true;
    }
}

fn close<'a>(element: Element<'a>, open: &mut [Element<'a>], root: &mut Option<Element<'a>>) {
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None => *root = Some(element),
    }
}

fn append<'a>(open: &mut [Element<'a>], content: Cow<'a, str>) -> Option<()> {
    match open.last_mut() {
        None => is_blank(&content).then_some(()),
        Some(element) if element.text.is_empty() => {
            element.text = content;
            Some(())
        }
        Some(element) => {
            element.text.to_mut().push_str(&content);
            Some(())
        }
    }
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'))
}

/// XML's five entities and character references; a document defines no others here. References to
/// control characters are taken although XML 1.0 forbids them: keys that have them are listed that way,
/// and DeleteObjects must be able to name them.
fn resolve(reference: &BytesRef<'_>) -> Option<char> {
    if reference.is_char_ref() {
        return reference.resolve_char_ref().ok().flatten();
    }
    Some(match reference.clone().into_inner().as_ref() {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

impl<'a> Element<'a> {
    fn named(start: &BytesStart<'a>) -> Option<Self> {
        // Attributes carry namespaces and xsi:type only; nothing reads them, but they must parse.
        for (count, attribute) in start.attributes().enumerate() {
            if count == ATTRIBUTES_MAX || attribute.is_err() {
                return None;
            }
        }
        let name = start.local_name();
        let name: &str = name.as_ref();
        (!name.is_empty()).then(|| Self {
            name: Cow::Owned(name.to_owned()),
            text: Cow::Borrowed(""),
            children: Vec::new(),
        })
    }

    /// The name without prefix.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text of an element that has no children, untrimmed.
    ///
    /// # Errors
    /// `MalformedXML` where it has children.
    pub fn text(&self) -> Result<&str, S3Error> {
        if self.children.is_empty() {
            Ok(&self.text)
        } else {
            Err(malformed())
        }
    }

    /// The text of an element as a number.
    ///
    /// # Errors
    /// `MalformedXML` where it is none.
    pub fn number(&self) -> Result<u64, S3Error> {
        self.text()?.trim().parse().map_err(|_| malformed())
    }

    /// The text of an element as `true` or `false`, in any letter case.
    ///
    /// # Errors
    /// `MalformedXML` where it is neither.
    pub fn boolean(&self) -> Result<bool, S3Error> {
        match self.text()?.trim() {
            text if text.eq_ignore_ascii_case("true") => Ok(true),
            text if text.eq_ignore_ascii_case("false") => Ok(false),
            _ => Err(malformed()),
        }
    }

    /// Refuses children with other names than these, and text beside them: unknown elements are
    /// `MalformedXML` (facts/06 §12).
    ///
    /// # Errors
    /// `MalformedXML`.
    pub fn only(&self, names: &[&str]) -> Result<&Self, S3Error> {
        let known = self.children.iter().all(|child| names.contains(&child.name()));
        if known && is_blank(&self.text) {
            Ok(self)
        } else {
            Err(malformed())
        }
    }

    /// The children of that name, in order.
    pub fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Element<'a>> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// All children, in order.
    pub fn children(&self) -> &[Element<'a>] {
        &self.children
    }

    /// The child of that name, if there is one.
    ///
    /// # Errors
    /// `MalformedXML` where there are several.
    pub fn optional(&self, name: &str) -> Result<Option<&Element<'a>>, S3Error> {
        let mut found = self.children.iter().filter(|child| child.name == name);
        let first = found.next();
        if found.next().is_some() {
            return Err(malformed());
        }
        Ok(first)
    }

    /// The child of that name.
    ///
    /// # Errors
    /// `MalformedXML` where there is not exactly one.
    pub fn required(&self, name: &str) -> Result<&Element<'a>, S3Error> {
        self.optional(name)?.ok_or_else(malformed)
    }
}
