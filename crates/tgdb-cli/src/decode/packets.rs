//! Packets of pcap and pcapng files.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TransportSlice};
use pcap_parser::data::{PacketData, get_packetdata};
use pcap_parser::traits::PcapNGPacketBlock;
use pcap_parser::{Block, Linktype, PcapBlockOwned, PcapError, create_reader};

use super::Input;
use super::reassembly::Segment;
use crate::exit::Failure;

/// Blocks of a capture are at most that long; Wireshark has the same limit for a packet, less the header.
const MAX_BLOCK: usize = 1 << 20;

/// A packet of TCP.
#[derive(Debug)]
pub(super) struct Packet {
    pub(super) time: Option<SystemTime>,
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    pub(super) acknowledgment: Option<u32>,
    pub(super) segment: Segment,
}

/// An interface of a pcapng file, or all of a pcap file.
#[derive(Debug, Clone, Copy)]
struct Interface {
    linktype: Linktype,
    /// Units a second, and seconds to be added.
    resolution: u64,
    offset: i64,
    snaplen: u32,
}

/// What was not looked into.
#[derive(Debug, Default)]
pub(super) struct Ignored {
    pub(super) fragments: u64,
    pub(super) unknown_links: u64,
}

/// Hands over all packets of TCP.
pub(super) fn read(
    input: Input,
    ignored: &mut Ignored,
    mut packet: impl FnMut(Packet) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let Input { path, reader } = input;
    let damaged = |reason: String| Failure::Data { path: path.clone(), reason };
    let mut reader =
        create_reader(2 * MAX_BLOCK, reader).map_err(|error| damaged(format!("no capture: {}", name(&error))))?;
    let mut interfaces: Vec<Interface> = Vec::new();
    loop {
        let consumed = match reader.next() {
            Ok((length, block)) => {
                if let Some((interface, time, data)) = packet_of(&block, &mut interfaces) {
                    match get_packetdata(data, interface.linktype, data.len()) {
                        Some(PacketData::Unsupported(_)) | None => ignored.unknown_links += 1,
                        Some(data) => {
                            if let Some(found) = tcp(data, time, ignored) {
                                packet(found)?;
                            }
                        }
                    }
                }
                Some(length)
            }
            Err(PcapError::Eof) => return Ok(()),
            Err(PcapError::Incomplete(_)) => None,
            Err(error) => return Err(damaged(format!("the capture is damaged: {}", name(&error)))),
        };
        match consumed {
            Some(length) => reader.consume(length),
            None => {
                let before = reader.data().len();
                reader.refill().map_err(|error| damaged(format!("cannot be read on: {}", name(&error))))?;
                if reader.data().is_empty() {
                    return Ok(());
                }
                if reader.data().len() == before {
                    let cut =
                        if reader.reader_exhausted() { "ends inside a packet" } else { "has a block above 2 MiB" };
                    return Err(damaged(format!("the capture {cut}")));
                }
            }
        }
    }
}

/// What an error of the parser means; its own text repeats the bytes.
fn name(error: &PcapError<&[u8]>) -> &'static str {
    match error {
        PcapError::Eof | PcapError::UnexpectedEof | PcapError::Incomplete(_) => "it ends early",
        PcapError::BufferTooSmall => "a block is above 2 MiB",
        PcapError::ReadError => "it cannot be read",
        PcapError::HeaderNotRecognized => "its header is unknown",
        PcapError::NomError(..) | PcapError::OwnedNomError(..) => "a block has no known layout",
    }
}

/// The packet in a block, if it holds one.
fn packet_of<'a>(
    block: &'a PcapBlockOwned<'_>,
    interfaces: &mut Vec<Interface>,
) -> Option<(Interface, Option<SystemTime>, &'a [u8])> {
    match block {
        PcapBlockOwned::LegacyHeader(header) => {
            let resolution = if header.is_nanosecond_precision() { 1_000_000_000 } else { 1_000_000 };
            interfaces.push(Interface { linktype: header.network, resolution, offset: 0, snaplen: header.snaplen });
            None
        }
        PcapBlockOwned::Legacy(packet) => {
            let interface = *interfaces.first()?;
            let units = u64::from(packet.ts_sec).checked_mul(interface.resolution)?;
            let time = time(interface, units.checked_add(packet.ts_usec.into())?);
            Some((interface, time, packet.data))
        }
        PcapBlockOwned::NG(Block::SectionHeader(_)) => {
            interfaces.clear();
            None
        }
        PcapBlockOwned::NG(Block::InterfaceDescription(description)) => {
            interfaces.push(Interface {
                linktype: description.linktype,
                resolution: description.ts_resolution()?,
                offset: description.ts_offset(),
                snaplen: description.snaplen,
            });
            None
        }
        PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
            let interface = *interfaces.get(packet.if_id as usize)?;
            let units = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
            Some((interface, time(interface, units), packet.packet_data()))
        }
        PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
            let interface = *interfaces.first()?;
            let length = packet.origlen.min(if interface.snaplen == 0 { u32::MAX } else { interface.snaplen });
            Some((interface, None, packet.data.get(..length as usize).unwrap_or(packet.data)))
        }
        PcapBlockOwned::NG(_) => None,
    }
}

fn time(interface: Interface, units: u64) -> Option<SystemTime> {
    let resolution = interface.resolution.max(1);
    let seconds = i64::try_from(units / resolution).ok()?.checked_add(interface.offset)?;
    let nanos = u128::from(units % resolution) * 1_000_000_000 / u128::from(resolution);
    // What the text of a time can express: until the year 9999.
    let seconds = u64::try_from(seconds).ok().filter(|seconds| *seconds < 253_402_300_799)?;
    UNIX_EPOCH.checked_add(Duration::new(seconds, nanos as u32))
}

fn tcp(data: PacketData<'_>, time: Option<SystemTime>, ignored: &mut Ignored) -> Option<Packet> {
    let packet = match data {
        PacketData::L2(frame) => LaxSlicedPacket::from_ethernet(frame).ok()?,
        PacketData::L3(ether_type, packet) => LaxSlicedPacket::from_ether_type(EtherType(ether_type), packet),
        PacketData::L4(..) | PacketData::Unsupported(_) => return None,
    };
    let (from, to): (IpAddr, IpAddr) = match packet.net.as_ref()? {
        LaxNetSlice::Ipv4(ip) => (ip.header().source_addr().into(), ip.header().destination_addr().into()),
        LaxNetSlice::Ipv6(ip) => (ip.header().source_addr().into(), ip.header().destination_addr().into()),
        LaxNetSlice::Arp(_) => return None,
    };
    if packet.ip_payload().is_some_and(|payload| payload.fragmented) {
        ignored.fragments += 1;
        return None;
    }
    let Some(TransportSlice::Tcp(tcp)) = &packet.transport else { return None };
    Some(Packet {
        time,
        from: SocketAddr::new(from, tcp.source_port()),
        to: SocketAddr::new(to, tcp.destination_port()),
        acknowledgment: tcp.ack().then(|| tcp.acknowledgment_number()),
        segment: Segment {
            number: tcp.sequence_number(),
            syn: tcp.syn(),
            fin: tcp.fin(),
            reset: tcp.rst(),
            payload: Bytes::copy_from_slice(tcp.payload()),
        },
    })
}
