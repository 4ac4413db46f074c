//! `D06`, fingerprints V01 and V22.

use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 厂商默认编码
    /// ## 查什么
    /// 编码不是出厂或教程里的默认值：`3402000000` 开头（芜湖市的代码，被当作样例使用），或以 `01` 开头的 20 位厂商内部索引。
    /// ## 为什么
    /// 默认编码在全国重复出现，级联后互相覆盖。
    /// ## 依据
    /// 通行做法：公开抓包中大量出现。辖区为芜湖市（3402）时前一项不查。
    /// ## 示例
    /// 错：`34020000001320000001`。对：`37172300011320000001`。
    /// ## 怎么改
    /// 在摄像机或录像机的国标参数页把默认编码改成本单位分配的编码。
    ///
    /// # A factory default as code
    /// ## What it checks
    /// The code is no default of a factory or tutorial: beginning with `3402000000` (the city of Wuhu, used as
    /// an example everywhere), or a vendor's internal index of 20 digits beginning with `01`.
    /// ## Why it matters
    /// Defaults occur all over the country; cascaded together they overwrite each other.
    /// ## Source
    /// Common practice: seen in many public captures. Not asked about the first form where the jurisdiction is
    /// Wuhu (3402).
    /// ## Examples
    /// Wrong: `34020000001320000001`. Right: `37172300011320000001`.
    /// ## How to put it right
    /// Replace the default on the GB/T 28181 page of the camera or recorder by an assigned code.
    D06 {
        field: Code, elements: [DeviceID], severity: Error, core: Yes, editions: All,
        step: Step::Chain(6), basis: Practice, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let wuhu = case.id.starts_with("3402000000") && !context.jurisdiction.is_some_and(|j| j.touches("3402"));
    if wuhu {
        let message =
            say!(context.lang, "出厂或教程默认编码（3402000000 开头）", "a factory or tutorial default (3402000000...)");
        return Verdict::Fail(Finding::new(case.id, message));
    }
    if case.id.starts_with("01") {
        let message = say!(context.lang, "厂商平台的内部索引，不是国标编码", "a vendor platform's internal index, not a code");
        return Verdict::Fail(Finding::new(case.id, message));
    }
    Verdict::Pass
}
