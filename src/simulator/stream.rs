//! The packets of a live stream, picture by picture. Pure; whoever sends them keeps the time.
//!
//! What is to be seen is drawn as it is sent ([`super::scenery`]); the rest are clips.

use std::sync::LazyLock;

use super::behaviour::{ClipName, Options, Payload, Ssrc};
use super::scenery::{Drawn, View};
use super::world::Random;
use crate::media::codec::{Codec, h264, h265};
use crate::media::mux::{Clip, Frame, MTU_PAYLOAD, Packetizer, PsOptions, ps_pack};

/// Between two pictures.
pub const FRAME_MS: u64 = 40;
/// Pictures that are the rest of an earlier call.
const STALE_PICTURES: u64 = 5;
/// Ticks from one frozen picture to the next.
const STILL: u64 = 12;
/// Stream type of SVAC video (annex C), an octet no unit of H.264 or H.265 is made of, how many, and how often a map comes.
const SVAC: u8 = 0x80;
const FOREIGN: u8 = 0xF5;
const FOREIGN_BYTES: usize = 3_000;
const FOREIGN_GOP: u64 = 25;
/// Between two pictures on the clock of RTP.
const FRAME_90K: u32 = 3_600;

macro_rules! clips {
    ($($name:ident $codec:ident $file:literal;)+) => {
        /// The pictures of a clip; nothing of those that are drawn.
        fn clip(name: ClipName) -> Option<&'static Clip> {
            Some(match name {
                $(ClipName::$name => {
                    static CLIP: LazyLock<Clip> = LazyLock::new(|| {
                        Clip::parse(&$codec::CODEC, include_bytes!(concat!("../../fixtures/media/", $file)))
                    });
                    &CLIP
                })+
                _ => return None,
            })
        }
    };
}

clips! {
    TestCard h264 "h264_baseline_640x360.h264";
    H265Wide h265 "h265_main422_10_640x360.h265";
    Black h264 "h264_black_640x360.h264";
    Blue h264 "h264_single_color_640x360.h264";
}

/// Where pictures come from.
#[derive(Debug)]
enum Source {
    Clip(&'static Clip, usize),
    Drawn(Box<Drawn>),
}

impl Source {
    fn new(view: View, name: ClipName) -> Self {
        match (Drawn::new(view, name), clip(name)) {
            (Some(drawn), _) => Self::Drawn(Box::new(drawn)),
            (None, clip) => Self::Clip(clip.unwrap_or(&NOTHING), 0),
        }
    }

    /// The next picture.
    fn next(&mut self) -> Option<Frame> {
        match self {
            Self::Drawn(drawn) => Some(drawn.next_frame()),
            Self::Clip(clip, number) => {
                let frame = clip.frames.get(*number % clip.frames.len().max(1)).cloned();
                *number += 1;
                frame
            }
        }
    }
}

/// Of a name nothing is sent for.
static NOTHING: Clip = Clip { codec: &h264::CODEC, frames: Vec::new() };

/// A stream being sent.
#[derive(Debug)]
pub struct Stream {
    options: Options,
    codec: &'static Codec,
    source: Source,
    /// The picture of a stream that stands still.
    still: Option<Frame>,
    packetizer: Packetizer,
    second: Option<Packetizer>,
    random: Random,
    sent: u64,
    lost: bool,
}

impl Stream {
    /// A stream under this SSRC, of what a camera sees.
    #[must_use]
    pub fn new(options: Options, ssrc: u32, view: View) -> Self {
        let codec = codec(options.clip);
        let payload_type = options.payload_type.unwrap_or_else(|| payload_type(options, codec));
        let view = View { looped: view.looped || options.looped, ..view };
        Self {
            options,
            codec,
            source: Source::new(view, options.clip),
            still: None,
            packetizer: Packetizer { ssrc, payload_type, sequence: 65_500 },
            second: options.second_source.then_some(Packetizer { ssrc: ssrc ^ 0x5555, payload_type: 8, sequence: 1 }),
            random: Random::new(u64::from(ssrc)),
            sent: 0,
            lost: false,
        }
    }

    /// The payload type that is announced.
    #[must_use]
    pub fn announced(options: Options) -> u8 {
        payload_type(options, codec(options.clip))
    }

    /// The packets of the next picture.
    pub fn next_picture(&mut self) -> Vec<Vec<u8>> {
        let at = u32::try_from(self.sent).unwrap_or(0).wrapping_mul(FRAME_90K);
        let stale = self.options.ssrc == Ssrc::Stale && self.sent < STALE_PICTURES;
        let early = stale || self.sent * FRAME_MS < self.options.key_after_ms;
        self.sent += 1;
        let mut packets = match self.options.payload {
            Payload::Silence => return Vec::new(),
            Payload::Random => {
                let octets: Vec<u8> = (0..150).flat_map(|_| self.random.next().to_be_bytes()).collect();
                self.packetizer.octets(&octets, at)
            }
            Payload::Svac => {
                let frame = Frame { nals: vec![vec![FOREIGN; FOREIGN_BYTES]], key: self.sent % FOREIGN_GOP == 1 };
                let map_type = Some(SVAC);
                let pack = ps_pack(&frame, self.codec, u64::from(at), PsOptions { map_type, ..self.options.ps });
                self.packetizer.octets(&pack, at)
            }
            Payload::Ps | Payload::Raw => {
                let Some(frame) = self.frame(early || self.options.no_keys) else { return Vec::new() };
                if self.options.payload == Payload::Raw {
                    self.packetizer.raw(&frame, self.codec.payload_format, at)
                } else if stale {
                    let mut earlier = Packetizer { ssrc: !self.packetizer.ssrc, ..self.packetizer };
                    let packets = earlier.octets(&ps_pack(&frame, self.codec, u64::from(at), self.options.ps), at);
                    self.packetizer.sequence = earlier.sequence;
                    packets
                } else {
                    let pack = ps_pack(&frame, self.codec, u64::from(at), self.options.ps);
                    let payload = if self.options.packet == 0 { MTU_PAYLOAD } else { self.options.packet };
                    self.packetizer.octets_by(&pack, at, payload)
                }
            }
        };
        if self.options.lose_one && !self.lost && packets.len() > 2 {
            packets.remove(packets.len() / 2);
            self.lost = true;
        }
        if self.options.reorder && packets.len() > 1 {
            let last = packets.len() - 1;
            packets.swap(last - 1, last);
        }
        if self.options.repeat {
            packets = packets.into_iter().flat_map(|packet| [packet.clone(), packet]).collect();
        }
        if let Some(second) = &mut self.second {
            let mut other = second.octets(&[0xD5; 160], at);
            other.append(&mut packets);
            packets = other;
        }
        packets
    }

    /// The next picture; with `skip` the next that is no key frame, as if the stream had begun in the middle.
    fn frame(&mut self, skip: bool) -> Option<Frame> {
        if self.options.still {
            if self.still.is_none() {
                self.still = self.source.next();
            }
            return self.still.clone().filter(|_| self.sent % STILL == 1);
        }
        let frame = self.source.next()?;
        if skip && frame.key { self.source.next() } else { Some(frame) }
    }
}

fn codec(name: ClipName) -> &'static Codec {
    Drawn::codec(name).or_else(|| clip(name).map(|clip| clip.codec)).unwrap_or(&h264::CODEC)
}

fn payload_type(options: Options, codec: &Codec) -> u8 {
    match options.payload {
        Payload::Raw if codec.stream_type == h264::CODEC.stream_type => 98,
        Payload::Raw => 100,
        _ => 96,
    }
}
