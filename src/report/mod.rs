//! Floor 6: show. A finished [`Report`] and the formats it is written in, one file a format.
//!
//! An exporter gets a report and a writer; it does not sort, count, round or read the clock.

pub mod areas;
pub mod audience;
pub mod beside;
pub mod choices;
pub mod confirmation;
mod csv;
pub mod document;
mod docx;
pub mod estate;
pub mod form;
mod html;
pub mod items;
pub mod journal;
pub mod json;
pub mod key_positions;
pub mod kit;
pub mod lately;
pub mod limits;
pub mod measures;
pub mod notice;
pub mod notices;
pub mod overview;
mod paper;
mod pdf;
pub mod pictures;
pub mod problems;
pub mod proof;
pub mod public;
pub mod ranking;
pub mod retest;
pub mod rounds;
mod sampling;
pub mod soundness;
pub mod summary;
pub mod template;
pub mod transports;
mod tree;
pub mod union;
pub mod units;
mod waivers;
pub mod workbook;
pub mod xlsx;

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::base::fraction::Fraction;
use crate::base::lang::{Lang, Text, say};
use crate::catalog::tree_health::TreeHealth;
use crate::catalog::{Catalog, Item, Kind};
use crate::evidence::seal::Hashes;
use crate::evidence::{Header, ProbePlan};
use crate::indicator::key_positions::KeyFacts;
use crate::indicator::{CameraFacts, Circumstances, Overall, RateResult, RateVerdict, Reading};
use crate::probe::cause::Why;
use crate::probe::outcome::{Blame, Cause, MediaTransport, ProbeRecord, ProbeVerdict, detail};
use crate::profile::{Profile, RateId};
use crate::rules::waiver::{Waived, WaiverTally};
use crate::rules::{BatchFinding, Judgement, Rule};
use document::Typeface;
use estate::Estate;
use limits::Limits;
use measures::Measures;
use pictures::Pictures;
use transports::Transports;

/// What came of probing one camera, as shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeShown {
    /// The answer.
    pub verdict: ProbeVerdict,
    /// Why not.
    pub cause: Option<Cause>,
    /// Finer.
    pub detail: Box<str>,
    /// Why not, in the fine, and whose it is; nothing where there is a picture.
    pub why: Option<&'static Why>,
    /// Of a camera the platform calls off line: what the call to it showed.
    pub call: Option<&'static Why>,
    /// Index of the attempt that decided, in the code's record.
    pub deciding: Option<usize>,
    /// In what the stream is not what the record says.
    pub differs: Box<[pictures::Differs]>,
    /// The line of the table in which a person says that the picture is live, where it would prove nothing otherwise.
    pub reviewed: Option<usize>,
    /// Transports that brought no picture, in their order.
    pub failed: Box<[MediaTransport]>,
}

impl ProbeShown {
    /// Why not, for people; nothing where there is a picture.
    #[must_use]
    pub fn told(&self, lang: Lang) -> String {
        let Some(why) = self.why else { return String::new() };
        let title = why.title.get(lang);
        match self.beyond(why, lang) {
            Some(more) => say!(lang, "{title}：{more}", "{title}: {more}"),
            None => title.to_owned(),
        }
    }

    /// What the title of the fine cause does not say.
    fn beyond(&self, why: &Why, lang: Lang) -> Option<String> {
        if let Some(call) = self.call {
            return Some(call.title.get(lang).to_owned());
        }
        if let Some(ms) = self.detail.strip_prefix(detail::LATE) {
            return Some(say!(lang, "{ms} 毫秒", "{ms} ms"));
        }
        if self.cause == Some(Cause::PoorPicture) {
            return Some(pictures::named(&self.detail, lang).to_owned());
        }
        match self.detail.strip_prefix(detail::STATUS) {
            Some(code) if why.title.zh.contains(code) => None,
            Some(code) => Some(say!(lang, "应答 {code}", "answer {code}")),
            // The words of the general causes are what somebody else said: a decoder.
            None => (why.is_general() && !self.detail.is_empty()).then(|| self.detail.clone().into_string()),
        }
    }

    /// Who it is put down to, for people; nothing where there is a picture.
    #[must_use]
    pub fn blamed(&self, lang: Lang) -> &'static str {
        self.why.map_or("", |why| why.blame.title().get(lang))
    }
}

/// One camera line.
#[derive(Debug, Clone)]
pub struct Camera {
    /// Its item.
    pub item: usize,
    /// What the rules say.
    pub judgement: Judgement,
    /// What the probe says.
    pub probe: ProbeShown,
    /// The recorder it hangs under.
    pub recorder: Option<String>,
    /// The failures somebody waived.
    pub waived: Box<[Waived]>,
    /// Who answers for it: a place in [`Report::units`].
    pub unit: usize,
}

/// The rates of a group of cameras.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GroupRates {
    /// 出图率
    pub output: Fraction,
    /// 合规率
    pub compliance: Fraction,
}

/// One item that is no camera.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its item.
    pub item: usize,
    /// Its kind.
    pub kind: Kind,
    /// The cameras below it, however deep, each once.
    pub rates: GroupRates,
}

