//! On which cores client and server run.

/// On which cores client and server run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setting {
    /// Wherever the system puts them.
    Free,
    /// The client's threads on one core, the server's on another.
    Split,
    /// All threads on one core.
    OneCore,
}

impl Setting {
    pub(crate) const ALL: [Self; 3] = [Self::Free, Self::Split, Self::OneCore];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Split => "split",
            Self::OneCore => "one core",
        }
    }

    /// Pins this thread, and those that it makes, as one of the client.
    pub(crate) fn pin_client(self) {
        match self {
            Self::Free => {}
            Self::Split | Self::OneCore => pin(0),
        }
    }

    /// The same for the server.
    pub(crate) fn pin_server(self) {
        match self {
            Self::Free => {}
            Self::Split => pin(1),
            Self::OneCore => pin(0),
        }
    }
}

#[cfg(target_os = "linux")]
fn pin(core: usize) {
    use rustix::thread::{CpuSet, sched_setaffinity};

    let mut cores = CpuSet::new();
    cores.set(core);
    sched_setaffinity(None, &cores).unwrap();
}

/// Threads are pinned on Linux only; elsewhere each setting is like [`Setting::Free`].
#[cfg(not(target_os = "linux"))]
fn pin(_core: usize) {}
