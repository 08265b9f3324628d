//! The line editor: history, completion, and when a line is a statement.

use std::path::PathBuf;

use etcetera::BaseStrategy;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Config, Context, Helper};

use super::input::is_complete;
use crate::exit::Failure;
use crate::interrupt;

const PROMPT: &str = "tgdb> ";
const HISTORY: usize = 1000;

/// What was entered.
pub(super) enum Entered {
    Statement(String),
    /// Ctrl-C: the line is given up.
    Cancelled,
    /// Ctrl-D.
    End,
}

pub(super) struct Editor {
    editor: rustyline::Editor<Words, FileHistory>,
    /// Where the history is kept, if it is.
    history: Option<PathBuf>,
}

impl Editor {
    /// Takes SIGINT, until somebody else does.
    pub(super) fn new(keep_history: bool) -> Result<Self, Failure> {
        let config = Config::builder().history_ignore_space(true).max_history_size(HISTORY).map_err(failed)?.build();
        let mut editor = rustyline::Editor::with_config(config).map_err(failed)?;
        editor.set_helper(Some(Words::default()));
        let history = if keep_history { history_file() } else { None };
        if let Some(path) = &history {
            // There is none at first.
            let _ = editor.load_history(path);
        }
        Ok(Self { editor, history })
    }

    /// Completes those words from now on.
    pub(super) fn set_words(&mut self, words: Vec<String>) {
        self.editor.set_helper(Some(Words(words)));
    }

    /// Reads lines up to the end of a statement.
    pub(super) fn read(&mut self) -> Result<Entered, Failure> {
        let read = interrupt::at_prompt(|| self.editor.readline(PROMPT));
        match read {
            Ok(text) => {
                if !text.trim().is_empty() {
                    self.remember(&text);
                }
                Ok(Entered::Statement(text))
            }
            Err(ReadlineError::Interrupted) => Ok(Entered::Cancelled),
            Err(ReadlineError::Eof) => Ok(Entered::End),
            Err(error) => Err(failed(error)),
        }
    }

    /// A history that cannot be written is no reason to stop.
    fn remember(&mut self, text: &str) {
        let is_new = self.editor.add_history_entry(text).unwrap_or(false);
        if let Some(path) = &self.history
            && is_new
        {
            let _ = path.parent().map(std::fs::create_dir_all);
            let _ = self.editor.append_history(path);
        }
    }
}

/// In the directory for the state of programs: `$XDG_STATE_HOME` or `~/.local/state`, on Windows
/// `%APPDATA%`.
fn history_file() -> Option<PathBuf> {
    let directories = etcetera::choose_base_strategy().ok()?;
    let state = directories.state_dir().unwrap_or_else(|| directories.data_dir());
    Some(state.join("tgdb").join("history"))
}

fn failed(error: ReadlineError) -> Failure {
    Failure::Editor(Box::new(error))
}

/// Words that are completed.
#[derive(Default)]
struct Words(Vec<String>);

impl Helper for Words {}
impl Highlighter for Words {}
impl Hinter for Words {
    type Hint = String;
}

impl Validator for Words {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(match is_complete(context.input()) {
            true => ValidationResult::Valid(None),
            false => ValidationResult::Incomplete,
        })
    }
}

impl Completer for Words {
    type Candidate = String;

    fn complete(&self, line: &str, end: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        let before = line.get(..end).unwrap_or_default();
        let is_in_word = |character: char| character.is_alphanumeric() || matches!(character, '_' | '$' | '@' | '\\');
        let start = before.trim_end_matches(is_in_word).len();
        let word = &before[start..];
        let fits = |candidate: &&String| !word.is_empty() && candidate.starts_with(word);
        Ok((start, self.0.iter().filter(fits).cloned().collect()))
    }
}
