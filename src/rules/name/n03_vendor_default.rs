//! `N03`

use super::Class;
use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 厂商默认名称
    /// ## 查什么
    /// 名称不是出厂默认值，如 `Camera 01`、`IPCamera 02`、`IPC111`、`IPdome`、`通道1`，或以品牌、型号代替名称。
    /// ## 为什么
    /// 默认名称在各处重复，看不出是哪里的画面。
    /// ## 依据
    /// 通行做法：公开抓包中的目录应答。
    /// ## 示例
    /// 错：`Camera 01`。对：`幸福小区北门枪机1`。
    /// ## 怎么改
    /// 在设备或平台的通道编辑页改为实际地点的名称。
    ///
    /// # A factory default as name
    /// ## What it checks
    /// The name is no factory default such as `Camera 01`, `IPCamera 02`, `IPC111`, `IPdome` or `通道1`, and no
    /// brand or model.
    /// ## Why it matters
    /// Defaults are the same everywhere and do not say what place the picture shows.
    /// ## Source
    /// Common practice: catalogue answers in public captures.
    /// ## Examples
    /// Wrong: `Camera 01`. Right: `幸福小区北门枪机1`.
    /// ## How to put it right
    /// Enter the name of the real place on the device or the platform's channel page.
    N03 {
        field: Name, elements: [Name], severity: Error, core: Yes, editions: All,
        step: Step::Chain(3), basis: Practice, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    match super::lint(case) {
        Some((pattern, Class::VendorDefault)) => {
            let sent = case.sent(Element::Name).unwrap_or_default();
            Verdict::Fail(Finding::new(
                sent,
                say!(context.lang, "名称是厂商默认值（{pattern}）", "the name is a factory default ({pattern})"),
            ))
        }
        _ => Verdict::Pass,
    }
}
