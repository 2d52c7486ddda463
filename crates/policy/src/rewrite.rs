//! Principals of a document, replaced in place.
//!
//! A trust or bucket policy is kept with the unique ids of users and roles instead of their ARNs, so that another
//! user of the same name is not trusted, and shown with ARNs again (facts/05 §4, §7).

use cairn_types::AccountId;

use crate::json::{self, Member, Node, Value, members, statements};
use crate::principal_element::Name;
use crate::{Policy, PolicyError};

/// A name in a `Principal` or `NotPrincipal` element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrincipalName<'a> {
    /// `AWS`, `CanonicalUser`, `Federated`, `Service`.
    pub kind: &'a str,
    /// ARN, account, unique id, `*`.
    pub value: &'a str,
}

/// The user or role that an ARN in a policy names: what has a unique id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserOrRole {
    /// Whether it is a role.
    pub role: bool,
    /// The account.
    pub account: AccountId,
    /// `/` or `/…/`.
    pub path: String,
    /// The name, without the path.
    pub name: String,
}

impl<'a> PrincipalName<'a> {
    /// The user or role, of a name that is the ARN of one.
    pub fn user_or_role(&self) -> Option<UserOrRole> {
        let (role, account, path_and_name) = match Name::parse(self.kind, self.value).ok()? {
            Name::User(account, path_and_name) => (false, account, path_and_name),
            Name::Role(account, path_and_name) => (true, account, path_and_name),
            _ => return None,
        };
        let (path, name) = path_and_name.rsplit_once('/')?;
        Some(UserOrRole {
            role,
            account,
            path: format!("{path}/"),
            name: name.to_owned(),
        })
    }

    /// The unique id, of a name that is one: `AIDA…` or `AROA…`.
    pub fn unique_id(&self) -> Option<&'a str> {
        match Name::parse(self.kind, self.value).ok()? {
            Name::UniqueId(_) => Some(self.value),
            _ => None,
        }
    }
}

/// Why a document was not rewritten.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RewriteError<E> {
    /// It is no JSON.
    #[error(transparent)]
    Document(PolicyError),
    /// A name was refused by the caller's function.
    #[error("{0}")]
    Refused(E),
}

/// Replaces principals of a document: `replace` gives the new value of a name, `None` to leave it as it is, or an
/// error, which ends the whole. A bare `"*"` is not shown to it. All other bytes of the text stay what they are.
pub fn rewrite_principals<E>(
    text: &str,
    mut replace: impl FnMut(PrincipalName<'_>) -> Result<Option<String>, E>,
) -> Result<String, RewriteError<E>> {
    let document = json::read(text).map_err(|error| RewriteError::Document(error.into()))?;
    let mut names = Vec::new();
    for statement in statements(&document) {
        principals(statement, &mut names);
    }
    let mut rewritten = String::with_capacity(text.len());
    let mut copied = 0;
    for (kind, value, node) in names {
        let Some(new) = replace(PrincipalName { kind, value }).map_err(RewriteError::Refused)? else {
            continue;
        };
        rewritten.push_str(text.get(copied..node.start).unwrap_or_default());
        rewritten.push_str(&serde_json::Value::String(new).to_string());
        copied = node.end;
    }
    rewritten.push_str(text.get(copied..).unwrap_or_default());
    Ok(rewritten)
}

impl Policy {
    /// Calls `visit` with every name of `Principal` and `NotPrincipal` elements, in the order written.
    pub fn for_each_principal(&self, mut visit: impl FnMut(PrincipalName<'_>)) {
        if let Ok(document) = json::read(self.text()) {
            let mut names = Vec::new();
            for statement in statements(&document) {
                principals(statement, &mut names);
            }
            for (kind, value, _) in names {
                visit(PrincipalName { kind, value });
            }
        }
    }
}

/// Kind, value and place of each name of a statement.
fn principals<'n, 't>(statement: &'n Node<'t>, names: &mut Vec<(&'n str, &'n str, &'n Node<'t>)>) {
    let elements = members(statement).iter();
    for element in elements.filter(|member| matches!(&*member.name, "Principal" | "NotPrincipal")) {
        for Member { name: kind, value } in members(&element.value) {
            let nodes = match &value.value {
                Value::List(nodes) => nodes.iter().collect(),
                _ => vec![value],
            };
            for node in nodes {
                if let Value::Text(text) = &node.value {
                    names.push((kind, text, node));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{ "Version":"2012-10-17",
  "Statement": [ {"Effect":"Allow", "Principal": {"AWS": [ "arn:aws:iam::123456789012:user\/anna", "*"]},
     "Action":"sts:AssumeRole" },
   {"Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:iam::123456789012:user/anna"},"Action":"sts:AssumeRole"},
   {"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"} ] }
"#;

    #[test]
    fn names_are_replaced_and_nothing_else() {
        let mut seen = Vec::new();
        let anna = "arn:aws:iam::123456789012:user/anna";
        let stored = rewrite_principals(TEXT, |name| {
            seen.push(name.value.to_owned());
            Ok::<_, ()>((name.value == anna).then(|| "AIDAEXAMPLEEXAMPLE01".to_owned()))
        });
        let stored = stored.unwrap();
        assert_eq!(seen, [anna, "*", anna]);
        let expected = TEXT
            .replace(r"arn:aws:iam::123456789012:user\/anna", "AIDAEXAMPLEEXAMPLE01")
            .replace(anna, "AIDAEXAMPLEEXAMPLE01");
        assert_eq!(stored, expected);
        let shown = rewrite_principals(&stored, |name| {
            Ok::<_, ()>((name.value == "AIDAEXAMPLEEXAMPLE01").then(|| anna.to_owned()))
        });
        assert_eq!(shown.unwrap(), TEXT.replace(r"\/", "/"));
    }

    #[test]
    fn what_has_a_unique_id() {
        let named = |value| {
            let name = PrincipalName { kind: "AWS", value };
            name.user_or_role()
                .map(|named| (named.role, named.account.to_string(), named.path, named.name))
        };
        let account = || "123456789012".to_owned();
        assert_eq!(
            named("arn:aws:iam::123456789012:user/anna"),
            Some((false, account(), "/".to_owned(), "anna".to_owned()))
        );
        assert_eq!(
            named("arn:aws:iam::123456789012:role/a/b/Reader"),
            Some((true, account(), "/a/b/".to_owned(), "Reader".to_owned()))
        );
        for other in [
            "*",
            "123456789012",
            "arn:aws:iam::123456789012:root",
            "AIDAEXAMPLEEXAMPLE01",
        ] {
            assert_eq!(named(other), None, "{other}");
        }
        let id = |value| PrincipalName { kind: "AWS", value }.unique_id();
        assert_eq!(id("AROAEXAMPLEEXAMPLE01"), Some("AROAEXAMPLEEXAMPLE01"));
        assert_eq!(id("123456789012"), None);
    }

    #[test]
    fn a_refused_name_ends_it() {
        let refused = rewrite_principals(TEXT, |name| Err::<Option<String>, _>(name.value.to_owned()));
        assert!(matches!(refused, Err(RewriteError::Refused(_))));
        assert!(matches!(
            rewrite_principals("{", |_| Ok::<_, ()>(None)),
            Err(RewriteError::Document(PolicyError::NotJson { .. }))
        ));
    }
}
