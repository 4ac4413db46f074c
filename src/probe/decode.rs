//! Decodes key frames outside of the tasks that receive: as many at once as there are cores.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::base::clock::Mono;
use crate::base::text::hex;
use crate::media::access_unit::KeyFrame;
use crate::media::codec::{Codec, DecodeError};
use crate::media::jpeg::{self, Snapshots};
use crate::media::look;
use crate::media::picture::{Picture, Sight};
use crate::probe::outcome::{Look, PictureFacts};
use crate::profile::Black;

/// How a picture is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Looking {
    /// Whether a snapshot is wanted, and its key frame.
    pub snapshots: Snapshots,
    /// What is black.
    pub black: Black,
}

impl Looking {
    /// Without keeping anything.
    #[must_use]
    pub const fn only(self) -> Self {
        Self { snapshots: Snapshots::Off, ..self }
    }
}

/// A key frame, decoded or not.
#[derive(Debug)]
pub struct Decoded {
    /// When its last octet came.
    pub at: Mono,
    /// What came of it.
    pub result: Result<Seen, DecodeError>,
}

/// A picture.
#[derive(Debug)]
pub struct Seen {
    /// Its numbers.
    pub facts: PictureFacts,
    /// Whether there is something to see.
    pub sight: Sight,
    /// The picture as JPEG.
    pub jpeg: Option<Vec<u8>>,
    /// Its key frame as a stream, where it may be kept: it shows all a snapshot shows.
    pub frame: Option<Vec<u8>>,
}

/// The decoders of the program.
#[derive(Debug, Clone)]
pub struct Decoders(Arc<Semaphore>);

impl Default for Decoders {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self(Arc::new(Semaphore::new(cores)))
    }
}

impl Decoders {
    /// Decodes a key frame, when it is its turn.
    #[must_use]
    pub fn decode(&self, frame: KeyFrame, codec: &'static Codec, at: Mono, how: Looking) -> JoinHandle<Decoded> {
        let turns = self.0.clone();
        tokio::spawn(async move {
            // The semaphore is never closed; without a turn the work is done all the same.
            let _turn = turns.acquire_owned().await;
            let work = tokio::task::spawn_blocking(move || look(&frame, codec, how));
            let result = work.await.unwrap_or(Err(DecodeError::GaveUp));
            Decoded { at, result }
        })
    }
}

/// Decodes a key frame here and now.
///
/// # Errors
/// When it gives no picture.
pub fn look(frame: &KeyFrame, codec: &'static Codec, how: Looking) -> Result<Seen, DecodeError> {
    let mut seen = seen(&(codec.decode)(&frame.nals)?, codec.name, how);
    if how.snapshots == Snapshots::On {
        seen.frame = frame.stream();
    }
    Ok(seen)
}

/// What is seen in a picture.
#[must_use]
pub fn seen(picture: &Picture, codec: &str, how: Looking) -> Seen {
    let looked = look::look(picture, how.black);
    Seen {
        facts: PictureFacts {
            codec: codec.to_owned(),
            width: u32::try_from(picture.width()).unwrap_or(u32::MAX),
            height: u32::try_from(picture.height()).unwrap_or(u32::MAX),
            mean_luma_x100: hundredths(looked.light.mean),
            sigma_luma_x100: hundredths(looked.light.sigma),
            visible: looked.sight == Sight::Visible,
            looks: Some(looked.hits.iter().map(|hit| Look { id: hit.check.id.to_owned(), value: hit.value }).collect()),
            fingerprint: looked.fingerprint.map(|print| print.to_string()),
            digest: Some(looked.digest),
            key_frame: None,
            observed_ms: None,
        },
        sight: looked.sight,
        // A picture that cannot be drawn was seen all the same.
        jpeg: jpeg::snapshot(picture, how.snapshots),
        frame: None,
    }
}

/// The file name of a picture: it says what is in it, and nothing a peer wrote.
#[must_use]
pub fn snapshot_name(jpeg: &[u8]) -> String {
    let digest = hex(&Sha256::digest(jpeg));
    format!("{}.jpg", digest.get(..24).unwrap_or_default())
}

/// The name of a key frame: what is in it.
#[must_use]
pub fn frame_name(stream: &[u8]) -> String {
    hex(&Sha256::digest(stream))
}

/// Luma lies between 0 and 255.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 25,500 fits")]
fn hundredths(value: f64) -> u32 {
    (value.clamp(0.0, 255.0) * 100.0).round() as u32
}
