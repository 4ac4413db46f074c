//! 点位归属表: one workbook for all of it. A row with a device code is a camera of the catalogue, one with a ledger number
//! only is a camera no platform has, one with neither is a position nothing watches.

use std::collections::HashMap;

use super::ledger::{STATES as LIFE, YES_NO};
use super::plan::STATES as PLAN_STATES;
use super::table::{self, Column, Note, Sheet, Wrong};
use super::{Community, Crs, Installed, LifeState, PlanState, Planned};
use crate::base::geo::Position;
use crate::base::lang::{Lang, Text, say};
use crate::profile::PositionClass;

/// The columns, in the order of the template.
pub const COLUMNS: [Column; 18] = [
    Column {
        title: Text::new("设备编码", "device_id"),
        names: &["国标编码", "摄像机编码", "编码", "code"],
        required: true,
        about: Text::new("平台目录中的编码；未联网的留空", "the code in the catalogue; empty where it is in none"),
        choices: &[],
    },
    Column {
        title: Text::new("设备名称", "name"),
        names: &["名称", "摄像机名称"],
        required: false,
        about: Text::new("名称；只供识别", "its name, to recognise it by"),
        choices: &[],
    },
    Column {
        title: Text::new("台账编号", "ledger_id"),
        names: &["台账号", "资产编号"],
        required: false,
        about: Text::new("未联网的摄像机必须有", "a camera that is not networked must have one"),
        choices: &[],
    },
    table::COMMUNITY_CODE,
    Column {
        title: Text::new("社区名称", "community_name"),
        names: &["社区", "所属社区", "community"],
        required: true,
        about: Text::new("社区（居委会）名称；不属于任何社区的留空", "name of the community; empty where it is in none"),
        choices: &[],
    },
    table::COMPOUND,
    Column {
        title: Text::new("公共视频", "public"),
        names: &["是否公共视频", "是否公共"],
        required: true,
        about: Text::new("是、否；否的不计入出图率", "yes, no; those with no are not counted in image output"),
        choices: table::YES_NO_CHOICES,
    },
    Column {
        title: Text::new("关键位置类别", "class"),
        names: &["类别", "点位类别"],
        required: true,
        about: Text::new(
            "小区出入口、停车库（场）出入口、社区主干道、消防通道、其他:名称；不是关键位置的留空",
            "gate, parking, road, fire, other:name; empty where it is no key position",
        ),
        choices: table::CLASS_CHOICES,
    },
    Column {
        title: Text::new("点位编号", "position_id"),
        names: &["点位"],
        required: true,
        about: Text::new("多个用顿号隔开；不是关键位置的留空", "several apart by commas; empty where it is no key position"),
        choices: &[],
    },
    Column {
        title: Text::new("位置说明", "description"),
        names: &["说明"],
        required: false,
        about: Text::new("如 北门 车行入口", "such as: north gate, cars in"),
        choices: &[],
    },
    Column {
        title: Text::new("责任单位", "unit"),
        names: &["单位"],
        required: false,
        about: Text::new("负责的单位", "who answers for it"),
        choices: &[],
    },
    Column {
        title: Text::new("设备状态", "state"),
        names: &["状态"],
        required: false,
        about: Text::new("在用、停用、维修、拆除、无摄像机", "in_use, suspended, repair, removed, no_camera"),
        choices: table::LIFE_CHOICES,
    },
    Column {
        title: Text::new("点位状态", "position_status"),
        names: &[],
        required: false,
        about: Text::new("启用、不适用、在建；留空为启用", "active, not_applicable, under_construction; empty: active"),
        choices: table::STATE_CHOICES,
    },
    Column {
        title: Text::new("原因", "reason"),
        names: &["不适用原因"],
        required: false,
        about: Text::new("不适用或拆除的原因、日期", "why it does not apply, or when it was removed"),
        choices: &[],
    },
    Column {
        title: Text::new("批准单位", "approver"),
        names: &["批准人", "审批人"],
        required: false,
        about: Text::new("谁同意不适用或拆除", "who agreed"),
        choices: &[],
    },
    Column {
        title: Text::new("核定单位", "surveyed_by"),
        names: &["勘查单位", "填报单位"],
        required: false,
        about: Text::new("谁核定了这一行", "who fixed the row"),
        choices: &[],
    },
    Column {
        title: Text::new("核定日期", "surveyed_on"),
        names: &["勘查日期", "填报日期"],
        required: false,
        about: Text::new("如 2026-11-25", "such as 2026-11-25"),
        choices: &[],
    },
    Column {
        title: Text::new("确认", "confirmed"),
        names: &["是否确认"],
        required: true,
        about: Text::new("是：已核对；空白的行不采用", "yes: checked; rows left empty are not used"),
        choices: table::YES_NO_CHOICES,
    },
];

