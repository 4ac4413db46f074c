//! `A06`

use super::placeholder;
use crate::base::lang::Text;
use crate::manscdp::item::Element;
use crate::rules::{Basis, Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 型号缺失或为占位值
    /// ## 查什么
    /// Model 写设备型号：不空，不是 `Model`、`Camera`、`IP Camera`、`IPC`、`1.0` 等泛称，也不是“未知”“无”等。
    /// ## 为什么
    /// 型号用来核对分辨率、编码格式与固件缺陷。
    /// ## 依据
    /// GB/T 28181—2016、2022 附录A：当为设备时 Model 为必选。占位值按公开抓包。
    /// ## 示例
    /// 提示：空、`Camera`。对：`DS-2CD3T46WD-I3`。
    /// ## 怎么改
    /// 到设备的系统信息页或铭牌上查看型号，填入平台档案。
    ///
    /// # The model is missing or a placeholder
    /// ## What it checks
    /// Model is the model of the device: not blank, no general word such as `Model`, `Camera`, `IP Camera`, `IPC` or
    /// `1.0`, and not "unknown" or "none".
    /// ## Why it matters
    /// Resolution, coding and faults of firmware are told by model.
    /// ## Source
    /// GB/T 28181—2016 and 2022 annex A: Model is mandatory for devices. Placeholders: public captures.
    /// ## Examples
    /// Remarked: nothing, `Camera`. Right: `DS-2CD3T46WD-I3`.
    /// ## How to put it right
    /// Read the model from the device's system page or its plate and enter it in the archive.
    A06 {
        field: Attributes, elements: [Model], severity: Warn, core: No, editions: All,
        step: Step::Always, basis: Clause, autofix: None,
    }
}

const WHAT: Text = Text::new("设备型号", "model");

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let Some(text) = case.text(Element::Model) else { return super::missing(case, context, WHAT, Basis::Clause) };
    let Some(what) = placeholder::of(Element::Model, text) else { return Verdict::Pass };
    let told = what.told(context.lang);
    let message = say!(context.lang, "设备型号为占位值：{told}", "a placeholder as model: {told}");
    Verdict::Fail(Finding::new(text, message).on(Basis::Practice))
}
