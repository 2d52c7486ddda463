//! Get, Put and Delete of an account's Block Public Access.

use cairn_protocol::S3Error;
use cairn_protocol::documents::PublicAccessBlockConfiguration;
use http::StatusCode;

use super::ControlCall;
use crate::access;
use crate::refusal::{Subject, wire_error};
use crate::response::Response;

pub(super) const PATH: &str = "/v20180820/configuration/publicAccessBlock";

async fn set(call: &ControlCall, document: Option<bytes::Bytes>) -> Result<(), S3Error> {
    let set = call
        .api
        .objects
        .set_account_document(&call.account, access::PUBLIC_ACCESS_BLOCK, document);
    set.await.map_err(|error| wire_error(error, Subject::default()))
}

pub(super) async fn get(call: ControlCall) -> Result<Response, S3Error> {
    let block = access::account_block(&call.api, &call.account).await?;
    let block = block.ok_or_else(|| S3Error::NoSuchPublicAccessBlockConfiguration {
        bucket_name: None,
        account_id: Some(call.account.to_string()),
    })?;
    Ok(Response::xml(
        PublicAccessBlockConfiguration::from(block).to_control_xml(),
    ))
}

pub(super) async fn put(call: ControlCall) -> Result<Response, S3Error> {
    let block = PublicAccessBlockConfiguration::parse(&call.signed.body)?.into();
    set(&call, Some(access::encode_block(Some(block)))).await?;
    Ok(Response::new(StatusCode::OK))
}

pub(super) async fn delete(call: ControlCall) -> Result<Response, S3Error> {
    set(&call, None).await?;
    Ok(Response::no_content())
}
