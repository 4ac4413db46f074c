//! 共享核对: the estate, not only the answer. A platform sends up what somebody shared; what it has, had, and says of itself
//! is held against that. Bears on no rate and on no verdict.

use serde::{Deserialize, Serialize};

use super::Report;
use crate::base::fraction::Fraction;
use crate::base::lang::{Lang, Text, say};
use crate::base::text::{excerpt, grouped};
use crate::evidence::Mode;

/// Cameras listed of each kind; what is over is counted only.
pub const MAX_LISTED: usize = 20_000;

/// A camera by code and name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Named {
    /// Its code, as trimmed.
    pub device_id: String,
    /// Its name.
    pub name: String,
    /// Status as it was claimed; empty where it was not.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub status: String,
}

/// A camera whose code is another now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renumbered {
    /// 旧编码
    pub old: String,
    /// 新编码
    pub new: String,
    /// Its name now.
    pub name: String,
    /// By what it was found: `listed`, `mac`, `endpoint`, `name_and_point`.
    pub by: String,
}

/// What an earlier run of the same platform had. Worked out when the run ended, from the evidence of that run, and kept
/// with this one's, so that a report drawn again needs no store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    /// 检测批次
    pub run: String,
    /// When it began, microseconds.
    pub started: i64,
    /// Its cameras.
    pub cameras: u64,
    /// Cameras of both under one code.
    pub kept: u64,
    /// Cameras of this run only, changed codes left out.
    pub new: u64,
    /// Cameras of that run only, changed codes left out.
    pub gone: u64,
    /// Of these, those it called off line.
    pub gone_offline: u64,
    /// 改码
    pub recoded: u64,
    /// Cameras whose picture is the same to the last pixel as it was in that run.
    #[serde(default)]
    pub replayed: u64,
    /// The first of them, up to [`MAX_LISTED`].
    #[serde(default)]
    pub replayed_list: Vec<Named>,
    /// Cameras whose picture is nearly the same as it was in that run, the former left out. A quiet scene is: advice.
    #[serde(default)]
    pub near: u64,
    /// The first of them, up to [`MAX_LISTED`].
    #[serde(default)]
    pub near_list: Vec<Named>,
    /// Of these, those whose light is the same to a hundredth too, as no sensor gives it twice.
    #[serde(default)]
    pub still: u64,
    /// The first of them, up to [`MAX_LISTED`].
    #[serde(default)]
    pub still_list: Vec<Named>,
    /// Those that are gone, up to [`MAX_LISTED`].
    pub gone_list: Vec<Named>,
    /// Those whose code changed, up to [`MAX_LISTED`].
    pub recoded_list: Vec<Renumbered>,
}

/// What 台账 lists and the catalogue has not, and the other way round.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    /// The file's name.
    pub file: String,
    /// Its rows that speak of cameras; rows of one code count once.
    pub rows: u64,
    /// Found by their code.
    pub by_code: u64,
    /// Found by a name that only one row and one camera have.
    pub by_name: u64,
    /// Rows that are not in the catalogue.
    pub missing: u64,
    /// Cameras of the catalogue that are in no row.
    pub unlisted: u64,
    /// The former, up to [`MAX_LISTED`].
    pub missing_list: Vec<Named>,
    /// The latter.
    pub unlisted_list: Vec<Named>,
    /// Found by name under another code: that of the ledger, and that of the catalogue.
    pub other_code_list: Vec<Renumbered>,
}

/// What the platform claims of its cameras' state, and what was seen of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Claims {
    /// Cameras it calls on line.
    pub on: u64,
    /// Off line.
    pub off: u64,
    /// Of which it says nothing that can be read.
    pub silent: u64,
    /// Every one of many cameras has the same Status.
    pub uniform: bool,
    /// Called on line, and no call ever went through: none was answered with 200.
    pub on_unanswered: u64,
    /// Called on line, and it was seen to give no picture; those above are among them.
    pub on_without_picture: u64,
    /// Called off line, and gave a picture.
    pub off_with_picture: u64,
    /// The first of the unanswered, up to [`MAX_LISTED`].
    pub on_unanswered_list: Vec<Named>,
    /// Those off line with a picture.
    pub off_with_picture_list: Vec<Named>,
}

/// Cameras of several codes whose pictures are the same to the last pixel: one stream, or one still picture, under many
/// codes. No two cameras, and no camera twice, sees the same.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SamePicture {
    /// The snapshot's name, which is made from its content.
    pub snapshot: String,
    /// The cameras.
    pub cameras: Vec<Named>,
}

