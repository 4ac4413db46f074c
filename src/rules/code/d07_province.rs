//! `D07`

use crate::edition::is_province_prefix;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 省级代码不存在
    /// ## 查什么
    /// 编码第 1、2 位是省级行政区划代码。
    /// ## 为什么
    /// 第 1 至 8 位是设备所属中心的代码，省都不存在就无从归属。
    /// ## 依据
    /// GB/T 28181—2022 附录E、2016 附录D：中心编码采用行政区划代码。
    /// ## 示例
    /// 错：`75172300011320000001`。对：`37172300011320000001`。
    /// ## 怎么改
    /// 核对设备所属中心的区划，重新编码。
    ///
    /// # There is no such province
    /// ## What it checks
    /// Digits 1 and 2 are the code of a province.
    /// ## Why it matters
    /// Digits 1 to 8 name the centre the device belongs to; without a province it belongs nowhere.
    /// ## Source
    /// GB/T 28181—2022 annex E, 2016 annex D: the centre code is a region code.
    /// ## Examples
    /// Wrong: `75172300011320000001`. Right: `37172300011320000001`.
    /// ## How to put it right
    /// Look up the region of the centre the device belongs to and code it anew.
    D07 {
        field: Code, elements: [DeviceID], severity: Error, core: Yes, editions: All,
        step: Step::Chain(7), basis: Clause, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let prefix = case.id.get(..2).unwrap_or_default();
    if is_province_prefix(prefix) {
        return Verdict::Pass;
    }
    Verdict::Fail(Finding::new(case.id, say!(context.lang, "没有以 {prefix} 开头的省级代码", "no province begins with {prefix}")))
}
