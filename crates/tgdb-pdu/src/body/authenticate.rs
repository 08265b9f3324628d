//! Login (`AuthenticateRequest.java`, `AuthenticateResponse.java`).

use bytes::Bytes;

use crate::wire::{decode_list, encode_list};
use crate::{AuthToken, BodyError, EncodeError, Reader, Secret, Wire, Writer};

/// A login: database, client id, inbox address, roles, user, password.
///
/// Strings are nullable (bool "is null" first). Roles are an `i32` count, -1 for
/// all roles of the user, and that many strings. The password is a byte string
/// in clear text; only TLS protects it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct AuthenticateRequest {
    /// Name of the database. The vendor's clients write an empty name as null.
    pub database: Option<String>,
    /// Name of the client program.
    pub client_id: Option<String>,
    /// Address of the client's end of the socket.
    pub inbox_addr: Option<String>,
    /// Roles to log in with; `None` for all that the user has.
    pub roles: Option<Vec<String>>,
    /// Name of the user.
    pub user: Option<String>,
    /// Password of the user.
    pub password: Secret,
}

impl AuthenticateRequest {
    /// An upper bound of the encoded length.
    pub(crate) fn max_len(&self) -> usize {
        let text = |text: &Option<String>| 3 + text.as_ref().map_or(0, String::len);
        let roles: usize = self.roles.iter().flatten().map(|role| 2 + role.len()).sum();
        text(&self.database)
            + text(&self.client_id)
            + text(&self.inbox_addr)
            + text(&self.user)
            + 8
            + roles
            + self.password.expose().len()
    }
}

impl Wire for AuthenticateRequest {
    const MIN_LEN: usize = 12;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        self.database.encode("database", w)?;
        self.client_id.encode("client_id", w)?;
        self.inbox_addr.encode("inbox_addr", w)?;
        match &self.roles {
            None => w.i32(-1),
            Some(roles) => {
                w.count_i32("roles", roles.len())?;
                encode_list("roles", roles, w)?;
            }
        }
        self.user.encode("user", w)?;
        self.password.encode("password", w)
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        Ok(Self {
            database: r.nullable_utf("database")?,
            client_id: r.nullable_utf("client_id")?,
            inbox_addr: r.nullable_utf("inbox_addr")?,
            roles: match r.i32("roles")? {
                -1 => None,
                count => Some(decode_list("roles", count.into(), r)?),
            },
            user: r.nullable_utf("user")?,
            password: Secret::decode("password", r)?,
        })
    }
}

/// Answer to a login: bool success, then the fields of the variant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum AuthenticateResponse {
    /// The user is logged in.
    Accepted {
        /// `i64`, to be sent with each later message.
        auth_token: AuthToken,
        /// `i64`, to be sent with each later message.
        session_id: i64,
        /// X.509 certificate of the server in DER, a byte string; null is length -1.
        #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serialize::hex"))]
        certificate: Option<Bytes>,
    },
    /// The user is not logged in.
    Rejected {
        /// `i32` status of the server. The vendor's clients give its values no names.
        status: i32,
    },
}

impl Wire for AuthenticateResponse {
    const MIN_LEN: usize = 5;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        match self {
            Self::Accepted { auth_token, session_id, certificate } => {
                w.bool(true);
                w.i64(auth_token.expose());
                w.i64(*session_id);
                w.nullable_bytes("certificate", certificate.as_deref())?;
            }
            Self::Rejected { status } => {
                w.bool(false);
                w.i32(*status);
            }
        }
        Ok(())
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        Ok(if r.bool("success")? {
            Self::Accepted {
                auth_token: AuthToken::new(r.i64("auth_token")?),
                session_id: r.i64("session_id")?,
                certificate: r.nullable_bytes("certificate")?,
            }
        } else {
            Self::Rejected { status: r.i32("status")? }
        })
    }
}
