//! `R11`

use crate::division::codes::parse_six;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 行政区划与目录树不一致
    /// ## 查什么
    /// 目录中摄像机上方最近的区划节点（2、4、6、8 位编码），与摄像机的行政区划是否相容：一个是另一个的开头，或两者指同一地方。
    /// 上方没有区划节点的不比较。默认只作说明。
    /// ## 为什么
    /// 目录树挂错，上级按目录授权和统计时会算到别处。有些网关用上级节点的区划覆盖本级，造成整批偏粗（R04）。
    /// ## 依据
    /// 通行做法：公开议题中见到过；标准没有要求两者相同。
    /// ## 示例
    /// 说明：挂在节点 `371722` 下，行政区划为 `371723`。对：挂在 `371723`、`3717` 或 `37172301` 下。
    /// ## 怎么改
    /// 看摄像机立在哪个县：目录挂错的移动节点，区划填错的改区划。
    ///
    /// # Region and tree disagree
    /// ## What it checks
    /// Whether the nearest region node above the camera (2, 4, 6 or 8 digits) fits its CivilCode: one begins with the
    /// other, or both are the same place. Not compared where no region node stands above. For information only, by
    /// default.
    /// ## Why it matters
    /// Superior platforms authorise and count by the tree. Some gateways overwrite CivilCode with the node above, which
    /// makes whole batches too coarse (R04).
    /// ## Source
    /// Common practice: seen in public threads; the standard does not ask for it.
    /// ## Examples
    /// Mentioned: under node `371722` with region `371723`. Right: under `371723`, `3717` or `37172301`.
    /// ## How to put it right
    /// See in which county the camera stands: move it in the tree, or correct CivilCode.
    R11 {
        field: Region, elements: [CivilCode, ParentID], severity: Info, core: No, editions: All,
        step: Step::Chain(7), basis: Practice, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    if context.region_nodes().is_empty() {
        return Verdict::Exempt;
    }
    let code = super::normal(case);
    if !matches!(code.len(), 2 | 4 | 6 | 8) || !crate::base::device_id::is_digits(code) {
        return Verdict::Exempt;
    }
    let above = context.tree.regions_above(context.items, context.kinds, case.item);
    if above.is_empty() {
        return Verdict::Exempt;
    }
    // Under several nodes one that fits is enough.
    if above.iter().any(|node| fits(node, code, context)) {
        return Verdict::Pass;
    }
    let node = above.join("、");
    let message = say!(
        context.lang,
        "行政区划 {code} 与上方的区划节点 {node} 不符",
        "region {code} does not fit the region node above, {node}"
    );
    Verdict::Fail(Finding::new(super::sent(case), message))
}

fn fits(node: &str, code: &str, context: &Context<'_>) -> bool {
    // 370000 and 371700 mean 37 and 3717.
    let plain = |code: &'_ str| if code.len() == 6 { code.trim_end_matches("00").to_owned() } else { code.to_owned() };
    let (above, own) = (plain(node), plain(code));
    if above.starts_with(own.as_str()) || own.starts_with(above.as_str()) {
        return true;
    }
    let territory = |code: &str| code.get(..6).and_then(parse_six).map(|c| context.divisions.territory(c));
    let (Some(above), Some(own)) = (territory(node), territory(code)) else { return false };
    // An old code and its successor; with access units the counties alone say nothing more.
    above.iter().any(|c| own.contains(c)) && node.get(..6) != code.get(..6)
}
