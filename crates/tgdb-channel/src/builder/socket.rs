//! From settings to the options of the socket.

use std::time::Duration;

use tgdb_pdu::DEFAULT_MAX_LOGIN_FRAME_LEN;
use tgdb_transport::SocketOptions;
use tgdb_url::{ConfigName, Properties, PropertyError};

use super::ChannelBuilder;

/// The properties that have a field of [`SocketOptions`].
pub(super) const PROPERTIES: &[ConfigName] = &[
    ConfigName::ChannelConnectTimeout,
    ConfigName::ChannelTcpUserTimeoutSeconds,
    ConfigName::ChannelTcpKeepaliveSeconds,
    ConfigName::ChannelSendSize,
    ConfigName::ChannelRecvSize,
    ConfigName::ChannelMaxFrameSize,
];

impl ChannelBuilder {
    pub(super) fn socket_of(&self, properties: &Properties) -> Result<SocketOptions, PropertyError> {
        let mut options = match &self.socket {
            Some(options) => {
                let mut options = options.clone();
                self.set_explicit(&mut options)?;
                options
            }
            None => from_properties(properties)?,
        };
        options.send_timeout = properties.operation_timeout()?.or(options.send_timeout);
        options.omit_large_frames = true;
        options.max_login_frame_len = options.max_login_frame_len.or(Some(DEFAULT_MAX_LOGIN_FRAME_LEN));
        options.resolver = self.resolver.clone().or(options.resolver);
        Ok(options)
    }

    /// Over options of the program: what methods for a single one of them have set.
    fn set_explicit(&self, options: &mut SocketOptions) -> Result<(), PropertyError> {
        let explicit = from_properties(&self.explicit)?;
        let is_set = |name| self.explicit.get(name).is_some();
        if is_set(ConfigName::ChannelConnectTimeout) {
            options.connect_timeout = explicit.connect_timeout;
        }
        if is_set(ConfigName::ChannelTcpUserTimeoutSeconds) {
            options.user_timeout = explicit.user_timeout;
        }
        if is_set(ConfigName::ChannelTcpKeepaliveSeconds) {
            options.keepalive = explicit.keepalive;
        }
        if is_set(ConfigName::ChannelMaxFrameSize) {
            options.max_frame_len = explicit.max_frame_len;
        }
        Ok(())
    }
}

fn from_properties(properties: &Properties) -> Result<SocketOptions, PropertyError> {
    let default = SocketOptions::default();
    let max_frame_len = properties.max_frame_size()?.and_then(|size| u32::try_from(size).ok());
    let unless_zero = |time: Option<Duration>| time.filter(|time| !time.is_zero());
    Ok(SocketOptions {
        connect_timeout: properties.connect_timeout()?.unwrap_or(default.connect_timeout),
        user_timeout: unless_zero(properties.tcp_user_timeout()?),
        keepalive: unless_zero(properties.tcp_keepalive()?),
        send_buffer: properties.send_size()?,
        recv_buffer: properties.recv_size()?,
        max_frame_len: max_frame_len.unwrap_or(default.max_frame_len),
        ..default
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(builder: ChannelBuilder, properties: &Properties) -> SocketOptions {
        let mut all = properties.clone();
        all.extend(&builder.explicit);
        builder.socket_of(&all).unwrap()
    }

    #[test]
    fn options_come_from_properties() {
        let builder = || ChannelBuilder::new("tcp://");
        let default = options(builder(), &Properties::new());
        assert_eq!(default.keepalive, Some(Duration::from_secs(30)));
        assert_eq!(default.user_timeout, Some(Duration::from_secs(30)));
        assert_eq!(default.send_timeout, Some(Duration::from_secs(10)));
        assert!(default.omit_large_frames);
        let properties = Properties::new()
            .with(ConfigName::ChannelTcpKeepaliveSeconds, "15s")
            .with(ConfigName::ChannelTcpUserTimeoutSeconds, "0")
            .with(ConfigName::ChannelSendSize, "64")
            .with(ConfigName::ChannelRecvSize, "32")
            .with(ConfigName::ChannelMaxFrameSize, "1")
            .with(ConfigName::ChannelConnectTimeout, "2s");
        let set = options(builder(), &properties);
        assert_eq!((set.keepalive, set.user_timeout), (Some(Duration::from_secs(15)), None));
        assert_eq!((set.send_buffer, set.recv_buffer), (Some(64 << 10), Some(32 << 10)));
        assert_eq!((set.max_frame_len, set.connect_timeout), (1024, Duration::from_secs(2)));
        assert_eq!(options(builder().keepalive(None), &properties).keepalive, None);
    }

    #[test]
    fn options_of_the_program_come_first_but_for_single_methods() {
        let own = SocketOptions {
            keepalive: Some(Duration::from_secs(3)),
            send_buffer: Some(1),
            connect_timeout: Duration::from_secs(4),
            send_timeout: None,
            ..SocketOptions::default()
        };
        let properties = Properties::new()
            .with(ConfigName::ChannelTcpKeepaliveSeconds, "15s")
            .with(ConfigName::ConnectionOperationTimeoutSeconds, "7");
        let builder = ChannelBuilder::new("tcp://").socket_options(own);
        let set = options(builder.clone(), &properties);
        assert_eq!((set.keepalive, set.send_buffer), (Some(Duration::from_secs(3)), Some(1)));
        assert_eq!((set.connect_timeout, set.user_timeout), (Duration::from_secs(4), None));
        assert_eq!(set.send_timeout, Some(Duration::from_secs(7)), "the channel's own");
        assert!(set.omit_large_frames, "the channel's own");
        let second = Duration::from_secs(1);
        let builder =
            builder.keepalive(None).connect_timeout(second).tcp_user_timeout(Some(second)).max_frame_size(4096);
        let set = options(builder, &properties);
        assert_eq!((set.keepalive, set.connect_timeout), (None, second));
        assert_eq!((set.user_timeout, set.max_frame_len, set.send_buffer), (Some(second), 4096, Some(1)));
    }
}
