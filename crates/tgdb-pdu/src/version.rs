//! The two versions of TGDB: that of the protocol, in each header, and that of
//! the product, a 64-bit word exchanged in the handshake.

use std::fmt;

/// Version of the wire protocol. Client and server must have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProtocolVersion {
    /// Major number.
    pub major: u8,
    /// Minor number.
    pub minor: u8,
}

/// The protocol that this crate speaks, 3.0.
pub const PROTOCOL: ProtocolVersion = ProtocolVersion { major: 3, minor: 0 };

impl ProtocolVersion {
    /// The header field: `major << 8 | minor`.
    pub const fn to_wire(self) -> u16 {
        (self.major as u16) << 8 | self.minor as u16
    }

    /// Reads the header field.
    pub const fn from_wire(field: u16) -> Self {
        Self { major: (field >> 8) as u8, minor: field as u8 }
    }
}

impl fmt::Display for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Version of the product, as client and server send it in the handshake.
///
/// Layout of the word, from the lowest bit (`TGVersion(long)` in `TGVersion.java`):
///
/// | bits | field |
/// |---|---|
/// | 0..8 | major |
/// | 8..16 | minor |
/// | 16..24 | update |
/// | 24..32 | hot fix |
/// | 32..48 | build number |
/// | 48..52 | build type |
/// | 52..56 | edition |
///
/// The vendor's writers put the build fields elsewhere; see `docs/protocol.md`.
///
/// # Example
/// ```
/// use tgdb_pdu::version::ProductVersion;
///
/// let version = ProductVersion::CLIENT;
/// assert_eq!(ProductVersion::from_wire(version.to_wire()), version);
/// assert_eq!((version.major, version.minor), (3, 0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProductVersion {
    /// Major number.
    pub major: u8,
    /// Minor number.
    pub minor: u8,
    /// Update number.
    pub update: u8,
    /// Hot fix number.
    pub hotfix: u8,
    /// Build number.
    pub build: u16,
    /// Build type: 0 production, 1 engineering, 2 beta. 4 bits.
    pub build_type: u8,
    /// Edition: 0 evaluation, 1 community, 2 enterprise, 3 developer. 4 bits.
    pub edition: u8,
}

impl ProductVersion {
    /// The product version whose client this one stands in for: 3.0.0 enterprise, build 39.
    pub const CLIENT: Self = Self { major: 3, minor: 0, update: 0, hotfix: 0, build: 39, build_type: 0, edition: 2 };

    /// The 64-bit word of the handshake.
    pub const fn to_wire(self) -> i64 {
        (self.major as u64
            | (self.minor as u64) << 8
            | (self.update as u64) << 16
            | (self.hotfix as u64) << 24
            | (self.build as u64) << 32
            | (self.build_type as u64 & 0xf) << 48
            | (self.edition as u64 & 0xf) << 52) as i64
    }

    /// Reads the 64-bit word of the handshake. The top 8 bits have no meaning and are dropped.
    pub const fn from_wire(word: i64) -> Self {
        let word = word as u64;
        Self {
            major: word as u8,
            minor: (word >> 8) as u8,
            update: (word >> 16) as u8,
            hotfix: (word >> 24) as u8,
            build: (word >> 32) as u16,
            build_type: (word >> 48) as u8 & 0xf,
            edition: (word >> 52) as u8 & 0xf,
        }
    }
}

impl fmt::Display for ProductVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{} build {}", self.major, self.minor, self.update, self.build)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn product_version_word() {
        assert_eq!(ProductVersion::CLIENT.to_wire(), 0x0020_0027_0000_0003);
        assert_eq!(ProductVersion::from_wire(ProductVersion::CLIENT.to_wire()), ProductVersion::CLIENT);
    }

    #[test]
    fn every_field_has_its_place() {
        let version = ProductVersion {
            major: 0x11,
            minor: 0x22,
            update: 0x33,
            hotfix: 0x44,
            build: 0x6655,
            build_type: 0x7,
            edition: 0x8,
        };
        assert_eq!(version.to_wire(), 0x0087_6655_4433_2211);
        assert_eq!(ProductVersion::from_wire(0x0087_6655_4433_2211), version);
        assert_eq!(version.to_string(), "17.34.51 build 26197");
    }

    #[test]
    fn protocol_version_field() {
        assert_eq!(PROTOCOL.to_wire(), 0x0300);
        assert_eq!(ProtocolVersion::from_wire(0x0201).to_string(), "2.1");
    }
}
