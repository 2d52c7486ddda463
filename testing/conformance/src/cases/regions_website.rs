//! A website endpoint that a bucket of another region is asked at (facts/01 §5, facts/02 §1). Websites themselves are not
//! built: at home they answer 501.

use crate::kit::{Request, cases, deployment};

cases! {
    "02 §1 website host of another region: 400 IncorrectEndpoint": website_host;
}

/// facts/01 §5: in HTML, anonymous, with the details in headers too. The message is believed only.
fn website_host() {
    let Some(d) = deployment() else { return };
    for (at, home) in [
        ("us-west-2", "eu-west-1"),
        ("us-east-1", "us-west-2"),
        ("eu-west-1", "us-east-1"),
    ] {
        let bucket = d.bucket(home);
        let b = &bucket.name;
        for host in [format!("{b}.s3-website-{at}"), format!("{b}.s3-website.{at}")] {
            let get = |method| {
                Request::to(&d.at(at), method, "/index.html")
                    .host(&d.named(&host))
                    .anonymous()
                    .send()
            };
            let answer = get("GET");
            let (id, id2) = (answer.value("x-amz-request-id"), answer.value("x-amz-id-2"));
            let message = "The specified bucket exists in another region. Please direct requests to the specified endpoint.";
            let endpoint = d.named(&format!("{b}.s3-website-{home}"));
            let expected = format!(
                "<html>\n<head><title>400 Bad Request</title></head>\n<body>\n<h1>400 Bad Request</h1>\n<ul>\n\
                 <li>Code: IncorrectEndpoint</li>\n<li>Message: {message}</li>\n<li>Endpoint: {endpoint}</li>\n\
                 <li>RequestId: {id}</li>\n<li>HostId: {id2}</li>\n</ul>\n<hr/>\n</body>\n</html>\n"
            );
            answer.status(400).is(expected);
            assert!(answer.value("content-type").starts_with("text/html"), "{answer}");
            answer
                .has("x-amz-error-code", "IncorrectEndpoint")
                .has("x-amz-error-message", message);
            answer
                .has("x-amz-error-detail-endpoint", &endpoint)
                .lacks("location");
            get("HEAD").bare(400).has("x-amz-error-code", "IncorrectEndpoint");
        }
    }
}
