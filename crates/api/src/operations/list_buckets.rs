//! ListBuckets (facts/06 §3).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::sync::Arc;

use cairn_objects::{BucketList, ListBuckets as List};
use cairn_protocol::documents::{ListAllMyBucketsResult, ListedBucket, Owner};
use cairn_protocol::parameters;
use cairn_region::is_amazons;

use crate::operation::{Call, Operation};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Resource, Route};

pub(super) struct ListBuckets;

impl Operation for ListBuckets {
    const NAME: &'static str = "ListBuckets";
    const ROUTE: Route = Route::new("GET", Resource::Service);
    const ACTION: Action = Action::new("s3:ListAllMyBuckets");

    type Input = List;
    type Output = (Owner, BucketList);

    fn parse(call: &mut Call) -> Result<List, Refusal> {
        let region = parameters::bucket_region(&call.query)?;
        if let Some(region) = &region
            && call.api.settings.regions.get(region).is_none()
            && !is_amazons(region)
        {
            return Err(parameters::invalid_bucket_region(region.as_str()).into());
        }
        // An empty token is allowed here (facts/06 §3).
        let after = match call
            .query
            .get("continuation-token")
            .filter(|token| !token.is_empty())
        {
            None => None,
            Some(token) => Some(
                URL_SAFE_NO_PAD
                    .decode(token)
                    .ok()
                    .and_then(|name| String::from_utf8(name).ok())
                    .ok_or_else(parameters::invalid_continuation_token)?,
            ),
        };
        Ok(List {
            owner: Some(call.signed_by()?.account.id.clone()),
            prefix: call.query.get("prefix").unwrap_or_default().to_owned(),
            region,
            after,
            limit: parameters::max_buckets(&call.query)? as usize,
        })
    }

    async fn execute(call: &mut Call, list: List) -> Result<(Owner, BucketList), Refusal> {
        let account = Arc::clone(&call.signed_by()?.account);
        let owner = Owner {
            id: account.canonical_user_id.as_str().to_owned(),
            display_name: None,
        };
        let page = call
            .objects()
            .list_buckets(&list)
            .await
            .map_err(|error| call.refuse(error))?;
        Ok((owner, page))
    }

    fn respond(call: &Call, (owner, page): (Owner, BucketList)) -> Response {
        let buckets = page.buckets.into_iter().map(|bucket| ListedBucket {
            name: bucket.name,
            creation_date: bucket.created,
            region: bucket.region,
        });
        let result = ListAllMyBucketsResult {
            owner,
            buckets: buckets.collect(),
            prefix: call.query.get("prefix").map(str::to_owned),
            continuation_token: page.next.map(|name| URL_SAFE_NO_PAD.encode(name)),
        };
        Response::xml(result.to_xml())
    }
}
