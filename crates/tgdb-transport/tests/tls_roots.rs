//! Where trusted certificates and keys come from.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
#[path = "common/setup.rs"]
mod setup;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once};
use std::{env, fs, process};

use common::chain;
use setup::*;
use tgdb_transport::{Roots, TlsConnector, TlsOptions, TransportError};

/// A folder of its own for a test.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let folder = env::temp_dir().join(format!("tgdb-roots-{}-{test}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Keeps the warnings of the process.
struct Warnings(Mutex<Vec<String>>);

static WARNINGS: Warnings = Warnings(Mutex::new(Vec::new()));

impl log::Log for Warnings {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() <= log::Level::Warn
    }
    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            self.0.lock().unwrap().push(record.args().to_string());
        }
    }
    fn flush(&self) {}
}

/// The warnings that name that file.
fn warnings(about: &Path) -> Vec<String> {
    let is_about = |text: &&String| text.contains(&*about.to_string_lossy());
    WARNINGS.0.lock().unwrap().iter().filter(is_about).cloned().collect()
}

fn log_warnings() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&WARNINGS).unwrap();
        log::set_max_level(log::LevelFilter::Warn);
    });
}

/// Whether a server of the authority is trusted.
fn trusts(roots: Vec<Roots>, ca: &Made) -> bool {
    let server = ca.issue(&params(&["localhost"])).server(&[], None);
    match connect(serve(server), &TlsOptions::default().roots(roots)) {
        Ok(_) => true,
        Err(TransportError::Certificate { .. }) => false,
        Err(error) => panic!("{}", chain(&error)),
    }
}

fn failed(roots: Roots) -> String {
    chain(&TlsConnector::new(&TlsOptions::default().roots([roots])).expect_err("it has no certificate"))
}

#[test]
fn several_sources_together() {
    let folder = Folder::new("several");
    let cas: Vec<_> = (0..4).map(|number| authority(&format!("ca {number}"))).collect();
    let sub = folder.0.join("certs");
    fs::create_dir(&sub).unwrap();
    fs::write(sub.join("two.crt"), &cas[1].pem).unwrap();
    let roots = vec![
        Roots::WebPki,
        Roots::Path(folder.write("one.pem", &cas[0].pem)),
        Roots::Path(sub),
        Roots::Bytes(cas[2].pem.clone().into()),
        Roots::Bytes(cas[3].certificate.to_vec()),
    ];
    for ca in &cas {
        assert!(trusts(roots.clone(), ca));
    }
    assert!(!trusts(roots, &authority("stranger")));
    assert!(failed(Roots::Path(folder.0.join("missing.pem"))).contains("missing.pem"));
    let none = TlsConnector::new(&TlsOptions::default().roots([])).unwrap_err();
    assert!(chain(&none).contains("trustedCertificates"), "{none}");
}

#[test]
fn files_in_der_and_of_windows() {
    let folder = Folder::new("forms");
    let ca = authority("ca");
    let utf16 = |unit: fn(u16) -> [u8; 2]| {
        let units = "\u{feff}".encode_utf16().chain(ca.pem.encode_utf16());
        units.flat_map(unit).collect::<Vec<u8>>()
    };
    let forms: [Vec<u8>; 6] = [
        ca.certificate.to_vec(),
        [b"\xef\xbb\xbf", ca.pem.as_bytes()].concat(),
        utf16(u16::to_le_bytes),
        utf16(u16::to_be_bytes),
        ca.pem.replace('\n', "\r\n").into_bytes(),
        format!("subject=/CN=größer\n{}trailing text", ca.pem).into_bytes(),
    ];
    for (number, form) in forms.into_iter().enumerate() {
        let path = folder.write(&format!("{number}.pem"), form);
        assert!(trusts(vec![Roots::Path(path)], &ca), "form {number}");
    }
}

#[test]
fn a_bad_entry_of_a_bundle_is_named_and_skipped() {
    log_warnings();
    let folder = Folder::new("bundle");
    let (first, last) = (authority("first"), authority("last"));
    let truncated = first.pem.split_at(first.pem.len() / 2).0;
    let bad = [
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned(),
        "-----BEGIN CERTIFICATE-----\nno base64!\n-----END CERTIFICATE-----\n".to_owned(),
        format!("{truncated}\n"),
    ];
    for (number, bad) in bad.into_iter().enumerate() {
        let bundle = folder.write(&format!("bundle{number}.pem"), format!("{}{bad}{}", first.pem, last.pem));
        for ca in [&first, &last] {
            assert!(trusts(vec![Roots::Path(bundle.clone())], ca), "{bad}");
        }
        let warnings = warnings(&bundle);
        let line = first.pem.lines().count() + 1;
        assert_eq!(warnings.len(), 2, "one for each reading: {warnings:?}");
        assert!(warnings[0].contains(&format!("certificate 2 (line {line})")), "{warnings:?}");
        // Nothing else is an error.
        let only = folder.write(&format!("only{number}.pem"), &bad);
        let text = failed(Roots::Path(only));
        assert!(text.contains("no certificate that can be used: certificate 1 (line 1)"), "{text}");
    }
}

