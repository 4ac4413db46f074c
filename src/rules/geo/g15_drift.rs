//! `G15`

use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 位置漂移
    /// ## 查什么
    /// 与上次目录相比，位置移动不超过 50 米（口径 `drift_m`）；地址也改了的不提。没有上次目录时无法判断；
    /// 上次没有这一路，或两次中有一次没有可用的坐标，不适用。编码变更对照表中改过编码的，与旧编码比。
    /// ## 为什么
    /// 地址没变而坐标移动，多半是批量导入或坐标转换时改动了。
    /// ## 依据
    /// 通行做法；标准没有规定。
    /// ## 示例
    /// 说明：地址未变，比上次移动 503 米。对：两次一致，或迁移时同时改地址。
    /// ## 怎么改
    /// 核对哪一次是实测值。成批移动约 500 米的，见 G13。
    ///
    /// # Moved since the last catalogue
    /// ## What it checks
    /// Since the earlier catalogue no camera moved more than 50 m (profile key `drift_m`) without a change of
    /// Address. Without an earlier catalogue it cannot be told; a camera that is new, or without a usable position in
    /// either, is exempt. One whose code changed by the table of changed codes is compared with its old code.
    /// ## Why it matters
    /// A position that moves under the same address was changed by an import or a conversion.
    /// ## Source
    /// Common practice; the standard says nothing.
    /// ## Examples
    /// Remarked: 503 m from where it was, same address. Right: the same position, or a new address with the new one.
    /// ## How to put it right
    /// See which of the two was measured. For a batch that moved some 500 m see G13.
    G15 {
        field: Coordinates, elements: [Longitude, Latitude, Address], severity: Info, core: No, editions: All,
        step: Step::Always, basis: Practice, autofix: None,
        needs: Previous,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let known = &context.tables.previous.by_id;
    let earlier = known.get(case.id).or_else(|| known.get(context.listed_change(case.id).map(|change| change.old.as_str())?));
    let was = earlier.and_then(|e| Some((e, e.at.filter(|at| at.in_china_bounds())?)));
    let now = case.position.filter(|at| at.in_china_bounds() && !case.mobile);
    let (Some((earlier, was)), Some(now)) = (was, now) else { return Verdict::Exempt };
    let (east, north) = now.metres_from(was);
    let metres = east.hypot(north);
    if metres <= context.profile.drift_m || case.text(Element::Address).unwrap_or_default() != earlier.address {
        return Verdict::Pass;
    }
    let message = say!(
        context.lang,
        "地址未变，位置比上次目录移动约 {metres:.0} 米",
        "some {metres:.0} m from where it was in the earlier catalogue, with the same address"
    );
    Verdict::Fail(Finding::new(&super::pair(case), message))
}
