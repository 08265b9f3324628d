//! Bytes of bulk imports and exports that Python wrote, or read, against ours.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use tgdb_pdu::body::*;
use tgdb_pdu::{Body, BodyErrorKind, EncodeError, Reader, Verb, Writer};

const LARGEST: usize = 32_764;

fn vectors(list: &str) -> Vec<Json> {
    // `cargo xtask interop` records them anew, and names the folder.
    let folder = std::env::var_os("TGDB_VECTORS").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors"));
    let all: Json = serde_json::from_slice(&std::fs::read(folder.join("graph_bulk.json")).unwrap()).unwrap();
    all[list].as_array().unwrap().clone()
}

fn batch(type_name: &str, index: i32, total: i32, columns: Option<&[&str]>) -> ImportPortion {
    let columns = columns.map(|columns| columns.iter().map(|name| Chars((*name).to_owned())).collect());
    ImportPortion::Batch { type_name: type_name.to_owned(), index, total, columns }
}

fn file(name: &str) -> ImportPortion {
    ImportPortion::File { name: name.to_owned(), total: 1, index: 0 }
}

fn import(portion: ImportPortion, data: &'static [u8]) -> Body {
    PartialImportRequest::new(portion, data.into()).into()
}

fn batches(errors: ImportErrors, load: ImportLoad, date_format: ImportDateFormat) -> Body {
    BeginImportRequest::Batches { errors, load, date_format }.into()
}

/// Python ignores length and hash of an exported portion; the vectors have hash 0.
fn export(portion: ExportPortion, data: &'static [u8]) -> Body {
    PartialExportResponse { checksum: 0, ..PartialExportResponse::new(portion, data.into()) }.into()
}

/// The body that the vector of that name is.
fn body(name: &str) -> Body {
    match name {
        "begin import, batch" => batches(ImportErrors::Stop, ImportLoad::Insert, ImportDateFormat::Ymd),
        "begin import, batch, upsert" => batches(ImportErrors::Ignore, ImportLoad::Upsert, ImportDateFormat::Dmy),
        "begin import, files" => BeginImportRequest::Files { portions: 5, files: 2 }.into(),
        "partial import, first batch" => import(batch("person", 0, 2, Some(&["name"])), "1,Ann\n2,hé\n".as_bytes()),
        "partial import, second batch" => import(batch("person", 1, 2, None), b"3,Cy\n"),
        "partial import, file" => import(file("person.csv"), b"id,name\n1,Ann\n"),
        "partial import, empty data" => import(file("e.csv"), b""),
        "partial import, 32764 bytes" => import(file("big.csv"), &[b'x'; LARGEST]),
        "end import" => Body::EndImportRequest,
        "begin import, done" => BeginImportResponse { result: 0 }.into(),
        "begin import, failed" => BeginImportResponse { result: 9001 }.into(),
        "partial import, failed" => PartialImportResponse(BulkOutcome::Failed { result: 9005 }).into(),
        "begin export, batch" => BeginExportRequest::Batches { max_entities: 1000 }.into(),
        "begin export, files" => BeginExportRequest::Files { zip: "out.zip".to_owned() }.into(),
        "begin export, files, no name" => BeginExportRequest::Files { zip: String::new() }.into(),
        "begin export, two types" => {
            let count = |name: &str, is_node, count| TypeCount { name: name.to_owned(), is_node, count };
            let outcome = BulkOutcome::Done(vec![count("person", true, 7), count("knows", false, 3)]);
            BeginExportResponse { requests: 3, outcome }.into()
        }
        "partial export, request 2" => PartialExportRequest { request: 2 }.into(),
        "partial export, batch, new type" => {
            let columns = ["name", "count"].map(|name| Chars(name.to_owned())).to_vec();
            let new_type = Some(ExportedColumns { type_name: "person".to_owned(), columns });
            export(ExportPortion::Batch { new_type, entities: 1, more: true }, b"1,Ann\n")
        }
        "partial export, file" => export(ExportPortion::File { name: "person.csv".to_owned() }, b"1,Ann\n"),
        "partial export, empty" => export(ExportPortion::Batch { new_type: None, entities: 0, more: false }, b""),
        "cancel export" => Body::CancelExportRequest,
        other => panic!("{other}"),
    }
}

