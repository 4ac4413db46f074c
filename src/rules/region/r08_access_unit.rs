//! `R08`

use crate::division::Towns;
use crate::division::codes::parse_six;
use crate::rules::tables::{NOT_SUPPLIED, TableKind};
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 行政区划末两位未登记
    /// ## 查什么
    /// 8 位行政区划的第 7、8 位（基层接入单位）是否登记过：在所提供的接入单位表（access_units）中，或是目录中的 8 位区划
    /// 节点。本区县既无表又无节点时，只看它是不是把乡镇代码截掉了末位，其余无法判断。`00` 不查。默认只作说明。
    /// ## 为什么
    /// 这两位由地方自定（派出所、街镇或单位），全国没有统一的表。把三位乡镇代码截成两位，几个乡镇会变成同一个代码。
    /// ## 依据
    /// 通行做法：GB/T 28181—2022 附录E、2016 附录D 规定第 7、8 位为基层接入单位，由地方编制。
    /// ## 示例
    /// 说明：`37172310`（371723101 至 371723109 截去末位都是它）。对：`371723`，或目录中有节点的 `37172301`。
    /// ## 怎么改
    /// 按本地接入单位表填写，或只填 6 位；乡镇、村居写入基层组织编码（2022 版）。
    ///
    /// # The last two digits of the region are not registered
    /// ## What it checks
    /// Whether digits 7 and 8 of a region of 8 digits (the access unit) are known: by the table of access units that was
    /// supplied (access_units), or as a region node of the catalogue. Where there is neither for the county, only whether
    /// a town's code was cut short, and the rest cannot be told. `00` is not looked at. For information only, by default.
    /// ## Why it matters
    /// These digits are given locally (police station, town, unit), and there is no national table. A town's three
    /// digits cut to two make several towns one.
    /// ## Source
    /// Common practice: GB/T 28181—2022 annex E and 2016 annex D call digits 7 and 8 the access unit, given locally.
    /// ## Examples
    /// Mentioned: `37172310` (371723101 to 371723109 cut short all give it). Right: `371723`, or `37172301` where the
    /// catalogue has such a node.
    /// ## How to put it right
    /// Enter the unit of the local table, or six digits only; town and village belong into GrassrootsCode (2022).
    R08 {
        field: Region, elements: [CivilCode], severity: Info, core: No, editions: All,
        step: Step::Chain(7), basis: Practice, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let code = super::normal(case);
    let (Some(six), Some(unit)) = (code.get(..6), code.get(6..8)) else { return Verdict::Exempt };
    if code.len() != 8 || unit == "00" {
        return Verdict::Exempt;
    }
    let (Some(county), Ok(two)) = (parse_six(six), unit.parse::<u16>()) else { return Verdict::Exempt };
    let nodes = context.region_nodes();
    let table = TableKind::AccessUnits;
    if nodes.contains(code) || context.tables.name_of(table, code).is_some() {
        return Verdict::Pass;
    }
    let registered = context.tables.lists_below(table, six) || nodes.iter().any(|node| node.len() == 8 && node.starts_with(six));
    // Streets are 001 to 099: their first digits are as likely a number given locally.
    let towns: Vec<u16> = Towns::embedded().cut_to(county, two).map(|town| town.number).filter(|n| *n >= 100).collect();
    let cut = match (towns.first(), towns.last()) {
        (Some(first), Some(last)) => say!(
            context.lang,
            "，像是乡镇代码（{six}{first} 至 {six}{last}）截去了末位",
            ", like the code of a town ({six}{first} to {six}{last}) cut short"
        ),
        _ if !registered => return Verdict::Unjudged(&NOT_SUPPLIED),
        _ => String::new(),
    };
    let message = say!(
        context.lang,
        "行政区划 {code} 的末两位 {unit} 没有登记{cut}",
        "the last two digits {unit} of region {code} are not registered{cut}"
    );
    Verdict::Fail(Finding::new(super::sent(case), message))
}
