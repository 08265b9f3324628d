//! URLs as they should not be, and the bounds.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use tgdb_url::{ConfigName, MAX_FT_HOSTS, MAX_URL_LEN, TgUrl, UrlErrorKind, UrlParser};

#[test]
fn errors_have_the_position() {
    use UrlErrorKind::*;
    for (text, position, kind) in [
        ("", 0, MissingProtocol),
        ("localhost:8222", 0, MissingProtocol),
        ("localhost:8222/{password=a://b}", 0, MissingProtocol),
        ("  http://h", 2, HttpNotSupported),
        ("ftp://h", 0, UnknownProtocol),
        ("tcp://@h", 6, EmptyUser),
        ("tcp://scott:tiger@h", 11, PasswordInUser),
        ("tcp://a%4@h", 6, BadPercentEncoding),
        ("tcp://a%ff@h", 6, BadPercentEncoding),
        ("tcp://:8222", 6, MissingHost),
        ("tcp://8223", 6, AmbiguousPort),
        ("tcp://8223:1", 6, BadHost),
        ("tcp://1.2", 6, BadHost),
        ("tcp://1.2.3.4.5", 6, BadHost),
        ("tcp://256.1.1.1", 6, BadHost),
        ("tcp://0x7f.1", 6, BadHost),
        ("tcp://0x7f000001", 6, BadHost),
        ("tcp://1.", 6, BadHost),
        ("tcp://.", 6, BadHost),
        ("tcp://ho st", 6, BadHost),
        ("tcp://::1", 6, BadBrackets),
        ("tcp://[::1", 6, BadBrackets),
        ("tcp://[::g]", 7, BadHost),
        ("tcp://[fe80::1%]", 7, BadHost),
        ("tcp://[::1]x", 11, BadPort),
        ("tcp://h:", 8, BadPort),
        ("tcp://h:0", 8, BadPort),
        ("tcp://h:65536", 8, BadPort),
        ("tcp://h:+1", 8, BadPort),
        ("tcp://[::1]:x", 12, BadPort),
        ("tcp://h/x", 8, BadProperties),
        ("tcp://h/{dbName=b", 8, BadProperties),
        ("tcp://h/{dbName=b;cd}", 18, BadProperty),
        ("tcp://h/{=b}", 9, BadProperty),
        (r"tcp://h/{dbName=\ud800}", 16, BadEscape),
        (r"tcp://h/{dbName=\ud800\u0041}", 16, BadEscape),
        (
            "tcp://h/{dbName=a;tgdb.connection.DBNAME=b}",
            18,
            DuplicateProperty(Some(ConfigName::ConnectionDatabaseName)),
        ),
    ] {
        let error = TgUrl::parse(text).expect_err(text);
        assert_eq!((error.position, &error.kind), (position, &kind), "{text}");
        assert!(!error.to_string().contains("tiger"));
    }
}

#[test]
fn a_mistyped_name_is_an_error_with_the_nearest_one() {
    use ConfigName::*;
    for (written, nearest) in [
        ("dbNmae", ConnectionDatabaseName),
        ("ftHost", ChannelFTHosts),
        ("conectTimeout", ChannelConnectTimeout),
        ("verifyDB", TlsVerifyDatabaseName),
        ("tlsProtocl", TlsProtocol),
        ("TGDB.CHANNEL.CONECTTIMEOUT", ChannelConnectTimeout),
        ("tgdb.tls.verifyDB", TlsVerifyDatabaseName),
        ("timeout", ChannelConnectTimeout),
        ("operationTimeout", ConnectionOperationTimeoutSeconds),
        ("certificates", TlsTrustedCertificates),
    ] {
        let text = format!("tcp://h/{{clientId=c;{written}=x}}");
        let error = TgUrl::parse(&text).expect_err(written);
        assert_eq!((error.position, &error.kind), (20, &UrlErrorKind::UnknownProperty { nearest: Some(nearest) }));
        assert!(error.to_string().contains(nearest.alias()), "{error}");
        let url = UrlParser::new().allow_unknown(true).parse(&text).unwrap();
        assert_eq!(url.properties().get_by_name(&written.to_lowercase()), Some("x"));
    }
    // Every name with one letter less, or two exchanged, at a third of the places.
    for name in ConfigName::ALL {
        for known in [name.name(), name.alias()] {
            for at in (1..known.len() - 1).rev().step_by(3) {
                let shorter = format!("{}{}", &known[..at], &known[at + 1..]);
                let swapped =
                    format!("{}{}{}{}", &known[..at], &known[at + 1..at + 2], &known[at..at + 1], &known[at + 2..]);
                for mistyped in [shorter, swapped].iter().filter(|mistyped| ConfigName::from_name(mistyped).is_none()) {
                    let error = TgUrl::parse(&format!("tcp://h/{{{mistyped}=x}}")).expect_err(mistyped);
                    let UrlErrorKind::UnknownProperty { nearest } = error.kind else { panic!("{mistyped}: {error}") };
                    assert_eq!(nearest, Some(*name), "{mistyped}");
                }
            }
        }
    }
    let error = TgUrl::parse("tcp://h/{x=x}").unwrap_err();
    assert_eq!(error.kind, UrlErrorKind::UnknownProperty { nearest: None });
}

#[test]
fn no_part_of_a_password_is_in_an_error() {
    for text in [
        "tcp://h/{password=x;tiger=y}",
        "tcp://h/{password=x;tiger}",
        "tcp://h/{password=x;tiger=y;tiger=z}",
        "tcp://h/{password=tiger;password=lion}",
        "tcp://h/{password=tiger;dbName=a;dbName=tiger}",
        r"tcp://h/{password=tiger\ud800}",
        "tcp://h/{password=tiger",
        "tcp://tiger:tiger@h/{password=tiger}",
        "tcp://h/{defaultPort=tiger}",
        "h/{password=tiger://x}",
        "tiger://h/{password=tiger}",
    ] {
        for parser in [UrlParser::new(), UrlParser::new().allow_unknown(true)] {
            let Err(error) = parser.parse(text) else { continue };
            assert!(!format!("{error} {error:?}").contains("tiger"), "{text}: {error:?}");
        }
        TgUrl::parse(text).expect_err(text);
    }
}

/// Quadratic time would make this last minutes.
#[test]
fn a_url_of_maximum_length() {
    let mut text = String::from("tcp://h/{");
    let mut number = 0;
    while text.len() < MAX_URL_LEN - 20 {
        text += &format!("{number:x}=;");
        number += 1;
    }
    text.push('}');
    let url = UrlParser::new().allow_unknown(true).parse(&text).unwrap();
    assert_eq!(url.properties().len(), number);
    let error = TgUrl::parse(&format!("tcp://{}", "h".repeat(MAX_URL_LEN))).unwrap_err();
    assert_eq!(error.kind, UrlErrorKind::TooLong);
}

#[test]
fn a_list_of_maximum_length() {
    let hosts = |count: usize| format!("tcp://h/{{ftHosts={}}}", vec!["a"; count].join(","));
    assert_eq!(TgUrl::parse(&hosts(MAX_FT_HOSTS)).unwrap().ft_urls().unwrap().len(), MAX_FT_HOSTS + 1);
    assert_eq!(TgUrl::parse(&hosts(MAX_FT_HOSTS + 1)).unwrap().ft_urls().unwrap_err().kind, UrlErrorKind::TooManyHosts);
}
