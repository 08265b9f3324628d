//! The settings of a terminal, which a line editor or a question for a password changes.

/// The settings as they were.
pub(crate) struct Settings {
    #[cfg(unix)]
    terminal: std::os::fd::OwnedFd,
    #[cfg(unix)]
    settings: rustix::termios::Termios,
}

#[cfg(unix)]
impl Settings {
    /// Those of the standard input, if that is a terminal.
    pub(crate) fn of_input() -> Option<Self> {
        use std::os::fd::AsFd;
        Self::of(std::io::stdin().as_fd().try_clone_to_owned().ok()?)
    }

    /// Those of the terminal that the program belongs to, if there is one.
    pub(crate) fn of_terminal() -> Option<Self> {
        Self::of(std::fs::File::open("/dev/tty").ok()?.into())
    }

    fn of(terminal: std::os::fd::OwnedFd) -> Option<Self> {
        let settings = rustix::termios::tcgetattr(&terminal).ok()?;
        Some(Self { terminal, settings })
    }

    /// Gives the terminal these settings.
    pub(crate) fn restore(&self) {
        let now = rustix::termios::OptionalActions::Now;
        // There may be no terminal any more.
        let _ = rustix::termios::tcsetattr(&self.terminal, now, &self.settings);
    }
}

/// Nothing is known of other terminals.
#[cfg(not(unix))]
impl Settings {
    pub(crate) fn of_input() -> Option<Self> {
        None
    }

    pub(crate) fn of_terminal() -> Option<Self> {
        None
    }

    pub(crate) fn restore(&self) {}
}
