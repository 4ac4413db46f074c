//! `G11`

use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 坐标疑似人为微调
    /// ## 查什么
    /// 按原文比较：3 路以上坐标的前 6 位小数相同，只在第 7 位以后不同；或这样的一组中有 9 至 12 位小数的。末尾的 0 不算。
    /// 13 位以上的不算，那是换算程序留下的。
    /// ## 为什么
    /// 第 6 位小数约 0.1 米，没有哪种测量分得更细。前 6 位相同、后面各异，多半是为了躲过“多机同点”检查而加的尾数。
    /// ## 依据
    /// 通行做法：有一种公开的建档工具正是这样加尾数的。标准没有规定。
    /// ## 示例
    /// 提示：`34.9528000001`、`34.9528000002`、`34.9528000003`。对：各填各的实测坐标，6 位小数。
    /// ## 怎么改
    /// 逐路实测取点，按 6 位小数填写。
    ///
    /// # Points spread by hand
    /// ## What it checks
    /// As text: three or more positions agree in the first 6 decimals and differ only behind them, or such a cluster
    /// has 9 to 12 decimals. Zeros at the end are not counted; 13 and more are what a conversion leaves.
    /// ## Why it matters
    /// The sixth decimal is 0.1 m; nothing measures finer. Digits behind it were added to get past a count of cameras
    /// on one point.
    /// ## Source
    /// Common practice: a public archive tool does exactly this. The standard says nothing.
    /// ## Examples
    /// Remarked: `34.9528000001`, `34.9528000002`, `34.9528000003`. Right: each as measured, six decimals.
    /// ## How to put it right
    /// Measure each camera and enter six decimals.
    G11 {
        field: Coordinates, elements: [Longitude, Latitude], severity: Warn, core: Profile, editions: All,
        step: Step::Always, basis: Practice, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    if case.mobile {
        return Verdict::Exempt;
    }
    let Some(_) = case.position.filter(|at| at.in_china_bounds()) else { return Verdict::Pass };
    let Some(cameras) = context.jitter(case.item) else { return Verdict::Pass };
    let message = say!(
        context.lang,
        "{cameras} 路坐标前 6 位小数相同，只差在更后面的尾数",
        "{cameras} positions agree in six decimals and differ only in what was put behind them"
    );
    Verdict::Fail(Finding::new(&super::pair(case), message))
}
