//! `tgdb shell`: queries line by line, from people or from a script.

mod command;
mod editor;
mod input;
mod session;

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal};

use clap::Args;

use crate::connect::Connection;
use crate::exit::{self, Failure};
use crate::interrupt;
use crate::output::{self, Color};
use crate::query::Shown;
use command::Command;
use editor::{Editor, Entered};
use input::{Statements, joined};
use session::Session;

/// What `--help` says behind the options.
pub(crate) const HELP: &str = "\
\\? shows the commands of the shell. Ctrl-C gives up a line, or the query that is waited for; Ctrl-D
ends. Input that is not from a terminal is executed as a script: each statement in turn, and # at
the beginning of a line is a comment. A script that is not stopped by --stop-on-error goes on
behind errors and exits with 0, unless the connection is lost for good.

The history is in $XDG_STATE_HOME/tgdb/history, by default ~/.local/state/tgdb/history, on Windows
%APPDATA%\\tgdb\\history. Lines that start with a space are not kept.";

/// How deep scripts can include others.
const MAX_DEPTH: usize = 16;

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    shown: Shown,
    /// End a script at its first error, with the exit code of that
    #[arg(long)]
    stop_on_error: bool,
    /// Neither read nor write the history
    #[arg(long)]
    no_history: bool,
}

/// What follows a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    GoOn,
    Quit,
}

/// Connects, and executes what comes.
pub(crate) fn run(options: &Options, color: Color) -> Result<(), Failure> {
    let is_interactive = io::stdin().is_terminal();
    // Before the connection, which takes the signals from it.
    let editor = if is_interactive { Some(Editor::new(!options.no_history)?) } else { None };
    let channel = options.connection.connect()?;
    let shown = &options.shown;
    let user = options.connection.user(&channel);
    let session = Session::new(channel, user, shown.writing(color), shown.timing, shown.limit, color)?;
    let mut shell = Shell { session, stop_on_error: options.stop_on_error };
    match editor {
        Some(editor) => shell.talk(editor),
        None => shell.script(&mut io::stdin().lock(), "the standard input", 0).map(drop),
    }
}

struct Shell {
    session: Session,
    stop_on_error: bool,
}

impl Shell {
    /// Reads and executes until the end.
    fn talk(&mut self, mut editor: Editor) -> Result<(), Failure> {
        output::print(b"\\? shows the commands, \\q ends.\n")?;
        self.stop_on_error = false;
        editor.set_words(self.words());
        loop {
            self.session.report_events();
            // Signals that came before were for what was done before.
            interrupt::take();
            match editor.read()? {
                Entered::Cancelled => {}
                Entered::End => return output::print(b"\n"),
                Entered::Statement(text) => match self.execute(&joined(&text), 0) {
                    Ok(Next::GoOn) => {}
                    Ok(Next::Quit) => return Ok(()),
                    Err(failure @ Failure::Output(_)) => return Err(failure),
                    Err(failure) => exit::say(&failure),
                },
            }
        }
    }

    /// What can be completed. Without types if the server does not give them.
    fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = command::NAMES.iter().map(|name| (*name).to_owned()).collect();
        if let Ok(schema) = self.session.schema() {
            words.extend(schema.node_types().iter().map(|found| found.entity_type.name.clone()));
            words.extend(schema.edge_types().iter().map(|found| found.entity_type.name.clone()));
            words.extend(schema.descriptors().iter().map(|found| found.name.clone()));
        }
        // What the server named is printed by the editor as it is.
        words.retain(|word| tgdb_pdu::escaped(word).to_string() == *word);
        words
    }

    /// Executes statements up to the end of the input.
    fn script(&mut self, lines: &mut dyn BufRead, path: &str, depth: usize) -> Result<Next, Failure> {
        let mut statements = Statements::default();
        let mut lines = lines.lines();
        loop {
            // Nothing else would end the program if no lines come.
            let line = interrupt::at_prompt(|| lines.next()).transpose();
            let line = line.map_err(|source| Failure::Read { path: path.to_owned(), source })?;
            let statement = match &line {
                Some(line) => statements.push(line),
                None => statements.end(),
            };
            if interrupt::take() {
                return Err(Failure::Interrupted);
            }
            if let Some(statement) = statement {
                match self.execute(&statement, depth) {
                    Ok(Next::GoOn) => {}
                    Ok(Next::Quit) => return Ok(Next::Quit),
                    Err(failure) if self.ends(&failure) => return Err(failure),
                    Err(failure) => exit::say(&failure),
                }
            }
            if line.is_none() {
                return Ok(Next::GoOn);
            }
        }
    }

    /// Whether a script goes no further.
    fn ends(&self, failure: &Failure) -> bool {
        let is_fatal = matches!(failure, Failure::Output(_) | Failure::Interrupted);
        // One that was lost is made again for the next statement.
        self.stop_on_error || is_fatal || failure.is_of_connecting()
    }

    fn execute(&mut self, statement: &str, depth: usize) -> Result<Next, Failure> {
        if statement.is_empty() {
            return Ok(Next::GoOn);
        }
        if !statement.starts_with('\\') {
            return self.session.query(statement).map(|()| Next::GoOn);
        }
        match Command::parse(statement).map_err(|reason| Failure::Usage { reason })? {
            Command::Describe(None) => self.session.list_types()?,
            Command::Describe(Some(name)) => self.session.describe(&name)?,
            Command::Timing(wanted) => self.session.timing = wanted.unwrap_or(!self.session.timing),
            Command::Format(Some(format)) => self.session.format = format,
            Command::Format(None) => output::print(format!("{:?}\n", self.session.format).to_lowercase().as_bytes())?,
            Command::Include(path) if depth < MAX_DEPTH => {
                let name = path.display().to_string();
                let file = File::open(&path).map_err(|source| Failure::Read { path: name.clone(), source })?;
                return self.script(&mut BufReader::new(file), &name, depth + 1);
            }
            Command::Include(path) => {
                let reason = format!("{} is not executed: scripts include each other too deep", path.display());
                return Err(Failure::Usage { reason });
            }
            Command::ConnectionInfo => self.session.connection_info()?,
            Command::Help => output::print(command::HELP.as_bytes())?,
            Command::Quit => return Ok(Next::Quit),
        }
        Ok(Next::GoOn)
    }
}
