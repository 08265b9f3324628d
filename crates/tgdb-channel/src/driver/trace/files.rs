//! The files of a trace: `<client id>.trace.0` and so on, with a length before each message.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::proto::SentRequest;

/// A file with more than that gets no further message.
const ROLL_OVER: u64 = 1 << 20;

/// The trace could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation} {}", path.display())]
pub(super) struct TraceError {
    operation: &'static str,
    path: PathBuf,
    pub(super) source: io::Error,
}

/// Where the files of a trace are.
#[derive(Debug, Clone)]
pub(crate) struct TracePath {
    dir: PathBuf,
    /// The files' name up to the number.
    stem: String,
}

impl TracePath {
    /// The client id can be anything: what has a meaning in a path is replaced.
    pub(crate) fn new(dir: &str, client_id: &str) -> Self {
        let replaced = |c: char| if c.is_control() || r#"/\:*?"<>|"#.contains(c) { '_' } else { c };
        let client_id: String = client_id.chars().map(replaced).collect();
        Self { dir: Path::new(dir).into(), stem: format!("{client_id}.trace") }
    }

    fn file(&self, number: u64) -> PathBuf {
        self.dir.join(format!("{}.{number}", self.stem))
    }

    /// Creates the file of that number, or of the next that is not there yet, for its owner only;
    /// the directory, too.
    pub(super) fn create(&self, mut number: u64) -> Result<Opened<File>, TraceError> {
        fs::create_dir_all(&self.dir).map_err(|source| {
            let path = self.dir.clone();
            TraceError { operation: "make the directory of the trace,", path, source }
        })?;
        loop {
            let path = self.file(number);
            match options().open(&path) {
                Ok(file) => return Ok(Opened { number, path, writer: BufWriter::new(file) }),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
                Err(source) => return Err(TraceError { operation: "create the trace", path, source }),
            }
        }
    }
}

/// A new file of a trace.
pub(super) struct Opened<W: Write> {
    number: u64,
    path: PathBuf,
    writer: BufWriter<W>,
}

/// A new file only, which no link can lead elsewhere.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// The files as they are written. `open` makes that of a number, or of a higher one.
pub(super) struct Files<W: Write, F> {
    open: F,
    next: u64,
    current: Option<Opened<W>>,
    /// Bytes in the current file.
    written: u64,
}

impl<W: Write, F: FnMut(u64) -> Result<Opened<W>, TraceError>> Files<W, F> {
    pub(super) fn new(open: F) -> Self {
        Self { open, next: 0, current: None, written: 0 }
    }

    /// Adds a message.
    pub(super) fn write(&mut self, request: &SentRequest) -> Result<(), TraceError> {
        if self.written > ROLL_OVER {
            self.flush()?;
            self.current = None;
        }
        let current = match &mut self.current {
            Some(current) => current,
            None => {
                let opened = (self.open)(self.next)?;
                self.next = opened.number + 1;
                self.written = 0;
                self.current.insert(opened)
            }
        };
        let length = request.encoded_len();
        // Encoded messages are not longer.
        let prefix = i32::try_from(length).unwrap_or(i32::MAX).to_be_bytes();
        for part in [&prefix[..]].into_iter().chain(request.parts()) {
            current.writer.write_all(part).map_err(|source| failed(&current.path, source))?;
        }
        self.written += (prefix.len() + length) as u64;
        Ok(())
    }

    /// Hands all to the operating system.
    pub(super) fn flush(&mut self) -> Result<(), TraceError> {
        match &mut self.current {
            Some(Opened { path, writer, .. }) => writer.flush().map_err(|source| failed(path, source)),
            None => Ok(()),
        }
    }
}

fn failed(path: &Path, source: io::Error) -> TraceError {
    TraceError { operation: "write the trace", path: path.into(), source }
}

