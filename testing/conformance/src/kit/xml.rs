//! The little of XML that S3's answers use, read strictly: elements, text, one namespace, `xsi:type`.

/// An element with its children and its own text.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) namespace: Option<String>,
    pub(crate) children: Vec<Node>,
    pub(crate) text: String,
}

impl Node {
    /// Reads a document that is one element and nothing after it.
    #[track_caller]
    pub(super) fn parse(document: &str) -> Self {
        let mut reader = Reader {
            rest: document,
            document,
        };
        let node = reader.element();
        assert_eq!(reader.rest, "", "something after the root in {document}");
        node
    }

    /// The names of the children, in order.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.children.iter().map(|child| child.name.as_str()).collect()
    }

    /// The children of that name.
    pub(crate) fn all(&self, name: &str) -> Vec<&Self> {
        self.children.iter().filter(|child| child.name == name).collect()
    }

    /// The one child at a path like `Owner/ID`, if it is there.
    #[track_caller]
    pub(crate) fn find(&self, path: &str) -> Option<&Self> {
        path.split('/').try_fold(self, |node, name| {
            let found = node.all(name);
            assert!(found.len() < 2, "{name} comes {} times in {node:?}", found.len());
            found.first().copied()
        })
    }

    /// The text at a path; it must be there.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> &str {
        let found = self.find(path);
        &found.unwrap_or_else(|| panic!("no {path} in {self:?}")).text
    }

    /// The texts of a path below every child of a name: `texts("Contents", "Key")`.
    #[track_caller]
    pub(crate) fn texts(&self, name: &str, path: &str) -> Vec<&str> {
        self.all(name).into_iter().map(|child| child.get(path)).collect()
    }
}

struct Reader<'a> {
    rest: &'a str,
    document: &'a str,
}

impl<'a> Reader<'a> {
    #[track_caller]
    fn until(&mut self, end: &str) -> &'a str {
        let (taken, rest) = self
            .rest
            .split_once(end)
            .unwrap_or_else(|| panic!("no {end:?} in {}", self.document));
        self.rest = rest;
        taken
    }

    #[track_caller]
    fn element(&mut self) -> Node {
        assert_eq!(self.until("<"), "", "an element begins in {}", self.document);
        let tag = self.until(">");
        let (tag, empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let namespace = attributes
            .split_once("xmlns=\"")
            .and_then(|(_, rest)| rest.split_once('"'));
        let mut node = Node {
            name: name.to_owned(),
            namespace: namespace.map(|(namespace, _)| namespace.to_owned()),
            ..Node::default()
        };
        if empty {
            return node;
        }
        loop {
            let text = &self.rest[..self.rest.find('<').expect("a closing tag")];
            node.text.push_str(&unescaped(text));
            self.rest = &self.rest[text.len()..];
            if let Some(rest) = self.rest.strip_prefix("</") {
                self.rest = rest;
                assert_eq!(self.until(">"), name, "a closing tag in {}", self.document);
                return node;
            }
            node.children.push(self.element());
        }
    }
}

fn unescaped(text: &str) -> String {
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (entity, rest) = part
            .split_once(';')
            .unwrap_or_else(|| panic!("a bare & in {text}"));
        plain.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => {
                let hex = entity.strip_prefix("#x").map(|hex| u32::from_str_radix(hex, 16));
                let number = hex.unwrap_or_else(|| entity.trim_start_matches('#').parse());
                number
                    .ok()
                    .and_then(char::from_u32)
                    .unwrap_or_else(|| panic!("&{entity};"))
            }
        });
        plain.push_str(rest);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::Node;

    #[test]
    fn reads_elements_text_and_references() {
        let node = Node::parse("<A xmlns=\"n\"><B>x &amp; &#x1f;&#10;</B><B/><C><D>1</D></C></A>");
        assert_eq!(node.namespace.as_deref(), Some("n"));
        assert_eq!(node.names(), ["B", "B", "C"]);
        assert_eq!(node.children[0].text, "x & \u{1f}\n");
        assert_eq!(node.get("C/D"), "1");
    }
}
