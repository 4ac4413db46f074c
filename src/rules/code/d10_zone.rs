//! `D10`

use crate::division::CodeStatus;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 编码中的区划代码是功能区
    /// ## 查什么
    /// 编码第 1 至 6 位是否为统计上的功能区（开发区、高新区等）代码。口径参数 zones 中列出的不提示。默认只作说明。
    /// ## 为什么
    /// 功能区自建监控中心时常用这类代码，但民政部的区划代码表里没有它，上级平台不一定认得。
    /// ## 依据
    /// 通行做法：GB/T 28181—2022 附录E 采用民政部最新代码，2016 附录D 采用 GB/T 2260—2007，两者都不含功能区；
    /// 功能区代码见国家统计局统计用区划代码。
    /// ## 示例
    /// 说明：`37177100011320000001`（371771 菏泽经济技术开发区）。对：`37170200011320000001`。
    /// ## 怎么改
    /// 先问市级平台是否统一使用该代码：使用的，请把它写入口径的 zones；不使用的，新建设备按所在区县编码，在用设备列入计划。
    ///
    /// # The region in the code is a development zone
    /// ## What it checks
    /// Whether digits 1 to 6 are a development zone of the statistics bureau. Those that the profile's zones name are
    /// passed over. For information only, by default.
    /// ## Why it matters
    /// Zones that run their own centre use such codes, but the ministry's list has none of them, and a superior
    /// platform may not know them.
    /// ## Source
    /// Common practice: GB/T 28181—2022 annex E takes the list of the Ministry of Civil Affairs, 2016 annex D takes GB/T
    /// 2260-2007, and neither has zones; the codes are the statistics bureau's.
    /// ## Examples
    /// Mentioned: `37177100011320000001` (371771, a zone of Heze). Right: `37170200011320000001`.
    /// ## How to put it right
    /// Ask whether the city's platform uses the code. If it does, name it in the profile's zones; if not, code new
    /// devices by their county and plan a change for those in use.
    D10 {
        field: Code, elements: [DeviceID], severity: Info, core: Profile, editions: All,
        step: Step::Chain(8), basis: Practice, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let Some(code) = case.code else { return Verdict::Exempt };
    let region = code.county();
    let CodeStatus::Zone { name, until, .. } = context.divisions.status_of(region) else { return Verdict::Pass };
    if context.profile.zones.iter().any(|zone| zone == region) {
        return Verdict::Pass;
    }
    let message = say!(context.lang, "{region} 是功能区代码（{name}）", "{region} is a development zone ({name})");
    Verdict::Fail(Finding::new(case.id, message + &ended(until, context)))
}

/// What is added where the statistical lists have the zone no more.
pub(in crate::rules) fn ended(until: Option<u16>, context: &Context<'_>) -> String {
    until.map_or_else(String::new, |year| {
        say!(context.lang, "，{year} 年以后的统计表中已没有", ", in no statistical list after {year}")
    })
}
