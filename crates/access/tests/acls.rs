//! ACLs, Object Ownership and Block Public Access, fact by fact (facts/05 §8).
#![allow(clippy::unwrap_used)]

use cairn_access::{
    Acl, CannedAcl, Form, GRANTS_MAX, Grant, Grantee, Group, Level, Ownership, Permission, PublicAccessBlock,
    WantedAcl, accept_for_bucket, accept_for_object,
};
use cairn_protocol::S3Error;
use cairn_protocol::documents::ObjectOwnership;
use cairn_types::CanonicalUserId;
use http::{HeaderMap, HeaderName, HeaderValue};

fn id(digit: char) -> CanonicalUserId {
    CanonicalUserId::parse(&digit.to_string().repeat(64)).unwrap()
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| {
            (
                name.parse::<HeaderName>().unwrap(),
                HeaderValue::from_str(value).unwrap(),
            )
        })
        .collect()
}

fn from_headers(pairs: &[(&str, &str)]) -> Result<Option<WantedAcl>, S3Error> {
    WantedAcl::from_headers(&headers(pairs))
}

fn document(owner: &str, grants: &str) -> String {
    format!(
        "<AccessControlPolicy><Owner><ID>{owner}</ID></Owner>\
         <AccessControlList>{grants}</AccessControlList></AccessControlPolicy>"
    )
}

fn grant(kind: &str, grantee: &str, permission: &str) -> String {
    format!(
        "<Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"{kind}\">{grantee}\
         </Grantee><Permission>{permission}</Permission></Grant>"
    )
}

#[test]
fn permissions_allow_what_the_table_says_and_nothing_else() {
    use Level::{Bucket, Object};
    use Permission::{FullControl, Read, ReadAcp, Write, WriteAcp};
    let rows: &[(Level, Permission, &str, bool)] = &[
        (Bucket, Read, "s3:ListBucket", true),
        (Bucket, Read, "s3:ListBucketVersions", true),
        (Bucket, Read, "s3:ListBucketMultipartUploads", true),
        (Bucket, Read, "s3:GetObject", false),
        (Bucket, Read, "s3:GetBucketAcl", false),
        (Bucket, Write, "s3:PutObject", true),
        (Bucket, Write, "s3:DeleteObject", true),
        (Bucket, Write, "s3:DeleteObjectVersion", false),
        (Bucket, Write, "s3:ListBucket", false),
        (Bucket, ReadAcp, "s3:GetBucketAcl", true),
        (Bucket, WriteAcp, "s3:PutBucketAcl", true),
        (Bucket, WriteAcp, "s3:PutBucketPolicy", false),
        (Bucket, FullControl, "s3:PutBucketAcl", true),
        (Bucket, FullControl, "s3:ListBucket", true),
        (Bucket, FullControl, "s3:DeleteBucket", false),
        (Bucket, FullControl, "s3:GetObject", false),
        (Object, Read, "s3:GetObject", true),
        (Object, Read, "s3:GetObjectVersion", true),
        (Object, Read, "s3:GetObjectTorrent", true),
        (Object, Read, "s3:GetObjectTagging", false),
        (Object, Write, "s3:PutObject", false),
        (Object, ReadAcp, "s3:GetObjectAcl", true),
        (Object, ReadAcp, "s3:GetObjectVersionAcl", true),
        (Object, WriteAcp, "s3:PutObjectVersionAcl", true),
        (Object, FullControl, "s3:GetObject", true),
        (Object, FullControl, "s3:PutObjectAcl", true),
        (Object, FullControl, "s3:DeleteObject", false),
    ];
    for (level, permission, action, allowed) in rows {
        assert_eq!(
            permission.allows(*level, action),
            *allowed,
            "{permission:?} on {level:?}: {action}"
        );
    }
}

