//! Any query may come, and every parameter read from it.
#![no_main]

use cairn_protocol::parameters::{self, ResponseOverrides};
use cairn_protocol::query::Query;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| {
    let Ok(query) = Query::parse(Some(data)) else {
        return;
    };
    assert!(query.iter().count() <= Query::PAIRS_MAX);
    for (name, value) in query.iter() {
        assert!(query.has(name) && query.get_all(name).any(|other| other == value));
    }
    let _ = parameters::encoding_type(&query);
    let _ = parameters::max_keys(&query);
    let _ = parameters::max_uploads(&query);
    let _ = parameters::max_parts(&query);
    let _ = parameters::max_buckets(&query);
    let _ = parameters::bucket_region(&query);
    let _ = parameters::part_number(&query);
    let _ = parameters::part_number_marker(&query);
    let _ = parameters::version_id(&query);
    let _ = parameters::version_markers(&query);
    let _ = (parameters::delimiter(&query), parameters::fetch_owner(&query));
    for signed in [true, false] {
        let _ = ResponseOverrides::read(&query, signed);
    }
});
