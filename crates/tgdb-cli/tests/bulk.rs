//! The commands `import` and `export`, as processes, against `serve`.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod common;

use std::process::Stdio;

use common::serve::Serve;
use common::*;
use serde_json::{Value, json};

const FILES: [&str; 4] = ["airport.csv", "country.csv", "located_in.csv", "route.csv"];

fn run(name: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    outputs(&client(name).args(arguments).output().unwrap())
}

fn files(directory: &Directory) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(directory.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A directory, as an argument.
fn path(directory: &Directory) -> String {
    directory.path("").display().to_string()
}

fn count(url: &str, query: &str) -> i64 {
    let channel = channel(url).build().unwrap();
    channel.connect().unwrap();
    channel.start().unwrap();
    channel.query(query).unwrap().value().unwrap().unwrap()
}

#[test]
fn what_is_exported_can_be_imported() {
    let (_server, url) = Serve::url(&[]);
    let directory = Directory::new();
    let (code, out, errors) = run("export", &[&url, "--dir", &path(&directory), "--verify", "--json"]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    let exported: Value = serde_json::from_str(&out).unwrap();
    let types = exported["exported"].as_array().unwrap();
    let types: Vec<_> =
        types.iter().map(|one| (one["type"].as_str().unwrap(), one["records"].as_u64().unwrap())).collect();
    assert_eq!(types, [("airport", 52), ("country", 39), ("route", 624), ("located_in", 52)]);
    assert_eq!(files(&directory), FILES);

    // Each airport and country of this server is one of the export, with other values.
    let (_other, url) = Serve::url(&[]);
    let airports = std::fs::read_to_string(directory.path("airport.csv")).unwrap();
    directory.write("airport.csv", airports.replace("Munich", "Minga"));
    let (code, out, errors) = run("import", &[&url, &path(&directory), "--load", "upsert"]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    let expected = "airport: 52 of 52 records loaded\ncountry: 39 of 39 records loaded\n\
        located_in: 52 of 52 records loaded\nroute: 624 of 624 records loaded\n";
    assert_eq!(out, expected);
    assert_eq!(count(&url, "g.V().hasLabel('airport').count()"), 52);
    assert_eq!(count(&url, "g.V().has('airport', 'city', 'Minga').count()"), 1);
    assert_eq!(count(&url, "g.E().hasLabel('route').count()"), 2 * 624, "edges have no key");
}

#[test]
fn files_can_name_their_type_and_have_another_format() {
    let (_server, url) = Serve::url(&[]);
    let directory = Directory::new();
    let nodes =
        directory.write("new.txt", "id;iata;name;opened\r\na;ZZY;\"A \\\"new\\\" one\";31.12.2026\r\nb;ZZZ;;\r\n");
    let edges = directory.write("route.csv", "from;to;distance\na;b;12\n");
    let (nodes, edges) = (format!("airport={}", nodes.display()), edges.display().to_string());
    let format = ["--delimiter", "semicolon", "--quote", "backslash", "--dates", "dmy", "--json"];
    // Nodes go first, however they are named.
    let (code, out, errors) = run("import", &[&[&*url, &edges, &nodes], &format[..]].concat());
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    let imported: Value = serde_json::from_str(&out).unwrap();
    let loaded = |name, count: u64| json!({ "type": name, "records": count, "loaded": count });
    assert_eq!(imported, json!({ "imported": [loaded("airport", 2), loaded("route", 1)] }));
    assert_eq!(count(&url, "g.V().has('opened', '2026-12-31').out('route').has('iata', 'ZZZ').count()"), 1);
}

#[test]
fn existing_files_stay_without_force() {
    let (_server, url) = Serve::url(&[]);
    let directory = Directory::new();
    let mine = directory.write("route.csv", "mine");
    let (code, out, errors) = run("export", &[&url, "--dir", &path(&directory)]);
    assert_eq!((code, out.as_str()), (Some(3), ""));
    assert_eq!(errors, format!("tgdb: {} is there already; --force overwrites it\n", mine.display()));
    assert_eq!((files(&directory), std::fs::read_to_string(&mine).unwrap()), (vec!["route.csv".into()], "mine".into()));
    assert_eq!(run("export", &[&url, "--dir", &path(&directory), "--force"]).0, Some(0));
    assert_eq!(files(&directory), FILES);
    assert!(std::fs::read_to_string(&mine).unwrap().starts_with("from,to,distance,fare,departs\n"));
}

#[test]
fn an_export_that_fails_or_is_interrupted_leaves_nothing() {
    let directory = Directory::new();
    let (nowhere, new) =
        (std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap(), directory.path("new"));
    assert_eq!(run("export", &[&format!("tcp://{nowhere}"), "--dir", new.to_str().unwrap()]).0, Some(5));
    assert!(!new.exists());
    let mine = directory.write("route.csv", "mine");
    let (_server, url) = Serve::url(&["--cut-after-sent", "20000"]);
    let (code, _, errors) =
        run("export", &[&url, "--dir", &path(&directory), "--force", "--set", "bulkIOEntityBatchSize=20"]);
    assert_eq!(code, Some(10), "{errors}");
    assert_eq!((files(&directory), std::fs::read_to_string(&mine).unwrap()), (vec!["route.csv".into()], "mine".into()));

    let (mut server, url) = Serve::url(&["--trace"]);
    let mut command = client("export");
    command.args([&url, "--dir", &path(&directory), "--force", "--set", "bulkIOEntityBatchSize=1"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !server.line("session ").contains("PartialExportRequest") {}
    signal(&child, "-INT");
    let (code, out, errors) = outputs(&child.wait_with_output().unwrap());
    assert_eq!((code, out.as_str()), (Some(130), ""), "{errors}");
    assert!(errors.starts_with("tgdb: export, portion ") && errors.ends_with(": interrupted\n"), "{errors}");
    assert_eq!((files(&directory), std::fs::read_to_string(&mine).unwrap()), (vec!["route.csv".into()], "mine".into()));
    server.signal("-TERM");
    assert!(server.rest().contains("CancelExportRequest"));
}

#[test]
fn an_import_that_is_interrupted_is_ended_at_the_server() {
    let (mut server, url) = Serve::url(&["--trace"]);
    let directory = Directory::new();
    let records: String = (0..20_000).map(|number| format!("{number},C{number}\n")).collect();
    let file = directory.write("country.csv", format!("id,code\n{records}"));
    let mut command = client("import");
    command.args([&url, &file.display().to_string(), "--set", "bulkIONodeBatchSize=1"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !server.line("session ").contains("PartialImportRequest") {}
    signal(&child, "-INT");
    let (code, out, errors) = outputs(&child.wait_with_output().unwrap());
    assert_eq!((code, out.as_str()), (Some(130), ""), "{errors}");
    assert!(errors.starts_with("tgdb: import of country, portion ") && errors.ends_with(": interrupted\n"), "{errors}");
    server.signal("-TERM");
    assert!(server.rest().contains("EndImportRequest"));
}

#[test]
fn a_second_signal_does_not_wait_for_the_server() {
    let (mut server, url) = Serve::url(&["--trace", "--no-reply"]);
    let directory = Directory::new();
    let mut command = client("export");
    command.args([&url, "--dir", &path(&directory), "--timeout", "1h"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    server.line("session ");
    // Signals that come at once count as one.
    while child.try_wait().unwrap().is_none() {
        signal(&child, "-INT");
    }
    let (code, _, errors) = outputs(&child.wait_with_output().unwrap());
    assert_eq!((code, errors.as_str()), (Some(130), "tgdb: interrupted\n"));
    assert_eq!(files(&directory), [""; 0]);
}

#[test]
fn mistakes_are_found_before_anything_is_sent() {
    let (_server, url) = Serve::url(&[]);
    let directory = Directory::new();
    let import = |name: &str, content: &str| {
        let file = directory.write(name, content);
        let (code, out, errors) = run("import", &[&url, &file.display().to_string()]);
        assert_eq!(out, "");
        (code, errors)
    };
    let (code, errors) = import("runway.csv", "id\n1\n");
    assert!(code == Some(2) && errors.contains("the graph has no type \"runway\""), "{code:?} {errors}");
    let (code, errors) = import("country.csv", "id,code\n1,XX\n2\n");
    assert!(code == Some(4) && errors.contains("record 2") && errors.contains("2 columns"), "{code:?} {errors}");
    let (code, errors) = import("country.csv", "code\nXX\n");
    assert!(code == Some(4) && errors.contains("no column \"id\""), "{code:?} {errors}");
    assert_eq!(count(&url, "g.V().hasLabel('country').count()"), 39);

    let empty = Directory::new();
    let (code, _, errors) = run("import", &[&url, &path(&empty)]);
    assert!(code == Some(2) && errors.contains("the directory has no .csv files"), "{code:?} {errors}");
    assert_eq!(run("import", &[&url, "missing.csv"]).0, Some(3));
    assert_eq!(run("import", &[&url, "x.csv", "--load", "merge"]).0, Some(2));
    assert_eq!(run("import", &[]).0, Some(2));
    assert_eq!(run("export", &[&url]).0, Some(2));
}

#[test]
fn a_record_that_the_server_refuses_stops_it_or_is_passed_over() {
    let (_server, url) = Serve::url(&[]);
    let directory = Directory::new();
    let file = directory.write("country.csv", "id,code\n1,XX\n2,DE\n3,YY\n").display().to_string();
    let (code, out, errors) = run("import", &[&url, &file, "--on-error", "ignore"]);
    assert_eq!((code, out.as_str()), (Some(0), "country: 2 of 3 records loaded\n"), "{errors}");
    let (code, out, errors) = run("import", &[&url, &file]);
    assert_eq!((code, out.as_str()), (Some(8), ""));
    assert!(errors.contains("the server reports result 1"), "{errors}");
    // What was loaded before stays, and is shown.
    let airports = directory.write("airport.csv", "id,iata\na,ZZZ\n").display().to_string();
    for format in [&[][..], &["--json"]] {
        let (_server, url) = Serve::url(&[]);
        let (code, out, _) = run("import", &[&[&*url, &airports, &file], format].concat());
        let shown = [
            "airport: 1 of 1 records loaded\n",
            "{\"imported\":[{\"type\":\"airport\",\"records\":1,\"loaded\":1}]}\n",
        ];
        assert_eq!((code, out.as_str()), (Some(8), shown[format.len()]));
        assert_eq!(count(&url, "g.V().has('airport', 'iata', 'ZZZ').count()"), 1);
    }
    // This server does not take files as they are.
    let (code, _, errors) = run("import", &[&url, &file, "--raw"]);
    assert!(code == Some(8) && errors.contains("not supported by this test server"), "{code:?} {errors}");
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let (_server, url) = Serve::url(&[]);
    let directory = Directory::new();
    let mut command = client("export");
    command.args([&url, "--dir", &path(&directory)]);
    let (code, _, errors) = outputs(&to_closed_pipe(command));
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert_eq!(files(&directory), FILES);
}
