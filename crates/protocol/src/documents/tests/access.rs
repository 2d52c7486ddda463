//! Ownership controls, Block Public Access and policy status (facts/05 §8).

use super::document;
use crate::S3Error;
use crate::documents::{ObjectOwnership, OwnershipControls, PolicyStatus, PublicAccessBlockConfiguration};

#[test]
fn ownership_controls_go_both_ways() {
    for ownership in ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"] {
        let xml = document(
            "OwnershipControls",
            &format!("<Rule><ObjectOwnership>{ownership}</ObjectOwnership></Rule>"),
        );
        let read = OwnershipControls::parse(xml.as_bytes()).unwrap();
        assert_eq!(read.0.as_str(), ownership);
        assert_eq!(read.to_xml(), xml);
    }
    let rule = "<Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule>";
    for children in [
        "",
        "<Rule/>",
        "<Rule><ObjectOwnership>objectwriter</ObjectOwnership></Rule>",
        &rule.repeat(2),
        "<ObjectOwnership>ObjectWriter</ObjectOwnership>",
    ] {
        let xml = document("OwnershipControls", children);
        assert_eq!(
            OwnershipControls::parse(xml.as_bytes()),
            Err(S3Error::MalformedXML {}),
            "{children}"
        );
    }
    assert_eq!(ObjectOwnership::from_word("Other"), None);
}

#[test]
fn a_flag_left_out_is_off() {
    let xml = document(
        "PublicAccessBlockConfiguration",
        "<RestrictPublicBuckets>TRUE</RestrictPublicBuckets><BlockPublicAcls>true</BlockPublicAcls>",
    );
    let read = PublicAccessBlockConfiguration::parse(xml.as_bytes()).unwrap();
    assert_eq!(
        read,
        PublicAccessBlockConfiguration {
            block_public_acls: true,
            restrict_public_buckets: true,
            ..Default::default()
        }
    );
    let children = "<BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>false</IgnorePublicAcls>\
                    <BlockPublicPolicy>false</BlockPublicPolicy>\
                    <RestrictPublicBuckets>true</RestrictPublicBuckets>";
    assert_eq!(
        read.to_xml(),
        document("PublicAccessBlockConfiguration", children)
    );
    assert!(read.to_control_xml().contains(
        "<PublicAccessBlockConfiguration xmlns=\"http://awss3control.amazonaws.com/doc/2018-08-20/\">"
    ));
    for children in [
        "<BlockPublicAcls>yes</BlockPublicAcls>",
        "<BlockAll>true</BlockAll>",
    ] {
        let xml = document("PublicAccessBlockConfiguration", children);
        assert_eq!(
            PublicAccessBlockConfiguration::parse(xml.as_bytes()),
            Err(S3Error::MalformedXML {})
        );
    }
}

#[test]
fn policy_status_is_in_capitals() {
    let status = |is_public| PolicyStatus { is_public }.to_xml();
    assert_eq!(
        status(true),
        document("PolicyStatus", "<IsPublic>TRUE</IsPublic>")
    );
    assert_eq!(
        status(false),
        document("PolicyStatus", "<IsPublic>FALSE</IsPublic>")
    );
}
