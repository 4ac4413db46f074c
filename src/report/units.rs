//! 责任单位: the rates by whoever answers for the cameras, and who the missing pictures are put down to.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::summary::{percent, ratio};
use super::{GroupRates, Report, json};
use crate::base::fraction::Fraction;
use crate::base::lang::{Lang, Text, say};
use crate::base::text::{defuse_cell, excerpt, grouped, visible};
use crate::evidence::ProbePlan;
use crate::probe::outcome::Blame;

/// Units listed in `report.json` and on the page, by how many cameras they have; `units.csv` has them all.
const MAX_LISTED: usize = 500;
/// Characters shown of a name.
const MAX_NAME: usize = 80;
/// The columns of `units.csv`.
const COLUMNS: [Text; 11] = [
    Text::new("序号", "No."),
    Text::new("责任单位", "responsible unit"),
    Text::new("依据", "named by"),
    Text::new("摄像机", "cameras"),
    Text::new("出图", "pictures"),
    Text::new("应出图", "due"),
    Text::new("出图率", "image output"),
    Text::new("其中存疑", "doubtful"),
    Text::new("合规", "compliant"),
    Text::new("合规率", "compliance"),
    Text::new("未出图归因", "no picture, put down to"),
];

/// What names a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NamedBy {
    /// The table of the user's.
    Table,
    /// ManagementUnit of the record.
    Record,
    /// Nothing does.
    Nothing,
}

impl NamedBy {
    /// The word in results.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Record => "record",
            Self::Nothing => "unknown",
        }
    }

    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Table => Text::new("对照表", "table"),
            Self::Record => Text::new("目录 ManagementUnit", "ManagementUnit of the record"),
            Self::Nothing => Text::new("未归属", "not known"),
        }
    }
}

/// The cameras one unit answers for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitRates {
    /// Its name; empty for those nobody is known to answer for.
    pub unit: String,
    /// What names it.
    pub named_by: NamedBy,
    /// Its rates.
    pub rates: GroupRates,
    /// Cameras without a picture that prove nothing.
    pub doubtful: u64,
    /// Cameras without a picture, by who that is put down to, and how many of these are doubtful.
    pub blames: BTreeMap<Blame, (u64, u64)>,
}

#[derive(Serialize)]
pub(super) struct UnitJson<'a> {
    unit: Option<&'a str>,
    named_by: &'static str,
    #[serde(flatten)]
    rates: json::GroupJson,
    doubtful: u64,
    blames: BTreeMap<&'static str, u64>,
}

/// Whether any camera has a unit that is known.
fn any_known(report: &Report) -> bool {
    report.units.iter().any(|unit| unit.named_by != NamedBy::Nothing)
}

/// The units that are listed: those with most cameras, in the order of their names; who is not known is always among them.
fn listed(report: &Report) -> Vec<&UnitRates> {
    let mut units: Vec<&UnitRates> = report.units.iter().collect();
    if units.len() > MAX_LISTED {
        units.sort_by_key(|unit| std::cmp::Reverse((unit.named_by == NamedBy::Nothing, unit.rates.compliance.denominator)));
        units.truncate(MAX_LISTED);
        units.sort_by_key(|unit| (unit.named_by == NamedBy::Nothing, &unit.unit));
    }
    units
}

/// For `report.json`.
pub(super) fn json(report: &Report) -> Vec<UnitJson<'_>> {
    let row = |unit: &'_ UnitRates| -> (json::GroupJson, BTreeMap<&'static str, u64>) {
        (json::group(unit.rates), unit.blames.iter().map(|(blame, (all, _))| (blame.id(), *all)).collect())
    };
    let units = listed(report).into_iter().map(|unit| {
        let (rates, blames) = row(unit);
        let name = Some(unit.unit.as_str()).filter(|_| unit.named_by != NamedBy::Nothing);
        UnitJson { unit: name, named_by: unit.named_by.id(), rates, doubtful: unit.doubtful, blames }
    });
    units.collect()
}

/// Units `report.json` leaves out.
pub(super) fn left_out(report: &Report) -> u64 {
    report.units.len().saturating_sub(MAX_LISTED) as u64
}

