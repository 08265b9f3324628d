//! The wire protocol, as far as the vendor's open clients show it. This module has no code: it is the
//! file `docs/protocol.md` of the repository.
//! Links to other pages of `docs` work in the repository only.
#![doc = include_str!("../docs/protocol.md")]
