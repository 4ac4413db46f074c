//! `G16`

use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Finding, Severity, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 移动设备
    /// ## 查什么
    /// 移动采集设备类型（MobileDeviceType）大于 0，或编码类型为 138 的，是移动设备：定点规则（G02 至 G15）对它不适用。
    /// 只作说明，不影响合规。
    /// ## 为什么
    /// 车载、单兵、无人机的位置随时在变，不能按固定点检查；固定摄像机误标为移动的，坐标就没有人查了。
    /// ## 依据
    /// MobileDeviceType 为 2022 版附录 A 目录项；类型编码 138 在 2016 版附录 D、2022 版附录 E 中都有，故各版都查。
    /// ## 示例
    /// 说明：MobileDeviceType 为 `4`（车载视频记录设备）。固定摄像机不填此项。
    /// ## 怎么改
    /// 确为移动设备的不用改；固定摄像机删去 MobileDeviceType，编码改用 131 或 132。
    ///
    /// # A mobile device
    /// ## What it checks
    /// MobileDeviceType above 0, or type 138 in the code, makes a mobile device: rules about fixed points (G02 to
    /// G15) do not apply. Told only; nothing fails.
    /// ## Why it matters
    /// What rides in a car or flies stands nowhere in particular; and a fixed camera marked as mobile is held against
    /// nothing.
    /// ## Source
    /// MobileDeviceType is an element of catalogue items since 2022 (annex A); type 138 stands in annex D of 2016 and
    /// annex E of 2022, so every edition is asked.
    /// ## Examples
    /// Told: MobileDeviceType `4` (vehicle recorder). A fixed camera has no such element.
    /// ## How to put it right
    /// Nothing, if it is mobile; of a fixed camera remove MobileDeviceType and use type 131 or 132.
    G16 {
        field: Coordinates, elements: [MobileDeviceType, DeviceID], severity: Info, core: No, editions: All,
        step: Step::Always, basis: Clause, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let sent = case.text(Element::MobileDeviceType);
    if !case.mobile {
        return if sent.is_some() { Verdict::Pass } else { Verdict::Exempt };
    }
    let value = sent.unwrap_or(case.id);
    let message = say!(context.lang, "移动设备，定点规则不适用", "a mobile device: rules about fixed points do not apply");
    Verdict::Advice(Severity::Info, Finding::new(value, message))
}
