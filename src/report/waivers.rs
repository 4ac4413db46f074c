//! What the waivers came to, as every format shows it.

use serde::Serialize;

use super::Report;
use super::summary::{percent, ratio};
use super::union::Union;
use crate::base::lang::{Lang, say};
use crate::base::text::grouped;
use crate::evidence::Header;
use crate::indicator::Reading;
use crate::indicator::compliance::WITH_WAIVERS;
use crate::profile::RateId;
use crate::rules::waiver::{MANY_PERCENT, WaiverState, WaiverTally, WaiverUse};

/// Lines of the file that are named on the screen.
const MAX_LINES: usize = 5;

/// Waivers, as text.
pub(super) struct Shown<'a> {
    tally: &'a WaiverTally,
    file: &'a str,
    cameras: u64,
    /// The rate with waivers, if the run answers for it.
    reading: Option<&'a Reading>,
    /// Other platforms have the same waivers.
    in_part: bool,
    lang: Lang,
}

impl<'a> Shown<'a> {
    /// Of one platform; nothing when no waivers were given.
    pub(super) fn of(report: &'a Report) -> Option<Self> {
        let shown = Self::new(report.waivers.as_ref()?, &report.header, report.cameras.len() as u64, report.lang)?;
        let reading = with_waivers(&report.readings, &report.asked);
        Some(Self { reading, in_part: report.platform_label.is_some(), ..shown })
    }

    /// Of several platforms.
    pub(super) fn together(union: &'a Union, cameras: u64) -> Option<Self> {
        let shown = Self::new(union.waivers.as_ref()?, &union.header, cameras, union.lang)?;
        Some(Self { reading: with_waivers(&union.readings, &union.asked), ..shown })
    }

    fn new(tally: &'a WaiverTally, header: &'a Header, cameras: u64, lang: Lang) -> Option<Self> {
        let file = &header.waivers.as_ref()?.name;
        Some(Self { tally, file, cameras, reading: None, in_part: false, lang })
    }

    /// How many of them there are, by state.
    pub(super) fn counts(&self) -> String {
        let (all, day) = (grouped(self.tally.rows.len() as u64), &self.tally.day);
        let parts = WaiverState::ALL.map(|state| {
            let (title, n) = (state.title().get(self.lang), grouped(self.tally.of(state).count() as u64));
            say!(self.lang, "{title} {n} 条", "{n} {title}")
        });
        let parts = parts.join(say!(self.lang, "，", ", ").as_str());
        let part = if self.in_part { say!(self.lang, "本平台", "on this platform, ") } else { String::new() };
        say!(self.lang, "豁免 {all} 条（按 {day} 判断）：{part}{parts}", "{all} waivers as of {day}: {part}{parts}")
    }

    /// The rate with waivers beside the one without, which stays the headline.
    pub(super) fn effect(&self) -> Option<String> {
        let reading = self.reading?;
        let lang = self.lang;
        let (title, with, percent) = (RateId::Compliance.title().get(lang), ratio(reading.value), percent(reading.value));
        let verdict = reading.verdict().title().get(lang);
        let (waived, lifted) = (grouped(self.tally.cameras), grouped(self.tally.lifted));
        Some(say!(
            lang,
            "计入豁免后 {title} {with} = {percent}（{verdict}），结论不计豁免；豁免 {waived} 路，其中 {lifted} 路因此合规",
            "with waivers {title} {with} = {percent} ({verdict}), the verdict leaves them out; {waived} cameras waived, {lifted} compliant by it"
        ))
    }

    /// More cameras are waived than goes without a word.
    pub(super) fn warning(&self) -> Option<String> {
        let (waived, cameras) = (grouped(self.tally.cameras), grouped(self.cameras));
        self.tally.is_many(self.cameras).then(|| {
            say!(
                self.lang,
                "豁免涉及 {waived} 路，超过摄像机 {cameras} 路的 {MANY_PERCENT}%，请核对豁免是否过宽",
                "{waived} cameras are waived, over {MANY_PERCENT} % of {cameras}: see whether the waivers are too wide"
            )
        })
    }

    /// The lines of the file that are in this state; nothing when none is.
    fn lines(&self, state: WaiverState) -> Option<String> {
        let rest = self.tally.of(state).count().saturating_sub(MAX_LINES);
        let lines: Vec<String> = self.tally.of(state).take(MAX_LINES).map(|row| row.waiver.line.to_string()).collect();
        let (title, shown) = (state.title().get(self.lang), lines.join(say!(self.lang, "、", ", ").as_str()));
        let more = if rest > 0 { say!(self.lang, " 等", " and others") } else { String::new() };
        (!lines.is_empty()).then(|| say!(self.lang, "{title}：第 {shown}{more} 行", "{title}: line {shown}{more}"))
    }

    /// For the screen, without a line break at its end.
    pub(super) fn summary(&self) -> String {
        let lang = self.lang;
        let effect = self.effect();
        let lists = [self.lines(WaiverState::Expired), self.lines(WaiverState::Unused)];
        let lists: Vec<String> = lists.into_iter().flatten().collect();
        let lists = (!lists.is_empty()).then(|| {
            let (file, lists) = (crate::base::text::excerpt(self.file, 40), lists.join(say!(lang, "；", "; ").as_str()));
            say!(lang, "{file} {lists}", "in {file} {lists}")
        });
        let warning = self.warning().map(|w| say!(lang, "注意：{w}", "note: {w}"));
        let lines = [Some(self.counts()), effect, lists, warning];
        lines.into_iter().flatten().collect::<Vec<_>>().join("\n    ")
    }

    /// By state, each in the order of the file.
    pub(super) fn rows(&self) -> impl Iterator<Item = &'a WaiverUse> {
        let tally = self.tally;
        WaiverState::ALL.into_iter().flat_map(move |state| tally.of(state))
    }

    /// For programs.
    pub(super) fn json(&self) -> WaiversJson<'a> {
        let of = |state| self.tally.of(state).map(row).collect();
        WaiversJson {
            file: self.file,
            as_of: &self.tally.day,
            waivers: self.tally.rows.len(),
            cameras: self.tally.cameras,
            compliant_by_waiver: self.tally.lifted,
            many: self.tally.is_many(self.cameras),
            effective: of(WaiverState::Effective),
            expired: of(WaiverState::Expired),
            unused: of(WaiverState::Unused),
        }
    }
}

fn with_waivers<'a>(readings: &'a [Reading], asked: &[RateId]) -> Option<&'a Reading> {
    readings.iter().find(|r| r.id == WITH_WAIVERS && asked.contains(&r.rate))
}

/// `waivers` of `report.json`.
#[derive(Serialize)]
pub(super) struct WaiversJson<'a> {
    file: &'a str,
    as_of: &'a str,
    waivers: usize,
    cameras: u64,
    compliant_by_waiver: u64,
    many: bool,
    effective: Vec<WaiverJson<'a>>,
    expired: Vec<WaiverJson<'a>>,
    unused: Vec<WaiverJson<'a>>,
}

#[derive(Serialize)]
struct WaiverJson<'a> {
    line: usize,
    rule: &'static str,
    code: &'a str,
    reason: &'a str,
    approver: &'a str,
    until: &'a str,
    cameras: u64,
    findings: u64,
}

fn row(used: &WaiverUse) -> WaiverJson<'_> {
    let waiver = &used.waiver;
    WaiverJson {
        line: waiver.line,
        rule: waiver.rule_key(),
        code: &waiver.code,
        reason: &waiver.reason,
        approver: &waiver.approver,
        until: &waiver.until,
        cameras: used.cameras,
        findings: used.findings,
    }
}
