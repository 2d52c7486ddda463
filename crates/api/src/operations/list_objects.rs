//! ListObjects and ListObjectsV2 (facts/06 §3): one listing, two dialects.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cairn_access::Ownership;
use cairn_identity::Caller;
use cairn_objects::{Bucket, ListObjects as List, ObjectEntry, ObjectPage};
use cairn_protocol::documents::{ListBucketResult, ListBucketResultV2, ListedObject, Owner};
use cairn_protocol::parameters::{self, EncodingType};

use crate::access;
use crate::operation::{Call, Operation};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Condition, Resource, Route};

pub(super) struct ListObjects;
pub(super) struct ListObjectsV2;

/// The owners that listings show: the bucket's, and whoever owns an object where there are ACLs.
pub(super) struct ListedOwners<'a> {
    bucket: &'a cairn_objects::Owner,
    has_acls: bool,
}

impl<'a> ListedOwners<'a> {
    /// The owners in a bucket. One whose controls cannot be read is not listed at all.
    pub(super) fn of(bucket: &'a Bucket) -> Self {
        Self {
            bucket: &bucket.owner,
            has_acls: access::ownership(bucket).is_ok_and(Ownership::has_acls),
        }
    }

    /// The canonical user id of the owner of an object that has this one of its own.
    pub(super) fn object<'b>(&'b self, own: Option<&'b cairn_objects::Owner>) -> &'b str {
        let owner = own.filter(|_| self.has_acls).unwrap_or(self.bucket);
        owner.canonical.as_str()
    }
}

/// Who initiated an upload, as listings show it: with a name, unlike owners (facts/06 §3).
pub(super) fn initiator(owner: &cairn_objects::Owner) -> Owner {
    // Uploads are the root user's until there are others.
    Owner {
        id: owner.canonical.as_str().to_owned(),
        display_name: Some("root".to_owned()),
    }
}

/// What both dialects ask in the same words.
pub(super) struct Common {
    prefix: String,
    delimiter: Option<String>,
    max_keys: u32,
    encoding: Option<EncodingType>,
}

impl Common {
    fn parse(call: &Call) -> Result<Self, Refusal> {
        Ok(Self {
            encoding: parameters::encoding_type(&call.query)?,
            max_keys: parameters::max_keys(&call.query)?,
            prefix: call.query.get("prefix").unwrap_or_default().to_owned(),
            delimiter: parameters::delimiter(&call.query).map(str::to_owned),
        })
    }

    fn list(&self, after: String) -> List {
        List {
            prefix: self.prefix.clone(),
            delimiter: self.delimiter.clone().unwrap_or_default(),
            after,
            limit: self.max_keys as usize,
        }
    }
}

async fn page(call: &Call, list: &List) -> Result<ObjectPage, Refusal> {
    let bucket = call.bucket()?;
    call.objects()
        .list_objects(&bucket, list)
        .await
        .map_err(|error| call.refuse(error))
}

/// The objects of a page, as their elements show them.
fn contents<'a>(
    page: &'a ObjectPage,
    owners: Option<&'a ListedOwners<'_>>,
) -> impl Iterator<Item = ListedObject<'a>> + Clone {
    page.entries().filter_map(move |entry| match entry {
        ObjectEntry::Object(key, object) => Some(ListedObject {
            key,
            last_modified: object.modified,
            etag: object.etag,
            checksum: Some(object.checksum),
            size: object.size,
            owner: owners.map(|owners| owners.object(object.owner.as_deref())),
            storage_class: object.storage_class,
        }),
        ObjectEntry::CommonPrefix(_) => None,
    })
}

fn common_prefixes(page: &ObjectPage) -> Vec<&str> {
    let prefixes = page.entries().filter_map(|entry| match entry {
        ObjectEntry::Object(..) => None,
        ObjectEntry::CommonPrefix(prefix) => Some(prefix),
    });
    prefixes.collect()
}

fn answer(call: &Call, document: String) -> Response {
    let region = call.bucket.as_ref().map(|bucket| bucket.region.to_string());
    Response::xml(document).optional("x-amz-bucket-region", region)
}

pub(super) struct V1 {
    common: Common,
    marker: String,
}

impl Operation for ListObjects {
    const NAME: &'static str = "ListObjects";
    const ROUTE: Route = Route::new("GET", Resource::Bucket);
    const ACTION: Action = Action::new("s3:ListBucket");

    type Input = V1;
    type Output = (V1, ObjectPage);

    fn parse(call: &mut Call) -> Result<V1, Refusal> {
        let marker = call.query.get("marker").unwrap_or_default().to_owned();
        Ok(V1 {
            common: Common::parse(call)?,
            marker,
        })
    }

