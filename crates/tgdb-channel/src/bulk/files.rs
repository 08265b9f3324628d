//! Import of whole files.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::time::Duration;

use tgdb_pdu::Body;
use tgdb_pdu::body::{BeginImportRequest, ImportPortion, PartialImportRequest, TypeCount};

use super::import::{begin_import, send_portion};
use super::link::Link;
use super::loaded::Loaded;
use super::progress::report;
use super::{BulkError, BulkProgress, BulkStep};
use crate::TgChannel;

/// The length of a portion of a file in bytes, as in the vendor's client (`adminimpl.py`,
/// `fullImport`).
const PORTION: usize = 32_764;

/// Imports files as they are: CSV files and configuration files (`.conf`) of the vendor's server,
/// which knows what to do with them by their names. Each is read from its position to its end,
/// in portions of 32,764 bytes, one at a time.
///
/// The callback is called before the first portion of each file and after each portion; its counts
/// are those of the file. The result is the sum of the entities loaded, by type. As in the vendor's client,
/// there is no message at the end: the server knows the number of portions from the begin. If the
/// import fails or is cancelled, an `EndImportRequest` is sent, and no reply waited for.
///
/// All requests belong to one session, as those of a [`BulkImport`](super::BulkImport). `timeout`
/// is that of each portion; `None` for the property `tgdb.connection.operationTimeoutSeconds`.
///
/// # Errors
/// [`BulkError::Read`] and [`BulkError::TooManyPortions`] before anything is sent; later
/// [`BulkError::Request`], [`BulkError::Server`], [`BulkError::Cancelled`],
/// [`BulkError::UnexpectedReply`], [`BulkError::Read`], and [`BulkError::SourceChanged`] for a
/// file that has become shorter.
///
/// # Example
/// ```no_run
/// use std::fs::File;
/// use std::ops::ControlFlow;
/// # fn example(channel: &tgdb_channel::TgChannel) -> Result<(), Box<dyn std::error::Error>> {
/// let files = [("person.csv".to_owned(), File::open("import/person.csv")?)];
/// for count in tgdb_channel::bulk::import_files(channel, files, None, |_| ControlFlow::Continue(()))? {
///     println!("{}: {}", count.name, count.count);
/// }
/// # Ok(())
/// # }
/// ```
pub fn import_files<R: Read + Seek>(
    channel: &TgChannel,
    files: impl IntoIterator<Item = (String, R)>,
    timeout: Option<Duration>,
    mut progress: impl FnMut(BulkProgress<'_>) -> ControlFlow<()>,
) -> Result<Vec<TypeCount>, BulkError> {
    let mut counted = Vec::new();
    let mut total = 0i32;
    for (name, mut file) in files {
        let length = rest_of(&mut file).map_err(|source| BulkError::Read { name: name.clone(), source })?;
        let portions = i32::try_from(length.div_ceil(PORTION as u64)).ok();
        let sum = portions.and_then(|portions| total.checked_add(portions));
        let (Some(portions), Some(sum)) = (portions, sum) else { return Err(BulkError::TooManyPortions { name }) };
        total = sum;
        counted.push(Counted { name, file, length, portions });
    }
    let link = Link::new(channel, timeout);
    let Ok(files) = i32::try_from(counted.len()) else {
        return Err(BulkError::TooManyPortions { name: String::new() });
    };
    begin_import(&link, BeginImportRequest::Files { portions: total, files })?;
    let mut loaded = Loaded::default();
    for mut file in counted {
        if let Err(error) = file.send(&link, &mut loaded, &mut progress) {
            link.submit(Body::EndImportRequest);
            return Err(error);
        }
    }
    Ok(loaded.into_counts())
}

/// How many bytes are left.
fn rest_of(file: &mut impl Seek) -> io::Result<u64> {
    let start = file.stream_position()?;
    let end = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(start))?;
    Ok(end.saturating_sub(start))
}

struct Counted<R> {
    name: String,
    file: R,
    length: u64,
    portions: i32,
}

impl<R: Read> Counted<R> {
    fn send(
        &mut self,
        link: &Link,
        loaded: &mut Loaded,
        progress: &mut impl FnMut(BulkProgress<'_>) -> ControlFlow<()>,
    ) -> Result<(), BulkError> {
        let Self { name, file, length, portions } = self;
        let (portions, mut bytes) = (*portions, 0);
        let step = |index: i32, offset| BulkStep::ImportFile {
            name: name.clone(),
            portion: index as u64 + 1,
            portions: portions as u64,
            offset,
        };
        let so_far = |sent: i32, bytes| BulkProgress {
            name: name.as_str(),
            portions: sent as u64,
            total: Some(portions as u64),
            records: 0,
            bytes,
        };
        report(progress, so_far(0, 0), || step(0, 0))?;
        for index in 0..portions {
            let mut data = vec![0; (*length - bytes).min(PORTION as u64) as usize];
            file.read_exact(&mut data).map_err(|source| match source.kind() {
                io::ErrorKind::UnexpectedEof => BulkError::SourceChanged { name: name.clone() },
                _ => BulkError::Read { name: name.clone(), source },
            })?;
            let offset = bytes;
            bytes += data.len() as u64;
            let portion = ImportPortion::File { name: name.clone(), total: portions, index };
            let request = PartialImportRequest::new(portion, data.into());
            send_portion(link, request, loaded, || step(index, offset))?;
            report(progress, so_far(index + 1, bytes), || step(index, offset))?;
        }
        Ok(())
    }
}