#[cfg(test)]
pub(super) mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    use tgdb_pdu::Header;
    use tgdb_pdu::body::DecryptBufferRequest;

    use super::*;
    use crate::proto::Payload;

    /// A message of that many bytes.
    pub(in crate::driver::trace) fn request(length: usize) -> SentRequest {
        let body = DecryptBufferRequest { buffer: vec![7; length - 60].into() }.into();
        let payload = Payload::encode(&body).expect("it fits");
        let request = SentRequest::new(&Header::default(), body.verb(), &payload);
        assert_eq!(request.encoded_len(), length);
        request
    }

    /// A disk in memory with room for so many bytes.
    pub(in crate::driver::trace) struct Disk {
        files: RefCell<BTreeMap<u64, Vec<u8>>>,
        room: usize,
    }

    pub(in crate::driver::trace) struct OnDisk<'d>(&'d Disk, u64);

    impl Write for OnDisk<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut files = self.0.files.borrow_mut();
            let taken: usize = files.values().map(Vec::len).sum();
            if taken + bytes.len() > self.0.room {
                return Err(ErrorKind::StorageFull.into());
            }
            files.entry(self.1).or_default().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Disk {
        pub(in crate::driver::trace) fn new(room: usize) -> Self {
            Self { files: RefCell::default(), room }
        }

        pub(in crate::driver::trace) fn open(&self, number: u64) -> Result<Opened<OnDisk<'_>>, TraceError> {
            let path = PathBuf::from(format!("disk.{number}"));
            Ok(Opened { number, path, writer: BufWriter::with_capacity(10, OnDisk(self, number)) })
        }

        fn lengths(&self) -> Vec<(u64, usize)> {
            self.files.borrow().iter().map(|(number, bytes)| (*number, bytes.len())).collect()
        }
    }

    #[test]
    fn a_message_has_its_length_before_it() {
        let disk = Disk::new(usize::MAX);
        let mut files = Files::new(|number| disk.open(number));
        for length in [60, 300] {
            files.write(&request(length)).expect("there is room");
        }
        files.flush().expect("there is room");
        let bytes = disk.files.borrow()[&0].clone();
        assert_eq!(bytes.len(), 4 + 60 + 4 + 300);
        // The message has it, too.
        assert_eq!([&bytes[..4], &bytes[4..8]], [[0, 0, 0, 60]; 2]);
        assert_eq!([&bytes[64..68], &bytes[68..72]], [[0, 0, 1, 44]; 2]);
    }

    #[test]
    fn files_with_more_than_a_mebibyte_get_nothing_more() {
        let disk = Disk::new(usize::MAX);
        let mut files = Files::new(|number| disk.open(number));
        // Exactly so much is not more.
        for length in [(1 << 20) - 4, 60, 60, 3 << 20, 60] {
            files.write(&request(length)).expect("there is room");
        }
        files.flush().expect("there is room");
        assert_eq!(disk.lengths(), [(0, (1 << 20) + 64), (1, 64 + 4 + (3 << 20)), (2, 64)]);
    }

    #[test]
    fn a_full_disk_is_an_error_that_names_the_file() {
        let disk = Disk::new(100);
        let mut files = Files::new(|number| disk.open(number));
        files.write(&request(60)).expect("there is room");
        let error = files.write(&request(60)).and_then(|()| files.flush()).expect_err("it is full");
        assert_eq!(error.to_string(), "cannot write the trace disk.0");
        assert_eq!(error.source.kind(), ErrorKind::StorageFull);
    }

    #[test]
    fn a_client_id_cannot_leave_the_directory() {
        for (id, name) in [
            ("tgdb.rust-api.client", "tgdb.rust-api.client.trace.7"),
            ("../../etc/x", ".._.._etc_x.trace.7"),
            ("C:\\x\n", "C__x_.trace.7"),
            ("..", "...trace.7"),
            ("", ".trace.7"),
        ] {
            let file = TracePath::new("dir", id).file(7);
            assert_eq!(file, Path::new("dir").join(name));
        }
    }
}
