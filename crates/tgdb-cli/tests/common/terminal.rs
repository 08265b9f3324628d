//! A terminal that a test sits at.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

/// How long a program can be silent.
const PATIENCE: Duration = Duration::from_secs(20);

/// A program at a terminal.
pub struct Terminal {
    keyboard: File,
    screen: Receiver<String>,
    child: Child,
    /// What was read and not expected yet.
    left: String,
}

impl Terminal {
    /// Starts a program at a terminal with that many columns.
    pub fn start(mut command: Command, columns: u16) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        // The test must not take it as its own.
        let flags = OFlags::NOCTTY.bits().cast_signed();
        let slave = File::options().read(true).write(true).custom_flags(flags).open(name).unwrap();
        tcsetwinsize(&slave, Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        command.stdin(slave.try_clone().unwrap()).stdout(slave.try_clone().unwrap()).stderr(slave);
        let child = command.env("TERM", "xterm").spawn().unwrap();
        // The command has ends of the terminal, which would keep it open.
        drop(command);
        let keyboard = File::from(master);
        let mut output = keyboard.try_clone().unwrap();
        let (sender, screen) = channel();
        std::thread::spawn(move || {
            let mut buf = [0; 4096];
            // It fails when the program has ended.
            while let Ok(count @ 1..) = output.read(&mut buf) {
                if sender.send(String::from_utf8_lossy(&buf[..count]).into_owned()).is_err() {
                    break;
                }
            }
        });
        Self { keyboard, screen, child, left: String::new() }
    }

    /// Starts a program whose controlling terminal it is.
    pub fn controlling(command: &Command, columns: u16) -> Self {
        let mut controlled = Command::new("setsid");
        controlled.arg("--ctty").arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => controlled.env(name, value),
                None => controlled.env_remove(name),
            };
        }
        Self::start(controlled, columns)
    }

    pub fn type_in(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).unwrap();
    }

    /// Reads up to that text, and returns what is before it.
    pub fn expect(&mut self, text: &str) -> String {
        loop {
            if let Some((before, behind)) = self.left.split_once(text) {
                let (before, behind) = (before.to_owned(), behind.to_owned());
                self.left = behind;
                return before;
            }
            match self.screen.recv_timeout(PATIENCE) {
                Ok(more) => self.left += &more,
                Err(error) => panic!("{text:?} does not come: {error}: {:?}", self.left),
            }
        }
    }

    /// Waits until what is typed is not shown.
    pub fn expect_secrecy(&self) {
        let deadline = Instant::now() + PATIENCE;
        while self.is_echoing() {
            assert!(Instant::now() < deadline, "what is typed is shown");
            std::thread::yield_now();
        }
    }

    /// Whether what is typed is shown.
    pub fn is_echoing(&self) -> bool {
        tcgetattr(&self.keyboard).unwrap().local_modes.contains(LocalModes::ECHO)
    }

    pub fn child(&self) -> &Child {
        &self.child
    }

    /// Waits for the end: the exit code, and what was printed.
    pub fn end(mut self) -> (Option<i32>, String) {
        self.wait()
    }

    /// As [`Terminal::end`]; the terminal can be looked at then.
    pub fn wait(&mut self) -> (Option<i32>, String) {
        let mut text = std::mem::take(&mut self.left);
        loop {
            match self.screen.recv_timeout(PATIENCE) {
                Ok(more) => text += &more,
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end: {text:?}"),
            }
        }
        (self.child.wait().unwrap().code(), text)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
