//! Where a statement ends, without I/O.

/// Whether the text is a whole statement: no bracket and no quote is open, and it does not end with a
/// backslash. Commands of the shell have one line.
pub(super) fn is_complete(text: &str) -> bool {
    if text.starts_with('\\') {
        return true;
    }
    let (mut depth, mut quote, mut is_escaped) = (0i64, None, false);
    for character in text.chars() {
        match (character, quote) {
            _ if is_escaped => is_escaped = false,
            ('\\', _) => is_escaped = true,
            (character, Some(open)) => quote = Some(open).filter(|open| *open != character),
            ('\'' | '"', None) => quote = Some(character),
            ('(' | '[' | '{', None) => depth += 1,
            (')' | ']' | '}', None) => depth -= 1,
            _ => {}
        }
    }
    // A backslash at the end escapes nothing yet.
    depth <= 0 && quote.is_none() && !is_escaped
}

/// The statement without the backslashes that continue its lines.
pub(super) fn joined(text: &str) -> String {
    text.replace("\\\n", "\n").trim().to_owned()
}

/// Lines that become statements.
#[derive(Debug, Default)]
pub(super) struct Statements {
    text: String,
}

impl Statements {
    /// Takes a line, and gives the statement that it ends. Outside of a statement lines that start
    /// with # are comments.
    pub(super) fn push(&mut self, line: &str) -> Option<String> {
        if self.text.is_empty() && line.trim_start().starts_with('#') {
            return None;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text += line.trim_end_matches('\r');
        if is_complete(&self.text) { self.end() } else { None }
    }

    /// What is left when no more lines come.
    pub(super) fn end(&mut self) -> Option<String> {
        Some(joined(&std::mem::take(&mut self.text))).filter(|statement| !statement.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_brackets_and_quotes_ask_for_more() {
        for text in ["g.V()", "", "g.V().has('a', \"it's (\")", "f('\\'')", "\\d", "g.V())", "\\i a(b"] {
            assert!(is_complete(text), "{text}");
        }
        for text in ["g.V(", "g.V().has('a", "f(\"a'", "g.V()\\", "f(')'", "a[{", "f('\\')"] {
            assert!(!is_complete(text), "{text}");
        }
    }

    #[test]
    fn lines_become_statements() {
        let mut statements = Statements::default();
        let lines = ["# a comment", "", "g.V()", "g.V(\r", "# no comment", ")", "g.V()\\", " .count()", "g.E("];
        let all: Vec<_> = lines.iter().filter_map(|line| statements.push(line)).collect();
        assert_eq!(all, ["g.V()", "g.V(\n# no comment\n)", "g.V()\n .count()"]);
        assert_eq!(statements.end().as_deref(), Some("g.E("));
        assert_eq!(statements.end(), None);
    }
}
