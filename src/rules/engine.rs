//! Asks the rules about one camera and folds their answers into its four fields.

use super::{Basis, Case, Context, FieldId, Finding, REGISTER, Rule, Severity, Step, Verdict};
use crate::base::lang::Text;
use crate::catalog::Item;
use crate::edition::Edition;
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
    /// In the order of the rules.
    pub findings: Vec<JudgedFinding>,
    /// Rules that could not tell, with the reason.
    pub unjudged: Vec<(&'static str, Text)>,
    /// No field fails on a clause of the standard (仅按国标条文).
    pub compliant_by_clause: bool,
}

impl Judgement {
    /// No field fails or is unjudged.
    #[must_use]
    pub fn is_compliant(&self) -> bool {
        self.fields.iter().all(|f| f.is_good())
    }
}

/// Judges one camera.
#[must_use]
pub fn judge(item: &Item, context: &Context<'_>) -> Judgement {
    let case = context.case(item);
    let mut judgement =
        Judgement { fields: [FieldVerdict::Pass; 4], findings: Vec::new(), unjudged: Vec::new(), compliant_by_clause: true };
    for (slot, field) in FieldId::ALL.into_iter().enumerate() {
        let verdict = judge_field(field, &case, context, &mut judgement);
        if let Some(place) = judgement.fields.get_mut(slot) {
            *place = verdict;
        }
    }
    judgement.findings.sort_by_key(|f| f.rule);
    judgement
}

/// The rules of a field in the order they are asked, and whether the profile lets them count. Left out: those that
/// are off, those that do not speak about the edition, and all of a field that is off.
pub(super) fn plan(field: FieldId, profile: &Compliance, edition: Edition) -> Vec<(&'static Rule, bool)> {
    let mode = profile.mode(field.key());
    let named = |list: &[String], rule: &Rule| list.iter().any(|id| id.eq_ignore_ascii_case(rule.id));
    let mut rules: Vec<_> = REGISTER
        .iter()
        .copied()
        .filter(|rule| rule.field == field && mode != Mode::Off)
        .filter(|rule| rule.editions.contain(edition) && !named(&profile.off, rule))
        .map(|rule| {
            let counts = named(&profile.count, rule) || (mode == Mode::Strict && rule.severity <= Severity::Warn);
            (rule, counts)
        })
        .collect();
    rules.sort_by_key(|(rule, _)| rule.step.place().unwrap_or(u8::MAX));
    rules
}

/// The rules whose failure makes a field non-compliant under a profile, in the order of the codes.
#[must_use]
pub fn counted(profile: &Compliance, edition: Edition) -> Vec<&'static str> {
    let mut ids: Vec<_> = FieldId::ALL
        .into_iter()
        .flat_map(|field| plan(field, profile, edition))
        .filter_map(|(rule, counts)| counts.then_some(rule.id))
        .collect();
    ids.sort_by_key(|id| REGISTER.iter().position(|rule| rule.id == *id));
    ids
}

fn judge_field(field: FieldId, case: &Case<'_>, context: &Context<'_>, judgement: &mut Judgement) -> FieldVerdict {
    let (mut asked, mut exempt, mut failed, mut unjudged) = (0, 0, false, false);
    let (mut ended_at, mut other_form) = (None, false);
    let plan = FieldId::ALL.iter().position(|f| *f == field).and_then(|slot| context.plan.get(slot));
    for (rule, counts) in plan.into_iter().flatten().copied() {
        let beyond = rule.step.place().zip(ended_at).is_some_and(|(place, end)| place > end);
        if beyond && (other_form || !judgement.compliant_by_clause) {
            continue;
        }
        let verdict = (rule.check)(case, context);
        if beyond {
            // The chain has ended; "clause only" reads as if the rules of other bases did not stand in it.
            let fails = matches!(verdict, Verdict::Fail(finding) if finding.basis.unwrap_or(rule.basis) == Basis::Clause);
            judgement.compliant_by_clause &= !(fails && counts);
            continue;
        }
        if !matches!(verdict, Verdict::Off) {
            asked += 1;
        }
        match verdict {
            Verdict::Pass | Verdict::Off => (),
            Verdict::Exempt => exempt += 1,
            Verdict::Advice(severity, finding) => push(rule, severity, finding, judgement),
            Verdict::Unjudged(reason) => {
                unjudged |= counts;
                judgement.unjudged.push((rule.id, reason));
            }
            Verdict::Fail(finding) => {
                if counts && finding.basis.unwrap_or(rule.basis) == Basis::Clause {
                    judgement.compliant_by_clause = false;
                }
                // A rule the profile does not count only remarks, and hides nothing.
                other_form |= matches!(rule.step, Step::OtherForm(_));
                if counts || other_form {
                    ended_at = rule.step.place().or(ended_at);
                }
                failed |= counts;
                push(rule, if counts { Severity::Error } else { Severity::Warn }, finding, judgement);
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

fn push(rule: &'static Rule, severity: Severity, finding: Finding, judgement: &mut Judgement) {
    let basis = finding.basis.unwrap_or(rule.basis);
    judgement.findings.push(JudgedFinding { rule: rule.id, field: rule.field, severity, basis, finding });
}
