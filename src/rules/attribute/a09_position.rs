//! `A09`

use std::sync::LazyLock;

use super::enumeration::Enumeration;
use crate::base::lang::Text;
use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Step, Verdict, declare_rule};

declare_rule! {
    /// # 位置类型越界
    /// ## 查什么
    /// PositionType 在 1 至 10（2016 版）或公安档案表的扩展值（11 至 15、96 至 99）内，可用 `/` 写多个。没有填写的不判
    /// 断。
    /// ## 为什么
    /// 位置类型用来按场所统计；各市自编的 100 以上的值，别处认不得。
    /// ## 依据
    /// GB/T 28181—2016 附录A 目录项 PositionType（取值据公开源码注释）；扩展值据公开档案工具。2022 版改用采集部位类型（
    /// A10）。
    /// ## 示例
    /// 说明：`0`、`100`。对：`7`、`1/3`、`99`。
    /// ## 怎么改
    /// 按场所选择最接近的一项。
    ///
    /// # A position type out of range
    /// ## What it checks
    /// PositionType is 1 to 10 (2016) or one of the police archive's further values (11 to 15, 96 to 99); several may
    /// stand apart by `/`. Where there is none nothing is said.
    /// ## Why it matters
    /// Places are counted by it; a city's own values from 100 on mean nothing elsewhere.
    /// ## Source
    /// GB/T 28181—2016 annex A, catalogue item, PositionType (values from comments in public source code); the further
    /// values from public archive tools. 2022 has capture positions instead (A10).
    /// ## Examples
    /// Noted: `0`, `100`. Right: `7`, `1/3`, `99`.
    /// ## How to put it right
    /// Choose the nearest kind of place.
    A09 {
        field: Attributes, elements: [PositionType], severity: Info, core: No, editions: Until2016,
        step: Step::Always, basis: Clause, autofix: None,
    }
}

static VALUES: LazyLock<Enumeration> =
    LazyLock::new(|| Enumeration::new(Element::PositionType, WHAT, "position_type").several().police_too());
const WHAT: Text = Text::new("位置类型", "position type");

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    VALUES.check(case, context)
}
