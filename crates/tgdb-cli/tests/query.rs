//! `tgdb query` against a server with a graph.

#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use common::{Directory, at, graph, lines, reading, shown, started, user};
use serde_json::json;
use tgdb_channel::pdu::graph::Changes;
use tgdb_testkit::TestServer;

const MUNICH: &str = "g.V().has('iata', 'MUC')";

#[test]
fn a_table_has_a_column_for_each_attribute() {
    let server = graph();
    let table = "@id  | @type   | code | name                 | continent
-----+---------+------+----------------------+--------------
1001 | country | AE   | United Arab Emirates | Asia
1002 | country | AR   | Argentina            | South America
(2 rows)
";
    assert_eq!(shown(&server, &["query", "g.V().hasLabel('country').limit(2)"]), table);
    assert_eq!(shown(&server, &["query", &server.url(), "g.V().hasLabel('country').limit(2)"]), table);
    assert_eq!(shown(&server, &["query", "g.V().count()"]), "count\n-----\n   91\n(1 row)\n");
    assert_eq!(shown(&server, &["query", "g.V().hasId(1)"]), "(0 rows)\n");
}

#[test]
fn edges_maps_paths_and_mixtures_have_columns_too() {
    let server = graph();
    let query = |steps: &str| shown(&server, &["query", &format!("{MUNICH}{steps}"), "--format", "csv"]);
    assert_eq!(query(".outE('route').limit(1)"), "@id,@type,@from,@to,distance,fare\n1604,route,1078,1040,664,78.76\n");
    assert_eq!(query(".valueMap('iata', 'elevation')"), "iata,elevation\nMUC,1487\n");
    assert_eq!(query(".out('located_in').path()"), "1,2\nairport(MUC),country(DE)\n");
    assert_eq!(query(".values('iata')"), "iata\nMUC\n");
    assert_eq!(query(".values('iata', 'city')"), "value\nMUC\nMunich\n");
    let tgql = "tgql://@nodetype = 'airport' and elevation > 7000;";
    let all = shown(&server, &["query", tgql, "--format", "csv"]);
    assert!(all.starts_with("@id,@type,iata,") && all.lines().count() > 1, "{all}");
}

#[test]
fn json_is_one_value_a_line() {
    let server = graph();
    let airports = lines(&server, &["query", "g.V().hasLabel('airport')", "--json"]);
    assert_eq!(airports.len(), 52);
    let munich = airports.iter().find(|airport| airport["attributes"]["iata"] == "MUC").unwrap();
    assert_eq!((&munich["kind"], &munich["type"], &munich["id"]), (&json!("node"), &json!("airport"), &json!(1078)));
    assert_eq!(lines(&server, &["query", "g.V().count()", "--format", "json"]), [json!(91)]);
    // The server's default is to send 1000; 624 routes, and those of those.
    let many = lines(&server, &["query", "g.V().out('route').out('route').values('iata')", "--json"]);
    assert!(many.len() > 1000, "{}", many.len());
    assert_eq!(lines(&server, &["query", "g.V().values('name')", "--json", "--limit", "7"]).len(), 7);
}

#[test]
fn the_query_comes_from_a_file_or_the_standard_input() {
    let (server, directory) = (graph(), Directory::new());
    let file = directory.write("query.txt", "g.V()\n  .count()\n");
    let expected = "count\n91\n";
    assert_eq!(shown(&server, &["query", "--file", file.to_str().unwrap(), "--format", "csv"]), expected);
    for arguments in [&["query", "--format", "csv"][..], &["query", "-", "--format", "csv"]] {
        assert_eq!(reading(&server, arguments, " g.V().count() \n").1, expected);
    }
    let (code, _, errors) = at(&server, &["query"]);
    assert_eq!((code, errors.as_str()), (Some(2), "tgdb: there is no query; see tgdb query --help\n"));
    assert_eq!(at(&server, &["query", "--file", "missing"]).0, Some(3));
}

