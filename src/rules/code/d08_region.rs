//! `D08`

use crate::base::lang::Lang;
use crate::division::CodeStatus;
use crate::division::codes::six;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 编码中的区划代码不在表中
    /// ## 查什么
    /// 编码第 1 至 6 位是现行或曾经有效的行政区划代码。省级、地级代码也可以：这几位是所属中心的代码，不是立杆处的代码。
    /// ## 为什么
    /// 区划代码错，设备会挂到不存在的单位下面。
    /// ## 依据
    /// GB/T 28181—2022 附录E（民政部最新代码）；2016 附录D（GB/T 2260—2007）。已废止的代码在此不判错：改编码会断开录像和授权。
    /// 功能区（如 371771）在此不判错，由 D10 提示；“市辖区”等占位代码不允许。以往日期判断时，按当年的代码。
    /// ## 示例
    /// 错：`37990000011320000001`。对：`37172300011320000001`。
    /// ## 怎么改
    /// 按设备所属中心的现行区划代码重新编码。
    ///
    /// # The region in the code is in no list
    /// ## What it checks
    /// Digits 1 to 6 are a region code in force or one that once was. Codes of provinces and prefectures pass
    /// too: these digits name the centre, not the pole.
    /// ## Why it matters
    /// With a wrong region the device hangs under a unit that does not exist.
    /// ## Source
    /// GB/T 28181—2022 annex E (newest list of the Ministry of Civil Affairs); 2016 annex D (GB/T 2260-2007).
    /// Retired codes do not fail here: changing a code breaks recordings and permissions. Development zones
    /// (371771) pass, D10 remarks on them; placeholders such as 市辖区 do not. For a day of the past the codes of its
    /// year hold.
    /// ## Examples
    /// Wrong: `37990000011320000001`. Right: `37172300011320000001`.
    /// ## How to put it right
    /// Code the device anew with the region of its centre.
    D08 {
        field: Code, elements: [DeviceID], severity: Error, core: Yes, editions: All,
        step: Step::Chain(8), basis: Clause, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let region = case.id.get(..6).unwrap_or_default();
    match context.divisions.status_of(region) {
        CodeStatus::Current { .. } | CodeStatus::Retired { .. } | CodeStatus::Zone { .. } => Verdict::Pass,
        CodeStatus::Future { name, since, .. } => {
            Verdict::Fail(Finding::new(case.id, not_yet(region, name, since, context.lang)))
        }
        CodeStatus::Unofficial { name, hosts } => Verdict::Fail(
            Finding::new(
                case.id,
                say!(context.lang, "{region}（{name}）不是正式的行政区划代码", "{region} ({name}) is no assigned region code"),
            )
            .choose(hosts_of(hosts)),
        ),
        CodeStatus::Unknown => Verdict::Fail(Finding::new(
            case.id,
            say!(context.lang, "行政区划代码 {region} 不存在", "there is no region code {region}"),
        )),
    }
}

/// What is said of a code that came after the day of judgment.
pub(in crate::rules) fn not_yet(region: &str, name: &str, since: u16, lang: Lang) -> String {
    say!(
        lang,
        "{region}（{name}）{since} 年才启用，在判断日期还不存在",
        "{region} ({name}) came in {since}: on the day of judgment there was no such code"
    )
}

/// The counties a code stands for, to choose from.
pub(in crate::rules) fn hosts_of(hosts: &[u32]) -> Vec<String> {
    hosts.iter().map(|host| six(*host)).collect()
}
