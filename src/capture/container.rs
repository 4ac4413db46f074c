//! The two capture formats, pcap and pcapng, cut into frames. Own code: `pcap-parser` was read and knows neither the
//! obsolete packet block nor resolutions in powers of two.
//!
//! Sources: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng. Blocks that are no packets are passed over.

use std::net::SocketAddr;

use crate::evidence::pcapng::{LISTENED, LISTENED_END};

/// Media addresses our own auditor listened at that are read of one file.
const MAX_LISTENED: usize = 1_024;
/// Largest frame: what capture tools allow at most.
pub const MAX_FRAME_BYTES: usize = 262_144;
/// Interfaces of one section; a frame of a later one is passed over and counted.
pub const MAX_INTERFACES: usize = 1_024;
/// The last microsecond of the year 9999; later times are nonsense and cut to it.
const LATEST_US: i128 = 253_402_300_799_999_999;

/// What stands at the beginning of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Ethernet.
    Ethernet,
    /// An IP packet and nothing before it.
    Ip,
    /// Linux "any", first form.
    LinuxSll,
    /// Linux "any", second form.
    LinuxSll2,
    /// BSD loopback: four octets of address family, in either byte order.
    Null,
    /// Something we do not read, by its number.
    Other(u32),
}

impl Link {
    /// By the number the formats use.
    #[must_use]
    pub const fn of(number: u32) -> Self {
        match number {
            1 => Self::Ethernet,
            12 | 14 | 101 | 228 | 229 => Self::Ip,
            113 => Self::LinuxSll,
            276 => Self::LinuxSll2,
            0 | 108 => Self::Null,
            other => Self::Other(other),
        }
    }
}

/// One captured frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// When, microseconds since 1970; nothing where the format keeps no time.
    pub at: Option<i64>,
    /// How it begins.
    pub link: Link,
    /// What was kept of it.
    pub octets: &'a [u8],
    /// All of it was kept.
    pub whole: bool,
}

/// Why octets are no capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContainerError {
    /// Neither format.
    #[error("neither pcap nor pcapng")]
    Unknown,
    /// The header is not all there.
    #[error("the file ends inside its header")]
    Header,
}

#[derive(Debug, Clone, Copy)]
struct Interface {
    link: Link,
    snap_bytes: usize,
    /// Units of a time stamp in a second.
    units_per_s: u128,
    offset_s: i64,
}

#[derive(Debug)]
enum Format {
    Pcap { big: bool, link: Link, nanos: bool, head_bytes: usize },
    PcapNg { big: bool, interfaces: Vec<Option<Interface>> },
}

/// The frames of a capture, in the order they stand there.
#[derive(Debug)]
pub struct Frames<'a> {
    rest: &'a [u8],
    format: Format,
    /// The file ends inside a frame or block, or goes on with something that is none.
    pub broken_off: bool,
    /// Frames of an interface that is not described, or described in a block nobody can read.
    pub homeless: u64,
    /// Where our own auditor listened for media when it wrote this: what is not in it did not come.
    pub listened: Vec<SocketAddr>,
}

impl<'a> Frames<'a> {
    /// Reads the header.
    ///
    /// # Errors
    /// When it is not one of a capture.
    pub fn new(octets: &'a [u8]) -> Result<Self, ContainerError> {
        let magic: [u8; 4] = octets.first_chunk().copied().ok_or(ContainerError::Unknown)?;
        let (big, nanos, head_bytes) = match magic {
            [0xD4, 0xC3, 0xB2, 0xA1] => (false, false, 16),
            [0xA1, 0xB2, 0xC3, 0xD4] => (true, false, 16),
            [0x4D, 0x3C, 0xB2, 0xA1] => (false, true, 16),
            [0xA1, 0xB2, 0x3C, 0x4D] => (true, true, 16),
            // Kuznetzov's form, with eight octets more before each frame.
            [0x34, 0xCD, 0xB2, 0xA1] => (false, false, 24),
            [0xA1, 0xB2, 0xCD, 0x34] => (true, false, 24),
            [0x0A, 0x0D, 0x0D, 0x0A] => {
                let format = Format::PcapNg { big: false, interfaces: Vec::new() };
                if section_order(octets).is_none() {
                    return Err(ContainerError::Header);
                }
                return Ok(Self { rest: octets, format, broken_off: false, homeless: 0, listened: Vec::new() });
            }
            _ => return Err(ContainerError::Unknown),
        };
        let network = u32_at(octets, 20, big).ok_or(ContainerError::Header)?;
        let rest = octets.get(24..).ok_or(ContainerError::Header)?;
        // The upper half says whether a checksum follows each frame.
        let link = Link::of(network & 0xFFFF);
        Ok(Self {
            rest,
            format: Format::Pcap { big, link, nanos, head_bytes },
            broken_off: false,
            homeless: 0,
            listened: Vec::new(),
        })
    }

