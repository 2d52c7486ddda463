//! Managed policies that every account has: Amazon's, as far as they are about what Cairn has. Documents
//! under the names and ARNs of Amazon's; whoever attaches one gets what the name says.

use cairn_types::Timestamp;

/// One of Amazon's managed policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AwsManagedPolicy {
    /// Its name.
    pub name: &'static str,
    /// Its path.
    pub path: &'static str,
    /// Its unique id.
    pub id: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// What it says.
    pub document: &'static str,
}

impl AwsManagedPolicy {
    /// When they were made: 2015-02-06, the date that Amazon's show (believed for all but AdministratorAccess).
    pub fn created() -> Timestamp {
        Timestamp::from_seconds(1_423_247_986)
    }

    /// `arn:aws:iam::aws:policy/path/name`
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::aws:policy{}{}", self.path, self.name)
    }
}

/// All of them, by name.
pub const AWS_MANAGED_POLICIES: &[AwsManagedPolicy] = &[
    AwsManagedPolicy {
        name: "AdministratorAccess",
        path: "/",
        id: "ANPAIWMBCKSKIEE64ZLYK",
        description: "Provides full access to AWS services and resources.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    },
    AwsManagedPolicy {
        name: "AmazonS3FullAccess",
        path: "/",
        id: "ANPAIFIR6V6BVTRAHWINE",
        description: "Provides full access to all buckets.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","s3-object-lambda:*"],"Resource":"*"}]}"#,
    },
    AwsManagedPolicy {
        name: "AmazonS3ReadOnlyAccess",
        path: "/",
        id: "ANPAIZTJ4DXE7G6AGAE6M",
        description: "Provides read only access to all buckets.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*","s3:Describe*","s3-object-lambda:Get*","s3-object-lambda:List*"],"Resource":"*"}]}"#,
    },
    AwsManagedPolicy {
        name: "IAMFullAccess",
        path: "/",
        id: "ANPAI7XKCFMBPM3QQRRVQ",
        description: "Provides full access to IAM.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*"],"Resource":"*"}]}"#,
    },
    AwsManagedPolicy {
        name: "IAMReadOnlyAccess",
        path: "/",
        id: "ANPAJKSO7NDY4T57MWDSQ",
        description: "Provides read only access to IAM.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:GenerateCredentialReport","iam:GenerateServiceLastAccessedDetails","iam:Get*","iam:List*","iam:SimulateCustomPolicy","iam:SimulatePrincipalPolicy"],"Resource":"*"}]}"#,
    },
    AwsManagedPolicy {
        name: "IAMUserChangePassword",
        path: "/",
        id: "ANPAJ4L4MM2A7QIEB56MS",
        description: "Lets a user change its own password.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:ChangePassword"],"Resource":["arn:aws:iam::*:user/${aws:username}"]},{"Effect":"Allow","Action":["iam:GetAccountPasswordPolicy"],"Resource":"*"}]}"#,
    },
];

/// Allows everything.
pub(crate) const EVERYTHING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// Denies everything.
pub(crate) const NOTHING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;

/// The document of the policy with this ARN, if it is one of Amazon's.
pub(crate) fn document(arn: &str) -> Option<&'static str> {
    by_arn(arn).map(|policy| policy.document)
}

/// Amazon's policy with this ARN.
pub(crate) fn by_arn(arn: &str) -> Option<&'static AwsManagedPolicy> {
    let rest = arn.strip_prefix("arn:aws:iam::aws:policy")?;
    AWS_MANAGED_POLICIES
        .iter()
        .find(|policy| rest.strip_prefix(policy.path) == Some(policy.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_by_their_own_arns_only() {
        for policy in AWS_MANAGED_POLICIES {
            assert_eq!(by_arn(&policy.arn()), Some(policy));
            assert!(cairn_policy::Policy::parse(policy.document, cairn_policy::PolicyType::Identity).is_ok());
        }
        assert_eq!(by_arn("arn:aws:iam::aws:policy/Nothing"), None);
        assert_eq!(
            by_arn("arn:aws:iam::123456789012:policy/AdministratorAccess"),
            None
        );
    }
}
