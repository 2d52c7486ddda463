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
        for key in self.keys() {
            if !keys.iter().any(|known| known.eq_ignore_ascii_case(key)) {
                keys.push(key);
            }
        }
        keys
    }

    /// Whether it may ask for the tags of an object that is there (`s3:ExistingObjectTag`): then the object is looked
    /// up before the decision. Found once, at [`Self::parse`].
    pub fn asks_object_tags(&self) -> bool {
        self.asks_object_tags
    }

    pub(super) fn names_object_tags(&self) -> bool {
        const PREFIX: &str = "s3:ExistingObjectTag/";
        self.keys().any(|key| {
            key.get(..PREFIX.len())
                .is_some_and(|prefix| prefix.eq_ignore_ascii_case(PREFIX))
        })
    }

    /// Every key that is named, as often as it is.
    fn keys(&self) -> impl Iterator<Item = &str> {
        self.statements().iter().flat_map(|statement| {
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
            variables.chain(conditions)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PolicyType;

    #[test]
    fn the_tags_of_objects_are_asked_for_in_any_spelling() {
        let asks = |key: &str| {
            let condition = format!(r#"{{"StringEquals":{{"{key}":"b"}}}}"#);
            let statement =
                format!(r#"{{"Effect":"Deny","Action":"*","Resource":"*","Condition":{condition}}}"#);
            let text = format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#);
            Policy::parse(&text, PolicyType::Identity)
                .unwrap()
                .asks_object_tags()
        };
        assert!(asks("s3:ExistingObjectTag/a"));
        assert!(asks("S3:existingobjecttag/a"));
        assert!(asks("s3:Existing\\u004fbjectTag/a"));
        assert!(!asks("s3:RequestObjectTag/a"));
        let variable = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*",
            "Resource":"arn:aws:s3:::b/${s3:ExistingObjectTag/a}"}}"#;
        assert!(
            Policy::parse(variable, PolicyType::Identity)
                .unwrap()
                .asks_object_tags()
        );
    }

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
