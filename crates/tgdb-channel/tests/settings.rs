//! Where a setting comes from, and what is said about those that do nothing.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use support::logs::{show_logs, warnings};
use support::{builder, started};
use tgdb_channel::proto::LoadBalance;
use tgdb_channel::transport::{SocketOptions, TlsOptions};
use tgdb_channel::url::{ConfigName, Properties, PropertyError, SettingWarning, UrlErrorKind, VersionCheck};
use tgdb_channel::{ChannelBuilder, ChannelError, TgChannel, create_channel};
use tgdb_testkit::{DEFAULT_DATABASE, DEFAULT_PASSWORD, DEFAULT_USER, ServerConfig, TestServer};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_method_comes_before_the_url_and_the_url_before_properties() {
    let url = "tcp://h/{clientId=url;connectTimeout=2s;ftHosts=b}";
    let mut properties = Properties::new();
    for (alias, value) in [("clientId", "property"), ("connectTimeout", "3s"), ("maxRequestsInFlight", "7")] {
        properties.set_by_name(alias, value);
    }
    let from_url = TgChannel::builder(url).properties(&properties).build().unwrap();
    assert_eq!(from_url.client_id(), "url");
    assert_eq!(from_url.properties().connect_timeout().unwrap(), Some(2 * SECOND));
    assert_eq!(from_url.properties().max_in_flight().unwrap(), Some(7));
    let explicit = TgChannel::builder(url).properties(&properties).client_id("method").connect_timeout(SECOND);
    let explicit = explicit.failover_servers([""; 0]).build().unwrap();
    assert_eq!(explicit.client_id(), "method");
    assert_eq!(explicit.properties().connect_timeout().unwrap(), Some(SECOND));
    assert_eq!(explicit.properties().ft_hosts().unwrap(), Some(Vec::new()));
}

#[test]
fn each_method_sets_its_property() {
    let channel = TgChannel::builder("ssl://h/{dbName=d}")
        .roles(["user", "admin"])
        .client_id("reports")
        .version_check(VersionCheck::Exact)
        .verify_database(true)
        .send_connection_properties(true)
        .connect_timeout(Duration::from_micros(1500))
        .operation_timeout(2 * SECOND)
        .ping_interval(None)
        .liveness_timeout(Some(3 * SECOND))
        .max_in_flight(4)
        .max_outbox_size(5 * 1024 + 1)
        .max_frame_size(1)
        .failover_servers(["a", "b:1"])
        .retry_count(6)
        .retry_interval(SECOND / 10, 7 * SECOND)
        .reconnect_spread(Duration::ZERO)
        .load_balance(LoadBalance::Random)
        .keepalive(None)
        .tcp_user_timeout(Some(8 * SECOND))
        .build()
        .unwrap();
    let properties = channel.properties();
    assert_eq!(properties.roles().unwrap(), Some(vec!["user", "admin"]));
    assert_eq!(properties.client_id().unwrap(), Some("reports"));
    assert_eq!(properties.version_check().unwrap(), Some(VersionCheck::Exact));
    assert_eq!(properties.verify_database_name().unwrap(), Some(true));
    assert_eq!(properties.send_connection_properties().unwrap(), Some(true));
    assert_eq!(properties.connect_timeout().unwrap(), Some(Duration::from_micros(1500)));
    assert_eq!(properties.operation_timeout().unwrap(), Some(2 * SECOND));
    assert_eq!(properties.ping_interval().unwrap(), Some(Duration::ZERO));
    assert_eq!(properties.liveness_timeout().unwrap(), Some(3 * SECOND));
    assert_eq!(properties.max_in_flight().unwrap(), Some(4));
    assert_eq!(properties.max_outbox_size().unwrap(), Some(6 * 1024));
    assert_eq!(properties.max_frame_size().unwrap(), Some(1024));
    assert_eq!(properties.ft_hosts().unwrap(), Some(vec!["a", "b:1"]));
    assert_eq!(properties.ft_retry_count().unwrap(), Some(6));
    assert_eq!(properties.ft_retry_interval().unwrap(), Some(SECOND / 10));
    assert_eq!(properties.ft_max_retry_interval().unwrap(), Some(7 * SECOND));
    assert_eq!(properties.ft_reconnect_spread().unwrap(), Some(Duration::ZERO));
    assert_eq!(properties.load_balance_hosts().unwrap(), Some(true));
    assert_eq!(properties.tcp_keepalive().unwrap(), Some(Duration::ZERO));
    assert_eq!(properties.tcp_user_timeout().unwrap(), Some(8 * SECOND));
    assert!(channel.warnings().is_empty(), "what is typed is meant: {:?}", channel.warnings());
}

