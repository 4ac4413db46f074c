//! `gbaudit fix RUN --join EXPORT`: the proposals filled into the export of a platform.

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use clap::ArgMatches;

use super::fix::Form;
use super::report::Source;
use super::{Failure, Outcome, output, terminal};
use crate::audit::assess::assess;
use crate::base::lang::{Lang, say};
use crate::base::settings_file::Problem;
use crate::catalog::import::{
    Columns, FileKind, Grid, MAX_COLUMNS_FILE_BYTES, MAX_SPREADSHEET_BYTES, grid_from_csv, grids, utf8,
};
use crate::correction::join::{self, Joined, Way};
use crate::correction::{Grade, Wanted, corrections, join_file};

pub(super) fn run(matches: &ArgMatches, export: &Path, wanted: &Wanted, lang: Lang) -> Outcome {
    let Some(target) = matches.get_one::<PathBuf>("out") else {
        return Err(Failure::usage(say!(lang, "--join 要用 --out 写明结果文件", "--join wants the file to write, by --out")));
    };
    let form = Form::of(target, lang)?;
    if let (Ok(a), Ok(b)) = (export.canonicalize(), target.canonicalize())
        && a == b
    {
        return Err(Failure::usage(say!(
            lang,
            "--out 不能是导出的文件本身，请换一个文件名",
            "--out is the export itself, name another file"
        )));
    }
    output::ready(target, lang)?;
    let columns = columns(matches, export, lang)?;
    let grids = read(export, form, lang)?;
    let source = Source::find(matches, lang)?;
    let report = assess(source.only_one(lang)?, lang, None)?;
    let rows = corrections(&report, &Wanted { grades: Grade::ALL.to_vec(), remarks: wanted.remarks });
    let shown = export.display().to_string();
    let joined =
        join::join(&report, &rows, &wanted.grades, grids, &columns).map_err(|why| Failure::usage(format!("{shown}: {why}")))?;
    if joined.counts.matched.iter().sum::<usize>() == 0 {
        let rows = joined.counts.rows;
        return Err(Failure::usage(say!(
            lang,
            "{shown}：{rows} 行都没有匹配上这一批次的摄像机；请确认是同一平台的导出，或用 --columns 指明哪一列是设备编码",
            "{shown}: none of {rows} rows is a camera of this run; see that it is the export of this platform, or name the column of the device code with --columns"
        )));
    }
    let octets = match form {
        Form::Csv => joined.sheets.first().map(join_file::csv).unwrap_or_default().into_bytes(),
        Form::Workbook => {
            let mut out = Cursor::new(Vec::new());
            join_file::workbook(&report, &joined, &mut out)
                .map_err(|error| output::unwritten(&std::io::Error::other(error.to_string()), target, lang))?;
            out.into_inner()
        }
    };
    output::atomically(target, |out| out.write_all(&octets)).map_err(|e| output::unwritten(&e, target, lang))?;
    show(&joined, &report.header.run_id, lang);
    let file = target.display().to_string();
    terminal::line(&say!(lang, "已填写  {file}", "filled in  {file}"));
    remember(&joined, export, target, lang)?;
    Ok(0)
}

/// `通道导出.xlsx` is remembered as `通道导出.columns.csv`.
fn mapping_name(export: &Path) -> String {
    format!("{}.columns.csv", export.file_stem().unwrap_or_default().to_string_lossy())
}

/// The names of columns: the user's, or those remembered next to the export.
fn columns(matches: &ArgMatches, export: &Path, lang: Lang) -> Result<Columns, Failure> {
    let remembered = export.with_file_name(mapping_name(export));
    let path = match matches.get_one::<PathBuf>("columns") {
        Some(path) => path,
        None if remembered.is_file() => {
            let shown = remembered.display().to_string();
            terminal::line(&say!(lang, "列名对照取自 {shown}", "names of columns are taken from {shown}"));
            &remembered
        }
        None => return Ok(Columns::default()),
    };
    let octets = super::check::read(path, MAX_COLUMNS_FILE_BYTES as u64, lang)?;
    Columns::parse(&path.display().to_string(), &octets, lang).map_err(|problems| Failure::problems(&problems))
}