    async fn execute(call: &mut Call, input: V1) -> Result<Self::Output, Refusal> {
        let page = page(call, &input.common.list(input.marker.clone())).await?;
        Ok((input, page))
    }

    fn respond(call: &Call, (V1 { common, marker }, page): Self::Output) -> Response {
        let next = page.next.clone();
        // The anonymous do not see who owns what (facts/06 §3).
        let owners = match &call.caller {
            Caller::Signer(_) => call.bucket.as_deref().map(ListedOwners::of),
            Caller::Anonymous => None,
        };
        let Some(bucket) = &call.bucket else {
            return Response::no_content();
        };
        let result = ListBucketResult {
            name: bucket.name.clone(),
            prefix: common.prefix,
            marker,
            is_truncated: next.is_some(),
            next_marker: next.filter(|_| common.delimiter.is_some()),
            max_keys: common.max_keys,
            delimiter: common.delimiter,
            encoding: common.encoding,
            contents: contents(&page, owners.as_ref()),
            common_prefixes: common_prefixes(&page),
        };
        answer(call, result.to_xml())
    }
}

pub(super) struct V2 {
    common: Common,
    /// The token as sent, and where it says to go on.
    token: Option<(String, String)>,
    start_after: Option<String>,
    fetch_owner: bool,
}

/// A continuation token: a version byte and the last key or common prefix of the page before, so that it
/// survives every key and means nothing to anybody else.
const TOKEN_VERSION: u8 = 1;

fn write_token(after: &str) -> String {
    let mut token = vec![TOKEN_VERSION];
    token.extend_from_slice(after.as_bytes());
    URL_SAFE_NO_PAD.encode(token)
}

fn read_token(token: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (&TOKEN_VERSION, after) = bytes.split_first()? else {
        return None;
    };
    String::from_utf8(after.to_vec())
        .ok()
        .filter(|after| !after.is_empty())
}

impl Operation for ListObjectsV2 {
    const NAME: &'static str = "ListObjectsV2";
    const ROUTE: Route = Route::new("GET", Resource::Bucket).when(&[Condition::QueryValue("list-type", "2")]);
    const ACTION: Action = Action::new("s3:ListBucket");

    type Input = V2;
    type Output = (V2, ObjectPage);

    fn parse(call: &mut Call) -> Result<V2, Refusal> {
        let common = Common::parse(call)?;
        let token = match call.query.get("continuation-token") {
            None => None,
            Some(token) => {
                let after = read_token(token).ok_or_else(parameters::invalid_continuation_token)?;
                Some((token.to_owned(), after))
            }
        };
        // Ignored, and not echoed, beside a token (facts/06 §3).
        let start_after = call
            .query
            .get("start-after")
            .filter(|_| token.is_none())
            .map(str::to_owned);
        Ok(V2 {
            common,
            token,
            start_after,
            fetch_owner: parameters::fetch_owner(&call.query),
        })
    }

    async fn execute(call: &mut Call, input: V2) -> Result<Self::Output, Refusal> {
        let after = match (&input.token, &input.start_after) {
            (Some((_, after)), _) => after.clone(),
            (None, start_after) => start_after.clone().unwrap_or_default(),
        };
        let page = page(call, &input.common.list(after)).await?;
        Ok((input, page))
    }

    fn respond(
        call: &Call,
        (
            V2 {
                common,
                token,
                start_after,
                fetch_owner,
            },
            page,
        ): Self::Output,
    ) -> Response {
        let next = page.next.as_deref().map(write_token);
        let owners = call
            .bucket
            .as_deref()
            .filter(|_| fetch_owner)
            .map(ListedOwners::of);
        let Some(bucket) = &call.bucket else {
            return Response::no_content();
        };
        let result = ListBucketResultV2 {
            name: bucket.name.clone(),
            prefix: common.prefix,
            start_after,
            continuation_token: token.map(|(token, _)| token),
            is_truncated: next.is_some(),
            next_continuation_token: next,
            max_keys: common.max_keys,
            delimiter: common.delimiter,
            encoding: common.encoding,
            contents: contents(&page, owners.as_ref()),
            common_prefixes: common_prefixes(&page),
        };
        answer(call, result.to_xml())
    }
}

#[cfg(test)]
mod tests {
    use super::{read_token, write_token};

    // facts/06 §3: tokens must survive keys with %, =, spaces and emoji.
    #[test]
    fn tokens_round_trip_and_foreign_ones_are_refused() {
        for key in ["a", "100%", "a=b&c", " space", "😀/", "\u{1}"] {
            assert_eq!(read_token(&write_token(key)).as_deref(), Some(key));
        }
        for token in ["", "not ours", "AQ", "AGE", "///"] {
            assert_eq!(read_token(token), None, "{token}");
        }
    }
}
