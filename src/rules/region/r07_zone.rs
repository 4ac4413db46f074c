//! `R07`

use crate::division::CodeStatus;
use crate::rules::code::d10_zone::ended;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 行政区划是功能区代码
    /// ## 查什么
    /// 行政区划的 6 位部分是否为统计上的功能区（开发区、高新区等）代码，在山东一般第 5、6 位为 71 至 79。
    /// 口径参数 zones 中列出的不提示。默认只作提示。
    /// ## 为什么
    /// 功能区不是一级行政区划，民政部的表里没有它；按区县统计时，这些摄像机会落空。
    /// ## 依据
    /// 通行做法，由地方决定：标准采用民政部代码（2022）或 GB/T 2260（2016），功能区代码见国家统计局统计用区划代码。
    /// ## 示例
    /// 提示：`371771`（菏泽经济技术开发区）。对：`371702`，或在 zones 中列出 371771 后的 `371771`。
    /// ## 怎么改
    /// 本市统一用功能区代码的，写入口径的 zones。不用的，按立杆处所在区县填写；功能区可能跨区县，本工具不代为换算。
    ///
    /// # The region is a development zone
    /// ## What it checks
    /// Whether the six-digit part is a development zone of the statistics bureau; in Shandong digits 5 and 6 are then
    /// 71 to 79. Those that the profile's zones name are passed over. A remark only, by default.
    /// ## Why it matters
    /// A zone is no unit of administration and stands in no list of the ministry; where cameras are counted by county,
    /// these are left out.
    /// ## Source
    /// Common practice, for the city to decide: the standard takes the ministry's codes (2022) or GB/T 2260 (2016); zones
    /// stand in the statistics bureau's list.
    /// ## Examples
    /// Remarked: `371771` (a zone of Heze). Right: `371702`, or `371771` once zones names it.
    /// ## How to put it right
    /// If the city uses zone codes, name them in the profile's zones. If not, enter the county the pole stands in; a
    /// zone may lie in several, so nothing is proposed.
    R07 {
        field: Region, elements: [CivilCode], severity: Warn, core: Profile, editions: All,
        step: Step::Chain(6), basis: Practice, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let code = super::normal(case);
    let Some(six) = code.get(..6).filter(|_| matches!(code.len(), 6 | 8)) else { return Verdict::Exempt };
    let CodeStatus::Zone { name, until, .. } = context.divisions.status_of(six) else { return Verdict::Pass };
    if context.profile.zones.iter().any(|zone| zone == six) {
        return Verdict::Pass;
    }
    let message = say!(context.lang, "{six} 是功能区代码（{name}）", "{six} is a development zone ({name})");
    Verdict::Fail(Finding::new(super::sent(case), message + &ended(until, context)))
}
