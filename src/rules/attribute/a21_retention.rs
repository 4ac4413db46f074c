//! `A21`

use super::enumeration::QUOTED;
use crate::base::device_id::is_digits;
use crate::base::lang::Text;
use crate::base::text::excerpt;
use crate::manscdp::item::Element;
use crate::rules::{Basis, Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 保存天数错误
    /// ## 查什么
    /// RecordSaveDays 是 1 至 3650 的整数，且不少于口径要求的天数（默认 30 天，键 `retention_days`）。一类点位必须填写。
    /// ## 为什么
    /// 保存天数不足，事后调不到录像。
    /// ## 依据
    /// GB/T 28181—2022 附录A 目录项：RecordSaveDays 为整数，一类点位必选；2016 版没有这一项。30 天按通行做法，重点单位
    /// 另有 90 天、180 天的要求。规则表只查错值，一类点位缺失按条文一并提示。
    /// ## 示例
    /// 提示：`0`、`30天`、`7`。对：`30`。
    /// ## 怎么改
    /// 到存储设备查看实际保存天数后填写数字；确实不足的应扩容，不要只改数字。
    ///
    /// # Wrong days of recording
    /// ## What it checks
    /// RecordSaveDays is a whole number from 1 to 3650, and not less than the profile asks for (30 by default, key
    /// `retention_days`). Class 1 points must have one.
    /// ## Why it matters
    /// With too few days the recording is gone when it is needed.
    /// ## Source
    /// GB/T 28181—2022 annex A, catalogue item: RecordSaveDays is an integer and mandatory for class 1; 2016 has no
    /// such element. 30 days: common practice; stricter classes have 90 and 180. The register asks for wrong values
    /// only; a class 1 point without one is remarked by the clause.
    /// ## Examples
    /// Remarked: `0`, `30天`, `7`. Right: `30`.
    /// ## How to put it right
    /// See on the storage how many days there are and enter the number; where they are too few add storage, not digits.
    A21 {
        field: Attributes, elements: [RecordSaveDays], severity: Warn, core: Profile, editions: From2022,
        step: Step::Always, basis: Clause, autofix: None,
    }
}

const WHAT: Text = Text::new("录像保存天数", "days of recording");
/// Most days there can be.
const MOST: u32 = 3_650;

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let Some(text) = case.text(Element::RecordSaveDays) else {
        let asked = super::is_class_one(case.item);
        return if asked { super::missing(case, context, WHAT, Basis::Clause) } else { Verdict::Exempt };
    };
    let lang = context.lang;
    let days = Some(text).filter(|t| is_digits(t)).and_then(|t| t.parse::<u32>().ok()).filter(|days| (1..=MOST).contains(days));
    let Some(days) = days else {
        let shown = excerpt(text, QUOTED);
        let message = say!(lang, "“{shown}”不是 1 至 {MOST} 的整数", "\"{shown}\" is no whole number from 1 to {MOST}");
        return Verdict::Fail(Finding::new(text, message));
    };
    let asked = context.profile.retention_days;
    if days >= asked {
        return Verdict::Pass;
    }
    let message = say!(lang, "保存 {days} 天，少于要求的 {asked} 天", "{days} days of recording, {asked} are asked for");
    Verdict::Fail(Finding::new(text, message).on(Basis::Practice))
}
