//! 画面: what the pictures themselves say beside whether there is one. Advice, all of it; what several cameras share is withdrawn
//! from proof in a reading of its own, never in the rate (docs/design/0007).

use serde::Serialize;

use super::Report;
use super::estate::{Line, Named, Told};
use crate::base::lang::{Lang, Text, say};
use crate::base::text::{excerpt, grouped};
use crate::media::look;
use crate::profile::Gate;

/// Codes listed of one group in `report.json`; `estate.csv` has them all.
const MAX_CODES: usize = 1_000;

/// In what a stream is not what the record of its camera says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Differs {
    /// Its size is none of Resolution.
    Resolution,
    /// Its codec is none of EncodeType.
    Encoding,
}

impl Differs {
    /// The id in results.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Resolution => "resolution",
            Self::Encoding => "encode_type",
        }
    }
}

/// Cameras of several codes that show one picture.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Alike {
    /// What it looks like.
    pub fingerprint: String,
    /// The cameras.
    pub cameras: Vec<Named>,
}

/// What became of a row in which a person says that a picture is live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewState {
    /// It holds for a picture of this run.
    Effective,
    /// Its last day is over.
    Expired,
    /// No picture of this run needed it.
    Unused,
}

impl ReviewState {
    /// The word in results.
    const fn key(self) -> &'static str {
        match self {
            Self::Effective => "effective",
            Self::Expired => "expired",
            Self::Unused => "unused",
        }
    }
}

/// A row in which a person says that a picture is live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewed {
    /// Its line.
    pub line: usize,
    /// The camera.
    pub code: String,
    /// Who looked.
    pub reviewer: String,
    /// When.
    pub date: String,
    /// The last day it holds.
    pub until: String,
    /// What was seen.
    pub note: String,
    /// What became of it.
    pub state: ReviewState,
}

/// 画面查看表
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviews {
    /// The file's name.
    pub file: String,
    /// Its rows.
    pub rows: Vec<Reviewed>,
    /// The day they were held against.
    pub as_of: String,
}

impl Reviews {
    fn count(&self, state: ReviewState) -> u64 {
        self.rows.iter().filter(|row| row.state == state).count() as u64
    }
}

/// What came of looking at the pictures of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pictures {
    /// Cameras whose picture the checks were asked of.
    pub looked: u64,
    /// Cameras whose picture was held against later ones of the same call.
    pub observed: u64,
    /// Checks that are so, in their order, with the number of cameras.
    pub looks: Vec<(&'static str, u64)>,
    /// Pictures several cameras show, the most shown first.
    pub alike: Vec<Alike>,
    /// Cameras with a picture that is also another's or was theirs on an earlier night, and that nobody has looked at.
    pub withdrawn: u64,
    /// Of these, those whose picture is also another's.
    pub shared: u64,
    /// Cameras a person has looked at, which would be withdrawn or remarked on otherwise.
    pub reviewed: u64,
    /// What a person has looked at, if a table was given.
    pub reviews: Option<Reviews>,
    /// Cameras whose pictures are of another size than their records say.
    pub resolution: u64,
    /// Cameras whose streams are coded otherwise than their records say.
    pub encoding: u64,
}

const QUALITY: Text = Text::new("画面质量", "quality");
const ALIKE: Text = Text::new("画面雷同", "alike");
const REPEATED: Text = Text::new("画面重复", "repeated");
const REVIEWS: Text = Text::new("人工查看", "looked at");
const STREAMS: Text = Text::new("码流核对", "streams");
const ONE_PICTURE: Text = Text::new("同一画面出现在多路", "one picture of several cameras");

impl Pictures {
    /// Cameras that show a picture of several, a line each.
    pub(super) fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.alike.iter().flat_map(|alike| alike.cameras.iter().map(move |one| line(one, &alike.fingerprint)))
    }
}

fn line<'p>(one: &'p Named, fingerprint: &'p str) -> Line<'p> {
    Line { kind: ONE_PICTURE, id: &one.device_id, name: &one.name, other: fingerprint, status: &one.status }
}

/// What a check is called.
pub(super) fn named(id: &str, lang: Lang) -> &str {
    look::title(id).map_or(id, |title| title.get(lang))
}

