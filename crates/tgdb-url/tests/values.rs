//! What values of properties mean.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::str::FromStr;
use std::time::Duration;

use proptest::prelude::*;
use tgdb_url::{ConfigName, Properties, PropertyError, Protocol, SettingWarning, TlsVersion, VersionCheck};

const CONNECT: ConfigName = ConfigName::ChannelConnectTimeout;
const OPERATION: ConfigName = ConfigName::ConnectionOperationTimeoutSeconds;

fn with(name: ConfigName, value: &str) -> Properties {
    Properties::new().with(name, value)
}

#[test]
fn times() {
    let ms = Duration::from_millis;
    for (text, connect, seconds) in [
        ("250", Some(ms(250)), Some(ms(250_000))),
        ("5", Some(ms(5)), Some(ms(5000))),
        ("5.0", Some(ms(5000)), Some(ms(5000))),
        ("5.", Some(ms(5000)), Some(ms(5000))),
        (".5", Some(ms(500)), Some(ms(500))),
        ("5s", Some(ms(5000)), Some(ms(5000))),
        ("5 s", Some(ms(5000)), Some(ms(5000))),
        (" 500ms ", Some(ms(500)), Some(ms(500))),
        ("1.5ms", Some(Duration::from_micros(1500)), Some(Duration::from_micros(1500))),
        ("0.000000001s", Some(Duration::from_nanos(1)), Some(Duration::from_nanos(1))),
        ("2m", Some(ms(120_000)), Some(ms(120_000))),
        ("1h", Some(ms(3_600_000)), Some(ms(3_600_000))),
        ("1d", Some(ms(86_400_000)), Some(ms(86_400_000))),
        ("1000000000s", Some(Duration::from_secs(1_000_000_000)), Some(Duration::from_secs(1_000_000_000))),
        ("1000000001s", None, None),
        ("999999999999999999999d", None, None),
        ("0", None, None),
        ("0s", None, None),
        ("-1", None, None),
        ("+1", None, None),
        ("1e3", None, None),
        ("inf.", None, None),
        ("1.2.3", None, None),
        (".", None, None),
        ("s", None, None),
        ("5S", None, None),
        ("5 minutes", None, None),
        ("soon", None, None),
        ("", None, None),
    ] {
        assert_eq!(with(CONNECT, text).connect_timeout().ok().flatten(), connect, "connectTimeout={text}");
        assert_eq!(with(OPERATION, text).operation_timeout().ok().flatten(), seconds, "operation timeout {text}");
    }
    assert_eq!(Properties::new().connect_timeout().unwrap(), Some(Duration::from_secs(1)), "1000 is milliseconds");
    assert_eq!(Properties::new().operation_timeout().unwrap(), Some(Duration::from_secs(10)));
    let zero = with(ConfigName::ChannelPingInterval, "0ms").ping_interval().unwrap();
    assert_eq!(zero, Some(Duration::ZERO));
}

#[test]
fn times_without_unit_that_are_probably_mistakes_are_reported() {
    for (name, value, read_as) in [
        (CONNECT, "5", Some(Duration::from_millis(5))),
        (CONNECT, "49", Some(Duration::from_millis(49))),
        (CONNECT, "50", None),
        (CONNECT, "5.0", None),
        (CONNECT, "5ms", None),
        (CONNECT, "5000", None),
        (CONNECT, "5000.0", Some(Duration::from_secs(5000))),
        (CONNECT, "3600001", Some(Duration::from_millis(3_600_001))),
        (OPERATION, "0.01", None),
        (OPERATION, "3600", None),
        (OPERATION, "5000", Some(Duration::from_secs(5000))),
        (OPERATION, "5000s", None),
        (ConfigName::ChannelPingInterval, "30000", Some(Duration::from_secs(30000))),
        (ConfigName::ChannelFTRetryCount, "30000", None),
    ] {
        let expected: Vec<_> =
            read_as.map(|read_as| SettingWarning::Implausible { name, read_as }).into_iter().collect();
        assert_eq!(with(name, value).warnings(Protocol::Tcp), expected, "{name}={value}");
    }
    let text = with(CONNECT, "5").warnings(Protocol::Tcp)[0].to_string();
    assert!(text.contains("5ms") && text.contains("5s"), "{text}");
}

