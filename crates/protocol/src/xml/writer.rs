//! Builds a document.

use std::borrow::Cow;
use std::fmt::{self, Display, Write as _};

use super::escape;

/// The namespace of every success document; errors have none (facts/01 §8).
pub const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// The XML declaration and the newline after it: what a long operation sends early to keep the
/// connection alive (facts/06 §8).
pub const PROLOG: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// What an element is called: its name, or the tags made of it.
pub trait Name: Copy {
    /// Appends the start tag.
    fn open(self, out: &mut String);
    /// Appends the end tag.
    fn close(self, out: &mut String);
}

impl Name for &str {
    #[inline]
    fn open(self, out: &mut String) {
        out.push('<');
        out.push_str(self);
        out.push('>');
    }

    #[inline]
    fn close(self, out: &mut String) {
        out.push_str("</");
        out.push_str(self);
        out.push('>');
    }
}

/// The name of an element that a document has by the thousand: its tags as they are written, so that each
/// is appended at once. [`tag!`] makes one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tag {
    pub(crate) open: &'static str,
    pub(crate) close: &'static str,
}

/// The [`Tag`] of a name.
macro_rules! tag {
    ($name:literal) => {
        $crate::xml::Tag {
            open: concat!("<", $name, ">"),
            close: concat!("</", $name, ">"),
        }
    };
}
pub(crate) use tag;

impl Name for Tag {
    #[inline]
    fn open(self, out: &mut String) {
        out.push_str(self.open);
    }

    #[inline]
    fn close(self, out: &mut String) {
        out.push_str(self.close);
    }
}

/// A document under construction. Elements come out in the order they are written, and every element
/// that is opened is closed: nesting is by closure.
#[derive(Debug)]
pub struct Writer {
    text: String,
    root: Cow<'static, str>,
    /// Whether the root's start tag still lacks its `>`: a root without children is written `<Root/>`.
    open: bool,
}

impl Writer {
    /// Starts a document with the prolog and a namespaced root.
    pub fn new(root: &'static str) -> Self {
        let mut writer = Self::without_prolog(root);
        writer.text.insert_str(0, PROLOG);
        writer
    }

    /// Starts a document of another service than S3: no prolog, and the namespace of that service
    /// (facts/05 §1).
    pub fn in_namespace(root: &str, namespace: &str) -> Self {
        Self::open_root(root.to_owned().into(), namespace)
    }

    /// Starts a document whose prolog was sent before.
    pub fn without_prolog(root: &'static str) -> Self {
        Self::open_root(root.into(), NAMESPACE)
    }

    fn open_root(root: Cow<'static, str>, namespace: &str) -> Self {
        let mut text = String::with_capacity(1024);
        // Writing to a String cannot fail.
        let _ = write!(text, "<{root} xmlns=\"{namespace}\"");
        Self {
            text,
            root,
            open: true,
        }
    }

    /// Makes room for so many more bytes of the document, which then does not grow step by step.
    pub(crate) fn reserve(&mut self, bytes: usize) {
        self.text.reserve(bytes);
    }

    #[inline]
    fn content(&mut self) {
        if self.open {
            self.text.push('>');
            self.open = false;
        }
    }

    /// Text of the root itself (GetBucketLocation).
    pub fn text(&mut self, value: impl Display) -> &mut Self {
        self.content();
        let _ = write!(Escaped(&mut self.text), "{value}");
        self
    }

    /// `<name>value</name>`.
    pub fn element(&mut self, name: impl Name, value: impl Display) -> &mut Self {
        self.written(name, |text| {
            let _ = write!(Escaped(text), "{value}");
        })
    }

    /// [`Self::element`] of a text that is there already, without the detour through its `Display`.
    #[inline]
    pub(crate) fn string(&mut self, name: impl Name, value: &str) -> &mut Self {
        self.written(name, |text| escape(value, text))
    }

    /// [`Self::element`] of a number, likewise.
    pub(crate) fn number(&mut self, name: impl Name, value: u64) -> &mut Self {
        self.written(name, |text| push_decimal(value, text))
    }

    /// [`Self::element`] whose value `write` appends itself: what it appends is not escaped.
    #[inline]
    pub(crate) fn written(&mut self, name: impl Name, write: impl FnOnce(&mut String)) -> &mut Self {
        self.content();
        name.open(&mut self.text);
        write(&mut self.text);
        name.close(&mut self.text);
        self
    }

    /// `<name>value</name>`, or nothing.
    pub fn optional(&mut self, name: impl Name, value: Option<impl Display>) -> &mut Self {
        if let Some(value) = value {
            self.element(name, value);
        }
        self
    }

    /// `<name>…</name>` around what `children` writes.
    #[inline]
    pub fn nested(&mut self, name: impl Name, children: impl FnOnce(&mut Self)) -> &mut Self {
        self.content();
        name.open(&mut self.text);
        children(self);
        name.close(&mut self.text);
        self
    }

    /// [`Self::nested`] in an element that says by `xsi:type` which of several kinds it is.
    pub fn instance_of(&mut self, name: &str, kind: &str, children: impl FnOnce(&mut Self)) -> &mut Self {
        self.content();
        let _ = write!(
            self.text,
            "<{name} xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"{kind}\">"
        );
        children(self);
        name.close(&mut self.text);
        self
    }

    /// The finished document.
    pub fn finish(mut self) -> String {
        if self.open {
            self.text.push_str("/>");
        } else {
            let root = std::mem::take(&mut self.root);
            root.as_ref().close(&mut self.text);
        }
        self.text
    }
}

fn push_decimal(mut value: u64, out: &mut String) {
    // As many as the largest number has.
    let mut digits = [b'0'; 20];
    let mut unused = digits.len();
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        unused -= 1;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    let digits = digits.get(unused..).unwrap_or_default();
    out.push_str(std::str::from_utf8(digits).unwrap_or_default());
}

/// Escapes what is formatted into it.
struct Escaped<'a>(&'a mut String);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escape(text, self.0);
        Ok(())
    }
}
