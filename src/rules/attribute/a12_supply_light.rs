//! `A12`

use std::sync::LazyLock;

use super::enumeration::Enumeration;
use crate::base::lang::Text;
use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Step, Verdict, declare_rule};

declare_rule! {
    /// # 补光越界
    /// ## 查什么
    /// SupplyLightType 在该平台所用版本的取值内：2011、2016 版 1 至 3（无、红外、白光），2022 版另有 4（激光）和 9（其
    /// 他）。没有填写的不判断，标准默认为 1。
    /// ## 为什么
    /// 没有补光的摄像机夜间出黑图属正常，有补光的属故障。
    /// ## 依据
    /// GB/T 28181—2022 附录A 目录项 SupplyLightType；2016 版的取值据公开源码注释，2011 版按 2016 版。
    /// ## 示例
    /// 说明：`0`；2016 版平台的 `9`。对：`2`。
    /// ## 怎么改
    /// 在平台通道编辑页选择补光方式。
    ///
    /// # A supplementary light out of range
    /// ## What it checks
    /// SupplyLightType is among the values of the edition the platform speaks: 2011 and 2016, 1 to 3 (none, infrared,
    /// white); 2022, also 4 (laser) and 9 (other). Where there is none nothing is said; the standard's default is 1.
    /// ## Why it matters
    /// A dark picture at night is in order without a light and a fault with one.
    /// ## Source
    /// GB/T 28181—2022 annex A, catalogue item, SupplyLightType; the values of 2016 from comments in public source
    /// code, 2011 as 2016.
    /// ## Examples
    /// Noted: `0`; `9` from a platform of 2016. Right: `2`.
    /// ## How to put it right
    /// Choose the light on the platform's channel page.
    A12 {
        field: Attributes, elements: [SupplyLightType], severity: Info, core: No, editions: All,
        step: Step::Always, basis: Clause, autofix: None,
    }
}

static VALUES: LazyLock<Enumeration> = LazyLock::new(|| Enumeration::new(Element::SupplyLightType, WHAT, "supply_light"));
const WHAT: Text = Text::new("补光属性", "supplementary light");

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    VALUES.check(case, context)
}
