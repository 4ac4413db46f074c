//! `A16`

use std::sync::LazyLock;

use super::enumeration::Enumeration;
use crate::base::device_id::is_digits;
use crate::base::lang::Text;
use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Step, Verdict, declare_rule};

declare_rule! {
    /// # 分辨率格式错误
    /// ## 查什么
    /// Resolution 的每一段是 1 至 6（QCIF、CIF、4CIF、D1、720P、1080P），或写成宽x高，如 2560x1440；各段用 `/` 分开。没
    /// 有填写的不判断。
    /// ## 为什么
    /// `1080P`、`200万` 之类的写法程序认不得，无法与实际画面核对。
    /// ## 依据
    /// GB/T 28181—2022 附录A 目录项 Resolution；2016 版 1 至 6 相同，宽x高的写法在 2022 版得到确认，各版都接受。
    /// ## 示例
    /// 说明：`1080P`、`1920*1080`、`7`。对：`6`、`6/2560x1440`。
    /// ## 怎么改
    /// 填 1 至 6，或按设备编码设置页填写宽x高（字母 x，不加空格）。
    ///
    /// # A resolution in a wrong form
    /// ## What it checks
    /// Each part of Resolution is 1 to 6 (QCIF, CIF, 4CIF, D1, 720P, 1080P) or width x height such as 2560x1440; parts
    /// stand apart by `/`. Where there is none nothing is said.
    /// ## Why it matters
    /// Programs cannot read `1080P` or `200万` and compare it with the picture.
    /// ## Source
    /// GB/T 28181—2022 annex A, catalogue item, Resolution; 1 to 6 are the same in 2016. Width x height is confirmed
    /// for 2022 and accepted in all editions.
    /// ## Examples
    /// Noted: `1080P`, `1920*1080`, `7`. Right: `6`, `6/2560x1440`.
    /// ## How to put it right
    /// Enter 1 to 6, or width x height from the device's coding page (the letter x, no blanks).
    A16 {
        field: Attributes, elements: [Resolution], severity: Info, core: No, editions: All,
        step: Step::Always, basis: Clause, autofix: None,
    }
}

static VALUES: LazyLock<Enumeration> =
    LazyLock::new(|| Enumeration::new(Element::Resolution, WHAT, "").several().or(is_size, SIZE));
const WHAT: Text = Text::new("分辨率", "resolution");

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    VALUES.check(case, context)
}

const SIZE: Text = Text::new("宽x高", "WxH");

/// Width and height of at most five digits.
fn is_size(part: &str) -> bool {
    let side = |text: &str| (1..=5).contains(&text.len()) && is_digits(text) && !text.starts_with('0');
    part.split_once(['x', 'X']).is_some_and(|(width, height)| side(width) && side(height))
}
