//! 汇总: the five rates by compound, community, town, county, city and province, as ratios of sums.

use std::io::{self, Write};

use serde::Serialize;

use super::Report;
use super::json::RateJson;
use super::summary::{percent, ratio};
use crate::base::lang::{Lang, Text, say};
use crate::base::text::hundredths;
use crate::base::text::{excerpt, grouped, visible};
use crate::indicator::{NO_PLAN, Overall, RateResult};
use crate::position::Community;
use crate::profile::RateId;

/// Areas listed in `report.json` and on the page; `areas.csv` has them all.
const MAX_LISTED: usize = 500;
/// Characters shown of a name.
const MAX_NAME: usize = 80;
/// Fewer of them, and an area is shown without a rank.
pub const MIN_RANKED: u64 = 10;

/// What an area is, from the smallest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AreaKind {
    /// 小区
    Compound,
    /// 社区
    Community,
    /// 街镇
    Town,
    /// 区县
    County,
    /// 市
    City,
    /// 省
    Province,
}

impl AreaKind {
    /// From the smallest.
    pub const ALL: [Self; 6] = [Self::Compound, Self::Community, Self::Town, Self::County, Self::City, Self::Province];

    /// The word in results.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Compound => "compound",
            Self::Community => "community",
            Self::Town => "town",
            Self::County => "county",
            Self::City => "city",
            Self::Province => "province",
        }
    }

    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Compound => Text::new("小区", "compound"),
            Self::Community => Text::new("社区", "community"),
            Self::Town => Text::new("街镇", "town"),
            Self::County => Text::new("区县", "county"),
            Self::City => Text::new("市", "city"),
            Self::Province => Text::new("省", "province"),
        }
    }
}

/// Where cameras belong: many stand in few places.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places {
    /// The places, each once.
    pub all: Vec<Place>,
    /// The place of each camera line, a number among [`Self::all`].
    pub cameras: Vec<u32>,
}

/// Where a camera belongs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Place {
    /// 社区; nothing is known of it where it is empty.
    pub community: Community,
    /// 小区; may be empty.
    pub compound: String,
    /// 区县, its code.
    pub county: Option<u32>,
}

impl Places {
    /// Where the camera on a line belongs.
    #[must_use]
    pub fn of(&self, camera: usize) -> Option<&Place> {
        self.all.get(*self.cameras.get(camera)? as usize)
    }
}

/// The rates of an area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaRates {
    /// What it is.
    pub kind: AreaKind,
    /// Its code, where it has one.
    pub code: String,
    /// Its name; empty: what belongs to none of its kind.
    pub name: String,
    /// The area it lies in, by name.
    pub within: String,
    /// Cameras of the catalogue.
    pub cameras: u64,
    /// In the order of [`RateId::ALL`].
    pub rates: Vec<RateResult>,
    /// By the rates that count.
    pub overall: Overall,
    /// Communities audited in it, and those of them that reached everything.
    pub communities: (u64, u64),
    /// Its place by image output among areas of its kind; ties share one; nothing with fewer than [`MIN_RANKED`] cameras.
    pub rank: Option<u32>,
    /// The means of the rates of its communities, hundredths of a percent, cut; nothing where no community has the rate.
    pub means: [Option<u32>; 5],
}

impl AreaRates {
    /// Its name for people.
    #[must_use]
    pub fn shown(&self, lang: Lang) -> String {
        if self.name.is_empty() { say!(lang, "未归属", "not assigned") } else { excerpt(&visible(&self.name), MAX_NAME) }
    }
}

#[derive(Serialize)]
pub(super) struct AreaJson<'a> {
    kind: &'static str,
    code: &'a str,
    name: Option<&'a str>,
    within: &'a str,
    cameras: u64,
    rates: std::collections::BTreeMap<&'static str, RateJson>,
    overall: &'static str,
    communities: u64,
    communities_passing: u64,
    rank: Option<u32>,
    mean_of_rates: std::collections::BTreeMap<&'static str, String>,
}

/// The areas that are listed: the larger first; of a kind that has too many those in order.
fn listed(report: &Report) -> impl Iterator<Item = &AreaRates> {
    report.areas.iter().rev().take(MAX_LISTED)
}

/// For `report.json`.
pub(super) fn json(report: &Report) -> Vec<AreaJson<'_>> {
    let area = |area: &'_ AreaRates| -> (std::collections::BTreeMap<&'static str, RateJson>, _) {
        let rates = area.rates.iter().map(|rate| (rate.id.key(), RateJson::of(rate, report.lang))).collect();
        let means = RateId::ALL.iter().zip(area.means).filter_map(|(id, mean)| Some((id.key(), hundredths(mean?))));
        (rates, means.collect())
    };
    listed(report)
        .map(|one| {
            let (rates, mean_of_rates) = area(one);
            AreaJson {
                kind: one.kind.key(),
                code: &one.code,
                name: Some(one.name.as_str()).filter(|name| !name.is_empty()),
                within: &one.within,
                cameras: one.cameras,
                rates,
                overall: one.overall.key(),
                communities: one.communities.0,
                communities_passing: one.communities.1,
                rank: one.rank,
                mean_of_rates,
            }
        })
        .collect()
}

