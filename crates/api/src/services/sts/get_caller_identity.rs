//! GetCallerIdentity: who signed this. Nobody can be denied to know who they are (facts/05 §4).

use std::sync::Arc;

use cairn_identity::Signer;
use cairn_protocol::xml::Writer;

use crate::services::query::{Parameters, QueryCall, QueryError, QueryOperation};

pub(super) struct GetCallerIdentity;

impl QueryOperation for GetCallerIdentity {
    const NAME: &'static str = "GetCallerIdentity";
    const ACTION: &'static str = "sts:GetCallerIdentity";
    const AUTHORIZED: bool = false;

    type Input = ();
    type Output = Arc<Signer>;

    fn parse(_: &mut Parameters) -> Option<()> {
        Some(())
    }

    async fn resource(_: &QueryCall, (): &()) -> Result<String, QueryError> {
        Ok("*".to_owned())
    }

    async fn execute(call: &QueryCall, (): ()) -> Result<Arc<Signer>, QueryError> {
        Ok(Arc::clone(call.signer()?))
    }

    fn write(signer: &Arc<Signer>, result: &mut Writer) {
        result
            .element("Arn", signer.arn())
            .element("UserId", signer.principal.user_id())
            .element("Account", &signer.account.id);
    }
}
