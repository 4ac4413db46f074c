//! Floor 7: two runs held against each other: what changed from one to the next, and what one platform did to what it had
//! from another. Reports come in finished; nothing is judged here.

pub mod fields;
pub mod html;
pub mod mirror;
pub mod nightly;
pub mod output;
pub mod pair;
pub mod period;
pub mod screen;
pub mod sums;
mod trend;
mod words;

use std::collections::BTreeMap;

use crate::base::lang::{Lang, say};
use crate::catalog::Item;
use crate::evidence::problems::Problem;
use crate::indicator::RateResult;
use crate::manscdp::item::Element;
use crate::probe::outcome::{Cause, ProbeVerdict};
use crate::profile::RateId;
use crate::report::{Camera, Report};
use crate::rules::tables::CodeChange;
use fields::FieldChange;
use pair::{How, Pair, Pairing, pair};
use sums::{Counted, Group, Sums};

/// Something to know before the numbers are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Stable id.
    pub id: &'static str,
    /// For people.
    pub text: String,
}

/// A camera whose code became another: 改码, neither new nor vanished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recoded {
    /// Its place among the cameras of the first run.
    pub before: usize,
    /// Of the second.
    pub after: usize,
    /// By what it was found.
    pub how: How,
}

/// A camera whose record changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed<'r> {
    /// Its place among the cameras of the first run.
    pub before: usize,
    /// Of the second.
    pub after: usize,
    /// What changed.
    pub fields: Vec<FieldChange<'r>>,
}

/// What came of calling a camera, in one run and the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureChange {
    /// Its place among the cameras of the first run.
    pub before: usize,
    /// Of the second.
    pub after: usize,
    /// The answer in the first run, and why not.
    pub was: (ProbeVerdict, Option<Cause>),
    /// In the second.
    pub is: (ProbeVerdict, Option<Cause>),
    /// 反复: it had none before, gave one, and has none again.
    pub reopened: bool,
}

/// How findings of a rule moved. A camera in one run only neither closes a finding nor opens one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moves {
    /// On cameras of both runs: only in the second.
    pub new: u64,
    /// 反复: of these, those the book of problems knows to have been closed a short while before.
    pub reopened: u64,
    /// Only in the first.
    pub closed: u64,
    /// In both.
    pub still: u64,
    /// In one, and the other run could not judge the rule for the camera.
    pub untold: u64,
    /// On cameras of the first run only.
    pub only_before: u64,
    /// On cameras of the second run only.
    pub only_after: u64,
}

impl Moves {
    pub(in crate::diff) fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

/// A rule, over all cameras.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleMoves {
    /// The rule.
    pub rule: &'static str,
    /// Findings that cost a field.
    pub failures: Moves,
    /// Findings that do not.
    pub remarks: Moves,
}

/// A finding that is new or closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingChange<'r> {
    /// The rule.
    pub rule: &'static str,
    /// Whether it costs a field.
    pub counts: bool,
    /// New in the second run; closed otherwise.
    pub is_new: bool,
    /// 反复: new, and the book of problems knows that it came back.
    pub reopened: bool,
    /// The camera's place: in the second run where the finding is new, in the first where it is closed.
    pub camera: usize,
    /// What the rule said.
    pub message: &'r str,
}

/// A rate in both runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateChange<'r> {
    /// Which.
    pub rate: RateId,
    /// In the first run.
    pub before: Option<&'r RateResult>,
    /// In the second.
    pub after: Option<&'r RateResult>,
}

impl RateChange<'_> {
    /// How numerator and denominator changed, where both runs measured it.
    #[must_use]
    pub fn difference(&self) -> Option<(i128, i128)> {
        let (was, is) = (self.before?.value?, self.after?.value?);
        let difference = |is: u64, was: u64| i128::from(is) - i128::from(was);
        Some((difference(is.numerator, was.numerator), difference(is.denominator, was.denominator)))
    }
}

