//! What a build says about the features that it lacks. `cargo xtask features` runs this
//! without the default features.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use tgdb_channel::transport::TransportError;
use tgdb_channel::{ChannelError, TgChannel};

#[test]
fn an_ssl_url_needs_tls_and_cryptography() {
    let built = TgChannel::builder("ssl://localhost:8223").build();
    if cfg!(any(feature = "ring", feature = "aws-lc-rs")) {
        built.unwrap();
        return;
    }
    let ChannelError::Connect(error) = built.expect_err("something is missing") else { panic!("another error") };
    if cfg!(feature = "tls") {
        assert!(matches!(*error, TransportError::TlsConfig { .. }), "{error:?}");
        assert!(error.to_string().contains("feature `ring` or `aws-lc-rs`"), "{error}");
    } else {
        assert!(matches!(*error, TransportError::NoTls), "{error:?}");
        assert!(error.to_string().contains("feature `tls`"), "{error}");
    }
}

#[test]
fn a_tcp_url_needs_nothing() {
    TgChannel::builder("tcp://localhost:8222").build().unwrap();
}
