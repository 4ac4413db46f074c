//! `A22`

use super::enumeration::QUOTED;
use crate::base::device_id::is_digits;
use crate::base::text::excerpt;
use crate::division::Divisions;
use crate::division::codes::parse_six;
use crate::edition::Edition;
use crate::manscdp::item::Element;
use crate::rules::{Basis, Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 警区代码错误
    /// ## 查什么
    /// Block 是 12 位数字的公安机关机构代码，前 6 位与行政区划的前 6 位一致；已撤销的代码与其后继、以及所属市级公安机关
    /// 的代码（如 371700）视为一致。没有填写的不判断。
    /// ## 为什么
    /// 警区决定由哪个派出所负责。
    /// ## 依据
    /// GB/T 28181—2022 附录A 目录项：Block 按 GA/T 380 编码；2016 版只写“警区”，未规定格式，按通行做法。
    /// ## 示例
    /// 说明：`Block`、`371723`、行政区划 `371723` 配 `371722000000`。对：`371723010000`。
    /// ## 怎么改
    /// 向公安机关核实机构代码后填写；不用警区的留空。
    ///
    /// # A wrong police block
    /// ## What it checks
    /// Block is the 12-digit code of a police organisation whose first 6 digits are those of CivilCode; a retired code
    /// and its successor agree, and so does the code of the prefecture's police (such as 371700). Where there is none
    /// nothing is said.
    /// ## Why it matters
    /// It says which police station is in charge.
    /// ## Source
    /// GB/T 28181—2022 annex A, catalogue item: Block is coded by GA/T 380; 2016 gives no form, so common practice
    /// there.
    /// ## Examples
    /// Noted: `Block`, `371723`, `371722000000` with CivilCode `371723`. Right: `371723010000`.
    /// ## How to put it right
    /// Ask the police for the code; leave it out where it is not used.
    A22 {
        field: Attributes, elements: [Block, CivilCode], severity: Info, core: No, editions: All,
        step: Step::Always, basis: Clause, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let Some(text) = case.text(Element::Block) else { return Verdict::Exempt };
    let lang = context.lang;
    let Some(own) = text.get(..6).filter(|_| text.len() == 12 && is_digits(text)) else {
        let shown = excerpt(text, QUOTED);
        let message = say!(lang, "警区“{shown}”不是 12 位数字", "the block \"{shown}\" is not 12 digits");
        let finding = Finding::new(text, message);
        return Verdict::Fail(if context.edition == Edition::Gb2022 { finding } else { finding.on(Basis::Practice) });
    };
    let civil = case.text(Element::CivilCode).and_then(|civil| civil.get(..6)).unwrap_or_default();
    // Against a region that is itself wrong nothing can be told.
    if !parse_six(civil).is_some_and(|civil| context.divisions.is_county(civil)) || agree(own, civil, context.divisions) {
        return Verdict::Pass;
    }
    let message = say!(lang, "警区的前 6 位 {own} 与行政区划 {civil} 不同", "the block begins with {own}, the region is {civil}");
    Verdict::Fail(Finding::new(text, message).on(Basis::Practice))
}

/// Whether the code of a police organisation speaks of a county or of its prefecture.
fn agree(own: &str, civil: &str, divisions: &Divisions) -> bool {
    let of_prefecture = own.ends_with("00") && own.get(..4) == civil.get(..4);
    let territory = |six: &str| parse_six(six).map_or(&[][..], |code| divisions.territory(code));
    own == civil || of_prefecture || territory(own).iter().any(|code| territory(civil).contains(code))
}
