//! Encryption of attributes, against blocks that Java and Python wrote. The recorded private key
//! was made for the vectors.
#![cfg(feature = "encryption")]

use std::sync::LazyLock;

use rsa::PrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use serde_json::Value as Json;
use tgdb_pdu::graph::*;

use crate::support::*;
use crate::vectors::stamp;

static RECORDED: LazyLock<Json> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../../tests/vectors/graph_encryption.json")).unwrap());

fn encryptor() -> Encryptor {
    Encryptor::from_certificate(&hex(&RECORDED["certificate_der"])).unwrap()
}

/// What the server finds in a block.
fn decrypted(attribute: &Attribute) -> Vec<u8> {
    let key = PrivateKey::from_pkcs8_der(&hex(&RECORDED["private_key_pkcs8_der"])).unwrap();
    let Value::Encrypted(Cipher::Block(block)) = &attribute.value else { panic!("{attribute:?}") };
    key.pkcs1v15_decrypt(block).unwrap()
}

fn value(name: &str) -> Value {
    match name {
        "int 42" => 42.into(),
        "string" => "top secret".into(),
        // As Python has it, not padded to the scale of the descriptor.
        "number" => Number { precision: 20, scale: 5, text: "1234.5".to_owned() }.into(),
        "timestamp" => stamp(2020, 6, 15, 12, 34, 56, 789).into(),
        "blob" => LargeObject { id: -3, data: Some(vec![1, 2, 3].into()) }.into(),
        other => panic!("{other}"),
    }
}

#[test]
fn the_server_finds_in_our_block_what_it_finds_in_python_s() {
    for vector in RECORDED["writes"].as_array().unwrap() {
        let name = vector["name"].as_str().unwrap();
        let descriptor = SCHEMA.descriptor(vector["descriptor"].as_str().unwrap()).unwrap().clone();
        let mut ours = Attribute { descriptor, value: value(name) };
        encryptor().encrypt_attribute(&mut ours).unwrap();
        let bytes = attribute_bytes(&ours, Layout::Request);
        assert_eq!(attribute(&bytes, Layout::Request), ours, "{name}");
        for (client, plain) in [("python_writes", "python_plain"), ("java_writes", "java_plain")] {
            let theirs = hex(&vector[client]);
            // The same descriptor, flag and length; the block is random.
            assert_eq!((theirs.len(), &theirs[..9]), (bytes.len(), &bytes[..9]), "{name}");
            let theirs = attribute(&theirs, Layout::Request);
            assert_eq!(hex::encode(decrypted(&theirs)), vector[plain].as_str().unwrap(), "{name}");
        }
        assert_eq!(hex::encode(decrypted(&ours)), vector["python_plain"].as_str().unwrap(), "{name}");
    }
}

#[test]
fn blocks_of_one_value_differ() {
    let [first, second] = [(); 2].map(|()| {
        let mut pin = set("pin", 42).unwrap();
        encryptor().encrypt_attribute(&mut pin).unwrap();
        pin
    });
    assert_ne!(first, second);
    assert_eq!(decrypted(&first), decrypted(&second));
}

#[test]
fn a_text_of_more_than_245_bytes_names_its_attribute() {
    assert_eq!(encryptor().max_len(), 245);
    // The length of the text takes two bytes.
    let mut fits = set("secret", "x".repeat(243)).unwrap();
    encryptor().encrypt_attribute(&mut fits).unwrap();
    assert_eq!(decrypted(&fits).len(), 245);
    let mut too_long = set("secret", "x".repeat(244)).unwrap();
    let error = encryptor().encrypt_attribute(&mut too_long).unwrap_err();
    assert_eq!(error, EncryptionError::TooLong { attribute: "secret".to_owned(), length: 246, maximum: 245 });
    assert!(!error.to_string().contains("xx"), "{error}");
    assert_eq!(too_long, set("secret", "x".repeat(244)).unwrap(), "as before");
}

#[test]
fn a_commit_encrypts_what_is_to_be_encrypted() {
    let mut changes = Changes::new(&SCHEMA);
    let node = changes.add_node(Some("person")).unwrap();
    changes.set(node, "name", "Robert").unwrap();
    changes.set(node, "pin", 42).unwrap();
    changes.set(node, "secret", None::<&str>).unwrap();
    assert!(changes.to_request().is_err(), "in clear");
    changes.encrypt(&encryptor()).unwrap();
    let request = changes.to_request().unwrap();
    let read = ChangeSet::from_request(&request, &SCHEMA).unwrap();
    let Entity::Node(node) = &read.added[0] else { panic!() };
    assert_eq!((node.get("name"), node.get("secret")), (Ok("Robert"), Ok(None::<&str>)));
    let pin = node.attributes.iter().find(|attribute| attribute.descriptor.name == "pin").unwrap();
    assert_eq!(decrypted(pin), 42i32.to_be_bytes());
    // Once more changes nothing.
    changes.encrypt(&encryptor()).unwrap();
    assert_eq!(changes.to_request().unwrap(), request);
}

#[test]
fn what_is_no_rsa_certificate_is_an_error() {
    assert_eq!(Encryptor::from_certificate(b"").unwrap_err(), EncryptionError::Certificate);
    let mut der = hex(&RECORDED["certificate_der"]);
    for at in 0..der.len() {
        // Whatever it is, it does not panic.
        der[at] ^= 0x40;
        drop(Encryptor::from_certificate(&der));
        der[at] ^= 0x40;
        assert!(Encryptor::from_certificate(&der[..at]).is_err());
    }
    // The object identifier of the key's algorithm.
    let oid = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    let at = der.windows(oid.len()).position(|window| window == oid).unwrap();
    der[at + 8] = 7;
    assert_eq!(Encryptor::from_certificate(&der).unwrap_err(), EncryptionError::Key);
}

#[test]
fn debug_shows_no_obfuscated_value() {
    let cipher = Cipher::obfuscate(7, b"clear text");
    assert_eq!(format!("{cipher:?}"), "Obfuscated(10 bytes)");
}