#[test]
fn canned_acls_grant_what_amazon_documents() {
    let (owner, bucket_owner) = (id('a'), id('b'));
    let beside_owner = |canned: CannedAcl, level| -> Vec<Grant> {
        let acl = canned.acl(level, &owner, &bucket_owner);
        let (first, rest) = acl.grants().split_first().unwrap();
        assert_eq!(*first, Grant::full_control(&owner));
        rest.to_vec()
    };
    let to = |group, permission| Grant::to_group(group, permission);
    let (all, signed) = (Group::AllUsers, Group::AuthenticatedUsers);
    let (read, write) = (Permission::Read, Permission::Write);
    let user = |permission| Grant {
        grantee: Grantee::User(bucket_owner.clone()),
        permission,
    };
    for (word, bucket, object) in [
        ("private", vec![], vec![]),
        ("public-read", vec![to(all, read)], vec![to(all, read)]),
        (
            "public-read-write",
            vec![to(all, read), to(all, write)],
            vec![to(all, read), to(all, write)],
        ),
        (
            "authenticated-read",
            vec![to(signed, read)],
            vec![to(signed, read)],
        ),
        ("aws-exec-read", vec![], vec![]),
        ("bucket-owner-read", vec![], vec![user(read)]),
        (
            "bucket-owner-full-control",
            vec![],
            vec![user(Permission::FullControl)],
        ),
        (
            "log-delivery-write",
            vec![
                to(Group::LogDelivery, write),
                to(Group::LogDelivery, Permission::ReadAcp),
            ],
            vec![],
        ),
    ] {
        let canned = CannedAcl::from_word(word).unwrap();
        assert_eq!(canned.as_str(), word);
        assert_eq!(beside_owner(canned, Level::Bucket), bucket, "{word}");
        assert_eq!(beside_owner(canned, Level::Object), object, "{word}");
        let wanted = WantedAcl::Canned(canned);
        let acl = wanted.acl(Level::Object, &owner, &bucket_owner);
        assert_eq!(wanted.is_public(), acl.is_public(), "{word}");
    }
    assert_eq!(CannedAcl::from_word("Public-Read"), None);
    // An object of the bucket's owner has one grant, not two of the same.
    let own = CannedAcl::BucketOwnerFullControl.acl(Level::Object, &owner, &owner);
    assert_eq!(own.grants().len(), 1);
}

#[test]
fn headers_grant_to_ids_and_groups() {
    let (a, b) = (id('a'), id('b'));
    let read = format!(
        "id=\"{}\", uri=\"http://acs.amazonaws.com/groups/global/AllUsers\"",
        a.as_str()
    );
    let full = format!("id={}", b.as_str());
    let wanted = from_headers(&[("x-amz-grant-read", &read), ("x-amz-grant-full-control", &full)])
        .unwrap()
        .unwrap();
    let acl = wanted.acl(Level::Object, &a, &b);
    assert_eq!(
        acl.grants(),
        [
            Grant::full_control(&b),
            Grant {
                grantee: Grantee::User(a.clone()),
                permission: Permission::Read
            },
            Grant::to_group(Group::AllUsers, Permission::Read),
        ]
    );
    assert!(wanted.is_public());
    assert_eq!(
        wanted.users().collect::<Vec<_>>(),
        [(&b, Form::Headers), (&a, Form::Headers)]
    );
    assert_eq!(from_headers(&[("x-amz-meta-acl", "x")]), Ok(None));
}

#[test]
fn headers_are_refused_in_amazons_words() {
    let invalid =
        |message: &str, name: &str, value: &str| Err(S3Error::invalid_argument(message, name, value));
    assert_eq!(
        from_headers(&[("x-amz-acl", "public")]),
        invalid("", "x-amz-acl", "public")
    );
    let both = [
        ("x-amz-acl", "private"),
        (
            "x-amz-grant-read",
            "uri=\"http://acs.amazonaws.com/groups/global/AllUsers\"",
        ),
    ];
    assert_eq!(
        from_headers(&both),
        Err(S3Error::invalid_request(
            "Specifying both Canned ACLs and Header Grants is not allowed"
        ))
    );
    for value in ["", "public-read", "id", "name=\"x\"", "id=\"x", "id=\"a\",,"] {
        assert_eq!(
            from_headers(&[("x-amz-grant-write", value)]),
            invalid("Argument format not recognized", "x-amz-grant-write", value),
            "{value}"
        );
    }
    assert_eq!(
        from_headers(&[("x-amz-grant-read", "id=\"wrong\"")]),
        invalid("Invalid id", "id", "wrong")
    );
    assert_eq!(
        from_headers(&[("x-amz-grant-read", "uri=\"http://example.com\"")]),
        invalid("Invalid group uri", "uri", "http://example.com")
    );
    assert_eq!(
        from_headers(&[("x-amz-grant-read", "emailAddress=\"a@example.com\"")]),
        Err(S3Error::UnresolvableGrantByEmailAddress {
            email_address: "a@example.com".into()
        })
    );
}

