//! Several regions, in the network of the suite `regions` (../../../regions), which starts this with their buckets.
//!
//! The SDK follows no redirect: its user must be able to see what to do. It is built without TLS here, so it is told
//! plain HTTP, by Amazon's own names.

use std::env;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Region;
use aws_sdk_s3::error::ProvideErrorMetadata;
use cairn_client_rust::regional;

fn connect(region: &str) -> Client {
    let config = regional()
        .endpoint_url(format!("http://s3.{region}.amazonaws.com"))
        .region(Region::new(region.to_owned()));
    Client::from_conf(config.build())
}

#[tokio::test]
#[ignore = "needs the network of the suite `regions`"]
async fn wrong_region() {
    let buckets = env::var("CAIRN_TEST_BUCKETS").expect("CAIRN_TEST_BUCKETS");
    for (home, bucket) in buckets.split(',').map(|pair| pair.split_once('=').unwrap()) {
        for first in ["us-east-1", "eu-west-1", "af-south-1"] {
            if first == home {
                continue;
            }
            let put = |region: &str| connect(region).put_object().bucket(bucket).key("rust").send();
            let refused = put(first).await.expect_err("the bucket is elsewhere");
            let response = refused.raw_response().expect("an answer");
            let code = match response.status().as_u16() {
                301 => "PermanentRedirect",
                400 => "IllegalLocationConstraintException",
                other => panic!("{other}: {refused:?}"),
            };
            assert_eq!(refused.code(), Some(code));
            let told = response.headers().get("x-amz-bucket-region").expect("the header");
            assert_eq!(told, home);
            put(told).await.expect("the region that was told");
        }
    }
}
