//! The operations: one file each (Get, Put and Delete of one sub-resource share a file), and the table of
//! all of them.

use crate::table::{Resource, Row};

mod abort_multipart_upload;
mod bucket_acl;
mod bucket_cors;
mod bucket_location;
mod bucket_ownership_controls;
mod bucket_policy;
mod bucket_tagging;
mod bucket_versioning;
mod complete_multipart_upload;
mod copy_object;
mod copy_source;
mod create_bucket;
mod create_multipart_upload;
mod delete_bucket;
mod delete_object;
mod delete_objects;
mod get_object;
mod get_object_attributes;
mod head_bucket;
mod list_buckets;
mod list_multipart_uploads;
mod list_object_versions;
mod list_objects;
mod list_parts;
mod mfa_delete;
mod not_built;
mod object_acl;
mod object_tagging;
mod post_object;
mod public_access_block;
mod put_object;
mod shared;
mod upload_part;
mod upload_part_copy;

const BUILT: &[Row] = &[
    Row::built::<list_buckets::ListBuckets>(),
    Row::built::<create_bucket::CreateBucket>(),
    Row::built::<head_bucket::HeadBucket>(),
    Row::built::<delete_bucket::DeleteBucket>(),
    // Not of the service model: a browser's form.
    Row::built::<post_object::PostObject>(),
    // Nor these: answered by the pipeline (`cors`), whatever the query says.
    Row::preflight("PreflightBucket", Resource::Bucket),
    Row::preflight("PreflightObject", Resource::Object),
    Row::built::<bucket_cors::GetBucketCors>(),
    Row::built::<bucket_cors::PutBucketCors>(),
    Row::built::<bucket_cors::DeleteBucketCors>(),
    Row::built::<bucket_location::GetBucketLocation>(),
    Row::built::<bucket_versioning::GetBucketVersioning>(),
    Row::built::<bucket_versioning::PutBucketVersioning>(),
    Row::built::<bucket_tagging::GetBucketTagging>(),
    Row::built::<bucket_tagging::PutBucketTagging>(),
    Row::built::<bucket_tagging::DeleteBucketTagging>(),
    Row::built::<bucket_acl::GetBucketAcl>(),
    Row::built::<bucket_acl::PutBucketAcl>(),
    Row::built::<bucket_policy::GetBucketPolicy>(),
    Row::built::<bucket_policy::PutBucketPolicy>(),
    Row::built::<bucket_policy::DeleteBucketPolicy>(),
    Row::built::<bucket_policy::GetBucketPolicyStatus>(),
    Row::built::<bucket_ownership_controls::GetBucketOwnershipControls>(),
    Row::built::<bucket_ownership_controls::PutBucketOwnershipControls>(),
    Row::built::<bucket_ownership_controls::DeleteBucketOwnershipControls>(),
    Row::built::<public_access_block::GetPublicAccessBlock>(),
    Row::built::<public_access_block::PutPublicAccessBlock>(),
    Row::built::<public_access_block::DeletePublicAccessBlock>(),
    Row::built::<list_objects::ListObjects>(),
    Row::built::<list_objects::ListObjectsV2>(),
    Row::built::<list_object_versions::ListObjectVersions>(),
    Row::built::<get_object::GetObject>(),
    Row::built::<get_object::HeadObject>(),
    Row::built::<put_object::PutObject>(),
    Row::built::<copy_object::CopyObject>(),
    Row::built::<delete_object::DeleteObject>(),
    Row::built::<delete_objects::DeleteObjects>(),
    Row::built::<get_object_attributes::GetObjectAttributes>(),
    Row::built::<object_acl::GetObjectAcl>(),
    Row::built::<object_acl::PutObjectAcl>(),
    Row::built::<object_tagging::GetObjectTagging>(),
    Row::built::<object_tagging::PutObjectTagging>(),
    Row::built::<object_tagging::DeleteObjectTagging>(),
    Row::built::<create_multipart_upload::CreateMultipartUpload>(),
    Row::built::<upload_part::UploadPart>(),
    Row::built::<upload_part_copy::UploadPartCopy>(),
    Row::built::<complete_multipart_upload::CompleteMultipartUpload>(),
    Row::built::<abort_multipart_upload::AbortMultipartUpload>(),
    Row::built::<list_parts::ListParts>(),
    Row::built::<list_multipart_uploads::ListMultipartUploads>(),
];

const COUNT: usize = BUILT.len() + not_built::ROWS.len();

const fn all() -> [Row; COUNT] {
    let mut rows = [const {
        Row::not_built(
            "",
            crate::table::Route::new("", crate::table::Resource::Service),
            "",
        )
    }; COUNT];
    let mut index = 0;
    while index < COUNT {
        rows[index] = if index < BUILT.len() {
            BUILT[index]
        } else {
            not_built::ROWS[index - BUILT.len()]
        };
        index += 1;
    }
    rows
}

/// Every operation of S3, built or not.
pub static OPERATIONS: &[Row] = &all();