/// All that is known of the estate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Estate {
    /// 共享率: cameras in the catalogue, of those its administrators say there are. Absent without that number, and where
    /// the catalogue is not whole.
    pub share: Option<Fraction>,
    /// The latest earlier complete run.
    pub earlier: Option<Earlier>,
    /// 台账
    pub ledger: Option<Ledger>,
    /// Claims of status.
    pub claims: Claims,
    /// Pictures several cameras share, the most shared first.
    pub same_pictures: Vec<SamePicture>,
}

/// One line of `estate.csv`.
pub(super) struct Line<'e> {
    pub(super) kind: Text,
    pub(super) id: &'e str,
    pub(super) name: &'e str,
    pub(super) other: &'e str,
    pub(super) status: &'e str,
}

const GONE: Text = Text::new("上次有、这次没有", "in the earlier run, not in this one");
const GONE_PERHAPS: Text = Text::new("上次有、这次未收到", "in the earlier run, not received now");
const RECODED: Text = Text::new("改码", "code changed");
const MISSING: Text = Text::new("台账有、目录没有", "in the ledger, not in the catalogue");
const MISSING_PERHAPS: Text = Text::new("台账有、这次未收到", "in the ledger, not received now");
const UNLISTED: Text = Text::new("目录有、台账没有", "in the catalogue, not in the ledger");
const OTHER_CODE: Text = Text::new("与台账同名、编码不同", "named in the ledger under another code");
const UNANSWERED: Text = Text::new("报在线、点播不通", "called on line, no call went through");
const REPLAYED: Text = Text::new("画面与上次完全相同", "the same picture as in the earlier run");
const NEAR: Text = Text::new("画面与上次几乎相同", "nearly the picture of the earlier run");
const STILL: Text = Text::new("画面与上次几乎相同且亮度不变", "nearly the picture of the earlier run, in the very same light");
const SAME_PICTURE: Text = Text::new("画面与其他摄像机完全相同", "the same picture as other cameras");
const OFF_PICTURE: Text = Text::new("报离线、点播出图", "called off line, gave a picture");

fn plain<'e>(lines: &mut Vec<Line<'e>>, kind: Text, list: &'e [Named]) {
    lines.extend(list.iter().map(|one| Line { kind, id: &one.device_id, name: &one.name, other: "", status: &one.status }));
}

fn renumbered<'e>(lines: &mut Vec<Line<'e>>, kind: Text, list: &'e [Renumbered]) {
    lines.extend(list.iter().map(|one| Line { kind, id: &one.new, name: &one.name, other: &one.old, status: "" }));
}

impl Estate {
    /// Cameras whose picture is also another's.
    #[must_use]
    pub fn same_picture_cameras(&self) -> u64 {
        self.same_pictures.iter().map(|same| same.cameras.len() as u64).sum()
    }

    /// Everything listed, in order. `whole`: the catalogue is, so that what is not in it is not shared.
    pub(super) fn lines(&self, whole: bool) -> Vec<Line<'_>> {
        let mut lines = Vec::new();
        if let Some(earlier) = &self.earlier {
            plain(&mut lines, if whole { GONE } else { GONE_PERHAPS }, &earlier.gone_list);
            renumbered(&mut lines, RECODED, &earlier.recoded_list);
            plain(&mut lines, REPLAYED, &earlier.replayed_list);
            plain(&mut lines, STILL, &earlier.still_list);
            plain(&mut lines, NEAR, &earlier.near_list);
        }
        if let Some(ledger) = &self.ledger {
            plain(&mut lines, if whole { MISSING } else { MISSING_PERHAPS }, &ledger.missing_list);
            plain(&mut lines, UNLISTED, &ledger.unlisted_list);
            renumbered(&mut lines, OTHER_CODE, &ledger.other_code_list);
        }
        plain(&mut lines, UNANSWERED, &self.claims.on_unanswered_list);
        plain(&mut lines, OFF_PICTURE, &self.claims.off_with_picture_list);
        for same in &self.same_pictures {
            lines.extend(same.cameras.iter().map(|one| Line {
                kind: SAME_PICTURE,
                id: &one.device_id,
                name: &one.name,
                other: &same.snapshot,
                status: &one.status,
            }));
        }
        lines
    }
}

/// One comparison in words: its name of four characters, and what came of it.
pub(super) type Told = (Text, String);

const SHARE: Text = Text::new("共享率", "share");
const EARLIER: Text = Text::new("上次对比", "earlier");
const LEDGER: Text = Text::new("台账核对", "ledger");
const STATUS: Text = Text::new("状态核对", "status");
const PICTURES: Text = Text::new("画面核对", "pictures");

