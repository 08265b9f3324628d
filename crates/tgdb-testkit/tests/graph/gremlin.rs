//! What each step gives.

use tgdb_pdu::body::{QueryCommand, QueryRequest, SortOrder};
use tgdb_pdu::graph::*;

use crate::support::*;

#[test]
fn steps_give_what_they_name() {
    let mut client = Client::new();
    let munich = client.airport("MUC").id;
    let with_id = |text: &str| text.replace("#", &munich.to_string());
    for (query, expected) in [
        ("g.V().count()", "91"),
        ("g.E().count()", "676"),
        (" g . V ( ) . count ( ) ; ", "91"),
        ("g.V(#)", "MUC"),
        ("g.V([#, #]).dedup()", "MUC"),
        ("g.V(1)", ""),
        ("g.V().has('iata', 'MUC')", "MUC"),
        ("g.V().has(\"iata\", \"MUC\")", "MUC"),
        ("g.V().has('airport', 'iata', 'MUC')", "MUC"),
        ("g.V().has('country', 'iata', 'MUC')", ""),
        ("g.V().has('iata', eq('MUC')).values('name')", "Munich Franz Josef Strauss"),
        ("g.V().has(label, 'country').count()", "39"),
        ("g.V().has(T.label, 'country').count()", "39"),
        ("g.V().has(id, #)", "MUC"),
        ("g.V().hasId(#)", "MUC"),
        ("g.V().hasLabel('airport').count()", "52"),
        ("g.V().hasLabel('airport', 'country').count()", "91"),
        ("g.V().hasLabel('route').count()", "0"),
        ("g.E().hasLabel('route').count()", "624"),
        ("g.V().has('notes').values('iata')", "KEF,KTM,MEX,MUC"),
        ("g.V().hasLabel('airport').hasNot('passengers')", "BER"),
        ("g.V().has('elevation', gt(5000))", "JNB,MEX,NBO"),
        ("g.V().has('elevation', P.gt(5000)).has('elevation', lt(7000))", "JNB,NBO"),
        ("g.V().has('elevation', gte(7316))", "MEX"),
        ("g.V().has('elevation', lte(-11))", "AMS"),
        ("g.V().has('elevation', between(1411, 1416))", "GVA"),
        ("g.V().has('elevation', inside(1411, 1417))", "ZRH"),
        ("g.V().has('elevation', outside(-10, 7000))", "AMS,MEX"),
        ("g.V().has('iata', within('MUC', 'FRA', 'XXX'))", "FRA,MUC"),
        ("g.V().has('iata', within(['MUC', 'FRA']))", "FRA,MUC"),
        ("g.V().has('iata', neq('MUC')).count()", "51"),
        ("g.V().has('iata', without('MUC', 'FRA')).count()", "50"),
        ("g.V().has('utc_offset', 5.75)", "KTM"),
        ("g.V().has('latitude', gt(63.5d))", "KEF"),
        ("g.V().has('hub', true).has('runways', 2).has('code_letter', 'F').has('elevation', gt(1000))", "MUC"),
        ("g.V().has('opened', lt('1915-01-01'))", "HAM"),
        ("g.V().has('city', 'São Paulo').values('iata')", "GRU"),
        ("g.V().has('city', 'S\\u00e3o Paulo').values('iata')", "GRU"),
        ("g.E().has('fare', lt(25)).count()", "0"),
        ("g.V().has('iata', 'MUC').out('located_in').values('name')", "Germany"),
        ("g.V().has('code', 'DE').in('located_in')", "BER,DUS,FRA,HAM,MUC"),
        ("g.V().has('code', 'DE').both().count()", "5"),
        ("g.V().has('code', 'DE').out().count()", "0"),
        ("g.V().has('iata', 'MUC').out().hasLabel('country')", "DE"),
        ("g.V().has('iata', 'MUC').out('route').count()", "19"),
        ("g.V().has('iata', 'MUC').both('route').count()", "38"),
        ("g.V().has('iata', 'MUC').both('route').dedup().count()", "19"),
        ("g.V().has('iata', 'MUC').outE('route').inV().has('iata', 'PRG')", "PRG"),
        ("g.V().has('iata', 'MUC').inE('route').outV().has('iata', 'PRG')", "PRG"),
        ("g.V().has('iata', 'MUC').bothE('route').otherV().has('iata', 'PRG')", "PRG,PRG"),
        ("g.V().has('iata', 'MUC').outE('located_in').bothV()", "MUC,DE"),
        ("g.V().has('iata', 'MUC').outE('route').order().by('distance').limit(1).values('distance')", "261"),
        ("g.V().has('iata', 'MUC').values('iata', 'city')", "MUC,Munich"),
        ("g.V().has('iata', 'MUC').valueMap('city', 'runways')", "city=Munich runways=2"),
        ("g.V().has('code', 'DE').valueMap()", "code=DE name=Germany continent=Europe"),
        ("g.V().has('iata', 'MUC').out('located_in').path()", "MUC DE"),
        ("g.V().has('iata', 'MUC').values('city').path()", "MUC Munich"),
        ("g.V().hasLabel('country').values('continent').dedup().count()", "6"),
        ("g.V().hasLabel('country').order().by('continent').by('code', desc).limit(2).values('code')", "ZA,KE"),
        ("g.V().hasLabel('country').values('code').order().limit(2)", "AE,AR"),
        ("g.V().hasLabel('country').values('code').order().by(desc).limit(2)", "ZA,US"),
        ("g.V().hasLabel('airport').order().by('passengers', Order.desc).limit(1)", "ATL"),
        ("g.V().hasLabel('airport').order().by('passengers', desc).range(51, -1)", "BER"),
        ("g.V().hasLabel('airport').order().by('elevation').range(1, 3)", "BKK,DOH"),
        ("g.V().hasLabel('airport').limit(0)", ""),
        ("g.V().has('iata', 'MUC').id()", "#"),
        ("g.V().has('iata', 'MUC').label()", "airport"),
        ("g.V().has('iata', 'MUC').outE('located_in').label()", "located_in"),
        ("g.V().values('elevation').is(gt(5000)).count()", "3"),
    ] {
        assert_eq!(client.texts(&with_id(query)).join(","), with_id(expected), "{query}");
    }
}

