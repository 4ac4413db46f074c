//! 摄像机台账: one row for each camera that was installed, also those no platform has.

use super::table::{self, Column, Note, Sheet, Wrong};
use super::{Installed, LifeState};
use crate::base::lang::{Lang, Text, say};

/// The columns, in the order of the template.
pub const COLUMNS: [Column; 13] = [
    Column {
        title: Text::new("台账编号", "ledger_id"),
        names: &["台账号", "资产编号", "摄像机编号"],
        required: false,
        about: Text::new("本单位的编号；未联网的摄像机必须有", "your own number; a camera that is not networked must have one"),
        choices: &[],
    },
    Column {
        title: Text::new("设备编码", "gb_code"),
        names: &["国标编码", "摄像机编码", "编码", "device_id", "deviceid", "code", "设备国标编码", "通道编码", "通道国标编码"],
        required: false,
        about: Text::new(
            "20 位设备编码；同一台摄像机有两个编码时都写上",
            "device code of 20 digits; where one camera has two codes, both",
        ),
        choices: &[],
    },
    Column {
        title: Text::new("设备名称", "name"),
        names: &["名称", "摄像机名称", "通道名称"],
        required: false,
        about: Text::new("名称", "its name"),
        choices: &[],
    },
    table::COMMUNITY_CODE,
    Column {
        title: Text::new("社区名称", "community_name"),
        names: &["社区", "所属社区", "community"],
        required: false,
        about: Text::new("社区（居委会）名称", "name of the community"),
        choices: &[],
    },
    table::COMPOUND,
    Column {
        title: Text::new("点位编号", "position_id"),
        names: &["点位", "关键位置"],
        required: false,
        about: Text::new("点位表中的编号；多个用顿号隔开", "numbers of the plan; several apart by commas"),
        choices: &[],
    },
    Column {
        title: Text::new("安装日期", "install_date"),
        names: &["安装时间"],
        required: false,
        about: Text::new("如 2026-11-25；只作记录", "such as 2026-11-25; kept only"),
        choices: &[],
    },
    Column {
        title: Text::new("责任单位", "owner"),
        names: &["单位", "权属单位", "运维单位"],
        required: false,
        about: Text::new("负责的单位", "who answers for it"),
        choices: &[],
    },
    Column {
        title: Text::new("录像机", "recorder"),
        names: &["所属录像机", "nvr"],
        required: false,
        about: Text::new("接在哪台录像机上；只作记录", "the recorder it hangs on; kept only"),
        choices: &[],
    },
    Column {
        title: Text::new("是否联网", "connected"),
        names: &["联网"],
        required: false,
        about: Text::new("是、否；只与平台目录核对，不作为结果", "yes, no; compared with the catalogue, never taken as a result"),
        choices: table::YES_NO_CHOICES,
    },
    Column {
        // 状态 and 设备状态 of a list made from a catalogue are ON and OFF.
        title: Text::new("使用状态", "lifecycle"),
        names: &["生命周期"],
        required: false,
        about: Text::new(
            "在用、停用、维修、拆除（须写日期）、无摄像机",
            "in_use, suspended, repair, removed (with its date), no_camera",
        ),
        choices: table::LIFE_CHOICES,
    },
    Column {
        title: Text::new("状态日期", "state_date"),
        names: &["拆除日期"],
        required: false,
        about: Text::new("拆除的日期", "the day it was removed"),
        choices: &[],
    },
];

/// The words for what became of a camera.
pub(super) const STATES: [(Text, &[&str], LifeState); 5] = [
    (Text::new("在用", "in_use"), &["使用中", "正常"], LifeState::InUse),
    (Text::new("停用", "suspended"), &["停机", "暂停"], LifeState::Suspended),
    (Text::new("维修", "repair"), &["检修", "维护"], LifeState::Repair),
    (Text::new("拆除", "removed"), &["已拆除", "报废"], LifeState::Removed),
    (Text::new("无摄像机", "no_camera"), &["空通道", "占位"], LifeState::NoCamera),
];

/// Yes and no.
pub(super) const YES_NO: [(Text, &[&str], bool); 2] = [
    (Text::new("是", "yes"), &["1", "true", "y", "已联网", "已接入"], true),
    (Text::new("否", "no"), &["0", "false", "n", "未联网", "未接入"], false),
];

/// Reads the table.
///
/// # Errors
/// Every wrong cell, with what to write.
pub fn parse(text: &str, notes: &mut Vec<Note>, lang: Lang) -> Result<Vec<Installed>, Vec<Wrong>> {
    let mut sheet = Sheet::open(text, &COLUMNS, lang)?;
    let mut rows = Vec::new();
    for row in sheet.numbers() {
        let id = sheet.text(row, 0);
        let codes = sheet.codes(row, 1);
        if id.is_empty() && codes.is_empty() {
            let message = say!(lang, "台账编号和设备编码至少填一个", "write the ledger number or the device code");
            sheet.wrong(row, 0, message);
        }
        let state = sheet.word((row, 11), &STATES, Some(LifeState::InUse), notes).unwrap_or_default();
        let since = sheet.day(row, 12, notes);
        if state == LifeState::Removed && since.is_none() && sheet.cell(row, 12).is_empty() {
            // Out of the denominators: never without the day.
            sheet.needed(row, 12);
        }
        sheet.word((row, 10), &YES_NO, Some(false), notes);
        let community = table::community(&mut sheet, row, [3, 4]);
        rows.push(Installed {
            row,
            id,
            codes,
            name: sheet.text(row, 2),
            positions: sheet.codes(row, 6),
            community,
            compound: sheet.text(row, 5),
            unit: sheet.text(row, 8),
            public: None,
            state,
        });
    }
    notes.extend(sheet.finish()?);
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_without_a_code_has_a_number_and_a_removed_one_a_day() {
        let head = "台账编号,国标编码,点位编号,使用状态,状态日期\n";
        let text = format!("{head}C09,,K10,在用,\nC01,37172300011320000001,K01、K02,已拆除,2026.3.1\n");
        let mut notes = Vec::new();
        let rows = parse(&text, &mut notes, Lang::Zh).unwrap();
        assert_eq!((rows[0].id.as_str(), rows[0].codes.len(), rows[0].positions.as_slice()), ("C09", 0, &["K10".to_owned()][..]));
        assert_eq!((rows[1].state, rows[1].positions.len()), (LifeState::Removed, 2));
        assert_eq!(notes.len(), 2, "{notes:?}");
        let zeros = format!("{head}C01,37172300011320100000,,,\nC02,3.71723E+19,,,\n");
        let wrong = parse(&zeros, &mut Vec::new(), Lang::Zh).unwrap_err();
        assert!(wrong.len() == 1 && wrong[0].row == 3, "a serial may end in zeros: {wrong:?}");
        let wrong = parse(&format!("{head},,K10,在用,\nC01,,,拆除,\n"), &mut Vec::new(), Lang::Zh).unwrap_err();
        let told: Vec<_> = wrong.iter().map(|w| (w.row, w.column.as_str())).collect();
        assert_eq!(told, [(2, "台账编号"), (3, "状态日期")]);
    }
}
