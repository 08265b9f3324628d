//! Ctrl-C, and SIGTERM and SIGHUP where there are any.

use crossbeam_channel::{Receiver, bounded};

use crate::exit::Failure;

/// Takes the signals from now on: each gives one item, and at most one is kept. Once in a process.
///
/// # Errors
/// [`Failure::Signal`] if the handler cannot be set.
pub(crate) fn signals() -> Result<Receiver<()>, Failure> {
    let (sender, receiver) = bounded(1);
    ctrlc::set_handler(move || {
        let _ = sender.try_send(());
    })?;
    Ok(receiver)
}
