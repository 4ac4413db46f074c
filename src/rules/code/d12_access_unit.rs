//! `D12`

use crate::base::lang::Text;
use crate::rules::tables::TableKind;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 基层接入单位码未登记
    /// ## 查什么
    /// 编码第 7、8 位不是 00 时，前 8 位应登记在本地的基层接入单位表里。只作说明，默认不影响合规率。
    /// ## 为什么
    /// 这两位由本地分配（派出所、街镇、大单位），没有登记的多半是随手填写，日后会与别的单位撞码。
    /// ## 依据
    /// GB/T 28181—2022 附录E、2016 附录D：第 7、8 位为基层接入单位编码，非基层单位为 00；具体取值由本地规定，
    /// 标准里没有，所以要由使用者提供 `access_units` 表。没有提供，或表中没有该县的任何单位时，无法判断。
    /// ## 示例
    /// 说明：表中只有 `37172301`，编码却是 `37172309011320000001`。对：`37172301011320000001` 或 `37172300011320000001`。
    /// ## 怎么改
    /// 向分配编码的单位核实；确有此单位就补登到表里，没有就按规划重新编码。
    ///
    /// # The access unit in the code is not registered
    /// ## What it checks
    /// Where digits 7 and 8 are not 00, the first 8 digits stand in the local table of access units. A note only.
    /// ## Why it matters
    /// The city assigns these digits (police stations, towns, large units); one in no table was made up and will
    /// collide with somebody's one day.
    /// ## Source
    /// GB/T 28181—2022 annex E, 2016 annex D: digits 7 and 8 are the access unit, 00 for a centre that is none. The
    /// values are local, so the table `access_units` has to be supplied. Without it, or where it knows no unit of the
    /// county, nobody can tell.
    /// ## Examples
    /// Noted: the table knows `37172301` only, the code is `37172309011320000001`. Right: `37172301011320000001` or
    /// `37172300011320000001`.
    /// ## How to put it right
    /// Ask whoever assigns codes: enter the unit in the table if there is one, code the device anew if not.
    D12 {
        field: Code, elements: [DeviceID], severity: Info, core: No, editions: All,
        step: Step::Chain(9), basis: Local, autofix: None,
        needs: AccessUnits,
    }
}

/// Why the table cannot tell.
const OTHER_COUNTY: Text = Text::new("基层接入单位表中没有该县的单位", "the table of access units knows none of this county");

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let Some(code) = case.code else { return Verdict::Exempt };
    let unit = code.center();
    if unit.ends_with("00") || context.tables.name_of(TableKind::AccessUnits, unit).is_some() {
        return Verdict::Pass;
    }
    if !context.tables.lists_below(TableKind::AccessUnits, code.county()) {
        return Verdict::Unjudged(&OTHER_COUNTY);
    }
    Verdict::Fail(Finding::new(
        case.id,
        say!(context.lang, "基层接入单位 {unit} 没有登记", "access unit {unit} is not registered"),
    ))
}
