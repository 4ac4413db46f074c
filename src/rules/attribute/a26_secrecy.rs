//! `A26`

use super::enumeration::QUOTED;
use crate::base::lang::Text;
use crate::base::text::excerpt;
use crate::manscdp::item::Element;
use crate::rules::{Basis, Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 保密属性异常
    /// ## 查什么
    /// Secrecy 写成 0（不涉密）；公共区域的摄像机写 1（涉密）、没有填写或写其他值的作说明。点位类型为三类、其他（9）或
    /// 公安内部（4）的不算公共区域，写 1 不判断。
    /// ## 为什么
    /// 涉密的画面不能联网共享；公共区域写 1 多半是填反了。
    /// ## 依据
    /// GB/T 28181—2016、2022 附录A 目录项：Secrecy 必选，0 不涉密、1 涉密，默认 0；2011 版未见原文。
    /// ## 示例
    /// 说明：空、`1`、`2`。对：`0`。
    /// ## 怎么改
    /// 核对后在平台上改为 0；确实涉密的不应共享到这里。
    ///
    /// # An odd secrecy
    /// ## What it checks
    /// Secrecy is 0 (not classified); noted are 1 (classified) on a camera of a public area, a missing one, and other
    /// values. Points of class 3, other (9) or police internal (4) are no public area: 1 is not judged there.
    /// ## Why it matters
    /// Classified pictures must not be shared over the network; in a public area 1 is most often a slip.
    /// ## Source
    /// GB/T 28181—2016 and 2022 annex A, catalogue item: Secrecy is mandatory, 0 not classified, 1 classified, 0 by
    /// default; the text of 2011 was not seen.
    /// ## Examples
    /// Noted: nothing, `1`, `2`. Right: `0`.
    /// ## How to put it right
    /// Check it and set 0 on the platform; what is classified should not be shared here.
    A26 {
        field: Attributes, elements: [Secrecy, PointType], severity: Info, core: No, editions: All,
        step: Step::Always, basis: Clause, autofix: None,
    }
}

const WHAT: Text = Text::new("保密属性", "secrecy");

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let Some(text) = case.text(Element::Secrecy) else { return super::missing(case, context, WHAT, Basis::Clause) };
    let lang = context.lang;
    let finding = match text {
        "0" => return Verdict::Pass,
        "1" if matches!(case.text(Element::PointType), Some("3" | "4" | "9")) => return Verdict::Exempt,
        "1" => {
            let message = say!(lang, "公共区域摄像机标为涉密", "a camera of a public area marked as classified");
            Finding::new(text, message).on(Basis::Practice)
        }
        _ => {
            let shown = excerpt(text, QUOTED);
            Finding::new(text, say!(lang, "保密属性“{shown}”不是 0 或 1", "the secrecy \"{shown}\" is neither 0 nor 1"))
        }
    };
    Verdict::Fail(finding)
}
