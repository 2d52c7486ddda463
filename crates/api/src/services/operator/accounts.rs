//! CreateAccount, ListAccounts, GetAccount, RotateRootKey.

use cairn_identity::{AccountRecord, Identity, Issued};
use cairn_types::AccountId;
use serde::{Deserialize, Serialize};

use super::OperatorOperation;
use super::error::OperatorError;

/// Accounts of a page.
const PAGE_ACCOUNTS: usize = 100;

/// An account.
#[derive(Debug, Serialize)]
pub(super) struct Account {
    account_id: String,
    canonical_user_id: String,
    name: String,
    alias: Option<String>,
    created: String,
    /// Whether it is the operator's own.
    operator: bool,
    /// Ids of the root user's access keys that the directory has.
    root_access_key_ids: Vec<String>,
    /// Serial numbers of the root user's MFA devices.
    root_mfa_devices: Vec<String>,
}

impl Account {
    fn of(identity: &Identity, record: AccountRecord) -> Self {
        Self {
            operator: identity.is_operator(&record.id),
            account_id: record.id.to_string(),
            canonical_user_id: record.canonical_user_id.as_str().to_owned(),
            name: record.name,
            alias: record.alias,
            created: record.created.iso8601(),
            root_access_key_ids: record.keys.iter().map(ToString::to_string).collect(),
            root_mfa_devices: record.mfa_devices,
        }
    }
}

/// An account and its root user's key, which is told this once.
#[derive(Serialize)]
pub(super) struct AccountWithKey {
    #[serde(flatten)]
    account: Account,
    access_key_id: String,
    secret_access_key: String,
}

impl AccountWithKey {
    fn of(identity: &Identity, record: AccountRecord, issued: &Issued) -> Self {
        Self {
            account: Account::of(identity, record),
            access_key_id: issued.record.id.to_string(),
            secret_access_key: issued.secret.expose().to_owned(),
        }
    }
}

/// The number of an account in a document.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    account_id: String,
}

impl Which {
    fn id(&self) -> Result<AccountId, OperatorError> {
        AccountId::parse(&self.account_id).map_err(|error| OperatorError::validation(error.to_string()))
    }
}

pub(super) struct CreateAccount;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    name: String,
}

impl OperatorOperation for CreateAccount {
    const NAME: &'static str = "CreateAccount";
    const PATH: &'static str = "/createAccount";

    type Input = New;
    type Output = AccountWithKey;

    async fn execute(identity: &Identity, input: New) -> Result<AccountWithKey, OperatorError> {
        let (record, issued) = identity.create_account(&input.name).await?;
        Ok(AccountWithKey::of(identity, record, &issued))
    }
}

pub(super) struct ListAccounts;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct After {
    /// The last account of the page before.
    #[serde(default)]
    after: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Accounts {
    accounts: Vec<Account>,
    /// What the next page is asked with; `null` on the last.
    next: Option<String>,
}

impl OperatorOperation for ListAccounts {
    const NAME: &'static str = "ListAccounts";
    const PATH: &'static str = "/listAccounts";

    type Input = After;
    type Output = Accounts;

    async fn execute(identity: &Identity, input: After) -> Result<Accounts, OperatorError> {
        let after = input
            .after
            .map(|after| Which { account_id: after }.id())
            .transpose()?;
        let page = identity.accounts(after.as_ref().map(AccountId::as_str), PAGE_ACCOUNTS);
        let page = page.await?;
        let accounts = page.items.into_iter();
        Ok(Accounts {
            accounts: accounts.map(|record| Account::of(identity, record)).collect(),
            next: page.next,
        })
    }
}

pub(super) struct GetAccount;

impl OperatorOperation for GetAccount {
    const NAME: &'static str = "GetAccount";
    const PATH: &'static str = "/getAccount";

    type Input = Which;
    type Output = Account;

    async fn execute(identity: &Identity, input: Which) -> Result<Account, OperatorError> {
        let record = identity.account(&input.id()?).await?;
        Ok(Account::of(identity, record))
    }
}

pub(super) struct RotateRootKey;

impl OperatorOperation for RotateRootKey {
    const NAME: &'static str = "RotateRootKey";
    const PATH: &'static str = "/rotateRootKey";

    type Input = Which;
    type Output = AccountWithKey;

    async fn execute(identity: &Identity, input: Which) -> Result<AccountWithKey, OperatorError> {
        let id = input.id()?;
        if identity.is_operator(&id) {
            return Err(OperatorError::validation(
                "The first account's root key is the one the server was started with: change it in root-credentials or \
                 in the environment, and restart the server",
            ));
        }
        let issued = identity.rotate_root_key(&id).await?;
        let record = identity.account(&id).await?;
        Ok(AccountWithKey::of(identity, record, &issued))
    }
}
