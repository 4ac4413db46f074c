//! `D05`

use crate::base::device_id::is_rounded_by_excel;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 编码长度错误
    /// ## 查什么
    /// 设备编码恰好 20 位。
    /// ## 为什么
    /// 位数不对就不能分成中心编码、行业、类型、网络和序号五段，上级平台会拒收或归错类。
    /// ## 依据
    /// GB/T 28181—2022 附录E 表E.1；GB/T 28181—2016 附录D 表D.1。
    /// ## 示例
    /// 错：`3717230001132000001`（19 位）。对：`37172300011320000001`。
    /// ## 怎么改
    /// 按提示的位数找原因：10 至 13 位多为序列号、电话或 SIP 域；16、17 位多为漏位；21、22 位多为末尾加了数字；
    /// 8 位及以下像行政区划。改正后重新同步。
    ///
    /// # The code has the wrong length
    /// ## What it checks
    /// A device code has exactly 20 digits.
    /// ## Why it matters
    /// With another length it cannot be cut into centre, industry, type, network and serial; superior
    /// platforms refuse or misfile it.
    /// ## Source
    /// GB/T 28181—2022 annex E, table E.1; GB/T 28181—2016 annex D, table D.1.
    /// ## Examples
    /// Wrong: `3717230001132000001` (19 digits). Right: `37172300011320000001`.
    /// ## How to put it right
    /// The length tells the cause: 10 to 13 are serial numbers, telephones or SIP domains; 16 and 17 lost
    /// digits; 21 and 22 had digits appended; 8 and fewer look like a region. Correct it and fetch again.
    D05 {
        field: Code, elements: [DeviceID], severity: Error, core: Yes, editions: All,
        step: Step::Chain(5), basis: Clause, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    if case.code.is_some() {
        return Verdict::Pass;
    }
    let length = case.id.chars().count();
    if length == 20 {
        return Verdict::Pass;
    }
    let (zh, en) = match length {
        _ if is_rounded_by_excel(case.id) => (
            "像是 Excel 把编码变成了数字，请把该列设为“文本”后重新粘贴",
            "Excel seems to have turned it into a number, format the column as text before pasting",
        ),
        0..=8 => ("像行政区划代码", "looks like a region code"),
        10..=13 => ("像序列号、电话或 SIP 域", "looks like a serial number, a telephone or a SIP domain"),
        16 | 17 => ("可能漏了几位", "digits may have been dropped"),
        18 => ("18 位旧编码（规则B）已废止", "the 18-digit form (rule B) is gone"),
        21 | 22 => ("可能在末尾加了数字", "digits may have been appended"),
        _ => ("位数不对", "not a length that has a usual cause"),
    };
    Verdict::Fail(Finding::new(
        case.id,
        say!(context.lang, "编码为 {length} 位，应为 20 位；{zh}", "the code has {length} digits instead of 20; {en}"),
    ))
}
