//! `X04`

use crate::rules::{BatchFinding, Context, Severity, Step, declare_rule};
use crate::say;

declare_rule! {
    /// # 目录数量不符
    /// ## 查什么
    /// 实收的目录项数与应答声明的总数（SumNum）一致，两次完整应答的内容也一致。
    /// ## 为什么
    /// 少收的摄像机没有检查过，多收的不知该不该算。分母说不清，各项比率都无效，要等查清以后重新计算。
    /// ## 依据
    /// GB/T 28181—2022 A.2.6.2 目录查询应答（SumNum 为总数）、附录M 多响应消息；2016 附录A、附录N。比率无效是通行做法。
    /// 由文件导入、没有声明总数的，不查。
    /// ## 示例
    /// 错：SumNum 为 1200，收到 1187 项。对：收到 1200 项。
    /// ## 怎么改
    /// 先重新查询一次；仍然不符，请平台厂商检查目录应答的分包、编号（SN）和总数，多因 UDP 丢包或应答过快。
    ///
    /// # The catalogue does not add up
    /// ## What it checks
    /// As many items came as the answer declares (SumNum), and two whole answers are alike.
    /// ## Why it matters
    /// Cameras that did not come were not looked at, and nobody knows whether those too many count. Without a
    /// denominator every rate is void until it is resolved.
    /// ## Source
    /// GB/T 28181—2022 A.2.6.2, answer to a catalogue query (SumNum is the total), annex M, answers in several messages;
    /// 2016 annexes A and N. That rates are void is common practice. Files that declare no total are not asked.
    /// ## Examples
    /// Wrong: SumNum is 1200 and 1187 items came. Right: 1200 came.
    /// ## How to put it right
    /// Query once more. If it stays so, have the maker look at how answers are split, numbered (SN) and totalled; mostly
    /// UDP loses messages, or they come too fast.
    X04 {
        field: Record, elements: [], severity: Error, core: No, editions: All,
        step: Step::Always, basis: Practice, autofix: None,
        asks: Catalogue,
    }
}

fn check(context: &Context<'_>) -> Vec<BatchFinding> {
    // Where nothing was declared and nothing came there was no answer: that is the run's matter.
    let Some(counts) = context.counts.filter(|c| c.state.voids() && (c.declared > 0 || c.received > 0)) else {
        return Vec::new();
    };
    let lang = context.lang;
    let why: Vec<&str> = counts.why.iter().map(|why| why.text.get(lang)).collect();
    let why = why.join(say!(lang, "，", ", ").as_str());
    let (declared, received) = (counts.declared, counts.received);
    vec![BatchFinding {
        rule: X04.id,
        severity: Severity::Error,
        about: "SumNum".to_owned(),
        message: say!(
            lang,
            "声明 {declared} 项，实收 {received} 项：{why}；查清以前各项比率无效",
            "{declared} items declared, {received} received: {why}; rates are void until it is resolved"
        ),
        cameras: context.cameras().count() as u64,
        examples: Vec::new(),
    }]
}
