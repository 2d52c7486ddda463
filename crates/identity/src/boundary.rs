//! Permissions boundaries of users and roles: a managed policy that bounds whatever else is allowed.

use cairn_types::AccountId;

use crate::policy_use::Use;
use crate::store::Transaction;
use crate::{Entity, Error, Identity, UniqueId};

impl Transaction {
    /// Makes a policy the boundary of a holder, in place of `boundary`.
    async fn set_boundary(
        &mut self,
        account: &AccountId,
        holder: &UniqueId,
        boundary: &mut Option<String>,
        arn: &str,
    ) -> Result<(), Error> {
        self.check_boundary(account, arn).await?;
        if let Some(former) = boundary.replace(arn.to_owned()) {
            self.forget_boundary(account, &former, holder);
        }
        self.note_policy_use(account, arn, holder, Use::Boundary)
    }

    fn take_boundary(
        &mut self,
        account: &AccountId,
        holder: &UniqueId,
        boundary: &mut Option<String>,
        name: &str,
    ) -> Result<(), Error> {
        let former = boundary
            .take()
            .ok_or_else(|| Error::NoSuchEntity(Entity::PermissionsBoundary, name.to_owned()))?;
        self.forget_boundary(account, &former, holder);
        Ok(())
    }
}

impl Identity {
    /// Bounds a user by a managed policy.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`] for the user and for the policy; [`Error::Busy`], [`Error::Storage`].
    pub async fn set_user_boundary(&self, account: &AccountId, name: &str, arn: &str) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let mut user = transaction.user(account, name).await?;
        transaction
            .set_boundary(account, &user.id, &mut user.boundary, arn)
            .await?;
        transaction.put_user(&user)?;
        transaction.commit().await
    }

    /// Lets nothing bound a user.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`] for the user, and where it has no boundary; [`Error::Busy`], [`Error::Storage`].
    pub async fn delete_user_boundary(&self, account: &AccountId, name: &str) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let mut user = transaction.user(account, name).await?;
        transaction.take_boundary(account, &user.id, &mut user.boundary, name)?;
        transaction.put_user(&user)?;
        transaction.commit().await
    }

    /// Bounds a role by a managed policy.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`] for the role and for the policy; [`Error::Busy`], [`Error::Storage`].
    pub async fn set_role_boundary(&self, account: &AccountId, name: &str, arn: &str) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let mut role = transaction.role(account, name).await?;
        transaction
            .set_boundary(account, &role.id, &mut role.boundary, arn)
            .await?;
        transaction.put_role(&role)?;
        transaction.commit().await
    }

    /// Lets nothing bound a role.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`] for the role, and where it has no boundary; [`Error::Busy`], [`Error::Storage`].
    pub async fn delete_role_boundary(&self, account: &AccountId, name: &str) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let mut role = transaction.role(account, name).await?;
        transaction.take_boundary(account, &role.id, &mut role.boundary, name)?;
        transaction.put_role(&role)?;
        transaction.commit().await
    }
}
