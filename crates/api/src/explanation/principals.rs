//! Users and roles in the statements of an explanation: policies keep their unique ids, people know their ARNs.

use cairn_identity::UniqueId;

use super::who::failed;
use super::{AccessExplanation, ExplainError};
use crate::Api;

impl Api {
    /// Puts the ARN before every unique id that a statement names; an id whose owner is gone says so.
    pub(super) async fn name_principals(&self, found: &mut AccessExplanation) -> Result<(), ExplainError> {
        let mut names: Vec<(String, String)> = Vec::new();
        let policies = &mut found.policies.policies;
        let statements = policies.iter_mut().flat_map(|policy| &mut policy.statements);
        let elements = statements.filter_map(|statement| statement.principal.as_mut());
        for value in elements.flat_map(|element| &mut element.policy) {
            if UniqueId::parse(value).is_none() {
                continue;
            }
            let known = names
                .iter()
                .find(|(id, _)| id == value)
                .map(|(_, name)| name.clone());
            let name = match known {
                Some(name) => name,
                None => {
                    let name = match self.identity.arn_of_id(value).await.map_err(failed)? {
                        Some(arn) => format!("{arn} ({value})"),
                        None => format!("{value} (whose owner is gone)"),
                    };
                    names.push((value.clone(), name.clone()));
                    name
                }
            };
            *value = name;
        }
        // The same in sentences that name a statement's principals.
        for (id, name) in &names {
            for text in &mut found.advice {
                *text = text.replace(id, name);
            }
            if let Some(suggestion) = &mut found.policies.suggestion {
                suggestion.text = suggestion.text.replace(id, name);
                let parts = suggestion.near.iter_mut().flat_map(|near| &mut near.parts);
                parts.for_each(|part| *part = part.replace(id, name));
            }
        }
        Ok(())
    }
}
