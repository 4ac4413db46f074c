//! NAL units to access units, and among them the key frames that can be decoded by themselves.

use super::codec::{Codec, NalKind};
use super::nal::{AnnexB, Nal};

/// Parameter sets kept at once; streams have two or three.
const MAX_PARAMETER_SETS: usize = 32;
/// Largest key frame kept.
const MAX_KEY_FRAME_BYTES: usize = 16 * 1024 * 1024;

/// Largest key frame that is kept as evidence, with its start codes.
pub const MAX_FRAME: usize = 4 * 1024 * 1024;
/// In front of a NAL unit in a file.
const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// A key frame with the parameter sets it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFrame {
    /// Parameter sets in the order they came, then the slices.
    pub nals: Vec<Vec<u8>>,
    /// Nothing of it is missing as far as the transport can tell.
    pub whole: bool,
    /// A PES packet in it was shorter than its length says: lost before it reached us, or a sender that
    /// cannot count.
    pub short: bool,
    /// An IDR (IRAP) picture; otherwise a recovery point.
    pub idr: bool,
}

impl KeyFrame {
    /// As a stream with start codes (Annex B), from which the same units come back; nothing where they would not, or it is
    /// larger than [`MAX_FRAME`].
    #[must_use]
    pub fn stream(&self) -> Option<Vec<u8>> {
        let size: usize = self.nals.iter().map(|nal| START_CODE.len() + nal.len()).sum();
        if size > MAX_FRAME {
            return None;
        }
        let mut stream = Vec::with_capacity(size);
        for nal in &self.nals {
            stream.extend(START_CODE);
            stream.extend(nal);
        }
        (units(&stream) == self.nals).then_some(stream)
    }
}

/// The NAL units of a stream with start codes.
#[must_use]
pub fn units(stream: &[u8]) -> Vec<Vec<u8>> {
    let mut cutter = AnnexB::default();
    cutter.push(stream);
    cutter.flush();
    cutter.take().into_iter().map(|nal| nal.octets).collect()
}

/// What was seen of a stream so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// Parameter sets.
    pub parameters: u64,
    /// Slices.
    pub slices: u64,
    /// Key frames of which something was missing.
    pub damaged_keys: u64,
    /// Key frames without the parameter sets they need.
    pub keys_without_parameters: u64,
    /// Units that are none of this codec.
    pub invalid: u64,
    /// Pictures.
    pub pictures: u64,
    /// Recovery points of pictures that are no key frames: decoding is right some pictures later (gradual refresh).
    pub refreshes: u64,
    /// The last key frame, counted in pictures.
    last_key: Option<u64>,
    /// Pictures between the last two key frames.
    pub gop: Option<u64>,
}

/// Puts NAL units of one codec together.
#[derive(Debug)]
pub struct AccessUnits {
    codec: &'static Codec,
    parameters: Vec<Vec<u8>>,
    slices: Vec<Vec<u8>>,
    bytes: usize,
    open: bool,
    key: bool,
    all_intra: bool,
    recovery: bool,
    /// A recovery point stands in front of it, whose picture comes later.
    refresh: bool,
    damaged: bool,
    short: bool,
    ready: Option<KeyFrame>,
    /// Counts.
    pub seen: Seen,
}

impl AccessUnits {
    /// For one codec.
    #[must_use]
    pub const fn new(codec: &'static Codec) -> Self {
        Self {
            codec,
            parameters: Vec::new(),
            slices: Vec::new(),
            bytes: 0,
            open: false,
            key: false,
            all_intra: true,
            recovery: false,
            refresh: false,
            damaged: false,
            short: false,
            ready: None,
            seen: Seen {
                parameters: 0,
                slices: 0,
                damaged_keys: 0,
                keys_without_parameters: 0,
                invalid: 0,
                pictures: 0,
                refreshes: 0,
                last_key: None,
                gop: None,
            },
        }
    }

