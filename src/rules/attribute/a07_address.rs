//! `A07`

use super::placeholder;
use crate::base::lang::Text;
use crate::manscdp::item::Element;
use crate::rules::{Basis, Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 安装地址缺失或为占位值
    /// ## 查什么
    /// Address 写安装地址：不空，不是元素名 `Address`、厂商固定值 `axy`、IP 地址，也不是“未知”“无”等。移动设备（138 类
    /// 型或有移动采集设备类型）不判断。
    /// ## 为什么
    /// 没有地址，维修人员找不到杆子，经纬度也无从核对。
    /// ## 依据
    /// GB/T 28181—2016、2022 附录A：当为设备时 Address 为必选。占位值按公开抓包。
    /// ## 示例
    /// 错：空、`Address`、`axy`、`192.168.1.64`。对：`成武县伯乐大街与永昌路交叉口`。
    /// ## 怎么改
    /// 按“县（区）、街镇、路、门牌或参照物”填写实际安装地点。
    ///
    /// # The address is missing or a placeholder
    /// ## What it checks
    /// Address is where the device stands: not blank, not the element's own name `Address`, a vendor's fixed value
    /// `axy` or an IP address, and not "unknown" or "none". Mobile devices (type 138 or with a mobile device type) are
    /// left out.
    /// ## Why it matters
    /// Without an address nobody finds the pole, and coordinates cannot be checked.
    /// ## Source
    /// GB/T 28181—2016 and 2022 annex A: Address is mandatory for devices. Placeholders: public captures.
    /// ## Examples
    /// Wrong: nothing, `Address`, `axy`, `192.168.1.64`. Right: `成武县伯乐大街与永昌路交叉口`.
    /// ## How to put it right
    /// Enter the place: county, town, road, house number or landmark.
    A07 {
        field: Attributes, elements: [Address], severity: Error, core: No, editions: All,
        step: Step::Always, basis: Clause, autofix: None,
    }
}

const WHAT: Text = Text::new("安装地址", "address");

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    if case.mobile {
        return Verdict::Exempt;
    }
    let Some(text) = case.text(Element::Address) else { return super::missing(case, context, WHAT, Basis::Clause) };
    let Some(what) = placeholder::of(Element::Address, text) else { return Verdict::Pass };
    let told = what.told(context.lang);
    let message = say!(context.lang, "安装地址为占位值：{told}", "a placeholder as address: {told}");
    Verdict::Fail(Finding::new(text, message).on(Basis::Practice))
}
