//! `gbaudit fix RUN`: what is to be put right, as a table that comes back. Nothing is ever written to a platform.

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::report::Source;
use super::{Failure, Outcome, config, output, terminal};
use crate::audit::AssessError;
use crate::audit::assess::assess;
use crate::audit::correct::{Corrected, correct};
use crate::base::lang::{Lang, say};
use crate::base::text::{excerpt, visible};
use crate::correction::fold;
use crate::correction::sheet::{self, Content};
use crate::correction::{Grade, Wanted, table};
use crate::profile::RateId;
use crate::report::problems::Told;
use crate::report::{Report, notices};

/// Causes and steps shown on the screen.
const MAX_SHOWN: usize = 10;
/// Which notice is whose.
const NOTICES_INDEX: &str = "index.csv";
/// Characters of a line's foreign part.
const MAX_TEXT: usize = 60;

pub(super) fn command(lang: Lang) -> Command {
    Command::new("fix")
        .about(say!(
            lang,
            "整改清单：哪些值要改、改成什么、在哪改，以及“还差多少路”；不写平台",
            "the correction table: what to change, to what, where, and how many cameras are missing; writes to no platform"
        ))
        .override_usage(say!(
            lang,
            "gbaudit fix <批次号 | latest | 结果文件夹> [--grade safe,suggest] --out 整改清单.xlsx",
            "gbaudit fix <RUN | latest | DIR> [--grade safe,suggest] --out corrections.xlsx"
        ))
        .after_help(say!(
            lang,
            "例：gbaudit fix latest --out 整改清单.xlsx\n填好后：gbaudit check 整改清单.xlsx --against latest\n\
             填入平台的导出：gbaudit fix latest --join 平台导出.xlsx --out 平台导入.xlsx\n\
             由管理员运行的脚本：gbaudit fix latest --layout wvp-script --out wvp.py\n\
             整改通知书：gbaudit fix latest --notices 通知书",
            "Example: gbaudit fix latest --out corrections.xlsx\nOnce filled in: gbaudit check corrections.xlsx --against latest\n\
             Into a platform's export: gbaudit fix latest --join export.xlsx --out import.xlsx\n\
             A script for the administrator: gbaudit fix latest --layout wvp-script --out wvp.py\n\
             Notices to units: gbaudit fix latest --notices notices"
        ))
        .arg(Arg::new("run").required(true).value_name("RUN").help(say!(
            lang,
            "批次号、latest，或含 evidence.db 的结果文件夹",
            "a run id, latest, or a results folder with its evidence.db"
        )))
        .arg(
            Arg::new("grade")
                .long("grade")
                .value_name("safe,suggest,ask")
                .value_delimiter(',')
                .value_parser(Grade::ALL.map(Grade::key).to_vec())
                .help(say!(
                    lang,
                    "只列这些把握程度：safe 可直接采用，suggest 建议核对，ask 需填写；默认全部（--join 默认 safe,suggest）",
                    "only these: safe can be taken as it is, suggest is to be checked, ask is to be filled in; default all (with --join safe,suggest)"
                )),
        )
        .arg(Arg::new("remarks").long("remarks").action(ArgAction::SetTrue).help(say!(
            lang,
            "也列出不影响合规率、但有建议值的提示",
            "remarks with a proposal too, though they cost no rate"
        )))
        .arg(Arg::new("join").long("join").value_name("EXPORT").value_parser(value_parser!(PathBuf)).help(say!(
            lang,
            "平台导出的 .xlsx 或 .csv：把建议值填入其中，保留原有的列、顺序和工作表（不保留格式和公式）",
            "an .xlsx or .csv exported by a platform: proposals are filled into it; its columns, order and sheets stay (formats and formulas do not)"
        )))
        .arg(Arg::new("columns").long("columns").value_name("FILE").requires("join").value_parser(value_parser!(PathBuf)).help(
            say!(
                lang,
                "列名对照表，两列：列名,要素；与 gbaudit check 的相同",
                "names of columns, two columns: name,element; as for gbaudit check"
            ),
        ))
        .arg(
            Arg::new("layout").long("layout").value_name("NAME").value_delimiter(',').conflicts_with("join").help(say!(
                lang,
                "版式：standard（默认）、wvp、wvp-script，或版式文件（.toml）；写几个时 --out 为文件夹",
                "layout: standard (default), wvp, wvp-script, or a file (.toml); of several, --out is a folder"
            )),
        )
        .arg(
            Arg::new("notices")
                .long("notices")
                .value_name("DIR")
                .value_parser(value_parser!(PathBuf))
                .conflicts_with_all(["join", "layout", "out", "grade"])
                .help(say!(
                    lang,
                    "整改通知书：每个责任单位一份 Word，写入这个文件夹；文件名只用编号，index.csv 列出编号与单位",
                    "notices: a document of Word for each responsible unit, into this folder; named by number, index.csv says whose"
                )),
        )
        .arg(config(lang))
        .arg(Arg::new("out").long("out").value_name("FILE").value_parser(value_parser!(PathBuf)).help(say!(
            lang,
            "写入的文件（.xlsx 或 .csv，脚本为 .py）；不写则只显示汇总",
            "the file to write (.xlsx or .csv, a script .py); without it only the summary is shown"
        )))
}

