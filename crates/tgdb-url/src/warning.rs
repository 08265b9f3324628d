//! Settings without effect, and settings that are probably mistakes.

use std::time::Duration;

use crate::duration::{self, Bare};
use crate::{ConfigName, Effect, Properties, Protocol};

/// A setting that has no effect or is probably a mistake. It is no error.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum SettingWarning {
    /// This client knows the property from the vendor's clients and does nothing with it.
    #[error("property {} ({}) has no effect in this client", .0.name(), .0.alias())]
    NoEffect(ConfigName),
    /// The property is one of TLS, and the protocol is `tcp`.
    #[error("property {} ({}) has no effect with tcp; use an ssl URL", .0.name(), .0.alias())]
    NeedsTls(ConfigName),
    /// The program has set something in code that takes the place of the property.
    #[error("property {} ({}) has no effect: the program sets {by}", .name.name(), .name.alias())]
    Overridden {
        /// The property.
        name: ConfigName,
        /// What the program has set.
        by: &'static str,
    },
    /// The program has set something of TLS in code, and the protocol is `tcp`: nothing is encrypted.
    #[error("{set_by} has no effect with tcp; use an ssl URL")]
    OptionsNeedTls {
        /// How the program has set it.
        set_by: &'static str,
    },
    /// A time without unit is so short or so long that it is probably a mistake.
    #[error("property {} ({}): the number without unit is read as {read_as:?}; write a unit if that is not meant, such as 5s or 500ms", .name.name(), .name.alias())]
    Implausible {
        /// The property.
        name: ConfigName,
        /// What it is read as.
        read_as: Duration,
    },
}

impl Properties {
    /// The properties that are set and have no effect with that protocol, and times that
    /// are probably mistakes, in the order in which they were set.
    ///
    /// # Example
    /// ```
    /// use tgdb_url::{ConfigName, Properties, Protocol, SettingWarning};
    ///
    /// let properties = Properties::new().with(ConfigName::TlsCipherSuites, "TLS13_AES_256_GCM_SHA384");
    /// let expected = [SettingWarning::NeedsTls(ConfigName::TlsCipherSuites)];
    /// assert_eq!(properties.warnings(Protocol::Tcp), expected);
    /// assert_eq!(properties.warnings(Protocol::Ssl), []);
    /// ```
    pub fn warnings(&self, protocol: Protocol) -> Vec<SettingWarning> {
        self.known().filter_map(|(name, value)| warning(name, value, protocol)).collect()
    }
}

fn warning(name: ConfigName, value: &str, protocol: Protocol) -> Option<SettingWarning> {
    match name.effect() {
        Effect::Never => return Some(SettingWarning::NoEffect(name)),
        Effect::TlsOnly if protocol == Protocol::Tcp => return Some(SettingWarning::NeedsTls(name)),
        Effect::TlsOnly | Effect::Always => {}
    }
    let read_as = duration::implausible(value, Bare::of(name)?)?;
    Some(SettingWarning::Implausible { name, read_as })
}
