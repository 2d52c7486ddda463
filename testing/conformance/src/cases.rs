//! The tests, a file for each section of the facts.

mod access_acls;
mod access_policies;
mod access_public;
mod addressing;
mod bucket;
mod bucket_tags;
mod checksums;
mod chunked;
mod copy;
mod cors_actual;
mod cors_config;
mod cors_examples;
mod cors_preflight;
mod create_bucket;
mod delete_objects;
mod errors_document;
mod http_details;
mod list_buckets;
mod list_objects;
mod list_objects_v2;
mod list_uploads_parts;
mod list_versions;
mod metadata;
mod mfa_delete;
mod multipart;
mod multipart_checksums;
mod not_built;
mod object_attributes;
mod post_fields;
mod post_object;
mod post_refusals;
mod post_signatures;
mod presigned_table;
mod reads_conditions;
mod reads_ranges;
mod regions_bodies;
mod regions_copies;
mod regions_create;
mod regions_discovery;
mod regions_opt_in;
mod regions_signing;
mod regions_stories;
mod regions_table;
mod regions_website;
mod sigv2;
mod sigv4_header;
mod sigv4_query;
mod tags;
mod timeouts;
mod versioning;
mod write_conditions;
mod writes;

use std::collections::BTreeMap;

use crate::kit::Case;

const FILES: &[&[Case]] = &[
    access_acls::CASES,
    access_policies::CASES,
    access_public::CASES,
    addressing::CASES,
    bucket::CASES,
    bucket_tags::CASES,
    checksums::CASES,
    chunked::CASES,
    copy::CASES,
    cors_actual::CASES,
    cors_config::CASES,
    cors_examples::CASES,
    cors_preflight::CASES,
    create_bucket::CASES,
    delete_objects::CASES,
    errors_document::CASES,
    http_details::CASES,
    list_buckets::CASES,
    list_objects::CASES,
    list_objects_v2::CASES,
    list_uploads_parts::CASES,
    list_versions::CASES,
    metadata::CASES,
    mfa_delete::CASES,
    multipart::CASES,
    multipart_checksums::CASES,
    not_built::CASES,
    object_attributes::CASES,
    post_fields::CASES,
    post_object::CASES,
    post_refusals::CASES,
    post_signatures::CASES,
    presigned_table::CASES,
    reads_conditions::CASES,
    reads_ranges::CASES,
    regions_bodies::CASES,
    regions_copies::CASES,
    regions_create::CASES,
    regions_discovery::CASES,
    regions_opt_in::CASES,
    regions_signing::CASES,
    regions_stories::CASES,
    regions_table::CASES,
    regions_website::CASES,
    sigv2::CASES,
    sigv4_header::CASES,
    sigv4_query::CASES,
    tags::CASES,
    timeouts::CASES,
    versioning::CASES,
    write_conditions::CASES,
    writes::CASES,
];

/// Every test.
pub(crate) fn all() -> impl Iterator<Item = &'static Case> {
    FILES.iter().copied().flatten()
}

/// The facts checked, each with its tests: `06 §5 Range`, then a line a test.
pub(crate) fn report() -> String {
    let mut by_fact: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for case in all() {
        by_fact.entry(case.fact).or_default().push(case.name);
    }
    let mut report = String::new();
    for (fact, names) in &by_fact {
        report.push_str(&format!("facts/{fact}\n"));
        for name in names {
            let name = name.trim_start_matches("cairn_conformance::cases::");
            report.push_str(&format!("    {name}\n"));
        }
    }
    let (facts, tests) = (by_fact.len(), all().count());
    report + &format!("{tests} tests of {facts} facts\n")
}