impl From<AssessError> for Failure {
    fn from(error: AssessError) -> Self {
        Self::usage(error.to_string())
    }
}

pub(super) fn run(matches: &ArgMatches, lang: Lang) -> Outcome {
    let export = matches.get_one::<PathBuf>("join");
    let wanted = Wanted {
        grades: match matches.get_many::<String>("grade") {
            Some(words) => words.filter_map(|word| Grade::parse(word)).collect(),
            None if export.is_some() => vec![Grade::Safe, Grade::Suggest],
            None => Grade::ALL.to_vec(),
        },
        remarks: matches.get_flag("remarks"),
    };
    if let Some(export) = export {
        return super::join::run(matches, export, &wanted, lang);
    }
    if let Some(names) = matches.get_many::<String>("layout") {
        return super::layouts::run(matches, &names.cloned().collect::<Vec<_>>(), &wanted, lang);
    }
    if let Some(folder) = matches.get_one::<PathBuf>("notices") {
        let source = Source::find(matches, lang)?;
        return write_notices(&assess(source.only_one(lang)?, lang, None)?, folder, lang);
    }
    let target = matches.get_one::<PathBuf>("out");
    let form = target.map(|file| Form::of(file, lang)).transpose()?;
    if let Some(file) = target {
        output::ready(file, lang)?;
    }
    let source = Source::find(matches, lang)?;
    let corrected = correct(assess(source.only_one(lang)?, lang, None)?, &wanted)?;
    show(&corrected, lang);
    if let (Some(file), Some(form)) = (target, form) {
        let octets = form.write(&corrected, lang)?;
        output::atomically(file, |out| out.write_all(&octets)).map_err(|e| output::unwritten(&e, file, lang))?;
        let shown = file.display().to_string();
        terminal::line(&say!(lang, "整改清单  {shown}", "corrections  {shown}"));
    }
    Ok(0)
}

/// 整改通知书, a unit each, and which is whose.
fn write_notices(report: &Report, folder: &Path, lang: Lang) -> Outcome {
    output::prepare(folder, lang)?;
    let unwritten = |error: std::io::Error| output::unwritten(&error, folder, lang);
    let (due, told) = (notices::notices(report), Told::new(report));
    for notice in &due {
        output::atomically(&folder.join(notice.file()), |out| notices::write(report, &told, notice, out)).map_err(unwritten)?;
    }
    output::atomically(&folder.join(NOTICES_INDEX), |out| notices::index(report, &due, out)).map_err(unwritten)?;
    let (n, shown) = (due.len(), folder.display().to_string());
    terminal::line(&say!(
        lang,
        "整改通知书  {n} 份，在 {shown}，编号与单位见 {NOTICES_INDEX}",
        "notices  {n} in {shown}; {NOTICES_INDEX} says whose"
    ));
    Ok(0)
}

/// What the table is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Workbook,
    Csv,
}

impl Form {
    pub(super) fn of(file: &Path, lang: Lang) -> Result<Self, Failure> {
        let shown = file.display().to_string();
        match file.extension().map(|e| e.to_string_lossy().to_lowercase()).as_deref() {
            Some("xlsx") => Ok(Self::Workbook),
            Some("csv") => Ok(Self::Csv),
            _ => Err(Failure::usage(say!(
                lang,
                "--out {shown}：文件名应以 .xlsx 或 .csv 结尾",
                "--out {shown}: the name must end in .xlsx or .csv"
            ))),
        }
    }

