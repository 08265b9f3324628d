//! The secrets of a message, for those who ask to see them.

use tgdb_pdu::body::AuthenticateResponse;
use tgdb_pdu::{Body, Header, Message};

/// Names and values of the secrets, which all other texts leave out.
pub(super) fn of(header: &Header, message: Option<&Message>) -> Vec<(&'static str, String)> {
    let mut secrets = Vec::new();
    let token = header.auth_token.expose();
    if token != 0 {
        secrets.push(("auth_token", token.to_string()));
    }
    match message.map(|message| &message.body) {
        Some(Body::AuthenticateRequest(request)) => secrets.push(("password", text(request.password.expose()))),
        Some(Body::AuthenticateResponse(AuthenticateResponse::Accepted { auth_token, .. })) => {
            secrets.push(("new_auth_token", auth_token.expose().to_string()));
        }
        Some(Body::AdminRequest(request)) => secrets.push(("arguments", text(request.arguments.expose()))),
        Some(Body::DecryptBufferResponse(response)) => secrets.push(("buffer", text(response.buffer.expose()))),
        Some(Body::ConnectionProperties(properties)) => {
            let shown = |property: &tgdb_pdu::body::Property| {
                format!("{}={}", property.key, property.value.as_deref().unwrap_or("(unset)"))
            };
            let all: Vec<_> = properties.properties.iter().map(shown).collect();
            secrets.push(("properties", text(all.join(", ").as_bytes())));
        }
        _ => {}
    }
    secrets
}

/// Bytes as text, the unprintable ones escaped.
fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}
