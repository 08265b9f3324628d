//! A buffer that leaves no secret behind in memory.

use std::fmt;
use std::ops::Deref;

use bytes::Bytes;
use zeroize::Zeroize;

use crate::Secret;

/// Bytes. Once they are marked as secret, they are wiped before their memory is given back: when
/// the buffer grows, moves them, or is dropped.
#[derive(Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    is_secret: bool,
}

impl Buffer {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self { bytes: Vec::with_capacity(capacity), is_secret: false }
    }

    /// What it holds, or will hold, is a secret.
    pub(crate) fn mark_secret(&mut self) {
        self.is_secret = true;
    }

    pub(crate) fn is_secret(&self) -> bool {
        self.is_secret
    }

    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// For those who change bytes, or append within the capacity.
    #[inline]
    pub(crate) fn as_mut_vec(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Makes room for that many more bytes, and for no more than that.
    pub(crate) fn reserve_exact(&mut self, more: usize) {
        if self.bytes.capacity() - self.bytes.len() >= more {
            return;
        }
        if !self.is_secret {
            return self.bytes.reserve_exact(more);
        }
        // A vector that grows by itself leaves a copy behind.
        let mut grown = Vec::with_capacity(self.bytes.len().saturating_add(more));
        grown.extend_from_slice(&self.bytes);
        self.bytes.zeroize();
        self.bytes = grown;
    }

    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        if self.is_secret && self.bytes.capacity() - self.bytes.len() < bytes.len() {
            self.reserve_exact(bytes.len().max(self.bytes.len()));
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Takes bytes off the front.
    pub(crate) fn drop_front(&mut self, count: usize) {
        self.bytes.drain(..count);
        if self.is_secret {
            // Where the last of the others were before.
            self.bytes.spare_capacity_mut().zeroize();
        }
    }

    /// Drops all bytes, and the mark. Memory beyond that capacity is given back.
    pub(crate) fn reset(&mut self, capacity: usize) {
        if std::mem::take(&mut self.is_secret) {
            self.bytes.zeroize();
        }
        self.bytes.clear();
        self.bytes.shrink_to(capacity);
    }

    /// The bytes, of which nobody takes care any more.
    pub(crate) fn into_vec(mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// The bytes, without a copy. Secret ones are wiped with the last clone.
    pub(crate) fn into_bytes(mut self) -> Bytes {
        let bytes = std::mem::take(&mut self.bytes);
        if self.is_secret { Secret::new(bytes).into() } else { bytes.into() }
    }
}

impl Deref for Buffer {
    type Target = [u8];
    #[inline]
    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for Buffer {
    /// How long it is: it can hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.bytes.len())
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.is_secret {
            self.bytes.zeroize();
        }
    }
}