#[test]
fn times_go_to_the_standard_error() {
    let (code, out, errors) = at(&graph(), &["query", "g.V().count()", "--timing", "--json"]);
    assert_eq!((code, out.as_str()), (Some(0), "91\n"));
    assert!(errors.starts_with("Time: ") && errors.ends_with(" ms\n"), "{errors}");
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let server = graph();
    let command = ["query", "g.V().out('route').out('route')", "--json"];
    let mut child = user(&server.url(), &command).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    drop(out);
    assert!(line.starts_with('{'));
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert_eq!((child.wait().unwrap().code(), errors.as_str()), (Some(0), ""));
}

#[test]
fn a_failed_query_says_why() {
    let (code, out, errors) = at(&graph(), &["query", "g.V().fly()"]);
    assert_eq!((code, out.as_str()), (Some(8), ""));
    assert_eq!(
        errors,
        "tgdb: QueryRequest: the server reports error 8103 (STEP_NOT_SUPPORTED): step fly(): is not supported by \
         this test server\n"
    );
}

const HOSTILE: &str = "a\nb\u{1b}[2J\u{9b}2J\u{202e},\"";

/// A server with a country of that name.
fn hostile() -> TestServer {
    let server = graph();
    let channel = started(&server);
    let schema = channel.schema().unwrap();
    let mut changes = Changes::new(&schema);
    let country = changes.add_node(Some("country")).unwrap();
    changes.set(country, "code", "XX").unwrap();
    changes.set(country, "name", HOSTILE).unwrap();
    channel.commit(&changes).unwrap();
    server
}

#[test]
fn what_the_server_sends_stays_text() {
    let (server, query) = (hostile(), ["query", "g.V().has('code', 'XX').values('name')"]);
    let name = "a\\nb\\u{1b}[2J\\u{9b}2J\\u{202e},\"";
    assert_eq!(shown(&server, &query), format!("name\n{}\n{name}\n(1 row)\n", "-".repeat(name.len())));
    let line = shown(&server, &[query[0], query[1], "--json"]);
    assert_eq!(line.lines().collect::<Vec<_>>(), [r#""a\nb\u001b[2J\u009b2J\u202e,\"""#]);
    assert_eq!(serde_json::from_str::<String>(&line).unwrap(), HOSTILE);
    // Another program gets CSV as it is.
    let csv = shown(&server, &[query[0], query[1], "--format", "csv"]);
    assert_eq!(csv, format!("name\n\"{}\"\n", HOSTILE.replace('"', "\"\"")));
}

#[cfg(unix)]
mod at_a_terminal {
    use super::*;
    use crate::common::terminal::Terminal;

    #[test]
    fn csv_is_escaped_too() {
        let query = ["query", "g.V().has('code', 'XX').values('name')", "--format", "csv"];
        let (_, text) = Terminal::start(user(&hostile().url(), &query), 80).end();
        assert!(text.contains("2J") && !text.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{text:?}");
    }

    #[test]
    fn there_are_colours_and_cells_are_cut() {
        let server = graph();
        let query = ["query", "g.V().hasLabel('country').limit(2)"];
        assert!(!shown(&server, &query).contains('\u{1b}'));
        assert!(shown(&server, &["--color", "always", query[0], query[1]]).contains("\u{1b}[1m@id"));
        let (code, text) = Terminal::start(user(&server.url(), &query), 50).end();
        assert_eq!(code, Some(0));
        assert!(text.contains("\u{1b}[1m@id") && text.contains("United Ara…"), "{text}");
        for line in text.lines().filter(|line| !line.contains('\u{1b}')) {
            assert!(line.chars().count() <= 50, "{line}");
        }
        let (_, text) = Terminal::start(user(&server.url(), &["query", MUNICH]), 80).end();
        assert!(text.contains("-- 1 --") && text.contains("\r\niata           | MUC\r\n"), "{text}");
        let mut plain = user(&server.url(), &query);
        plain.env("NO_COLOR", "1");
        assert!(!Terminal::start(plain, 80).end().1.contains('\u{1b}'));
    }
}
