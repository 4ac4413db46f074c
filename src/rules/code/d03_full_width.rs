//! `D03`

use unicode_normalization::UnicodeNormalization as _;

use crate::base::device_id::is_digits;
use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 编码含全角数字
    /// ## 查什么
    /// 编码使用半角数字 0-9，不使用全角数字。
    /// ## 为什么
    /// 全角数字是另外的字符，信令中无法寻址。
    /// ## 依据
    /// GB/T 28181—2022 附录A 编码类型的格式；2016 版同。
    /// ## 示例
    /// 错：`３７１７２３00011320000001`。对：`37172300011320000001`。
    /// ## 怎么改
    /// 关闭输入法全角后重填。建议值即半角写法，可直接采用。
    ///
    /// # The code contains full-width digits
    /// ## What it checks
    /// The code is written with plain digits 0-9.
    /// ## Why it matters
    /// Full-width digits are other characters; nothing can be addressed with them.
    /// ## Source
    /// GB/T 28181—2022 annex A, pattern of the code type; 2016 likewise.
    /// ## Examples
    /// Wrong: `３７１７２３00011320000001`. Right: `37172300011320000001`.
    /// ## How to put it right
    /// Switch the input method to half width and enter it again. The proposal can be taken as it is.
    D03 {
        field: Code, elements: [DeviceID], severity: Error, core: Yes, editions: All,
        step: Step::Chain(2), basis: Clause, autofix: Safe,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    if case.id.is_ascii() {
        return Verdict::Pass;
    }
    let plain: String = case.id.nfkc().collect();
    if !is_digits(&plain) {
        // Other characters are D04's business.
        return Verdict::Pass;
    }
    let message = say!(context.lang, "编码含全角数字", "the code contains full-width digits");
    Verdict::Fail(Finding::new(case.id, message).propose(Element::DeviceID, Some(plain)))
}
