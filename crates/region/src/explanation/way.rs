//! What to do: the hosts and regions that lead to the right answer, for who asks in which way.

use cairn_protocol::address::{Address, Endpoint, Style};
use cairn_protocol::encoding::encode_path;
use cairn_types::{BucketName, RegionName};

use super::{Asked, Seen, path};
use crate::{Answer, Because, Decision, Home, LaunchClass, Purpose, Regions};

/// The ways to what the request wants; none where it is already on one, or where there is nothing.
pub(super) fn ways(
    regions: &Regions,
    asked: &Asked<'_>,
    address: &Address,
    home: Option<&Home>,
    seen: &Seen,
    decision: &Decision,
) -> Vec<super::Way> {
    let Seen::Refused(refused) = seen else {
        return Vec::new();
    };
    if refused.after_authentication {
        return Vec::new();
    }
    if decision.answer == Answer::Serve {
        // Only the signature's region is wrong.
        return vec![super::Way {
            situation: "the same request, signed again",
            host: asked.host.to_owned(),
            path: path(asked.target).to_owned(),
            signing_region: decision.facility.clone(),
        }];
    }
    let (Some(bucket), Some(home)) = (&address.bucket, home.map(|home| &home.region)) else {
        return Vec::new();
    };
    let key = address.key.as_ref().map_or("", |key| key.as_str());
    let way = |situation, host: String, path| super::Way {
        situation,
        host: regions.with_port(&host, home, asked.host),
        path,
        signing_region: home.clone(),
    };
    if let Endpoint::Website(_) = address.endpoint {
        let host = regions.with_port(&regions.website_host(bucket, home), home, asked.host);
        // Website endpoints take no signature; the region is told all the same.
        return vec![super::Way {
            host,
            ..way(
                "a browser, at the website endpoint",
                String::new(),
                format!("/{}", encode_path(key)),
            )
        }];
    }
    let in_path = match key {
        "" => format!("/{bucket}"),
        key => format!("/{bucket}/{}", encode_path(key)),
    };
    let virtual_hosted = way(
        "virtual-hosted, as SDKs do it",
        regional_bucket_host(regions, bucket, home),
        format!("/{}", encode_path(key)),
    );
    let path_style = way(
        "path style",
        format!("s3.{home}.{}", regions.domain()),
        in_path.clone(),
    );
    // A certificate's wildcard covers one label (facts/01 §1).
    let mut ways = if bucket.as_str().contains('.') && asked.tls {
        vec![path_style, virtual_hosted]
    } else {
        vec![virtual_hosted, path_style]
    };
    ways.extend(listener(regions, home).map(|host| super::Way {
        host,
        ..way("without DNS, at the region's own address", String::new(), in_path)
    }));
    ways
}

/// The bucket's own host with its region in it: right now and after any publication in DNS.
fn regional_bucket_host(regions: &Regions, bucket: &BucketName, home: &RegionName) -> String {
    format!("{bucket}.s3.{home}.{}", regions.domain())
}

/// A listener of the region: an address that DNS would hand out, with the preferred port.
fn listener(regions: &Regions, home: &RegionName) -> Option<String> {
    let region = regions.get(home)?;
    let (address, port) = region.addresses.first().zip(region.ports.first())?;
    Some(std::net::SocketAddr::new(*address, *port).to_string())
}

/// What is worth knowing beside the answer.
pub(super) fn notes(
    regions: &Regions,
    asked: &Asked<'_>,
    address: &Address,
    home: Option<&Home>,
    decision: &Decision,
) -> Vec<String> {
    let mut notes = Vec::new();
    let global_name = address.endpoint == Endpoint::Global && address.style == Style::VirtualHosted;
    if let Some(region) = address.endpoint.region()
        && regions.get(&region).is_none()
        && address.endpoint != Endpoint::Global
    {
        notes.push(format!(
            "{region} is not a region of this deployment, which has {}",
            names(regions)
        ));
    }
    if let Some(home) = home {
        if regions.get(&home.region).is_none() {
            notes.push(format!(
                "the bucket's home {} is not a region of this deployment any more",
                home.region
            ));
        }
        let old = regions.class(&home.region) == LaunchClass::Before20190320;
        if global_name && old && decision.because == Because::GlobalName {
            notes.push(
                "a 307 is for this request only: go on using the original endpoint; once DNS knows the bucket's \
                 home, the global name leads there, and signatures must then be for that region"
                    .to_owned(),
            );
            notes.push(
                "browsers do not follow a redirect of a preflight, and a signature of Version 4 does not survive one: \
                 presign with a client of the bucket's region"
                    .to_owned(),
            );
        }
        if decision.answer == Answer::Serve
            && asked.purpose == Purpose::Other
            && decision.because == Because::GlobalNamePublished
        {
            notes.push(format!(
                "by the bucket's global name the region {} answers: a client that signs for another region gets 400",
                decision.facility
            ));
        }
        if let Some(dns) = asked.dns
            && let Some(led) = &dns.region
            && led != asked.arrived
        {
            notes.push(format!(
                "DNS leads this host to {led}, but the request is taken to arrive at {}: the client asks another \
                 DNS, holds an old answer, or names an address itself",
                asked.arrived
            ));
        }
    }
    notes
}

fn names(regions: &Regions) -> String {
    let names: Vec<&str> = regions.iter().map(|region| region.name.as_str()).collect();
    names.join(", ")
}
