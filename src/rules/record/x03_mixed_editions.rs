//! `X03`

use super::EXAMPLES;
use crate::catalog::field::is_absent;
use crate::edition::{EditionSource, Editions};
use crate::manscdp::item::Element;
use crate::rules::{BatchFinding, Context, Severity, Step, declare_rule};
use crate::say;

declare_rule! {
    /// # 版本混用
    /// ## 查什么
    /// 按 2016 版（或 2011 版）判断的平台，目录里有 2022 版才有的元素；按 2022 版判断的平台，目录里有 2022 版已删去的元素。
    /// ## 为什么
    /// 各版的编码表、必选项和取值不同，按错了版本，整批结论都会偏。也可能是平台升级了一半，两种写法混在一起。
    /// ## 依据
    /// GB/T 28181—2022 附录I：注册消息的 X-GB-Ver 头域写明版本，2.0 为 2016 版，3.0 为 2022 版；A.2.1.9 的目录项删去了
    /// Owner、SafetyWay、CertNum、Certifiable、ErrCode、EndTime、PositionType、UseType，增加了 GrassrootsCode、PointType、MAC 等。
    /// 本工具先看使用者的设置，再看 X-GB-Ver，都没有时按 2016 版；目录的特征只作提示，不改变所用的版本。
    /// ## 示例
    /// 说明：X-GB-Ver 为 2.0，摄像机却带有 `<GrassrootsCode>`、`<PointType>`。对：2016 版平台只发 2016 版的元素。
    /// ## 怎么改
    /// 向平台厂商核实执行哪一版，在设置里写明 `edition` 后重新检测；平台声明的版本不对的，请厂商改正 X-GB-Ver。
    ///
    /// # Editions mixed
    /// ## What it checks
    /// A platform judged by 2016 (or 2011) sends elements only 2022 has; one judged by 2022 sends elements 2022 deleted.
    /// ## Why it matters
    /// Tables, mandatory elements and values differ by edition: judged by the wrong one, everything is askew. Or the
    /// platform was upgraded halfway.
    /// ## Source
    /// GB/T 28181—2022 annex I: X-GB-Ver of a REGISTER says the edition, 2.0 is 2016, 3.0 is 2022; the items of A.2.1.9
    /// lost Owner, SafetyWay, CertNum, Certifiable, ErrCode, EndTime, PositionType and UseType, and gained
    /// GrassrootsCode, PointType, MAC and others. The operator's setting comes first, then X-GB-Ver, then 2016; what
    /// the catalogue looks like only advises.
    /// ## Examples
    /// Noted: X-GB-Ver is 2.0, and cameras carry `<GrassrootsCode>` and `<PointType>`. Right: elements of 2016 only.
    /// ## How to put it right
    /// Ask the maker which edition it is, set `edition` and audit again; where X-GB-Ver is wrong, have it corrected.
    X03 {
        field: Record, elements: [], severity: Info, core: No, editions: All,
        step: Step::Always, basis: Clause, autofix: None,
        asks: Catalogue,
    }
}

/// Since 2022.
const NEW: &[Element] = &[
    Element::SecurityLevelCode,
    Element::PhotoelectricImagingType,
    Element::CapturePositionType,
    Element::StreamNumberList,
    Element::SSVCRatioSupportList,
    Element::MobileDeviceType,
    Element::HorizontalFieldAngle,
    Element::VerticalFieldAngle,
    Element::MaxViewDistance,
    Element::GrassrootsCode,
    Element::PointType,
    Element::PointCommonName,
    Element::MAC,
    Element::FunctionType,
    Element::EncodeType,
    Element::InstallTime,
    Element::ManagementUnit,
    Element::ContactInfo,
    Element::RecordSaveDays,
    Element::IndustrialClassification,
];

/// Until 2016.
const OLD: &[Element] = &[
    Element::Owner,
    Element::SafetyWay,
    Element::CertNum,
    Element::Certifiable,
    Element::ErrCode,
    Element::EndTime,
    Element::PositionType,
    Element::UseType,
];

fn check(context: &Context<'_>) -> Vec<BatchFinding> {
    let foreign = if Editions::From2022.contain(context.edition) { OLD } else { NEW };
    let mut counts: Vec<(Element, u64)> = foreign.iter().map(|e| (*e, 0)).collect();
    let places = super::places_in(foreign);
    let (mut cameras, mut examples) = (0_u64, Vec::new());
    for (_, item) in context.cameras() {
        let mut mixed = false;
        let mut seen = 0_u32;
        for (element, text) in item.raw().iter() {
            let slot = places.get(element as usize).copied().flatten();
            let Some(slot) = slot.filter(|slot| seen & (1 << slot) == 0) else { continue };
            seen |= 1 << slot;
            if is_absent(text) {
                continue;
            }
            mixed = true;
            if let Some((_, count)) = counts.get_mut(slot) {
                *count += 1;
            }
        }
        if mixed {
            cameras += 1;
            if examples.len() < EXAMPLES {
                examples.push(item.id().to_owned());
            }
        }
    }
    if cameras == 0 {
        return Vec::new();
    }
    let lang = context.lang;
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let found = counts.iter().filter(|(_, count)| *count > 0);
    let list: Vec<String> =
        found.map(|(e, n)| (e.name(), n)).map(|(name, n)| say!(lang, "{name}（{n} 路）", "{name} ({n})")).collect();
    let (list, edition) = (list.join(say!(lang, "、", ", ").as_str()), context.edition.name());
    let by = match context.edition_source {
        EditionSource::Setting => say!(lang, "设置为 {edition} 版", "the setting says {edition}"),
        EditionSource::Header => say!(lang, "平台声明 {edition} 版（X-GB-Ver）", "the platform declares {edition} (X-GB-Ver)"),
        EditionSource::Default => {
            say!(lang, "没有声明版本，按 {edition} 版判断", "nobody said which edition, so {edition} was taken")
        }
    };
    let what = if Editions::From2022.contain(context.edition) {
        say!(lang, "2022 版已删去的元素", "elements 2022 deleted")
    } else {
        say!(lang, "2022 版才有的元素", "elements only 2022 has")
    };
    vec![BatchFinding {
        rule: X03.id,
        severity: Severity::Info,
        about: edition.to_owned(),
        message: say!(lang, "{by}，目录中却有{what}：{list}", "{by}, and there are {what}: {list}"),
        cameras,
        examples,
    }]
}
