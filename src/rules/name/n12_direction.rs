//! `N12`

use super::template::direction_at;
use crate::base::lang::Lang;
use crate::catalog::Item;
use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 名称方位与 DirectionType 不符
    /// ## 查什么
    /// 名称说的朝向（朝东、向东、东向；口径的命名模板有 `{dir}` 部分时，以该部分为准）是否就是 DirectionType 的方向。
    /// 没有 DirectionType 的不适用；“东门”一类说的是地点，不是朝向，不比较。只作说明。
    /// ## 为什么
    /// 调图的人按名称找方向，研判的人按 DirectionType 找方向，两者不同就会找错。
    /// ## 依据
    /// 通行做法。DirectionType 是镜头所看的方向：1 东、2 西、3 南、4 北、5 东南、6 东北、7 西南、8 西北。
    /// ## 示例
    /// 说明：名称 `永昌路口朝东`，DirectionType 为 `2`（西）。对：DirectionType 为 `1`。
    /// ## 怎么改
    /// 看画面朝哪个方向，改名称或 DirectionType。
    ///
    /// # The direction in the name is not that of DirectionType
    /// ## What it checks
    /// Whether the way the name says the camera looks (朝东, 向东, 东向; where the name's template has a `{dir}` part,
    /// that part) is that of DirectionType. Does not apply without DirectionType; a place such as 东门 (east gate) is no
    /// direction and is not compared. A note only.
    /// ## Why it matters
    /// One person looks for a direction by the name, another by DirectionType; where they differ one of them is led
    /// astray.
    /// ## Source
    /// Common practice. DirectionType is the way the lens looks: 1 east, 2 west, 3 south, 4 north, 5 south-east,
    /// 6 north-east, 7 south-west, 8 north-west.
    /// ## Examples
    /// Noted: 永昌路口朝东 (looking east) with DirectionType `2` (west). Right: DirectionType `1`.
    /// ## How to put it right
    /// See which way the picture looks, and correct the name or DirectionType.
    N12 {
        field: Name, elements: [Name, DirectionType], severity: Info, core: No, editions: All,
        step: Step::Chain(10), basis: Practice, autofix: None,
    }
}

/// In the order of DirectionType, from 1.
const DIRECTIONS: [(&str, &str); 8] = [
    ("东", "east"),
    ("西", "west"),
    ("南", "south"),
    ("北", "north"),
    ("东南", "south-east"),
    ("东北", "north-east"),
    ("西南", "south-west"),
    ("西北", "north-west"),
];

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    if of_item(case.item).is_none() {
        return Verdict::Exempt;
    }
    let by_template = context.naming.matched(case.item, &case.name).and_then(|matched| matched.direction);
    let Some(said) = by_template.or_else(|| looks(&case.name)) else { return Verdict::Pass };
    match disagreement(said, case.item, context.lang) {
        None => Verdict::Pass,
        Some(message) => Verdict::Fail(Finding::new(case.sent(Element::Name).unwrap_or_default(), message)),
    }
}

fn of_item(item: &Item) -> Option<u8> {
    item.text(Element::DirectionType)?.parse().ok().filter(|n| (1..=8).contains(n))
}

/// Says so where this direction (1 to 8) is not that of the item's DirectionType.
pub(super) fn disagreement(said: u8, item: &Item, lang: Lang) -> Option<String> {
    let of_item = of_item(item).filter(|n| *n != said)?;
    let word = |n: u8| usize::from(n).checked_sub(1).and_then(|i| DIRECTIONS.get(i)).copied().unwrap_or_default();
    let ((zh, en), (zh_item, en_item)) = (word(said), word(of_item));
    Some(say!(
        lang,
        "名称说的方向是{zh}，DirectionType 却是 {of_item}（{zh_item}）",
        "the name says {en}, DirectionType is {of_item} ({en_item})"
    ))
}

/// What a name of a road or place goes on with behind 朝东 or 向东.
const PLACES: [char; 9] = ['路', '街', '道', '巷', '村', '庄', '镇', '门', '区'];

/// The way a name says the camera looks: 朝东, 向东 or 东向. `None` where it says none, or two.
fn looks(name: &str) -> Option<u8> {
    if !name.contains(['朝', '向', '往']) {
        return None;
    }
    let mut found = None;
    let mut covered = 0;
    for (at, _) in name.char_indices() {
        let (Some(before), Some(rest)) = (name.get(..at), name.get(at..)) else { continue };
        if at < covered {
            continue;
        }
        let Some((direction, word)) = direction_at(rest) else { continue };
        covered = at + word.len();
        let after = rest.get(word.len()..).unwrap_or_default();
        let towards = before.ends_with(['朝', '向', '往']) && !after.starts_with(PLACES);
        // 东西向 and 南北向 are the run of a road; 东向西 looks west.
        let faces = after.strip_prefix('向').is_some_and(|next| direction_at(next).is_none())
            && !before.ends_with(['东', '西', '南', '北']);
        if !(towards || faces) {
            continue;
        }
        if found.is_some_and(|other| other != direction) {
            return None;
        }
        found = Some(direction);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_for_the_way_a_camera_looks_are_read() {
        for (name, direction) in [
            ("永昌路口朝东", Some(1)),
            ("永昌路口东向", Some(1)),
            ("大厅面向西北", Some(8)),
            ("由西向东", Some(1)),
            ("东南向枪机", Some(5)),
            ("南向北", Some(4)),
            ("东门枪机", None),
            ("永昌路东侧", None),
            ("东西向主干道", None),
            ("向东路口", None),
            ("朝东村口", None),
            ("东向枪机 西向枪机", None),
            ("", None),
        ] {
            assert_eq!(looks(name), direction, "{name}");
        }
    }
}
