//! The operations Cairn does not have yet: each answers `501 NotImplemented` and is listed as such in
//! docs/operations.md. Whoever builds one deletes its row here and adds its file.

use crate::table::Condition::{Query, QueryValue};
use crate::table::{Resource, Route, Row};

const fn bucket(
    name: &'static str,
    method: &'static str,
    subresource: &'static str,
    action: &'static str,
) -> Row {
    Row::not_built(
        name,
        Route::new(method, Resource::Bucket).subresource(subresource),
        action,
    )
}

const fn object(
    name: &'static str,
    method: &'static str,
    subresource: &'static str,
    action: &'static str,
) -> Row {
    Row::not_built(
        name,
        Route::new(method, Resource::Object).subresource(subresource),
        action,
    )
}

const fn one_of_many(
    name: &'static str,
    method: &'static str,
    subresource: &'static str,
    action: &'static str,
) -> Row {
    let route = Route::new(method, Resource::Bucket)
        .subresource(subresource)
        .when(&[Query("id")]);
    Row::not_built(name, route, action)
}

/// The rows, by sub-resource.
pub(super) const ROWS: &[Row] = &[
    bucket("GetBucketAbac", "GET", "abac", "s3:GetBucketAbac"),
    bucket("PutBucketAbac", "PUT", "abac", "s3:PutBucketAbac"),
    bucket(
        "GetBucketAccelerateConfiguration",
        "GET",
        "accelerate",
        "s3:GetAccelerateConfiguration",
    ),
    bucket(
        "PutBucketAccelerateConfiguration",
        "PUT",
        "accelerate",
        "s3:PutAccelerateConfiguration",
    ),
    one_of_many(
        "GetBucketAnalyticsConfiguration",
        "GET",
        "analytics",
        "s3:GetAnalyticsConfiguration",
    ),
    one_of_many(
        "PutBucketAnalyticsConfiguration",
        "PUT",
        "analytics",
        "s3:PutAnalyticsConfiguration",
    ),
    one_of_many(
        "DeleteBucketAnalyticsConfiguration",
        "DELETE",
        "analytics",
        "s3:PutAnalyticsConfiguration",
    ),
    bucket(
        "ListBucketAnalyticsConfigurations",
        "GET",
        "analytics",
        "s3:GetAnalyticsConfiguration",
    ),
    object(
        "GetObjectAnnotation",
        "GET",
        "annotation",
        "s3:GetObjectAnnotation",
    ),
    object(
        "PutObjectAnnotation",
        "PUT",
        "annotation",
        "s3:PutObjectAnnotation",
    ),
    object(
        "DeleteObjectAnnotation",
        "DELETE",
        "annotation",
        "s3:DeleteObjectAnnotation",
    ),
    bucket(
        "GetBucketEncryption",
        "GET",
        "encryption",
        "s3:GetEncryptionConfiguration",
    ),
    bucket(
        "PutBucketEncryption",
        "PUT",
        "encryption",
        "s3:PutEncryptionConfiguration",
    ),
    bucket(
        "DeleteBucketEncryption",
        "DELETE",
        "encryption",
        "s3:PutEncryptionConfiguration",
    ),
    object(
        "UpdateObjectEncryption",
        "PUT",
        "encryption",
        "s3:UpdateObjectEncryption",
    ),
    one_of_many(
        "GetBucketIntelligentTieringConfiguration",
        "GET",
        "intelligent-tiering",
        "s3:GetIntelligentTieringConfiguration",
    ),
    one_of_many(
        "PutBucketIntelligentTieringConfiguration",
        "PUT",
        "intelligent-tiering",
        "s3:PutIntelligentTieringConfiguration",
    ),
    one_of_many(
        "DeleteBucketIntelligentTieringConfiguration",
        "DELETE",
        "intelligent-tiering",
        "s3:PutIntelligentTieringConfiguration",
    ),
    bucket(
        "ListBucketIntelligentTieringConfigurations",
        "GET",
        "intelligent-tiering",
        "s3:GetIntelligentTieringConfiguration",
    ),
    one_of_many(
        "GetBucketInventoryConfiguration",
        "GET",
        "inventory",
        "s3:GetInventoryConfiguration",
    ),
    one_of_many(
        "PutBucketInventoryConfiguration",
        "PUT",
        "inventory",
        "s3:PutInventoryConfiguration",
    ),
    one_of_many(
        "DeleteBucketInventoryConfiguration",
        "DELETE",
        "inventory",
        "s3:PutInventoryConfiguration",
    ),
    bucket(
        "ListBucketInventoryConfigurations",
        "GET",
        "inventory",
        "s3:GetInventoryConfiguration",
    ),
    object("GetObjectLegalHold", "GET", "legal-hold", "s3:GetObjectLegalHold"),
    object("PutObjectLegalHold", "PUT", "legal-hold", "s3:PutObjectLegalHold"),
    bucket(
        "GetBucketLifecycleConfiguration",
        "GET",
        "lifecycle",
        "s3:GetLifecycleConfiguration",
    ),
    bucket(
        "PutBucketLifecycleConfiguration",
        "PUT",
        "lifecycle",
        "s3:PutLifecycleConfiguration",
    ),
    bucket(
        "DeleteBucketLifecycle",
        "DELETE",
        "lifecycle",
        "s3:PutLifecycleConfiguration",
    ),
    bucket("GetBucketLogging", "GET", "logging", "s3:GetBucketLogging"),
    bucket("PutBucketLogging", "PUT", "logging", "s3:PutBucketLogging"),
    bucket(
        "UpdateBucketMetadataAnnotationTableConfiguration",
        "PUT",
        "metadataAnnotationTable",
        "s3:UpdateBucketMetadataAnnotationTableConfiguration",
    ),
    bucket(
        "CreateBucketMetadataConfiguration",
        "POST",
        "metadataConfiguration",
        "s3:CreateBucketMetadataTableConfiguration",
    ),
    bucket(
        "GetBucketMetadataConfiguration",
        "GET",
        "metadataConfiguration",
        "s3:GetBucketMetadataTableConfiguration",
    ),
    bucket(
        "DeleteBucketMetadataConfiguration",
        "DELETE",
        "metadataConfiguration",
        "s3:DeleteBucketMetadataTableConfiguration",
    ),
    bucket(
        "UpdateBucketMetadataInventoryTableConfiguration",
        "PUT",
        "metadataInventoryTable",
        "s3:UpdateBucketMetadataInventoryTableConfiguration",
    ),
    bucket(
        "UpdateBucketMetadataJournalTableConfiguration",
        "PUT",
        "metadataJournalTable",
        "s3:UpdateBucketMetadataJournalTableConfiguration",
    ),
    bucket(
        "CreateBucketMetadataTableConfiguration",
        "POST",
        "metadataTable",
        "s3:CreateBucketMetadataTableConfiguration",
    ),
    bucket(
        "GetBucketMetadataTableConfiguration",
        "GET",
        "metadataTable",
        "s3:GetBucketMetadataTableConfiguration",
    ),
    bucket(
        "DeleteBucketMetadataTableConfiguration",
        "DELETE",
        "metadataTable",
        "s3:DeleteBucketMetadataTableConfiguration",
    ),
    one_of_many(
        "GetBucketMetricsConfiguration",
        "GET",
        "metrics",
        "s3:GetMetricsConfiguration",
    ),
    one_of_many(
        "PutBucketMetricsConfiguration",
        "PUT",
        "metrics",
        "s3:PutMetricsConfiguration",
    ),
    one_of_many(
        "DeleteBucketMetricsConfiguration",
        "DELETE",
        "metrics",
        "s3:PutMetricsConfiguration",
    ),
    bucket(
        "ListBucketMetricsConfigurations",
        "GET",
        "metrics",
        "s3:GetMetricsConfiguration",
    ),
    bucket(
        "GetBucketNotificationConfiguration",
        "GET",
        "notification",
        "s3:GetBucketNotification",
    ),
    bucket(
        "PutBucketNotificationConfiguration",
        "PUT",
        "notification",
        "s3:PutBucketNotification",
    ),
    bucket(
        "GetObjectLockConfiguration",
        "GET",
        "object-lock",
        "s3:GetBucketObjectLockConfiguration",
    ),
    bucket(
        "PutObjectLockConfiguration",
        "PUT",
        "object-lock",
        "s3:PutBucketObjectLockConfiguration",
    ),
    object("RenameObject", "PUT", "renameObject", "s3:RenameObject"),
    bucket(
        "GetBucketReplication",
        "GET",
        "replication",
        "s3:GetReplicationConfiguration",
    ),
    bucket(
        "PutBucketReplication",
        "PUT",
        "replication",
        "s3:PutReplicationConfiguration",
    ),
    bucket(
        "DeleteBucketReplication",
        "DELETE",
        "replication",
        "s3:PutReplicationConfiguration",
    ),
    bucket(
        "GetBucketRequestPayment",
        "GET",
        "requestPayment",
        "s3:GetBucketRequestPayment",
    ),
    bucket(
        "PutBucketRequestPayment",
        "PUT",
        "requestPayment",
        "s3:PutBucketRequestPayment",
    ),
    object("RestoreObject", "POST", "restore", "s3:RestoreObject"),
    object("GetObjectRetention", "GET", "retention", "s3:GetObjectRetention"),
    object("PutObjectRetention", "PUT", "retention", "s3:PutObjectRetention"),
    Row::not_built(
        "SelectObjectContent",
        Route::new("POST", Resource::Object)
            .subresource("select")
            .when(&[QueryValue("select-type", "2")]),
        "s3:GetObject",
    ),
    bucket("CreateSession", "GET", "session", "s3express:CreateSession"),
    object("GetObjectTorrent", "GET", "torrent", "s3:GetObjectTorrent"),
    bucket("GetBucketWebsite", "GET", "website", "s3:GetBucketWebsite"),
    bucket("PutBucketWebsite", "PUT", "website", "s3:PutBucketWebsite"),
    bucket(
        "DeleteBucketWebsite",
        "DELETE",
        "website",
        "s3:DeleteBucketWebsite",
    ),
];
