//! RTP header, RFC 3550 section 5.1.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! |V=2|P|X|  CC   |M|     PT      |       sequence number         |
//! |                           timestamp                           |
//! |                             SSRC                              |
//! |                 CC times a contributing source                |
//! ```

/// Octets of the fixed part.
pub const HEADER_BYTES: usize = 12;

/// A view of one packet: checked once, afterwards no accessor can fail.
#[derive(Debug, Clone, Copy)]
pub struct RtpPacket<'a> {
    fixed: [u8; HEADER_BYTES],
    payload: &'a [u8],
}

/// Why octets are not an RTP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RtpError {
    /// Shorter than its header says.
    #[error("{have} octets where {need} are needed")]
    Truncated {
        /// Octets the header asks for.
        need: usize,
        /// Octets there are.
        have: usize,
    },
    /// Not version 2.
    #[error("version {0}")]
    Version(u8),
    /// RTCP on the media port: not an error of anybody.
    #[error("RTCP packet type {0}")]
    Rtcp(u8),
}

impl<'a> RtpPacket<'a> {
    /// Checks header, extension and padding.
    ///
    /// # Errors
    /// When it is no RTP packet.
    pub fn new_checked(packet: &'a [u8]) -> Result<Self, RtpError> {
        let have = packet.len();
        let fixed: [u8; HEADER_BYTES] = packet
            .get(..HEADER_BYTES)
            .and_then(|head| head.try_into().ok())
            .ok_or(RtpError::Truncated { need: HEADER_BYTES, have })?;
        let [first, second, ..] = fixed;
        if first >> 6 != 2 {
            return Err(RtpError::Version(first >> 6));
        }
        // RFC 5761 section 4: these values never are payload types with a marker.
        if (200..=207).contains(&second) {
            return Err(RtpError::Rtcp(second));
        }
        let mut start = HEADER_BYTES + 4 * usize::from(first & 0x0F);
        if first & 0x10 != 0 {
            let length = packet.get(start + 2..start + 4).ok_or(RtpError::Truncated { need: start + 4, have })?;
            let words = length.iter().fold(0_usize, |acc, b| acc << 8 | usize::from(*b));
            start += 4 + 4 * words;
        }
        let mut end = have;
        if first & 0x20 != 0 {
            let padding = usize::from(packet.last().copied().unwrap_or(0));
            // Padding of 0 or more than there is: the flag is wrong, the payload is kept.
            if padding > 0 && start + padding <= have {
                end = have - padding;
            }
        }
        let payload = packet.get(start..end).ok_or(RtpError::Truncated { need: start, have })?;
        Ok(Self { fixed, payload })
    }

    /// Payload type.
    #[must_use]
    pub const fn payload_type(&self) -> u8 {
        self.fixed[1] & 0x7F
    }

    /// Marker: usually the last packet of a picture, not reliable.
    #[must_use]
    pub const fn marker(&self) -> bool {
        self.fixed[1] & 0x80 != 0
    }

    /// Sequence number.
    #[must_use]
    pub const fn sequence(&self) -> u16 {
        u16::from_be_bytes([self.fixed[2], self.fixed[3]])
    }

    /// Time stamp, 90 kHz.
    #[must_use]
    pub const fn timestamp_90k(&self) -> u32 {
        u32::from_be_bytes([self.fixed[4], self.fixed[5], self.fixed[6], self.fixed[7]])
    }

    /// Who sends.
    #[must_use]
    pub const fn ssrc(&self) -> u32 {
        u32::from_be_bytes([self.fixed[8], self.fixed[9], self.fixed[10], self.fixed[11]])
    }

    /// What is sent.
    #[must_use]
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }
}

/// Writes a packet without extension and padding.
#[must_use]
pub fn write(payload_type: u8, marker: bool, sequence: u16, timestamp_90k: u32, ssrc: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER_BYTES + payload.len());
    out.extend_from_slice(&[0x80, (u8::from(marker) << 7) | (payload_type & 0x7F)]);
    out.extend_from_slice(&sequence.to_be_bytes());
    out.extend_from_slice(&timestamp_90k.to_be_bytes());
    out.extend_from_slice(&ssrc.to_be_bytes());
    out.extend_from_slice(payload);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let packet = write(96, true, 65_535, 90_000, 723_000_001, b"abc");
        let p = RtpPacket::new_checked(&packet).unwrap();
        assert_eq!(
            (p.payload_type(), p.marker(), p.sequence(), p.timestamp_90k(), p.ssrc(), p.payload()),
            (96, true, 65_535, 90_000, 723_000_001, &b"abc"[..])
        );
    }

    #[test]
    fn sources_extension_and_padding_are_cut_off() {
        let mut packet = write(96, false, 1, 2, 3, &[0; 4]);
        packet[0] |= 0x20 | 0x10 | 0x01;
        packet.extend([0xBE, 0xDE, 0, 1, 9, 9, 9, 9]);
        packet.extend(b"data\0\x02");
        assert_eq!(RtpPacket::new_checked(&packet).unwrap().payload(), b"data");
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        assert_eq!(RtpPacket::new_checked(&[]).unwrap_err(), RtpError::Truncated { need: 12, have: 0 });
        assert_eq!(RtpPacket::new_checked(&[0; 12]).unwrap_err(), RtpError::Version(0));
        let mut rtcp = write(96, false, 1, 2, 3, &[]);
        rtcp[1] = 200;
        assert_eq!(RtpPacket::new_checked(&rtcp).unwrap_err(), RtpError::Rtcp(200));
        let mut long = write(96, false, 1, 2, 3, &[]);
        long[0] |= 0x0F;
        assert_eq!(RtpPacket::new_checked(&long).unwrap_err(), RtpError::Truncated { need: 72, have: 12 });
    }

    #[test]
    fn a_wrong_padding_flag_costs_no_payload() {
        let mut packet = write(96, false, 1, 2, 3, b"ab\0");
        packet[0] |= 0x20;
        assert_eq!(RtpPacket::new_checked(&packet).unwrap().payload(), b"ab\0");
    }
}
