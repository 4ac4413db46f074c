//! `A15`

use std::sync::LazyLock;

use super::enumeration::Enumeration;
use crate::base::lang::Text;
use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Step, Verdict, declare_rule};

declare_rule! {
    /// # 功能类型越界
    /// ## 查什么
    /// FunctionType 是两位数 01 至 05 或 99（人脸、人员、机动车、非机动车、物品卡口、其他），可用 `/` 写多个。没有填写
    /// 的不判断。
    /// ## 为什么
    /// 一位数是另一张表（公安档案表、GA/T 1400）的值：那里 1 是车辆卡口，国标 01 是人脸卡口。补零会变成另一种意思，因此
    /// 没有建议值。
    /// ## 依据
    /// GB/T 28181—2022 附录A 目录项 FunctionType；2016 版没有这一项。
    /// ## 示例
    /// 说明：`1`、`6`、`00`。对：`03`、`01/02`。
    /// ## 怎么改
    /// 按国标含义重新选择；不是卡口的留空。
    ///
    /// # A checkpoint function out of range
    /// ## What it checks
    /// FunctionType is 01 to 05 or 99, in two digits (face, person, motor vehicle, other vehicle, object, other);
    /// several may stand apart by `/`. Where there is none nothing is said.
    /// ## Why it matters
    /// One digit is another list's (police archive, GA/T 1400): there 1 is a vehicle checkpoint, while 01 of the
    /// standard is a face checkpoint. A zero in front would say another thing, so nothing is proposed.
    /// ## Source
    /// GB/T 28181—2022 annex A, catalogue item, FunctionType; 2016 has no such element.
    /// ## Examples
    /// Noted: `1`, `6`, `00`. Right: `03`, `01/02`.
    /// ## How to put it right
    /// Choose again by the standard's meaning; leave it out where there is no checkpoint.
    A15 {
        field: Attributes, elements: [FunctionType], severity: Info, core: No, editions: From2022,
        step: Step::Always, basis: Clause, autofix: None,
    }
}

static VALUES: LazyLock<Enumeration> =
    LazyLock::new(|| Enumeration::new(Element::FunctionType, WHAT, "function_type").several().fixed_width());
const WHAT: Text = Text::new("卡口功能类型", "checkpoint function");

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    VALUES.check(case, context)
}
