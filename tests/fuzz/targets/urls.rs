//! URLs: what is parsed is written as a URL that means the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tgdb_url::{TgUrl, UrlParser};

fuzz_target!(|text: &str| {
    let parser = UrlParser::new().allow_unknown(true);
    let strict = TgUrl::parse(text);
    let Ok(url) = parser.parse(text) else {
        assert!(strict.is_err());
        return;
    };
    assert!(strict.is_err() || strict.as_ref() == Ok(&url));
    assert_eq!(parser.parse(&url.to_string()).as_ref(), Ok(&url));
    let _ = url.warnings();
    let _ = url.redacted().to_string();
    let _ = url.ft_urls();
    let _ = url.properties().check();
});
