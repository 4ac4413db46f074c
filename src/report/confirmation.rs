//! 检测口径确认单, as every report shows it: its number on page one, or that nobody confirmed the profile.

use serde::Serialize;

use crate::base::lang::{Lang, say};
use crate::base::text::{excerpt, visible};
use crate::evidence::Confirmation;
use crate::profile::Profile;

/// Characters shown of a foreign text.
const MAX_TEXT: usize = 200;
/// Digits of a hash in a line; the whole of it stands with the profile.
const SHORT: usize = 12;

/// What a confirmation is worth for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// There is none.
    Absent,
    /// There is one, and it names this profile's hash.
    Bound,
    /// There is one that names no hash.
    Unbound,
    /// There is one, of another profile.
    Other,
}

impl Standing {
    /// The word in results.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Bound => "bound",
            Self::Unbound => "unbound",
            Self::Other => "other_profile",
        }
    }

    /// Whether the report may pass for one whose profile the parties agreed to.
    #[must_use]
    pub const fn is_confirmed(self) -> bool {
        matches!(self, Self::Bound | Self::Unbound)
    }
}

/// What the confirmation is worth under this profile.
#[must_use]
pub fn standing(confirmation: Option<&Confirmation>, profile: &Profile) -> Standing {
    match confirmation {
        None => Standing::Absent,
        Some(Confirmation { hash: None, .. }) => Standing::Unbound,
        Some(Confirmation { hash: Some(hash), .. }) if hash.eq_ignore_ascii_case(&profile.hash()) => Standing::Bound,
        Some(_) => Standing::Other,
    }
}

/// The beginning of a hash, for a line.
#[must_use]
pub fn short(hash: &str) -> &str {
    hash.get(..SHORT).unwrap_or(hash)
}

/// The line of page one.
#[must_use]
pub fn line(confirmation: Option<&Confirmation>, profile: &Profile, lang: Lang) -> String {
    let Some(Confirmation { number, by, .. }) = confirmation else {
        return say!(lang, "口径未经各方确认，结果仅供参考", "not confirmed by the parties: for information only");
    };
    let number = excerpt(&visible(number), MAX_TEXT);
    let by = by.as_deref().map(|by| excerpt(&visible(by), MAX_TEXT));
    let by = by.map_or_else(String::new, |by| say!(lang, "（{by}确认）", " (by {by})"));
    let hash = profile.hash();
    let hash = short(&hash);
    match standing(confirmation, profile) {
        Standing::Other => say!(
            lang,
            "检测口径确认单 {number}{by}：确认单对应的口径与本次不同（本次口径哈希 {hash}…），结果仅供参考",
            "confirmation {number}{by} is of another profile than this run's (hash {hash}...): for information only"
        ),
        Standing::Bound => say!(
            lang,
            "检测口径确认单 {number}{by}，口径哈希 {hash}… 一致",
            "confirmation {number}{by}, of this profile (hash {hash}...)"
        ),
        Standing::Unbound | Standing::Absent => say!(
            lang,
            "检测口径确认单 {number}{by}，口径哈希 {hash}…（确认单上的哈希未核对）",
            "confirmation {number}{by}, hash of the profile {hash}... (that of the confirmation was not given)"
        ),
    }
}

/// The line as a sentence.
#[must_use]
pub fn sentence(confirmation: Option<&Confirmation>, profile: &Profile, lang: Lang) -> String {
    let line = line(confirmation, profile, lang);
    say!(lang, "{line}。", "The profile: {line}.")
}

/// For programs.
#[derive(Serialize)]
pub(super) struct ConfirmationJson<'a> {
    number: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<&'a str>,
    standing: &'static str,
}

/// For programs; nothing where there is none.
pub(super) fn json<'a>(confirmation: Option<&'a Confirmation>, profile: &Profile) -> Option<ConfirmationJson<'a>> {
    let Confirmation { number, by, hash } = confirmation?;
    let standing = standing(confirmation, profile).id();
    Some(ConfirmationJson { number, by: by.as_deref(), hash: hash.as_deref(), standing })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Profile {
        Profile::parse("x", Profile::embedded("sd-2022-basic").unwrap(), Lang::Zh).unwrap()
    }

    #[test]
    fn a_report_says_what_its_confirmation_is_worth() {
        let profile = profile();
        let of = |hash: Option<String>| Confirmation { number: "数确3号".into(), by: Some("区县大数据局".into()), hash };
        let cases = [
            (None, Standing::Absent, "口径未经各方确认，结果仅供参考"),
            (Some(of(None)), Standing::Unbound, "（确认单上的哈希未核对）"),
            (Some(of(Some(profile.hash().to_uppercase()))), Standing::Bound, "一致"),
            (Some(of(Some("0".repeat(64)))), Standing::Other, "确认单对应的口径与本次不同"),
        ];
        for (confirmation, wanted, said) in cases {
            assert_eq!(standing(confirmation.as_ref(), &profile), wanted);
            assert!(line(confirmation.as_ref(), &profile, Lang::Zh).contains(said));
        }
        assert!(line(Some(&of(None)), &profile, Lang::Zh).contains("数确3号（区县大数据局确认）"));
    }
}
