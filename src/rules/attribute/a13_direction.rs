//! `A13`

use std::sync::LazyLock;

use super::enumeration::Enumeration;
use crate::base::lang::Text;
use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Step, Verdict, declare_rule};

declare_rule! {
    /// # 方位越界
    /// ## 查什么
    /// DirectionType 在 1 至 8 内：东、西、南、北、东南、东北、西南、西北，指镜头朝向（1 为由西向东看）。公安档案表的 9
    /// （全向）不在国标取值内。没有填写的不判断。
    /// ## 为什么
    /// 方位用来找监控盲区；全向的摄像机没有固定方位，应当留空。
    /// ## 依据
    /// GB/T 28181—2022 附录A 目录项 DirectionType；2016 版的取值据公开源码注释，2011 版按 2016 版。
    /// ## 示例
    /// 说明：`0`、`9`。对：`3`。
    /// ## 怎么改
    /// 按镜头实际朝向选择；球机等没有固定方位的留空。
    ///
    /// # A viewing direction out of range
    /// ## What it checks
    /// DirectionType is 1 to 8: east, west, south, north, south-east, north-east, south-west, north-west, the way the
    /// lens looks (1 looks from west to east). The police archive's 9 (all round) is none of the standard's. Where
    /// there is none nothing is said.
    /// ## Why it matters
    /// Blind spots are found by it; a camera that looks all round has no direction and leaves it out.
    /// ## Source
    /// GB/T 28181—2022 annex A, catalogue item, DirectionType; the values of 2016 from comments in public source code,
    /// 2011 as 2016.
    /// ## Examples
    /// Noted: `0`, `9`. Right: `3`.
    /// ## How to put it right
    /// Choose the way the lens looks; leave it out for domes that turn.
    A13 {
        field: Attributes, elements: [DirectionType], severity: Info, core: No, editions: All,
        step: Step::Always, basis: Clause, autofix: None,
    }
}

static VALUES: LazyLock<Enumeration> = LazyLock::new(|| Enumeration::new(Element::DirectionType, WHAT, "direction"));
const WHAT: Text = Text::new("监视方位", "viewing direction");

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    VALUES.check(case, context)
}
