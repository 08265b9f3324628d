//! `tgdb decode`: files to records.

mod detect;
mod flows;
mod hex;
mod packets;
mod reassembly;
mod stream;

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::PathBuf;

use clap::Args;

use crate::exit::Failure;
use crate::output::{Color, Output};
use crate::record::{Event, Format, Record, Settings};
use detect::Kind;

/// How much of a file is looked at to find out what it is.
const PROBE: usize = 4096;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The files; - is the standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What the files are; auto looks at their first bytes
    #[arg(long, value_name = "KIND", default_value = "auto")]
    input: Kind,
    /// Write one JSON object a line
    #[arg(long)]
    json: bool,
    /// Show passwords and tokens, too
    #[arg(long)]
    show_secrets: bool,
    /// Maximum number of characters to show of a message's content
    #[arg(long, value_name = "CHARACTERS", default_value_t = 400)]
    width: usize,
    /// Maximum length of messages whose content is shown
    #[arg(long, value_name = "BYTES", default_value_t = tgdb_pdu::DEFAULT_MAX_FRAME_LEN)]
    max_frame: u32,
    /// Do not encode the messages again to compare the bytes
    #[arg(long)]
    no_check: bool,
}

/// Where decoders put their records.
struct Sink<'a> {
    output: &'a mut Output,
    /// A live input: lines are not to wait.
    live: bool,
}

impl Sink<'_> {
    fn write(&mut self, records: &mut Vec<Record>) -> Result<(), Failure> {
        for record in records.drain(..) {
            self.output.write(&record)?;
        }
        if self.live { self.output.flush() } else { Ok(()) }
    }

    fn note(&mut self, note: String) -> Result<(), Failure> {
        self.write(&mut vec![Record { time: None, connection: None, from: None, event: Event::Note(note) }])
    }
}

/// A file that is being read.
struct Input {
    path: String,
    /// The bytes that were looked at, and the rest.
    reader: Box<dyn Read + Send>,
}

impl Input {
    fn open(path: &std::path::Path) -> Result<(Self, Vec<u8>), Failure> {
        let is_stdin = path.as_os_str() == "-";
        let name = if is_stdin { "standard input".into() } else { path.display().to_string() };
        let failed = |source| Failure::Read { path: name.clone(), source };
        let mut reader: Box<dyn Read + Send> = match is_stdin {
            true => Box::new(io::stdin()),
            false => Box::new(BufReader::new(File::open(path).map_err(failed)?)),
        };
        let mut probe = Vec::new();
        // A live input gives what it has; at least so much that each kind can be recognized.
        while probe.len() < detect::ENOUGH {
            let mut buf = [0; PROBE];
            match reader.read(&mut buf) {
                Ok(0) => break,
                Ok(count) => probe.extend_from_slice(&buf[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(error)),
            }
        }
        let reader = Box::new(io::Cursor::new(probe.clone()).chain(reader));
        Ok((Self { path: name, reader }, probe))
    }

    fn failed(&self, source: io::Error) -> Failure {
        Failure::Read { path: self.path.clone(), source }
    }

    fn damaged(&self, reason: impl Into<String>) -> Failure {
        Failure::Data { path: self.path.clone(), reason: reason.into() }
    }
}

/// Decodes all files.
pub(crate) fn run(options: &Options, color: Color) -> Result<(), Failure> {
    let format = Format {
        json: options.json,
        color: color.is_wanted(),
        show_secrets: options.show_secrets,
        width: options.width,
    };
    let settings = Settings { max_frame: options.max_frame, check: !options.no_check };
    let mut output = Output::new(format);
    let result = options.files.iter().try_for_each(|path| {
        let live = path.as_os_str() == "-" || output.is_watched();
        decode(path, options.input, settings, &mut Sink { output: &mut output, live })
    });
    // What was found before an error is worth seeing.
    output.flush()?;
    result?;
    match output.undecoded {
        0 => Ok(()),
        count => Err(Failure::Undecoded { count }),
    }
}

fn decode(path: &std::path::Path, kind: Kind, settings: Settings, sink: &mut Sink<'_>) -> Result<(), Failure> {
    let (input, probe) = Input::open(path)?;
    let kind = match kind {
        Kind::Auto => detect::kind(&probe).ok_or_else(|| {
            input.damaged("neither a capture nor a TGDB stream, hex dump or trace; name its kind by --input")
        })?,
        kind => kind,
    };
    match kind {
        Kind::Pcap => flows::decode(input, settings, sink),
        Kind::Hex => stream::decode_hex(input, settings, sink),
        Kind::Trace => stream::decode_trace(input, settings, sink),
        Kind::Stream | Kind::Auto => stream::decode(input, settings, sink),
    }
}
