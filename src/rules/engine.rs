//! Asks the rules about one camera and folds their answers into its four fields.

use rayon::prelude::*;

use super::tables::{NOT_SUPPLIED, Tables};
use super::{AskItem, Basis, BatchFinding, Case, Context, FieldId, Finding, REGISTER, Rule, Severity, Step, Verdict};
use crate::base::lang::Text;
use crate::catalog::{Item, Kind};
use crate::edition::Edition;
use crate::manscdp::item::Element;
use crate::profile::{Compliance, Mode};

/// What came of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldVerdict {
    /// 合规
    Pass,
    /// 不合规
    Fail,
    /// 不适用; counts as pass.
    Exempt,
    /// 无法判断; stays in the denominator, not in the numerator.
    Unjudged,
}

impl FieldVerdict {
    /// The word in results.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Exempt => "exempt",
            Self::Unjudged => "unjudged",
        }
    }

    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Pass => Text::new("合规", "pass"),
            Self::Fail => Text::new("不合规", "fail"),
            Self::Exempt => Text::new("不适用", "exempt"),
            Self::Unjudged => Text::new("无法判断", "cannot be told"),
        }
    }

    /// The worse of two, as of fields: fail, unjudged, in order.
    const fn worst(self, other: Self) -> Self {
        match (self, other) {
            (Self::Fail, _) | (_, Self::Fail) => Self::Fail,
            (Self::Unjudged, _) | (_, Self::Unjudged) => Self::Unjudged,
            _ => Self::Pass,
        }
    }

    /// Whether it counts as reached.
    #[must_use]
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Pass | Self::Exempt)
    }
}

/// A finding with the rule it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedFinding {
    /// The rule.
    pub rule: &'static str,
    /// The field.
    pub field: FieldId,
    /// How bad.
    pub severity: Severity,
    /// Whether a field fails for it.
    pub counts: bool,
    /// On whose authority.
    pub basis: Basis,
    /// What is wrong.
    pub finding: Finding,
}

/// What came of one camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// In the order of [`FieldId::ALL`].
    pub fields: [FieldVerdict; 4],
    /// What the profile counts beside the four; in order where it counts nothing.
    pub others: FieldVerdict,
    /// In the order of the rules.
    pub findings: Box<[JudgedFinding]>,
    /// Rules that could not tell, with the reason.
    pub unjudged: Box<[(&'static str, &'static Text)]>,
    /// No field fails on a clause of the standard (仅按国标条文).
    pub compliant_by_clause: bool,
}

impl Judgement {
    /// No field fails or is unjudged.
    #[must_use]
    pub fn is_compliant(&self) -> bool {
        self.fields.iter().all(|f| f.is_good()) && self.others.is_good()
    }
}

/// Judges every camera of a catalogue on all threads. What becomes of each is told of its place in the catalogue, the
/// item and what was judged; it stands in the order of the catalogue.
pub fn judge_all<'a, T: Send>(context: &Context<'a>, then: impl Fn(usize, &'a Item, Judgement) -> T + Sync) -> Vec<T> {
    let items = context.items;
    let cameras: Vec<(u32, &Item)> =
        (0..).zip(items).zip(context.kinds).filter(|(_, kind)| **kind == Kind::Camera).map(|(camera, _)| camera).collect();
    let judged = cameras.par_iter().map_init(Told::default, |told, (place, item)| {
        then(*place as usize, item, judge_into(item, context, &mut |_| false, told))
    });
    judged.collect()
}

/// Judges one camera.
#[must_use]
pub fn judge(item: &Item, context: &Context<'_>) -> Judgement {
    judge_waiving(item, context, &mut |_| false)
}

/// Judges one camera as if the profile did not count some of its failures. `waived` is asked about each failure that
/// would make a field non-compliant, by the rule's code, in the order the rules are asked.
#[must_use]
pub fn judge_waiving(item: &Item, context: &Context<'_>, waived: &mut dyn FnMut(&'static str) -> bool) -> Judgement {
    judge_into(item, context, waived, &mut Told::default())
}

