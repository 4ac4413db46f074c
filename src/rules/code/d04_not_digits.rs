//! `D04`

use unicode_normalization::UnicodeNormalization as _;

use crate::base::device_id::{is_digits, is_scientific};
use crate::base::text::is_invisible;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 编码含字母或符号
    /// ## 查什么
    /// 编码全部由数字组成。
    /// ## 为什么
    /// 常见的是把设备序列号、自由文本或 Excel 的科学计数法当成了编码。
    /// ## 依据
    /// GB/T 28181—2022 附录A 编码类型的格式只允许数字；2016 版附录D 各段均为数字。
    /// ## 示例
    /// 错：`9B0212345678`、`3.71723E+19`。对：`37172300011320000001`。
    /// ## 怎么改
    /// 按编码规则为该通道编制 20 位编码。若是 Excel 造成的科学计数法，请把该列设为“文本”后重新导出。
    ///
    /// # The code contains letters or signs
    /// ## What it checks
    /// The code consists of digits only.
    /// ## Why it matters
    /// Usually a serial number, a free text, or a number in Excel's scientific notation was taken for a code.
    /// ## Source
    /// GB/T 28181—2022 annex A allows digits only; in annex D of 2016 every segment is digits.
    /// ## Examples
    /// Wrong: `9B0212345678`, `3.71723E+19`. Right: `37172300011320000001`.
    /// ## How to put it right
    /// Give the channel a 20-digit code by the coding rules. If Excel did it, format the column as text and
    /// export again.
    D04 {
        field: Code, elements: [DeviceID], severity: Error, core: Yes, editions: All,
        step: Step::Chain(3), basis: Clause, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    // Blanks are D02's business, full-width digits D03's.
    let plain = || case.id.nfkc().filter(|c| !c.is_whitespace() && !c.is_control() && !is_invisible(*c)).collect::<String>();
    if case.code.is_some() || is_digits(case.id) || is_digits(&plain()) {
        return Verdict::Pass;
    }
    let message = if is_scientific(case.id) {
        say!(
            context.lang,
            "Excel 把编码变成了数字，后几位已丢失；请把该列设为“文本”后重新粘贴",
            "Excel turned the code into a number and its last digits are lost; format the column as text before pasting"
        )
    } else {
        say!(context.lang, "编码含字母或符号", "the code contains letters or signs")
    };
    Verdict::Fail(Finding::new(case.id, message))
}
