//! `A19`

use super::placeholder;
use crate::base::lang::Text;
use crate::manscdp::item::Element;
use crate::rules::{Basis, Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 管理单位缺失
    /// ## 查什么
    /// ManagementUnit 写管理单位名称：不空，也不是占位值（元素名、“未知”“无”、只有符号等）。
    /// ## 为什么
    /// 出了问题要知道找谁。
    /// ## 依据
    /// GB/T 28181—2022 附录A 目录项：ManagementUnit 为选填；2016 版没有这一项。是否要求填写由地方确定，默认只作说明。
    /// ## 示例
    /// 说明：空、`无`。对：`成武县公安局`。
    /// ## 怎么改
    /// 在平台档案中填写管理单位全称。
    ///
    /// # No management unit
    /// ## What it checks
    /// ManagementUnit is the name of a unit: not blank and no placeholder (the element's own name, "unknown", "none",
    /// signs only).
    /// ## Why it matters
    /// Somebody has to be called when something is wrong.
    /// ## Source
    /// GB/T 28181—2022 annex A, catalogue item: ManagementUnit is optional; 2016 has no such element. Whether it is
    /// asked for is the city's matter; by default a note.
    /// ## Examples
    /// Noted: nothing, `无`. Right: `成武县公安局`.
    /// ## How to put it right
    /// Enter the full name of the unit in the archive.
    A19 {
        field: Attributes, elements: [ManagementUnit], severity: Info, core: Profile, editions: From2022,
        step: Step::Always, basis: Practice, autofix: None,
    }
}

const WHAT: Text = Text::new("管理单位", "management unit");

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let Some(text) = case.text(Element::ManagementUnit) else { return super::missing(case, context, WHAT, Basis::Practice) };
    let Some(what) = placeholder::of(Element::ManagementUnit, text) else { return Verdict::Pass };
    let told = what.told(context.lang);
    let message = say!(context.lang, "管理单位为占位值：{told}", "a placeholder as management unit: {told}");
    Verdict::Fail(Finding::new(text, message))
}