/// Areas `report.json` leaves out.
pub(super) fn left_out(report: &Report) -> u64 {
    report.areas.len().saturating_sub(MAX_LISTED) as u64
}

/// A rate in a cell of two lines: `5/9`, `55.55% 未达标`.
#[must_use]
pub fn rate_cell(rate: &RateResult, lang: Lang) -> [String; 2] {
    let verdict = rate.verdict.title().get(lang);
    match rate.value.filter(|value| value.denominator > 0) {
        Some(value) => {
            let percent = percent(value);
            [ratio(value), format!("{percent} {verdict}")]
        }
        None => [verdict.to_owned(), String::new()],
    }
}

/// Communities with cameras and without a plan, where there is one for others.
pub(super) fn without_plan(report: &Report) -> u64 {
    if !report.key_positions.plan {
        return 0;
    }
    let communities = report.areas.iter().filter(|area| area.kind == AreaKind::Community && !area.name.is_empty());
    let unplanned = |area: &&AreaRates| {
        area.rates.iter().any(|rate| rate.id == RateId::Coverage && rate.why.iter().any(|why| why.id == NO_PLAN.id))
    };
    communities.filter(unplanned).count() as u64
}

/// One row of the page, as text.
pub(super) struct AreaRow {
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) within: String,
    pub(super) cameras: String,
    pub(super) rates: Vec<[String; 2]>,
    pub(super) overall: &'static str,
    pub(super) communities: String,
    pub(super) rank: String,
}

/// The rows of the page, and a word on those that are left out.
pub(super) fn rows(report: &Report) -> super::html::List<AreaRow> {
    let lang = report.lang;
    let row = |area: &AreaRates| AreaRow {
        kind: area.kind.title().get(lang),
        name: area.shown(lang),
        within: excerpt(&visible(&area.within), MAX_NAME),
        cameras: grouped(area.cameras),
        rates: area.rates.iter().map(|rate| rate_cell(rate, lang)).collect(),
        overall: area.overall.title().get(lang),
        communities: communities(area),
        rank: area.rank.map(|rank| rank.to_string()).unwrap_or_default(),
    };
    let (total, most) = (grouped(report.areas.len() as u64), grouped(MAX_LISTED as u64));
    let rest = (left_out(report) > 0).then(|| {
        say!(
            lang,
            "共 {total} 个，只列 {most} 个；全部见 areas.csv。",
            "{total} in all, {most} are shown; areas.csv has them all."
        )
    });
    super::html::List { rows: listed(report).map(row).collect(), rest }
}

fn communities(area: &AreaRates) -> String {
    let (audited, passing) = area.communities;
    if area.kind <= AreaKind::Community { String::new() } else { format!("{passing}/{audited}") }
}

/// The columns of `areas.csv`.
pub const COLUMNS: [Text; 19] = [
    Text::new("级别", "kind"),
    Text::new("代码", "code"),
    Text::new("名称", "name"),
    Text::new("所属", "within"),
    Text::new("摄像机", "cameras"),
    Text::new("覆盖率", "coverage"),
    Text::new("覆盖率%", "coverage %"),
    Text::new("联网率", "networking"),
    Text::new("联网率%", "networking %"),
    Text::new("完好率", "intactness"),
    Text::new("完好率%", "intactness %"),
    Text::new("出图率", "image output"),
    Text::new("出图率%", "image output %"),
    Text::new("合规率", "compliance"),
    Text::new("合规率%", "compliance %"),
    Text::new("结论", "conclusion"),
    Text::new("达标社区/检测社区", "communities reached/audited"),
    Text::new("出图率名次", "rank by image output"),
    Text::new("各社区比率的平均（仅供对照）", "means of the communities' rates (for comparison)"),
];

/// A row of `areas.csv`.
#[must_use]
pub fn cells(area: &AreaRates, lang: Lang) -> Vec<String> {
    let mut cells = vec![
        area.kind.title().get(lang).to_owned(),
        area.code.clone(),
        area.shown(lang),
        area.within.clone(),
        area.cameras.to_string(),
    ];
    for rate in &area.rates {
        let value = rate.value.filter(|value| value.denominator > 0);
        cells.push(value.map_or_else(|| rate.verdict.title().get(lang).to_owned(), ratio));
        cells.push(value.and_then(crate::base::fraction::Fraction::percent).unwrap_or_default());
    }
    cells.push(area.overall.title().get(lang).to_owned());
    cells.push(communities(area));
    cells.push(area.rank.map(|rank| rank.to_string()).unwrap_or_default());
    let means = RateId::ALL.iter().zip(area.means).filter_map(|(id, mean)| {
        let (title, mean) = (id.title().get(lang), hundredths(mean?));
        Some(format!("{title} {mean}%"))
    });
    cells.push(means.collect::<Vec<_>>().join(say!(lang, "，", ", ").as_str()));
    cells
}

/// `areas.csv`
pub(super) fn csv(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let lang = report.lang;
    super::key_positions::table(out, &COLUMNS, lang, report.areas.iter().map(|area| cells(area, lang)))
}
