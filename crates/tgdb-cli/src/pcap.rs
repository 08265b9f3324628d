//! Captures that `--save` writes.
//!
//! The format is that of classic pcap files with nanoseconds, link type 101 (raw IP), so that
//! Wireshark, tshark and `tgdb decode` all read it. The proxy sees streams, not packets, so the
//! packets are made up: for each connection a handshake of TCP, then segments of at most
//! [`SEGMENT`] bytes from the client's address to the target's and back, each acknowledging
//! all that came before it, and a FIN for each direction that ended. Where the proxy missed bytes, the
//! sequence numbers jump, as in a capture that lacks packets. Over TLS the segments hold the
//! clear text.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use etherparse::{IpHeaders, IpNumber, Ipv4Header, Ipv6Header, PacketBuilder, TcpHeader};
use pcap_parser::{LegacyPcapBlock, Linktype, PcapHeader, ToVec};

use crate::record::Side;

/// The maximum of bytes of the stream in one packet.
pub(crate) const SEGMENT: usize = 32 * 1024;

/// Magic number of files whose times have nanoseconds.
const NANOSECONDS: u32 = 0xa1b2_3c4d;
const WINDOW: u16 = 0xffff;
const HOPS: u8 = 64;

/// The file.
pub(crate) struct Capture(BufWriter<File>);

/// What has been written of a connection.
#[derive(Debug)]
pub(crate) struct Conversation {
    ends: [SocketAddr; 2],
    /// The next sequence number of each side. They start at 0, and a SYN takes one.
    next: [u32; 2],
}

#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    syn: bool,
    ack: bool,
    fin: bool,
    push: bool,
}

fn other(error: impl std::fmt::Display) -> io::Error {
    io::Error::other(error.to_string())
}

impl Capture {
    /// Makes the file, which only its owner can read: it holds passwords.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let mut options = File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = BufWriter::new(options.open(path)?);
        let header = PcapHeader {
            magic_number: NANOSECONDS,
            version_major: 2,
            version_minor: 4,
            thiszone: 0,
            sigfigs: 0,
            snaplen: u32::from(u16::MAX),
            network: Linktype::RAW,
        };
        file.write_all(&header.to_vec_raw().map_err(other)?)?;
        Ok(Self(file))
    }

    /// Begins a connection.
    pub(crate) fn open(
        &mut self,
        client: SocketAddr,
        server: SocketAddr,
        time: SystemTime,
    ) -> io::Result<Conversation> {
        let mut talk = Conversation { ends: of_one_family(client, server), next: [0; 2] };
        self.packet(&talk, Side::Client, time, Flags { syn: true, ..Flags::default() }, &[])?;
        talk.next[0] = 1;
        self.packet(&talk, Side::Server, time, Flags { syn: true, ack: true, ..Flags::default() }, &[])?;
        talk.next[1] = 1;
        self.packet(&talk, Side::Client, time, Flags { ack: true, ..Flags::default() }, &[])?;
        Ok(talk)
    }

    /// Adds bytes of a stream.
    pub(crate) fn data(
        &mut self,
        talk: &mut Conversation,
        from: Side,
        time: SystemTime,
        bytes: &[u8],
    ) -> io::Result<()> {
        for segment in bytes.chunks(SEGMENT) {
            self.packet(talk, from, time, Flags { ack: true, push: true, ..Flags::default() }, segment)?;
            talk.skip(from, segment.len() as u64);
        }
        Ok(())
    }

    /// Ends a direction.
    pub(crate) fn finish(&mut self, talk: &mut Conversation, from: Side, time: SystemTime) -> io::Result<()> {
        self.packet(talk, from, time, Flags { ack: true, fin: true, ..Flags::default() }, &[])?;
        talk.skip(from, 1);
        Ok(())
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }

    fn packet(
        &mut self,
        talk: &Conversation,
        from: Side,
        time: SystemTime,
        flags: Flags,
        payload: &[u8],
    ) -> io::Result<()> {
        let (us, them) = (from as usize, 1 - from as usize);
        let (source, destination) = (talk.ends[us], talk.ends[them]);
        let tcp = TcpHeader {
            syn: flags.syn,
            ack: flags.ack,
            fin: flags.fin,
            psh: flags.push,
            acknowledgment_number: if flags.ack { talk.next[them] } else { 0 },
            ..TcpHeader::new(source.port(), destination.port(), talk.next[us], WINDOW)
        };
        let builder = PacketBuilder::ip(ip_header(source.ip(), destination.ip())?).tcp_header(tcp);
        let mut packet = Vec::with_capacity(builder.size(payload.len()));
        builder.write(&mut packet, payload).map_err(other)?;
        let time = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let length = packet.len() as u32;
        let mut block = LegacyPcapBlock {
            // The field has 32 bits, until 2106.
            ts_sec: time.as_secs() as u32,
            ts_usec: time.subsec_nanos(),
            caplen: length,
            origlen: length,
            data: &packet,
        };
        self.0.write_all(&block.to_vec().map_err(other)?)
    }
}

impl Conversation {
    /// Leaves out bytes that were not seen.
    pub(crate) fn skip(&mut self, from: Side, bytes: u64) {
        // Sequence numbers wrap.
        let next = &mut self.next[from as usize];
        *next = next.wrapping_add(bytes as u32);
    }
}

fn ip_header(source: IpAddr, destination: IpAddr) -> io::Result<IpHeaders> {
    Ok(match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            let header = Ipv4Header::new(0, HOPS, IpNumber::TCP, source.octets(), destination.octets());
            IpHeaders::Ipv4(header.map_err(other)?, Default::default())
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => IpHeaders::Ipv6(
            Ipv6Header {
                hop_limit: HOPS,
                next_header: IpNumber::TCP,
                source: source.octets(),
                destination: destination.octets(),
                ..Ipv6Header::default()
            },
            Default::default(),
        ),
        _ => return Err(other("addresses of two families")),
    })
}

/// A packet cannot go from IPv4 to IPv6, but the proxy can: then both become IPv6.
fn of_one_family(client: SocketAddr, server: SocketAddr) -> [SocketAddr; 2] {
    let mapped = |address: SocketAddr| match address.ip() {
        IpAddr::V4(ip) => SocketAddr::new(ip.to_ipv6_mapped().into(), address.port()),
        IpAddr::V6(_) => address,
    };
    match client.is_ipv4() == server.is_ipv4() {
        true => [client, server],
        false => [mapped(client), mapped(server)],
    }
}