/// Fields counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// 合规
    pub pass: u64,
    /// 不合规
    pub fail: u64,
    /// 不适用
    pub exempt: u64,
    /// 无法判断
    pub unjudged: u64,
}

impl Tally {
    /// The sum of two.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            pass: self.pass + other.pass,
            fail: self.fail + other.fail,
            exempt: self.exempt + other.exempt,
            unjudged: self.unjudged + other.unjudged,
        }
    }

    /// In order, of all.
    #[must_use]
    pub const fn fraction(self) -> Fraction {
        Fraction::new(self.pass + self.exempt, self.pass + self.exempt + self.fail + self.unjudged)
    }
}

/// Lines a rule spoke about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleCount {
    /// The rule.
    pub rule: &'static str,
    /// Lines that fail.
    pub fail: u64,
    /// Lines with a remark.
    pub advice: u64,
}

/// What regions and positions were judged by.
#[derive(Debug, Clone, PartialEq)]
pub struct RegionBasis {
    /// The day of judgment in Beijing, `2026-11-24`.
    pub as_of: String,
    /// The codes of a past year were taken, because the table has changed since.
    pub historic: bool,
    /// Changes of region codes are known up to this day.
    pub codes_until: &'static str,
    /// The cut-off of the list zones and towns are from.
    pub statistics_until: &'static str,
    /// The outlines were the user's own.
    pub own_outlines: bool,
    /// The outlines are known to be in WGS-84 or CGCS2000.
    pub datum_known: bool,
    /// Metres outside an outline that were advice only.
    pub tolerance_m: f64,
}

/// A finished report. Everything an exporter shows stands here; nothing is computed later.
#[derive(Debug)]
pub struct Report {
    /// The language of texts for people.
    pub lang: Lang,
    /// What its pages are set in.
    pub typeface: Typeface,
    /// The run.
    pub header: Header,
    /// 证据摘要: both hashes over all it rests on.
    pub head: Hashes,
    /// The profile.
    pub profile: Profile,
    /// What regions and positions were judged by.
    pub regions: RegionBasis,
    /// The catalogue.
    pub catalog: Catalog,
    /// The cameras, in the order of the lines.
    pub cameras: Vec<Camera>,
    /// Everything else.
    pub nodes: Vec<Node>,
    /// The five rates.
    pub rates: Vec<RateResult>,
    /// The rates this run answers for.
    pub asked: Vec<RateId>,
    /// 总结论
    pub overall: Overall,
    /// Other readings.
    pub readings: Vec<Reading>,
    /// In the order of [`crate::rules::FieldId::ALL`].
    pub fields: [Tally; 4],
    /// What the profile counts beside the four, if anything.
    pub others: Option<Tally>,
    /// What is true of the whole catalogue or of a group in it.
    pub batch: Vec<BatchFinding>,
    /// Rules that could not be asked: their table was not supplied.
    pub without_table: Vec<&'static Rule>,
    /// Rules with at least one line, in their order.
    pub rules: Vec<RuleCount>,
    /// Causes with at least one camera, in their order.
    pub causes: Vec<(Cause, u64)>,
    /// The same in the fine, in the order of the register.
    pub whys: Vec<(&'static Why, u64)>,
    /// Probes by code.
    pub probes: BTreeMap<String, ProbeRecord>,
    /// What was counted, line by line as in `cameras`; several platforms are counted together from it.
    pub facts: Vec<CameraFacts>,
    /// What else bore on the rates.
    pub circumstances: Circumstances,
    /// What the waivers came to, if any were given.
    pub waivers: Option<WaiverTally>,
    /// What is known of the estate beyond the answer.
    pub estate: Estate,
    /// What the pictures say.
    pub pictures: Pictures,
    /// What was measured beside the rates, where that was asked for.
    pub measures: Option<Measures>,
    /// Over which transports pictures came.
    pub transports: Transports,
    /// What recorders and the platform were found to bear.
    pub limits: Limits,
    /// How the tree of the catalogue holds together.
    pub tree: TreeHealth,
    /// What the nights before know of each camera, line by line; empty where nothing is known.
    pub lately: Vec<lately::Lately>,
    /// The rates by recorder, in order of their codes.
    pub recorders: Vec<(String, GroupRates)>,
    /// The rates by whoever answers for the cameras; those nobody is known to answer for come last.
    pub units: Vec<units::UnitRates>,
    /// The same by rank.
    pub ranking: Vec<ranking::Ranked>,
    /// The five rates by compound, community, town, county, city and province, from the smallest.
    pub areas: Vec<areas::AreaRates>,
    /// What the run tells beside the five rates.
    pub beside: Vec<beside::Beside>,
    /// Where each camera belongs.
    pub places: areas::Places,
    /// What was counted of key positions; several platforms are counted together from it.
    pub key_facts: KeyFacts,
    /// What the user's tables come to.
    pub key_positions: key_positions::KeyPositions,
    /// Set when several platforms were audited together: lines carry its name.
    pub platform_label: Option<String>,
    /// Whom it is for.
    pub audience: audience::Audience,
}

/// 未完成, where a conclusion would stand.
const INCOMPLETE: Text = Text::new("未完成", "not completed");

/// How a run ended, for the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// 达标
    Reached = 0,
    /// 未判定
    Undecided = 4,
    /// 未达标
    Missed = 1,
    /// Not completed.
    Incomplete = 3,
}

