//! The CSV of bulk messages: `,` between fields, LF behind records, quotes around fields that need
//! them, a backslash before special characters, `null` without quotes for null.

const NULL: &str = "null";

/// Appends a field; `None` is null.
pub(super) fn write(out: &mut String, is_first: bool, value: Option<&str>) {
    if !is_first {
        out.push(',');
    }
    let Some(text) = value else { return out.push_str(NULL) };
    let is_special = |character| matches!(character, '"' | '\'' | '\\' | ',' | '\n' | '\r' | '#');
    if !text.is_empty() && text != NULL && text.trim() == text && !text.contains(is_special) {
        return out.push_str(text);
    }
    out.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\'' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out.push('"');
}

/// Takes records apart; `None` if one is not finished.
pub(super) fn read(text: &str) -> Option<Vec<Vec<Option<String>>>> {
    let mut records = Vec::new();
    let mut record = Vec::new();
    let mut field = Field::default();
    let mut characters = text.chars();
    let mut is_quoted = false;
    while let Some(character) = characters.next() {
        match character {
            '\\' => field.text.push(characters.next()?),
            '"' => {
                is_quoted = !is_quoted;
                field.had_quotes = true;
            }
            ',' if !is_quoted => record.push(field.take()),
            '\n' if !is_quoted => {
                record.push(field.take());
                records.push(std::mem::take(&mut record));
            }
            other => field.text.push(other),
        }
    }
    (!is_quoted && record.is_empty() && field.text.is_empty()).then_some(records)
}

#[derive(Default)]
struct Field {
    text: String,
    had_quotes: bool,
}

impl Field {
    fn take(&mut self) -> Option<String> {
        let Self { text, had_quotes } = std::mem::take(self);
        (had_quotes || text != NULL).then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let values = [Some("plain"), None, Some(""), Some("null"), Some(" a\n\"b\", 'c' \\ "), Some("é#")];
        let mut text = String::new();
        for (index, value) in values.iter().enumerate() {
            write(&mut text, index == 0, *value);
        }
        text.push('\n');
        let read = read(&text.repeat(2)).expect("whole records");
        assert_eq!(read.len(), 2);
        assert_eq!(read[1], values.map(|value| value.map(str::to_owned)));
        assert_eq!(text.split_once(',').map(|(first, _)| first), Some("plain"));
    }

    #[test]
    fn a_record_that_is_cut_is_refused() {
        for text in ["a,b", "\"a\n", "a\\"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
