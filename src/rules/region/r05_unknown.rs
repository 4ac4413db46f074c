//! `R05`

use crate::division::CodeStatus;
use crate::rules::code::d08_region::{hosts_of, not_yet};
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 行政区划代码不存在
    /// ## 查什么
    /// 行政区划的 6 位部分是现行、已废止（由 R06 判断）或功能区（由 R07 提示）代码。以往日期判断时，按当年的代码。
    /// ## 为什么
    /// 不存在的代码多为编造或输错，上级无法归属。“市辖区”等占位代码只在统计表里用，不是区划。
    /// ## 依据
    /// GB/T 28181—2022 采用民政部最新代码；2016 采用 GB/T 2260—2007。功能区在此不判错。
    /// ## 示例
    /// 错：`371799`、`370101`。对：`371723`。
    /// ## 怎么改
    /// 填写摄像机所在县的现行代码。占位代码给出它代表的各区县供选择。
    ///
    /// # There is no such region
    /// ## What it checks
    /// The six-digit part is in force, retired (R06 judges that) or a development zone (R07 remarks on it).
    /// For a day of the past the codes of its year hold.
    /// ## Why it matters
    /// Codes that do not exist were invented or mistyped, and nothing can be filed under them. Placeholders such
    /// as 市辖区 stand in statistics only.
    /// ## Source
    /// GB/T 28181—2022 takes the newest list of the Ministry of Civil Affairs, 2016 takes GB/T 2260-2007. Zones
    /// do not fail here.
    /// ## Examples
    /// Wrong: `371799`, `370101`. Right: `371723`.
    /// ## How to put it right
    /// Enter the code of the county the camera stands in. For placeholders the counties they stand for are given.
    R05 {
        field: Region, elements: [CivilCode], severity: Error, core: Yes, editions: All,
        step: Step::Chain(5), basis: Clause, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let code = super::normal(case);
    let six = code.get(..6).unwrap_or(code);
    let sent = super::sent(case);
    // `371723AB`: the county is there, the rest is no town.
    if !code.bytes().all(|b| b.is_ascii_digit()) {
        return Verdict::Fail(Finding::new(
            sent,
            say!(context.lang, "行政区划代码 {code} 不存在", "there is no region code {code}"),
        ));
    }
    match context.divisions.status_of(six) {
        CodeStatus::Current { .. } | CodeStatus::Retired { .. } | CodeStatus::Zone { .. } => Verdict::Pass,
        CodeStatus::Future { name, since, .. } => Verdict::Fail(Finding::new(sent, not_yet(six, name, since, context.lang))),
        // Too coarse for a camera is R04's; here it is asked for by the reading "clause only".
        CodeStatus::Unknown if code.len() < 6 => Verdict::Pass,
        CodeStatus::Unofficial { name, hosts } => Verdict::Fail(
            Finding::new(
                sent,
                say!(context.lang, "{six}（{name}）不是正式的行政区划代码", "{six} ({name}) is no assigned region code"),
            )
            .choose(hosts_of(hosts)),
        ),
        CodeStatus::Unknown => {
            Verdict::Fail(Finding::new(sent, say!(context.lang, "行政区划代码 {six} 不存在", "there is no region code {six}")))
        }
    }
}
