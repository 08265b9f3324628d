//! URLs: what is parsed is written as a URL that means the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tgdb_url::TgUrl;

fuzz_target!(|text: &str| {
    let Ok(url) = TgUrl::parse(text) else { return };
    assert_eq!(TgUrl::parse(&url.to_string()).as_ref(), Ok(&url));
    let _ = url.redacted().to_string();
    let _ = url.ft_urls();
    let _ = url.properties().check();
});
