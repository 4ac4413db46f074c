//! `gbaudit demo --guided`: a rehearsal (演练) for who has never audited anything. A community fails, they read why, put three
//! records right, try that out, and the platform is audited again. Every step waits for the person.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::super::against::Trial;
use super::super::output::EVIDENCE_FILE;
use super::super::{Failure, Outcome, output, report, terminal};
use super::{EXAMPLE_CAMERAS, Show, played};
use crate::base::lang::{Lang, say};
use crate::base::text::{excerpt, visible};
use crate::catalog::Edit;
use crate::catalog::import::MAX_SPREADSHEET_BYTES;
use crate::correction::effect::rate_line;
use crate::correction::sheet::{COLUMNS, CORRECTED, line};
use crate::correction::table::csv_of;
use crate::correction::{Correction, Grade, Wanted, corrections};
use crate::evidence::Evidence;
use crate::manscdp::item::Element;
use crate::profile::RateId;
use crate::report::{Report, summary};

/// The folders of the two audits.
const BEFORE: &str = "1";
const AFTER: &str = "2";
/// The sheet as it is typed in here.
const SHEET: &str = "corrections.csv";
/// What the unit answers that was asked what is right: the camera's serial, the element, its value.
const ANSWERS: [(usize, Element, &str); 4] = [
    (7, Element::Name, "示例社区中心路西段枪机"),
    (8, Element::Longitude, "115.889600"),
    (8, Element::Latitude, "34.952800"),
    (9, Element::CivilCode, "371723"),
];
/// Longest text shown of a record.
const MAX_TEXT: usize = 60;

pub(super) fn run(folder: &Path, lang: Lang) -> Outcome {
    let folders = [BEFORE, AFTER].map(|name| folder.join(name));
    let [before, after] = &folders;
    for one in &folders {
        output::prepare(one, lang)?;
    }
    say_all(&[
        say!(
            lang,
            "演练：一个社区从“未达标”到改好资料，约十分钟。",
            "A rehearsal: a community that fails, and three records put right. Ten minutes."
        ),
        say!(
            lang,
            "只在本机 127.0.0.1 上进行，不连接任何真实平台；随时可按 Ctrl+C 退出。",
            "All of it on 127.0.0.1, no real platform is touched; Ctrl+C ends it at any time."
        ),
    ]);
    go_on(&say!(lang, "按回车，检测示例社区的 9 路摄像机", "Enter: audit the nine cameras of the example"), lang)?;

    heading(&say!(lang, "第一步　检测", "1. The audit"));
    let show = Show { cameras: EXAMPLE_CAMERAS, example: true, corrected: BTreeMap::new() };
    let first = played(&show, before, lang)?;
    go_on(&say!(lang, "按回车，看合规率为什么不达标", "Enter: why compliance fails"), lang)?;

    heading(&say!(lang, "第二步　读原因", "2. The reasons"));
    let rows = rows(&first);
    explain(&first, &rows, before, lang);
    go_on(&say!(lang, "按回车，去改资料", "Enter: put them right"), lang)?;

    heading(&say!(lang, "第三步　改资料", "3. The corrections"));
    let edits = loop {
        let trial = filled(&first, &rows, before, lang)?;
        heading(&say!(lang, "第四步　试算", "4. Trying them out"));
        say_all(&trial.told(lang));
        say_all(&trial.worth_saying(lang));
        if is_reached(&trial.after) {
            break trial.edits;
        }
        let again = say!(
            lang,
            "合规率仍未达标，看上面还差什么。按回车重新填写，输入 j 则就这样继续：",
            "It still fails, see above for what is left. Enter to fill it in again, j to go on as it is:"
        );
        if ask(&again, lang)?.eq_ignore_ascii_case("j") {
            break trial.edits;
        }
    };
    say_all(&[say!(
        lang,
        "试算只是“假设已改”。真正的平台由它的管理员按整改清单修改；演练中由模拟平台代劳。",
        "That was as if. On a real platform its administrator makes the changes by the sheet; here the simulated one does."
    )]);
    go_on(&say!(lang, "按回车，重新检测", "Enter: audit it again"), lang)?;

    heading(&say!(lang, "第五步　重新检测", "5. The audit after it"));
    let show = Show { corrected: corrected(&first, edits), ..show };
    let second = played(&show, after, lang)?;
    heading(&say!(lang, "前后对照", "Before and after"));
    for rate in RateId::ALL {
        terminal::line(&format!("  {}", rate_line(&first, &second, rate, lang).unwrap_or_default()));
    }
    let shown = after.display().to_string();
    say_all(&[
        String::new(),
        say!(
            lang,
            "改资料提高的是合规率；出图率、完好率要靠修摄像机、网络和平台，见 {shown}/report.html 中每一路的原因。",
            "Records raise compliance. Output and intactness need cameras, network and platform repaired: the reasons are in {shown}/report.html."
        ),
        say!(
            lang,
            "轮到真实平台：gbaudit init（对接），gbaudit audit（检测），gbaudit fix latest --out 整改清单.xlsx（整改）。",
            "Now a real platform: gbaudit init, gbaudit audit, gbaudit fix latest --out corrections.xlsx."
        ),
    ]);
    Ok(0)
}