    pub(super) fn write(self, corrected: &Corrected, lang: Lang) -> Result<Vec<u8>, Failure> {
        let Corrected { report, rows, folds, gaps } = corrected;
        match self {
            Self::Csv => Ok(table::csv(report, rows).into_bytes()),
            Self::Workbook => {
                let mut out = Cursor::new(Vec::new());
                sheet::write(&Content { report, rows, folds, gaps }, &mut out).map_err(|error| Failure {
                    code: 3,
                    lines: vec![say!(lang, "整改清单没有写完：{error}", "the table was not written: {error}")],
                })?;
                Ok(out.into_inner())
            }
        }
    }
}

/// The summary on the screen: how many rows, by grade and by cause, and the way to each threshold.
pub(super) fn show(corrected: &Corrected, lang: Lang) {
    let Corrected { report, rows, folds, gaps } = corrected;
    let cut = |text: &str| excerpt(&visible(text), MAX_TEXT);
    let name = cut(&report.header.platform.name);
    let (run, all) = (&report.header.run_id, rows.len());
    terminal::line(&say!(lang, "{name}　整改清单　批次 {run}　共 {all} 条", "{name}: corrections of run {run}, {all} rows"));
    if let Some(stamp) = crate::report::summary::stamp(report) {
        terminal::line(&stamp);
    }
    let count = |grade: Grade| rows.iter().filter(|row| row.grade == grade).count();
    let graded: Vec<String> = Grade::ALL.iter().map(|grade| format!("{} {}", grade.title().get(lang), count(*grade))).collect();
    terminal::line(&graded.join(say!(lang, "，", ", ").as_str()));
    for fold in folds.iter().take(MAX_SHOWN) {
        let place = cut(&fold.place.title(lang));
        let element = fold::title(fold.element).get(lang);
        let cause = cause(fold.rule, lang);
        let said = say!(lang, "{element}　{cause}　在哪改：{place}", "{element}  {cause}  where: {place}");
        terminal::line(&format!("  {}　{said}", cut(&fold.say(lang))));
    }
    if folds.len() > MAX_SHOWN {
        let rest = folds.len() - MAX_SHOWN;
        terminal::line(&say!(lang, "  其余 {rest} 类见整改清单的“汇总”", "  {rest} more causes: see the summary sheet"));
    }
    for gap in gaps {
        terminal::line("");
        let (rate, needs) = (gap.rate.title().get(lang), gap.needs);
        terminal::line(&say!(lang, "{rate} 还差 {needs} 路", "{rate}: {needs} cameras missing"));
        let mut gained = 0;
        for (number, step) in (1..).zip(gap.steps.iter().take(MAX_SHOWN)) {
            let (cameras, group, work) = (step.cameras.len(), cut(&step.group), step.work.title().get(lang));
            gained += cameras as u64;
            let work_rows = if gap.rate == RateId::Output {
                String::new()
            } else {
                let rows = step.rows;
                say!(lang, "，改 {rows} 条", ", {rows} rows")
            };
            let reached = if gained >= needs { say!(lang, "　达标", "  reached") } else { String::new() };
            terminal::line(&say!(
                lang,
                "  {number}. {work}　{group}　增加 {cameras} 路{work_rows}，累计 {gained} 路{reached}",
                "  {number}. {work}  {group}  {cameras} more{work_rows}, {gained} in all{reached}"
            ));
        }
        if gap.steps.len() > MAX_SHOWN {
            let rest = gap.steps.len() - MAX_SHOWN;
            terminal::line(&say!(lang, "  其余 {rest} 步见“还差多少路”", "  {rest} more steps: see the sheet"));
        }
        if !gap.is_closed() {
            let gains = gap.gains();
            terminal::line(&say!(
                lang,
                "  全部做完只增加 {gains} 路，仍不达标",
                "  all of it gives {gains} cameras, which does not reach the threshold"
            ));
        }
    }
}

fn cause(rule: &'static str, lang: Lang) -> String {
    let title = crate::rules::Rule::find(rule).map(|r| r.page().side(lang).title.clone()).unwrap_or_default();
    format!("{rule} {title}")
}
