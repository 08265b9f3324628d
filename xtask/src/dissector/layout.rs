//! The offsets of the fields of the header. They are taken from the encoder: a field is where the
//! bytes change when its value changes.

use tgdb_pdu::{AuthToken, Frame, HEADER_LEN, Header, MAGIC, Verb};

use crate::Failure;

/// A field of the header.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) offset: usize,
    pub(crate) length: usize,
}

/// All fields, in the order of their offsets.
pub(crate) fn fields() -> Result<Vec<Field>, Failure> {
    let zero = Header { request_id: 0, ..Header::default() };
    let base = Frame::new(zero, Verb(0), Vec::new());
    let header = |header| Frame::new(header, Verb(0), Vec::new());
    // Values with all bits set; a long payload and padding fill the fields of lengths.
    let changed: [(&str, &str, Frame); 7] = [
        ("verb", "Verb", Frame { verb: Verb(-1), ..base.clone() }),
        ("sequence_no", "Sequence number", header(Header { sequence_no: -1, ..zero })),
        ("timestamp", "Timestamp", header(Header { timestamp: -1, ..zero })),
        ("request_id", "Request id", header(Header { request_id: -1, ..zero })),
        ("auth_token", "Auth token", header(Header { auth_token: AuthToken::new(-1), ..zero })),
        ("session_id", "Session id", header(Header { session_id: -1, ..zero })),
        ("tenant_id", "Tenant id", header(Header { tenant_id: -1, ..zero })),
    ];
    let before = base.encode()?;
    let mut fields = Vec::new();
    for (name, title, frame) in changed {
        let after = frame.encode()?;
        let differs = |at: &usize| before[*at] != after[*at];
        let places: Vec<_> = (0..HEADER_LEN).filter(differs).collect();
        let (Some(first), Some(last)) = (places.first(), places.last()) else {
            return Err(format!("{name} is not in the header").into());
        };
        if places.len() != last + 1 - first {
            return Err(format!("{name} is in several places of the header").into());
        }
        fields.push(Field { name, title, offset: *first, length: places.len() });
    }
    fields.extend(lengths(&before)?);
    fields.sort_by_key(|field| field.offset);
    // The fields fill the header, so that none is forgotten.
    let mut end = 0;
    for field in &fields {
        if field.offset != end {
            return Err(format!("bytes {end}..{} of the header have no name", field.offset).into());
        }
        end += field.length;
    }
    if end != HEADER_LEN {
        return Err(format!("bytes {end}..{HEADER_LEN} of the header have no name").into());
    }
    Ok(fields)
}

/// Fields that are found by their values.
fn lengths(header: &[u8]) -> Result<[Field; 4], Failure> {
    let length = HEADER_LEN as u32;
    let found = |name, title, value: &[u8], from: usize| {
        let places: Vec<_> =
            header.windows(value.len()).enumerate().filter(|(at, bytes)| *at >= from && *bytes == value).collect();
        match places[..] {
            [(offset, _)] => Ok(Field { name, title, offset, length: value.len() }),
            _ => Err(Failure::from(format!("{name} is in {} places of the header", places.len()))),
        }
    };
    let magic = found("magic", "Magic", &MAGIC.to_be_bytes(), 0)?;
    let version = found("version", "Protocol version", &tgdb_pdu::version::PROTOCOL.to_wire().to_be_bytes(), 0)?;
    // The length of an empty message is its data offset, too; the length comes first.
    let total = Field { name: "length", title: "Length", offset: 0, length: magic.offset };
    if header[..total.length] != length.to_be_bytes() {
        return Err("the length is not the first field".into());
    }
    let data_offset = found("data_offset", "Data offset", &(HEADER_LEN as u16).to_be_bytes(), magic.offset)?;
    Ok([total, magic, version, data_offset])
}
