//! Ctrl-C, and SIGTERM and SIGHUP where there are any.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, TryRecvError, bounded};
use tgdb_channel::{StopMethod, TgChannel};

use crate::exit::Failure;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static SIGNALS: OnceLock<Receiver<()>> = OnceLock::new();

/// Takes the signals from now on: each gives one item, and at most one is kept.
///
/// # Errors
/// [`Failure::Signal`] if the handler cannot be set.
pub(crate) fn signals() -> Result<Receiver<()>, Failure> {
    if let Some(signals) = SIGNALS.get() {
        return Ok(signals.clone());
    }
    let (sender, receiver) = bounded(1);
    ctrlc::set_handler(move || {
        INTERRUPTED.store(true, Ordering::Relaxed);
        let _ = sender.try_send(());
    })?;
    Ok(SIGNALS.get_or_init(|| receiver).clone())
}

/// Whether a signal came since [`signals`] was called first.
pub(crate) fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// What work that [`guard`] runs sees of signals.
pub(crate) struct Interrupt {
    /// Is disconnected at the first signal.
    watch: Receiver<()>,
}

impl Interrupt {
    /// # Errors
    /// [`Failure::Interrupted`] if a signal came.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match self.watch.try_recv() {
            Err(TryRecvError::Empty) => Ok(()),
            Ok(()) | Err(TryRecvError::Disconnected) => Err(Failure::Interrupted),
        }
    }

    /// Waits.
    ///
    /// # Errors
    /// [`Failure::Interrupted`], at once, if a signal came or comes.
    pub(crate) fn pause(&self, time: Duration) -> Result<(), Failure> {
        match self.watch.recv_timeout(time) {
            Err(RecvTimeoutError::Timeout) => Ok(()),
            Ok(()) | Err(RecvTimeoutError::Disconnected) => Err(Failure::Interrupted),
        }
    }
}

/// Runs `work` with the channel. A signal stops the channel, which ends all that waits, and the
/// result is [`Failure::Interrupted`]. At the end the channel is stopped in any case.
///
/// # Errors
/// Those of `work`.
pub(crate) fn guard<T>(channel: &TgChannel, work: impl FnOnce(&Interrupt) -> Result<T, Failure>) -> Result<T, Failure> {
    guard_patiently(channel, Duration::ZERO, work)
}

/// As [`guard`], for work that looks at [`is_interrupted`]: it has that much time to end by itself
/// after the first signal. A second signal stops the channel at once.
///
/// # Errors
/// Those of `work`.
pub(crate) fn guard_patiently<T>(
    channel: &TgChannel,
    patience: Duration,
    work: impl FnOnce(&Interrupt) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let signals = signals()?;
    let (done, ended) = bounded::<()>(0);
    let (interrupted, watch) = bounded(0);
    let stopped = channel.clone();
    let watching = std::thread::Builder::new().name("tgdb-signals".into()).spawn(move || {
        crossbeam_channel::select! {
            recv(signals) -> _ => {
                drop(interrupted);
                crossbeam_channel::select! {
                    recv(signals) -> _ => {}
                    recv(ended) -> _ => {}
                    default(patience) => {}
                }
                stopped.stop(StopMethod::ClientForceful);
            }
            recv(ended) -> _ => {}
        }
    });
    let watching = watching.map_err(Failure::Start)?;
    let result = work(&Interrupt { watch });
    drop(done);
    let _ = watching.join();
    channel.stop(StopMethod::ClientForceful);
    if is_interrupted() { Err(Failure::Interrupted) } else { result }
}
