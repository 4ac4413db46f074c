//! `N04`

use super::Class;
use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 无意义名称
    /// ## 查什么
    /// 名称不是纯数字、单个字符、重复字符、符号、“未知”一类的词，也不是 IP 地址、MAC 地址或编码。
    /// ## 为什么
    /// 这样的名称说明不了地点，也无法与台账核对。
    /// ## 依据
    /// 通行做法。
    /// ## 示例
    /// 错：`209`、`null`、`IP:192.168.1.177 -球机`、`37172300011320000001`。对：`幸福小区北门枪机1`。
    /// ## 怎么改
    /// 改为实际地点的名称。
    ///
    /// # The name says nothing
    /// ## What it checks
    /// The name is not only digits, one character, one character over and over, signs, a word such as "unknown",
    /// and no IP address, MAC address or code.
    /// ## Why it matters
    /// Such a name tells no place and cannot be held against a ledger.
    /// ## Source
    /// Common practice.
    /// ## Examples
    /// Wrong: `209`, `null`, `IP:192.168.1.177 -球机`, `37172300011320000001`. Right: `幸福小区北门枪机1`.
    /// ## How to put it right
    /// Enter the name of the real place.
    N04 {
        field: Name, elements: [Name], severity: Error, core: Yes, editions: All,
        step: Step::Chain(4), basis: Practice, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let (zh, en) = match super::lint(case) {
        Some((_, Class::Meaningless)) => ("说明不了地点", "it tells no place"),
        Some((_, Class::Address)) => ("以网络地址代替名称", "a network address stands for it"),
        Some((_, Class::Code)) => ("以编码代替名称", "a code stands for it"),
        Some((_, Class::VendorDefault)) | None => return Verdict::Pass,
    };
    let sent = case.sent(Element::Name).unwrap_or_default();
    Verdict::Fail(Finding::new(sent, say!(context.lang, "名称无意义：{zh}", "the name says nothing: {en}")))
}
