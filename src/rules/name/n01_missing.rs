//! `N01`

use crate::base::text::is_blank;
use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 名称缺失
    /// ## 查什么
    /// 设备名称不为空。
    /// ## 为什么
    /// 没有名称，值班人员不知道这是哪里的画面。
    /// ## 依据
    /// GB/T 28181—2022 A.2.1.9；2016 附录A：必选。
    /// ## 示例
    /// 错：`<Name></Name>`。对：`<Name>幸福小区北门枪机1</Name>`。
    /// ## 怎么改
    /// 在设备或平台的通道编辑页填写“地点＋部位＋方位＋序号”形式的名称。
    ///
    /// # The name is missing
    /// ## What it checks
    /// The device name is not empty.
    /// ## Why it matters
    /// Without a name nobody on duty knows what place the picture shows.
    /// ## Source
    /// GB/T 28181—2022 A.2.1.9; 2016 annex A: mandatory.
    /// ## Examples
    /// Wrong: `<Name></Name>`. Right: `<Name>幸福小区北门枪机1</Name>`.
    /// ## How to put it right
    /// Enter a name of the form place, part, direction, number on the device or the platform's channel page.
    N01 {
        field: Name, elements: [Name], severity: Error, core: Yes, editions: All,
        step: Step::Chain(1), basis: Clause, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let sent = case.sent(Element::Name).unwrap_or_default();
    if !is_blank(sent) {
        return Verdict::Pass;
    }
    Verdict::Fail(Finding::new(sent, say!(context.lang, "没有名称", "there is no name")))
}
