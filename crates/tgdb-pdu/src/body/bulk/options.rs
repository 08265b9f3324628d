//! Options of an import, which are words on the wire (`bulkio.py`).

use crate::{BodyError, EncodeError, Reader, Wire, Writer};

macro_rules! word {
    ($(#[$doc:meta])* pub enum $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize))]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$vdoc])* $variant,)+
            /// A word that the vendor's client does not know.
            Other(String),
        }

        impl $name {
            /// The word on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(word) => word,
                }
            }
        }

        impl Wire for $name {
            const MIN_LEN: usize = 2;
            fn encode(&self, field: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
                w.utf(field, self.as_str())
            }
            fn decode(field: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
                let word = r.utf(field)?;
                Ok(match &*word {
                    $($word => Self::$variant,)+
                    _ => Self::Other(word),
                })
            }
        }
    };
}

word! {
    /// What the server does about a record that it cannot load. A string.
    pub enum ImportErrors {
        /// It stops the import (`stop`). The default.
        #[default]
        Stop = "stop",
        /// It passes over the record (`ignore`).
        Ignore = "ignore",
    }
}

word! {
    /// What the server does about an entity that exists. A string.
    pub enum ImportLoad {
        /// All entities are new (`insert`). The default.
        #[default]
        Insert = "insert",
        /// It changes those that exist (`upsert`).
        Upsert = "upsert",
    }
}

word! {
    /// The order of day, month and year in dates. A string.
    pub enum ImportDateFormat {
        /// Year, month, day (`YMD`). The default.
        #[default]
        Ymd = "YMD",
        /// Month, day, year (`MDY`).
        Mdy = "MDY",
        /// Day, month, year (`DMY`).
        Dmy = "DMY",
    }
}