#[test]
fn times_that_mean_nothing_are_errors() {
    let build = |set: fn(ChannelBuilder) -> ChannelBuilder| set(TgChannel::builder("tcp://h")).build();
    for result in [
        build(|builder| builder.connect_timeout(Duration::ZERO)),
        build(|builder| builder.operation_timeout(Duration::ZERO)),
        build(|builder| builder.ping_interval(Some(Duration::MAX))),
        build(|builder| builder.max_in_flight(0)),
        build(|builder| builder.max_frame_size(0)),
        build(|builder| builder.max_frame_size(u32::MAX)),
    ] {
        assert!(matches!(result, Err(ChannelError::Property(PropertyError::Value { .. }))), "{result:?}");
    }
}

#[test]
fn names_that_are_not_known_are_errors_unless_allowed() {
    for name in ["dbNmae", "ftHost", "conectTimeout", "verifyDB", "tlsProtocl"] {
        let url = format!("tcp://h/{{{name}=true}}");
        let error = TgChannel::builder(&url).build().unwrap_err();
        let ChannelError::Url(error) = error else { panic!("{error}") };
        assert!(matches!(error.kind, UrlErrorKind::UnknownProperty { nearest: Some(_) }), "{error}");

        let properties: Properties = [(name, "true")].into_iter().collect();
        for error in [
            TgChannel::builder("tcp://h").properties(&properties).build().unwrap_err(),
            create_channel("tcp://h", None, None, None, Some(&properties)).unwrap_err(),
        ] {
            let ChannelError::Property(error) = error else { panic!("{error}") };
            assert!(matches!(error, PropertyError::Unknown { nearest: Some(_), .. }), "{error}");
            assert!(error.to_string().contains(name), "{error}");
        }
        let allowed = TgChannel::builder(&url).properties(&properties).allow_unknown_properties(true).build().unwrap();
        assert_eq!(allowed.properties().get_by_name(name), Some("true"));
    }
}

#[test]
fn what_a_url_lacks_comes_from_properties() {
    let server = TestServer::start(ServerConfig::default()).unwrap();
    let port = server.address().port().to_string();
    let in_url = builder(&format!("tcp:///{{defaultHost=127.0.0.1;defaultPort={port}}}"));
    started(in_url);
    let set = |builder: ChannelBuilder| {
        builder
            .property(ConfigName::ChannelDefaultHost, "127.0.0.1")
            .property(ConfigName::ChannelDefaultPort, port.clone())
            .property(ConfigName::ChannelDefaultProtocol, "tcp")
    };
    for url in ["tcp://", "tcp:///{dbName=}", "/", "", "127.0.0.1"] {
        let channel = started(set(builder(url)));
        assert_eq!(channel.url().authority(), format!("127.0.0.1:{port}"));
    }
    let error = TgChannel::builder("h:1").build().unwrap_err();
    assert!(matches!(&error, ChannelError::Url(error) if error.kind == UrlErrorKind::MissingProtocol), "{error}");
    let channel = set(TgChannel::builder("tcp://h:1/{ftHosts=b}")).build().unwrap();
    assert_eq!(channel.url().authority(), "h:1");
}