/// What the columns were taken for, next to the result. A file that is there already is the user's.
fn remember(joined: &Joined, export: &Path, target: &Path, lang: Lang) -> Result<(), Failure> {
    let path = target.with_file_name(mapping_name(export));
    let shown = path.display().to_string();
    if path.exists() {
        terminal::line(&say!(lang, "列名对照  {shown}（原有，未改）", "names of columns  {shown} (there already, not changed)"));
        return Ok(());
    }
    let text = join::mapping_csv(&joined.mapping, lang);
    output::atomically(&path, |out| out.write_all(text.as_bytes())).map_err(|e| output::unwritten(&e, &path, lang))?;
    terminal::line(&say!(
        lang,
        "列名对照  {shown}（可修改；放在导出文件旁，下次自动采用）",
        "names of columns  {shown} (may be edited; next to the export it is taken by itself)"
    ));
    Ok(())
}

fn read(path: &Path, form: Form, lang: Lang) -> Result<Vec<Grid>, Failure> {
    let shown = path.display().to_string();
    let mut octets = super::check::read(path, MAX_SPREADSHEET_BYTES as u64, lang)?;
    if FileKind::of(&octets) == FileKind::Utf16 {
        octets = utf8(&octets);
    }
    match FileKind::of(&octets) {
        FileKind::Spreadsheet => {
            let grids = grids(&octets, lang).map_err(|why| Failure::usage(format!("{shown}: {why}")))?;
            let count = grids.len();
            if form == Form::Csv && count > 1 {
                return Err(Failure::usage(say!(
                    lang,
                    "{shown} 有 {count} 张工作表，--out 请写 .xlsx",
                    "{shown} has {count} worksheets, write an .xlsx with --out"
                )));
            }
            Ok(grids)
        }
        FileKind::Csv => {
            let mut grid = grid_from_csv(&octets, lang)
                .map_err(|(line, message)| Failure::problems(&[Problem { file: shown.clone(), line, message }]))?;
            grid.name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if form == Form::Workbook {
                // In a cell of text the mark that this is text is not needed.
                for cell in grid.rows.iter_mut().flatten().filter(|cell| cell.starts_with('\'')) {
                    cell.remove(0);
                }
            }
            Ok(vec![grid])
        }
        FileKind::OldSpreadsheet | FileKind::WebPage => Err(Failure::usage(say!(
            lang,
            "{shown}：请在 Excel 或 WPS 中打开后另存为 .xlsx",
            "{shown}: open it in Excel or WPS and save it as .xlsx"
        ))),
        _ => Err(Failure::usage(say!(
            lang,
            "{shown}：--join 后面应为平台导出的 .xlsx 或 .csv",
            "{shown}: with --join it must be an .xlsx or .csv exported by a platform"
        ))),
    }
}

fn show(joined: &Joined, run: &str, lang: Lang) {
    let counts = joined.counts;
    let (rows, unmatched, ambiguous) = (counts.rows, counts.unmatched, counts.ambiguous);
    let ways = [Way::Code, Way::Address, Way::Name].iter().zip(counts.matched);
    let matched: Vec<String> = ways
        .map(|(way, count)| {
            let way = way.title().get(lang);
            say!(lang, "按{way} {count}", "{count} by {way}")
        })
        .collect();
    let matched = matched.join(say!(lang, "，", ", ").as_str());
    terminal::line(&say!(
        lang,
        "批次 {run}：表中 {rows} 行；匹配：{matched}；未匹配 {unmatched}，不唯一 {ambiguous}",
        "Run {run}: {rows} rows; matched {matched}; {unmatched} not matched, {ambiguous} not unique"
    ));
    let (filled, already, differing) = (counts.filled, counts.already, counts.differing);
    terminal::line(&say!(
        lang,
        "填入建议值 {filled} 格；已是建议值 {already} 格；表中的值与检测时不同、未填 {differing} 格",
        "{filled} cells filled in; {already} hold the proposal already; {differing} not filled in, for the value is not the one the run saw"
    ));
    let (restored, left) = (counts.restored, counts.left);
    if restored > 0 {
        terminal::line(&say!(
            lang,
            "恢复被表格软件损坏的编码 {restored} 个",
            "{restored} codes that a spreadsheet had damaged were put back"
        ));
    }
    if left > 0 {
        terminal::line(&say!(
            lang,
            "另有 {left} 路需整改的摄像机不在表中",
            "{left} more cameras with something to put right are not in the table"
        ));
    }
}
