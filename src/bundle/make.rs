//! Writes a bundle: the evidence first, then its pictures, then what came of it.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Seek, Write};

use super::archive::Writer;
use super::signature::Signer;
use super::{ABOUT, About, FRAME_DATA, FRAMES, FrameLine, RESULTS, RULES, SNAPSHOTS, language, results, rules};
use crate::evidence::Evidence;
use crate::evidence::members::{FORMAT, line, parts};
use crate::evidence::seal::Hashes;
use crate::report::Report;
use crate::store::{Store, StoreError};

/// Key frames of a bundle, all together: a bundle is sent by post.
pub const MAX_FRAME_BYTES: u64 = 1024 * 1024 * 1024;
/// Snapshots of a bundle.
pub const MAX_SNAPSHOTS: usize = 50_000;
/// Octets gathered before they are hashed.
const BUFFER: usize = 64 * 1024;

/// Which pictures go into a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pictures {
    /// None; the log of the call has their hashes.
    Hashes,
    /// The judged key frames that were kept.
    #[default]
    KeyFrames,
    /// Those, and the snapshots.
    All,
}

impl Pictures {
    /// The words for it.
    pub const NAMES: [(&'static str, Self); 3] = [("hashes", Self::Hashes), ("key-frames", Self::KeyFrames), ("all", Self::All)];
}

/// Why a bundle could not be made: our failure.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// The file cannot be written, or would be too large.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The pictures cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A bundle being made.
pub struct Making<W> {
    writer: Writer<W>,
    head: Hashes,
    about: About,
}

impl<W: Write + Seek> Making<W> {
    /// Begins with the evidence.
    ///
    /// # Errors
    /// When the file cannot be written, or would be too large.
    pub fn begin(out: W, evidence: &Evidence) -> Result<Self, MakeError> {
        let mut writer = Writer::new(out);
        for part in parts(evidence) {
            writer.add(&part.name, |out| buffered(out, |out| (part.write)(out)))?;
        }
        let head = writer.head().clone();
        let about = About {
            format: FORMAT.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            language: String::new(),
            label: None,
            key_frames: 0,
            key_frames_left_out: 0,
            snapshots: 0,
        };
        Ok(Self { writer, head, about })
    }

    /// Adds the pictures of the run that stores have.
    ///
    /// # Errors
    /// When a store cannot be read, or the file cannot be written.
    pub fn pictures(&mut self, evidence: &Evidence, stores: &[Store], wanted: Pictures) -> Result<(), MakeError> {
        if wanted == Pictures::Hashes {
            return Ok(());
        }
        self.frames(evidence, stores)?;
        if wanted == Pictures::All {
            let named: BTreeSet<&str> = evidence.probes.iter().filter_map(|record| record.snapshot.as_deref()).collect();
            for name in named.into_iter().take(MAX_SNAPSHOTS) {
                let (run, platform) = (&evidence.header.run_id, &evidence.header.platform.name);
                let kept = stores.iter().find_map(|store| store.picture(run, platform, name).transpose()).transpose()?;
                // Its time may be over.
                if let Some(jpeg) = kept {
                    self.writer.add(&format!("{SNAPSHOTS}{name}"), |out| out.write_all(&jpeg))?;
                    self.about.snapshots += 1;
                }
            }
        }
        Ok(())
    }

    fn frames(&mut self, evidence: &Evidence, stores: &[Store]) -> Result<(), MakeError> {
        let (run, platform) = (&evidence.header.run_id, &evidence.header.platform.name);
        let attempts = evidence.probes.iter().flat_map(|record| &record.attempts);
        let named: BTreeSet<&str> = attempts.filter_map(|attempt| attempt.picture.as_ref()?.key_frame.as_deref()).collect();
        let (mut listed, mut offset) = (Vec::new(), 0);
        for name in named {
            let size = stores.iter().find_map(|store| store.key_frame_size(run, platform, name).transpose()).transpose()?;
            let Some(octets) = size else { continue };
            if offset + octets > MAX_FRAME_BYTES {
                self.about.key_frames_left_out += 1;
                continue;
            }
            listed.push(FrameLine { key_frame: name.to_owned(), offset, octets });
            offset += octets;
        }
        if listed.is_empty() {
            return Ok(());
        }
        self.about.key_frames = listed.len() as u64;
        self.writer.add(FRAMES, |out| buffered(out, |out| listed.iter().try_for_each(|one| line(out, one))))?;
        let mut failed = None;
        let written = self.writer.add(FRAME_DATA, |out| {
            for one in &listed {
                let frame = stores.iter().find_map(|store| store.key_frame(run, platform, &one.key_frame).transpose());
                match frame.transpose() {
                    Ok(Some(frame)) if frame.len() as u64 == one.octets => out.write_all(&frame)?,
                    Ok(_) => return Err(io::ErrorKind::NotFound.into()),
                    Err(error) => {
                        failed = Some(error);
                        return Err(io::ErrorKind::Other.into());
                    }
                }
            }
            Ok(())
        });
        match failed {
            Some(error) => Err(error.into()),
            None => Ok(written?),
        }
    }

    /// Adds the results, signs them where there is a signer, and ends the file. Gives it back, 证据摘要, and the last value of the chain (封条).
    ///
    /// # Errors
    /// When the file cannot be written, or would be too large.
    pub fn finish(mut self, report: &Report, signer: Option<&Signer>) -> Result<(W, Hashes, Hashes), MakeError> {
        language(report.lang).clone_into(&mut self.about.language);
        self.about.label.clone_from(&report.platform_label);
        let about = self.about;
        self.writer.add(ABOUT, |out| line(out, &about))?;
        self.writer.add(RULES, |out| buffered(out, |out| rules(out)))?;
        for file in results(report) {
            let name = format!("{RESULTS}{}", file.name);
            self.writer.add(&name, |out| buffered(out, |out| (file.write)(report, out)))?;
        }
        let (out, seal) = self.writer.finish(signer)?;
        Ok((out, self.head, seal))
    }
}

/// Small writes are gathered before they are hashed.
fn buffered(out: &mut dyn Write, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut gathered = BufWriter::with_capacity(BUFFER, out);
    write(&mut gathered)?;
    gathered.flush()
}
