//! `A10`

use std::sync::LazyLock;

use super::enumeration::QUOTED;
use crate::base::device_id::is_digits;
use crate::base::text::excerpt;
use crate::manscdp::item::Element;
use crate::rules::tables::{NOT_SUPPLIED, TableKind};
use crate::rules::{Autofix, Case, Context, Finding, Severity, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 采集部位代码错误
    /// ## 查什么
    /// CapturePositionType 是 7 位数字：前 5 位在国标附录O 内，末 2 位由行业定义，默认 `00`。只写前 5 位的接受，作说明
    /// 并建议补 `00`。前 5 位不在附录O 的 7 位代码可能属于地方标准：提供了地方采集部位代码表（`capture_positions`）就按
    /// 表判断，没有提供则无法判断。没有填写的不判断。
    /// ## 为什么
    /// 采集部位决定点位属于哪一类公共区域，覆盖率按它统计。
    /// ## 依据
    /// GB/T 28181—2022 附录A 目录项、附录O；2016 版没有这一项。山东 DB37/T 4690.1—2024 的 7 位代码另成体系，原文未见，
    /// 因此不在附录O 的不当作错误。
    /// ## 示例
    /// 提示：`7`、`026`、`0000000`。说明：`02601`。对：`0260100`。
    /// ## 怎么改
    /// 按附录O（或地方标准）选择部位；住宅小区出入口为 `0260100`，公共停车场为 `0270100`。
    ///
    /// # A wrong capture position
    /// ## What it checks
    /// CapturePositionType is 7 digits: the first 5 from annex O, the last 2 the sector's own, `00` by default. The
    /// first 5 alone are accepted with a note and the proposal to add `00`. 7 digits that do not begin with a code of
    /// annex O may be of a province's standard: with a table of its codes (`capture_positions`) they are judged by it,
    /// without one nothing can be told. Where there is none nothing is said.
    /// ## Why it matters
    /// The kind of public place a camera counts for is told by it, and coverage with it.
    /// ## Source
    /// GB/T 28181—2022 annex A, catalogue item, and annex O; 2016 has no such element. The 7 digits of Shandong's
    /// DB37/T 4690.1—2024 are a system of their own whose text was not seen; so what is not in annex O is not called
    /// wrong.
    /// ## Examples
    /// Remarked: `7`, `026`, `0000000`. Noted: `02601`. Right: `0260100`.
    /// ## How to put it right
    /// Choose from annex O (or the province's list): `0260100` for the entrance of a residential compound, `0270100`
    /// for a public car park.
    A10 {
        field: Attributes, elements: [CapturePositionType], severity: Warn, core: No, editions: From2022,
        step: Step::Always, basis: Clause, autofix: Suggest,
    }
}

/// 中类代码 of annex O, five digits each, in order.
static ANNEX_O: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("../data/capture_position_codes.csv").lines().skip(1).collect());

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let Some(text) = case.text(Element::CapturePositionType) else { return Verdict::Exempt };
    let lang = context.lang;
    let wrong = |message: String| Verdict::Fail(Finding::new(text, message).worth(Autofix::None));
    let middle = text.get(..5).filter(|_| matches!(text.len(), 5 | 7) && is_digits(text));
    let Some(middle) = middle else {
        let shown = excerpt(text, QUOTED);
        return wrong(say!(lang, "采集部位“{shown}”不是 7 位数字", "the capture position \"{shown}\" is not 7 digits"));
    };
    let listed = ANNEX_O.binary_search(&middle).is_ok();
    match (listed, text.len()) {
        (true, 7) => Verdict::Pass,
        (true, _) => {
            let message = say!(
                lang,
                "采集部位只有前 5 位，末 2 位默认为 00",
                "the capture position has its first 5 digits only; the last 2 are 00 by default"
            );
            let finding = Finding::new(text, message).propose(Element::CapturePositionType, Some(format!("{text}00")));
            Verdict::Advice(Severity::Info, finding)
        }
        (false, 7) if text.bytes().any(|b| b != b'0') => {
            if !context.tables.has(TableKind::CapturePositions) {
                return Verdict::Unjudged(&NOT_SUPPLIED);
            }
            match context.tables.name_of(TableKind::CapturePositions, text) {
                Some(_) => Verdict::Pass,
                None => wrong(say!(
                    lang,
                    "采集部位 {text} 不在附录O，也不在地方采集部位代码表中",
                    "the capture position {text} is neither in annex O nor in the province's list"
                )),
            }
        }
        (false, _) => wrong(say!(lang, "采集部位 {text} 不在附录O 中", "the capture position {text} is not in annex O")),
    }
}
