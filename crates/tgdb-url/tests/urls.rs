//! URLs as users write them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;
use tgdb_url::{ConfigName, Properties, PropertyError, Protocol, TgUrl, UrlErrorKind, UrlParser, UrlText};

fn parse(text: &str) -> TgUrl {
    let url = TgUrl::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(TgUrl::parse(&url.to_string()).as_ref(), Ok(&url), "{url} does not parse to the same value");
    url
}

#[test]
fn defaults() {
    for text in ["tcp://", "tcp:///", "TCP://localhost", " tcp://localhost:8222/{} "] {
        let url = parse(text);
        assert_eq!((url.protocol(), url.host(), url.port(), url.user()), (Protocol::Tcp, "localhost", 8222, "admin"));
    }
}

#[test]
fn a_blank_text_is_no_url() {
    for text in ["", " ", "\r", " \t\n ", "\u{3000}"] {
        let error = TgUrl::parse(text).unwrap_err();
        assert_eq!((error.position, error.kind), (0, UrlErrorKind::MissingProtocol), "{text:?}");
    }
}

#[test]
fn parts() {
    let url = parse("SSL://Scott@Graph.Example.COM:8700/{dbName=MyDB; Password=TiGer ;}");
    assert_eq!((url.protocol(), url.user(), url.port()), (Protocol::Ssl, "Scott", 8700));
    assert_eq!(url.host(), "graph.example.com");
    let properties = url.properties();
    assert_eq!(properties.database_name().unwrap(), Some("MyDB"));
    assert_eq!(properties.password().unwrap(), Some("TiGer"), "case is kept");
    assert!(!format!("{url:?} {}", url.redacted()).contains("TiGer"));
    assert!(url.to_string().contains("TiGer"));
}

#[test]
fn hosts() {
    for (text, host, port, authority) in [
        ("tcp://10.0.0.1:1", "10.0.0.1", 1, "10.0.0.1:1"),
        ("tcp://[::1]", "::1", 8222, "[::1]:8222"),
        ("tcp://u@[fe80::1%eth0]:9/", "fe80::1%eth0", 9, "[fe80::1%eth0]:9"),
        ("tcp://myhost", "myhost", 8222, "myhost:8222"),
        ("tcp://node.1", "node.1", 8222, "node.1:8222"),
        ("tcp://node.1:9", "node.1", 9, "node.1:9"),
        ("tcp://1.node", "1.node", 8222, "1.node:8222"),
        ("tcp://db-01.0x1f.example.", "db-01.0x1f.example.", 8222, "db-01.0x1f.example.:8222"),
        ("tcp://under_score.example:65535", "under_score.example", 65535, "under_score.example:65535"),
        ("tcp://bücher.example", "xn--bcher-kva.example", 8222, "xn--bcher-kva.example:8222"),
    ] {
        let url = parse(text);
        assert_eq!((url.host(), url.port(), url.authority().as_str()), (host, port, authority), "{text}");
    }
}

#[test]
fn user_precedence_and_encoding() {
    assert_eq!(parse("tcp://a%40b%2Fc@h").user(), "a@b/c");
    let url = parse("tcp://a@b@c:1");
    assert_eq!((url.user(), url.host(), url.port()), ("a@b", "c", 1), "the last @ counts");
    assert_eq!(parse("tcp://h/{userID=a@b}").user(), "a@b", "an @ behind the first / is no end of a user");
    assert_eq!(parse("tcp://h/{userID=; defaultUserID = }").user(), "admin", "empty is the same as not set");
    assert_eq!(parse("tcp://h/{userID=carl}").user(), "carl");
    assert_eq!(parse("tcp://h/{defaultUserID=dora}").user(), "dora");
    assert_eq!(parse("tcp://eve@h/{userID=carl}").user(), "eve");
}

#[test]
fn escapes_and_separators() {
    let url = parse(r"tcp://h/{password=a\;b\\c\u00e9\ ;dbName:x;locale de_DE;dateFormat = a=b}");
    let properties = url.properties();
    assert_eq!(properties.password().unwrap(), Some("a;b\\cé "));
    assert_eq!(properties.database_name().unwrap(), Some("x"));
    assert_eq!(properties.locale().unwrap(), Some("de_DE"));
    assert_eq!(properties.date_format().unwrap(), Some("a=b"));
}

