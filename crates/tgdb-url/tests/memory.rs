//! What parsing allocates grows linearly with the length of the text.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tgdb_url::{MAX_FT_HOSTS, TgUrl, UrlParser};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The result, and the bytes that were allocated for it and on the way.
fn measured<T>(make: impl FnOnce() -> T) -> (T, usize) {
    let region = Region::new(ALLOCATOR);
    let made = make();
    let stats = region.change();
    (made, stats.bytes_allocated + usize::try_from(stats.bytes_reallocated.max(0)).unwrap())
}

/// One test, for what another one allocates meanwhile would count.
#[test]
fn memory_is_linear() {
    for hosts in [40, 400, MAX_FT_HOSTS] {
        let list: Vec<_> = (0..hosts).map(|number| format!("host-{number:04}.example:8222")).collect();
        let text = format!("tcp://h/{{password=tiger;ftHosts={}}}", list.join(","));
        let (url, parsing) = measured(|| TgUrl::parse(&text).unwrap());
        let (urls, listing) = measured(|| url.ft_urls().unwrap());
        assert_eq!(urls.len(), hosts + 1);
        println!("{} bytes, {hosts} hosts: {parsing} and {listing} bytes", text.len());
        assert!(parsing < 4 * text.len() + 2000 && listing < 16 * text.len() + 2000, "{hosts}: {parsing}, {listing}");
    }
    for count in [320, 3200, 32_000] {
        let all: Vec<_> = (0..count).map(|number| format!("property-{number:05}=value")).collect();
        let text = format!("tcp://h/{{{}}}", all.join(";"));
        let (url, parsing) = measured(|| UrlParser::new().allow_unknown(true).parse(&text).unwrap());
        assert_eq!(url.properties().len(), count);
        println!("{} bytes, {count} properties: {parsing} bytes", text.len());
        assert!(parsing < 24 * text.len() + 2000, "{count}: {parsing}");
    }
}