/// One row that was confirmed.
#[derive(Debug, Clone, PartialEq)]
pub struct Assigned {
    camera: Option<Installed>,
    positions: Vec<Planned>,
}

/// Reads the table. Rows nobody has confirmed are guesses of ours and are not used; how many that are is a note.
///
/// # Errors
/// Every wrong cell of a confirmed row, with what to write.
pub fn parse(text: &str, notes: &mut Vec<Note>, lang: Lang) -> Result<Vec<Assigned>, Vec<Wrong>> {
    let mut sheet = Sheet::open(text, &COLUMNS, lang)?;
    let mut rows = Vec::new();
    let mut open = 0_usize;
    for row in sheet.numbers() {
        if sheet.word((row, 17), &YES_NO, Some(false), notes) != Some(true) {
            open += 1;
            continue;
        }
        let (codes, id, positions) = (sheet.codes(row, 0), sheet.text(row, 2), sheet.codes(row, 8));
        if codes.is_empty() && id.is_empty() && positions.is_empty() {
            let message = say!(lang, "设备编码、台账编号、点位编号都为空", "no device code, no ledger number, no position");
            sheet.wrong(row, 0, message);
            continue;
        }
        let (community, compound) = (table::community(&mut sheet, row, [3, 4]), sheet.text(row, 5));
        let class = if sheet.cell(row, 7).is_empty() { None } else { table::class(&mut sheet, (row, 7), None, notes) };
        if class.is_none() && !positions.is_empty() {
            sheet.needed(row, 7);
        }
        if class.is_some() && positions.is_empty() {
            sheet.needed(row, 8);
        }
        if !positions.is_empty() && community.is_none() {
            sheet.needed(row, 4);
        }
        let public = sheet.word((row, 6), &YES_NO, Some(true), notes);
        let state = sheet.word((row, 11), &LIFE, Some(LifeState::InUse), notes).unwrap_or_default();
        let plan_state = sheet.word((row, 12), &PLAN_STATES, Some(PlanState::Active), notes).unwrap_or_default();
        let (reason, approver) = (sheet.text(row, 13), sheet.text(row, 14));
        if plan_state == PlanState::NotApplicable || matches!(state, LifeState::Removed | LifeState::NoCamera) {
            sheet.needed(row, 13);
            sheet.needed(row, 14);
        }
        let by = sheet.text(row, 15);
        let on = sheet.day(row, 16, notes).unwrap_or_default();
        let (class, class_name) = class.unwrap_or((PositionClass::Other, String::new()));
        let description = sheet.text(row, 9);
        let named: Vec<String> = codes.iter().cloned().chain((!id.is_empty()).then(|| id.clone())).collect();
        let planned = |position: &String| Planned {
            row,
            community: community.clone(),
            compound: compound.clone(),
            id: position.clone(),
            class,
            class_name: class_name.clone(),
            description: description.clone(),
            at: None::<Position>,
            crs: Crs::Unknown,
            cameras: named.clone(),
            state: plan_state,
            reason: reason.clone(),
            approver: approver.clone(),
            surveyed: [by.as_str(), on.as_str()].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" "),
        };
        let planned: Vec<Planned> = positions.iter().map(planned).collect();
        let camera = (!named.is_empty()).then(|| Installed {
            row,
            id,
            codes,
            name: sheet.text(row, 1),
            positions,
            community,
            compound,
            unit: sheet.text(row, 10),
            public,
            state,
        });
        rows.push(Assigned { camera, positions: planned });
    }
    if open > 0 {
        let understood = say!(lang, "{open} 行未确认，没有采用", "{open} rows are not confirmed and were not used");
        let title = COLUMNS.last().map_or("", |column| column.title.get(lang));
        notes.push(Note { row: 0, column: title, cell: String::new(), understood });
    }
    notes.extend(sheet.finish()?);
    Ok(rows)
}