impl Exit {
    /// How much worse one is than another: 3 beats 1 beats 4 beats 0.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::Reached => 0,
            Self::Undecided => 1,
            Self::Missed => 2,
            Self::Incomplete => 3,
        }
    }

    /// The code.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }
}

impl Report {
    /// The item of a camera.
    #[must_use]
    pub fn item(&self, index: usize) -> Option<&Item> {
        self.catalog.items.get(index)
    }

    /// Whether the run reached its end on a catalogue that carries numbers, and judged something.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.header.incomplete.is_none()
            && !self.catalog.state.voids()
            && !self.cameras.is_empty()
            && RateId::ALL.into_iter().any(|id| self.counts(id))
    }

    /// The exit code's meaning.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self.overall {
            _ if !self.is_complete() => Exit::Incomplete,
            Overall::Pass => Exit::Reached,
            Overall::Fail => Exit::Missed,
            Overall::Undecided => Exit::Undecided,
        }
    }

    /// Whether a rate bears on the overall verdict.
    #[must_use]
    pub fn counts(&self, rate: RateId) -> bool {
        let together = self.key_facts.one_of_several && self.key_positions.is_given();
        match rate {
            RateId::Coverage | RateId::Networking | RateId::Intactness if together => false,
            RateId::Output if self.header.probing == ProbePlan::No => false,
            _ => self.asked.contains(&rate),
        }
    }

    /// A rate.
    #[must_use]
    pub fn rate(&self, id: RateId) -> Option<&RateResult> {
        self.rates.iter().find(|r| r.id == id)
    }

    /// The rates that bear on the overall verdict.
    #[must_use]
    pub fn counting(&self) -> Vec<RateId> {
        RateId::ALL.into_iter().filter(|id| self.counts(*id)).collect()
    }

    /// The verdicts that bear on the overall one.
    pub fn verdicts(&self) -> impl Iterator<Item = RateVerdict> {
        self.rates.iter().filter(|r| self.counts(r.id)).map(|r| r.verdict)
    }

    /// Cameras without a picture, by who it is put down to; doubtful ones are counted beside.
    #[must_use]
    pub fn blames(&self) -> Vec<(Blame, u64, u64)> {
        blames(&self.whys)
    }
}

/// Cameras by who it is put down to, and how many of these are doubtful.
#[must_use]
pub fn blames(whys: &[(&'static Why, u64)]) -> Vec<(Blame, u64, u64)> {
    let mut sums: BTreeMap<Blame, (u64, u64)> = BTreeMap::new();
    for (why, n) in whys {
        let entry = sums.entry(why.blame).or_default();
        entry.0 += n;
        entry.1 += if why.doubtful { *n } else { 0 };
    }
    sums.into_iter().map(|(blame, (all, doubtful))| (blame, all, doubtful)).collect()
}

/// What there is to say of the estate and the pictures beside the rates, one line each.
fn told(report: &Report) -> Vec<estate::Told> {
    let mut told = key_positions::told(report);
    told.extend(estate::told(report));
    told.extend(pictures::told(report));
    told
}

/// What there is to say of the calls.
fn told_of_calls(report: &Report) -> Vec<estate::Told> {
    let mut told = sampling::told(report);
    told.extend(transports::told(report));
    told.extend(limits::told(report));
    told
}

/// One output file of a format.
pub struct OutputFile<T = Report> {
    /// Its name, a contract.
    pub name: &'static str,
    /// Writes it.
    pub write: fn(&T, &mut dyn Write) -> io::Result<()>,
    /// Whether there is something to write.
    pub is_due: fn(&T) -> bool,
}

impl<T> OutputFile<T> {
    /// One that is always written.
    const fn new(name: &'static str, write: fn(&T, &mut dyn Write) -> io::Result<()>) -> Self {
        Self { name, write, is_due: |_| true }
    }
}

/// A format.
pub struct Exporter {
    /// The word in `--format`.
    pub name: &'static str,
    /// Its files.
    pub files: &'static [OutputFile],
}

/// The formats there are.
pub static EXPORTERS: &[&Exporter] =
    &[&html::EXPORTER, &json::EXPORTER, &csv::EXPORTER, &journal::EXPORTER, &xlsx::EXPORTER, &docx::EXPORTER, &pdf::EXPORTER];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_beats_one_beats_four_beats_nothing() {
        let mut exits = [Exit::Reached, Exit::Missed, Exit::Undecided, Exit::Incomplete];
        exits.sort_by_key(|e| e.rank());
        assert_eq!(exits.map(Exit::code), [0, 4, 1, 3]);
    }

    #[test]
    fn exempt_counts_as_reached() {
        let tally = Tally { pass: 57, fail: 2, exempt: 1, unjudged: 0 };
        assert_eq!(tally.fraction().percent().unwrap(), "96.66");
    }
}
