//! Each way in which a query can fail, with its code.

use tgdb_pdu::body::{QueryCommand, QueryRequest, QueryTarget, SortOrder};

use crate::support::*;

#[test]
fn each_failure_has_its_code_and_says_what_is_wrong() {
    let mut client = Client::new();
    for (query, code, says) in [
        ("", 8102, "byte 0"),
        ("h.V()", 8102, "byte 0"),
        ("g.V(", 8102, "byte 4"),
        ("g.V().", 8102, "byte 6"),
        ("g.V()x", 8102, "byte 5"),
        ("g.V();;", 8102, "byte 6"),
        ("g.V().has('iata, 'MUC')", 8102, "byte"),
        ("g.V().has('iata' 'MUC')", 8102, "byte"),
        ("g.V().has('x\\q')", 8102, "byte 10"),
        ("g.V().limit(99999999999999999999)", 8102, "byte 12"),
        ("g.V().has('iata', 3x)", 8102, "byte 18"),
        ("g.V().drop()", 8103, "drop()"),
        ("g.V().has('iata', 'MUC').repeat(__.out('route')).times(2)", 8103, "repeat()"),
        ("g.out()", 8104, "out()"),
        ("g.addV('airport')", 8104, "addV()"),
        ("g.V().V()", 8104, "V()"),
        ("g.V().values('name').out()", 8104, "out()"),
        ("g.V().inV()", 8104, "inV()"),
        ("g.E().out()", 8104, "out()"),
        ("g.E().otherV()", 8104, "otherV()"),
        ("g.V().count().values('name')", 8104, "values()"),
        ("g.dedup()", 8104, "begins"),
        ("g.V().path().path()", 8104, "path()"),
        ("g.V().has()", 8105, "has()"),
        ("g.V().hasLabel()", 8105, "hasLabel()"),
        ("g.V().limit()", 8105, "limit()"),
        ("g.V().order().by()", 8105, "by()"),
        ("g.V().hasNot()", 8105, "hasNot()"),
        ("g.V('MUC')", 8106, "V()"),
        ("g.V().has('iata', startingWith('M'))", 8106, "has()"),
        ("g.V().has('iata', __.out())", 8106, "has()"),
        ("g.V().has(1, 2, 3, 4)", 8106, "has()"),
        ("g.V().values(1)", 8106, "values()"),
        ("g.V().out(1)", 8106, "out()"),
        ("g.V().count(1)", 8106, "count()"),
        ("g.V().dedup('name')", 8106, "dedup()"),
        ("g.V().order('name')", 8106, "order()"),
        ("g", 8107, "g.V()"),
        ("g;", 8107, "g.V()"),
        ("g.V().has('nowhere', 1)", 8109, "nowhere"),
        ("g.V().values('nowhere')", 8109, "nowhere"),
        ("g.V().order().by('nowhere')", 8109, "nowhere"),
        ("g.V().out('nowhere')", 8110, "nowhere"),
        ("g.E().hasLabel('nowhere')", 8110, "nowhere"),
        ("g.V().hasLabel('nowhere')", 8111, "nowhere"),
        ("g.V().has('nowhere', 'iata', 'MUC')", 8111, "nowhere"),
        ("g.V().limit(-1)", 8118, "limit()"),
        ("g.V().range(3, 1)", 8118, "range()"),
        ("g.V().range(1)", 8118, "range()"),
        ("g.V().has('elevation', between(1))", 8118, "has()"),
        ("g.V().by('name')", 8119, "by()"),
        ("g.V().order().by('name', shuffle)", 8119, "by()"),
    ] {
        let (found, text) = client.failure(query);
        assert_eq!(found, code, "{query}: {text}");
        assert!(text.contains(says), "{query}: {text}");
        let prepared = QueryRequest::text(QueryCommand::CREATE, query);
        // What is no Gremlin could be TGQL, which is not parsed but unsupported.
        if query.starts_with("g.") && query != "g.E().otherV()" {
            assert_eq!(client.failure(prepared).0, code, "{query}, prepared");
        }
    }
}

#[test]
fn tgql_fails_with_the_same_codes() {
    let mut client = Client::new();
    for (query, code) in [
        ("", 8103),
        ("@nodetype in ('airport');", 8103),
        ("@nodetype = 'airport' or iata = 'MUC';", 8103),
        ("iata = ;", 8103),
        ("iata =", 8103),
        ("iata", 8103),
        ("iata = 'MUC", 8102),
        ("nowhere = 1;", 8109),
        ("@edgetype = 'nowhere';", 8110),
        ("@nodetype = 'nowhere';", 8111),
    ] {
        assert_eq!(client.failure(QueryRequest::tgql(query)).0, code, "{query}");
    }
}

#[test]
fn other_requests_for_queries_fail() {
    let mut client = Client::new();
    let bytecode = QueryRequest::text(QueryCommand::EXECUTE_GREMLIN, "[[], [V(), count()]]");
    assert_eq!(client.failure(bytecode).0, 8103);
    assert_eq!(client.failure("gbc://[[], [V()]]").0, 8103);
    let mut filtered = QueryRequest::tgql("@nodetype = 'airport';");
    let QueryTarget::Text(text) = &mut filtered.target else { panic!() };
    text.edge_filter = Some("@edgetype = 'route';".into());
    assert_eq!(client.failure(filtered).0, 8103);
    let unknown = QueryRequest { command: QueryCommand(42), target: QueryTarget::Nothing, ..QueryRequest::gremlin("") };
    assert_eq!(client.failure(unknown).0, 8100);
    let mut sorted = QueryRequest::gremlin("g.V()");
    sorted.sort = Some(SortOrder { attribute: "nowhere".into(), descending: false, limit: 0 });
    assert_eq!(client.failure(sorted).0, 8109);
}

#[test]
fn a_query_that_grows_without_end_is_stopped() {
    let mut client = Client::new();
    let (code, text) = client.failure(format!("g.V(){}.count()", ".both()".repeat(90)));
    assert_eq!(code, 8100, "{text}");
    // A path has as many items as steps, which count too.
    let steps = ".outV().outE('located_in')".repeat(48);
    let query = format!("g.E().hasLabel('located_in'){steps}");
    assert_eq!(client.query(QueryRequest::gremlin(format!("{query}.count()"))).value(), Ok(Some(52i64)));
    assert_eq!(client.query(QueryRequest::gremlin(format!("{query}.path()"))).elements().count(), 52);
    let query = format!("g.V().hasLabel('airport').out('route').limit(600){}", ".limit(600)".repeat(3));
    let wide = format!("{query}{}", ".outE('located_in').outV()".repeat(40));
    assert_eq!(client.query(QueryRequest::gremlin(format!("{wide}.count()"))).value(), Ok(Some(600i64)));
    let (code, text) = client.failure(format!("{wide}.outE('route').path()"));
    assert_eq!(code, 8100, "{text}");
    assert_eq!(client.failure(format!("g.V(){}", ".dedup()".repeat(100))).0, 8104);
    assert_eq!(client.failure(format!("g.V().has({}", "[".repeat(30_000))).0, 8102);
    assert_eq!(client.failure(format!("g.V().has({}", "a(".repeat(15_000))).0, 8102);
}

#[test]
fn texts_of_failures_fit_into_a_reply() {
    let mut client = Client::new();
    let (code, text) = client.failure(format!("g.V().values('{}')", "x".repeat(32_000)));
    assert_eq!((code, text.chars().count()), (8109, 1000));
}