/// The plan and the ledger that the rows make: a position on several rows is one, with the cameras of all.
pub(super) fn split(rows: Vec<Assigned>) -> (Vec<Planned>, Vec<Installed>) {
    let (mut plan, mut cameras): (Vec<Planned>, Vec<Installed>) = (Vec::new(), Vec::new());
    let mut known: HashMap<(Community, String), usize> = HashMap::new();
    for row in rows {
        for position in row.positions {
            match known.get(&(position.community.clone(), position.id.clone())).and_then(|place| plan.get_mut(*place)) {
                Some(first) => {
                    for camera in position.cameras {
                        if !first.cameras.contains(&camera) {
                            first.cameras.push(camera);
                        }
                    }
                }
                None => {
                    known.insert((position.community.clone(), position.id.clone()), plan.len());
                    plan.push(position);
                }
            }
        }
        cameras.extend(row.camera);
    }
    (plan, cameras)
}

/// A ledger of its own with what the assignment table adds to its cameras, and the cameras it lacks.
pub(super) fn merge(ledger: Option<Vec<Installed>>, assigned: Vec<Installed>) -> Vec<Installed> {
    let Some(mut ledger) = ledger else { return assigned };
    let mut places: HashMap<String, usize> = HashMap::new();
    for (place, row) in ledger.iter().enumerate() {
        for key in row.codes.iter().chain((!row.id.is_empty()).then_some(&row.id)) {
            places.entry(key.clone()).or_insert(place);
        }
    }
    for camera in assigned {
        let known = camera.codes.iter().chain((!camera.id.is_empty()).then_some(&camera.id)).find_map(|key| places.get(key));
        match known.and_then(|place| ledger.get_mut(*place)) {
            Some(row) => {
                row.public = camera.public.or(row.public);
                if !camera.community.is_none() {
                    (row.community, row.compound) = (camera.community, camera.compound);
                }
                if !camera.positions.is_empty() {
                    row.positions = camera.positions;
                }
                if !camera.unit.is_empty() {
                    row.unit = camera.unit;
                }
            }
            None => ledger.push(camera),
        }
    }
    ledger
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "设备编码,台账编号,社区名称,公共视频,关键位置类别,点位编号,点位状态,原因,批准单位,确认\n";

    #[test]
    fn one_table_gives_plan_and_ledger_and_only_what_was_confirmed() {
        let text = format!(
            "{HEAD}37172300011320000001,,示例社区,是,小区出入口,K01,,,,是\n37172300011320000002,,示例社区,否,小区出入口,K01、K02,,,,是\n\
             ,C09,示例社区,是,消防通道,K10,,,,是\n,,示例社区,,社区主干道,K08,在建,,,是\n37172300011320000003,,示例社区,是,小区出入口,K01,,,,\n"
        );
        let mut notes = Vec::new();
        let (plan, cameras) = split(parse(&text, &mut notes, Lang::Zh).unwrap());
        let ids: Vec<_> = plan.iter().map(|p| (p.id.as_str(), p.cameras.len(), p.state)).collect();
        assert_eq!(
            ids,
            [
                ("K01", 2, PlanState::Active),
                ("K02", 1, PlanState::Active),
                ("K10", 1, PlanState::Active),
                ("K08", 0, PlanState::UnderConstruction)
            ]
        );
        assert_eq!(cameras.iter().map(|c| c.public).collect::<Vec<_>>(), [Some(true), Some(false), Some(true)]);
        assert!(notes.iter().any(|note| note.understood.contains("1 行未确认")), "{notes:?}");
    }

    #[test]
    fn half_a_key_position_is_wrong() {
        let text = format!("{HEAD}37172300011320000001,,,是,小区出入口,,,,,是\n37172300011320000002,,,是,,K01,不适用,,,是\n");
        let wrong = parse(&text, &mut Vec::new(), Lang::Zh).unwrap_err();
        let told: Vec<_> = wrong.iter().map(|w| (w.row, w.column.as_str())).collect();
        assert_eq!(told, [(2, "点位编号"), (3, "关键位置类别"), (3, "社区名称"), (3, "原因"), (3, "批准单位")]);
    }

    #[test]
    fn a_ledger_keeps_its_rows_and_learns_what_was_confirmed() {
        let row = |code: &str, unit: &str| Installed {
            row: 2,
            id: String::new(),
            codes: vec![code.to_owned()],
            name: String::new(),
            positions: vec![],
            community: Community::default(),
            compound: String::new(),
            unit: unit.to_owned(),
            public: None,
            state: LifeState::InUse,
        };
        let merged = merge(Some(vec![row("1", "甲")]), vec![Installed { public: Some(false), ..row("1", "") }, row("2", "乙")]);
        let shown: Vec<_> = merged.iter().map(|r| (r.codes[0].as_str(), r.unit.as_str(), r.public)).collect();
        assert_eq!(shown, [("1", "甲", Some(false)), ("2", "乙", None)]);
    }
}
