//! `D14`

use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 行业编码与场所不符
    /// ## 查什么
    /// 编码第 9、10 位是否在口径列出的行业（`industries`）里；口径没有列出就不查。只作说明，默认不影响合规率。
    /// ## 为什么
    /// 小区的摄像机一般用 01（社会治安社区接入）；用了别的行业，按行业统计时会漏掉。
    /// ## 依据
    /// 通行做法；标准只给出行业编码表，没有规定哪类场所必须用哪一个，物业自建的用 00、50 至 55、80 至 89 也常见。
    /// ## 示例
    /// 说明：口径写 `industries = ["01"]`，编码为 `37172300041320000001`（04 交通路面）。对：`37172300011320000001`。
    /// ## 怎么改
    /// 先确认这一路是不是小区的摄像机。新建的按口径选行业编码；已在用的不必为此改编码。
    ///
    /// # The industry in the code is that of another scene
    /// ## What it checks
    /// Whether digits 9 and 10 are among the `industries` of the profile; not asked where it names none. A note only.
    /// ## Why it matters
    /// Cameras of communities are usually 01; under another industry they are missed when sorted by it.
    /// ## Source
    /// Common practice: the standard has the table, but does not say which scene needs which; 00, 50 to 55 and 80 to
    /// 89 are common for what property managers build.
    /// ## Examples
    /// Noted: the profile says `industries = ["01"]`, the code is `37172300041320000001` (04, roads). Right:
    /// `37172300011320000001`.
    /// ## How to put it right
    /// See whether the camera belongs to the community at all. Choose by the profile for new devices; do not renumber
    /// those in use for this.
    D14 {
        field: Code, elements: [DeviceID], severity: Info, core: No, editions: All,
        step: Step::Chain(9), basis: Practice, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let expected = &context.profile.industries;
    if expected.is_empty() {
        return Verdict::Off;
    }
    let Some(code) = case.code else { return Verdict::Exempt };
    let industry = code.industry();
    if expected.iter().any(|e| e == industry) {
        return Verdict::Pass;
    }
    let name = context.edition.industry(industry).map(|row| row.name.get(context.lang)).unwrap_or_default();
    let wanted = expected.join(say!(context.lang, "、", ", ").as_str());
    Verdict::Fail(Finding::new(
        case.id,
        say!(context.lang, "行业编码 {industry}（{name}），应为 {wanted}", "industry {industry} ({name}) instead of {wanted}"),
    ))
}