proptest! {
    #[test]
    fn a_time_that_is_set_is_read_exactly(seconds in 0u64..1_000_000_000, nanos in 0u32..1_000_000_000) {
        let time = Duration::new(seconds, nanos).max(Duration::from_nanos(1));
        for name in [CONNECT, OPERATION] {
            let mut properties = Properties::new();
            properties.set_time(name, time);
            let get = |properties: &Properties| match name {
                CONNECT => properties.connect_timeout().unwrap(),
                _ => properties.operation_timeout().unwrap(),
            };
            prop_assert_eq!(get(&properties), Some(time));
            prop_assert_eq!(properties.warnings(Protocol::Tcp), []);
            // The vendor's spelling says the same.
            let public: Properties = properties.to_public().into_iter().collect();
            prop_assert!(!public.get(name).unwrap().ends_with('s'));
            prop_assert_eq!(get(&public), Some(time));
        }
    }
}

#[test]
fn sizes_and_counts() {
    assert_eq!(Properties::new().send_size().unwrap(), None, "the system's");
    assert_eq!(with(ConfigName::ChannelSendSize, "122").send_size().unwrap(), Some(122 * 1024));
    let error = with(ConfigName::ChannelFTRetryCount, "many").check().unwrap_err();
    assert!(error.to_string().starts_with("property tgdb.channel.ftRetryCount (ftRetryCount): expected"));
}

#[test]
fn empty_text_is_as_good_as_not_set() {
    for empty in ["", "  "] {
        assert_eq!(with(ConfigName::TlsExpectedHostName, empty).expected_host_name().unwrap(), None);
        assert_eq!(with(ConfigName::TlsClientKey, empty).client_key().unwrap(), None);
        assert_eq!(with(ConfigName::ConnectionDatabaseName, empty).database_name().unwrap(), None);
        assert_eq!(with(ConfigName::ChannelUserID, empty).user().unwrap(), None);
        let id = with(ConfigName::ChannelClientId, empty);
        assert_eq!(id.client_id().unwrap(), ConfigName::ChannelClientId.default());
        assert_eq!(with(ConfigName::ChannelPassword, empty).password().unwrap(), Some(empty), "a password is as it is");
    }
}

#[test]
fn words() {
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
    for protocol in [Protocol::Tcp, Protocol::Ssl] {
        assert_eq!(Protocol::from_str(&protocol.to_string().to_uppercase()), Ok(protocol));
    }
    for version in [TlsVersion::Tls12, TlsVersion::Tls13] {
        assert_eq!(TlsVersion::from_str(&version.to_string()), Ok(version));
    }
    for check in [VersionCheck::Exact, VersionCheck::Major, VersionCheck::None] {
        assert_eq!(VersionCheck::from_str(&check.to_string()), Ok(check));
    }
    let error = Protocol::from_str("http").unwrap_err();
    assert_eq!(error, PropertyError::Value { name: ConfigName::ChannelDefaultProtocol, expected: "tcp or ssl" });
}

#[test]
fn lists() {
    let roles = |value| with(ConfigName::ConnectionSpecifiedRoles, value);
    assert_eq!(roles(" user, admin,").roles().unwrap(), Some(vec!["user", "admin"]));
    assert_eq!(roles("").roles().unwrap(), Some(Vec::new()), "empty is none, not all");
    assert_eq!(Properties::new().roles().unwrap(), None);
    let files = with(ConfigName::TlsTrustedCertificates, "a.pem;b.pem,c.pem");
    assert_eq!(files.trusted_certificates().unwrap(), Some(vec!["a.pem", "b.pem", "c.pem"]));
}
