//! `A08`

use std::sync::LazyLock;

use super::enumeration::Enumeration;
use crate::base::lang::Text;
use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Step, Verdict, declare_rule};

declare_rule! {
    /// # 结构类型越界
    /// ## 查什么
    /// PTZType 在该平台所用版本的取值内：2011、2016 版 1 至 4（球机、半球、固定枪机、遥控枪机），2022 版 1 至 7（增加遥
    /// 控半球、全景/拼接通道、分割通道）。2022 版的 5 与公安档案表的 5（卡口枪机）含义不同，只作说明。没有填写的不判断。
    /// ## 为什么
    /// 值越界时，上级看不出是否可以控制云台；5 和 99 多半是公安档案表的值直接进了国标目录。
    /// ## 依据
    /// GB/T 28181—2022 附录A 目录项 PTZType；2016 版的取值据公开源码注释，2011 版按 2016 版。
    /// ## 示例
    /// 提示：2016 版平台的 `5`、任何版本的 `0`、`99`。对：`3`。
    /// ## 怎么改
    /// 在平台通道编辑页选择摄像机类型；未知的留空，不要写 99。
    ///
    /// # A structure type out of range
    /// ## What it checks
    /// PTZType is among the values of the edition the platform speaks: 2011 and 2016, 1 to 4 (dome, half dome, fixed
    /// bullet, remote bullet); 2022, 1 to 7 (remote half dome and two kinds of channels of multi-lens devices as well).
    /// The 5 of 2022 and the 5 of the police archive (checkpoint bullet) differ: a note. Where there is none nothing is
    /// said.
    /// ## Why it matters
    /// Out of range nobody can tell whether the camera can be steered; 5 and 99 are often the police archive's values
    /// passed on.
    /// ## Source
    /// GB/T 28181—2022 annex A, catalogue item, PTZType; the values of 2016 from comments in public source code, 2011
    /// as 2016.
    /// ## Examples
    /// Remarked: `5` from a platform of 2016; `0` or `99` from any. Right: `3`.
    /// ## How to put it right
    /// Choose the camera type on the platform's channel page; leave it out where it is not known, do not write 99.
    A08 {
        field: Attributes, elements: [PTZType], severity: Warn, core: No, editions: All,
        step: Step::Always, basis: Clause, autofix: None,
    }
}

static VALUES: LazyLock<Enumeration> = LazyLock::new(|| Enumeration::new(Element::PTZType, WHAT, "camera_type").ambiguous("5"));
const WHAT: Text = Text::new("结构类型", "structure type");

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    VALUES.check(case, context)
}