#[test]
fn a_backslash_that_is_no_escape_is_itself() {
    for (written, read) in [
        (r"back\slash", r"back\slash"),
        (r"CORP\scott", r"CORP\scott"),
        (r"CORP\tom", r"CORP\tom"),
        (r"CORP\nina", r"CORP\nina"),
        (r"CORP\robert", r"CORP\robert"),
        (r"CORP\frank", r"CORP\frank"),
        (r"CORP\ulla", r"CORP\ulla"),
        (r"C:\certs\ca.pem", r"C:\certs\ca.pem"),
        (r"C:\users\x", r"C:\users\x"),
        (r"C:\temp\new\u12", r"C:\temp\new\u12"),
        (r"end\", r"end\"),
        (r"\é\日", r"\é\日"),
        (r"\\server\share", r"\server\share"),
        (r"\\\\server\share", r"\\server\share"),
        (r"\u0041\u00e9\ud83d\ude00", "Aé\u{1F600}"),
        (r"\\u0041", r"\u0041"),
        (r"a\=b\:c\{d\}e\;f\ ", "a=b:c{d}e;f "),
    ] {
        for key in ["password", "userID", "trustedCertificates"] {
            let url = parse(&format!("tcp://h/{{{key}={written};dbName=d}}"));
            // Before a semicolon a backslash is an escape.
            if !written.ends_with('\\') {
                assert_eq!(url.properties().get_by_name(key), Some(read), "{written}");
            }
            let url = parse(&format!("tcp://h/{{dbName=d;{key}={written}}}"));
            assert_eq!(url.properties().get_by_name(key), Some(read), "{written}");
        }
    }
}

#[test]
fn failover_list() {
    let url = parse("ssl://u@h1:1/{ftHosts=h2, h3:3,[::1]:4,,node.1;dbName=d}");
    let all: Vec<_> = url.ft_urls().unwrap().iter().map(TgUrl::authority).collect();
    assert_eq!(all, ["h1:1", "h2:8222", "h3:3", "[::1]:4", "node.1:8222"]);
    assert!(url.ft_urls().unwrap().iter().all(|url| url.user() == "u" && url.protocol() == Protocol::Ssl));
    let url = parse("tcp://h1/{ftHosts=h2,h3:3;defaultPort=7}");
    let all: Vec<_> = url.ft_urls().unwrap().iter().map(TgUrl::authority).collect();
    assert_eq!(all, ["h1:7", "h2:7", "h3:3"]);
    for (hosts, position, kind) in [
        ("a,b:x", 4, UrlErrorKind::BadPort),
        ("a, tcp://b:8222", 3, UrlErrorKind::NotHostAndPort),
        ("scott@b:8222", 0, UrlErrorKind::NotHostAndPort),
        ("b:8222/{dbName=d\\}", 0, UrlErrorKind::NotHostAndPort),
        ("a,::1", 2, UrlErrorKind::BadBrackets),
        ("1.2", 0, UrlErrorKind::BadHost),
    ] {
        let error = parse(&format!("tcp://h/{{ftHosts={hosts}}}")).ft_urls().expect_err(hosts);
        assert_eq!((error.text, error.position, &error.kind), (UrlText::FtHosts, position, &kind), "{hosts}");
        assert!(error.to_string().starts_with("ftHosts, byte"), "{error}");
        assert!(error.to_string().ends_with("expected host[:port],host[:port]"), "{error}");
    }
}

#[test]
fn defaults_take_the_place_of_what_a_url_lacks() {
    for (text, authority) in [
        ("tcp:///{defaultHost=graph.example;defaultPort=9000}", "graph.example:9000"),
        ("tcp://u@/{defaultHost=graph.example}", "graph.example:8222"),
        ("tcp://:7/{defaultHost=graph.example;defaultPort=9000}", "graph.example:7"),
        ("tcp://h/{defaultHost=graph.example;defaultPort=9000}", "h:9000"),
        ("tcp://h:7/{defaultHost=graph.example;defaultPort=9000}", "h:7"),
        ("tcp:///{defaultHost=[::1]}", "[::1]:8222"),
        ("tcp:///{defaultHost=\\:\\:1}", "[::1]:8222"),
        ("tcp:///{defaultHost=;defaultPort=}", "localhost:8222"),
        ("/{defaultProtocol=tcp}", "localhost:8222"),
        ("h:7/{defaultProtocol=ssl}", "h:7"),
    ] {
        assert_eq!(parse(text).authority(), authority, "{text}");
    }
    assert_eq!(parse("h:7/{defaultProtocol=ssl}").protocol(), Protocol::Ssl);
    let defaults = Properties::new()
        .with(ConfigName::ChannelDefaultHost, "site.example")
        .with(ConfigName::ChannelDefaultPort, "9000")
        .with(ConfigName::ChannelDefaultProtocol, "ssl");
    let parser = UrlParser::new().defaults(&defaults);
    for (text, shown) in [
        ("", "ssl://site.example:9000"),
        ("h", "ssl://h:9000"),
        ("tcp://h:7", "tcp://h:7"),
        ("tcp:///{defaultHost=own.example}", "tcp://own.example:9000/{tgdb.channel.defaultHost=own.example}"),
    ] {
        assert_eq!(parser.parse(text).unwrap().to_string(), shown, "the URL's own come first");
    }
    for (property, name) in [
        ("defaultHost=a b", ConfigName::ChannelDefaultHost),
        ("defaultPort=0", ConfigName::ChannelDefaultPort),
        ("defaultProtocol=http", ConfigName::ChannelDefaultProtocol),
    ] {
        let error = TgUrl::parse(&format!("tcp:///{{{property}}}")).unwrap_err();
        let UrlErrorKind::BadDefault(PropertyError::Value { name: found, .. }) = error.kind else { panic!("{error}") };
        assert_eq!(found, name);
    }
}

/// Keys of known properties, none twice, and any values.
fn known_properties() -> impl Strategy<Value = Properties> {
    let keys = proptest::sample::subsequence(ConfigName::ALL, 0..8);
    let free = |name: &ConfigName| !name.alias().starts_with("default");
    (keys, proptest::collection::vec(any::<String>(), 8))
        .prop_map(move |(keys, values)| keys.into_iter().filter(free).zip(values).collect())
}

proptest! {
    #[test]
    fn display_parses_back(
        user in proptest::option::of("\\PC{1,12}"),
        port in 1u16..,
        known in known_properties(),
        unknown in proptest::collection::vec(("[a-zA-Z;=: \\\\{}é\u{1F600}]{1,8}", any::<String>()), 0..6),
    ) {
        let mut text = String::from("tcp://");
        if let Some(user) = &user {
            for byte in user.bytes() {
                text.push_str(&format!("%{byte:02x}"));
            }
            text.push('@');
        }
        text.push_str(&format!("host:{port}"));
        let mut expected = known.clone();
        expected.extend(unknown);
        let units = |text: &str| text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
        let all: Vec<_> = expected.iter().map(|(key, value)| format!("{}={}", units(key), units(value))).collect();
        text.push_str(&format!("/{{{}}}", all.join(";")));
        let parser = UrlParser::new().allow_unknown(true);
        let url = parser.parse(&text).unwrap();
        prop_assert_eq!(url.explicit_user(), user.as_deref());
        prop_assert_eq!(url.properties(), &expected);
        prop_assert_eq!(parser.parse(&url.to_string()).unwrap(), url);
        prop_assert_eq!(TgUrl::parse(&text).is_ok(), known.len() == expected.len());
    }

    /// What a user writes without a thought of escapes: letters, backslashes and what has no
    /// meaning in a value.
    #[test]
    fn a_value_without_special_characters_is_itself(value in "[a-zA-Z\\\\/.,_$%&@!é日-]{0,20}") {
        prop_assume!(!value.contains("\\\\") && !value.contains("\\u"));
        let url = TgUrl::parse(&format!("tcp://h/{{password={value}}}")).unwrap();
        prop_assert_eq!(url.properties().get(ConfigName::ChannelPassword), Some(value.as_str()));
        prop_assert_eq!(TgUrl::parse(&url.to_string()).unwrap(), url);
    }

    #[test]
    fn no_text_panics(text in any::<String>(), tail in any::<String>()) {
        for parser in [UrlParser::new(), UrlParser::new().allow_unknown(true)] {
            for text in [&text, &format!("tcp://{text}"), &format!("tcp://h/{{{text};{tail}}}")] {
                if let Ok(url) = parser.parse(text) {
                    prop_assert_eq!(parser.parse(&url.to_string()), Ok(url));
                }
            }
        }
    }

    /// Short texts of what has a meaning in a URL, and of blanks: a text can be all blank.
    #[test]
    fn no_text_of_separators_panics(text in "[ \\r\u{a0}\u{3000}a1é%@:/;=,{}\\[\\].\\\\-]{0,8}") {
        for parser in [UrlParser::new(), UrlParser::new().allow_unknown(true)] {
            if let Ok(url) = parser.parse(&text) {
                prop_assert_eq!(parser.parse(&url.to_string()), Ok(url));
            }
        }
    }
}