#[test]
fn two_steps_give_as_many_as_there_are_ways() {
    let mut client = Client::new();
    let mut ways = 0;
    for iata in client.texts("g.V().hasLabel('airport')") {
        let airport = format!("g.V().has('iata', '{iata}')");
        let [arrive, leave] = ["in", "out"].map(|way| client.count(&format!("{airport}.{way}('route').count()")));
        ways += arrive * leave;
    }
    assert_eq!(client.count("g.V().out('route').out('route').count()"), ways);
}

#[test]
fn results_are_announced_as_the_vendor_writes_it() {
    let mut client = Client::new();
    for (query, annotation) in [
        ("g.V().limit(1)", "[V]"),
        ("g.E().limit(1)", "[E]"),
        ("g.V().count()", "[l]"),
        ("g.V().id()", "[l]"),
        ("g.V().label()", "[s]"),
        ("g.V().values('name')", "[s]"),
        ("g.V().values('runways')", "[b]"),
        ("g.V().values('longest_runway')", "[h]"),
        ("g.V().values('elevation')", "[i]"),
        ("g.V().values('passengers')", "[l]"),
        ("g.V().values('utc_offset')", "[f]"),
        ("g.V().values('latitude')", "[d]"),
        ("g.E().values('fare')", "[n]"),
        ("g.V().values('code_letter')", "[c]"),
        ("g.V().values('hub')", "[?]"),
        ("g.V().values('opened')", "[D]"),
        ("g.V().values('updated')", "[a]"),
        ("g.V().values('notes')", "[S]"),
        ("g.V().values('city', 'runways')", "[S]"),
        ("g.V().valueMap('city')", "[{s,S}]"),
        ("g.V().outE('route').inV().path()", "[P(V,E,V)]"),
        ("g.V().has('iata', 'XXX')", ""),
    ] {
        let answer = client.query(query);
        assert_eq!(answer.result().annotation, annotation, "{query}");
        assert_eq!((answer.result().syntax, answer.result().query_hash_id), (0, 0));
        assert_eq!(answer.result().result_count as usize, answer.elements().count(), "{query}");
    }
}

