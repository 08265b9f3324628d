//! `docs/settings.md` has every property, as the code has it. To write the table anew:
//! `TGDB_WRITE_DOCS=1 cargo test -p tgdb-url --test settings_page`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use tgdb_url::{ConfigName, Effect};

const START: &str = "<!-- table -->\n";
const END: &str = "<!-- end of table -->\n";

fn table() -> String {
    let mut table =
        String::from("| property | alias | value | default | effect | what it is for |\n|---|---|---|---|---|---|\n");
    for name in ConfigName::ALL {
        let default = name.default().map_or_else(|| "none".into(), |text| format!("`{text}`"));
        let effect = match name.effect() {
            Effect::Always => "yes",
            Effect::TlsOnly => "with `ssl` only; else reported",
            _ => "no effect, reported",
        };
        let (full, alias, value, what) = (name.name(), name.alias(), name.value_type(), name.description());
        writeln!(table, "| `{full}` | `{alias}` | {value} | {default} | {effect} | {what} |").unwrap();
    }
    table
}

#[test]
fn the_page_has_every_property() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/settings.md");
    let page = fs::read_to_string(&path).expect("docs/settings.md is there").replace("\r\n", "\n");
    let (head, rest) = page.split_once(START).expect("the table begins");
    let (written, tail) = rest.split_once(END).expect("the table ends");
    if env::var_os("TGDB_WRITE_DOCS").is_some() {
        fs::write(&path, format!("{head}{START}{}{END}{tail}", table())).unwrap();
        return;
    }
    assert_eq!(written, table(), "see the head of this test for how to write it anew");
}
