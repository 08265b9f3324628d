//! Ctrl-C, and SIGTERM and SIGHUP where there are any.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, bounded};
use tgdb_channel::{StopMethod, TgChannel};

use crate::exit::{self, Code, Failure};
use crate::terminal::Settings;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// A line editor waits for input. Ctrl-C is input to it, so a signal is meant to end the program.
static AT_PROMPT: AtomicBool = AtomicBool::new(false);
/// The terminal before a line editor changed it.
static AT_LINE: Mutex<Option<Settings>> = Mutex::new(None);
static SIGNALS: OnceLock<Receiver<()>> = OnceLock::new();

/// How long a signal waits to be taken until another one ends the program. It is not taken if the
/// program is busy with something that cannot be ended, such as an output that nobody reads.
const DEAF: Duration = Duration::from_secs(1);

/// Takes the signals from now on: each gives one item, and at most one is kept.
///
/// # Errors
/// [`Failure::Signal`] if the handler cannot be set.
pub(crate) fn signals() -> Result<Receiver<()>, Failure> {
    if let Some(signals) = SIGNALS.get() {
        return Ok(signals.clone());
    }
    let (sender, receiver) = bounded(1);
    let mut last = None;
    ctrlc::set_handler(move || {
        INTERRUPTED.store(true, Ordering::Relaxed);
        if AT_PROMPT.load(Ordering::Relaxed) {
            end_at_prompt();
        }
        match sender.try_send(()) {
            Ok(()) => last = Some(Instant::now()),
            Err(_) if last.is_some_and(|last| last.elapsed() < DEAF) => {}
            Err(_) => end(),
        }
    })?;
    Ok(SIGNALS.get_or_init(|| receiver).clone())
}

fn end() {
    exit::say(&Failure::Interrupted);
    std::process::exit(Code::Interrupted as i32);
}

/// Runs a line editor. A signal ends the program then.
pub(crate) fn at_prompt<T>(read: impl FnOnce() -> T) -> T {
    if let Ok(mut settings) = AT_LINE.lock() {
        *settings = Settings::of_input();
    }
    AT_PROMPT.store(true, Ordering::Relaxed);
    let result = read();
    AT_PROMPT.store(false, Ordering::Relaxed);
    result
}

fn end_at_prompt() {
    if let Ok(settings) = AT_LINE.lock()
        && let Some(settings) = &*settings
    {
        settings.restore();
    }
    std::process::exit(Code::Interrupted as i32);
}

/// Waits for somebody at the terminal. A signal ends the wait: the thread that reads is left behind,
/// and the terminal gets back the settings that reading has changed.
///
/// # Errors
/// [`Failure::Interrupted`].
pub(crate) fn wait_for_terminal<T: Send + 'static>(read: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    let signals = signals()?;
    let settings = Settings::of_terminal();
    let (sender, result) = bounded(1);
    let reading = move || drop(sender.send(read()));
    std::thread::Builder::new().name("tgdb-prompt".into()).spawn(reading).map_err(Failure::Start)?;
    crossbeam_channel::select! {
        recv(result) -> result => result.map_err(|_| Failure::Interrupted),
        recv(signals) -> _ => {
            if let Some(settings) = settings {
                settings.restore();
            }
            // Behind the question. The standard error can be closed.
            let _ = io::Write::write_all(&mut io::stderr(), b"\n");
            Err(Failure::Interrupted)
        }
    }
}

/// Waits for a call. A signal that comes meanwhile ends the wait, and the call is dropped.
///
/// # Errors
/// [`Failure::Interrupted`].
pub(crate) fn wait<T>(signals: &Receiver<()>, call: impl Future<Output = T>) -> Result<T, Failure> {
    struct Woken(Sender<()>);
    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            let _ = self.0.try_send(());
        }
    }
    let (sender, woken) = bounded(1);
    let waker = Waker::from(Arc::new(Woken(sender)));
    let mut call = pin!(call);
    loop {
        if let Poll::Ready(result) = call.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Ok(result);
        }
        crossbeam_channel::select! {
            recv(woken) -> _ => {}
            recv(signals) -> _ => return Err(Failure::Interrupted),
        }
    }
}

/// Whether a signal came since this was asked the last time.
pub(crate) fn take() -> bool {
    INTERRUPTED.swap(false, Ordering::Relaxed)
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
