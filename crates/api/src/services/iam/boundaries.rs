//! PutUserPermissionsBoundary, DeleteUserPermissionsBoundary, and the same of roles.

use cairn_identity::Name;
use cairn_policy::Context;
use cairn_protocol::xml::Writer;

use super::input::{NAME_CHARS_MAX, check_arn, role_arn, user_arn};
use super::roles::role_name;
use crate::services::query::parameters::ARN;
use crate::services::query::{Parameters, QueryCall, QueryError, QueryOperation};

/// A name, and the ARN of a policy.
type Bound = (Name, String);

fn boundary(parameters: &mut Parameters) -> Option<String> {
    parameters.required("PermissionsBoundary", &ARN)
}

fn set_key<'a>(boundary: &'a str, context: &mut Context<'a>) {
    context.set("iam:PermissionsBoundary", boundary);
}

pub(super) struct PutUserPermissionsBoundary;

impl QueryOperation for PutUserPermissionsBoundary {
    const NAME: &'static str = "PutUserPermissionsBoundary";
    const ACTION: &'static str = "iam:PutUserPermissionsBoundary";

    type Input = Bound;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Bound> {
        let name = parameters.name("UserName", NAME_CHARS_MAX);
        let boundary = boundary(parameters);
        Some((name?, boundary?))
    }

    async fn resource(call: &QueryCall, (name, boundary): &Bound) -> Result<String, QueryError> {
        check_arn(boundary)?;
        user_arn(call, name.as_str()).await
    }

    fn conditions<'a>(_: &'a QueryCall, (_, boundary): &'a Bound, context: &mut Context<'a>) {
        set_key(boundary, context);
    }

    async fn execute(call: &QueryCall, (name, boundary): Bound) -> Result<(), QueryError> {
        let set = call
            .identity()
            .set_user_boundary(call.account()?, name.as_str(), &boundary);
        Ok(set.await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct DeleteUserPermissionsBoundary;

impl QueryOperation for DeleteUserPermissionsBoundary {
    const NAME: &'static str = "DeleteUserPermissionsBoundary";
    const ACTION: &'static str = "iam:DeleteUserPermissionsBoundary";

    type Input = Name;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Name> {
        parameters.name("UserName", NAME_CHARS_MAX)
    }

    async fn resource(call: &QueryCall, name: &Name) -> Result<String, QueryError> {
        user_arn(call, name.as_str()).await
    }

    async fn execute(call: &QueryCall, name: Name) -> Result<(), QueryError> {
        let deleted = call
            .identity()
            .delete_user_boundary(call.account()?, name.as_str());
        Ok(deleted.await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct PutRolePermissionsBoundary;

impl QueryOperation for PutRolePermissionsBoundary {
    const NAME: &'static str = "PutRolePermissionsBoundary";
    const ACTION: &'static str = "iam:PutRolePermissionsBoundary";

    type Input = Bound;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Bound> {
        let name = role_name(parameters);
        let boundary = boundary(parameters);
        Some((name?, boundary?))
    }

    async fn resource(call: &QueryCall, (name, boundary): &Bound) -> Result<String, QueryError> {
        check_arn(boundary)?;
        role_arn(call, name.as_str()).await
    }

    fn conditions<'a>(_: &'a QueryCall, (_, boundary): &'a Bound, context: &mut Context<'a>) {
        set_key(boundary, context);
    }

    async fn execute(call: &QueryCall, (name, boundary): Bound) -> Result<(), QueryError> {
        let set = call
            .identity()
            .set_role_boundary(call.account()?, name.as_str(), &boundary);
        Ok(set.await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct DeleteRolePermissionsBoundary;

impl QueryOperation for DeleteRolePermissionsBoundary {
    const NAME: &'static str = "DeleteRolePermissionsBoundary";
    const ACTION: &'static str = "iam:DeleteRolePermissionsBoundary";

    type Input = Name;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Name> {
        role_name(parameters)
    }

    async fn resource(call: &QueryCall, name: &Name) -> Result<String, QueryError> {
        role_arn(call, name.as_str()).await
    }

    async fn execute(call: &QueryCall, name: Name) -> Result<(), QueryError> {
        let deleted = call
            .identity()
            .delete_role_boundary(call.account()?, name.as_str());
        Ok(deleted.await?)
    }

    fn write((): &(), _: &mut Writer) {}
}
