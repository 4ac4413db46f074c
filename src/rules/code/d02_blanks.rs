//! `D02`

use crate::base::text::{is_invisible, trim};
use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 编码含空白或不可见字符
    /// ## 查什么
    /// 编码前后和中间没有空格、换行、零宽字符或控制字符。
    /// ## 为什么
    /// 肉眼看不出差别，但系统按字符比较：多一个空格就是另一个编码，点播和授权都会失败。
    /// ## 依据
    /// GB/T 28181—2022 附录A 编码类型的格式（2、4、6、8 或 20 位数字）；2016 版同。
    /// ## 示例
    /// 错：`37172300011320000001 `（末尾有空格）。对：`37172300011320000001`。
    /// ## 怎么改
    /// 删去空白后重新保存。建议值即去掉空白后的编码，可直接采用。
    ///
    /// # The code contains blanks or invisible characters
    /// ## What it checks
    /// There are no blanks, line ends, zero-width or control characters in or around the code.
    /// ## Why it matters
    /// Nobody sees the difference, but systems compare characters: with a blank more it is another code, and
    /// calls and permissions fail.
    /// ## Source
    /// GB/T 28181—2022 annex A, pattern of the code type (2, 4, 6, 8 or 20 digits); 2016 likewise.
    /// ## Examples
    /// Wrong: `37172300011320000001 ` (a blank at the end). Right: `37172300011320000001`.
    /// ## How to put it right
    /// Remove the blanks and save again. The proposal is the code without them and can be taken as it is.
    D02 {
        field: Code, elements: [DeviceID], severity: Error, core: Yes, editions: All,
        step: Step::Chain(2), basis: Clause, autofix: Safe,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let sent = case.sent(Element::DeviceID).unwrap_or_default();
    let odd = |c: char| c.is_whitespace() || c.is_control() || is_invisible(c);
    if (case.code.is_some() && sent.len() == case.id.len())
        || sent.bytes().all(|octet| octet.is_ascii_graphic())
        || !sent.contains(odd)
    {
        return Verdict::Pass;
    }
    let clean: String = trim(sent).chars().filter(|c| !odd(*c)).collect();
    let message = say!(context.lang, "编码含空白或不可见字符", "the code contains blanks or invisible characters");
    Verdict::Fail(Finding::new(sent, message).propose(Element::DeviceID, Some(clean)))
}
