//! 摄像机检测明细: one row a record, in the order of the lines. A column nothing stands in is left out.

use std::collections::HashMap;

use rust_xlsxwriter::{Workbook, XlsxError};

use super::{Cell, Column, List};
use crate::base::lang::{Lang, Text, say};
use crate::catalog::Item;
use crate::indicator::CameraFacts;
use crate::manscdp::item::Element;
use crate::probe::outcome::{Attempt, Level, ProbeRecord, ProbeVerdict};
use crate::report::areas::Place;
use crate::report::audience::Audience;
use crate::report::key_positions::{InstalledLine, PositionLine, alive_title, class_name, community_name, intact_title};
use crate::report::lately::{Lately, day};
use crate::report::workbook::{Style, cell};
use crate::report::{Camera, Report};
use crate::rules::FieldId;

pub(super) const NAME: Text = Text::new("摄像机检测明细", "cameras");

/// One record, with what is known of it.
struct Row<'a> {
    report: &'a Report,
    number: u64,
    camera: &'a Camera,
    facts: &'a CameraFacts,
    item: &'a Item,
    record: Option<&'a ProbeRecord>,
    attempt: Option<&'a Attempt>,
    installed: Option<&'a InstalledLine>,
    /// 类别 of the key positions it watches.
    classes: String,
    place: Option<&'a Place>,
    lately: Lately,
}

/// What the user's tables say: of a camera, by its code; what class a position is of, by its number.
struct Tables<'a> {
    installed: HashMap<&'a str, &'a InstalledLine>,
    positions: HashMap<&'a str, &'a PositionLine>,
}

impl<'a> Tables<'a> {
    fn of(report: &'a Report) -> Self {
        let own = &report.key_positions;
        // Masked codes are many cameras': nothing is looked up by them.
        let internal = report.audience == Audience::Internal;
        let installed = own.installed.iter().filter(|_| internal).map(|line| (line.label.as_str(), line)).collect();
        Self { installed, positions: own.positions.iter().map(|line| (line.id.as_str(), line)).collect() }
    }

    fn classes(&self, line: &InstalledLine, lang: Lang) -> String {
        let lines = line.positions.iter().filter_map(|id| self.positions.get(id.as_str()));
        let mut classes: Vec<String> = Vec::new();
        for class in lines.map(|line| class_name(line, lang)) {
            if !classes.contains(&class) {
                classes.push(class);
            }
        }
        classes.join(say!(lang, "、", ", ").as_str())
    }
}

impl<'a> Row<'a> {
    fn of(report: &'a Report, tables: &Tables<'a>, index: usize) -> Option<Self> {
        let camera = report.cameras.get(index)?;
        let facts = report.facts.get(index)?;
        let item = report.item(camera.item)?;
        let record = report.probes.get(item.id());
        let attempt = camera.probe.deciding.and_then(|i| record?.attempts.get(i));
        let installed = tables.installed.get(item.id()).copied();
        Some(Self {
            report,
            number: index as u64 + 1,
            camera,
            facts,
            item,
            record,
            attempt,
            installed,
            classes: installed.map(|line| tables.classes(line, report.lang)).unwrap_or_default(),
            place: report.places.of(index),
            lately: report.lately.get(index).copied().unwrap_or_default(),
        })
    }

    const fn lang(&self) -> Lang {
        self.report.lang
    }

    fn sent(&self, element: Element) -> Cell {
        self.item.sent(element).map(cell).unwrap_or_default().into()
    }

    fn field(&self, field: FieldId) -> Cell {
        let place = FieldId::ALL.iter().position(|id| *id == field);
        let verdict = place.and_then(|place| self.camera.judgement.fields.get(place));
        verdict.map_or("", |verdict| verdict.title().get(self.lang())).into()
    }
}

/// How far the picture came within the limit, in words.
fn picture(row: &Row<'_>) -> Cell {
    if row.camera.probe.verdict == ProbeVerdict::Untested {
        return "".into();
    }
    let level = match row.facts.level {
        Level::Nothing => Text::new("无应答或被拒绝", "not answered, or refused"),
        Level::Signalling => Text::new("有应答无码流", "answered, no media"),
        Level::Rtp => Text::new("有码流未解出画面", "media, nothing decoded"),
        Level::Decoded => Text::new("解出画面，黑屏或纯色", "decoded, black or one colour"),
        Level::Visible => Text::new("画面可见", "visible"),
        Level::Quality => Text::new("画面可见，质量检查无异常", "visible, without a fault"),
    };
    level.get(row.lang()).into()
}