/// The same with room for what is told that serves one camera after the other.
fn judge_into(item: &Item, context: &Context<'_>, waived: &mut dyn FnMut(&'static str) -> bool, told: &mut Told) -> Judgement {
    let case = context.case(item);
    told.compliant_by_clause = true;
    let (mut fields, mut others) = ([FieldVerdict::Pass; 4], FieldVerdict::Pass);
    for (field, asked) in &context.plan.fields {
        let verdict = judge_field(*field, asked, &case, context, waived, told);
        match FieldId::ALL.iter().position(|f| f == field).and_then(|slot| fields.get_mut(slot)) {
            Some(place) => *place = verdict,
            None => others = others.worst(verdict),
        }
    }
    told.findings.sort_by_key(|f| f.rule);
    Judgement {
        fields,
        others,
        findings: told.findings.drain(..).collect(),
        unjudged: told.unjudged.drain(..).collect(),
        compliant_by_clause: told.compliant_by_clause,
    }
}

/// What the rules have said of a camera so far.
#[derive(Default)]
struct Told {
    findings: Vec<JudgedFinding>,
    unjudged: Vec<(&'static str, &'static Text)>,
    compliant_by_clause: bool,
}

/// A rule as it is asked of every camera.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) rule: &'static Rule,
    /// Whether the profile lets it count.
    pub(super) counts: bool,
    /// `None`: it counts, and its table was not supplied.
    check: Option<AskItem>,
}

/// Which rules are asked, decided once for a catalogue.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Of cameras: by field, in the order they are asked.
    pub(super) fields: Vec<(FieldId, Vec<Asked>)>,
    /// Of the catalogue.
    catalogue: Vec<&'static Rule>,
    /// Not asked: their table was not supplied.
    pub(super) without_table: Vec<&'static Rule>,
}

impl Plan {
    /// Left out: rules that are off, those that do not speak about the edition, and all of a field that is off.
    pub(super) fn new(profile: &Compliance, edition: Edition, tables: &Tables) -> Self {
        let mut plan = Self::default();
        let named = |list: &[String], rule: &Rule| list.iter().any(|id| id.eq_ignore_ascii_case(rule.id));
        for field in FieldId::ALL.into_iter().chain(FieldId::OTHERS) {
            let mode = profile.mode(field.key());
            let mut asked = Vec::new();
            let rules = REGISTER.iter().copied().filter(|rule| rule.field == field && mode != Mode::Off);
            for rule in rules.filter(|rule| rule.editions.contain(edition) && !named(&profile.off, rule)) {
                let counts = named(&profile.count, rule) || (mode == Mode::Strict && rule.severity <= Severity::Warn);
                let supplied = rule.needs.is_none_or(|kind| tables.has(kind));
                if !supplied {
                    plan.without_table.push(rule);
                }
                if supplied && rule.check.catalogue().is_some() {
                    plan.catalogue.push(rule);
                }
                // Without its table a rule is asked only where "cannot tell" weighs.
                if let Some(check) = rule.check.item().filter(|_| supplied || counts) {
                    asked.push(Asked { rule, counts, check: supplied.then_some(check) });
                }
            }
            asked.sort_by_key(|asked| asked.rule.step.place().unwrap_or(u8::MAX));
            plan.fields.push((field, asked));
        }
        plan
    }
}

/// The rules that say a code or a region is not there.
const MISSING: [&str; 2] = ["D01", "R01"];

/// Judges the catalogue as a whole: findings in the order of the rules.
#[must_use]
pub fn judge_catalogue(context: &Context<'_>) -> Vec<BatchFinding> {
    let mut findings = Vec::new();
    for rule in &context.plan.catalogue {
        if let Some(check) = rule.check.catalogue() {
            findings.extend(check(context));
        }
    }
    // A rule about groups may speak for the rules about single records too.
    findings.sort_by_key(|finding| REGISTER.iter().position(|rule| rule.id == finding.rule));
    findings
}

