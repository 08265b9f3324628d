//! Traits that programs rely on. Most of it is checked by the compiler.
#![allow(clippy::unwrap_used)]

use std::fmt::Display;
use std::hash::Hash;
use std::str::FromStr;

use tgdb_channel::bulk::BulkStep;
use tgdb_channel::pdu::Verb;
use tgdb_channel::pdu::body::EntityKey;
use tgdb_channel::pdu::graph::ResultType;
use tgdb_channel::proto::{LinkId, Liveness, SubmitError};
use tgdb_channel::transport::{Interest, Ready, Roots};
use tgdb_channel::url::{ConfigName, Effect, Properties, Protocol, TgUrl, TlsVersion, VersionCheck};
use tgdb_channel::{
    ErrorKind, LinkState, RequestOptions, ResendMode, SendOutcome, SessionNumber, SessionScope, StopMethod, WaiterInfo,
    WaiterStatus,
};
use tgdb_testkit::sim::{CloseKind, ConnId, ConnectFailure};
use tgdb_testkit::{LoginFault, ServerEvent};

macro_rules! assert_each {
    ($bound:path: $($ty:ty),+ $(,)?) => {{
        fn holds<T: $bound>() {}
        $(holds::<$ty>();)+
    }};
}

#[test]
fn what_can_be_compared_can_be_hashed() {
    assert_each!(Hash: Protocol, TlsVersion, VersionCheck, ConfigName, Effect, TgUrl, Properties);
    assert_each!(Hash: Interest, Ready, Roots);
    assert_each!(Hash: LinkState, StopMethod, ResendMode, SendOutcome, SessionScope, SessionNumber, RequestOptions);
    assert_each!(Hash: WaiterStatus, WaiterInfo, ErrorKind, LinkId, Liveness, SubmitError, BulkStep);
    assert_each!(Hash: Verb, EntityKey, ResultType);
    assert_each!(Hash: ServerEvent, LoginFault, ConnId, ConnectFailure, CloseKind);
}

#[test]
fn texts_and_values_become_each_other() {
    assert_each!(Display: LinkState, SessionNumber, Verb, Protocol, TlsVersion, VersionCheck, ConfigName, TgUrl);
    assert_each!(FromStr: Protocol, TlsVersion, VersionCheck, ConfigName, TgUrl, ResultType);
    let url = TgUrl::try_from("ssl://scott@localhost:8223").unwrap();
    assert_eq!(Protocol::from_str("SSL").unwrap(), url.protocol());
    assert_eq!("dbName".parse::<ConfigName>().unwrap(), ConfigName::ConnectionDatabaseName);
    assert_eq!(LinkState::FailedOnSend.to_string(), "lost while sending");
}

#[test]
fn properties_are_a_collection() {
    let mut properties: Properties = [("dbName", "routes")].into_iter().collect();
    properties.extend([("userID", "scott")]);
    properties.extend(&Properties::from_iter([("dbName", "other")]));
    let found: Vec<(&str, &str)> = (&properties).into_iter().collect();
    assert_eq!(found, [("tgdb.connection.dbName", "other"), ("tgdb.channel.userID", "scott")]);
}
