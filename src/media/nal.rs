//! NAL units out of an elementary stream (Annex B), and out of RTP payloads without PS (RFC 6184, RFC 7798).

/// Largest NAL unit we keep: a 4K key frame of the worst kind is below 4 MB.
pub const MAX_NAL_BYTES: usize = 8 * 1024 * 1024;

/// A whole NAL unit, without start code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nal {
    /// Header and payload, emulation prevention included.
    pub octets: Vec<u8>,
    /// Octets of it are missing.
    pub damaged: bool,
}

/// Cuts a stream at its start codes. A unit is known to be whole when the next one begins.
#[derive(Debug, Default)]
pub struct AnnexB {
    current: Vec<u8>,
    started: bool,
    damaged: bool,
    zeros: usize,
    ready: Vec<Nal>,
    /// Start codes seen, whole units or not.
    pub start_codes: u64,
}

impl AnnexB {
    /// Adds octets of the stream.
    pub fn push(&mut self, octets: &[u8]) {
        let mut from = 0;
        while let Some(at) = find_one(octets, from, self.zeros) {
            // `at` is the 01 of a start code; the zeros in front belong to nobody.
            self.append(octets.get(from..at).unwrap_or_default());
            self.close();
            self.started = true;
            self.damaged = false;
            self.start_codes += 1;
            from = at + 1;
            self.zeros = 0;
        }
        let rest = octets.get(from..).unwrap_or_default();
        self.append(rest);
        let trailing = rest.iter().rev().take_while(|b| **b == 0).count();
        self.zeros = if trailing == rest.len() { self.zeros + trailing } else { trailing };
    }

    /// Octets are missing here.
    pub fn gap(&mut self) {
        self.damaged = true;
        self.zeros = 0;
        self.close();
        self.started = false;
    }

    /// Nothing more will come: the last unit is taken for whole.
    pub fn flush(&mut self) {
        self.close();
        self.started = false;
        self.zeros = 0;
    }

    /// The units that are complete.
    pub fn take(&mut self) -> Vec<Nal> {
        std::mem::take(&mut self.ready)
    }

    fn append(&mut self, octets: &[u8]) {
        if self.started {
            if self.current.len() + octets.len() > MAX_NAL_BYTES {
                self.damaged = true;
                return;
            }
            self.current.extend_from_slice(octets);
        }
    }

    fn close(&mut self) {
        let mut octets = std::mem::take(&mut self.current);
        while octets.last() == Some(&0) {
            octets.pop();
        }
        if self.started && !octets.is_empty() {
            self.ready.push(Nal { octets, damaged: self.damaged });
        }
    }
}

/// The position of the `01` of the next start code; `zeros` zeros stood in front of `octets`.
fn find_one(octets: &[u8], from: usize, zeros: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let one = at + octets.get(at..)?.iter().position(|b| *b == 1)?;
        let before = octets.get(from..one)?.iter().rev().take_while(|b| **b == 0).count();
        let carried = if before == one - from { zeros } else { 0 };
        if before + carried >= 2 {
            return Some(one);
        }
        at = one + 1;
    }
}

/// Which RTP payload format carries the units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayloadFormat {
    /// RFC 6184
    H264,
    /// RFC 7798
    H265,
}

/// Takes RTP payloads apart into NAL units.
#[derive(Debug)]
pub struct Depacketizer {
    format: PayloadFormat,
    fragment: Vec<u8>,
    in_fragment: bool,
    damaged: bool,
    ready: Vec<Nal>,
}

impl Depacketizer {
    /// For one format.
    #[must_use]
    pub const fn new(format: PayloadFormat) -> Self {
        Self { format, fragment: Vec::new(), in_fragment: false, damaged: false, ready: Vec::new() }
    }

    /// Packets are missing in front of the next one.
    pub fn gap(&mut self) {
        if self.in_fragment {
            self.damaged = true;
            self.close();
        }
        self.in_fragment = false;
    }

    /// Takes one payload.
    pub fn push(&mut self, payload: &[u8]) {
        let Some(first) = payload.first().copied() else { return };
        match self.format {
            PayloadFormat::H264 => match first & 0x1F {
                24 => self.aggregate(payload.get(1..).unwrap_or_default()),
                28 => {
                    let Some(header) = payload.get(1).copied() else { return };
                    let nal_header = [(first & 0xE0) | (header & 0x1F)];
                    self.piece(header, &nal_header, payload.get(2..).unwrap_or_default());
                }
                _ => self.single(payload),
            },
            PayloadFormat::H265 => match (first >> 1) & 0x3F {
                48 => self.aggregate(payload.get(2..).unwrap_or_default()),
                49 => {
                    let (Some(second), Some(header)) = (payload.get(1).copied(), payload.get(2).copied()) else { return };
                    let nal_header = [(first & 0x81) | ((header & 0x3F) << 1), second];
                    self.piece(header, &nal_header, payload.get(3..).unwrap_or_default());
                }
                _ => self.single(payload),
            },
        }
    }

    /// The units that are complete.
    pub fn take(&mut self) -> Vec<Nal> {
        std::mem::take(&mut self.ready)
    }

    fn single(&mut self, octets: &[u8]) {
        self.gap();
        self.ready.push(Nal { octets: octets.to_vec(), damaged: false });
    }

