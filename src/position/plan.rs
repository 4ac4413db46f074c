//! 关键位置点位表: one row for each place that has to be watched.

use std::collections::HashMap;

use super::table::{self, Column, Note, Sheet, Wrong};
use super::{PlanState, Planned};
use crate::base::lang::{Lang, Text, say};

/// The columns, in the order of the template.
pub const COLUMNS: [Column; 18] = [
    table::COMMUNITY_CODE,
    Column {
        title: Text::new("社区名称", "community_name"),
        names: &["社区", "居委会", "所属社区", "community"],
        required: true,
        about: Text::new("社区（居委会）名称", "name of the community"),
        choices: &[],
    },
    table::COMPOUND,
    Column {
        title: Text::new("点位编号", "position_id"),
        names: &["点位", "点位号", "编号"],
        required: true,
        about: Text::new("稳定的编号，如 XQ01-CRK-02；不得重复", "a number that stays, such as XQ01-CRK-02, each once"),
        choices: &[],
    },
    Column {
        title: Text::new("类别", "class"),
        names: &["点位类别", "位置类别"],
        required: true,
        about: Text::new(
            "小区出入口、停车库（场）出入口、社区主干道、消防通道；其他写作 其他:名称",
            "gate, parking, road, fire; others as other:name",
        ),
        choices: table::CLASS_CHOICES,
    },
    Column {
        title: Text::new("位置说明", "description"),
        names: &["说明", "点位名称", "描述"],
        required: true,
        about: Text::new("如 北门 车行入口", "such as: north gate, cars in"),
        choices: &[],
    },
    Column {
        title: Text::new("经度", "lon"),
        names: &["longitude"],
        required: false,
        about: Text::new("十进制度，如 115.889012", "decimal degrees"),
        choices: &[],
    },
    Column {
        title: Text::new("纬度", "lat"),
        names: &["latitude"],
        required: false,
        about: Text::new("十进制度，如 34.949012", "decimal degrees"),
        choices: &[],
    },
    Column {
        title: Text::new("坐标系", "crs"),
        names: &["坐标系统"],
        required: false,
        about: Text::new(
            "WGS84、CGCS2000、GCJ02、BD09、地方坐标、不清楚；只有前两种可按距离推定",
            "wgs84, cgcs2000, gcj02, bd09, local, unknown; distances are used with the first two only",
        ),
        choices: &[
            Text::new("WGS84", "wgs84"),
            Text::new("CGCS2000", "cgcs2000"),
            Text::new("GCJ02", "gcj02"),
            Text::new("BD09", "bd09"),
            Text::new("地方坐标", "local"),
            Text::new("不清楚", "unknown"),
        ],
    },
    Column {
        title: Text::new("摄像机编码", "camera_ids"),
        names: &["摄像机", "设备编码", "国标编码", "摄像机编号"],
        required: false,
        about: Text::new(
            "20 位设备编码，或台账编号；多个用顿号隔开",
            "device codes of 20 digits, or numbers of the ledger; several apart by commas",
        ),
        choices: &[],
    },
    Column {
        title: Text::new("方向要求", "need_direction"),
        names: &["方向", "监视方向"],
        required: false,
        about: Text::new("进、出、双向，或方位；只作记录", "in, out, both, or a direction; kept only"),
        choices: &[],
    },
    Column {
        title: Text::new("状态", "status"),
        names: &["点位状态"],
        required: true,
        about: Text::new(
            "启用、不适用（须写原因和批准人）、在建",
            "active, not_applicable (with reason and approver), under_construction",
        ),
        choices: table::STATE_CHOICES,
    },
    Column {
        title: Text::new("原因", "reason"),
        names: &["不适用原因"],
        required: false,
        about: Text::new("不适用的原因，如 本小区无地下车库", "why it does not apply"),
        choices: &[],
    },
    Column {
        title: Text::new("批准单位", "approver"),
        names: &["批准人", "审批人", "批准"],
        required: false,
        about: Text::new("谁同意不适用", "who agreed that it does not apply"),
        choices: &[],
    },
    Column {
        title: Text::new("勘查单位", "surveyed_by"),
        names: &["勘查人", "踏勘人", "填报单位"],
        required: true,
        about: Text::new("谁核定了这份点位表", "who fixed the list"),
        choices: &[],
    },
    Column {
        title: Text::new("勘查日期", "surveyed_on"),
        names: &["踏勘日期", "填报日期"],
        required: true,
        about: Text::new("如 2026-11-25", "such as 2026-11-25"),
        choices: &[],
    },
    Column {
        title: Text::new("责任单位", "unit"),
        names: &["单位"],
        required: false,
        about: Text::new("负责建设或运维的单位", "who builds or maintains it"),
        choices: &[],
    },
    Column {
        title: Text::new("备注", "note"), names: &[], required: false, about: Text::new("任意", "anything"), choices: &[]
    },
];

