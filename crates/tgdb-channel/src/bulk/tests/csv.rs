//! CSV there and back, against the `csv` crate, against what Python writes, and in pieces.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::super::columns::Columns;
use super::super::format::{CsvFormat, Delimiter, Escape};
use super::super::record::Record;
use super::super::tokenizer::Tokenizer;
use super::super::{DataError, DataErrorKind};

const MAX: usize = 4096;

type Row = Vec<(String, bool)>;

/// All records of CSV that comes in pieces of those lengths: texts, and whether they were in quotes.
fn read(format: CsvFormat, csv: &[u8], pieces: &[usize]) -> Result<Vec<Row>, DataError> {
    let mut tokenizer = Tokenizer::new(format, MAX);
    let (mut record, mut rows, mut rest) = (Record::default(), Vec::new(), csv);
    let row = |record: &Record| record.fields().map(|field| (field.text.to_owned(), field.is_quoted)).collect();
    for piece in pieces.iter().chain([&csv.len()]) {
        let (mut input, tail) = rest.split_at((*piece).min(rest.len()));
        rest = tail;
        while tokenizer.next(&mut input, &mut record)? {
            rows.push(row(&record));
        }
        assert!(input.is_empty(), "all bytes are taken if there is no record");
    }
    if tokenizer.finish(&mut record)? {
        rows.push(row(&record));
    }
    Ok(rows)
}

fn texts(rows: Vec<Row>) -> Vec<Vec<String>> {
    rows.into_iter().map(|row| row.into_iter().map(|(text, _)| text).collect()).collect()
}

fn write(format: CsvFormat, rows: &[Vec<Option<String>>]) -> Vec<u8> {
    let mut csv = Vec::new();
    for row in rows {
        for (index, value) in row.iter().enumerate() {
            format.write_field(&mut csv, index == 0, value.as_deref());
        }
        csv.push(b'\n');
    }
    csv
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        vec(
            prop::sample::select(
                &["a", "\"", "'", "\\", "\n", "\r", ",", ";", "\t", " ", "#", "é", "\u{feff}", "n"][..]
            ),
            0..6
        )
        .prop_map(|parts| parts.concat()),
        prop::sample::select(&["null", "", "NULL", "\"null\"", "\\N", "\\"][..]).prop_map(str::to_owned),
    ]
}

fn format() -> impl Strategy<Value = CsvFormat> {
    let delimiter = prop::sample::select(&[Delimiter::Comma, Delimiter::Semicolon, Delimiter::Tab][..]);
    let escape = prop::sample::select(&[Escape::DoubledQuote, Escape::Backslash][..]);
    (delimiter, escape).prop_map(|(delimiter, escape)| CsvFormat { delimiter, escape })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_was_written_is_read(
        format in format(),
        rows in vec(vec(option::of(value()), 1..5), 0..5),
        pieces in vec(0usize..7, 0..30),
    ) {
        let csv = write(format, &rows);
        let mut tokenizer = Tokenizer::new(format, MAX);
        let (mut record, mut again, mut input) = (Record::default(), Vec::new(), &csv[..]);
        while tokenizer.next(&mut input, &mut record).unwrap() {
            prop_assert_eq!(record.offset as usize, write(format, &rows[..again.len()]).len());
            let values = |value: for<'a> fn(super::super::record::Field<'a>) -> Option<&'a str>| {
                record.fields().map(|field| value(field).map(str::to_owned)).collect::<Vec<_>>()
            };
            prop_assert_eq!(values(|field| field.wire_value()), values(|field| field.user_value()));
            again.push(values(|field| field.user_value()));
        }
        prop_assert_eq!(again, rows);
        prop_assert_eq!(read(format, &csv, &pieces), read(format, &csv, &[]), "the pieces do not matter");
    }

    /// Rows of one field aside, which the `csv` crate writes as `""`, and passes over if blank.
    #[test]
    fn the_csv_crate_reads_what_we_write_and_we_read_what_it_writes(rows in vec(vec(value(), 2..5), 0..5)) {
        let optional: Vec<Vec<_>> = rows.iter().map(|row| row.iter().cloned().map(Some).collect()).collect();
        let ours = write(CsvFormat::default(), &optional);
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&ours[..]);
        let read_by_them: Vec<Vec<String>> =
            reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
        prop_assert_eq!(&read_by_them, &rows);
        let mut writer = ::csv::WriterBuilder::new().has_headers(false).flexible(true).from_writer(Vec::new());
        rows.iter().for_each(|row| writer.write_record(row).unwrap());
        let theirs = writer.into_inner().unwrap();
        prop_assert_eq!(texts(read(CsvFormat::default(), &theirs, &[]).unwrap()), rows);
    }

    #[test]
    fn any_bytes_give_the_same_in_any_pieces(
        format in format(),
        csv in vec(prop_oneof![4 => prop::sample::select(&b"a\",\\\n\r;\t"[..]), 1 => any::<u8>()], 0..60),
        pieces in vec(0usize..7, 0..30),
    ) {
        prop_assert_eq!(read(format, &csv, &pieces), read(format, &csv, &[]));
    }
}

