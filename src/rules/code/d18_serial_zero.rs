//! `D18`

use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 序号全为零
    /// ## 查什么
    /// 编码第 15 至 20 位是否为 000000。默认只作提示。
    /// ## 为什么
    /// 标准不禁止序号从零开始，但全零多半是没有填写，或表格软件把长数字的末几位变成了零。
    /// ## 依据
    /// 通行做法；标准允许 000000 至 999999。
    /// ## 示例
    /// 提示：`37172300011320000000`。对：`37172300011320000001`。
    /// ## 怎么改
    /// 核对设备上的编码；若是从表格导入的，把编码列设为文本后重新导入。
    ///
    /// # The serial is all zeros
    /// ## What it checks
    /// Whether digits 15 to 20 are 000000. A remark only, by default.
    /// ## Why it matters
    /// The standard does not forbid a serial of zero, but it mostly means that nobody filled it in, or that a
    /// spreadsheet turned the last digits of a long number into zeros.
    /// ## Source
    /// Common practice; the standard allows 000000 to 999999.
    /// ## Examples
    /// Remarked: `37172300011320000000`. Right: `37172300011320000001`.
    /// ## How to put it right
    /// Look at the code in the device; if it came from a spreadsheet, format the column as text and import again.
    D18 {
        field: Code, elements: [DeviceID], severity: Warn, core: Profile, editions: All,
        step: Step::Chain(9), basis: Practice, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    match case.code {
        None => Verdict::Exempt,
        Some(code) if code.serial() == "000000" => {
            Verdict::Fail(Finding::new(case.id, say!(context.lang, "序号为 000000", "the serial is 000000")))
        }
        Some(_) => Verdict::Pass,
    }
}
