//! Floor 10: 可验证审计包. One file with what a run rests on, what came of it, and a list by which any change is found.
//!
//! `docs/EVIDENCE.md` gives its layout to the octet. Making one computes nothing: the results in it are those of the exporters,
//! the evidence is [`crate::evidence::members`]. Verifying counts everything anew from the evidence alone.

pub mod archive;
pub mod make;
pub mod signature;
pub mod verify;
pub mod wrong;

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::base::lang::Lang;
use crate::evidence::members::line;
use crate::report::{EXPORTERS, OutputFile, Report};
use crate::rules::REGISTER;

/// Who made the bundle, and how.
pub const ABOUT: &str = "bundle.json";
/// The register of rules it was judged by.
pub const RULES: &str = "rules.jsonl";
/// A line for each key frame.
pub const FRAMES: &str = "pictures/key_frames.jsonl";
/// The key frames, one after the other, NAL units with start codes.
pub const FRAME_DATA: &str = "pictures/key_frames.bin";
/// Snapshots, where they were asked for.
pub const SNAPSHOTS: &str = "pictures/snapshots/";
/// What came of it.
pub const RESULTS: &str = "results/";
/// The formats whose files are in a bundle; the others show the same numbers.
pub const FORMATS: [&str; 4] = ["json", "csv", "journal", "html"];

/// What stands in [`ABOUT`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// [`crate::evidence::members::FORMAT`]
    pub format: String,
    /// The version of the program whose results these are.
    pub version: String,
    /// `zh` or `en`: the language of the results.
    pub language: String,
    /// The platform's name on every line, where it was audited together with others.
    pub label: Option<String>,
    /// Key frames in it.
    pub key_frames: u64,
    /// Key frames the run kept, and this bundle has no room for.
    pub key_frames_left_out: u64,
    /// Snapshots in it; of the others the log of the call has the hash, which is their name.
    pub snapshots: u64,
}

impl About {
    /// The language of the results.
    #[must_use]
    pub fn lang(&self) -> Option<Lang> {
        LANGUAGES.iter().find(|(word, _)| *word == self.language).map(|(_, lang)| *lang)
    }
}

/// The words for languages.
const LANGUAGES: [(&str, Lang); 2] = [("zh", Lang::Zh), ("en", Lang::En)];

/// The word for a language.
fn language(lang: Lang) -> &'static str {
    LANGUAGES.iter().find(|(_, known)| *known == lang).map_or("zh", |(word, _)| word)
}

/// What stands of a key frame in [`FRAMES`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameLine {
    /// SHA-256 of its octets: `picture.key_frame` in the log of the call.
    pub key_frame: String,
    /// Where it begins in [`FRAME_DATA`].
    pub offset: u64,
    /// Its length.
    pub octets: u64,
}

/// The result files of a report that go into a bundle, in their order.
pub fn results(report: &Report) -> impl Iterator<Item = &'static OutputFile> + use<'_> {
    files().filter(|file| (file.is_due)(report))
}

fn files() -> impl Iterator<Item = &'static OutputFile> {
    EXPORTERS.iter().filter(|exporter| FORMATS.contains(&exporter.name)).flat_map(|exporter| exporter.files)
}

/// Whether a name leads nowhere but below: letters, digits, and single signs between them.
fn is_plain(name: &str) -> bool {
    let sound = |part: &str| {
        !part.is_empty() && !part.starts_with('.') && part.bytes().all(|c| c.is_ascii_alphanumeric() || b"._-".contains(&c))
    };
    name.split('/').all(sound)
}

/// The register of rules, a line each, for who asks by what was judged.
fn rules(out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct RuleLine {
        rule: &'static str,
        field: &'static str,
        severity: &'static str,
        core: &'static str,
        editions: &'static str,
        basis: &'static str,
        title: String,
    }
    REGISTER.iter().try_for_each(|rule| {
        line(
            out,
            &RuleLine {
                rule: rule.id,
                field: rule.field.key(),
                severity: rule.severity.key(),
                core: rule.core.key(),
                editions: rule.editions.key(),
                basis: rule.basis.key(),
                title: rule.page().side(Lang::Zh).title.clone(),
            },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::members::FORMAT_FILE;

    #[test]
    fn no_name_of_a_member_leads_out_of_a_folder() {
        for name in [FORMAT_FILE, "evidence/supplied/001.txt", "results/report.json", SNAPSHOT, archive::LIST] {
            assert!(is_plain(name), "{name}");
        }
        for name in ["", "results/", "results/../x", "/FORMAT", "a//b", "a\\b", "C:x", ".x", "x/.ssh", "名"] {
            assert!(!is_plain(name), "{name}");
        }
        assert!(FORMATS.iter().all(|name| EXPORTERS.iter().any(|exporter| exporter.name == *name)));
    }

    const SNAPSHOT: &str = "pictures/snapshots/0123456789abcdef01234567.jpg";
}
