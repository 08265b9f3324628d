//! Names of types as names of files. They come from the server, and are not trusted.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// All but these is written as `%` and two digits, so that a name is one file in the directory,
/// on any system.
const SPECIAL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'-').remove(b'$').remove(b'@');

/// The name of the file for a type.
pub(super) fn file_of(type_name: &str) -> String {
    format!("{}.csv", utf8_percent_encode(type_name, SPECIAL))
}

/// The type that a file without its ending is for.
pub(super) fn type_of(stem: &str) -> String {
    percent_decode_str(stem).decode_utf8().map_or_else(|_| stem.to_owned(), Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_file_in_the_directory() {
        for (name, file) in [
            ("airport", "airport.csv"),
            ("$def-edge$", "$def-edge$.csv"),
            ("../../etc/passwd", "%2E%2E%2F%2E%2E%2Fetc%2Fpasswd.csv"),
            ("a b\\c:d", "a%20b%5Cc%3Ad.csv"),
            ("Straße", "Stra%C3%9Fe.csv"),
            ("", ".csv"),
        ] {
            assert_eq!(file_of(name), file);
            assert_eq!(type_of(file.strip_suffix(".csv").unwrap()), name);
        }
    }
}
