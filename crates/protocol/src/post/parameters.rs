//! A header value with parameters: `form-data; name="key"`, `multipart/form-data; boundary=x`.

/// The value before the first `;`, and the parameters in their order, names in lower case.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parameters<'a> {
    pub(super) value: &'a str,
    pairs: Vec<(String, String)>,
}

impl<'a> Parameters<'a> {
    /// `None` where the form is not right: no `=`, a quote that does not end, text after one, a name twice.
    ///
    /// In quotes, a backslash escapes a quote and a backslash only (RFC 9110 §5.6.4): old browsers send whole
    /// paths, `C:\upload\a.txt`, unescaped. `%22` and `%0A`, which HTML writes for a quote and a line break in
    /// a name, stay as they are: a file name may have them itself.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (value, mut rest) = match text.split_once(';') {
            Some((value, rest)) => (value.trim(), rest.trim_start()),
            None => (text.trim(), ""),
        };
        let mut pairs: Vec<(String, String)> = Vec::new();
        while !rest.is_empty() {
            let (name, tail) = rest.split_once('=')?;
            let name = name.trim().to_ascii_lowercase();
            if name.is_empty() || name.contains([';', '"']) || pairs.iter().any(|(known, _)| *known == name) {
                return None;
            }
            let tail = tail.trim_start();
            let (value, tail) = match tail.strip_prefix('"') {
                Some(quoted) => unquote(quoted)?,
                None => {
                    let end = tail.find(';').unwrap_or(tail.len());
                    let (value, tail) = tail.split_at(end);
                    (value.trim().to_owned(), tail)
                }
            };
            pairs.push((name, value));
            let tail = tail.trim_start();
            rest = match tail.strip_prefix(';') {
                Some(next) => next.trim_start(),
                None if tail.is_empty() => "",
                None => return None,
            };
        }
        Some(Self { value, pairs })
    }

    /// The parameter of this name, given in lower case.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let pair = self.pairs.iter().find(|(known, _)| known == name)?;
        Some(&pair.1)
    }
}

/// The text up to the closing quote, and what follows it.
fn unquote(quoted: &str) -> Option<(String, &str)> {
    let mut value = String::with_capacity(quoted.len().min(64));
    let mut rest = quoted;
    loop {
        let stop = rest.find(['"', '\\'])?;
        let (plain, tail) = rest.split_at(stop);
        value.push_str(plain);
        if let Some(after) = tail.strip_prefix('"') {
            return Some((value, after));
        }
        let escaped = tail.get(1..)?;
        match escaped.chars().next()? {
            c @ ('"' | '\\') => {
                value.push(c);
                rest = escaped.get(1..)?;
            }
            _ => {
                value.push('\\');
                rest = escaped;
            }
        }
    }
}
