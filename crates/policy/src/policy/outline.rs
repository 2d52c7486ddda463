//! What a document is made of, for those who show it: where its statements stand, which keys it asks for
//! (`MatchedStatements` and `ContextKeyNames` of the IAM API's simulations).

use std::ops::Range;

use super::Policy;
use crate::json;

impl Policy {
    /// Where a statement stands in [`Self::text`], in bytes. `statement` is counted from 0, as in [`crate::By`].
    pub fn statement_range(&self, statement: usize) -> Option<Range<usize>> {
        let document = json::read(self.text()).ok()?;
        let node = json::statements(&document).into_iter().nth(statement)?;
        Some(node.start..node.end)
    }

    /// The condition keys that the document's conditions and variables name, each once, in the order written.
    pub fn context_keys(&self) -> Vec<&str> {
        let mut keys: Vec<&str> = Vec::new();
        for statement in self.statements() {
            let resources = statement
                .resource
                .iter()
                .flat_map(|element| element.patterns.iter());
            let variables = resources
                .filter_map(|pattern| pattern.parts())
                .flatten()
                .flat_map(|part| part.variable_keys());
            let conditions = statement.conditions.iter().flat_map(|condition| {
                std::iter::once(condition.key.as_str()).chain(condition.variable_keys())
            });
            for key in variables.chain(conditions) {
                if !keys.iter().any(|known| known.eq_ignore_ascii_case(key)) {
                    keys.push(key);
                }
            }
        }
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PolicyType;

    #[test]
    fn places_and_keys() {
        let text = r#"{"Version":"2012-10-17", "Statement": [ {"Effect":"Allow","Action":"*","Resource":"*"} ,
            {"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::b/${aws:username}/*",
             "Condition":{"StringLike":{"s3:prefix":"${aws:PrincipalTag/a}*","AWS:username":"x"}}}]}"#;
        let policy = Policy::parse(text, PolicyType::Identity).unwrap();
        let first = policy.statement_range(0).unwrap();
        assert_eq!(&text[first], r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
        let second = policy.statement_range(1).unwrap();
        assert!(text[second].starts_with(r#"{"Effect":"Deny""#));
        assert_eq!(policy.statement_range(2), None);
        assert_eq!(
            policy.context_keys(),
            ["aws:username", "s3:prefix", "aws:PrincipalTag/a"]
        );
    }
}
