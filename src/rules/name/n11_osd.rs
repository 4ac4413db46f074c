//! `N11`

use crate::manscdp::item::Element;
use crate::rules::context::normalise_name;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 名称与画面文字不一致
    /// ## 查什么
    /// 目录中的名称与画面上叠加的文字（OSD）相同；画面文字由 `[tables] osd` 的表提供，没有提供或表中没有这一路时不作判断。空格、全角半角不计。
    /// ## 为什么
    /// 值班人员看到的是画面文字，查档案用的是名称；两者不同，找错地方。
    /// ## 依据
    /// 通行做法：海关监管场所的技术规范要求两者一致；国标没有规定。本工具不识别画面文字，只比较所提供的表。
    /// ## 示例
    /// 说明：名称 `成武县伯乐大街枪机`，画面 `伯乐大街1`。对：两处都写 `成武县伯乐大街枪机`。
    /// ## 怎么改
    /// 到摄像机的“图像－OSD”页，把通道名称改成与目录相同；若画面文字才是对的，改目录中的名称。
    ///
    /// # Name and picture text differ
    /// ## What it checks
    /// The name is the text shown in the picture (OSD). The text comes from the table `[tables] osd`; without it, or
    /// where the camera is not in it, the rule does not judge. Blanks and full-width forms do not matter.
    /// ## Why it matters
    /// Operators read the picture and look the name up: where the two differ they go to the wrong place.
    /// ## Source
    /// Common practice: a customs rule asks for equality; the standard does not. No text is read from pictures here,
    /// only the table is compared.
    /// ## Examples
    /// Noted: name `成武县伯乐大街枪机`, picture `伯乐大街1`. Right: `成武县伯乐大街枪机` in both.
    /// ## How to put it right
    /// Set the channel name on the camera's OSD page to the name of the catalogue, or correct the catalogue where the
    /// picture is right.
    N11 {
        field: Name, elements: [Name], severity: Info, core: No, editions: All,
        step: Step::Chain(7), basis: Practice, autofix: None,
        needs: Osd,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let Some(shown) = context.tables.osd.get(case.id) else { return Verdict::Exempt };
    let plain = |text: &str| normalise_name(text).chars().filter(|c| !c.is_whitespace()).collect::<String>();
    if plain(shown) == plain(&case.name) {
        return Verdict::Pass;
    }
    let sent = case.sent(Element::Name).unwrap_or_default();
    Verdict::Fail(Finding::new(sent, say!(context.lang, "画面文字为“{shown}”", "the picture says \"{shown}\"")))
}