/// The words for a state.
pub(super) const STATES: [(Text, &[&str], PlanState); 3] = [
    (Text::new("启用", "active"), &["在用", "正常", "有效", "是"], PlanState::Active),
    (Text::new("不适用", "not_applicable"), &["n/a", "na", "无此类", "无"], PlanState::NotApplicable),
    (Text::new("在建", "under_construction"), &["建设中", "待建", "未建"], PlanState::UnderConstruction),
];

/// Reads the table.
///
/// # Errors
/// Every wrong cell, with what to write.
pub fn parse(text: &str, notes: &mut Vec<Note>, lang: Lang) -> Result<Vec<Planned>, Vec<Wrong>> {
    let mut sheet = Sheet::open(text, &COLUMNS, lang)?;
    let mut rows = Vec::new();
    for row in sheet.numbers() {
        let community = table::community(&mut sheet, row, [0, 1]);
        sheet.needed(row, 1);
        let id = sheet.needed(row, 3);
        let class = table::class(&mut sheet, (row, 4), None, notes);
        let description = sheet.needed(row, 5);
        let crs = sheet.word((row, 8), &table::CRS, Some(super::Crs::Unknown), notes).unwrap_or_default();
        let at = sheet.position(row, [6, 7], crs);
        let cameras = sheet.codes(row, 9);
        let state = sheet.word((row, 11), &STATES, None, notes).unwrap_or_default();
        let (reason, approver) = (sheet.text(row, 12), sheet.text(row, 13));
        if state == PlanState::NotApplicable {
            // Left out of the denominator: never without a word why and from whom.
            sheet.needed(row, 12);
            sheet.needed(row, 13);
        }
        let by = sheet.needed(row, 14);
        sheet.needed(row, 15);
        let on = sheet.day(row, 15, notes).unwrap_or_default();
        let Some((class, class_name)) = class else { continue };
        rows.push(Planned {
            row,
            community,
            compound: sheet.text(row, 2),
            id,
            class,
            class_name,
            description,
            at,
            crs,
            cameras,
            state,
            reason,
            approver,
            surveyed: if on.is_empty() { by } else { format!("{by} {on}") },
        });
    }
    notes.extend(sheet.finish()?);
    Ok(rows)
}

