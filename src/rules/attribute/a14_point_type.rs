//! `A14`

use std::sync::LazyLock;

use super::enumeration::Enumeration;
use crate::base::lang::Text;
use crate::manscdp::item::Element;
use crate::rules::{Basis, Case, Context, Step, Verdict, declare_rule};

declare_rule! {
    /// # 点位类型缺失或越界
    /// ## 查什么
    /// 2022 版平台的摄像机写明 PointType：1（一类）、2（二类）、3（三类）、9（其他）。公安档案表的 4（公安内部）不在国
    /// 标取值内。移动设备缺少时不判断。
    /// ## 为什么
    /// 一类点位还必须有经纬度、安装时间、联系方式、保存天数，二类必须有经纬度；没有点位类型就无法核查。
    /// ## 依据
    /// GB/T 28181—2022 附录A 目录项 PointType：正文写当为摄像机时必选，而其格式定义（schema）写可省略；缺失因此只作提示。
    /// 2016 版没有这一项。
    /// ## 示例
    /// 提示：空、`4`、`0`。对：`1`。
    /// ## 怎么改
    /// 按建设单位的点位分类填写；公安内部点位按国标填 9。
    ///
    /// # The point class is missing or out of range
    /// ## What it checks
    /// Cameras of a 2022 platform have a PointType: 1, 2, 3 (the classes) or 9 (other). The police archive's 4 (police
    /// internal) is none of the standard's. A missing one is not asked for of mobile devices.
    /// ## Why it matters
    /// A class 1 point must also have coordinates, install time, contact and days of recording, class 2 coordinates;
    /// without a class nothing of this can be checked.
    /// ## Source
    /// GB/T 28181—2022 annex A, catalogue item, PointType: mandatory for cameras in words, optional in the schema; so a
    /// remark. 2016 has no such element.
    /// ## Examples
    /// Remarked: nothing, `4`, `0`. Right: `1`.
    /// ## How to put it right
    /// Enter the class the owner gave the point; points inside the police are 9 in the standard.
    A14 {
        field: Attributes, elements: [PointType], severity: Warn, core: Profile, editions: From2022,
        step: Step::Always, basis: Clause, autofix: None,
    }
}

static VALUES: LazyLock<Enumeration> = LazyLock::new(|| Enumeration::new(Element::PointType, WHAT, "point_type"));
const WHAT: Text = Text::new("监控点位类型", "point class");

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    match case.text(Element::PointType) {
        None if case.mobile => Verdict::Exempt,
        None => super::missing(case, context, WHAT, Basis::Clause),
        Some(_) => VALUES.check(case, context),
    }
}