#[test]
fn bodies_are_those_of_the_vectors() {
    let vectors = vectors("messages");
    assert_eq!(vectors.len(), 21);
    for vector in vectors {
        let name = vector["name"].as_str().unwrap();
        let mut theirs = hex::decode(vector["hex"].as_str().unwrap()).unwrap();
        if name == "partial import, 32764 bytes" {
            theirs.extend([b'x'; LARGEST]);
        }
        let body = body(name);
        let verb = Verb(i16::try_from(vector["verb"].as_i64().unwrap()).unwrap());
        assert_eq!(body.verb(), verb, "{name}");
        let mut w = Writer::default();
        body.encode(&mut w).unwrap();
        assert_eq!(hex::encode(w.into_vec()), hex::encode(&theirs), "{name}: our bytes are theirs");
        let mut r = Reader::new(verb, theirs.into());
        assert_eq!(Body::decode(verb, &mut r).unwrap(), body, "{name}: their bytes are our body");
        assert_eq!(r.remaining(), 0, "{name}");
    }
}

#[test]
fn the_hash_is_that_of_the_vectors() {
    let vectors = vectors("checksums");
    assert_eq!(vectors.len(), 7);
    for vector in vectors {
        let data = hex::decode(vector["data"].as_str().unwrap()).unwrap();
        assert_eq!(format!("{:016x}", murmur_hash_64a(&data)), vector["hash"].as_str().unwrap(), "{vector}");
    }
}

#[test]
fn a_changed_portion_is_not_intact() {
    let whole = PartialImportRequest::new(file("a.csv"), "1,Ann\n".into());
    assert!(whole.is_intact());
    assert!(!PartialImportRequest { data: "1,Anm\n".into(), ..whole.clone() }.is_intact());
    assert!(!PartialImportRequest { length: 5, ..whole.clone() }.is_intact());
    assert!(!PartialImportRequest { checksum: 0, ..whole }.is_intact());
    let whole = PartialExportResponse::new(ExportPortion::File { name: String::new() }, "1,Ann\n".into());
    assert!(whole.is_intact());
    assert!(!PartialExportResponse { data: "1,Anm\n".into(), ..whole.clone() }.is_intact());
    assert!(!PartialExportResponse { length: 7, ..whole }.is_intact());
}

fn encoded(body: &Body) -> Result<Vec<u8>, EncodeError> {
    let mut w = Writer::default();
    body.encode(&mut w).map(|()| w.into_vec())
}

#[test]
fn what_does_not_fit_is_not_written() {
    let long: Body = PartialImportRequest::new(file("a.csv"), vec![0; 32_768].into()).into();
    assert!(matches!(encoded(&long), Err(EncodeError::TooMany { field: "data", length: 32_768, .. })));
    for portion in [batch("a", 0, 1, None), batch("a", 1, 2, Some(&["b"]))] {
        let error = encoded(&import(portion, b"")).unwrap_err();
        assert!(matches!(error, EncodeError::Inconsistent { field: "columns", .. }), "{error}");
    }
    let failed = PartialImportResponse(BulkOutcome::Failed { result: 0 });
    assert!(matches!(encoded(&failed.into()), Err(EncodeError::Inconsistent { field: "result", .. })));
}

#[test]
fn counts_and_lengths_that_cannot_be_are_errors() {
    let decode = |verb, hex: &str| {
        let mut r = Reader::new(verb, hex::decode(hex).unwrap().into());
        Body::decode(verb, &mut r).unwrap_err().kind
    };
    let many = decode(Verb::PARTIAL_IMPORT_RESPONSE, "000000007fffffffffffffff");
    assert!(matches!(many, BodyErrorKind::CountTooLarge { .. }), "{many}");
    let negative = decode(Verb::END_IMPORT_RESPONSE, "00000000ffffffffffffffff");
    assert_eq!(negative, BodyErrorKind::NegativeLength(-1));
    let columns = decode(Verb::PARTIAL_EXPORT_RESPONSE, "01010001417fffffff");
    assert!(matches!(columns, BodyErrorKind::CountTooLarge { .. }), "{columns}");
    let data = decode(Verb::PARTIAL_IMPORT_REQUEST, "00000000000000000000000000000000000001000000008000");
    assert_eq!(data, BodyErrorKind::NegativeLength(-32_768));
}