    /// The codec.
    #[must_use]
    pub const fn codec(&self) -> &'static Codec {
        self.codec
    }

    /// Octets are missing here: the picture being put together is not whole.
    pub fn gap(&mut self) {
        if self.open {
            self.damaged = true;
        }
    }

    /// A PES packet of the picture being put together was too short.
    pub fn short_pes(&mut self) {
        self.short |= self.open;
    }

    /// Adds a unit.
    pub fn push(&mut self, nal: Nal) {
        match (self.codec.kind)(&nal.octets) {
            NalKind::Parameters => {
                self.close();
                // A cut parameter set would spoil every picture after it.
                if !nal.damaged {
                    self.seen.parameters += 1;
                    self.parameters.retain(|p| *p != nal.octets);
                    self.parameters.push(nal.octets);
                    if self.parameters.len() > MAX_PARAMETER_SETS {
                        self.parameters.remove(0);
                    }
                }
            }
            NalKind::Leading => self.close(),
            NalKind::RecoveryPoint { at_once } => {
                self.close();
                (self.recovery, self.refresh) = (at_once, true);
            }
            NalKind::Slice { first, key, intra } => {
                if first {
                    self.close();
                }
                self.seen.slices += 1;
                // A picture that begins in the middle has lost its beginning.
                self.damaged |= nal.damaged || (!self.open && !first);
                self.open = true;
                self.key |= key;
                self.all_intra &= intra;
                let wanted = self.key || (self.recovery && self.all_intra);
                self.bytes += nal.octets.len();
                if wanted && self.bytes <= MAX_KEY_FRAME_BYTES {
                    self.slices.push(nal.octets);
                } else {
                    self.damaged |= wanted;
                    self.slices.clear();
                }
            }
            NalKind::Other => (),
            NalKind::Invalid => self.seen.invalid += 1,
        }
    }

    /// The picture is complete: the next begins, or nothing more will come.
    pub fn close(&mut self) {
        if !self.open {
            return;
        }
        let slices = std::mem::take(&mut self.slices);
        let entry = self.key || (self.recovery && self.all_intra);
        self.seen.pictures += 1;
        self.seen.refreshes += u64::from(self.refresh && !entry);
        if entry {
            self.seen.gop = self.seen.last_key.map(|last| self.seen.pictures - last).or(self.seen.gop);
            self.seen.last_key = Some(self.seen.pictures);
        }
        if entry && !slices.is_empty() {
            if self.damaged {
                self.seen.damaged_keys += 1;
            }
            if self.parameters.len() < 2 {
                self.seen.keys_without_parameters += 1;
            } else {
                let mut nals = self.parameters.clone();
                nals.extend(slices);
                self.ready = Some(KeyFrame { nals, whole: !self.damaged, short: self.short, idr: self.key });
            }
        }
        self.bytes = 0;
        self.open = false;
        self.key = false;
        self.all_intra = true;
        self.recovery = false;
        self.refresh = false;
        self.damaged = false;
        self.short = false;
    }

    /// The latest key frame, if one is complete.
    pub fn take(&mut self) -> Option<KeyFrame> {
        self.ready.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::codec::{DecodeError, h264, h265};
    use crate::media::nal::AnnexB;
    use crate::media::picture::{Picture, Sight};
    use crate::profile::Black;

    fn clip(name: &str) -> Vec<Nal> {
        let path = format!("{}/fixtures/media/{name}", env!("CARGO_MANIFEST_DIR"));
        let mut splitter = AnnexB::default();
        splitter.push(&std::fs::read(path).unwrap());
        splitter.flush();
        splitter.take()
    }

    fn key_frames(codec: &'static Codec, nals: Vec<Nal>) -> (Vec<KeyFrame>, Seen) {
        let mut units = AccessUnits::new(codec);
        let mut keys = Vec::new();
        for nal in nals {
            units.push(nal);
            keys.extend(units.take());
        }
        units.close();
        keys.extend(units.take());
        (keys, units.seen)
    }

    fn first_picture(codec: &'static Codec, name: &str) -> Result<Picture, DecodeError> {
        let (keys, _) = key_frames(codec, clip(name));
        (codec.decode)(&keys[0].nals)
    }

    #[test]
    fn every_clip_gives_its_key_frames_and_they_decode() {
        for (codec, name, keys, size) in [
            (&h264::CODEC, "h264_baseline_640x360.h264", 4, (640, 360)),
            (&h264::CODEC, "h264_high_b_frames_704x576.h264", 3, (704, 576)),
            (&h264::CODEC, "h264_multi_slice_1280x720.h264", 2, (1280, 720)),
            (&h264::CODEC, "h264_high_1920x1080.h264", 2, (1920, 1080)),
            (&h265::CODEC, "h265_main_640x360.h265", 4, (640, 360)),
            (&h265::CODEC, "h265_main10_640x360.h265", 4, (640, 360)),
        ] {
            let (found, seen) = key_frames(codec, clip(name));
            assert_eq!((found.len(), seen.damaged_keys, seen.invalid), (keys, 0, 0), "{name}");
            assert_eq!(seen.gop, Some(if name.contains("1920x1080") { 5 } else { 25 }), "{name}");
            assert!(found.iter().all(|k| k.whole && k.idr), "{name}");
            let picture = (codec.decode)(&found[0].nals).unwrap();
            assert_eq!((picture.width(), picture.height()), size, "{name}");
            assert_eq!(picture.sight(Black::default()), Sight::Visible, "{name}");
        }
    }

    #[test]
    fn black_one_colour_and_dark_scenes_are_told_apart_after_decoding() {
        for (name, sight) in [
            ("h264_black_640x360.h264", Sight::Black),
            ("h264_single_color_640x360.h264", Sight::SingleColor),
            ("h264_blue_card_text_640x360.h264", Sight::SingleColor),
            ("h264_dim_street_640x360.h264", Sight::Visible),
            // Lamps on 2 % of the samples: the rule takes them for an OSD. A known limit of the 5 %.
            ("h264_lamps_on_black_640x360.h264", Sight::SingleColor),
            ("h264_full_range_gray_640x360.h264", Sight::Visible),
        ] {
            assert_eq!(first_picture(&h264::CODEC, name).unwrap().sight(Black::default()), sight, "{name}");
        }
    }

    #[test]
    fn what_our_decoder_lacks_is_our_limit_and_not_the_cameras() {
        let error = first_picture(&h265::CODEC, "h265_main422_10_640x360.h265").unwrap_err();
        assert!(matches!(error, DecodeError::Unsupported(_)), "{error:?}");
    }

    #[test]
    fn slices_without_a_key_frame_give_none() {
        let (keys, seen) = key_frames(&h264::CODEC, clip("h264_p_frames_only_640x360.h264"));
        assert!(keys.is_empty());
        assert!(seen.slices > 90 && seen.parameters > 0);
    }

    #[test]
    fn a_gap_inside_a_key_frame_is_known() {
        let mut units = AccessUnits::new(&h264::CODEC);
        let mut keys = Vec::new();
        for (i, nal) in clip("h264_multi_slice_1280x720.h264").into_iter().enumerate() {
            // The second slice of the first key frame is lost.
            let key = matches!(nal.octets.first().map(|b| b & 0x1F), Some(5));
            if key && keys.is_empty() && units.slices.len() == 1 && !units.damaged {
                units.gap();
                continue;
            }
            let _ = i;
            units.push(nal);
            keys.extend(units.take());
        }
        units.close();
        keys.extend(units.take());
        assert_eq!(keys.iter().map(|k| k.whole).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn damaged_key_frames_do_not_panic_the_decoders() {
        for (codec, name) in [(&h264::CODEC, "h264_baseline_640x360.h264"), (&h265::CODEC, "h265_main_640x360.h265")] {
            let (keys, _) = key_frames(codec, clip(name));
            let nals = &keys[0].nals;
            for seed in 0..40_usize {
                let mut damaged = nals.clone();
                let last = damaged.len() - 1;
                let unit = &mut damaged[if seed % 4 == 0 { seed % (last + 1) } else { last }];
                let at = 2 + seed * 97 % (unit.len() - 2);
                unit[at] ^= 1 << (seed % 8);
                if seed % 5 == 0 {
                    unit.truncate(at.max(3));
                }
                let _ = (codec.decode)(&damaged);
            }
        }
    }
}