    fn broken(&mut self) -> Option<Frame<'a>> {
        self.broken_off = true;
        self.rest = &[];
        None
    }

    fn next_pcap(&mut self, big: bool, link: Link, nanos: bool, head_bytes: usize) -> Option<Frame<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let number = |at| u32_at(self.rest, at, big);
        let (Some(seconds), Some(part), Some(kept), Some(length)) = (number(0), number(4), number(8), number(12)) else {
            return self.broken();
        };
        let kept = kept as usize;
        // Longer than any tool captures: these are no frames any more.
        if kept > MAX_FRAME_BYTES {
            return self.broken();
        }
        let Some(octets) = self.rest.get(head_bytes..head_bytes + kept) else { return self.broken() };
        self.rest = self.rest.get(head_bytes + kept..).unwrap_or_default();
        let micros = i64::from(if nanos { part / 1_000 } else { part });
        Some(Frame { at: Some(i64::from(seconds) * 1_000_000 + micros), link, octets, whole: kept >= length as usize })
    }

    fn next_ng(&mut self) -> Option<Frame<'a>> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let Format::PcapNg { big, interfaces } = &mut self.format else { return None };
            // The type of a section header reads the same in both orders.
            if self.rest.starts_with(&[0x0A, 0x0D, 0x0D, 0x0A]) {
                let Some(order) = section_order(self.rest) else { return self.broken() };
                *big = order;
                interfaces.clear();
            }
            let big = *big;
            let (Some(kind), Some(length)) = (u32_at(self.rest, 0, big), u32_at(self.rest, 4, big)) else {
                return self.broken();
            };
            let length = length as usize;
            let Some(body) = self.rest.get(8..length.saturating_sub(4)).filter(|_| length >= 12 && length.is_multiple_of(4))
            else {
                return self.broken();
            };
            let Some(after) = self.rest.get(length..) else { return self.broken() };
            self.rest = after;
            let frame = match kind {
                1 => {
                    // One that cannot be read keeps its number.
                    if interfaces.len() < MAX_INTERFACES {
                        interfaces.push(interface(body, big));
                        self.listened.extend(listened(body, big).take(MAX_LISTENED.saturating_sub(self.listened.len())));
                    }
                    continue;
                }
                2 | 6 => {
                    let number = if kind == 2 { u16_at(body, 0, big).map(u32::from) } else { u32_at(body, 0, big) };
                    let interface = number.and_then(|n| *interfaces.get(n as usize)?);
                    interface.and_then(|i| timed(body, big, i))
                }
                3 => interfaces.first().copied().flatten().and_then(|i| simple(body, big, i)),
                _ => continue,
            };
            if frame.is_some() {
                return frame;
            }
            self.homeless += 1;
        }
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Frame<'a>;

    fn next(&mut self) -> Option<Frame<'a>> {
        match self.format {
            Format::Pcap { big, link, nanos, head_bytes } => self.next_pcap(big, link, nanos, head_bytes),
            Format::PcapNg { .. } => self.next_ng(),
        }
    }
}

/// Whether a section is in big-endian order.
fn section_order(block: &[u8]) -> Option<bool> {
    match block.get(8..12)? {
        [0x1A, 0x2B, 0x3C, 0x4D] => Some(true),
        [0x4D, 0x3C, 0x2B, 0x1A] => Some(false),
        _ => None,
    }
}

/// The media addresses our own auditor says it listened at, from the description of an interface.
fn listened(body: &[u8], big: bool) -> impl Iterator<Item = SocketAddr> {
    let mut options = body.get(8..).unwrap_or_default();
    let mut text = "";
    while let (Some(code), Some(length)) = (u16_at(options, 0, big), u16_at(options, 2, big)) {
        let length = usize::from(length);
        if code == 0 {
            break;
        }
        if code == 3 {
            text = options.get(4..4 + length).and_then(|value| std::str::from_utf8(value).ok()).unwrap_or_default();
        }
        options = options.get(4 + length.next_multiple_of(4)..).unwrap_or_default();
    }
    let addresses = text.strip_prefix(LISTENED).and_then(|rest| rest.split(LISTENED_END).next()).unwrap_or_default();
    addresses.split(' ').filter_map(|address| address.parse().ok())
}

