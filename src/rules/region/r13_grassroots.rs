//! `R13`

use crate::base::lang::Text;
use crate::division::codes::parse_six;
use crate::division::{CodeStatus, GrassrootsCode, Town, Towns};
use crate::manscdp::item::Element;
use crate::rules::context::digits_of;
use crate::rules::tables::{NOT_SUPPLIED, TableKind};
use crate::rules::{Basis, Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

const NO_COUNTY: Text = Text::new("行政区划不可用，乡镇无从查起", "without a usable region no town can be looked up");
const NO_TOWNS: Text = Text::new("乡镇表中没有该区县", "the table of towns does not have this county");

declare_rule! {
    /// # 基层组织编码错误
    /// ## 查什么
    /// 基层组织编码（GrassrootsCode）为 6 位数字：街镇 3 位加村居 3 位，都在规定的号段内，街镇在统计用区划代码表中。
    /// `000000`（非基层建设）只在已知属于某个社区的摄像机上，或口径设置 grassroots_required 时，才提示。村居表未内置：
    /// 提供了村居代码表（villages）的，按它判断；没有的，街镇无误后村居部分无法判断。默认只作提示。
    /// ## 为什么
    /// 行政区划 6 位加上它就是 12 位统计代码，指明社区；在 2022 版平台上，只有它能说明摄像机属于哪个社区。
    /// ## 依据
    /// GB/T 28181—2022 附录E.3：必选，非基层建设的填 `000000`。街镇表为统计用区划代码 2016 至 2023 年版。
    /// ## 示例
    /// 错：`001`、`600001`、`101000`。对：`101001`（成武县大田集镇的一个村居），非基层建设的 `000000`。
    /// ## 怎么改
    /// 在统计用区划代码表中查到社区的 12 位代码，填后 6 位。同一虚拟组织下的摄像机都填了同一个编码时，以它为建议值。
    ///
    /// # The GrassrootsCode is wrong
    /// ## What it checks
    /// GrassrootsCode has six digits, three of the town and three of the village, each in the ranges laid down, and
    /// the town stands in the statistical list. `000000` (not built at grass-roots level) is remarked on only where the
    /// camera is known to belong to a community, or where the profile sets grassroots_required. No list of villages is
    /// built in: where one was supplied (villages), it decides; without it, where the town is right, the village cannot
    /// be told. A remark only, by default.
    /// ## Why it matters
    /// Six digits of the region and these make the statistical code of 12 digits, which names the community; on a 2022
    /// platform nothing else does.
    /// ## Source
    /// GB/T 28181—2022 annex E.3: mandatory, `000000` where not built at grass-roots level. Towns by the statistical
    /// lists of 2016 to 2023.
    /// ## Examples
    /// Wrong: `001`, `600001`, `101000`. Right: `101001` (a village of a town of Chengwu), `000000` where not built at
    /// grass-roots level.
    /// ## How to put it right
    /// Look up the 12 digits of the community in the statistical list and enter the last six. Where the cameras of one
    /// virtual organisation all carry one code, it is proposed.
    R13 {
        field: Region, elements: [GrassrootsCode, CivilCode], severity: Warn, core: Profile, editions: From2022,
        step: Step::Always, basis: Clause, autofix: Suggest,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let sent = case.sent(Element::GrassrootsCode).unwrap_or_default();
    let text = digits_of(sent);
    let finding = |message: String| Finding::new(sent, message).propose(Element::GrassrootsCode, proposal(&text, case, context));
    let fail = |message: String| Verdict::Fail(finding(message));
    // By what we know of the camera, or by a list that is some years old.
    let practice = |message: String| Verdict::Fail(finding(message).on(Basis::Practice));
    if text.is_empty() {
        return fail(say!(context.lang, "没有基层组织编码", "there is no GrassrootsCode"));
    }
    let Some(code) = GrassrootsCode::parse(&text) else {
        return fail(say!(context.lang, "基层组织编码应为 6 位数字", "GrassrootsCode must have 6 digits"));
    };
    let GrassrootsCode { town, village } = code;
    if code.is_none() {
        return match (case.community.is_some(), context.profile.grassroots_required) {
            (false, false) => Verdict::Pass,
            _ => practice(say!(
                context.lang,
                "000000 表示非基层建设，而摄像机属于社区",
                "000000 means not built at grass-roots level, but the camera belongs to a community"
            )),
        };
    }
    if !code.is_town_in_range() {
        return fail(say!(
            context.lang,
            "街镇部分 {town:03} 不在 001 至 599 的号段内",
            "the town {town:03} is outside the range 001 to 599"
        ));
    }
    if !code.is_village_in_range() {
        return fail(say!(
            context.lang,
            "村居部分 {village:03} 不在 001 至 599 的号段内",
            "the village {village:03} is outside the range 001 to 599"
        ));
    }
    let civil = super::normal(case);
    let Some(six) = civil.get(..6).filter(|_| matches!(civil.len(), 6 | 8)).and_then(parse_six) else {
        return Verdict::Unjudged(&NO_COUNTY);
    };
    if let Some(known) = village_known(six, &text, context) {
        return if known {
            Verdict::Pass
        } else {
            practice(say!(context.lang, "村居代码表中没有 {six:06}{text}", "there is no {six:06}{text} in the table of villages"))
        };
    }
    let year = context.divisions.year();
    // Nearly always it stands under the county itself.
    if Towns::embedded().find(six, town).is_some_and(|town| town.is_listed(year)) {
        return Verdict::Unjudged(&NOT_SUPPLIED);
    }
    let places = places(six, context);
    let found = places.iter().filter_map(|place| Towns::embedded().find(*place, town));
    match found.max_by_key(|town| (town.is_listed(year), town.last)) {
        // The list of villages is the city's to supply.
        Some(town) if town.is_listed(year) => Verdict::Unjudged(&NOT_SUPPLIED),
        Some(Town { name, first, last, .. }) => practice(say!(
            context.lang,
            "街镇 {six:06}{town:03}（{name}）只在 {first} 至 {last} 年的统计用区划代码中",
            "the town {six:06}{town:03} ({name}) stands in the statistical lists of {first} to {last} only"
        )),
        None if places.iter().any(|place| Towns::embedded().knows(*place)) => practice(say!(
            context.lang,
            "统计用区划代码中没有街镇 {six:06}{town:03}",
            "there is no town {six:06}{town:03} in the statistical lists"
        )),
        None => Verdict::Unjudged(&NO_TOWNS),
    }
}

/// Whether the table of villages that was supplied has a code; `None` where it does not reach its county.
fn village_known(six: u32, code: &str, context: &Context<'_>) -> Option<bool> {
    let kind = TableKind::Villages;
    if !context.tables.has(kind) {
        return None;
    }
    let places: Vec<String> = places(six, context).into_iter().map(crate::division::codes::six).collect();
    if places.iter().any(|place| context.tables.name_of(kind, &format!("{place}{code}")).is_some()) {
        return Some(true);
    }
    places.first().is_some_and(|county| context.tables.lists_below(kind, county)).then_some(false)
}

/// Where the towns of a region may stand in the lists: under its own code, those of today, the zones inside it, the
/// counties of a zone.
fn places(six: u32, context: &Context<'_>) -> Vec<u32> {
    let mut places = vec![six];
    places.extend(context.divisions.territory(six));
    places.extend(context.divisions.zones_in(six));
    if let CodeStatus::Zone { hosts, .. } = context.divisions.status(six) {
        places.extend(hosts);
    }
    places
}

/// The code its community is known by, else the end of a statistical code of 12 digits sent here or as CivilCode.
fn proposal(text: &str, case: &Case<'_>, context: &Context<'_>) -> Option<String> {
    let shared = case.community.as_deref().and_then(|community| context.grassroots_of(community));
    let civil = super::normal(case);
    let end = [text, civil].into_iter().find_map(|code| {
        let (county, end) = code.split_at_checked(6).filter(|_| code.len() == 12)?;
        let whole = parse_six(county).is_some_and(|county| context.divisions.is_county(county));
        let parts = GrassrootsCode::parse(end).filter(|parts| whole && parts.is_town_in_range() && parts.is_village_in_range());
        parts.map(|_| end)
    });
    shared.or(end).filter(|code| *code != text).map(ToOwned::to_owned)
}
