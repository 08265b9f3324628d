//! Defaults for the parts that a URL leaves out.

use crate::host::parse_host;
use crate::value::{port, protocol};
use crate::{ConfigName, DEFAULT_HOST, DEFAULT_PORT, Properties, PropertyError, Protocol};

/// Host, port and protocol of a URL that names none.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Defaults {
    /// That of the property only.
    pub(crate) host: Option<String>,
    pub(crate) port: u16,
    /// That of the property only.
    pub(crate) protocol: Option<Protocol>,
}

impl Defaults {
    /// From the first of the sets of properties that has them.
    pub(crate) fn new(sets: &[&Properties]) -> Result<Self, PropertyError> {
        let set_in = |name| sets.iter().find(|set| set.get(name).is_some_and(|value| !value.trim().is_empty()));
        let host = match set_in(ConfigName::ChannelDefaultHost) {
            Some(set) => set.get(ConfigName::ChannelDefaultHost).map(|host| {
                let expected = "a host name or IP address";
                parse_host(host.trim()).ok_or(PropertyError::Value { name: ConfigName::ChannelDefaultHost, expected })
            }),
            None => None,
        };
        let port = match set_in(ConfigName::ChannelDefaultPort) {
            Some(set) => port::get(set, ConfigName::ChannelDefaultPort)?,
            None => None,
        };
        let protocol = match set_in(ConfigName::ChannelDefaultProtocol) {
            Some(set) => protocol::get(set, ConfigName::ChannelDefaultProtocol)?,
            None => None,
        };
        Ok(Self { host: host.transpose()?, port: port.unwrap_or(DEFAULT_PORT), protocol })
    }

    pub(crate) fn host_or_localhost(&self) -> String {
        self.host.clone().unwrap_or_else(|| DEFAULT_HOST.into())
    }
}
