//! From settings to the session.

use std::sync::atomic::AtomicI64;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tgdb_pdu::Secret;
use tgdb_transport::SocketOptions;
use tgdb_url::{DEFAULT_USER, Properties, PropertyError, Protocol, TgUrl, VersionCheck};

use super::ChannelBuilder;
use crate::ChannelError;
use crate::proto::{Credentials, Liveness, LoadBalance, SessionConfig};

/// Numbers the messages of this process, from 0 like Java.
fn sequence() -> Arc<AtomicI64> {
    static SEQUENCE: OnceLock<Arc<AtomicI64>> = OnceLock::new();
    SEQUENCE.get_or_init(Arc::default).clone()
}

pub(super) fn config(
    urls: &[TgUrl],
    url: &TgUrl,
    properties: &Properties,
    credentials: Credentials,
    socket: &SocketOptions,
) -> Result<SessionConfig, ChannelError> {
    let default = SessionConfig::new(url.authority());
    let operation_timeout = properties.operation_timeout()?.unwrap_or(default.operation_timeout);
    let retry_interval = properties.ft_retry_interval()?.unwrap_or(default.retry_interval);
    let count = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
    Ok(SessionConfig {
        servers: urls.iter().map(TgUrl::authority).collect(),
        verify_database: verify_database(url, properties, &credentials)?,
        credentials,
        retry_count: properties.ft_retry_count()?.unwrap_or(default.retry_count),
        retry_interval,
        max_retry_interval: properties.ft_max_retry_interval()?.unwrap_or(default.max_retry_interval),
        reconnect_spread: properties.ft_reconnect_spread()?.unwrap_or(default.reconnect_spread.min(retry_interval)),
        load_balance: match properties.load_balance_hosts()? {
            Some(true) => LoadBalance::Random,
            _ => LoadBalance::Disable,
        },
        liveness: match properties.liveness_timeout()? {
            None => default.liveness,
            Some(Duration::ZERO) => Liveness::Off,
            Some(time) => Liveness::After(time),
        },
        seed: fastrand::u64(..),
        connect_timeout: socket.connect_timeout,
        operation_timeout,
        send_timeout: operation_timeout,
        ping_interval: properties.ping_interval()?.filter(|interval| !interval.is_zero()),
        max_in_flight: properties.max_in_flight()?.map_or(default.max_in_flight, count),
        max_outbox: properties.max_outbox_size()?.unwrap_or(default.max_outbox),
        sequence: sequence(),
        max_login_frame_len: socket.max_login_frame_len.unwrap_or(default.max_login_frame_len),
        session_setup: Vec::new(),
        report_sent: properties.enable_trace()? == Some(true),
    })
}

fn verify_database(
    url: &TgUrl,
    properties: &Properties,
    credentials: &Credentials,
) -> Result<Option<String>, ChannelError> {
    if properties.verify_database_name()? != Some(true) {
        return Ok(None);
    }
    if url.protocol() != Protocol::Ssl {
        return Err(ChannelError::CannotVerifyDatabase {
            reason: "it proves nothing on a plain channel; use an ssl URL or unset the property",
        });
    }
    match &credentials.database {
        Some(database) => Ok(Some(database.clone())),
        None => Err(ChannelError::CannotVerifyDatabase { reason: "there is no database name to verify; set dbName" }),
    }
}

impl ChannelBuilder {
    pub(super) fn credentials(&self, url: &TgUrl, properties: &Properties) -> Result<Credentials, PropertyError> {
        let user = self.user.as_deref().or(url.explicit_user());
        let user = user.or(properties.user()?).or(properties.default_user()?);
        let password = self.password.clone().or(properties.password()?.map(Secret::from));
        let database = self.database.as_deref().or(properties.database_name()?);
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        Ok(Credentials {
            user: user.unwrap_or(DEFAULT_USER).to_owned(),
            password: password.unwrap_or_default(),
            database: database.filter(|name| !name.is_empty()).map(str::to_owned),
            roles: properties.roles()?.map(owned),
            client_id: properties.client_id()?.unwrap_or_default().to_owned(),
            inbox_addr: String::new(),
            ssl_mode: url.protocol() == Protocol::Ssl,
            version_check: properties.version_check()?.unwrap_or(VersionCheck::Major),
        })
    }
}
