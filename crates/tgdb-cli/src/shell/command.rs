//! The commands of the shell, which start with a backslash.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::query::Format;

/// What `\?` shows.
pub(super) const HELP: &str = "\
A query is Gremlin, or begins with tgql:// for TGQL. It goes on in the next line while a bracket or
a quote is open, or if the line ends with a backslash.

\\d               types of nodes and edges
\\d NAME          attributes of a type, or what an attribute is
\\timing [on|off] say how long answers take
\\format [FORMAT] table, json or csv
\\i FILE          execute the queries of a file
\\conninfo        the connection
\\?               this help
\\q               end, as Ctrl-D; Ctrl-C ends a line or a query
";

/// Their names, for completion.
pub(super) const NAMES: &[&str] = &["\\d", "\\timing", "\\format", "\\i", "\\conninfo", "\\?", "\\q"];

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    Describe(Option<String>),
    /// `None` for the other than now.
    Timing(Option<bool>),
    /// `None` to show it.
    Format(Option<Format>),
    Include(PathBuf),
    ConnectionInfo,
    Help,
    Quit,
}

impl Command {
    /// Reads a line that starts with a backslash.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(line: &str) -> Result<Self, String> {
        let (name, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let argument = Some(argument.trim()).filter(|argument| !argument.is_empty());
        match (name, argument) {
            ("\\d", name) => Ok(Self::Describe(name.map(str::to_owned))),
            ("\\timing", None) => Ok(Self::Timing(None)),
            ("\\timing", Some("on")) => Ok(Self::Timing(Some(true))),
            ("\\timing", Some("off")) => Ok(Self::Timing(Some(false))),
            ("\\timing", Some(other)) => Err(format!("\\timing is on or off, not {other}")),
            ("\\format", None) => Ok(Self::Format(None)),
            ("\\format", Some(format)) => match Format::from_str(format, false) {
                Ok(format) => Ok(Self::Format(Some(format))),
                Err(_) => Err(format!("\\format is table, json or csv, not {format}")),
            },
            ("\\i", Some(file)) => Ok(Self::Include(file.into())),
            ("\\i", None) => Err("\\i takes the name of a file".into()),
            ("\\conninfo", None) => Ok(Self::ConnectionInfo),
            ("\\?", None) => Ok(Self::Help),
            ("\\q", None) => Ok(Self::Quit),
            ("\\conninfo" | "\\?" | "\\q", Some(_)) => Err(format!("{name} takes nothing")),
            _ => Err(format!("there is no command {name}; \\? shows all")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read() {
        assert_eq!(Command::parse("\\d"), Ok(Command::Describe(None)));
        assert_eq!(Command::parse("\\d  airport "), Ok(Command::Describe(Some("airport".into()))));
        assert_eq!(Command::parse("\\timing on"), Ok(Command::Timing(Some(true))));
        assert_eq!(Command::parse("\\format csv"), Ok(Command::Format(Some(Format::Csv))));
        assert_eq!(Command::parse("\\i a b.txt"), Ok(Command::Include("a b.txt".into())));
        for line in ["\\x", "\\timing maybe", "\\format xml", "\\i", "\\q now", "\\"] {
            assert!(Command::parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn all_are_in_the_help() {
        for name in NAMES {
            assert!(HELP.contains(&format!("\n{name} ")), "{name}");
        }
    }
}
