//! What one catalogue and one picture brought, and what is wrong where they did not come. Pure.

use super::trouble::Trouble;
use crate::audit::catalogued::{Catalogued, catalogued};
use crate::base::lang::{Lang, say};
use crate::base::text::{excerpt, grouped};
use crate::catalog::Kind;
use crate::catalog::assemble::{CatalogState, QueryEnd};
use crate::evidence::{Evidence, Incomplete};
use crate::probe::outcome::{Cause, Demand, ProbeRecord, ProbeVerdict};

/// Cameras called until one gives a picture.
pub const MAX_CALLS: u64 = 3;
/// Shown of a code.
const MAX_CODE: usize = 40;

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brought {
    /// How the catalogue query ended.
    pub end: Option<QueryEnd>,
    /// The items declared and received.
    pub items: (u64, u64),
    /// How sure it is.
    pub state: CatalogState,
    /// Why not, for people.
    pub why: String,
    /// The cameras among them.
    pub cameras: u64,
    /// The camera that gave a picture, with the picture's format and how long it took, milliseconds.
    pub picture: Option<(String, String, u64)>,
    /// Why the last camera that was called gave none: the cause, and which camera.
    pub cause: Option<(Cause, String)>,
    /// The platform was lost on the way.
    pub lost: bool,
    /// We ended it ourselves, and why: then nothing that is missing is the platform's doing.
    pub ours: Option<Incomplete>,
}

impl Brought {
    /// Out of the evidence of a run.
    #[must_use]
    pub fn of(evidence: &Evidence, asked: &Demand, lang: Lang) -> Self {
        let header = &evidence.header;
        let full = header.queries.iter().rfind(|query| query.about.is_empty() && !query.poll);
        let known = catalogued(header, &evidence.messages, &[], lang).ok();
        let (mut items, mut state, mut cameras, mut why) = ((0, 0), CatalogState::Incomplete, 0, String::new());
        if let Some(Catalogued { catalog, kinds }) = known {
            items = (catalog.declared, catalog.received);
            state = catalog.state;
            cameras = kinds.iter().filter(|kind| **kind == Kind::Camera).count() as u64;
            why = catalog.why.iter().map(|why| why.text.get(lang)).collect::<Vec<_>>().join(say!(lang, "、", ", ").as_str());
        }
        let called = |record: &&ProbeRecord| !record.attempts.is_empty();
        let mut picture = None;
        let mut cause = None;
        for record in evidence.probes.iter().filter(called) {
            let conclusion = record.conclude(asked, false);
            let code = excerpt(&record.device_id, MAX_CODE);
            let seen = conclusion.deciding.and_then(|attempt| Some((attempt.picture.as_ref()?, attempt.first_picture_ms?)));
            match (conclusion.verdict, seen) {
                (ProbeVerdict::Picture, Some((seen, ms))) => {
                    let format = format!("{} {}x{}", excerpt(&seen.codec, MAX_CODE), seen.width, seen.height);
                    picture = picture.or(Some((code, format, ms)));
                }
                _ => cause = conclusion.cause.map(|cause| (cause, code)).or(cause),
            }
        }
        let (mut lost, mut ours) = (false, None);
        match header.incomplete {
            Some(why @ (Incomplete::Stopped | Incomplete::OurFault | Incomplete::NotKept)) => ours = Some(why),
            // It was registered when it was accepted: whoever is waited for in vain now has left.
            Some(_) => lost = true,
            None => (),
        }
        Self { end: full.map(|query| query.record().end), items, state, why, cameras, picture, cause, lost, ours }
    }

    /// What is wrong, the first first.
    #[must_use]
    pub fn troubles(&self, lang: Lang) -> Vec<(Trouble, String)> {
        let (declared, received) = (grouped(self.items.0), grouped(self.items.1));
        let counted = if self.items.0 == 0 && self.items.1 > 0 {
            say!(lang, "实收 {received} 条", "{received} received")
        } else {
            say!(lang, "声明 {declared} 条，实收 {received} 条", "{declared} declared, {received} received")
        };
        // That is what it said, whatever came afterwards.
        if let Some(QueryEnd::Refused(code)) = self.end {
            return vec![(Trouble::CatalogRefused, code.to_string())];
        }
        // The first picture stops a run as well as a hand does: with one in hand nothing is missing.
        if let Some(ours) = self.ours.filter(|_| self.picture.is_none()) {
            let why = ours.text().get(lang);
            return vec![(Trouble::Unfinished, say!(lang, "{why}；{counted}", "{why}; {counted}"))];
        }
        if self.lost {
            return vec![(Trouble::PlatformLost, counted)];
        }
        match (self.end, self.items) {
            (Some(QueryEnd::Silent) | None, (_, 0)) => return vec![(Trouble::CatalogSilent, counted)],
            (_, (0, 0)) => return vec![(Trouble::CatalogEmpty, counted)],
            _ => (),
        }
        let mut troubles = Vec::new();
        let doubt = match self.state {
            CatalogState::Incomplete => Some(Trouble::CatalogShort),
            CatalogState::Disputed => Some(Trouble::CatalogDisputed),
            CatalogState::Complete | CatalogState::Unstated => None,
        };
        let why = &self.why;
        let detail = if why.is_empty() { counted.clone() } else { say!(lang, "{counted}；{why}", "{counted}; {why}") };
        troubles.extend(doubt.map(|trouble| (trouble, detail)));
        if self.cameras == 0 {
            // Of nothing it cannot be said that no camera is in it.
            if self.items.1 > 0 {
                troubles.push((Trouble::NoCameras, counted));
            }
        } else if self.picture.is_none() {
            let told = |(cause, code): &(Cause, String)| format!("{code} {}", cause.title().get(lang));
            let detail = self.cause.as_ref().map_or_else(|| say!(lang, "没有可点播的", "none could be called"), told);
            troubles.push(match self.cause {
                Some((Cause::NoMedia, _)) => (Trouble::MediaClosed, detail),
                Some((Cause::OurFault, _)) => (Trouble::Unfinished, detail),
                _ => (Trouble::NoPicture, detail),
            });
        }
        troubles
    }