    /// Several units with two octets of length each.
    fn aggregate(&mut self, mut rest: &[u8]) {
        self.gap();
        while let Some([high, low]) = rest.get(..2) {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            let Some(unit) = rest.get(2..2 + length).filter(|u| !u.is_empty()) else { return };
            self.ready.push(Nal { octets: unit.to_vec(), damaged: false });
            rest = rest.get(2 + length..).unwrap_or_default();
        }
    }

    /// One piece of a unit: the top bits of its header say whether it is the first or the last.
    fn piece(&mut self, header: u8, nal_header: &[u8], data: &[u8]) {
        let (first, last) = (header & 0x80 != 0, header & 0x40 != 0);
        if first {
            self.gap();
            self.fragment.extend_from_slice(nal_header);
            self.in_fragment = true;
            self.damaged = false;
        } else if !self.in_fragment {
            // The beginning was lost: what follows is worth only to know that a picture was coming.
            self.fragment.extend_from_slice(nal_header);
            self.in_fragment = true;
            self.damaged = true;
        }
        if self.fragment.len() + data.len() > MAX_NAL_BYTES {
            self.damaged = true;
        } else {
            self.fragment.extend_from_slice(data);
        }
        if last {
            self.close();
            self.in_fragment = false;
        }
    }

    fn close(&mut self) {
        let octets = std::mem::take(&mut self.fragment);
        if !octets.is_empty() {
            self.ready.push(Nal { octets, damaged: self.damaged });
        }
        self.damaged = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(stream: &[u8], chunk: usize) -> Vec<Vec<u8>> {
        let mut splitter = AnnexB::default();
        stream.chunks(chunk).for_each(|part| splitter.push(part));
        splitter.flush();
        splitter.take().into_iter().map(|n| n.octets).collect()
    }

    #[test]
    fn start_codes_of_three_and_four_octets_in_any_split() {
        let stream = [0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1, 0x68, 0, 0, 3, 1, 0, 0, 0, 1, 0x65, 1, 1, 0, 0];
        for chunk in 1..=stream.len() {
            assert_eq!(units(&stream, chunk), [vec![0x67, 1, 2], vec![0x68, 0, 0, 3, 1], vec![0x65, 1, 1]], "reads of {chunk}");
        }
    }

    #[test]
    fn a_gap_marks_the_unit_and_skips_to_the_next_start_code() {
        let mut splitter = AnnexB::default();
        splitter.push(&[0, 0, 1, 0x65, 1, 2]);
        splitter.gap();
        splitter.push(&[9, 9, 0, 0, 1, 0x41, 5]);
        splitter.flush();
        assert_eq!(
            splitter.take(),
            [Nal { octets: vec![0x65, 1, 2], damaged: true }, Nal { octets: vec![0x41, 5], damaged: false }]
        );
    }

    #[test]
    fn what_comes_before_the_first_start_code_is_nobodys() {
        assert_eq!(units(&[7, 7, 0, 0, 1, 0x41, 5], 100), [vec![0x41, 5]]);
    }

    #[test]
    fn h264_payloads_single_aggregated_and_in_pieces() {
        let mut d = Depacketizer::new(PayloadFormat::H264);
        d.push(&[0x67, 1]);
        d.push(&[24, 0, 2, 0x68, 9, 0, 1, 0x06]);
        d.push(&[0x7C, 0x85, 1, 2]);
        d.push(&[0x7C, 0x05, 3]);
        d.push(&[0x7C, 0x45, 4]);
        let got: Vec<_> = d.take().into_iter().map(|n| (n.octets, n.damaged)).collect();
        assert_eq!(got, [(vec![0x67, 1], false), (vec![0x68, 9], false), (vec![0x06], false), (vec![0x65, 1, 2, 3, 4], false)]);
    }

    #[test]
    fn a_lost_piece_damages_the_unit() {
        let mut d = Depacketizer::new(PayloadFormat::H264);
        d.push(&[0x7C, 0x85, 1, 2]);
        d.gap();
        d.push(&[0x7C, 0x45, 4]);
        assert!(d.take().iter().all(|n| n.damaged));
    }

    #[test]
    fn h265_payloads_single_aggregated_and_in_pieces() {
        let mut d = Depacketizer::new(PayloadFormat::H265);
        d.push(&[0x40, 1, 7]);
        d.push(&[0x60, 1, 0, 3, 0x42, 1, 5, 0, 2, 0x44, 1]);
        d.push(&[0x62, 1, 0x94, 1]);
        d.push(&[0x62, 1, 0x54, 2]);
        let got: Vec<_> = d.take().into_iter().map(|n| n.octets).collect();
        assert_eq!(got, [vec![0x40, 1, 7], vec![0x42, 1, 5], vec![0x44, 1], vec![0x28, 1, 1, 2]]);
    }

    #[test]
    fn hostile_payloads_do_not_panic() {
        for format in [PayloadFormat::H264, PayloadFormat::H265] {
            let mut d = Depacketizer::new(format);
            for payload in [&[][..], &[24], &[28], &[28, 0x80], &[24, 0xFF, 0xFF, 1], &[0x60, 1, 0], &[0x62], &[0x62, 1]] {
                d.push(payload);
            }
            let _ = d.take();
        }
    }
}
