//! The ACL a request asks for: read from headers or a document, and refused where it cannot be (facts/05 §8).

use cairn_protocol::S3Error;
use cairn_protocol::documents::AccessControlPolicy;
use cairn_protocol::headers::{ACL, AclHeaders, GrantText, GranteeText};
use cairn_types::CanonicalUserId;
use http::HeaderMap;

use crate::acl::{Acl, GRANTS_MAX, Grant, Grantee, Group};
use crate::canned::CannedAcl;
use crate::permission::{Level, Permission};

/// Where an ACL came from: errors name its parts accordingly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `x-amz-acl`, `x-amz-grant-*`.
    Headers,
    /// `<AccessControlPolicy>`.
    Document,
}

impl Form {
    /// An id that is no account's.
    pub fn invalid_id(self, id: &str) -> S3Error {
        let name = match self {
            Self::Headers => "id",
            Self::Document => "CanonicalUser/ID",
        };
        S3Error::invalid_argument("Invalid id", name, id)
    }

    fn invalid_group(self, uri: &str) -> S3Error {
        let name = match self {
            Self::Headers => "uri",
            Self::Document => "Group/URI",
        };
        S3Error::invalid_argument("Invalid group uri", name, uri)
    }
}

/// An ACL a request asks for. Its ids are well-formed; whether there are such accounts is the caller's to ask
/// ([`Self::users`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WantedAcl {
    /// A canned one, which depends on who the owner will be.
    Canned(CannedAcl),
    /// Grants.
    Grants(Acl, Form),
}

impl WantedAcl {
    /// Reads the headers; `None` where none asks for an ACL.
    ///
    /// # Errors
    /// `InvalidArgument` for an unknown canned ACL (with an empty message), id, group or grant syntax;
    /// `InvalidRequest` for a canned ACL beside grants, and for too many grants [believed];
    /// `UnresolvableGrantByEmailAddress`.
    pub fn from_headers(headers: &HeaderMap) -> Result<Option<Self>, S3Error> {
        Ok(match AclHeaders::read(headers)? {
            None => None,
            Some(AclHeaders::Canned(word)) => match CannedAcl::from_word(&word) {
                Some(canned) => Some(Self::Canned(canned)),
                None => return Err(S3Error::invalid_argument("", ACL, word)),
            },
            Some(AclHeaders::Grants(grants)) => Some(Self::of_grants(&grants, Form::Headers)?),
        })
    }

    /// Reads the document of an ACL for a resource of `owner`.
    ///
    /// # Errors
    /// As [`Self::from_headers`]; `MalformedACLError` where it is no such document, or a permission is none, or
    /// there are too many grants [believed]; `AccessDenied` where it names another owner, for an ACL cannot
    /// change that [believed].
    pub fn from_document(body: &[u8], owner: &CanonicalUserId) -> Result<Self, S3Error> {
        let document = AccessControlPolicy::parse(body)?;
        if CanonicalUserId::parse(&document.owner.id).is_err() {
            return Err(Form::Document.invalid_id(&document.owner.id));
        }
        let wanted = Self::of_grants(&document.grants, Form::Document)?;
        if document.owner.id != owner.as_str() {
            return Err(S3Error::access_denied());
        }
        Ok(wanted)
    }

    fn of_grants(grants: &[GrantText], form: Form) -> Result<Self, S3Error> {
        let too_many = || match form {
            Form::Headers => S3Error::invalid_request(format!("An ACL can have at most {GRANTS_MAX} grants")),
            Form::Document => S3Error::MalformedACLError {},
        };
        if grants.len() > GRANTS_MAX {
            return Err(too_many());
        }
        let grants = grants.iter().map(|text| grant(text, form));
        let acl = Acl::new(grants.collect::<Result<_, _>>()?).ok_or_else(too_many)?;
        Ok(Self::Grants(acl, form))
    }

    /// The accounts it names, which must be there.
    pub fn users(&self) -> impl Iterator<Item = (&CanonicalUserId, Form)> {
        let (grants, form) = match self {
            Self::Canned(_) => (&[][..], Form::Headers),
            Self::Grants(acl, form) => (acl.grants(), *form),
        };
        grants.iter().filter_map(move |grant| match &grant.grantee {
            Grantee::User(id) => Some((id, form)),
            Grantee::Group(_) => None,
        })
    }

    /// The ACL it is, on a resource of `owner` in a bucket of `bucket_owner`.
    pub fn acl(&self, level: Level, owner: &CanonicalUserId, bucket_owner: &CanonicalUserId) -> Acl {
        match self {
            Self::Canned(canned) => canned.acl(level, owner, bucket_owner),
            Self::Grants(acl, _) => acl.clone(),
        }
    }

    /// Whether it would make its resource public, whoever owns it.
    pub fn is_public(&self) -> bool {
        match self {
            Self::Canned(canned) => matches!(
                canned,
                CannedAcl::PublicRead | CannedAcl::PublicReadWrite | CannedAcl::AuthenticatedRead
            ),
            Self::Grants(acl, _) => acl.is_public(),
        }
    }

    /// Whether it gives the bucket's owner full control and nobody else anything: the one ACL that a bucket
    /// without ACLs takes.
    pub fn is_bucket_owner_full_control(&self, bucket_owner: &CanonicalUserId) -> bool {
        match self {
            Self::Canned(canned) => *canned == CannedAcl::BucketOwnerFullControl,
            Self::Grants(acl, _) => acl.is_private_to(bucket_owner),
        }
    }
}

fn grant(text: &GrantText, form: Form) -> Result<Grant, S3Error> {
    let permission = Permission::from_word(&text.permission).ok_or(S3Error::MalformedACLError {})?;
    let grantee = match &text.grantee {
        GranteeText::Id(id) => Grantee::User(CanonicalUserId::parse(id).map_err(|_| form.invalid_id(id))?),
        GranteeText::Uri(uri) => Grantee::Group(Group::from_uri(uri).ok_or_else(|| form.invalid_group(uri))?),
        GranteeText::EmailAddress(address) => {
            return Err(S3Error::UnresolvableGrantByEmailAddress {
                email_address: address.clone(),
            });
        }
    };
    Ok(Grant { grantee, permission })
}