/// One row, as text.
pub(super) struct UnitRow {
    pub(super) name: String,
    pub(super) cameras: String,
    pub(super) output: String,
    pub(super) output_percent: String,
    pub(super) doubtful: String,
    pub(super) compliance: String,
    pub(super) compliance_percent: String,
    pub(super) blames: String,
}

/// What is called nobody's.
pub(super) fn name(unit: &UnitRates, lang: Lang) -> String {
    if unit.named_by == NamedBy::Nothing { unit.named_by.title().get(lang).to_owned() } else { shown(&unit.unit) }
}

fn shown(text: &str) -> String {
    excerpt(&visible(text), MAX_NAME)
}

/// Nobody was called is no picture missing.
pub(super) fn output(report: &Report, unit: &UnitRates) -> Fraction {
    if report.header.probing == ProbePlan::No { Fraction::default() } else { unit.rates.output }
}

pub(super) fn blames(unit: &UnitRates, lang: Lang) -> String {
    let part = |(blame, (n, _)): (&Blame, &(u64, u64))| {
        let (title, n) = (blame.title().get(lang), grouped(*n));
        format!("{title} {n}")
    };
    unit.blames.iter().map(part).collect::<Vec<_>>().join(say!(lang, "，", ", ").as_str())
}

/// The rows of the page, and a word on those that are left out; nothing where no unit is known.
pub(super) fn rows(report: &Report) -> super::html::List<UnitRow> {
    let lang = report.lang;
    if !any_known(report) {
        let rest = (!report.cameras.is_empty()).then(|| {
            say!(
                lang,
                "责任单位：没有对照表（[tables] units），目录中也没有 ManagementUnit，因此不分单位列出。",
                "Responsible units: there is no table of them ([tables] units) and no ManagementUnit in the catalogue, so nothing is listed by unit."
            )
        });
        return super::html::List { rows: Vec::new(), rest };
    }
    let of = |value: Fraction| {
        if value.denominator == 0 { ("—".to_owned(), "—".to_owned()) } else { (ratio(value), percent(value)) }
    };
    let row = |unit: &UnitRates| {
        let (output, output_percent) = of(output(report, unit));
        let (compliance, compliance_percent) = of(unit.rates.compliance);
        UnitRow {
            name: name(unit, lang),
            cameras: grouped(unit.rates.compliance.denominator),
            output,
            output_percent,
            doubtful: grouped(unit.doubtful),
            compliance,
            compliance_percent,
            blames: if report.header.probing == ProbePlan::No { String::new() } else { blames(unit, lang) },
        }
    };
    let (total, most) = (grouped(report.units.len() as u64), grouped(MAX_LISTED as u64));
    let rest = (left_out(report) > 0).then(|| {
        say!(
            lang,
            "共 {total} 个，只列摄像机最多的 {most} 个；全部见 units.csv。",
            "{total} in all, the {most} with most cameras are shown; units.csv has them all."
        )
    });
    super::html::List { rows: listed(report).into_iter().map(row).collect(), rest }
}

/// `units.csv`
pub(super) fn csv(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let lang = report.lang;
    out.write_all(b"\xEF\xBB\xBF")?;
    let mut table = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(out);
    table.write_record(COLUMNS.map(|c| c.get(lang)))?;
    for (unit, number) in report.units.iter().zip(1_u64..) {
        let (output, compliance) = (output(report, unit), unit.rates.compliance);
        let cells = [
            number.to_string(),
            name(unit, lang),
            unit.named_by.title().get(lang).to_owned(),
            compliance.denominator.to_string(),
            output.numerator.to_string(),
            output.denominator.to_string(),
            output.percent().unwrap_or_default(),
            unit.doubtful.to_string(),
            compliance.numerator.to_string(),
            compliance.percent().unwrap_or_default(),
            if report.header.probing == ProbePlan::No { String::new() } else { blames(unit, lang) },
        ];
        table.write_record(cells.iter().map(|cell| defuse_cell(cell).into_owned()))?;
    }
    table.flush()
}
