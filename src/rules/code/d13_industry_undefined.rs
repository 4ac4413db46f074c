//! `D13`

use crate::edition::IndustryClass;
use crate::rules::{Basis, Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 行业编码未定义
    /// ## 查什么
    /// 编码第 9、10 位在平台所用版本里有定义；90 至 99 须在本地自编的目录（口径中的 `custom_industries`）里。默认只作提示。
    /// ## 为什么
    /// 预留的行业编码以后可能另有含义，上级平台也无法按行业归类。
    /// ## 依据
    /// GB/T 28181—2022 附录E：12 民航、13 铁路、14 航运，40 至 59 按 GB/T 4754 门类，15 至 39、60 至 89 预留，90 至 99 自定义；
    /// GB/T 28181—2016 附录D：12 至 39、56 至 99 预留（80 至 89 用于居民自建）。2011 版按 2016 版的表判断。
    /// ## 示例
    /// 提示：2016 版平台上的 `37172300121320000001`（12）。对：`37172300011320000001`（01 社会治安社区接入）。
    /// ## 怎么改
    /// 新建的按表选取；已在用的，改编码会断开录像和引用，宜列入计划。本地自编的写入口径的 `custom_industries`。
    ///
    /// # The industry in the code is not defined
    /// ## What it checks
    /// Digits 9 and 10 are defined by the edition the platform speaks; 90 to 99 have to be in the city's own list
    /// (`custom_industries` of the profile). A remark only, by default.
    /// ## Why it matters
    /// A reserved code may mean something else tomorrow, and no superior platform can sort by it.
    /// ## Source
    /// GB/T 28181—2022 annex E: 12 aviation, 13 railways, 14 shipping, 40 to 59 by GB/T 4754, 15 to 39 and 60 to 89
    /// reserved, 90 to 99 user defined; GB/T 28181—2016 annex D: 12 to 39 and 56 to 99 reserved (80 to 89 for what
    /// residents build). 2011 is judged by the table of 2016.
    /// ## Examples
    /// Remarked: `37172300121320000001` (12) under 2016. Right: `37172300011320000001` (01, communities).
    /// ## How to put it right
    /// Choose from the table for new devices; renumbering those in use breaks recordings and references, so plan it.
    /// What the city defined itself belongs in `custom_industries` of the profile.
    D13 {
        field: Code, elements: [DeviceID], severity: Warn, core: Profile, editions: All,
        step: Step::Chain(9), basis: Clause, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let Some(code) = case.code else { return Verdict::Exempt };
    let industry = code.industry();
    let row = context.edition.industry(industry);
    if row.is_some_and(|row| row.class == IndustryClass::Defined)
        || context.profile.custom_industries.iter().any(|c| c == industry)
    {
        return Verdict::Pass;
    }
    let edition = context.edition.name();
    let left_to_the_city = row.is_some_and(|row| row.class == IndustryClass::Custom);
    let message = if industry.starts_with('9') {
        say!(
            context.lang,
            "行业编码 {industry} 由本地自定，口径中没有登记",
            "industry {industry} is the city's to define and not in the profile"
        )
    } else {
        say!(context.lang, "行业编码 {industry} 在 {edition} 版中是预留的", "industry {industry} is reserved in {edition}")
    };
    let finding = Finding::new(case.id, message);
    Verdict::Fail(if left_to_the_city { finding.on(Basis::Local) } else { finding })
}
