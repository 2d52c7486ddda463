//! UpdateAccountPasswordPolicy, GetAccountPasswordPolicy, DeleteAccountPasswordPolicy.

use cairn_identity::PasswordPolicy;
use cairn_protocol::xml::Writer;

use crate::services::query::{Parameters, QueryCall, QueryError, QueryOperation};

/// The bounds of the rules (facts/05 §3).
const LENGTH_MIN: u32 = 6;
const LENGTH_MAX: u32 = 128;
const AGE_DAYS_MAX: u32 = 1095;
const REUSE_MAX: u32 = 24;

pub(super) struct UpdateAccountPasswordPolicy;

impl QueryOperation for UpdateAccountPasswordPolicy {
    const NAME: &'static str = "UpdateAccountPasswordPolicy";
    const ACTION: &'static str = "iam:UpdateAccountPasswordPolicy";

    type Input = PasswordPolicy;
    type Output = ();

    /// What is absent gets its default, whatever it was before.
    fn parse(parameters: &mut Parameters) -> Option<PasswordPolicy> {
        let length = parameters.integer("MinimumPasswordLength", LENGTH_MIN, LENGTH_MAX);
        let symbols = parameters.boolean("RequireSymbols");
        let numbers = parameters.boolean("RequireNumbers");
        let uppercase = parameters.boolean("RequireUppercaseCharacters");
        let lowercase = parameters.boolean("RequireLowercaseCharacters");
        let users = parameters.boolean("AllowUsersToChangePassword");
        let age = parameters.integer("MaxPasswordAge", 1, AGE_DAYS_MAX);
        let reuse = parameters.integer("PasswordReusePrevention", 1, REUSE_MAX);
        let hard_expiry = parameters.boolean("HardExpiry");
        Some(PasswordPolicy {
            minimum_length: u16::try_from(length?.unwrap_or(LENGTH_MIN)).ok()?,
            require_symbols: symbols?.unwrap_or_default(),
            require_numbers: numbers?.unwrap_or_default(),
            require_uppercase: uppercase?.unwrap_or_default(),
            require_lowercase: lowercase?.unwrap_or_default(),
            allow_users_to_change: users?.unwrap_or_default(),
            max_age_days: age?.map(u16::try_from).transpose().ok()?,
            reuse_prevention: reuse?.map(u8::try_from).transpose().ok()?,
            hard_expiry: hard_expiry?.unwrap_or_default(),
        })
    }

    async fn resource(_: &QueryCall, _: &PasswordPolicy) -> Result<String, QueryError> {
        Ok("*".to_owned())
    }

    async fn execute(call: &QueryCall, policy: PasswordPolicy) -> Result<(), QueryError> {
        Ok(call
            .identity()
            .set_password_policy(call.account()?, policy)
            .await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct GetAccountPasswordPolicy;

impl QueryOperation for GetAccountPasswordPolicy {
    const NAME: &'static str = "GetAccountPasswordPolicy";
    const ACTION: &'static str = "iam:GetAccountPasswordPolicy";

    type Input = ();
    type Output = PasswordPolicy;

    fn parse(_: &mut Parameters) -> Option<()> {
        Some(())
    }

    async fn resource(_: &QueryCall, (): &()) -> Result<String, QueryError> {
        Ok("*".to_owned())
    }

    async fn execute(call: &QueryCall, (): ()) -> Result<PasswordPolicy, QueryError> {
        Ok(call.identity().password_policy(call.account()?).await?)
    }

    fn write(policy: &PasswordPolicy, result: &mut Writer) {
        result.nested("PasswordPolicy", |writer| {
            writer
                .element("MinimumPasswordLength", policy.minimum_length)
                .element("RequireSymbols", policy.require_symbols)
                .element("RequireNumbers", policy.require_numbers)
                .element("RequireUppercaseCharacters", policy.require_uppercase)
                .element("RequireLowercaseCharacters", policy.require_lowercase)
                .element("AllowUsersToChangePassword", policy.allow_users_to_change)
                .element("ExpirePasswords", policy.max_age_days.is_some())
                .optional("MaxPasswordAge", policy.max_age_days)
                .optional("PasswordReusePrevention", policy.reuse_prevention)
                .element("HardExpiry", policy.hard_expiry);
        });
    }
}

pub(super) struct DeleteAccountPasswordPolicy;

impl QueryOperation for DeleteAccountPasswordPolicy {
    const NAME: &'static str = "DeleteAccountPasswordPolicy";
    const ACTION: &'static str = "iam:DeleteAccountPasswordPolicy";

    type Input = ();
    type Output = ();

    fn parse(_: &mut Parameters) -> Option<()> {
        Some(())
    }

    async fn resource(_: &QueryCall, (): &()) -> Result<String, QueryError> {
        Ok("*".to_owned())
    }

    async fn execute(call: &QueryCall, (): ()) -> Result<(), QueryError> {
        Ok(call.identity().delete_password_policy(call.account()?).await?)
    }

    fn write((): &(), _: &mut Writer) {}
}