#[test]
fn documents_round_trip() {
    let owner = id('a');
    let acl = Acl::new(vec![
        Grant::full_control(&owner),
        Grant::to_group(Group::AuthenticatedUsers, Permission::ReadAcp),
    ])
    .unwrap();
    let xml = acl.to_document(&owner).to_xml();
    assert!(
        xml.contains(
            "<Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\"><ID>"
        ),
        "{xml}"
    );
    // Owner has only an ID since late 2025 (facts/05 §8).
    assert!(
        xml.contains(&format!("<Owner><ID>{}</ID></Owner>", owner.as_str())),
        "{xml}"
    );
    let read = WantedAcl::from_document(xml.as_bytes(), &owner).unwrap();
    assert_eq!(read, WantedAcl::Grants(acl, Form::Document));
}

#[test]
fn documents_are_refused_in_amazons_words() {
    let owner = id('a');
    let read = |xml: &str| WantedAcl::from_document(xml.as_bytes(), &owner);
    let user = |id: &str| grant("CanonicalUser", &format!("<ID>{id}</ID>"), "READ");
    let invalid =
        |message: &str, name: &str, value: &str| Err(S3Error::invalid_argument(message, name, value));
    assert_eq!(
        read(&document(owner.as_str(), &user("wrong"))),
        invalid("Invalid id", "CanonicalUser/ID", "wrong")
    );
    let group = grant("Group", "<URI>http://example.com</URI>", "READ");
    assert_eq!(
        read(&document(owner.as_str(), &group)),
        invalid("Invalid group uri", "Group/URI", "http://example.com")
    );
    assert_eq!(
        read(&document("wrong", "")),
        invalid("Invalid id", "CanonicalUser/ID", "wrong")
    );
    assert_eq!(
        read(&document(id('b').as_str(), "")),
        Err(S3Error::access_denied())
    );
    let permission = grant("CanonicalUser", &format!("<ID>{}</ID>", owner.as_str()), "SING");
    let nobody = grant("CanonicalUser", "<DisplayName>x</DisplayName>", "READ");
    for xml in [
        String::new(),
        "<AccessControlPolicy/>".to_owned(),
        "<AccessControlPolicy><Owner><ID>x</ID></Owner></AccessControlPolicy>".to_owned(),
        document(owner.as_str(), &permission),
        document(owner.as_str(), &nobody),
        document(owner.as_str(), "<Other/>"),
    ] {
        let refused = read(&xml).unwrap_err();
        assert_eq!(refused, S3Error::MalformedACLError {}, "{xml}");
        assert_eq!(refused.message(), S3Error::MalformedXML {}.message());
    }
}

#[test]
fn an_acl_has_at_most_100_grants() {
    let owner = id('a');
    let user = grant("CanonicalUser", &format!("<ID>{}</ID>", owner.as_str()), "READ");
    let read = |count: usize| {
        let xml = document(owner.as_str(), &user.repeat(count));
        WantedAcl::from_document(xml.as_bytes(), &owner)
    };
    assert!(read(GRANTS_MAX).is_ok());
    assert_eq!(read(GRANTS_MAX + 1), Err(S3Error::MalformedACLError {}));
    let value = vec![format!("id={}", owner.as_str()); GRANTS_MAX + 1].join(",");
    assert!(matches!(
        from_headers(&[("x-amz-grant-read", &value)]),
        Err(S3Error::InvalidRequest { .. })
    ));
    assert_eq!(Acl::new(vec![Grant::full_control(&owner); GRANTS_MAX + 1]), None);
}

