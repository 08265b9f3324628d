//! Types of properties whose value is one of a few words.

use std::fmt;
use std::str::FromStr;

use crate::PropertyError;
use crate::{ConfigName, value};

macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident of $property:ident: $kind:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ })+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
            #[non_exhaustive]
            pub enum $name {
                $($(#[$variant_doc])* $variant,)+
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.pad(match self { $(Self::$variant => $text,)+ })
                }
            }

            impl FromStr for $name {
                type Err = PropertyError;

                /// Takes the words in any case.
                ///
                /// # Errors
                /// [`PropertyError::Value`] for any other text.
                fn from_str(text: &str) -> Result<Self, PropertyError> {
                    $(if text.eq_ignore_ascii_case($text) { return Ok(Self::$variant); })+
                    Err(PropertyError::Value { name: ConfigName::$property, expected: value::$kind::EXPECTED })
                }
            }
        )+
    };
}

choices! {
    /// The protocol below the channel: the scheme of its URL.
    Protocol of ChannelDefaultProtocol: protocol {
        /// Plain TCP, scheme `tcp`. Passwords and data travel in clear text.
        Tcp = "tcp",
        /// TLS, scheme `ssl`.
        Ssl = "ssl",
    }
    /// The minimum TLS version, from `tlsProtocol`.
    TlsVersion of TlsProtocol: tls_version {
        /// TLS 1.2 or 1.3.
        Tls12 = "TLSv1.2",
        /// TLS 1.3 only.
        Tls13 = "TLSv1.3",
    }
    /// How far the server's product version must agree with ours, from `versionCheck`.
    VersionCheck of ChannelVersionCheck: version_check {
        /// Major, minor and update, as Java demands.
        Exact = "exact",
        /// Major.
        Major = "major",
        /// Not at all, as Python does.
        None = "none",
    }
}
