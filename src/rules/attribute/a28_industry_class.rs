//! `A28`

use super::enumeration::QUOTED;
use crate::base::text::excerpt;
use crate::manscdp::item::Element;
use crate::rules::tables::TableKind;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 国民经济分类代码错误
    /// ## 查什么
    /// IndustrialClassification 是 GB/T 4754 的代码；门类字母写不写都可以。需要提供国民经济行业分类代码表（
    /// `industry_classes`），没有提供则无法判断。没有填写的不判断。
    /// ## 为什么
    /// 按行业统计时，认不得的代码会被漏掉。
    /// ## 依据
    /// GB/T 28181—2022 附录A 目录项：按 GB/T 4754 填写（选填）；2016 版没有这一项。本工具不带 GB/T 4754 的代码表。
    /// ## 示例
    /// 说明：表中没有的代码。对：表中有的代码，如 `K7020` 或 `7020`。
    /// ## 怎么改
    /// 按 GB/T 4754 现行版查找单位所属行业的代码。
    ///
    /// # A wrong class of economic activity
    /// ## What it checks
    /// IndustrialClassification is a code of GB/T 4754, with or without the letter of its section. A table of the
    /// classes (`industry_classes`) is needed; without one nothing can be told. Where there is no code nothing is said.
    /// ## Why it matters
    /// Counted by industry, an unknown code is lost.
    /// ## Source
    /// GB/T 28181—2022 annex A, catalogue item: by GB/T 4754 (optional); 2016 has no such element. This program does
    /// not carry the list of GB/T 4754.
    /// ## Examples
    /// Noted: a code the table does not have. Right: one it has, such as `K7020` or `7020`.
    /// ## How to put it right
    /// Look the owner's industry up in the edition of GB/T 4754 in force.
    A28 {
        field: Attributes, elements: [IndustrialClassification], severity: Info, core: No, editions: From2022,
        step: Step::Always, basis: Clause, autofix: None,
        needs: IndustryClasses,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let Some(text) = case.text(Element::IndustrialClassification) else { return Verdict::Exempt };
    let listed = |code: &str| context.tables.name_of(TableKind::IndustryClasses, code).is_some();
    let without_letter = text.strip_prefix(|c: char| c.is_ascii_alphabetic()).filter(|rest| !rest.is_empty());
    if listed(text) || without_letter.is_some_and(listed) {
        return Verdict::Pass;
    }
    let shown = excerpt(text, QUOTED);
    let message = say!(
        context.lang,
        "“{shown}”不在国民经济行业分类代码表中",
        "\"{shown}\" is not in the table of classes of economic activity"
    );
    Verdict::Fail(Finding::new(text, message))
}
