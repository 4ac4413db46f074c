//! RTP packets out of a TCP stream: two-octet length (RFC 4571), or the four-octet `$` header some devices send.
//!
//! Both readings are tried on the first frames and on every frame after a resynchronisation: a plain length
//! of 9216 to 9471 also begins with `$`.

/// Longest frame either framing can carry.
const MAX_FRAME_BYTES: usize = 65_535 + 4;
/// So much without a frame that makes sense: the connection is no use.
pub const MAX_LOST_BYTES: usize = 64 * 1024;

/// How packets are marked off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Two octets of length, RFC 4571.
    Length,
    /// `$`, a channel octet, two octets of length (as in RTSP).
    Dollar,
}

/// Cuts a stream into packets.
#[derive(Debug, Default)]
pub struct TcpFramer {
    buffer: Vec<u8>,
    at: usize,
    framing: Option<Framing>,
    /// Octets thrown away since the last good frame.
    lost: usize,
    /// Octets thrown away in all.
    discarded: usize,
    /// How often the stream had to be picked up again.
    pub resyncs: u64,
}

impl TcpFramer {
    /// Adds what a read brought.
    pub fn push(&mut self, octets: &[u8]) {
        if self.at > 0 {
            self.buffer.drain(..self.at);
            self.at = 0;
        }
        self.buffer.extend_from_slice(octets);
    }

    /// The next packet, if it is complete. `at_end` says that nothing more will come, so that a frame needs
    /// no successor to be believed.
    pub fn next_packet(&mut self, at_end: bool) -> Option<Vec<u8>> {
        loop {
            let rest = self.buffer.get(self.at..).unwrap_or_default();
            let framing = match self.framing {
                Some(framing) => framing,
                None => match guess(rest, at_end) {
                    Guess::Found(framing) => {
                        self.framing = Some(framing);
                        framing
                    }
                    Guess::Wait => return None,
                    Guess::Neither => {
                        self.skip_one();
                        continue;
                    }
                },
            };
            match frame(rest, framing) {
                Frame::Whole { header, length: 0 } => {
                    self.at += header;
                    self.lost += header;
                }
                Frame::Whole { header, length } => {
                    let start = self.at + header;
                    let packet = self.buffer.get(start..start + length).map(<[u8]>::to_vec);
                    self.at = start + length;
                    self.lost = 0;
                    return packet;
                }
                Frame::Short => return None,
                Frame::Wrong => {
                    self.framing = None;
                    self.resyncs += 1;
                    self.skip_one();
                }
            }
        }
    }

    /// The framing in use, once known.
    #[must_use]
    pub const fn framing(&self) -> Option<Framing> {
        self.framing
    }

    /// Whether too much was thrown away for this to be RTP over TCP.
    #[must_use]
    pub const fn is_lost(&self) -> bool {
        self.lost > MAX_LOST_BYTES
    }

    /// Octets thrown away so far, because they were part of no packet.
    #[must_use]
    pub const fn discarded(&self) -> usize {
        self.discarded
    }

    /// Octets waiting for the rest of their packet.
    #[must_use]
    pub const fn pending(&self) -> usize {
        self.buffer.len() - self.at
    }

    fn skip_one(&mut self) {
        if self.at < self.buffer.len() {
            self.at += 1;
            self.lost += 1;
            self.discarded += 1;
        }
    }
}

enum Frame {
    Whole { header: usize, length: usize },
    Short,
    Wrong,
}

/// A frame at the beginning of `rest`, with a payload that begins like RTP or RTCP version 2.
fn frame(rest: &[u8], framing: Framing) -> Frame {
    let header = match framing {
        Framing::Length => 2,
        Framing::Dollar => 4,
    };
    if framing == Framing::Dollar && rest.first().is_some_and(|b| *b != b'$') {
        return Frame::Wrong;
    }
    let Some([high, low]) = rest.get(header - 2..header) else { return Frame::Short };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    // A null packet (RFC 4571 section 2).
    if length == 0 && framing == Framing::Length {
        return Frame::Whole { header, length };
    }
    // RTCP may be as short as 8 octets.
    if length < 8 {
        return Frame::Wrong;
    }
    match rest.get(header) {
        Some(first) if first >> 6 != 2 => Frame::Wrong,
        _ if rest.len() >= header + length => Frame::Whole { header, length },
        _ => Frame::Short,
    }
}

enum Guess {
    Found(Framing),
    Neither,
    Wait,
}

