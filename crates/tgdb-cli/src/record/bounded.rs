//! Text of bounded length of something that can be long.

use std::fmt::{self, Debug, Write};

/// The `Debug` text of a value, cut after that many characters. What is cut is not
/// formatted, so that a payload of a mebibyte costs no more than the text that is shown.
pub(super) fn debug(value: &impl Debug, maximum: usize) -> String {
    let mut writer = Bounded { text: String::new(), left: maximum };
    // It fails where the text is cut.
    if write!(writer, "{value:?}").is_err() {
        writer.text.push('…');
    }
    writer.text
}

struct Bounded {
    text: String,
    left: usize,
}

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            if self.left == 0 {
                return Err(fmt::Error);
            }
            self.left -= 1;
            self.text.push(character);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut() {
        assert_eq!(debug(&"abc", 5), "\"abc\"");
        assert_eq!(debug(&"abcd", 5), "\"abcd…");
        let long = vec![7_u8; 1 << 20];
        assert_eq!(debug(&long, 6), "[7, 7,…");
    }
}