/// Whether each position stands once in its community.
///
/// # Errors
/// The rows that repeat one.
pub fn unique(rows: &[Planned], lang: Lang) -> Result<(), Vec<Wrong>> {
    let mut first: HashMap<(&super::Community, &str), usize> = HashMap::new();
    let mut wrong = Vec::new();
    for planned in rows {
        if let Some(before) = first.insert((&planned.community, &planned.id), planned.row) {
            let id = crate::base::text::excerpt(&planned.id, 40);
            let message = say!(lang, "点位编号 {id} 与第 {before} 行重复", "the position {id} stands on row {before} already");
            let column = COLUMNS.get(3).map_or("", |column| column.title.get(lang)).to_owned();
            wrong.push(Wrong { row: planned.row, column, message });
        }
    }
    wrong.truncate(table::MAX_WRONG);
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::PositionClass;

    const HEAD: &str = "社区名称,小区,点位编号,类别,位置说明,经度,纬度,坐标系,摄像机编码,状态,原因,批准单位,勘查单位,勘查日期\n";

    fn told(rows: &str) -> Vec<(usize, String)> {
        let wrong = parse(&format!("{HEAD}{rows}"), &mut Vec::new(), Lang::Zh).unwrap_err();
        wrong.iter().map(|w| (w.row, w.render(Lang::Zh))).collect()
    }

    #[test]
    fn a_plan_is_read_as_people_write_it_and_what_was_understood_is_said() {
        let rows = "示例社区,示例小区,K01,大门,北门 车行入口,115.889012,34.949012,国家2000,'37172300011320000001、C02,启用,,,某单位,2026/1/5\n\
                    ,,,,,,,,,,,,,\n示例社区,,K02,其他:垃圾分类点,院内,,,,,不适用,本社区没有,街道办,某单位,2026-01-05\n";
        let mut notes = Vec::new();
        let plan = parse(&format!("填表说明\n{HEAD}{rows}"), &mut notes, Lang::Zh).unwrap();
        assert_eq!(plan.len(), 2);
        assert_eq!((plan[0].row, plan[0].class, plan[0].cameras.len()), (3, PositionClass::Gate, 2));
        assert_eq!((plan[1].class, plan[1].class_name.as_str()), (PositionClass::Other, "垃圾分类点"));
        assert_eq!(plan[1].state, PlanState::NotApplicable);
        let understood: Vec<_> = notes.iter().map(|n| (n.row, n.cell.as_str(), n.understood.as_str())).collect();
        assert_eq!(understood, [(3, "大门", "小区出入口"), (3, "国家2000", "CGCS2000"), (3, "2026/1/5", "2026-01-05")]);
    }

    #[test]
    fn every_wrong_cell_is_named_and_nothing_is_guessed() {
        let told = told(
            "示例社区,,K01,门口,北门,115.9,,,,启用,,,某单位,2026-01-05\n\
             ,,K02,消防通道,东侧,34.9,115.9,WGS84,3.71723E+19,不适用,,,某单位,昨天\n",
        );
        let wanted = [
            (2, "“类别”列：\"门口\" 不认识"),
            (2, "“纬度”列：\"\" 应为十进制度"),
            (3, "“社区名称”列：为空"),
            (3, "“经度”列：34.9, 115.9 的经度和纬度填反了"),
            (3, "“摄像机编码”列：编码 3.71723E+19 已被表格软件改成数字"),
            (3, "“原因”列：为空"),
            (3, "“批准单位”列：为空"),
            (3, "“勘查日期”列：日期 \"昨天\" 应写作"),
        ];
        assert_eq!(told.len(), wanted.len(), "{told:?}");
        for ((row, said), (at, wanted)) in told.iter().zip(wanted) {
            assert!(*row == at && said.contains(wanted), "{row} {said}, not {at} {wanted}");
        }
        let behind_a_gap = format!("{HEAD}\n\r\n示例社区,,K01,门口,北门,,,,,启用,,,某单位,2026-01-05\n");
        let wrong = parse(&behind_a_gap, &mut Vec::new(), Lang::Zh).unwrap_err();
        assert_eq!(wrong[0].row, 4, "empty lines have their numbers");
        let lacking = parse("社区名称,点位编号\n", &mut Vec::new(), Lang::En).unwrap_err();
        assert!(lacking[0].message.contains("the header lacks: class, description"), "{lacking:?}");
    }

    #[test]
    fn a_position_stands_once_in_its_community() {
        let row = |community: &str| format!("{community},,K01,gate,x,,,,,active,,,y,2026-01-05\n");
        let plan = parse(&format!("{HEAD}{}{}", row("甲"), row("乙")), &mut Vec::new(), Lang::Zh).unwrap();
        assert_eq!(unique(&plan, Lang::Zh), Ok(()));
        let plan = parse(&format!("{HEAD}{0}{0}", row("甲")), &mut Vec::new(), Lang::Zh).unwrap();
        assert!(unique(&plan, Lang::Zh).unwrap_err()[0].message.contains("与第 2 行重复"));
    }
}