/// What there is to say of the estate, a comparison each. The share comes first; nothing is said where nothing was compared
/// and nothing is odd.
pub(super) fn told(report: &Report) -> Vec<Told> {
    let lang = report.lang;
    let estate = &report.estate;
    let whole = !report.catalog.state.voids();
    let mut told = Vec::new();
    if let Some(share) = estate.share {
        let (n, d) = (grouped(share.numerator), grouped(share.denominator));
        let percent = share.percent().unwrap_or_default();
        told.push((
            SHARE,
            say!(lang, "{n}/{d} = {percent}%（仅供核对，不作结论）", "{n}/{d} = {percent}% (for comparison, decides nothing)"),
        ));
    }
    if let Some(earlier) = &estate.earlier {
        told.push((EARLIER, earlier_told(earlier, whole, lang)));
    }
    if let Some(ledger) = &estate.ledger {
        told.push((LEDGER, ledger_told(ledger, whole, lang)));
    }
    told.extend(claims_told(&estate.claims, lang).map(|text| (STATUS, text)));
    // Where pictures are alike it is said of all of them, also of those that are not the same to the pixel.
    let pictures = pictures_told(estate, report.pictures.shared > 0, lang);
    told.extend(pictures.map(|text| (PICTURES, text)));
    told
}

fn earlier_told(earlier: &Earlier, whole: bool, lang: Lang) -> String {
    let (run, gone, offline) = (excerpt(&earlier.run, 24), grouped(earlier.gone), grouped(earlier.gone_offline));
    let (recoded, new, before) = (grouped(earlier.recoded), grouped(earlier.new), grouped(earlier.cameras));
    if !whole {
        return say!(
            lang,
            "批次 {run} 有 {before} 路，其中 {gone} 路这次未收到；目录不完整，不能断定已取消共享",
            "run {run} had {before} cameras, {gone} of them were not received now; the catalogue is not whole, so they may still be shared"
        );
    }
    let explain = if earlier.gone > 0 { say!(lang, "　须说明", ", to be explained") } else { String::new() };
    say!(
        lang,
        "批次 {run} 有 {before} 路：消失 {gone} 路（上次报离线的 {offline} 路），改码 {recoded} 路，新增 {new} 路{explain}",
        "run {run} had {before} cameras: {gone} are gone ({offline} of them were off line), {recoded} changed code, {new} are new{explain}"
    )
}

fn ledger_told(ledger: &Ledger, whole: bool, lang: Lang) -> String {
    let (rows, missing, unlisted) = (grouped(ledger.rows), grouped(ledger.missing), grouped(ledger.unlisted));
    let by_name = grouped(ledger.by_name);
    let state = if whole {
        say!(lang, "目录中没有 {missing} 路", "{missing} are not in the catalogue")
    } else {
        say!(lang, "这次未收到 {missing} 路（目录不完整）", "{missing} were not received (the catalogue is not whole)")
    };
    say!(
        lang,
        "台账 {rows} 路：{state}，台账中没有 {unlisted} 路，同名不同码 {by_name} 路；只作核对，不参与比率",
        "{rows} cameras in the ledger: {state}; {unlisted} of the catalogue are not in it; {by_name} found by name under another code; no rate is counted from it"
    )
}

fn claims_told(claims: &Claims, lang: Lang) -> Option<String> {
    let mut parts = Vec::new();
    let (all, on) = (grouped(claims.on + claims.off + claims.silent), grouped(claims.on));
    match (claims.uniform, claims.on > 0, claims.off > 0) {
        (true, true, _) => parts.push(say!(lang, "全部 {all} 路都报在线", "all {all} are called on line")),
        (true, false, true) => parts.push(say!(lang, "全部 {all} 路都报离线", "all {all} are called off line")),
        (true, false, false) => parts.push(say!(lang, "全部 {all} 路都没有状态", "none of {all} has a status")),
        (false, ..) => (),
    }
    let (unanswered, dark) = (grouped(claims.on_unanswered), grouped(claims.on_without_picture));
    if claims.on_without_picture > 0 {
        parts.push(say!(
            lang,
            "报在线 {on} 路中未出图 {dark} 路，其中点播不通（无应答或被拒）{unanswered} 路",
            "of {on} called on line {dark} gave no picture, to {unanswered} of them no call went through"
        ));
    }
    let lit = grouped(claims.off_with_picture);
    if claims.off_with_picture > 0 {
        parts.push(say!(lang, "报离线而出图 {lit} 路", "{lit} called off line gave a picture"));
    }
    (!parts.is_empty()).then(|| parts.join(say!(lang, "；", "; ").as_str()))
}

