//! How the fields of an error become the text of an element.

/// A field of a variant; `None` leaves the element out.
pub(super) trait Detail {
    /// The element's text.
    fn detail(&self) -> Option<String>;
}

impl Detail for String {
    fn detail(&self) -> Option<String> {
        Some(self.clone())
    }
}

impl Detail for Option<String> {
    fn detail(&self) -> Option<String> {
        self.clone()
    }
}

// The long texts of `SignatureDoesNotMatch`, boxed to keep `S3Error` small.
impl Detail for Box<str> {
    fn detail(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Detail for Option<Box<str>> {
    fn detail(&self) -> Option<String> {
        self.as_ref().map(ToString::to_string)
    }
}

impl Detail for u64 {
    fn detail(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Detail for Option<u64> {
    fn detail(&self) -> Option<String> {
        self.map(|number| number.to_string())
    }
}

impl Detail for &'static str {
    fn detail(&self) -> Option<String> {
        Some((*self).to_owned())
    }
}
