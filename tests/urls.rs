//! URLs as the vendor's Python client reads them, against ours. Where we differ, and why, is in
//! `docs/protocol.md`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::Value;
use tgdb_channel::url::{TgUrl, UrlErrorKind, UrlParser};

/// Where we differ: the URL, and what we make of it.
const DIFFERENT: &[(&str, Result<&str, UrlErrorKind>)] = &[
    ("tcp://:8222", Err(UrlErrorKind::MissingHost)),
    ("tcp://8222", Err(UrlErrorKind::AmbiguousPort)),
    ("tcp://host:65536", Err(UrlErrorKind::BadPort)),
    ("tcp://host:-1", Err(UrlErrorKind::BadPort)),
    // Python keeps the brackets, and loses a part of an address without port.
    ("tcp://[::1]:8222", Ok("tcp://[::1]:8222")),
    ("tcp://scott@[fe80::1%eth0]:8222", Ok("tcp://scott@[fe80::1%eth0]:8222")),
    ("tcp://[2001:db8::1]", Ok("tcp://[2001:db8::1]:8222")),
    // Python fails on braces without property, and on blanks around a URL.
    ("ssl://localhost:8223/{}", Ok("ssl://localhost:8223")),
    (" tcp://host:8222 ", Ok("tcp://host:8222")),
    // Python reads the user of the properties at another place.
    (
        "tcp://foo.bar.com:8222/{userID=scott;ftHosts=foo1.bar.com,foo2.bar.com:8333;sendSize=120}",
        Ok(
            "tcp://foo.bar.com:8222/{tgdb.channel.userID=scott;tgdb.channel.ftHosts=foo1.bar.com,foo2.bar.com\\:8333;tgdb.channel.sendSize=120}",
        ),
    ),
    // One property twice, with two values.
    (
        "tcp://host:8222/{tgdb.channel.userID=Bob;USERID=alice}",
        Err(UrlErrorKind::DuplicateProperty(Some(tgdb_channel::url::ConfigName::ChannelUserID))),
    ),
];

#[test]
fn urls_are_read_as_python_reads_them() {
    let vectors: Vec<Value> = serde_json::from_slice(&tgdb_tests::recorded("urls.json")).unwrap();
    let mut different = 0;
    for vector in &vectors {
        let input = vector["input"].as_str().unwrap();
        // One of the vectors has a property of no client.
        let ours = UrlParser::new().allow_unknown(true).parse(input);
        if let Some((_, expected)) = DIFFERENT.iter().find(|(known, _)| *known == input) {
            different += 1;
            let ours = ours.as_ref().map(TgUrl::to_string).map_err(|error| error.kind.clone());
            assert_eq!(ours.as_deref(), expected.as_ref().map(|text| *text), "{input}");
            continue;
        }
        if vector.get("error").is_some() {
            ours.expect_err(input);
            continue;
        }
        let ours = ours.expect(input);
        assert_eq!(ours.protocol().to_string(), vector["protocol"].as_str().unwrap().to_lowercase(), "{input}");
        assert_eq!(ours.host(), vector["host"].as_str().unwrap().to_lowercase(), "{input}");
        assert_eq!(i64::from(ours.port()), vector["port"].as_i64().unwrap(), "{input}");
        assert_eq!(ours.user(), vector["user"].as_str().unwrap(), "{input}");
    }
    assert_eq!((vectors.len(), different), (22, DIFFERENT.len()));
}
