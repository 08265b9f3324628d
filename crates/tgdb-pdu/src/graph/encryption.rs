//! Encryption of attributes with the public key of the server (`DataCryptoGrapher.java`,
//! `CipherImpl`). Feature `encryption`.
//!
//! One RSA block with the padding of PKCS#1 v1.5 holds the clear text of one attribute, which is
//! 11 bytes shorter than the key at most: 245 bytes with 2048 bits. The clear text is that of
//! [`Cipher::clear_text_of`].
//!
//! The advisory RUSTSEC-2023-0071 on the timing of RSA concerns operations with a private key, of
//! which there are none here.

use rsa::PublicKey;
use rsa::pkcs8::DecodePublicKey;
use rsa::traits::PublicKeyParts;
use x509_parser::prelude::{FromDer, X509Certificate};
use zeroize::Zeroizing;

use super::{Attribute, ChangeSet, Changes, Cipher, Value};
use crate::{EncodeError, escaped};

/// What the padding takes of a block, in bytes.
const PADDING: usize = 11;

/// Encrypts attributes for one server, with the certificate of its
/// [`AuthenticateResponse`](crate::body::AuthenticateResponse).
/// ```
/// use tgdb_pdu::body::AuthenticateResponse;
/// use tgdb_pdu::graph::{Attribute, Encryptor};
///
/// # fn encrypt(reply: AuthenticateResponse, salary: &mut Attribute) -> Result<(), Box<dyn std::error::Error>> {
/// if let AuthenticateResponse::Accepted { certificate: Some(certificate), .. } = reply {
///     let encryptor = Encryptor::from_certificate(&certificate)?;
///     encryptor.encrypt_attribute(salary)?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Encryptor {
    key: PublicKey,
}

/// An attribute cannot be encrypted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncryptionError {
    /// The server's certificate is no X.509 certificate in DER.
    #[error("the server's certificate is not X.509 in DER; check the certificate that the server is configured with")]
    Certificate,
    /// The key in the certificate is no RSA key, or has fewer than 1024 or more than 8192 bits.
    #[error("the server's certificate has no RSA key of 1024 to 8192 bits; configure the server with one")]
    Key,
    /// The clear text does not fit one block.
    #[error(
        "attribute `{}` takes {length} bytes in clear, the server's key encrypts {maximum} at most; shorten it, or use a server with a longer key",
        escaped(.attribute)
    )]
    TooLong {
        /// Name of the attribute.
        attribute: String,
        /// Length of its clear text in bytes.
        length: usize,
        /// The maximum, in bytes.
        maximum: usize,
    },
    /// The value has no clear text.
    #[error("attribute `{}` cannot be encrypted", escaped(.attribute))]
    Value {
        /// Name of the attribute.
        attribute: String,
        /// Why.
        source: EncodeError,
    },
    /// The operating system has no random numbers, or the key is none.
    #[error("attribute `{}` cannot be encrypted: {reason}", escaped(.attribute))]
    Failed {
        /// Name of the attribute.
        attribute: String,
        /// Why.
        reason: String,
    },
}

impl Encryptor {
    /// Takes the key out of an X.509 certificate in DER. Neither its dates nor its signature are
    /// checked, as in the vendor's clients: it comes from the server that is to read what is
    /// encrypted, over a connection whose own certificate is checked by TLS.
    ///
    /// # Errors
    /// [`EncryptionError::Certificate`] and [`EncryptionError::Key`].
    pub fn from_certificate(der: &[u8]) -> Result<Self, EncryptionError> {
        let (_, certificate) = X509Certificate::from_der(der).map_err(|_| EncryptionError::Certificate)?;
        let key = PublicKey::from_public_key_der(certificate.public_key().raw);
        Ok(Self { key: key.map_err(|_| EncryptionError::Key)? })
    }

    /// How long a clear text can be, in bytes: 245 with a key of 2048 bits.
    pub fn max_len(&self) -> usize {
        self.key.size() - PADDING
    }

    /// Encrypts the value of an attribute in place, if it has one that is not encrypted. Whether
    /// its descriptor says so is not looked at. The bytes are random and differ each time.
    ///
    /// # Errors
    /// [`EncryptionError`] if the clear text is too long, or the value is not of the type of the
    /// descriptor. The attribute is as before then.
    pub fn encrypt_attribute(&self, attribute: &mut Attribute) -> Result<(), EncryptionError> {
        if matches!(attribute.value, Value::Null | Value::Encrypted(_)) {
            return Ok(());
        }
        let name = || attribute.descriptor.name.clone();
        let clear = Cipher::clear_text_of(&attribute.value, &attribute.descriptor);
        let clear = clear.map_err(|source| EncryptionError::Value { attribute: name(), source })?;
        let clear = Zeroizing::new(clear);
        let (length, maximum) = (clear.len(), self.max_len());
        if length > maximum {
            return Err(EncryptionError::TooLong { attribute: name(), length, maximum });
        }
        let block = self.key.pkcs1v15_encrypt(&clear);
        let block = block.map_err(|error| EncryptionError::Failed { attribute: name(), reason: error.to_string() })?;
        attribute.value = Value::Encrypted(Cipher::Block(block.into()));
        Ok(())
    }
}

impl ChangeSet {
    /// Encrypts all attributes that were set in clear and whose descriptors say that they are
    /// encrypted.
    ///
    /// # Errors
    /// [`EncryptionError`] of the first attribute that cannot be encrypted. Those before it are.
    pub fn encrypt(&mut self, encryptor: &Encryptor) -> Result<(), EncryptionError> {
        let entities = self.added.iter_mut().chain(&mut self.changed).chain(&mut self.removed);
        let attributes = entities.flat_map(|entity| entity.attributes_mut().iter_mut());
        attributes
            .filter(|attribute| attribute.descriptor.is_encrypted)
            .try_for_each(|attribute| encryptor.encrypt_attribute(attribute))
    }
}

impl Changes<'_> {
    /// Encrypts all attributes that were set in clear and whose descriptors say that they are
    /// encrypted, as [`to_request`](Self::to_request) demands.
    ///
    /// # Errors
    /// As [`ChangeSet::encrypt`].
    pub fn encrypt(&mut self, encryptor: &Encryptor) -> Result<(), EncryptionError> {
        self.set.encrypt(encryptor)
    }
}