fn interface(body: &[u8], big: bool) -> Option<Interface> {
    let link = Link::of(u32::from(u16_at(body, 0, big)?));
    let snap_bytes = u32_at(body, 4, big)? as usize;
    let mut interface = Interface { link, snap_bytes, units_per_s: 1_000_000, offset_s: 0 };
    let mut options = body.get(8..).unwrap_or_default();
    while let (Some(code), Some(length)) = (u16_at(options, 0, big), u16_at(options, 2, big)) {
        let length = usize::from(length);
        let value = options.get(4..4 + length).unwrap_or_default();
        match (code, value) {
            (0, _) => break,
            (9, [resolution]) => interface.units_per_s = units_per_s(*resolution),
            (14, value) => {
                if let Some(octets) = value.first_chunk::<8>() {
                    interface.offset_s = if big { i64::from_be_bytes(*octets) } else { i64::from_le_bytes(*octets) };
                }
            }
            _ => (),
        }
        options = options.get(4 + length.next_multiple_of(4)..).unwrap_or_default();
    }
    Some(interface)
}

/// A power of ten, or of two where the highest bit is set.
const fn units_per_s(resolution: u8) -> u128 {
    match resolution {
        0..=30 => 10_u128.pow(resolution as u32),
        128..=230 => 1_u128 << (resolution & 0x7F),
        _ => 1_000_000,
    }
}

/// Enhanced and obsolete packet block: four octets of interface (and drops), time, lengths, data.
fn timed(body: &[u8], big: bool, interface: Interface) -> Option<Frame<'_>> {
    let (high, low) = (u32_at(body, 4, big)?, u32_at(body, 8, big)?);
    let (kept, length) = (u32_at(body, 12, big)? as usize, u32_at(body, 16, big)? as usize);
    let octets = body.get(20..20 + kept.min(MAX_FRAME_BYTES))?;
    let units = u128::from(u64::from(high) << 32 | u64::from(low));
    let micros = i128::try_from(units * 1_000_000 / interface.units_per_s).unwrap_or(LATEST_US);
    let micros = (micros + i128::from(interface.offset_s) * 1_000_000).clamp(0, LATEST_US);
    let at = i64::try_from(micros).ok();
    Some(Frame { at, link: interface.link, octets, whole: kept >= length })
}

/// Simple packet block: it has no time, and is cut at the interface's length.
fn simple(body: &[u8], big: bool, interface: Interface) -> Option<Frame<'_>> {
    let length = u32_at(body, 0, big)? as usize;
    let data = body.get(4..)?;
    let limit = if interface.snap_bytes == 0 { usize::MAX } else { interface.snap_bytes };
    let kept = length.min(limit).min(data.len()).min(MAX_FRAME_BYTES);
    Some(Frame { at: None, link: interface.link, octets: data.get(..kept)?, whole: kept >= length })
}

fn u32_at(octets: &[u8], at: usize, big: bool) -> Option<u32> {
    let four = *octets.get(at..)?.first_chunk::<4>()?;
    Some(if big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) })
}

