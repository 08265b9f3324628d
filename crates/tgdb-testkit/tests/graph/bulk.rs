//! Bulk import and export.

use tgdb_pdu::Body;
use tgdb_pdu::body::*;

use crate::support::*;

const OPTIONS: (ImportErrors, ImportLoad) = (ImportErrors::Stop, ImportLoad::Insert);

fn begin(client: &mut Client, (errors, load): (ImportErrors, ImportLoad)) {
    let request = BeginImportRequest::Batches { errors, load, date_format: ImportDateFormat::Dmy };
    assert_eq!(client.ask(request), BeginImportResponse { result: 0 }.into());
}

/// The first and only portion of a type: how many entities were loaded, or `None`.
fn load(client: &mut Client, type_name: &str, columns: &[&str], csv: &str) -> Option<i64> {
    let columns = Some(columns.iter().map(|column| Chars((*column).to_owned())).collect());
    let portion = ImportPortion::Batch { type_name: type_name.into(), index: 0, total: 1, columns };
    let request = PartialImportRequest::new(portion, csv.to_owned().into());
    let Body::PartialImportResponse(reply) = client.ask(request) else { panic!("{type_name}") };
    match reply.0 {
        BulkOutcome::Done(counts) => Some(counts.iter().map(|count| count.count).sum()),
        BulkOutcome::Failed { .. } => None,
    }
}

#[test]
fn nodes_and_the_edges_between_them_are_loaded() {
    let mut client = Client::new();
    begin(&mut client, OPTIONS);
    let airports = "a,ZZY,\"Ring, \\\"North\\\"\",17.5.1992,true\nb,ZZZ,null,null,null\n";
    assert_eq!(load(&mut client, "airport", &["iata", "name", "opened", "hub"], airports), Some(2));
    assert_eq!(load(&mut client, "route", &["distance", "fare"], "a,b,120,99.5\nb,a,null,null\n"), Some(2));
    let Body::EndImportResponse(end) = client.ask(Body::EndImportRequest) else { panic!() };
    let counts = [("route", false), ("airport", true)];
    let counts = counts.map(|(name, is_node)| TypeCount { name: name.into(), is_node, count: 2 });
    assert_eq!(end.0, BulkOutcome::Done(counts.to_vec()));

    let graph = client.graph.snapshot();
    let node = graph.nodes().find(|node| node.get("iata") == Ok("ZZY")).unwrap();
    assert_eq!(node.get("name"), Ok("Ring, \"North\""));
    assert_eq!(node.get::<tgdb_pdu::graph::Date>("opened").unwrap().to_string(), "1992-05-17");
    assert_eq!(client.count("g.V().has('airport', 'iata', 'ZZY').out('route').has('iata', 'ZZZ').count()"), 1);
}

#[test]
fn a_record_that_cannot_be_loaded_stops_or_is_passed_over() {
    let csv = "a,ZZY,1\nb,MUC,2\nc,ZZZ,x\nd,ZZX,3\n";
    let mut client = Client::new();
    begin(&mut client, OPTIONS);
    assert_eq!(load(&mut client, "airport", &["iata", "elevation"], csv), None);
    assert_eq!(client.count("g.V().hasLabel('airport').count()"), 53, "those before it stay");

    let mut client = Client::new();
    begin(&mut client, (ImportErrors::Ignore, ImportLoad::Insert));
    assert_eq!(load(&mut client, "airport", &["iata", "elevation"], csv), Some(2));
    assert_eq!(load(&mut client, "airport", &["iata", "elevation"], csv), None, "a type comes once");
    assert_eq!(load(&mut client, "runway", &[], "a\n"), None);
}

#[test]
fn an_upsert_changes_the_node_that_has_the_key() {
    let mut client = Client::new();
    begin(&mut client, (ImportErrors::Stop, ImportLoad::Upsert));
    let csv = "a,MUC,Renamed\nb,ZZZ,New\n";
    assert_eq!(load(&mut client, "airport", &["iata", "name"], csv), Some(2));
    assert_eq!(load(&mut client, "route", &[], "a,b\n"), Some(1));
    assert_eq!(client.count("g.V().hasLabel('airport').count()"), 53);
    assert_eq!(client.count("g.V().has('airport', 'name', 'Renamed').out('route').has('iata', 'ZZZ').count()"), 1);
    assert_eq!(client.count("g.V().has('airport', 'iata', 'MUC').has('city', 'Munich').count()"), 1);
}

#[test]
fn portions_that_are_damaged_or_not_due_are_refused() {
    let mut client = Client::new();
    let portion = |index| ImportPortion::Batch { type_name: "country".into(), index, total: 2, columns: None };
    let later = PartialImportRequest::new(portion(1), "b,ZX\n".into());
    let refused: Body = PartialImportResponse(BulkOutcome::Failed { result: 1 }).into();
    assert_eq!(client.ask(later.clone()), refused, "not begun");
    begin(&mut client, OPTIONS);
    assert_eq!(client.ask(later.clone()), refused, "without columns");
    assert_eq!(load(&mut client, "country", &["code"], "a,ZZ\n"), Some(1));
    let skipping = PartialImportRequest::new(portion(2), "b,ZX\n".into());
    assert_eq!(client.ask(skipping), refused, "the one before is missing");
    assert_eq!(client.ask(PartialImportRequest { checksum: 1, ..later }), refused, "damaged");
    let files = client.ask(BeginImportRequest::Files { portions: 1, files: 1 });
    assert!(matches!(files, Body::Exception(_)), "{files:?}");
}

#[test]
fn an_export_has_every_entity_once() {
    let mut client = Client::new();
    let Body::BeginExportResponse(begun) = client.ask(BeginExportRequest::Batches { max_entities: 100 }) else {
        panic!("no export")
    };
    let BulkOutcome::Done(counts) = begun.outcome else { panic!("refused") };
    let counts: Vec<_> = counts.iter().map(|count| (count.name.as_str(), count.is_node, count.count)).collect();
    let expected = [("airport", true, 52), ("country", true, 39), ("route", false, 624), ("located_in", false, 52)];
    assert_eq!(counts, expected);
    let (mut records, mut columns) = (0, Vec::new());
    for portion in 1..=begun.requests {
        let next = PartialExportRequest { request: PartialExportRequest::NEXT };
        let Body::PartialExportResponse(reply) = client.ask(next) else { panic!("portion {portion}") };
        assert!(reply.is_intact());
        let ExportPortion::Batch { new_type, entities, more } = reply.portion else { panic!("a file") };
        assert_eq!(more, portion < begun.requests);
        columns.extend(new_type.map(|new_type| (new_type.type_name, new_type.columns.len())));
        records += entities;
    }
    assert_eq!(records, 52 + 39 + 624 + 52);
    // Without the encrypted attribute and the picture.
    let expected = [("airport", 16), ("country", 3), ("route", 3), ("located_in", 0)];
    assert_eq!(columns, expected.map(|(name, count)| (name.to_owned(), count)));
    let more = client.ask(PartialExportRequest { request: PartialExportRequest::NEXT });
    assert!(matches!(more, Body::Exception(_)));
}
