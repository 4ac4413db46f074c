//! `X02`

use super::EXAMPLES;
use crate::base::text::{excerpt, trim};
use crate::catalog::field::is_absent;
use crate::manscdp::item::Element;
use crate::rules::{BatchFinding, Context, Severity, Step, declare_rule};
use crate::say;

declare_rule! {
    /// # 批量默认填充
    /// ## 查什么
    /// 本应各不相同的属性，在整批目录中超过 95%（口径中的 `single_value_percent`）是同一个值。少于 30 路的目录不查。
    /// 查的是：名称、安装地址、厂商、型号、坐标、摄像机类型、方位、位置类型、采集部位、点位类型、安装时间、录像保存天数。
    /// ## 为什么
    /// 成百上千路全填一个值，多半是建档工具或批量导入填的默认值，表面上齐全，实际上没有采集。
    /// ## 依据
    /// 通行做法：公开的补档工具会成批填写厂商、安装时间、保存天数、点位和位置类型。厂商、保存天数确实全部相同的也有，所以只作提示。
    /// ## 示例
    /// 提示：1200 路的安装时间都是 `2017-10-01T10:30:59`。对：各路写实际的安装时间。
    /// ## 怎么改
    /// 抽查几路核对。是默认值的，按施工或采集资料补录；确实相同的（如全部同一厂家），不用改。
    ///
    /// # One value for all
    /// ## What it checks
    /// An attribute that should differ has one value on more than 95 percent of the catalogue (`single_value_percent` of
    /// the profile). Not asked of fewer than 30 cameras. Looked at: name, address, manufacturer, model, position,
    /// PTZType, direction, position type, capture position, point type, time of installation, days of recording.
    /// ## Why it matters
    /// Hundreds of equal values were filled in by a tool or an import: complete to look at, never collected.
    /// ## Source
    /// Common practice: a public archive tool fills in manufacturer, time of installation, days of recording, point and
    /// position type. All from one maker, all kept 30 days may be true, so it is a remark.
    /// ## Examples
    /// Remarked: 1200 cameras were all installed at `2017-10-01T10:30:59`. Right: each at its own time.
    /// ## How to put it right
    /// Look at a few. Replace defaults from the papers of the installation; leave what is true.
    X02 {
        field: Record,
        elements: [
            Name, Address, Manufacturer, Model, Longitude, Latitude, PTZType, DirectionType, PositionType,
            CapturePositionType, PointType, InstallTime, RecordSaveDays
        ],
        severity: Warn, core: No, editions: All,
        step: Step::Always, basis: Practice, autofix: None,
        asks: Catalogue,
    }
}

/// Fewer cameras than this may well be alike.
pub const MIN_CAMERAS: usize = 30;
/// Characters of a value that are shown.
const SHOWN: usize = 40;

/// The value that may have a majority (Boyer and Moore): if one has, it is this.
#[derive(Clone, Copy, Default)]
struct Candidate<'a> {
    value: &'a str,
    votes: u64,
    count: u64,
}

fn check(context: &Context<'_>) -> Vec<BatchFinding> {
    let cameras = context.cameras().count();
    if cameras < MIN_CAMERAS {
        return Vec::new();
    }
    let mut candidates: Vec<(Element, Candidate<'_>)> = X02.elements.iter().map(|e| (*e, Candidate::default())).collect();
    let places = super::places_in(X02.elements);
    for (_, item) in context.cameras() {
        let mut seen = 0_u32;
        for (element, text) in item.raw().iter() {
            let place = places.get(element as usize).copied().flatten();
            let Some(place) = place.filter(|place| seen & (1 << place) == 0) else { continue };
            seen |= 1 << place;
            let (value, Some((_, candidate))) = (trim(text), candidates.get_mut(place)) else { continue };
            if candidate.votes == 0 {
                *candidate = Candidate { value, votes: 1, count: 0 };
            } else if candidate.value == value {
                candidate.votes += 1;
            } else {
                candidate.votes -= 1;
            }
        }
    }
    let (n, percent) = (cameras as u64, u64::from(context.profile.single_value_percent));
    // What is on more than the percentage leaves more votes than this, so that few are counted.
    candidates.retain(|(_, c)| c.votes * 100 > percent.saturating_mul(2).saturating_sub(100) * n && !is_absent(c.value));
    for (_, item) in context.cameras() {
        for (element, candidate) in &mut candidates {
            candidate.count += u64::from(item.sent(*element).is_some_and(|sent| trim(sent) == candidate.value));
        }
    }
    let told = candidates.into_iter().filter(|(_, candidate)| candidate.count * 100 > percent * n);
    told.map(|(element, candidate)| {
        let (name, value, count) = (element.title().get(context.lang), excerpt(candidate.value, SHOWN), candidate.count);
        let with = context.cameras().filter(|(_, item)| item.sent(element).is_some_and(|sent| trim(sent) == candidate.value));
        BatchFinding {
            rule: X02.id,
            severity: Severity::Warn,
            about: name.to_owned(),
            message: say!(
                context.lang,
                "{n} 路中有 {count} 路的 {name} 都是“{value}”，疑为批量填充",
                "{name} is \"{value}\" on {count} of {n} cameras: probably filled in for all"
            ),
            cameras: count,
            examples: with.take(EXAMPLES).map(|(_, item)| item.id().to_owned()).collect(),
        }
    })
    .collect()
}