fn u16_at(octets: &[u8], at: usize, big: bool) -> Option<u16> {
    let two = *octets.get(at..)?.first_chunk::<2>()?;
    Some(if big { u16::from_be_bytes(two) } else { u16::from_le_bytes(two) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(value: u32, big: bool) -> [u8; 4] {
        if big { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn pcap(magic: [u8; 4], big: bool, extra: usize) -> Vec<u8> {
        let mut out = magic.to_vec();
        for value in [0x0004_0002, 0, 0, 65_535, 1] {
            out.extend(number(value, big));
        }
        for value in [1_000, 7_000, 3, 5] {
            out.extend(number(value, big));
        }
        out.extend(vec![0; extra]);
        out.extend(b"abc");
        out
    }

    #[test]
    fn pcap_in_both_orders_and_all_resolutions() {
        for (magic, big, extra, at) in [
            ([0xD4, 0xC3, 0xB2, 0xA1], false, 0, 1_000_007_000),
            ([0xA1, 0xB2, 0xC3, 0xD4], true, 0, 1_000_007_000),
            ([0x4D, 0x3C, 0xB2, 0xA1], false, 0, 1_000_000_007),
            ([0xA1, 0xB2, 0x3C, 0x4D], true, 0, 1_000_000_007),
            ([0x34, 0xCD, 0xB2, 0xA1], false, 8, 1_000_007_000),
        ] {
            let file = pcap(magic, big, extra);
            let mut frames = Frames::new(&file).unwrap();
            let frame = frames.next().unwrap();
            assert_eq!(frame, Frame { at: Some(at), link: Link::Ethernet, octets: b"abc", whole: false });
            assert!(frames.next().is_none() && !frames.broken_off);
            let mut frames = Frames::new(&file[..file.len() - 1]).unwrap();
            assert!(frames.next().is_none() && frames.broken_off, "a frame cut off at the end is said");
        }
    }

    fn block(kind: u32, body: &[u8], big: bool) -> Vec<u8> {
        let length = u32::try_from(12 + body.len().next_multiple_of(4)).unwrap();
        let mut out = number(kind, big).to_vec();
        out.extend(number(length, big));
        out.extend(body);
        out.resize(out.len().next_multiple_of(4), 0);
        out.extend(number(length, big));
        out
    }

    fn section(big: bool) -> Vec<u8> {
        let mut body = number(0x1A2B_3C4D, big).to_vec();
        body.extend([0; 12]);
        block(0x0A0D_0D0A, &body, big)
    }

    fn described(link: u16, snap: u32, options: &[(u16, &[u8])], big: bool) -> Vec<u8> {
        let two = |v: u16| if big { v.to_be_bytes() } else { v.to_le_bytes() };
        let mut body = two(link).to_vec();
        body.extend([0, 0]);
        body.extend(number(snap, big));
        for (code, value) in options {
            body.extend(two(*code));
            body.extend(two(u16::try_from(value.len()).unwrap()));
            body.extend(*value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        block(1, &body, big)
    }

    fn enhanced(interface: u32, time: u64, data: &[u8], length: u32, big: bool) -> Vec<u8> {
        let mut body = Vec::new();
        for value in [
            interface,
            u32::try_from(time >> 32).unwrap(),
            u32::try_from(time & 0xFFFF_FFFF).unwrap(),
            u32::try_from(data.len()).unwrap(),
            length,
        ] {
            body.extend(number(value, big));
        }
        body.extend(data);
        block(6, &body, big)
    }

    #[test]
    fn pcapng_with_sections_in_either_order_interfaces_and_resolutions() {
        let mut file = section(false);
        file.extend(described(1, 0, &[(2, b"lo"), (9, &[9]), (0, b"")], false));
        file.extend(described(113, 0, &[(9, &[0x94])], false));
        file.extend(block(0xBAD, b"passed over", false));
        file.extend(enhanced(0, 5_000_001_000, b"nano", 4, false));
        file.extend(enhanced(1, 3 << 20, b"two", 9, false));
        file.extend(enhanced(7, 0, b"no such interface", 17, false));
        file.extend(section(true));
        file.extend(described(101, 2, &[(14, &10_i64.to_be_bytes())], true));
        file.extend(enhanced(0, 2_000_000, b"big", 3, true));
        file.extend(block(3, &[number(5, true).as_slice(), b"simple"].concat(), true));
        let mut old = vec![0, 0, 0, 9];
        for value in [0, 1_000_000, 3, 3] {
            old.extend(number(value, true));
        }
        old.extend(b"old");
        file.extend(block(2, &old, true));
        let mut frames = Frames::new(&file).unwrap();
        let got: Vec<_> = frames.by_ref().map(|f| (f.at, f.link, f.octets, f.whole)).collect();
        assert_eq!(
            got,
            [
                (Some(5_000_001), Link::Ethernet, b"nano".as_slice(), true),
                (Some(3_000_000), Link::LinuxSll, b"two".as_slice(), false),
                (Some(12_000_000), Link::Ip, b"big".as_slice(), true),
                (None, Link::Ip, b"si".as_slice(), false),
                (Some(11_000_000), Link::Ip, b"old".as_slice(), true),
            ]
        );
        assert_eq!((frames.broken_off, frames.homeless), (false, 1));
    }

    #[test]
    fn options_of_junk_and_blocks_too_short_cost_nobody_else() {
        let mut file = section(false);
        // A description without its length of frames, and one whose option promises more than there is.
        file.extend(block(1, &[1, 0, 0, 0], false));
        file.extend(block(1, &[1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0xFF, 0xFF, 6], false));
        file.extend(described(1, 0, &[(9, &[200, 1]), (14, &[1, 2]), (0xFFFF, b"abc")], false));
        file.extend(block(6, &[2, 0, 0], false));
        file.extend(enhanced(0, 0, b"lost", 4, false));
        file.extend(enhanced(1, 7, b"one", 3, false));
        file.extend(enhanced(2, 8, b"two", 3, false));
        file.extend(described(1, 0, &[], false));
        file.extend(enhanced(3, u64::MAX, b"far", 3, false));
        let mut frames = Frames::new(&file).unwrap();
        let got: Vec<_> = frames.by_ref().map(|f| (f.at, f.octets)).collect();
        let far = i64::try_from(LATEST_US).ok();
        assert_eq!(got, [(Some(7), b"one".as_slice()), (Some(8), b"two".as_slice()), (far, b"far".as_slice())]);
        assert_eq!((frames.broken_off, frames.homeless), (false, 2));
    }

    #[test]
    fn what_is_no_capture_is_said_and_nonsense_ends_it() {
        assert_eq!(Frames::new(b"hello world").unwrap_err(), ContainerError::Unknown);
        assert_eq!(Frames::new(&[0xD4, 0xC3, 0xB2, 0xA1, 2]).unwrap_err(), ContainerError::Header);
        let mut file = section(false);
        file.extend([6, 0, 0, 0, 13, 0, 0, 0]);
        let mut frames = Frames::new(&file).unwrap();
        assert!(frames.next().is_none() && frames.broken_off);
    }
}
