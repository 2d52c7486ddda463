//! The two worked examples of the redirects guide and the preflight story (seeds 000 and 003), end to end.

use std::net::SocketAddr;

use super::cors_config::configure;
use crate::kit::{Answer, Connection, Deployment, REGIONS, Request, Signer, cases, deployment};

cases! {
    "02 §2 seed 000: a request is redirected to the facility that has the object": temporary_redirection;
    "02 §2 seed 000: a permanent redirect does not say where in a header": permanent_redirection;
    "02 §2 the redirect is not remembered": original_endpoint_again;
    "02 §1 seed 003: the preflight of a presigned POST": preflight_with_a_global_client, preflight_with_a_regional_client;
}

/// The listener of the region that a host means: the DNS of the story.
fn resolve(d: &Deployment, host: &str) -> SocketAddr {
    let region = REGIONS
        .iter()
        .find(|(region, _)| host.contains(&format!(".s3.{region}.")));
    d.at(region.map_or("us-east-1", |(region, _)| region)).address
}

/// Sends the same request again, to where `Location` says: method, headers and body, `Authorization` too.
#[track_caller]
fn resend(d: &Deployment, request: &Request, location: &str) -> Answer {
    let (host, path) = location
        .strip_prefix("http://")
        .expect("http stays http")
        .split_once('/')
        .unwrap();
    let mut again = request.clone().host(host);
    again.path = format!("/{}", path.split('?').next().unwrap());
    let mut connection = Connection::open(resolve(d, host));
    let (method, body) = (again.method.clone(), again.body.clone());
    connection.send(again.head()).send(body).answer_to(&method)
}

/// "Client C makes a request to facility B; B returns a redirect to location C; the client resends the request to
/// facility C; C returns a copy of the object." SigV2, as in the guide's time: it does not sign the host.
fn temporary_redirection() {
    let Some(d) = deployment() else { return };
    let b = d.bucket("us-west-2");
    let signer = Signer::of(&d.at("us-east-1"));
    let johnsmith = d.named(&format!("{}.s3", b.name));
    let ask = |method: &str, body: &str| {
        let request = Request::to(&d.at("us-east-1"), method, "/photos/puppy.jpg")
            .host(&johnsmith)
            .body(body);
        request
            .header("content-type", "image/jpeg")
            .signed_v2_by(&signer, Some(&b.name))
    };
    let put = ask("PUT", "a puppy");
    let answer = put.clone().send();
    answer.status(307);
    resend(d, &put, &answer.value("location")).status(200);
    let get = ask("GET", "");
    let answer = get.clone().send();
    assert_eq!(
        answer.code(307, "TemporaryRedirect").names()[..3],
        ["Code", "Message", "Endpoint"]
    );
    resend(d, &get, &answer.value("location"))
        .status(200)
        .is("a puppy");
}

/// "this type of redirect does not contain a Location HTTP header … Consult the resulting XML error document."
fn permanent_redirection() {
    let Some(d) = deployment() else { return };
    let b = d.bucket("us-west-2");
    b.store("k", "body");
    let answer = Request::to(&d.at("us-east-1"), "GET", &format!("/{}/k", b.name))
        .host(&d.named("s3"))
        .send();
    answer.lacks("location");
    let endpoint = answer.code(301, "PermanentRedirect").get("Endpoint").to_owned();
    // A client of that time sends the rest of the path there.
    let signer = Signer::of(&d.at("us-west-2"));
    let request = Request::to(&d.at("us-west-2"), "GET", "/k").host(&endpoint);
    request.signed_by(&signer).send().status(200).is("body");
}

/// "Continue to use the original request endpoint": it answers the same the next time.
fn original_endpoint_again() {
    let Some(d) = deployment() else { return };
    let b = d.bucket("eu-west-1");
    b.store("k", "body");
    let host = d.named(&format!("{}.s3", b.name));
    for _ in 0..3 {
        let answer = Request::to(&d.at("us-east-1"), "GET", "/k").host(&host).send();
        answer.status(307).lacks("cache-control").lacks("expires");
        // As once DNS has the record.
        let signer = Signer::of(&d.at("eu-west-1"));
        let request = Request::to(&d.at("eu-west-1"), "GET", "/k")
            .host(&host)
            .signed_by(&signer);
        request.send().status(200).is("body");
    }
}

/// What a browser asks before it sends a form with a file to `http://HOST/`.
fn preflight(d: &Deployment, at: &str, host: &str) -> Answer {
    let request = Request::to(&d.at(at), "OPTIONS", "/").host(host).anonymous();
    let request = request
        .header("origin", "http://localhost:8080")
        .header("access-control-request-method", "POST");
    request
        .header("access-control-request-headers", "cache-control,x-requested-with")
        .send()
}

/// `generate_presigned_post` of a client without a region names `B.s3.amazonaws.com`. A browser does not follow
/// the redirect of a preflight: its status is not 2xx, and nothing allows the origin.
fn preflight_with_a_global_client() {
    let Some(d) = deployment() else { return };
    let b = d.bucket("us-west-2");
    let answer = preflight(d, "us-east-1", &d.named(&format!("{}.s3", b.name)));
    answer.code(307, "TemporaryRedirect");
    assert!(
        answer
            .headers
            .iter()
            .all(|(name, _)| !name.starts_with("access-control-")),
        "{answer}"
    );
    let host = d.named(&format!("{}.s3.us-west-2", b.name));
    answer
        .has("location", &format!("http://{host}/"))
        .has("x-amz-bucket-region", "us-west-2");
    // A home launched after 2019-03-20: refused as well, without a way out.
    let b = d.bucket("af-south-1");
    let answer = preflight(d, "us-east-1", &d.named(&format!("{}.s3", b.name)));
    answer.code(400, "IllegalLocationConstraintException");
}

/// The cure of the story: a client of the bucket's region. Its home answers, by the bucket's CORS: refused before there
/// is any, then allowed as the story's configuration says.
fn preflight_with_a_regional_client() {
    let Some(d) = deployment() else { return };
    for (home, host) in [
        ("us-west-2", "s3.us-west-2"),
        ("us-east-1", "s3"),
        ("af-south-1", "s3.af-south-1"),
    ] {
        let b = d.bucket(home);
        let host = d.named(&format!("{}.{host}", b.name));
        let answer = preflight(d, home, &host);
        let message = "CORSResponse: CORS is not enabled for this bucket.";
        let details = [("Method", "POST"), ("ResourceType", "BUCKET")];
        answer
            .error(403, "AccessForbidden", message, &details)
            .lacks("location");
        configure(
            &b,
            "<CORSRule><AllowedOrigin>http://localhost:8080</AllowedOrigin><AllowedMethod>POST</AllowedMethod>\
             <AllowedHeader>*</AllowedHeader></CORSRule>",
        );
        let answer = preflight(d, home, &host);
        answer.bare(200).lacks("location");
        answer.has("access-control-allow-origin", "http://localhost:8080");
        answer.has("access-control-allow-headers", "cache-control, x-requested-with");
    }
}