/// What there is to say; nothing where nothing is odd.
pub(super) fn told(report: &Report) -> Vec<Told> {
    let lang = report.lang;
    let pictures = &report.pictures;
    let mut told = Vec::new();
    if !pictures.looks.is_empty() {
        let parts = pictures.looks.iter().map(|(id, n)| {
            let (title, n) = (named(id, lang), grouped(*n));
            say!(lang, "{title} {n} 路", "{n} {title}")
        });
        let parts = parts.collect::<Vec<_>>().join(say!(lang, "，", ", ").as_str());
        let counts = if report.profile.output.gate == Gate::Quality {
            say!(lang, "计入出图率", "counts in the rate")
        } else {
            say!(lang, "仅作提示，不计入出图率", "advice, counts in no rate")
        };
        told.push((QUALITY, say!(lang, "{parts}（{counts}）", "{parts} ({counts})")));
    }
    if pictures.shared > 0 {
        let n = grouped(pictures.shared);
        told.push((
            ALIKE,
            say!(
                lang,
                "同一画面出现在多路，共 {n} 路：撤出证明，待人工查看（出图率不变，另列不计这些摄像机的算法）",
                "{n} cameras show a picture that others show: withdrawn from proof until a person has looked (the rate stays, a reading without them stands beside it)"
            ),
        ));
    }
    let repeated = pictures.withdrawn - pictures.shared;
    if repeated > 0 {
        let n = grouped(repeated);
        told.push((
            REPEATED,
            say!(
                lang,
                "与上次相同的 {n} 路撤出证明，待人工查看（--reviewed；出图率不变，另列不计这些摄像机的算法）",
                "{n} cameras show the picture of an earlier run: withdrawn from proof until a person has looked (--reviewed; the rate stays, a reading without them stands beside it)"
            ),
        ));
    }
    if let Some(reviews) = &pictures.reviews {
        let count = |state| grouped(reviews.count(state));
        let file = excerpt(&reviews.file, 40);
        let (n, expired, unused) = (grouped(pictures.reviewed), count(ReviewState::Expired), count(ReviewState::Unused));
        told.push((
            REVIEWS,
            say!(
                lang,
                "{file}：已查看、不再撤出 {n} 路；过期 {expired} 行，未用上 {unused} 行",
                "{file}: {n} cameras were looked at and count as proof again; {expired} rows expired, {unused} unused"
            ),
        ));
    }
    let (size, coding) = (grouped(pictures.resolution), grouped(pictures.encoding));
    if pictures.resolution + pictures.encoding > 0 {
        told.push((
            STREAMS,
            say!(
                lang,
                "实际码流与目录不符：分辨率 {size} 路，编码格式 {coding} 路（仅作提示）",
                "streams are not what the catalogue says: {size} by size, {coding} by codec (advice)"
            ),
        ));
    }
    told
}

#[derive(Serialize)]
pub(super) struct PicturesJson<'a> {
    looked: u64,
    observed: u64,
    looks: Vec<LookJson>,
    same: Vec<AlikeJson<'a>>,
    withdrawn: u64,
    reviewed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reviews: Option<ReviewsJson<'a>>,
    resolution_differs: u64,
    encode_type_differs: u64,
}

#[derive(Serialize)]
struct ReviewsJson<'a> {
    file: &'a str,
    as_of: &'a str,
    effective: u64,
    expired: u64,
    unused: u64,
    rows: Vec<ReviewJson<'a>>,
}

#[derive(Serialize)]
struct ReviewJson<'a> {
    line: usize,
    device_id: &'a str,
    reviewer: &'a str,
    date: &'a str,
    until: &'a str,
    note: &'a str,
    state: &'static str,
}

impl<'a> ReviewsJson<'a> {
    fn of(reviews: &'a Reviews) -> Self {
        Self {
            file: &reviews.file,
            as_of: &reviews.as_of,
            effective: reviews.count(ReviewState::Effective),
            expired: reviews.count(ReviewState::Expired),
            unused: reviews.count(ReviewState::Unused),
            rows: reviews
                .rows
                .iter()
                .take(MAX_CODES)
                .map(|row| ReviewJson {
                    line: row.line,
                    device_id: &row.code,
                    reviewer: &row.reviewer,
                    date: &row.date,
                    until: &row.until,
                    note: &row.note,
                    state: row.state.key(),
                })
                .collect(),
        }
    }
}

#[derive(Serialize)]
struct LookJson {
    look: &'static str,
    text: &'static str,
    cameras: u64,
}

#[derive(Serialize)]
struct AlikeJson<'a> {
    fingerprint: &'a str,
    cameras: u64,
    codes: Vec<&'a str>,
}

impl<'a> PicturesJson<'a> {
    /// Nothing where no picture was looked at, and nothing is to be said.
    pub(super) fn of(report: &'a Report) -> Option<Self> {
        let pictures = &report.pictures;
        (*pictures != Pictures::default()).then(|| Self {
            looked: pictures.looked,
            observed: pictures.observed,
            looks: pictures
                .looks
                .iter()
                .map(|(id, cameras)| LookJson {
                    look: id,
                    text: look::title(id).map_or("", |title| title.get(report.lang)),
                    cameras: *cameras,
                })
                .collect(),
            same: pictures
                .alike
                .iter()
                .map(|alike| AlikeJson {
                    fingerprint: &alike.fingerprint,
                    cameras: alike.cameras.len() as u64,
                    codes: alike.cameras.iter().take(MAX_CODES).map(|camera| camera.device_id.as_str()).collect(),
                })
                .collect(),
            withdrawn: pictures.withdrawn,
            reviewed: pictures.reviewed,
            reviews: pictures.reviews.as_ref().map(ReviewsJson::of),
            resolution_differs: pictures.resolution,
            encode_type_differs: pictures.encoding,
        })
    }
}