/// As Python's `csv.writer` writes it with the settings of the vendor's client, in which only the
/// versions from 3.10 on escape the escape character.
#[test]
fn what_python_writes_is_read() {
    let cases: [(&str, &[(&str, bool)]); 9] = [
        ("1,say \\\"hi\\\"\n", &[("1", false), ("say \"hi\"", false)]),
        ("1,back\\\\slash\n", &[("1", false), ("back\\slash", false)]),
        ("1,\"it\\'s\"\n", &[("1", false), ("it's", true)]),
        ("1,\"a,b\"\n", &[("1", false), ("a,b", true)]),
        ("1,\"two\nlines\"\n", &[("1", false), ("two\nlines", true)]),
        ("1,null\n", &[("1", false), ("null", false)]),
        ("1,\n", &[("1", false), ("", false)]),
        ("1,\"\"\n", &[("1", false), ("", true)]),
        ("1,# \n", &[("1", false), ("# ", false)]),
    ];
    for (csv, fields) in cases {
        let rows = read(CsvFormat::WIRE, csv.as_bytes(), &[]).unwrap();
        let fields: Row = fields.iter().map(|(text, is_quoted)| ((*text).to_owned(), *is_quoted)).collect();
        assert_eq!(rows, [fields], "{csv:?}");
    }
}

/// What the vendor's client puts a backslash before has one here, too, and quotes around it.
#[test]
fn a_bulk_message_has_these_bytes() {
    let cases = [
        (Some("plain"), "plain"),
        (None, "null"),
        (Some("null"), "\"null\""),
        (Some(""), "\"\""),
        (Some("say \"hi\""), "\"say \\\"hi\\\"\""),
        (Some("back\\slash"), "\"back\\\\slash\""),
        (Some("it's"), "\"it\\'s\""),
        (Some("a,b"), "\"a,b\""),
        (Some("two\nlines"), "\"two\nlines\""),
        (Some("# no comment"), "\"# no comment\""),
    ];
    for (value, bytes) in cases {
        let mut line = Vec::new();
        CsvFormat::WIRE.write_field(&mut line, true, value);
        assert_eq!(String::from_utf8(line).unwrap(), bytes);
    }
}

#[test]
fn line_ends_and_blank_lines() {
    let rows = texts(read(CsvFormat::default(), b"\r\n\na,b\r\n\r\n\"c\",\r\n\"\"\r\n\n,d", &[]).unwrap());
    assert_eq!(rows, [vec!["a", "b"], vec!["c", ""], vec![""], vec!["", "d"]]);
    assert_eq!(texts(read(CsvFormat::default(), b"a\rb,c\r", &[]).unwrap()), [["a\rb", "c"]]);
    assert_eq!(read(CsvFormat::default(), b"\r", &[]).unwrap(), [] as [Row; 0]);
}