    /// What came, for people: the catalogue, and the picture.
    #[must_use]
    pub fn lines(&self, lang: Lang) -> Vec<String> {
        let mut lines = Vec::new();
        if self.items.1 > 0 {
            let (received, cameras) = (grouped(self.items.1), grouped(self.cameras));
            lines.push(say!(
                lang,
                "目录：收到 {received} 条，其中摄像机 {cameras} 路",
                "catalogue: {received} items, {cameras} of them cameras"
            ));
        }
        if let Some((code, format, ms)) = &self.picture {
            let ms = grouped(*ms);
            lines.push(say!(
                lang,
                "画面：{code}，{format}，点播后 {ms} 毫秒",
                "picture: {code}, {format}, {ms} ms after the call"
            ));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Brought {
        Brought {
            end: Some(QueryEnd::Answered),
            items: (64, 64),
            state: CatalogState::Complete,
            why: String::new(),
            cameras: 60,
            picture: Some(("37172300011320000001".into(), "H.264 640x360".into(), 310)),
            cause: None,
            lost: false,
            ours: None,
        }
    }

    fn found(brought: &Brought) -> Vec<Trouble> {
        brought.troubles(Lang::Zh).into_iter().map(|(trouble, _)| trouble).collect()
    }

    #[test]
    fn nothing_is_wrong_with_a_catalogue_and_a_picture() {
        assert_eq!(found(&good()), []);
        let lines = good().lines(Lang::Zh).join("\n");
        assert!(lines.contains("摄像机 60 路") && lines.contains("H.264 640x360"), "{lines}");
    }

    #[test]
    fn a_refused_a_silent_and_an_empty_catalogue() {
        let none = Brought { items: (0, 0), cameras: 0, picture: None, ..good() };
        let refused = Brought { end: Some(QueryEnd::Refused(403)), state: CatalogState::Incomplete, ..none.clone() };
        assert_eq!(refused.troubles(Lang::Zh), [(Trouble::CatalogRefused, "403".to_owned())]);
        assert_eq!(
            found(&Brought { end: Some(QueryEnd::Silent), state: CatalogState::Incomplete, ..none.clone() }),
            [Trouble::CatalogSilent]
        );
        assert_eq!(found(&Brought { end: None, ..none.clone() }), [Trouble::CatalogSilent]);
        assert_eq!(found(&none), [Trouble::CatalogEmpty]);
        // Declared and not sent: short, and nobody knows whether there is a camera among them.
        assert_eq!(found(&Brought { items: (5, 0), state: CatalogState::Incomplete, ..none }), [Trouble::CatalogShort]);
    }

    #[test]
    fn a_catalogue_without_cameras_a_short_one_and_a_platform_that_left() {
        assert_eq!(found(&Brought { cameras: 0, picture: None, ..good() }), [Trouble::NoCameras]);
        let short = Brought { items: (64, 60), state: CatalogState::Incomplete, why: "实收少于声明数".into(), ..good() };
        assert_eq!(found(&short), [Trouble::CatalogShort]);
        let over = Brought { items: (60, 64), state: CatalogState::Disputed, ..good() };
        assert_eq!(found(&over), [Trouble::CatalogDisputed]);
        assert_eq!(found(&Brought { lost: true, ..good() }), [Trouble::PlatformLost]);
    }

    #[test]
    fn no_media_is_a_closed_port_and_anything_else_no_picture() {
        let dark = |cause| Brought { picture: None, cause, ..good() };
        let code = || "37172300011320000001".to_owned();
        assert_eq!(found(&dark(Some((Cause::NoMedia, code())))), [Trouble::MediaClosed]);
        assert_eq!(found(&dark(Some((Cause::Rejected, code())))), [Trouble::NoPicture]);
        assert_eq!(found(&dark(None)), [Trouble::NoPicture]);
        assert_eq!(found(&dark(Some((Cause::OurFault, code())))), [Trouble::Unfinished]);
    }

    #[test]
    fn what_we_ended_ourselves_is_not_the_platforms_doing() {
        let stopped = Brought { picture: None, ours: Some(Incomplete::Stopped), ..good() };
        let nothing = Brought { items: (0, 0), cameras: 0, state: CatalogState::Incomplete, ..stopped.clone() };
        for end in [None, Some(QueryEnd::Silent), Some(QueryEnd::Interrupted)] {
            assert_eq!(found(&Brought { end, ..nothing.clone() }), [Trouble::Unfinished], "{end:?}");
        }
        assert_eq!(
            found(&Brought { items: (64, 10), state: CatalogState::Incomplete, ..stopped.clone() }),
            [Trouble::Unfinished]
        );
        assert_eq!(found(&stopped), [Trouble::Unfinished]);
        // What it said stands, and a picture ends the run as well.
        assert_eq!(found(&Brought { end: Some(QueryEnd::Refused(403)), ..nothing }), [Trouble::CatalogRefused]);
        assert_eq!(found(&Brought { ours: Some(Incomplete::Stopped), ..good() }), []);
    }
}