#[test]
fn a_folder_has_other_files_too() {
    log_warnings();
    let folder = Folder::new("folder");
    let ca = authority("ca");
    folder.write("ca.pem", &ca.pem);
    let other = folder.write("README", "what these files are");
    assert!(trusts(vec![Roots::Path(folder.0.clone())], &ca));
    assert!(warnings(&other)[0].contains("holds no certificate"), "{:?}", warnings(&other));
    fs::remove_file(folder.0.join("ca.pem")).unwrap();
    let text = failed(Roots::Path(folder.0.clone()));
    assert!(text.contains("no file of the folder") && text.contains(&*folder.0.to_string_lossy()), "{text}");
}

#[test]
fn what_is_no_certificate_is_named() {
    let text = |name: &str| failed(Roots::Path(fixture(name)));
    assert!(text("v1.key").contains("holds no certificate; it holds PRIVATE KEY"), "{}", text("v1.key"));
    assert!(text("trusted.pem").contains("it holds TRUSTED CERTIFICATE"), "{}", text("trusted.pem"));
    assert!(text("store.p12").contains("is a PKCS#12 store"), "{}", text("store.p12"));
    assert!(failed(Roots::Bytes(b"text".to_vec())).contains("neither in PEM nor in DER"));
    assert!(failed(Roots::Bytes(Vec::new())).contains("the certificates in memory"));
}

#[test]
fn a_key_that_cannot_be_used_is_named() {
    let client = authority("ca").issue(&params(&["client"]));
    let folder = Folder::new("keys");
    let chain_file = folder.write("client.pem", &client.pem);
    let built = |key: &Path| TlsConnector::new(&TlsOptions::default().client_certificate_files(&chain_file, key));
    let text = |key: &Path| chain(&built(key).expect_err("it is no key for us"));
    for name in ["encrypted-pkcs8.key", "encrypted-pkcs8.der", "encrypted-sec1.key"] {
        let text = text(&fixture(name));
        assert!(text.contains(name) && text.contains("is encrypted") && text.contains("openssl pkey"), "{text}");
    }
    assert!(text(&fixture("store.p12")).contains("PKCS#12"));
    assert!(text(&fixture("v1.pem")).contains("holds no private key; it holds CERTIFICATE"));
    assert!(text(&fixture("v1.key")).contains("does not go with clientCertificate"));
    assert!(text(&folder.0.join("missing.key")).contains("missing.key"));
    let marked = folder.write("marked.key", format!("\u{feff}{}", client.key_pem));
    for good in [marked, folder.write("key.der", client.key.secret_der())] {
        built(&good).unwrap();
    }
    // A chain is taken as a whole.
    let broken = format!("{}-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n", client.pem);
    let error = TlsConnector::new(&TlsOptions::default().client_certificate(broken, client.key_pem.as_str()));
    assert!(chain(&error.unwrap_err()).contains("bad certificate 2"));
}

#[test]
fn keys_are_not_shown() {
    let client = authority("ca").issue(&params(&["client"]));
    let options = TlsOptions::default().client_certificate(client.pem, client.key_pem.as_str());
    let middle = client.key_pem.lines().nth(1).unwrap();
    assert!(!format!("{options:?} {:?}", TlsConnector::new(&options).unwrap()).contains(middle));
}

#[test]
#[cfg(not(feature = "platform-roots"))]
fn the_roots_of_the_system_need_a_feature() {
    assert!(failed(Roots::Platform).contains("platform-roots"));
}

#[test]
#[cfg(feature = "platform-roots")]
fn the_roots_of_the_system_are_those_of_its_files() {
    // The only test of this process that reads the variable.
    let folder = Folder::new("platform");
    let ca = authority("ca");
    let file = folder.write("ca.pem", &ca.pem);
    let name = "the_roots_of_the_system_are_those_of_its_files";
    if env::var_os("SSL_CERT_FILE").is_none() {
        let mut again = process::Command::new(env::current_exe().unwrap());
        let status = again.args(["--exact", name]).env("SSL_CERT_FILE", fixture("sha1-ca.pem")).status();
        assert!(status.unwrap().success());
        return;
    }
    let platform = TlsOptions::default().roots([Roots::Platform]);
    TlsConnector::new(&platform).unwrap();
    assert!(!trusts(vec![Roots::Platform], &ca));
    assert!(trusts(vec![Roots::Platform, Roots::Path(file)], &ca));
}
