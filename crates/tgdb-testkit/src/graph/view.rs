//! How attributes look in a reply.

use tgdb_pdu::graph::{Attribute, AttributeList, Cipher, Layout, Value};

/// Stands in front of what is obfuscated with it, so it need not be secret.
pub(super) const OBFUSCATION_KEY: u64 = 0x7465_7374_6b69_7421;

/// How attributes look in a reply.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    pub(super) layout: Layout,
    /// Whether encrypted attributes are there. A reply with one over plain TCP is an error in Python.
    pub(super) with_encrypted: bool,
}

impl View {
    pub(super) fn of_all(self, attributes: &AttributeList) -> AttributeList {
        attributes.iter().filter_map(|attribute| self.of(attribute)).collect()
    }

    /// Obfuscated if it is encrypted. `None` if it is not to be seen.
    pub(super) fn of(self, attribute: &Attribute) -> Option<Attribute> {
        let descriptor = attribute.descriptor.clone();
        if !descriptor.is_encrypted || matches!(attribute.value, Value::Null | Value::Clob(_) | Value::Blob(_)) {
            return Some(attribute.clone());
        }
        // What is too long for a reply cannot be seen either.
        let clear = Cipher::clear_text_of(&attribute.value, &descriptor).ok().filter(|_| self.with_encrypted)?;
        Some(Attribute { descriptor, value: Value::Encrypted(Cipher::obfuscate(OBFUSCATION_KEY, &clear)) })
    }
}