/// What the line on pictures that are alike says already is not said again.
fn pictures_told(estate: &Estate, alike_told: bool, lang: Lang) -> Option<String> {
    let mut parts = Vec::new();
    if !alike_told && !estate.same_pictures.is_empty() {
        let (n, groups) = (grouped(estate.same_picture_cameras()), grouped(estate.same_pictures.len() as u64));
        parts.push(say!(
            lang,
            "{n} 路的画面与其他摄像机逐像素相同（{groups} 组）　须说明",
            "{n} cameras show the very picture of another ({groups} pictures), to be explained"
        ));
    }
    let Some(earlier) = &estate.earlier else { return joined(&parts, lang) };
    if earlier.replayed > 0 {
        let n = grouped(earlier.replayed);
        parts.push(say!(
            lang,
            "{n} 路的画面与上次逐像素相同　须说明",
            "{n} cameras show the very picture of the earlier run, to be explained"
        ));
    }
    if earlier.still > 0 {
        let n = grouped(earlier.still);
        parts.push(say!(
            lang,
            "{n} 路的画面与上次几乎相同且亮度不变　须说明",
            "{n} cameras show nearly the picture of the earlier run in the very same light, to be explained"
        ));
    }
    if earlier.near > 0 {
        let n = grouped(earlier.near);
        parts.push(say!(
            lang,
            "{n} 路的画面与上次几乎相同（静止场景也会如此，仅作提示）",
            "{n} cameras show nearly the picture of the earlier run (a quiet scene does too: advice)"
        ));
    }
    joined(&parts, lang)
}

fn joined(parts: &[String], lang: Lang) -> Option<String> {
    (!parts.is_empty()).then(|| parts.join(say!(lang, "；", "; ").as_str()))
}

#[derive(Serialize)]
pub(super) struct EstateJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    earlier: Option<EarlierJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ledger: Option<LedgerJson<'a>>,
    status: ClaimsJson,
    same_picture: u64,
}

#[derive(Serialize)]
struct EarlierJson<'a> {
    run: &'a str,
    started: String,
    cameras: u64,
    kept: u64,
    new: u64,
    /// Absent where it cannot be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    vanished: Option<u64>,
    not_received: u64,
    not_received_offline: u64,
    recoded: u64,
    replayed: u64,
    still: u64,
    near: u64,
}

#[derive(Serialize)]
struct LedgerJson<'a> {
    file: &'a str,
    rows: u64,
    by_code: u64,
    by_name: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<u64>,
    not_received: u64,
    unlisted: u64,
}

#[derive(Serialize)]
struct ClaimsJson {
    on: u64,
    off: u64,
    silent: u64,
    uniform: bool,
    on_unanswered: u64,
    on_without_picture: u64,
    off_with_picture: u64,
}

impl<'a> EstateJson<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        let whole = !report.catalog.state.voids();
        let Estate { earlier, ledger, claims, .. } = &report.estate;
        Self {
            same_picture: report.estate.same_picture_cameras(),
            earlier: earlier.as_ref().map(|e| EarlierJson {
                run: &e.run,
                started: crate::base::time::Timestamp::from_micros(e.started).rfc3339(),
                cameras: e.cameras,
                kept: e.kept,
                new: e.new,
                vanished: whole.then_some(e.gone),
                not_received: e.gone,
                not_received_offline: e.gone_offline,
                recoded: e.recoded,
                replayed: e.replayed,
                still: e.still,
                near: e.near,
            }),
            ledger: ledger.as_ref().map(|l| LedgerJson {
                file: &l.file,
                rows: l.rows,
                by_code: l.by_code,
                by_name: l.by_name,
                missing: whole.then_some(l.missing),
                not_received: l.missing,
                unlisted: l.unlisted,
            }),
            status: ClaimsJson {
                on: claims.on,
                off: claims.off,
                silent: claims.silent,
                uniform: claims.uniform,
                on_unanswered: claims.on_unanswered,
                on_without_picture: claims.on_without_picture,
                off_with_picture: claims.off_with_picture,
            },
        }
    }
}

/// Whether the number of cameras can be held against what the platform is said to have.
#[must_use]
pub fn share(expected: Option<u64>, cameras: u64, (whole, mode, received): (bool, Mode, u64)) -> Option<Fraction> {
    let answered = mode == Mode::File || received > 0;
    expected.filter(|expected| *expected > 0 && whole && answered).map(|expected| Fraction::new(cameras, expected))
}