#[test]
fn what_is_hidden_by_options_of_the_program_is_reported() {
    let url = "ssl://h/{connectTimeout=2s;sendSize=64;tlsProtocol=TLSv1.3;clientId=c}";
    let channel = TgChannel::builder(url)
        .socket_options(SocketOptions { keepalive: None, ..SocketOptions::default() })
        .tls_options(TlsOptions::default())
        .connect_timeout(SECOND)
        .build()
        .unwrap();
    let hidden = |name, by| SettingWarning::Overridden { name, by };
    assert_eq!(
        channel.warnings(),
        [
            hidden(ConfigName::TlsProtocol, "ChannelBuilder::tls_options"),
            hidden(ConfigName::ChannelSendSize, "ChannelBuilder::socket_options"),
        ],
        "connectTimeout is set by its own method"
    );
}

#[test]
fn options_of_tls_with_tcp_are_reported() {
    let warnings = |url: &str| {
        let builder = TgChannel::builder(url).tls_options(TlsOptions::default()).dangerous_accept_any_certificate();
        builder.build().unwrap().warnings().to_vec()
    };
    let needs_tls = |set_by| SettingWarning::OptionsNeedTls { set_by };
    let expected = ["ChannelBuilder::tls_options", "ChannelBuilder::dangerous_accept_any_certificate"].map(needs_tls);
    assert_eq!(warnings("tcp://h"), expected);
    assert_eq!(warnings("ssl://h"), []);
}

#[test]
fn warnings_are_logged_when_the_channel_is_made() {
    show_logs();
    let url = "tcp://reported.example/{trustedCertificates=ca.pem;locale=de;connectTimeout=5;password=tiger}";
    let channel = TgChannel::builder(url).build().unwrap();
    assert_eq!(channel.warnings().len(), 3);
    let logged: Vec<_> = warnings().into_iter().filter(|text| text.contains("reported.example")).collect();
    let expected: Vec<_> =
        channel.warnings().iter().map(|warning| format!("channel to reported.example:8222: {warning}")).collect();
    assert_eq!(logged, expected);
}

/// Runs in a process of its own, with variables of its own; see the next.
#[test]
#[ignore = "run by the_environment_is_below_the_url"]
fn with_variables() {
    let channel = ChannelBuilder::from_env().unwrap().build().unwrap();
    channel.connect().unwrap();
    print!("logged in as {}", channel.properties().user().unwrap().unwrap());
}

#[test]
fn the_environment_is_below_the_url() {
    let server = TestServer::start(ServerConfig::default()).unwrap();
    let file = env::temp_dir().join(format!("tgdb-settings-{}", std::process::id()));
    fs::write(&file, format!("{DEFAULT_PASSWORD}\n")).unwrap();
    let run = |url: &str, variables: &[(&str, &str)]| {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", "with_variables", "--ignored", "--nocapture", "--test-threads=1"]);
        let command = command.env("TGDB_URL", url).envs(variables.iter().copied());
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.success(), text)
    };
    let properties = format!("connectTimeout=20s;connectionOperationTimeoutSeconds=20;dbName={DEFAULT_DATABASE}");
    let url = format!("{}/{{{properties}}}", server.url());
    let expected = format!("logged in as {DEFAULT_USER}");
    let file_name = file.to_str().unwrap();
    for variables in [
        [("TGDB_USER", DEFAULT_USER), ("TGDB_PASSWORD", DEFAULT_PASSWORD)],
        [("TGDB_USER", DEFAULT_USER), ("TGDB_PASSWORD_FILE", file_name)],
    ] {
        let (ok, text) = run(&url, &variables);
        assert!(ok && text.contains(&expected), "{text}");
    }
    let with_user = url.replace('}', &format!(";userID={DEFAULT_USER};password={DEFAULT_PASSWORD}}}"));
    let (ok, text) = run(&with_user, &[("TGDB_USER", "nobody"), ("TGDB_PASSWORD", "wrong")]);
    assert!(ok && text.contains(&expected), "the URL comes first: {text}");
    let (ok, text) = run(&url, &[("TGDB_USER", DEFAULT_USER), ("TGDB_PASSWORD", "wrong")]);
    assert!(!ok && !text.contains("wrong\""), "{text}");
    fs::remove_file(file).unwrap();
}
