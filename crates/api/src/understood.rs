//! What a request names: the first steps of the pipeline, limits, address and bucket.

use std::sync::Arc;

use cairn_objects::Bucket;
use cairn_protocol::S3Error;
use cairn_protocol::address::{Address, Host};
use cairn_protocol::query::Query;
use http::header::HOST;
use http::request::Parts;

use crate::refusal::{Refusal, Subject, wire_error};
use crate::trace::Trace;
use crate::{Api, cors};

/// A request's address and query, and the bucket if there is one of that name.
pub(crate) struct Understood {
    pub(crate) address: Address,
    pub(crate) found: Option<Arc<Bucket>>,
    pub(crate) query: Query,
}

impl Api {
    /// limits, address, bucket.
    ///
    /// # Errors
    /// What cannot be read or is too long. Such a refusal has the CORS headers of the bucket, too, as far as one
    /// can be told: a page must be able to read why.
    pub(crate) async fn understand(
        &self,
        parts: &Parts,
        host: &Host,
        trace: &mut Trace,
    ) -> Result<Understood, Refusal> {
        let understood = self.read(parts, host).await;
        if understood.is_err() && cors::concerns_actual(parts) {
            self.cors_of_unread(parts, host, trace).await;
        }
        understood
    }

    async fn read(&self, parts: &Parts, host: &Host) -> Result<Understood, Refusal> {
        self.check_limits(parts)?;
        let (address, found) = self.locate(parts, host).await?;
        // Before anybody canonicalises it: the query's own limits bound the work of that.
        let query = Query::parse(parts.uri.query())?;
        Ok(Understood {
            address,
            found,
            query,
        })
    }

    /// address, bucket: what the request names, and the bucket if there is one of that name.
    async fn locate(&self, parts: &Parts, host: &Host) -> Result<(Address, Option<Arc<Bucket>>), Refusal> {
        if let Some(name) = host.cname_candidate()
            && let Some(bucket) = self.lookup(name).await?
        {
            return Ok((host.cname_address(parts.uri.path())?, Some(bucket)));
        }
        let address = host.address(parts.uri.path())?;
        let bucket = match &address.bucket {
            Some(name) => self.lookup(name).await?,
            None => None,
        };
        Ok((address, bucket))
    }

    async fn lookup(&self, name: &cairn_types::BucketName) -> Result<Option<Arc<Bucket>>, S3Error> {
        match self.objects.bucket(name).await {
            Ok(bucket) => Ok(Some(bucket)),
            Err(cairn_objects::Error::NoSuchBucket(_)) => Ok(None),
            Err(error) => Err(wire_error(error, Subject::default())),
        }
    }

    /// The CORS headers of a refusal that comes before the bucket is found.
    async fn cors_of_unread(&self, parts: &Parts, host: &Host, trace: &mut Trace) {
        // Which of two hosts names the bucket is anybody's guess.
        if parts.headers.get_all(HOST).iter().count() > 1 {
            return;
        }
        for name in [host.cname_candidate().cloned(), host.bucket(parts.uri.path())] {
            // The refusal stands, whatever the look-up says.
            if let Some(name) = name
                && let Ok(Some(bucket)) = self.lookup(&name).await
            {
                trace.bucket = Some(name);
                trace.cors = cors::headers(parts, cairn_cors::Resource::Object, Some(&bucket), trace);
                return;
            }
        }
    }
}