#[test]
fn what_is_malformed_is_an_error_that_says_where() {
    let error = |format, csv: &[u8]| read(format, csv, &[]).unwrap_err();
    let at = |record, offset, kind| DataError { record, offset, kind };
    let standard = CsvFormat::default();
    assert_eq!(error(standard, b"a\nb,\"c\nd"), at(1, 2, DataErrorKind::Unfinished));
    assert_eq!(error(standard, b"a\n\n\"b\"c\n"), at(1, 3, DataErrorKind::TextBehindQuote));
    assert_eq!(error(standard, b"\"b\"\rc\n"), at(0, 0, DataErrorKind::TextBehindQuote));
    assert_eq!(error(CsvFormat::WIRE, b"a\\"), at(0, 0, DataErrorKind::Unfinished));
    assert_eq!(error(standard, b"a\nb,\xff\n"), at(1, 2, DataErrorKind::NotUtf8));
    // Broken in both fields, and whole if they are put together.
    assert_eq!(error(standard, b"\xc3,\xa9\n"), at(0, 0, DataErrorKind::NotUtf8));
}

/// No quote, no comma and no line end makes it take more memory than it may.
#[test]
fn a_record_has_a_bound() {
    for (start, endless) in [("", "x"), ("\"", "x"), ("", ","), ("", "\\\n")] {
        let csv = [start.as_bytes(), &endless.as_bytes().repeat(2 * MAX)].concat();
        let result = read(CsvFormat::WIRE, &csv, &[1000; 10]);
        let expected = DataErrorKind::RecordTooLong { maximum: MAX };
        assert!(matches!(&result, Err(error) if error.kind == expected), "{endless:?}: {result:?}");
    }
}

#[test]
fn columns_are_put_in_order() {
    let header = |csv: &str, ids: &[&str]| {
        let mut record = Record::default();
        let mut tokenizer = Tokenizer::new(CsvFormat::default(), MAX);
        assert!(tokenizer.next(&mut csv.as_bytes(), &mut record).unwrap());
        (Columns::of(&record, ids), tokenizer, record)
    };
    let (columns, mut tokenizer, mut record) = header("name,to,age,from\n", &["from", "to"]);
    let columns = columns.unwrap();
    assert_eq!(columns.attributes().into_iter().map(|name| name.0).collect::<Vec<_>>(), ["name", "age"]);
    let mut line = |csv: &str| {
        assert!(tokenizer.next(&mut csv.as_bytes(), &mut record).unwrap());
        let mut line = Vec::new();
        columns.write(&record, &mut line).map(|()| String::from_utf8(line).unwrap())
    };
    assert_eq!(line("x,2,,1\n").unwrap(), "1,2,x,null\n");
    assert_eq!(line("\"\",2,\"null\",\"a b\"\n").unwrap(), "a b,2,\"\",\"null\"\n");
    assert_eq!(line("x,,3,1\n"), Err(DataErrorKind::NullId { column: 2 }));
    assert_eq!(line("x,1,3,null\n"), Err(DataErrorKind::NullId { column: 4 }));
    assert_eq!(line("x,1,3\n"), Err(DataErrorKind::FieldCount { expected: 4, found: 3 }));
    // An attribute can have the name of the id: the first one is the id.
    let (columns, ..) = header("id,id\n", &["id"]);
    assert_eq!(columns.unwrap().attributes()[0].0, "id");
    let kind = |csv, ids: &[&str]| header(csv, ids).0.unwrap_err();
    assert_eq!(kind("name\n", &["id"]), DataErrorKind::NoColumn { name: "id".into() });
    assert_eq!(kind("id,a,a\n", &["id"]), DataErrorKind::ColumnTwice { name: "a".into() });
    assert_eq!(kind("id,a,\n", &["id"]), DataErrorKind::NamelessColumn { column: 3 });
}