/// What changed between two runs of one platform. Places are those of [`Report::cameras`].
#[derive(Debug)]
pub struct Diff<'r> {
    /// The first run.
    pub before: &'r Report,
    /// The second.
    pub after: &'r Report,
    /// What to know before the numbers are read.
    pub notes: Vec<Note>,
    /// The five rates.
    pub rates: Vec<RateChange<'r>>,
    /// Cameras of the second run only.
    pub new: Vec<usize>,
    /// Whether they are new: what the first run did not receive may have been there.
    pub new_is_sure: bool,
    /// Cameras of the first run only.
    pub vanished: Vec<usize>,
    /// Whether they vanished: what the second run did not receive may still be there.
    pub vanished_is_sure: bool,
    /// 改码
    pub recoded: Vec<Recoded>,
    /// Cameras whose records changed.
    pub changed: Vec<Changed<'r>>,
    /// How many cameras changed in each element.
    pub fields: BTreeMap<Element, u64>,
    /// Cameras of both runs in which nothing changed, not even the code.
    pub unchanged: u64,
    /// Cameras that gave a picture in one run only; empty unless both called cameras.
    pub pictures: Vec<PictureChange>,
    /// Cameras whose picture is the same to the last pixel in both runs: no camera sees that twice.
    pub replayed: Vec<(usize, usize)>,
    /// Rules with at least one finding in either run.
    pub rules: Vec<RuleMoves>,
    /// Findings new or closed on cameras of both runs.
    pub findings: Vec<FindingChange<'r>>,
    /// Whether the book of problems was kept in both runs: without it nobody knows what came back.
    pub has_book: bool,
    /// All problems together.
    pub total: Sums,
    /// By 责任单位, the worst first.
    pub units: Vec<Group>,
    /// By recorder, the worst first.
    pub recorders: Vec<Group>,
}

/// The items of the cameras of a report.
fn items(report: &Report) -> Vec<&Item> {
    report.cameras.iter().filter_map(|camera| report.item(camera.item)).collect()
}

/// Old and new codes of the tables of changed codes of two runs.
#[must_use]
pub fn codes(tables: [&[CodeChange]; 2]) -> Vec<(&str, &str)> {
    tables.into_iter().flatten().map(|change| (change.old.as_str(), change.new.as_str())).collect()
}

/// What changed from `before` to `after`. `changes`: codes that are known to have become others. Nothing is known of earlier runs.
#[must_use]
pub fn diff<'r>(before: &'r Report, after: &'r Report, changes: &[(&str, &str)]) -> Diff<'r> {
    diff_with(before, after, changes, None)
}

/// The same. `book`: what the book of problems says of the platform, if it was kept in both runs.
#[must_use]
pub fn diff_with<'r>(before: &'r Report, after: &'r Report, changes: &[(&str, &str)], book: Option<&[Problem]>) -> Diff<'r> {
    let (old, new) = (items(before), items(after));
    let Pairing { pairs, only_before, only_after } = pair(&old, &new, changes);
    let mut changed = Vec::new();
    let mut fields: BTreeMap<Element, u64> = BTreeMap::new();
    let mut recoded = Vec::new();
    let mut unchanged = 0;
    for Pair { before, after, how } in pairs.iter().copied() {
        let (Some(was), Some(is)) = (old.get(before), new.get(after)) else { continue };
        let found = fields::changes(was, is);
        match how {
            How::Code if found.is_empty() => unchanged += 1,
            How::Code => (),
            How::Listed | How::Same(_) => recoded.push(Recoded { before, after, how }),
        }
        for change in &found {
            *fields.entry(change.element).or_default() += 1;
        }
        if !found.is_empty() {
            changed.push(Changed { before, after, fields: found });
        }
    }
    // Of two runs in the wrong order nothing came back.
    let book = book.filter(|_| before.header.started <= after.header.started);
    let Counted { rules, findings, pictures, total, units, recorders } =
        sums::count(before, after, (&pairs, &only_before, &only_after), book);
    Diff {
        before,
        after,
        notes: notes(before, after),
        rates: RateId::ALL
            .into_iter()
            .map(|rate| RateChange { rate, before: before.rate(rate), after: after.rate(rate) })
            .collect(),
        new: only_after,
        new_is_sure: !before.catalog.state.voids(),
        vanished: only_before,
        vanished_is_sure: !after.catalog.state.voids(),
        recoded,
        changed,
        fields,
        unchanged,
        pictures,
        replayed: replayed(before, after, &pairs),
        rules,
        findings,
        has_book: book.is_some(),
        total,
        units,
        recorders,
    }
}