#[test]
fn elements_are_of_the_types_of_their_steps() {
    let mut client = Client::new();
    let element_type = |client: &mut Client, query: &str| {
        let answer = client.query(query);
        answer.result().elements(&*client.schema).unwrap().element_type()
    };
    for (query, expected) in [
        ("g.V()", ElementType::ENTITY),
        ("g.V().values('name')", ElementType::ATTRIBUTE_VALUE),
        ("g.V().count()", ElementType::TRANSIENT_VALUE),
        ("g.V().valueMap()", ElementType::MAP),
        ("g.V().path()", ElementType::MIXED_LIST),
    ] {
        assert_eq!(element_type(&mut client, query), Some(expected), "{query}");
    }
}

#[test]
fn an_empty_result_has_nothing_behind_its_count() {
    let result = Client::new().query("g.V().has('iata', 'XXX')").result().clone();
    assert_eq!((result.result_count, result.entities.len()), (0, 0));
}

#[test]
fn the_options_of_a_request_bound_and_sort_its_result() {
    let mut client = Client::new();
    let mut request = QueryRequest::gremlin("g.V().hasLabel('airport').values('iata')");
    request.options.fetch_size = 3;
    assert_eq!(client.query(request.clone()).elements().count(), 3);
    request.options.fetch_size = 0;
    assert_eq!(client.query(request).elements().count(), 52, "0 is no limit");

    let mut request = QueryRequest::gremlin("g.V().hasLabel('airport')");
    request.sort = Some(SortOrder { attribute: "elevation".into(), descending: true, limit: 2 });
    let answer = client.query(request);
    let names: Vec<&str> = answer.nodes().map(|node| node.unwrap().get("iata").unwrap()).collect();
    assert_eq!(names, ["MEX", "JNB"]);
}

#[test]
fn tgql_finds_nodes_and_edges() {
    let mut client = Client::new();
    for (query, count) in [
        ("@nodetype = 'airport' and iata = 'MUC';", 1),
        ("@nodetype = 'airport' AND elevation >= 5330", 3),
        ("@nodetype='airport' and elevation>5330;", 2),
        ("iata <> 'MUC';", 51),
        ("iata != 'MUC';", 51),
        ("@edgetype = 'route' and distance < 200;", client.count("g.E().has('distance', lt(200)).count()")),
        ("@nodetype = 'country' and iata = 'MUC';", 0),
    ] {
        let answer = client.query(QueryRequest::tgql(query));
        assert_eq!(answer.entities().count() as i64, count, "{query}");
        let result = answer.result();
        assert_eq!((result.syntax, i64::from(result.result_count), result.total_count), (1, count, Some(count as i32)));
    }
}

#[test]
fn prepared_queries_run_until_they_are_closed() {
    let mut client = Client::new();
    for (text, expected) in [("g.V().has('iata', 'MUC');", 1), ("@nodetype = 'country';", 39)] {
        let created = client.query(QueryRequest::text(QueryCommand::CREATE, text));
        let id = created.result().query_hash_id;
        assert!(id > 0, "Java takes no other");
        for _ in 0..2 {
            let answer = client.query(QueryRequest::prepared(QueryCommand::EXECUTE_ID, id));
            assert_eq!((answer.entities().count(), answer.result().query_hash_id), (expected, id));
        }
        client.query(QueryRequest::prepared(QueryCommand::CLOSE, id));
        for command in [QueryCommand::EXECUTE_ID, QueryCommand::CLOSE] {
            assert_eq!(client.failure(QueryRequest::prepared(command, id)).0, 8108);
        }
    }
}
