//! Floor 4: why there is no picture, in the fine, and whose it is (出图归责). One family a file: the causes under one
//! word of the contract, each with its page in both languages, and the function that tells them apart.
//!
//! Pure: from what was kept of an attempt, so that old evidence is told the same way. What a camera by itself cannot
//! show, the path to it, is looked for over all cameras of a platform in [`network`].

use super::outcome::{Attempt, Blame, Cause, Conclusion, ProbeRecord, ProbeVerdict, detail};
use crate::base::lang::Text;

/// A fine cause, with its page.
#[derive(Debug, PartialEq, Eq)]
pub struct Why {
    /// The id in results, never reused.
    pub id: &'static str,
    /// The word of the contract it stands under.
    pub cause: Cause,
    /// Who it is put down to.
    pub blame: Blame,
    /// 存疑: it does not prove that the camera gives no picture.
    pub doubtful: bool,
    /// In a few words.
    pub title: Text,
    /// What it means.
    pub means: Text,
    /// What evidence it rests on.
    pub basis: Text,
    /// What to do.
    pub todo: Text,
}

impl Why {
    /// The fine cause with this id.
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Self> {
        register().find(|why| why.id.eq_ignore_ascii_case(id))
    }

    /// Whether it says no more than the word of the contract does.
    #[must_use]
    pub fn is_general(&self) -> bool {
        self.title == self.cause.title()
    }
}

/// Declares a family: name, id, the contract's word, who, whether it proves anything; then Chinese and English of title,
/// meaning, evidence and what to do.
macro_rules! whys {
    ($($name:ident $id:literal $cause:ident $blame:ident $proof:ident {
        $title_zh:literal $title_en:literal
        $means_zh:literal $means_en:literal
        $basis_zh:literal $basis_en:literal
        $todo_zh:literal $todo_en:literal
    })+) => {
        $(
            #[doc = $title_en]
            pub static $name: $crate::probe::cause::Why = $crate::probe::cause::Why {
                id: $id,
                cause: $crate::probe::outcome::Cause::$cause,
                blame: $crate::probe::outcome::Blame::$blame,
                doubtful: whys!(@$proof),
                title: $crate::base::lang::Text::new($title_zh, $title_en),
                means: $crate::base::lang::Text::new($means_zh, $means_en),
                basis: $crate::base::lang::Text::new($basis_zh, $basis_en),
                todo: $crate::base::lang::Text::new($todo_zh, $todo_en),
            };
        )+
        pub(super) static FAMILY: &[&$crate::probe::cause::Why] = &[$(&$name),+];
    };
    (@proven) => { false };
    (@doubtful) => { true };
}

pub mod bad_answer;
pub mod capacity;
pub mod network;
pub mod no_answer;
pub mod no_key_frame;
pub mod no_media;
pub mod no_video;
pub mod offline;
pub mod our_fault;
pub mod picture;
pub mod rejected;
pub mod undecodable;
pub mod unsupported_codec;
pub mod untested;

/// Every family, in the order of reports. The register: what is not here cannot be reported.
static FAMILIES: &[&[&Why]] = &[
    offline::FAMILY,
    no_answer::FAMILY,
    rejected::FAMILY,
    capacity::FAMILY,
    bad_answer::FAMILY,
    no_media::FAMILY,
    no_video::FAMILY,
    no_key_frame::FAMILY,
    undecodable::FAMILY,
    unsupported_codec::FAMILY,
    picture::FAMILY,
    network::FAMILY,
    our_fault::FAMILY,
    untested::FAMILY,
];

/// Every fine cause, in the order of reports.
pub fn register() -> impl Iterator<Item = &'static Why> {
    FAMILIES.iter().flat_map(|family| family.iter().copied())
}

/// Why this attempt gave no picture within the limit.
#[must_use]
pub fn of_attempt(attempt: &Attempt) -> &'static Why {
    match attempt.cause.unwrap_or(Cause::OurFault) {
        Cause::Offline => offline::of(Some(attempt)),
        Cause::NoAnswer => no_answer::of(attempt),
        Cause::Rejected => rejected::of(attempt),
        Cause::Capacity => capacity::of(attempt),
        Cause::BadAnswer => bad_answer::of(attempt),
        Cause::NoMedia => no_media::of(attempt),
        Cause::NoVideo => no_video::of(attempt),
        Cause::NoKeyFrame => no_key_frame::of(attempt),
        Cause::Undecodable => undecodable::of(attempt),
        Cause::UnsupportedCodec => unsupported_codec::of(attempt),
        Cause::Black => &picture::BLACK,
        Cause::SingleColor => &picture::SINGLE_COLOR,
        Cause::Frozen => &picture::FROZEN,
        Cause::SmallPicture => &picture::SMALL_PICTURE,
        Cause::PoorPicture => &picture::POOR_PICTURE,
        Cause::OurFault => our_fault::of(attempt),
        Cause::NoUsableCode => &untested::NO_USABLE_CODE,
        Cause::Untested => &untested::NO_PROBE,
    }
}

/// Why there is no picture, from what was concluded of a record; nothing where there is one.
#[must_use]
pub fn of(record: &ProbeRecord, conclusion: &Conclusion<'_>) -> Option<&'static Why> {
    if conclusion.verdict == ProbeVerdict::Picture {
        return None;
    }
    Some(match (conclusion.cause?, conclusion.deciding) {
        (Cause::Offline, deciding) => offline::of(deciding),
        (Cause::Untested | Cause::NoUsableCode, _) => untested::of(record.untested),
        (cause, Some(attempt)) if attempt.cause == Some(cause) => of_attempt(attempt),
        // The profile asks for more than the call looked for.
        (cause, Some(attempt)) => {
            of_attempt(&Attempt { cause: Some(cause), detail: conclusion.detail.to_owned(), ..attempt.clone() })
        }
        (_, None) => &our_fault::OUR_FAULT,
    })
}

/// Whether a word stands in the detail of an attempt.
fn says(attempt: &Attempt, word: &str) -> bool {
    attempt.detail.split(',').any(|part| part == word)
}

/// A picture came, but after the limit.
fn is_late(attempt: &Attempt) -> bool {
    attempt.detail.starts_with(detail::LATE)
}

#[cfg(test)]
mod tests;