impl Diff<'_> {
    /// Failures that were not there before: on cameras of both runs, and with cameras that are new.
    #[must_use]
    pub fn new_failures(&self) -> u64 {
        self.rules.iter().map(|rule| rule.failures.new + rule.failures.only_after).sum()
    }

    /// The item of a camera of the first run.
    #[must_use]
    pub fn old(&self, camera: usize) -> Option<&Item> {
        self.before.item(self.before.cameras.get(camera)?.item)
    }

    /// The item of a camera of the second.
    #[must_use]
    pub fn young(&self, camera: usize) -> Option<&Item> {
        self.after.item(self.after.cameras.get(camera)?.item)
    }
}

/// Cameras that show the very picture they showed before; the name of a snapshot is made from its content.
fn replayed(before: &Report, after: &Report, pairs: &[Pair]) -> Vec<(usize, usize)> {
    let snapshot = |report: &'_ Report, place: usize| -> Option<String> {
        let record = report.probes.get(report.item(report.cameras.get(place)?.item)?.id())?;
        let visible = record.attempts.iter().any(|a| a.picture.as_ref().is_some_and(|picture| picture.visible));
        record.snapshot.clone().filter(|_| visible)
    };
    let same = |pair: &&Pair| snapshot(after, pair.after).is_some_and(|is| snapshot(before, pair.before) == Some(is));
    pairs.iter().filter(same).map(|pair| (pair.before, pair.after)).collect()
}

/// Whether a run could judge a rule for a camera.
fn could_tell(rule: &str, camera: &Camera, report: &Report) -> bool {
    !camera.judgement.unjudged.iter().any(|(id, _)| *id == rule) && !report.without_table.iter().any(|r| r.id == rule)
}

fn notes(before: &Report, after: &Report) -> Vec<Note> {
    let lang: Lang = after.lang;
    let (was, is) = (&before.header, &after.header);
    let mut notes = Vec::new();
    let mut note = |id: &'static str, holds: bool, text: String| {
        if holds {
            notes.push(Note { id, text });
        }
    };
    note("reversed", was.started > is.started, {
        say!(
            lang,
            "第一个批次比第二个晚：新增与消失是反过来的",
            "the first run is the later one: new and vanished are the other way round"
        )
    });
    note("first_not_whole", before.catalog.state.voids(), {
        let state = before.catalog.state.title().get(lang);
        say!(
            lang,
            "第一个批次的目录{state}：只在第二个批次中的摄像机不能断定是新增",
            "the catalogue of the first run is {state}: a camera of the second only may not be new"
        )
    });
    note("second_not_whole", after.catalog.state.voids(), {
        let state = after.catalog.state.title().get(lang);
        say!(
            lang,
            "第二个批次的目录{state}：没有收到的摄像机不能断定已消失",
            "the catalogue of the second run is {state}: a camera that was not received may not have vanished"
        )
    });
    note("platforms_differ", was.platform.id != is.platform.id && !was.platform.id.is_empty() && !is.platform.id.is_empty(), {
        let (old, new) = (&was.platform.id, &is.platform.id);
        say!(lang, "两个批次的平台编码不同：{old}、{new}", "the runs are of platforms of different codes: {old}, {new}")
    });
    note("profiles_differ", before.profile.hash() != after.profile.hash(), {
        let (old, new) = (&before.profile.id, &after.profile.id);
        say!(
            lang,
            "两次口径不同（{old}、{new}）：比率和问题的变化可能由口径引起",
            "the profiles differ ({old}, {new}): rates and findings may have changed by them"
        )
    });
    note("jurisdictions_differ", was.jurisdiction != is.jurisdiction, {
        say!(lang, "两次辖区设置不同", "the jurisdictions differ")
    });
    note("editions_differ", was.platform.edition != is.platform.edition, {
        let (old, new) = (&was.platform.edition, &is.platform.edition);
        say!(lang, "两次按不同版本判断（{old}、{new}）", "judged by different editions ({old}, {new})")
    });
    note("probing_differs", was.probing != is.probing, {
        say!(
            lang,
            "两次点播的范围不同：出图率不宜直接相减",
            "the runs called different cameras: image output cannot simply be subtracted"
        )
    });
    notes
}
