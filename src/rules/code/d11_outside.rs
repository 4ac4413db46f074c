//! `D11`

use crate::division::CodeStatus;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 编码不属于检测辖区
    /// ## 查什么
    /// 编码第 1 至 6 位（有 8 位辖区时为前 8 位）是否在检测辖区内；上级中心的编码（省、市级）不算在外。默认只作提示。
    /// ## 为什么
    /// 编码前 8 位是设备所属监控中心的区划，不是立杆的位置：紧邻县界的摄像机可能属于邻县中心，所以只提示。
    /// 成批出现时，多半是别处的设备被共享到这里，或编码照抄了模板。
    /// ## 依据
    /// 通行做法；中心编码的含义见 GB/T 28181—2022 附录E、2016 附录D。
    /// ## 示例
    /// 辖区 371723 时，提示：`37172200011320000001`（单县）。对：`37172300011320000001`。
    /// ## 怎么改
    /// 查清设备归哪个中心管理。不归本辖区的，取消共享；归本辖区的，编码列入改编码计划。
    ///
    /// # The code is not of the audited jurisdiction
    /// ## What it checks
    /// Whether digits 1 to 6 (8, with a jurisdiction of 8 digits) lie in the jurisdiction; codes of centres above
    /// it (province, prefecture) do not count as outside. A remark only, by default.
    /// ## Why it matters
    /// The first 8 digits name the centre a device belongs to, not the pole: a camera at the border may belong to
    /// the neighbour's centre. In numbers it mostly means devices from elsewhere, or a copied template.
    /// ## Source
    /// Common practice; what the digits mean: GB/T 28181—2022 annex E, 2016 annex D.
    /// ## Examples
    /// With jurisdiction 371723, remarked: `37172200011320000001`. Right: `37172300011320000001`.
    /// ## How to put it right
    /// Find out which centre runs the device. If it is another one, do not share it here; if it is this one, plan
    /// a new code.
    D11 {
        field: Code, elements: [DeviceID], severity: Warn, core: Profile, editions: All,
        step: Step::Chain(9), basis: Practice, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let Some(jurisdiction) = context.jurisdiction else { return Verdict::Off };
    let Some(code) = case.code else { return Verdict::Exempt };
    let (county, center) = (code.county(), code.center());
    // A centre above the jurisdiction: 37000000, 37170000.
    let above = county.trim_end_matches("00");
    if matches!(context.divisions.status_of(county), CodeStatus::Unknown)
        || (above.len() < county.len() && jurisdiction.touches(above))
        || (context.inside(county) == Some(true) && (center.ends_with("00") || context.inside(center) == Some(true)))
    {
        return Verdict::Pass;
    }
    let name = crate::division::codes::parse_six(county).and_then(|c| context.divisions.name(c)).unwrap_or_default();
    let message = say!(
        context.lang,
        "编码的中心 {center}（{name}）不在检测辖区内",
        "the centre {center} ({name}) in the code is outside the jurisdiction"
    );
    Verdict::Fail(Finding::new(case.id, message))
}
