//! URLs as users write them, and as they should not.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use proptest::prelude::*;
use tgdb_url::{ConfigName, Properties, Protocol, TgUrl, TlsVersion, UrlErrorKind, VersionCheck};

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
fn parts() {
    let url = parse("SSL://Scott@Graph.Example.COM:8700/{dbName=MyDB; Password=TiGer ;x-Own = 1}");
    assert_eq!((url.protocol(), url.user(), url.port()), (Protocol::Ssl, "Scott", 8700));
    assert_eq!(url.host(), "graph.example.com");
    let properties = url.properties();
    assert_eq!(properties.database_name().unwrap(), Some("MyDB"));
    assert_eq!(properties.password().unwrap(), Some("TiGer"), "case is kept");
    assert_eq!(properties.get_by_name("X-OWN"), Some("1"), "unknown keys are kept");
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
    assert_eq!(parse("tcp://a@b@h").user(), "a@b");
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
fn failover_list() {
    let url = parse("ssl://u@h1:1/{ftHosts=h2, h3:3,[::1]:4;dbName=d}");
    let all: Vec<_> = url.ft_urls().unwrap().iter().map(TgUrl::authority).collect();
    assert_eq!(all, ["h1:1", "h2:8222", "h3:3", "[::1]:4"]);
    assert!(url.ft_urls().unwrap().iter().all(|url| url.user() == "u" && url.protocol() == Protocol::Ssl));
    let error = parse("tcp://h/{ftHosts=a,b:x}").ft_urls().unwrap_err();
    assert_eq!((error.position, error.kind), (4, UrlErrorKind::BadPort));
}

#[test]
fn errors_tell_the_position() {
    use UrlErrorKind::*;
    for (text, position, kind) in [
        ("", 0, MissingProtocol),
        ("localhost:8222", 0, MissingProtocol),
        ("  http://h", 2, HttpNotSupported),
        ("ftp://h", 0, UnknownProtocol),
        ("tcp://@h", 6, EmptyUser),
        ("tcp://scott:tiger@h", 11, PasswordInUser),
        ("tcp://a%4@h", 6, BadPercentEncoding),
        ("tcp://a%ff@h", 6, BadPercentEncoding),
        ("tcp://:8222", 6, MissingHost),
        ("tcp://8223", 6, AmbiguousPort),
        ("tcp://1.2", 6, BadHost),
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
        ("tcp://h/{a=b", 8, BadProperties),
        ("tcp://h/{a=b;cd}", 13, BadProperty),
        ("tcp://h/{=b}", 9, BadProperty),
        (r"tcp://h/{a=\u12}", 11, BadEscape),
        ("tcp://h/{dbName=a;tgdb.connection.DBNAME=b}", 18, DuplicateProperty("tgdb.connection.dbName".into())),
    ] {
        let error = TgUrl::parse(text).expect_err(text);
        assert_eq!((error.position, &error.kind), (position, &kind), "{text}");
        assert!(!error.to_string().contains("tiger"));
    }
}

#[test]
fn units() {
    let with = |name, value: &str| Properties::new().with(name, value);
    let timeout = |value| with(ConfigName::ChannelConnectTimeout, value).connect_timeout();
    assert_eq!(Properties::new().connect_timeout().unwrap(), Some(Duration::from_secs(1)), "1000 is milliseconds");
    assert_eq!(timeout("250").unwrap(), Some(Duration::from_millis(250)));
    assert_eq!(timeout("5.000").unwrap(), Some(Duration::from_secs(5)), "Python's spelling is seconds");
    for bad in ["0", "-1", "1e3", "inf.", "soon", ""] {
        assert!(timeout(bad).is_err(), "{bad}");
    }
    assert_eq!(Properties::new().send_size().unwrap(), None, "the system's");
    assert_eq!(Properties::new().with(ConfigName::ChannelSendSize, "122").send_size().unwrap(), Some(122 * 1024));
    assert_eq!(Properties::new().operation_timeout().unwrap(), Some(Duration::from_secs(10)));
    assert_eq!(
        with(ConfigName::ConnectionOperationTimeoutSeconds, "0.25").operation_timeout().unwrap(),
        Some(Duration::from_millis(250))
    );
    for bad in ["0", "1000000001", "1e3"] {
        assert!(with(ConfigName::ConnectionOperationTimeoutSeconds, bad).operation_timeout().is_err(), "{bad}");
    }
    let error = with(ConfigName::ChannelFTRetryCount, "many").check().unwrap_err();
    assert!(error.to_string().starts_with("property tgdb.channel.ftRetryCount (ftRetryCount): expected"));
}

#[test]
fn every_name_is_found_and_every_default_has_its_type() {
    for name in ConfigName::ALL {
        for key in [name.name().to_uppercase(), name.alias().to_lowercase()] {
            assert_eq!(ConfigName::from_name(&key), Some(*name), "{key}");
        }
    }
    Properties::new().check().unwrap();
}

#[test]
fn what_is_shown_hides_passwords_alone() {
    let properties = Properties::new()
        .with(ConfigName::ChannelPassword, "tiger")
        .with(ConfigName::KeyStorePassword, "lion")
        .with(ConfigName::ConnectionDatabaseName, "routes");
    let shown = format!("{properties:?}");
    assert!(!shown.contains("tiger") && !shown.contains("lion") && shown.contains("routes"), "{shown}");
    let url = parse("tcp://h/{password=tiger;dbName=routes}");
    let expected = "tcp://h:8222/{tgdb.channel.password=[redacted];tgdb.connection.dbName=routes}";
    assert_eq!((format!("{url:?}"), url.redacted().to_string()), (expected.into(), expected.into()));
}

#[test]
fn typed_values() {
    let with = |name, value: &str| Properties::new().with(name, value);
    let protocol = |value| with(ConfigName::ChannelDefaultProtocol, value).default_protocol();
    assert_eq!((protocol("SSL").unwrap(), protocol("tcp").unwrap()), (Some(Protocol::Ssl), Some(Protocol::Tcp)));
    assert!(protocol("http").is_err());
    let version = |value| with(ConfigName::TlsProtocol, value).tls_version();
    assert_eq!(version("TLSv1.2").unwrap(), Some(TlsVersion::Tls12));
    assert_eq!(version("tlsv1.3").unwrap(), Some(TlsVersion::Tls13));
    assert!(version("SSLv3").is_err());
    let check = |value| with(ConfigName::ChannelVersionCheck, value).version_check();
    assert_eq!(check("exact").unwrap(), Some(VersionCheck::Exact));
    assert_eq!(check("Major").unwrap(), Some(VersionCheck::Major));
    assert_eq!(check("none").unwrap(), Some(VersionCheck::None));
    assert!(check("minor").is_err());
    let flag = |value| with(ConfigName::TlsVerifyDatabaseName, value).verify_database_name();
    assert_eq!((flag("TRUE").unwrap(), flag("false").unwrap()), (Some(true), Some(false)));
    assert!(flag("yes").is_err());
    let roles = |value| with(ConfigName::ConnectionSpecifiedRoles, value);
    assert_eq!(roles(" user, admin,").roles().unwrap(), Some(vec!["user", "admin"]));
    assert_eq!(roles("").roles().unwrap(), Some(Vec::new()), "empty is none, not all");
    assert_eq!(Properties::new().roles().unwrap(), None);
    let files = with(ConfigName::TlsTrustedCertificates, "a.pem;b.pem,c.pem");
    assert_eq!(files.trusted_certificates().unwrap(), Some(vec!["a.pem", "b.pem", "c.pem"]));
}

#[test]
fn properties_over_properties() {
    let mut properties = Properties::new().with(ConfigName::ChannelUserID, "carl");
    assert_eq!((properties.len(), properties.is_empty()), (1, false));
    let mut other = Properties::new().with(ConfigName::ChannelUserID, "dora");
    other.set_by_name("own", "1").set_by_name("DBNAME", "routes");
    properties.extend(&other);
    let all: Vec<_> = properties.iter().collect();
    assert_eq!(all, [("tgdb.channel.userID", "dora"), ("own", "1"), ("tgdb.connection.dbName", "routes")]);
}

proptest! {
    #[test]
    fn display_parses_back(
        user in proptest::option::of("\\PC{1,12}"),
        port in 1u16..,
        properties in proptest::collection::vec(("[a-zA-Z;=: \\\\{}é\u{1F600}]{1,8}", any::<String>()), 0..6),
    ) {
        let mut text = String::from("tcp://");
        if let Some(user) = &user {
            for byte in user.bytes() {
                text.push_str(&format!("%{byte:02x}"));
            }
            text.push('@');
        }
        text.push_str(&format!("host:{port}"));
        let mut expected = Properties::new();
        let mut escaped = Vec::new();
        for (key, value) in &properties {
            if expected.get_by_name(key).is_some() {
                continue;
            }
            expected.set_by_name(key, value.clone());
            let all = |text: &str| text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
            escaped.push(format!("{}={}", all(key), all(value)));
        }
        text.push_str(&format!("/{{{}}}", escaped.join(";")));
        let url = TgUrl::parse(&text).unwrap();
        prop_assert_eq!(url.explicit_user(), user.as_deref());
        prop_assert_eq!(url.properties(), &expected);
        prop_assert_eq!(TgUrl::parse(&url.to_string()).unwrap(), url);
    }

    #[test]
    fn no_text_panics(text in any::<String>(), tail in any::<String>()) {
        let _ = TgUrl::parse(&text);
        let _ = TgUrl::parse(&format!("tcp://{text}"));
        let _ = TgUrl::parse(&format!("tcp://h/{{{text};{tail}}}"));
    }
}