fn media(row: &Row<'_>) -> Cell {
    let shown = row.attempt.and_then(|a| a.picture.as_ref()).map(|p| format!("{} {}×{}", cell(&p.codec), p.width, p.height));
    shown.unwrap_or_default().into()
}

fn rules(row: &Row<'_>) -> Cell {
    let mut rules: Vec<&str> = row.camera.judgement.findings.iter().filter(|f| f.counts).map(|f| f.rule).collect();
    rules.dedup();
    rules.join(" ").into()
}

fn waived(row: &Row<'_>) -> Cell {
    let mut lines: Vec<String> = row.camera.waived.iter().map(|w| w.line.to_string()).collect();
    lines.dedup();
    lines.join(" ").into()
}

/// A column, how its cell is made, and whether it always stands there.
struct Shown {
    column: Column,
    cell: fn(&Row<'_>) -> Cell,
    always: bool,
}

const fn always(column: Column, cell: fn(&Row<'_>) -> Cell) -> Shown {
    Shown { column, cell, always: true }
}

const fn where_any(column: Column, cell: fn(&Row<'_>) -> Cell) -> Shown {
    Shown { column, cell, always: false }
}

/// In their order.
const COLUMNS: [Shown; 41] = [
    always(Column::number("序号", "No.", 7), |row| Cell::Number(row.number)),
    where_any(Column::text("社区", "community", 16), |row| {
        let known = row.place.map(|place| &place.community).filter(|community| !community.is_none());
        known.map(|community| community_name(community, row.lang())).unwrap_or_default().into()
    }),
    where_any(Column::text("小区", "compound", 14), |row| {
        row.place.map(|place| cell(&place.compound)).unwrap_or_default().into()
    }),
    where_any(Column::text("点位编号", "positions", 16), |row| {
        row.installed.map(|line| cell(&line.positions.join(" "))).unwrap_or_default().into()
    }),
    where_any(Column::text("类别", "class", 14), |row| cell(&row.classes).into()),
    where_any(Column::text("责任单位", "responsible unit", 18), |row| {
        row.report.units.get(row.camera.unit).filter(|u| !u.unit.is_empty()).map(|u| cell(&u.unit)).unwrap_or_default().into()
    }),
    always(Column::text("设备编码", "device code", 23), |row| row.sent(Element::DeviceID)),
    where_any(Column::text("同码序号", "occurrence", 8), |row| {
        let several = row.item.occurrences > 1;
        if several { row.item.occurrence.to_string().into() } else { "".into() }
    }),
    always(Column::text("设备名称", "name", 30), |row| row.sent(Element::Name)),
    always(Column::text("所属平台", "platform", 14), |row| cell(&row.report.header.platform.name).into()),
    where_any(Column::text("所属录像机", "recorder", 23), |row| {
        row.camera.recorder.as_deref().map(cell).unwrap_or_default().into()
    }),
    always(Column::text("行政区划代码", "region", 11), |row| row.sent(Element::CivilCode)),
    where_any(Column::text("经度", "longitude", 12), |row| row.sent(Element::Longitude)),
    where_any(Column::text("纬度", "latitude", 12), |row| row.sent(Element::Latitude)),
    always(Column::text("目录状态", "status", 9), |row| row.sent(Element::Status)),
    where_any(Column::text("首次在线", "first on line", 11), |row| day(row.lately.first).into()),
    where_any(Column::text("末次在线", "last on line", 11), |row| day(row.lately.last).into()),
    where_any(Column::number("测试轮次", "round", 8), |row| {
        Cell::number(row.report.header.conduct.earlier_rounds.as_ref().map(|before| before.len() as u64 + 1))
    }),
    where_any(Column::number("点播次数", "calls", 8), |row| {
        Cell::number(row.record.map(|r| r.attempts.len() as u64).filter(|n| *n > 0))
    }),
    where_any(Column::number("信令结果码", "answer", 9), |row| {
        Cell::number(row.attempt.and_then(|a| a.status).map(u64::from))
    }),
    where_any(Column::number("应答 ms", "answered ms", 9), |row| Cell::number(row.attempt.and_then(|a| a.answer_ms))),
    where_any(Column::number("首包 ms", "first packet ms", 9), |row| Cell::number(row.attempt.and_then(|a| a.first_packet_ms))),
    where_any(Column::number("首帧 ms", "first picture ms", 9), |row| {
        Cell::number(row.attempt.and_then(|a| a.first_picture_ms))
    }),
    where_any(Column::text("编码/分辨率", "codec, size", 18), media),
    where_any(Column::text("图像判定", "the picture", 22), picture),
    where_any(Column::text("抓图", "snapshot", 26), |row| {
        row.record.and_then(|r| r.snapshot.as_deref()).map(cell).unwrap_or_default().into()
    }),
    where_any(Column::text("联网", "networked", 9), |row| {
        let counted = row.installed.filter(|line| line.key);
        counted.map_or("", |line| alive_title(Some(line.alive)).get(row.lang())).into()
    }),
    where_any(Column::text("完好", "intact", 9), |row| {
        row.installed.filter(|line| line.key).map_or("", |line| intact_title(line.intact).get(row.lang())).into()
    }),
    always(Column::text("出图", "output", 9), |row| row.camera.probe.verdict.title().get(row.lang()).into()),
    where_any(Column::text("未出图原因", "why not", 34), |row| cell(&row.camera.probe.told(row.lang())).into()),
    where_any(Column::text("责任归属", "put down to", 13), |row| row.camera.probe.blamed(row.lang()).into()),
    where_any(Column::text("存疑", "doubtful", 6), |row| {
        if row.facts.doubtful { Text::new("存疑", "yes").get(row.lang()).into() } else { "".into() }
    }),
    always(Column::text("编码合规", "code", 9), |row| row.field(FieldId::Code)),
    always(Column::text("名称合规", "name", 9), |row| row.field(FieldId::Name)),
    always(Column::text("区划合规", "region", 9), |row| row.field(FieldId::Region)),
    always(Column::text("坐标合规", "position", 9), |row| row.field(FieldId::Coordinates)),
    where_any(Column::text("其他字段", "others", 9), |row| {
        if row.report.others.is_some() { row.camera.judgement.others.title().get(row.lang()).into() } else { "".into() }
    }),
    always(Column::text("记录合规", "record", 9), |row| {
        let text = if row.facts.is_compliant() { Text::new("合规", "pass") } else { Text::new("不合规", "fail") };
        text.get(row.lang()).into()
    }),
    always(Column::text("问题代码", "rules", 16), rules),
    where_any(Column::number("连续异常天数", "days in a row", 9), |row| Cell::number(row.lately.days)),
    where_any(Column::text("豁免（行）", "waiver (line)", 10), waived),
];

pub(super) fn sheet(report: &Report, style: &Style, book: &mut Workbook, most: usize) -> Result<(), XlsxError> {
    let tables = Tables::of(report);
    let said = |shown: &Shown| {
        shown.always
            || (0..report.cameras.len())
                .any(|index| Row::of(report, &tables, index).is_some_and(|row| !(shown.cell)(&row).is_empty()))
    };
    let shown: Vec<&Shown> = COLUMNS.iter().filter(|shown| said(shown)).collect();
    let columns: Vec<Column> = shown.iter().map(|shown| shown.column).collect();
    let make = |index: usize| {
        let row = Row::of(report, &tables, index);
        row.map_or_else(Vec::new, |row| shown.iter().map(|shown| (shown.cell)(&row)).collect())
    };
    // To the name, whatever stands before it.
    let name = columns.iter().position(|column| column.title.en == "name").unwrap_or(0);
    let frozen = u16::try_from(name + 1).unwrap_or(0);
    let list = List { name: NAME, columns: &columns, open: &[], frozen, rows: report.cameras.len(), on_one_line: true, make };
    list.write((report, style, book), most, |_, _| Ok(()))
}
