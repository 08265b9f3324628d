//! Requests of clients that mean no good: each is answered, and the graph stays whole.

use std::cell::RefCell;

use proptest::collection::vec;
use proptest::prelude::*;
use tgdb_pdu::Body;
use tgdb_pdu::body::*;

use crate::support::*;

fn words() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "g",
        ".",
        "V",
        "E",
        "(",
        ")",
        "()",
        ",",
        ";",
        "'",
        "\"",
        "\\",
        "[",
        "]",
        "has",
        "out",
        "in",
        "both",
        "outE",
        "inV",
        "otherV",
        "values",
        "valueMap",
        "path",
        "count",
        "dedup",
        "limit",
        "range",
        "order",
        "by",
        "id",
        "label",
        "desc",
        "'iata'",
        "'MUC'",
        "'elevation'",
        "1",
        "-1",
        "1.5e9",
        "gt(",
        "within(",
        "between(",
        "@nodetype",
        "=",
        "and",
        "'airport'",
        "__",
        "T.",
        "é",
        " ",
    ];
    vec(prop::sample::select(WORDS), 0..30).prop_map(|words| words.concat())
}

/// Chains that are mostly well-formed.
fn chains() -> impl Strategy<Value = String> {
    const STEPS: &[&str] = &[
        "both()",
        "out('route')",
        "inE()",
        "outE()",
        "inV()",
        "otherV()",
        "bothV()",
        "dedup()",
        "limit(50)",
        "has('elevation', gt(100))",
        "values('iata', 'city')",
        "valueMap()",
        "path()",
        "count()",
        "order().by('city')",
        "id()",
        "label()",
        "hasLabel('airport')",
        "order()",
        "range(1, -1)",
        "is('MUC')",
    ];
    (prop::sample::select(&["g.V()", "g.E()"][..]), vec(prop::sample::select(STEPS), 0..6))
        .prop_map(|(start, steps)| format!("{start}.{}", steps.join(".")).trim_end_matches('.').to_owned())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn each_query_has_an_answer(texts in vec(prop_oneof![words(), "\\PC{0,40}", chains()], 20)) {
        let client = RefCell::new(Client::new());
        for text in texts {
            let gremlin = QueryRequest::gremlin(text.clone());
            let outcome = client.borrow_mut().outcome(gremlin);
            match outcome {
                // Goes over all that came.
                QueryOutcome::Success(_) => drop(client.borrow_mut().query(QueryRequest::gremlin(text))),
                QueryOutcome::Failed { result, .. } => prop_assert!((8100..=8120).contains(&result), "{text}: {result}"),
            }
            let outcome = client.borrow_mut().outcome(QueryRequest::tgql("x"));
            let is_failed = matches!(outcome, QueryOutcome::Failed { .. });
            prop_assert!(is_failed);
        }
    }

    #[test]
    fn each_commit_has_an_answer(bytes in vec(any::<u8>(), 0..100), at in 0usize..200, byte: u8) {
        let mut client = Client::new();
        let schema = client.schema.clone();
        let munich = client.airport("MUC");
        let mut changes = tgdb_pdu::graph::Changes::new(&schema);
        let node = changes.add_node(Some("airport")).unwrap();
        changes.set(node, "iata", "TXL").unwrap();
        changes.add_edge("route", &munich, node).unwrap();
        changes.remove(&tgdb_pdu::graph::Entity::Node(client.airport("OSL")));
        let mut nearly: Vec<u8> = changes.to_request().unwrap().changes.to_vec();
        let length = nearly.len();
        nearly[at % length] = byte;
        for bytes in [bytes, nearly] {
            let reply = client.ask(CommitTransactionRequest::new(bytes));
            prop_assert!(matches!(reply, Body::CommitTransactionResponse(_)));
        }
        let graph = client.graph.snapshot();
        for edge in graph.edges() {
            prop_assert!([edge.from, edge.to].iter().all(|end| graph.node(*end).unwrap().edges.contains(&edge.id)));
        }
        prop_assert!(graph.nodes().flat_map(|node| &node.edges).all(|edge| graph.edge(*edge).is_some()));
    }

    #[test]
    fn each_key_and_command_has_an_answer(bytes in vec(any::<u8>(), 0..60), command in 0i32..30, which in 0i16..3) {
        let mut client = Client::new();
        let key = Some((FetchOptions::default(), bytes.clone().into()));
        let reply = client.ask(GetEntityRequest { command: GetEntityCommand(which), result_id: 0, key });
        prop_assert!(matches!(reply, Body::GetEntityResponse(_) | Body::Exception(_)));
        for length in [0, 12] {
            let arguments = tgdb_pdu::Secret::new(bytes.clone());
            let admin = AdminRequest { length, arguments, ..AdminRequest::new(AdminCommand(command)) };
            prop_assert!(matches!(client.ask(admin), Body::AdminResponse(_)));
        }
    }
}
