//! A `tgdb serve` that runs.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

use super::{Directory, tgdb};

pub struct Serve {
    child: Child,
    output: Option<BufReader<ChildStdout>>,
    /// Where it runs. Its temporary files are in `tmp` there.
    pub directory: Directory,
}

impl Serve {
    /// Starts one without a standard input, which listens on a free port unless the arguments say
    /// something else.
    pub fn start(arguments: &[&str]) -> Self {
        let directory = Directory::new();
        std::fs::create_dir(directory.path("tmp")).unwrap();
        let child = Self::command(&directory).args(arguments).spawn().unwrap();
        Self::of(child, directory)
    }

    /// `tgdb serve` in that directory.
    pub fn command(directory: &Directory) -> Command {
        let mut command = tgdb();
        command.arg("serve").current_dir(directory.path("")).env("TMPDIR", directory.path("tmp"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn of(mut child: Child, directory: Directory) -> Self {
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, output: Some(output), directory }
    }

    /// Starts one on a free port, and says its URL.
    pub fn url(arguments: &[&str]) -> (Self, String) {
        let mut server = Self::start(&[&["--port", "0"], arguments].concat());
        let url = server.line("listening: ");
        server.line("Ctrl-C");
        (server, url)
    }

    /// The rest of the next line that starts so.
    pub fn line(&mut self, start: &str) -> String {
        let (lines, is_there) = self.lines_until(start);
        assert!(is_there, "it ended before it said {start:?}: {lines:?} {}", self.errors());
        lines.lines().last().and_then(|line| line.strip_prefix(start)).unwrap().to_owned()
    }

    /// The lines up to the next one that starts so, and whether there was one.
    pub fn lines_until(&mut self, start: &str) -> (String, bool) {
        let output = self.output.as_mut().unwrap();
        let (mut lines, mut last) = (String::new(), 0);
        while output.read_line(&mut lines).unwrap() > 0 {
            if lines[last..].starts_with(start) {
                return (lines, true);
            }
            last = lines.len();
        }
        (lines, false)
    }

    /// What it says on the standard error until it ends.
    pub fn errors(&mut self) -> String {
        let mut errors = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        errors
    }

    /// Sends a signal, and waits until it has ended as it should.
    pub fn end(&mut self, signal: &str) {
        self.signal(signal);
        assert_eq!(self.ended(), Some(0));
    }

    pub fn signal(&self, name: &str) {
        super::signal(&self.child, name);
    }

    /// Reads its output no longer.
    pub fn close(&mut self) {
        self.output = None;
    }

    /// What it says until it ends.
    pub fn rest(&mut self) -> String {
        let mut text = String::new();
        self.output.as_mut().unwrap().read_to_string(&mut text).unwrap();
        text
    }

    /// Waits until it ends by itself.
    pub fn ended(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// How many files there are in a directory below its own.
    pub fn files(&self, directory: &str) -> usize {
        std::fs::read_dir(self.directory.path(directory)).map_or(0, Iterator::count)
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
