//! `A11`

use std::sync::LazyLock;

use super::enumeration::Enumeration;
use crate::base::lang::Text;
use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Step, Verdict, declare_rule};

declare_rule! {
    /// # 室内外越界
    /// ## 查什么
    /// RoomType 是 1（室外）或 2（室内）。没有填写的不判断，标准默认为 1。
    /// ## 为什么
    /// 室内外用来判断补光、经纬度聚集是否合理。
    /// ## 依据
    /// GB/T 28181—2016、2022 附录A 目录项 RoomType；2011 版按 2016 版。
    /// ## 示例
    /// 说明：`0`、`3`。对：`1`。
    /// ## 怎么改
    /// 在平台通道编辑页选择室外或室内。
    ///
    /// # A room type out of range
    /// ## What it checks
    /// RoomType is 1 (outdoor) or 2 (indoor). Where there is none nothing is said; the standard's default is 1.
    /// ## Why it matters
    /// Whether lights and crowded coordinates are plausible depends on it.
    /// ## Source
    /// GB/T 28181—2016 and 2022 annex A, catalogue item, RoomType; 2011 as 2016.
    /// ## Examples
    /// Noted: `0`, `3`. Right: `1`.
    /// ## How to put it right
    /// Choose outdoor or indoor on the platform's channel page.
    A11 {
        field: Attributes, elements: [RoomType], severity: Info, core: No, editions: All,
        step: Step::Always, basis: Clause, autofix: None,
    }
}

static VALUES: LazyLock<Enumeration> = LazyLock::new(|| Enumeration::new(Element::RoomType, WHAT, ""));
const WHAT: Text = Text::new("室内外", "room type");

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    VALUES.check(case, context)
}