/// The rules whose failure makes a field non-compliant under a profile, in the order of the codes.
#[must_use]
pub fn counted(profile: &Compliance, edition: Edition) -> Vec<&'static str> {
    let plan = Plan::new(profile, edition, &Tables::default());
    let mut ids: Vec<_> =
        plan.fields.iter().flat_map(|(_, asked)| asked).filter_map(|asked| asked.counts.then_some(asked.rule.id)).collect();
    ids.sort_by_key(|id| REGISTER.iter().position(|rule| rule.id == *id));
    ids
}

fn judge_field(
    field: FieldId,
    plan: &[Asked],
    case: &Case<'_>,
    context: &Context<'_>,
    waived: &mut dyn FnMut(&'static str) -> bool,
    told: &mut Told,
) -> FieldVerdict {
    let (mut asked, mut exempt, mut failed, mut unjudged) = (0, 0, false, false);
    let (mut ended_at, mut other_form) = (None, false);
    let blank = match field {
        FieldId::Code => case.id.is_empty(),
        FieldId::Region => case.sent(Element::CivilCode).is_none_or(crate::base::text::is_blank),
        _ => false,
    };
    for Asked { rule, counts, check } in plan.iter().copied() {
        let beyond = rule.step.place().zip(ended_at).is_some_and(|(place, end)| place > end);
        if beyond && (other_form || !told.compliant_by_clause) {
            continue;
        }
        // Of what is not there only the rule that says so speaks, counted or not.
        if blank && rule.step.place().is_some() && !MISSING.contains(&rule.id) {
            continue;
        }
        let verdict = check.map_or(Verdict::Unjudged(&NOT_SUPPLIED), |check| check(case, context));
        if beyond {
            // The chain has ended; "clause only" reads as if the rules of other bases did not stand in it.
            let fails = matches!(verdict, Verdict::Fail(finding) if finding.basis.unwrap_or(rule.basis) == Basis::Clause);
            told.compliant_by_clause &= !(fails && counts);
            continue;
        }
        // A note (说明) says nothing of whether the field is in order.
        if !matches!(verdict, Verdict::Off | Verdict::Advice(Severity::Info, _)) {
            asked += 1;
        }
        match verdict {
            Verdict::Pass | Verdict::Off => (),
            Verdict::Exempt => exempt += 1,
            Verdict::Advice(severity, finding) => push(rule, severity, false, finding, told),
            Verdict::Unjudged(reason) => {
                unjudged |= counts;
                told.unjudged.push((rule.id, reason));
            }
            Verdict::Fail(finding) => {
                let counts = counts && !waived(rule.id);
                if counts && finding.basis.unwrap_or(rule.basis) == Basis::Clause {
                    told.compliant_by_clause = false;
                }
                // A rule the profile does not count only remarks, and hides nothing.
                other_form |= matches!(rule.step, Step::OtherForm(_));
                if counts || other_form {
                    ended_at = rule.step.place().or(ended_at);
                }
                failed |= counts;
                push(rule, rule.weight(counts), counts, finding, told);
            }
        }
    }
    if context.profile.mode(field.key()) == Mode::Off {
        return FieldVerdict::Exempt;
    }
    match () {
        () if failed => FieldVerdict::Fail,
        () if unjudged => FieldVerdict::Unjudged,
        () if asked > 0 && exempt == asked => FieldVerdict::Exempt,
        () => FieldVerdict::Pass,
    }
}

fn push(rule: &'static Rule, severity: Severity, counts: bool, finding: Finding, told: &mut Told) {
    let basis = finding.basis.unwrap_or(rule.basis);
    told.findings.push(JudgedFinding { rule: rule.id, field: rule.field, severity, counts, basis, finding });
}
