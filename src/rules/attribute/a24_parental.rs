//! `A24`

use crate::catalog::field::Field;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 子设备标志矛盾
    /// ## 查什么
    /// Parental 与目录一致：写 1 的有下级条目，写 0 的没有。0 以外的数都当作 1（有的设备写 65535）；不是数字的作说明。
    /// 没有填写的不判断。
    /// ## 为什么
    /// 标志错了，有的平台不展开下级，有的反复查询没有的下级。
    /// ## 依据
    /// GB/T 28181—2016、2022 附录A 目录项：Parental 表示是否有子设备，1 有、0 没有；2011 版未见原文。
    /// ## 示例
    /// 说明：摄像机写 `1` 而没有下级；写 `0` 而有别的条目以它为父节点。对：摄像机写 `0`。
    /// ## 怎么改
    /// 在平台或设备上改正；多数是固件的默认值。
    ///
    /// # Parental contradicts the catalogue
    /// ## What it checks
    /// Parental and the catalogue agree: with 1 there are items below, with 0 there are none. Any number but 0 is read
    /// as 1 (some devices send 65535); what is no number is noted. Where there is none nothing is said.
    /// ## Why it matters
    /// With a wrong mark some platforms do not open the branch, others ask for children again and again.
    /// ## Source
    /// GB/T 28181—2016 and 2022 annex A, catalogue item: Parental says whether there are children, 1 or 0; the text of
    /// 2011 was not seen.
    /// ## Examples
    /// Noted: a camera with `1` and nothing below it; `0` and an item that names it as parent. Right: `0` for a camera.
    /// ## How to put it right
    /// Correct it on the platform or device; most often it is a default of the firmware.
    A24 {
        field: Attributes, elements: [Parental], severity: Info, core: No, editions: All,
        step: Step::Always, basis: Clause, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let lang = context.lang;
    let (raw, message) = match case.item.parental() {
        Field::Absent => return Verdict::Exempt,
        Field::Malformed { raw } => (raw, say!(lang, "子设备标志不是 0 或 1", "Parental is neither 0 nor 1")),
        Field::Present { raw, value } => match (value, context.tree.has_children(case.id)) {
            (true, true) | (false, false) => return Verdict::Pass,
            (true, false) => (raw, say!(lang, "标为有子设备，目录中没有", "marked as having children; there are none")),
            (false, true) => (raw, say!(lang, "标为没有子设备，目录中有", "marked as having no children; there are some")),
        },
    };
    Verdict::Fail(Finding::new(raw, message))
}