fn heading(text: &str) {
    terminal::line(&format!("\n── {text} ──"));
}

fn say_all(lines: &[String]) {
    for line in lines {
        terminal::line(line);
    }
}

/// What is typed, as it is.
fn ask(question: &str, lang: Lang) -> Result<String, Failure> {
    terminal::asked(question, |text| Ok(text.to_owned())).ok_or_else(|| {
        Failure::usage(say!(
            lang,
            "输入已结束，演练停止；演练要有人坐在终端前，不用人的演示是 gbaudit demo",
            "the input has ended, and so does the rehearsal: it wants somebody at a terminal; gbaudit demo needs nobody"
        ))
    })
}

fn go_on(text: &str, lang: Lang) -> Result<(), Failure> {
    terminal::line("");
    ask(&say!(lang, "{text} …", "{text} ..."), lang).map(|_| ())
}

/// What has to be put right of the cameras, in the order of the table.
fn rows(report: &Report) -> Vec<Correction> {
    corrections(report, &Wanted { grades: Grade::ALL.to_vec(), remarks: false })
}

fn is_reached(report: &Report) -> bool {
    report.rates.iter().any(|rate| rate.id == RateId::Compliance && rate.value.is_some() && rate.needs() == 0)
}

/// The serial of a camera in its code.
fn serial(report: &Report, item: usize) -> Option<usize> {
    report.item(item)?.id().get(13..)?.parse().ok()
}

fn explain(report: &Report, rows: &[Correction], folder: &Path, lang: Lang) {
    if let Some(rate) = report.rates.iter().find(|rate| rate.id == RateId::Compliance)
        && let Some(value) = rate.value
    {
        let (n, d, percent, missing) = (value.numerator, value.denominator, summary::percent(value), rate.needs());
        terminal::line(&say!(
            lang,
            "4-3 合规率 = 编码、名称、行政区划、经纬度全部合规的摄像机 ÷ 全部摄像机 = {n}/{d} = {percent}，还差 {missing} 路：",
            "4-3 compliance = cameras whose code, name, region and position are all right, of all = {n}/{d} = {percent}, {missing} short:"
        ));
    }
    for row in rows {
        let Some(item) = report.cameras.get(row.camera).and_then(|camera| report.item(camera.item)) else { continue };
        let (code, field, why) = (excerpt(item.id(), 20), row.element.title().get(lang), row.reason(lang));
        let now = excerpt(&visible(&row.current), MAX_TEXT);
        terminal::line(&say!(lang, "  {code}  {field}“{now}”：{why}", "  {code}  {field} \"{now}\": {why}"));
    }
    let shown = folder.display().to_string();
    terminal::line(&say!(
        lang,
        "同样的内容在 {shown}/report.html（给领导看）和 {shown}/corrections.xlsx（给干活的人填）。",
        "The same stands in {shown}/report.html, to be read, and {shown}/corrections.xlsx, to be filled in."
    ));
}