#[test]
fn grants_name_accounts_and_groups() {
    let (a, b, c) = (id('a'), id('b'), id('c'));
    let acl = Acl::new(vec![
        Grant::full_control(&a),
        Grant {
            grantee: Grantee::User(b.clone()),
            permission: Permission::ReadAcp,
        },
        Grant::to_group(Group::AuthenticatedUsers, Permission::Read),
        Grant::to_group(Group::LogDelivery, Permission::WriteAcp),
    ])
    .unwrap();
    let allows =
        |user: Option<&CanonicalUserId>, action| acl.grants_for(user, Level::Object, action).next().is_some();
    assert!(allows(Some(&a), "s3:PutObjectAcl"));
    assert!(allows(Some(&b), "s3:GetObjectAcl"));
    assert!(!allows(Some(&c), "s3:GetObjectAcl"));
    assert!(allows(Some(&c), "s3:GetObject"));
    assert!(!allows(None, "s3:GetObject"));
    assert!(!allows(Some(&c), "s3:PutObjectAcl"));
    let everybody = Acl::new(vec![Grant::to_group(Group::AllUsers, Permission::Read)]).unwrap();
    assert!(everybody.grants_for(None, Level::Object, "s3:GetObject").count() == 1);
    assert!(
        everybody
            .grants_for(Some(&c), Level::Object, "s3:GetObject")
            .count()
            == 1
    );
    // What IgnorePublicAcls leaves.
    assert!(acl.is_public() && everybody.is_public());
    assert_eq!(acl.without_public().grants().len(), 3);
    assert_eq!(everybody.without_public().grants(), []);
}

#[test]
fn stored_acls_come_back_and_others_are_none() {
    let acl = CannedAcl::PublicRead.acl(Level::Object, &id('a'), &id('a'));
    let stored = acl.encode();
    assert_eq!(Acl::decode(&stored), Some(acl));
    assert_eq!((Acl::decode(&[]), Acl::decode(&[2, 0])), (None, None));
    // What is on disks must stay readable: form, two grants, user with 64 digits, full control; group 0, read.
    let mut expected = vec![1, 2, 0, 64];
    expected.extend("a".repeat(64).into_bytes());
    expected.extend([0, 1, 0, 3]);
    assert_eq!(stored, expected);
}

#[test]
fn ownership_decides_whose_an_object_is_and_which_acls_are_taken() {
    use ObjectOwnership::{BucketOwnerEnforced, BucketOwnerPreferred, ObjectWriter};
    let owner = id('a');
    let canned = |word| WantedAcl::Canned(CannedAcl::from_word(word).unwrap());
    let (full, public) = (canned("bucket-owner-full-control"), canned("public-read"));
    let (enforced, preferred, writer) = (
        Ownership::Set(BucketOwnerEnforced),
        Ownership::Set(BucketOwnerPreferred),
        Ownership::Set(ObjectWriter),
    );
    assert_eq!(Ownership::default(), enforced);
    assert!(!enforced.gives_to_writer(None) && !enforced.has_acls());
    assert!(preferred.gives_to_writer(None) && preferred.gives_to_writer(Some(&public)));
    assert!(!preferred.gives_to_writer(Some(&full)));
    assert!(writer.gives_to_writer(Some(&full)) && Ownership::Deleted.gives_to_writer(None));

    // "or equivalent XML" (facts/05 §8).
    let equal = WantedAcl::Grants(Acl::private(&owner), Form::Document);
    let not_supported = Err(S3Error::AccessControlListNotSupported {});
    assert_eq!(accept_for_object(enforced, &full, &owner), Ok(()));
    assert_eq!(accept_for_object(enforced, &equal, &owner), Ok(()));
    assert_eq!(accept_for_object(enforced, &equal, &id('b')), not_supported);
    for word in ["private", "public-read", "bucket-owner-read"] {
        assert_eq!(accept_for_object(enforced, &canned(word), &owner), not_supported);
        assert_eq!(accept_for_object(preferred, &canned(word), &owner), Ok(()));
    }
    assert_eq!(accept_for_bucket(enforced, &canned("private"), &owner), Ok(()));
    assert_eq!(
        accept_for_bucket(enforced, &public, &owner),
        Err(S3Error::InvalidBucketAclWithObjectOwnership {})
    );
    assert_eq!(accept_for_bucket(writer, &public, &owner), Ok(()));
    for ownership in [enforced, preferred, writer, Ownership::Deleted] {
        assert_eq!(Ownership::from_byte(ownership.to_byte()), Some(ownership));
    }
    assert_eq!(Ownership::from_byte(4), None);
}

#[test]
fn the_stricter_block_wins_flag_by_flag() {
    for left in 0..16 {
        for right in 0..16 {
            let block = |bits| PublicAccessBlock::from_bits(bits).unwrap();
            assert_eq!(block(left).and(block(right)).to_bits(), left | right);
        }
    }
    assert_eq!(PublicAccessBlock::from_bits(16), None);
    assert_eq!(PublicAccessBlock::ALL.to_bits(), 15);
    assert_eq!(PublicAccessBlock::NONE.to_bits(), 0);
}
