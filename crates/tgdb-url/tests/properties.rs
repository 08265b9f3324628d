//! Sets of properties: names, what is shown, and what is reported.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashSet;
use std::str::FromStr;

use tgdb_url::{ConfigName, Effect, Properties, PropertyError, Protocol, SettingWarning, TgUrl, UrlParser};

#[test]
fn every_name_is_found_and_every_default_has_its_type() {
    for name in ConfigName::ALL {
        for key in [name.name().to_uppercase(), name.alias().to_lowercase()] {
            assert_eq!(ConfigName::from_name(&key), Some(*name), "{key}");
            assert_eq!(ConfigName::from_str(&key), Ok(*name), "{key}");
        }
        assert_eq!(name.to_string(), name.name());
        if let Some(default) = name.default() {
            Properties::new().with(*name, default).check().unwrap();
        }
    }
    Properties::new().check().unwrap();
    let names: HashSet<_> = ConfigName::ALL.iter().flat_map(|name| [name.name(), name.alias()]).collect();
    assert_eq!(names.len(), 2 * ConfigName::ALL.len(), "no name is there twice");
    let error = ConfigName::from_str("dbNmae").unwrap_err();
    let nearest = Some(ConfigName::ConnectionDatabaseName);
    assert_eq!(error, PropertyError::Unknown { name: "dbNmae".into(), nearest });
}

#[test]
fn unknown_names_are_an_error_unless_only_values_are_checked() {
    let mut properties = Properties::new();
    properties.set_by_name("own", "1").set_by_name("sendSize", "many");
    assert!(matches!(properties.check(), Err(PropertyError::Unknown { .. })));
    let expected = properties.check_values().unwrap_err();
    assert!(matches!(expected, PropertyError::Value { name: ConfigName::ChannelSendSize, .. }));
    properties.set_by_name("sendSize", "1");
    properties.check_values().unwrap();
    properties.set_by_name(&"long".repeat(1000), "");
    let mut only_long = Properties::new();
    only_long.set_by_name(&"long\n".repeat(100_000), "");
    let text = only_long.check().unwrap_err().to_string();
    assert!(text.len() < 200 && !text.contains('\n'), "{text}");
}

#[test]
fn each_property_without_effect_is_reported() {
    for name in ConfigName::ALL {
        let properties = Properties::new().with(*name, name.default().unwrap_or("1"));
        let reported = |protocol| properties.warnings(protocol);
        let (tcp, ssl) = match name.effect() {
            Effect::Always => (vec![], vec![]),
            Effect::TlsOnly => (vec![SettingWarning::NeedsTls(*name)], vec![]),
            Effect::Never => (vec![SettingWarning::NoEffect(*name)], vec![SettingWarning::NoEffect(*name)]),
            other => panic!("{other:?}"),
        };
        // No time, count or name of the vendor's defaults is implausible, but 1 as connectTimeout is not set here.
        assert_eq!((reported(Protocol::Tcp), reported(Protocol::Ssl)), (tcp, ssl), "{name}");
    }
    let url = TgUrl::parse("tcp://h/{verifyDBName=true;locale=de;connectTimeout=5}").unwrap();
    let warnings = url.warnings();
    assert_eq!(warnings, url.properties().warnings(Protocol::Tcp));
    let texts: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    assert!(texts[0].contains("(verifyDBName) has no effect with tcp"), "{texts:?}");
    assert!(texts[1].contains("(locale) has no effect in this client"), "{texts:?}");
    assert!(texts[2].contains("(connectTimeout): the number without unit is read as 5ms"), "{texts:?}");
}

#[test]
fn secrets_and_values_of_unknown_names_are_not_shown() {
    let mut text = String::from("tcp://h/{dbName=routes;password=tiger;keyStorePassword=tiger");
    for key in
        ["pwd", "passwd", "passphrase", "apiKey", "api_key", "API-KEY", "credentials", "secret", "x.token", "own"]
    {
        text += &format!(";{key}=tiger");
    }
    text.push('}');
    let url = UrlParser::new().allow_unknown(true).parse(&text).unwrap();
    for shown in [
        format!("{url:?}"),
        url.redacted().to_string(),
        format!("{:?}", url.properties()),
        format!("{:?}", url.properties().iter()),
    ] {
        assert!(!shown.contains("tiger") && shown.contains("routes") && shown.contains("apiKey"), "{shown}");
    }
    assert!(url.to_string().contains("tiger"));
    let public = url.properties().to_public();
    let names: Vec<_> = public.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["tgdb.connection.dbName", "own"], "unknown names go to the server, secrets do not");
    let url = TgUrl::parse("tcp://h/{password=tiger;dbName=routes}").unwrap();
    let expected = "tcp://h:8222/{tgdb.channel.password=[redacted];tgdb.connection.dbName=routes}";
    assert_eq!((format!("{url:?}"), url.redacted().to_string()), (expected.into(), expected.into()));
}

#[test]
fn properties_over_properties() {
    let mut properties = Properties::new().with(ConfigName::ChannelUserID, "carl");
    assert_eq!((properties.len(), properties.is_empty()), (1, false));
    let other: Properties = [("USERID", "dora"), ("own", "1"), ("DBNAME", "routes")].into_iter().collect();
    properties.extend(&other);
    let all: Vec<_> = (&properties).into_iter().collect();
    assert_eq!(all, [("tgdb.channel.userID", "dora"), ("own", "1"), ("tgdb.connection.dbName", "routes")]);
    assert_eq!(properties.iter().len(), 3);
    properties.extend([(ConfigName::ChannelUserID, String::from("eve"))]);
    assert_eq!(properties.get(ConfigName::ChannelUserID), Some("eve"));
    assert_eq!(properties.get_by_name("OWN"), Some("1"));
    assert_ne!(properties, other);
}

#[test]
fn equal_values_have_equal_hashes() {
    let urls: HashSet<TgUrl> = ["tcp://h", "tcp://h:8222/", "TCP://H", "tcp://h/{dbName=a}", "tcp://h/{DBNAME=a}"]
        .into_iter()
        .map(|text| TgUrl::try_from(text).unwrap())
        .collect();
    assert_eq!(urls.len(), 2);
}