/// Has the sheet filled in, here or in a spreadsheet program, and tries it out.
fn filled(report: &Report, rows: &[Correction], folder: &Path, lang: Lang) -> Result<Trial, Failure> {
    terminal::line(&say!(lang, "责任单位现场核对后答复：", "The unit has been there and answers:"));
    for (number, element, value) in ANSWERS {
        let field = element.title().get(lang);
        terminal::line(&say!(lang, "  尾号 {number:04}  {field}  {value}", "  ...{number:04}  {field}  {value}"));
    }
    let workbook = folder.join("corrections.xlsx");
    let shown = workbook.display().to_string();
    let question = say!(
        lang,
        "按回车在这里逐项填写；或用表格程序打开 {shown}，填“修正值”列，保存后输入 b：",
        "Enter to fill it in here; or open {shown}, fill in the corrected values, save it and type b:"
    );
    let load = || evidence(folder, lang);
    loop {
        if ask(&question, lang)?.eq_ignore_ascii_case("b") {
            let octets = super::super::check::read(&workbook, MAX_SPREADSHEET_BYTES as u64, lang)?;
            match Trial::of((&shown, &octets), load, lang) {
                Ok(trial) => return Ok(trial),
                Err(failure) => terminal::complain(&failure.lines.join("\n")),
            }
            continue;
        }
        let sheet = typed(report, rows, lang)?;
        let file: PathBuf = folder.join(SHEET);
        output::atomically(&file, |out| out.write_all(sheet.as_bytes())).map_err(|e| output::unwritten(&e, folder, lang))?;
        return Trial::of((&file.display().to_string(), sheet.as_bytes()), load, lang);
    }
}

/// The sheet, each value asked for.
fn typed(report: &Report, rows: &[Correction], lang: Lang) -> Result<String, Failure> {
    let mut lines = vec![COLUMNS.map(|column| column.get(lang).to_owned()).to_vec()];
    for (index, row) in rows.iter().enumerate() {
        let mut cells: Vec<String> = line(report, index, row).to_vec();
        let item = report.cameras.get(row.camera).map(|camera| camera.item);
        let number = item.and_then(|item| serial(report, item));
        let known = |answer: &&(usize, Element, &str)| Some(answer.0) == number && answer.1 == row.element;
        let right = ANSWERS.iter().find(known).map(|answer| answer.2).or(row.proposed.as_deref()).unwrap_or_default();
        let (field, shown) = (row.element.title().get(lang), number.unwrap_or_default());
        let now = excerpt(&visible(&row.current), MAX_TEXT);
        let question = say!(
            lang,
            "尾号 {shown:04}  {field}  现在“{now}”，改为（回车 = {right}）：",
            "...{shown:04}  {field}  now \"{now}\", to be (Enter = {right}):"
        );
        let value = Some(ask(&question, lang)?).filter(|text| !text.is_empty()).unwrap_or_else(|| right.to_owned());
        if let Some(cell) = cells.get_mut(CORRECTED) {
            *cell = value;
        }
        lines.push(cells);
    }
    Ok(csv_of(lines))
}

/// The evidence of an audit, out of its folder.
fn evidence(folder: &Path, lang: Lang) -> Result<Evidence, Failure> {
    let store = report::open(&folder.join(EVIDENCE_FILE), lang)?;
    let run = store.runs().map_err(|e| report::unreadable(&e, lang))?.into_iter().next().unwrap_or_default();
    let found = store.load(&run).map_err(|e| report::unreadable(&e, lang))?.into_iter().next();
    found.ok_or_else(|| Failure::usage(say!(lang, "没有结果", "there are no results")))
}

/// The edits by camera.
fn corrected(report: &Report, edits: Vec<Edit>) -> BTreeMap<usize, Vec<(Element, String)>> {
    let mut by_camera: BTreeMap<usize, Vec<(Element, String)>> = BTreeMap::new();
    for Edit { item, element, value } in edits {
        if let Some(camera) = serial(report, item).and_then(|number| number.checked_sub(1)) {
            by_camera.entry(camera).or_default().push((element, value));
        }
    }
    by_camera
}
