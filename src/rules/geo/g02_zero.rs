//! `G02`, fingerprints V18 and V19.

use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 坐标为零或占位
    /// ## 查什么
    /// 经纬度不为 0，经度与纬度不相等。
    /// ## 为什么
    /// 0 是软件的缺省值，并不是测得的位置；有的平台收到不带坐标的位置通知就存为 0。
    /// ## 依据
    /// 通行做法：大量出现。
    /// ## 示例
    /// 错：`0,0`、`115.889600,0`、`100,100`。对：`115.889600,34.952800`。
    /// ## 怎么改
    /// 填写实测坐标。
    ///
    /// # The position is zero or a placeholder
    /// ## What it checks
    /// Neither axis is 0, and they are not equal.
    /// ## Why it matters
    /// 0 is a software's default, not a measured place; some platforms store it when a notice carries no position.
    /// ## Source
    /// Common practice: seen often.
    /// ## Examples
    /// Wrong: `0,0`, `115.889600,0`, `100,100`. Right: `115.889600,34.952800`.
    /// ## How to put it right
    /// Enter the measured position.
    G02 {
        field: Coordinates, elements: [Longitude, Latitude], severity: Error, core: Yes, editions: All,
        step: Step::Chain(3), basis: Practice, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    if case.mobile {
        return Verdict::Exempt;
    }
    let Some(at) = case.position else { return Verdict::Pass };
    #[expect(clippy::float_cmp, reason = "placeholders are equal to the last bit")]
    let placeholder = at.lon == 0.0 || at.lat == 0.0 || at.lon == at.lat;
    if !placeholder {
        return Verdict::Pass;
    }
    let message = say!(context.lang, "经纬度为零或占位值", "the position is zero or a placeholder");
    Verdict::Fail(Finding::new(&super::pair(case), message))
}
