//! `N06`

use super::template::is_chinese;
use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 名称长度不符
    /// ## 查什么
    /// 名称的字数在口径的 name_length 之内（默认 4 至 50，汉字、字母、数字各算一个），且至少有一个汉字。默认只作提示。
    /// ## 为什么
    /// 太短的名称说明不了地点和部位，太长的在画面和列表中显示不全。
    /// ## 依据
    /// 地方要求：各地的名称规则、公开的建档工具（50 字）；国标没有规定名称的长度。
    /// ## 示例
    /// 提示：`东门`、`East gate`。对：`幸福小区东门枪机1`。
    /// ## 怎么改
    /// 按“地点＋部位＋方位＋序号”补全或精简。
    ///
    /// # The length of the name is wrong
    /// ## What it checks
    /// The name has as many characters as name_length of the profile says (by default 4 to 50; a Chinese character, a
    /// letter and a digit count one each), and at least one Chinese character. A remark only, by default.
    /// ## Why it matters
    /// A short name does not tell place and part; a long one is cut off in pictures and lists.
    /// ## Source
    /// Local rules: those of cities on names, and public archive tools (50); the standard sets no length.
    /// ## Examples
    /// Remarked: 东门, `East gate`. Right: 幸福小区东门枪机1.
    /// ## How to put it right
    /// Complete it as place, part, direction, number, or shorten it.
    N06 {
        field: Name, elements: [Name], severity: Warn, core: Profile, editions: All,
        step: Step::Chain(7), basis: Local, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let [low, high] = context.profile.name_length;
    let chars = u32::try_from(case.name.chars().count()).unwrap_or(u32::MAX);
    if chars == 0 {
        // Nothing stands there: N01.
        return Verdict::Exempt;
    }
    let message = if chars < low || chars > high {
        say!(
            context.lang,
            "名称 {chars} 个字，应为 {low} 至 {high} 个字",
            "the name has {chars} characters; {low} to {high} are wanted"
        )
    } else if !case.name.contains(is_chinese) {
        say!(context.lang, "名称中没有汉字", "the name has no Chinese character")
    } else {
        return Verdict::Pass;
    };
    Verdict::Fail(Finding::new(case.sent(Element::Name).unwrap_or_default(), message))
}