/// Which framing makes sense of this frame and of the head of the next one.
fn guess(rest: &[u8], at_end: bool) -> Guess {
    let mut wait = false;
    // Where both make sense the standard's own wins.
    for framing in [Framing::Length, Framing::Dollar] {
        match frame(rest, framing) {
            Frame::Whole { length: 0, .. } => (),
            Frame::Whole { header, length } => {
                let next = rest.get(header + length..).unwrap_or_default();
                match frame(next, framing) {
                    Frame::Wrong => (),
                    Frame::Short if next.len() <= header && !at_end => wait = true,
                    Frame::Whole { .. } | Frame::Short => return Guess::Found(framing),
                }
            }
            Frame::Short if rest.len() < MAX_FRAME_BYTES => wait |= !at_end,
            Frame::Short | Frame::Wrong => (),
        }
    }
    if wait || rest.is_empty() { Guess::Wait } else { Guess::Neither }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::rtp;

    #[test]
    fn null_packets_between_packets_are_passed_over() {
        let mut framer = TcpFramer::default();
        for packet in packets(5, 100) {
            framer.push(&[0, 0]);
            framer.push(&u16::try_from(packet.len()).unwrap().to_be_bytes());
            framer.push(&packet);
        }
        let mut found = 0;
        while framer.next_packet(true).is_some() {
            found += 1;
        }
        assert_eq!((found, framer.resyncs), (5, 0));
    }

    fn packets(count: u16, size: usize) -> Vec<Vec<u8>> {
        (0..count).map(|i| rtp::write(96, false, i, 0, 7, &vec![u8::try_from(i % 251).unwrap(); size])).collect()
    }

    fn framed(packets: &[Vec<u8>], framing: Framing) -> Vec<u8> {
        let mut out = Vec::new();
        for packet in packets {
            if framing == Framing::Dollar {
                out.extend([b'$', 0]);
            }
            out.extend(u16::try_from(packet.len()).unwrap().to_be_bytes());
            out.extend(packet);
        }
        out
    }

    fn read(stream: &[u8], chunk: usize) -> (Vec<Vec<u8>>, TcpFramer) {
        let mut framer = TcpFramer::default();
        let mut got = Vec::new();
        for part in stream.chunks(chunk) {
            framer.push(part);
            while let Some(packet) = framer.next_packet(false) {
                got.push(packet);
            }
        }
        while let Some(packet) = framer.next_packet(true) {
            got.push(packet);
        }
        (got, framer)
    }

    #[test]
    fn both_framings_in_any_split() {
        let sent = packets(5, 40);
        for framing in [Framing::Length, Framing::Dollar] {
            let stream = framed(&sent, framing);
            for chunk in [1, 2, 3, 7, 40, 1000] {
                let (got, framer) = read(&stream, chunk);
                assert_eq!((got, framer.framing(), framer.resyncs), (sent.clone(), Some(framing), 0), "{framing:?} {chunk}");
            }
        }
    }

    #[test]
    fn a_length_that_looks_like_a_dollar_is_a_length() {
        let sent = packets(3, 0x2400 - 12 + 5);
        let stream = framed(&sent, Framing::Length);
        assert_eq!(stream[0], b'$');
        let (got, framer) = read(&stream, 1500);
        assert_eq!((got, framer.framing()), (sent, Some(Framing::Length)));
    }

    #[test]
    fn packets_of_256_octets_are_no_private_header() {
        // The length is 01 00, which a receiver once took for a maker's own framing (deviation 60).
        let sent = packets(8, 256 - 12);
        for framing in [Framing::Length, Framing::Dollar] {
            for chunk in [1, 256, 258, 4_096] {
                let (got, framer) = read(&framed(&sent, framing), chunk);
                assert_eq!((got.as_slice(), framer.framing(), framer.resyncs), (sent.as_slice(), Some(framing), 0), "{chunk}");
            }
        }
    }

    #[test]
    fn a_corrupt_length_costs_a_packet_and_not_the_stream() {
        let sent = packets(6, 100);
        let mut stream = framed(&sent, Framing::Length);
        let broken = 2 * (2 + sent[0].len());
        stream[broken] = 0;
        stream[broken + 1] = 3;
        let (got, framer) = read(&stream, 64);
        assert_eq!(got[..2], sent[..2]);
        assert_eq!(got[got.len() - 3..], sent[3..]);
        assert!(framer.resyncs >= 1);
    }

    #[test]
    fn endless_nonsense_is_noticed() {
        let noise: Vec<u8> = (0..200_000_u32).map(|i| u8::try_from(i.wrapping_mul(2_654_435_761) >> 26).unwrap()).collect();
        let (_, framer) = read(&noise, 4096);
        assert!(framer.is_lost());
    }
}
