//! The command `serve`, as a process.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod common;

use std::net::TcpListener;

use common::serve::Serve;
use common::*;
use tgdb_channel::url::ConfigName;
use tgdb_channel::{ChannelError, StopMethod};

/// Counts the airports in a session of its own.
fn airports(url: &str, certificates: Option<&str>) -> Result<Option<i64>, ChannelError> {
    let mut builder = channel(url);
    if let Some(file) = certificates {
        builder = builder.property(ConfigName::TlsTrustedCertificates, file);
    }
    let channel = builder.build()?;
    channel.connect()?;
    channel.start()?;
    let count = channel.query("g.V().hasLabel('airport').count()")?.value()?;
    channel.stop(StopMethod::Graceful);
    Ok(count)
}

#[test]
fn a_dump_that_cannot_be_written_is_found_at_once() {
    let directory = common::Directory::new();
    let file = directory.write("file", "");
    let (code, out, errors) =
        common::outputs(&common::tgdb().args(["serve", "--port", "0", "--dump"]).arg(&file).output().unwrap());
    assert_eq!((code, out.as_str()), (Some(3), ""), "{errors}");
}

#[test]
fn it_serves_a_graph_without_an_input_and_cleans_up_on_a_signal() {
    for signal in ["-TERM", "-INT"] {
        let mut server =
            Serve::start(&["--port", "0", "--tls-port", "0", "--ca", "trusted.pem", "--dump", "dumped/here"]);
        let (tcp, tls) = (server.line("listening: "), server.line("listening: "));
        let certificates = server.line("certificates to trust: ");
        assert_eq!(certificates, "trusted.pem");
        server.line("Ctrl-C or SIGTERM ends it");
        assert_eq!(server.files("tmp"), 1, "the authority");

        assert_eq!(airports(&tcp, None).unwrap(), Some(52));
        let trusted = server.directory.path("trusted.pem");
        assert_eq!(airports(&tls, Some(&trusted.display().to_string())).unwrap(), Some(52));

        server.end(signal);
        assert_eq!(server.files("tmp"), 0, "nothing is left");
        assert!(!trusted.exists());
        assert_eq!(server.files("dumped/here"), 4);
        let (_, out, _) = outputs(
            &tgdb().arg("decode").arg(server.directory.path("dumped/here/1-from-client.bin")).output().unwrap(),
        );
        assert!(out.contains("hasLabel('airport')"), "{out}");
    }
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let port = address.port().to_string();
    let directory = Directory::new();
    std::fs::create_dir(directory.path("tmp")).unwrap();
    for arguments in [&["--port", &port][..], &["--port", "0", "--tls-port", &port]] {
        let output = Serve::command(&directory).args(arguments).output().unwrap();
        let (code, out, errors) = outputs(&output);
        assert_eq!((code, out.as_str()), (Some(5), ""), "{errors}");
        assert!(errors.starts_with(&format!("tgdb: cannot listen on {address}")), "{errors}");
        assert_eq!(std::fs::read_dir(directory.path("tmp")).unwrap().count(), 0, "nothing is left");
    }
}

#[test]
fn a_file_that_is_there_is_not_overwritten() {
    let directory = Directory::new();
    std::fs::create_dir(directory.path("tmp")).unwrap();
    let there = directory.write("there.pem", "mine");
    let arguments = ["--port", "0", "--tls-port", "0", "--ca", "there.pem"];
    let (code, _, errors) = outputs(&Serve::command(&directory).args(arguments).output().unwrap());
    assert_eq!(code, Some(3), "{errors}");
    assert!(errors.contains("cannot write there.pem"), "{errors}");
    assert_eq!(std::fs::read_to_string(there).unwrap(), "mine");
}

#[test]
fn json_says_where_it_is_and_what_is_asked() {
    let mut server = Serve::start(&["--no-tcp", "--tls-port", "0", "--trace", "--json"]);
    let mut line = || serde_json::from_str::<serde_json::Value>(&server.line("")).unwrap();
    let ready = line();
    assert_eq!((&ready["event"], &ready["database"]), (&"ready".into(), &"routes".into()));
    let [url] = &ready["urls"].as_array().unwrap()[..] else { panic!("{ready}") };
    airports(url.as_str().unwrap(), ready["certificates"].as_str()).unwrap();
    let verbs = [line(), line()].map(|request| request["verb"].as_str().unwrap().to_owned());
    assert_eq!(verbs, ["QueryRequest", "MetadataRequest"]);
}

#[test]
fn it_ends_when_nobody_reads_the_trace() {
    let (mut server, url) = Serve::url(&["--trace"]);
    airports(&url, None).unwrap();
    server.close();
    while airports(&url, None).is_ok() {}
    assert_eq!(server.ended(), Some(0));
}

#[test]
fn faults_are_committed() {
    let kind = |arguments: &[&str]| {
        let (_server, url) = Serve::url(arguments);
        let builder = channel(&url).operation_timeout(std::time::Duration::from_secs(1));
        let error = session(builder).unwrap_err();
        format!("{:?}", error.kind())
    };
    assert_eq!(kind(&["--refuse-login", "rejected"]), "Login");
    assert_eq!(kind(&["--refuse", "maintenance"]), "Login");
    assert_eq!(kind(&["--cut-after-sent", "1000"]), "ConnectionLost");
    assert_eq!(kind(&["--corrupt-at", "4^0x01"]), "Protocol");
    assert_eq!(kind(&["--no-reply"]), "Timeout");
}

#[test]
fn only_the_first_connections_have_faults() {
    let (_server, url) = Serve::url(&["--refuse", "maintenance", "--faulty-connections", "2"]);
    assert!(airports(&url, None).is_err());
    assert!(airports(&url, None).is_err());
    assert_eq!(airports(&url, None).unwrap(), Some(52));
}

#[test]
fn an_expired_certificate_is_refused_by_clients() {
    let mut server = Serve::start(&["--no-tcp", "--tls-port", "0", "--expired"]);
    let (url, certificates) = (server.line("listening: "), server.line("certificates to trust: "));
    let error = airports(&url, Some(&certificates)).unwrap_err();
    assert!(format!("{error:#}").contains("expired"), "{error:#}");
}

#[test]
fn what_makes_no_sense_is_a_wrong_command_line() {
    for arguments in
        [&["--no-tcp"][..], &["--expired"], &["--ca", "x"], &["--split-writes", "0"], &["--echo", "--python"]]
    {
        let (code, ..) = outputs(&Serve::command(&Directory::new()).args(arguments).output().unwrap());
        assert_eq!(code, Some(2), "{arguments:?}");
    }
}
