//! `A17`

use std::sync::LazyLock;

use super::enumeration::Enumeration;
use crate::base::lang::Text;
use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Step, Verdict, declare_rule};

declare_rule! {
    /// # 编码格式越界
    /// ## 查什么
    /// EncodeType 在 1 至 5 内：MPEG-4、H.264、SVAC、3GP、H.265。4 在国标中是 3GP，在公安档案表中是 H.265，只作说明。没
    /// 有填写的不判断。
    /// ## 为什么
    /// 上级按它选择解码方式；4 十有八九想写的是 H.265。
    /// ## 依据
    /// GB/T 28181—2022 附录A 目录项 EncodeType；2016 版没有这一项。
    /// ## 示例
    /// 说明：`0`、`6`、`H.265`、`4`。对：`5`（H.265）。
    /// ## 怎么改
    /// 看设备编码设置页：H.264 填 2，H.265 填 5。
    ///
    /// # A video coding out of range
    /// ## What it checks
    /// EncodeType is 1 to 5: MPEG-4, H.264, SVAC, 3GP, H.265. 4 is 3GP in the standard and H.265 in the police archive:
    /// a note. Where there is none nothing is said.
    /// ## Why it matters
    /// The decoder is chosen by it; most who write 4 mean H.265.
    /// ## Source
    /// GB/T 28181—2022 annex A, catalogue item, EncodeType; 2016 has no such element.
    /// ## Examples
    /// Noted: `0`, `6`, `H.265`, `4`. Right: `5` (H.265).
    /// ## How to put it right
    /// See the device's coding page: 2 for H.264, 5 for H.265.
    A17 {
        field: Attributes, elements: [EncodeType], severity: Info, core: No, editions: From2022,
        step: Step::Always, basis: Clause, autofix: None,
    }
}

static VALUES: LazyLock<Enumeration> =
    LazyLock::new(|| Enumeration::new(Element::EncodeType, WHAT, "encode_format").ambiguous("4"));
const WHAT: Text = Text::new("视频编码格式", "video coding");

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    VALUES.check(case, context)
}
