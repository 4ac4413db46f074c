//! `gbaudit fix RUN --layout NAME[,NAME]`: the corrections in the form of a platform.

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use clap::ArgMatches;

use super::fix::{Form, show};
use super::report::Source;
use super::{Failure, Outcome, output, terminal};
use crate::audit::assess::assess;
use crate::audit::correct::{Corrected, correct};
use crate::base::lang::{Lang, say};
use crate::correction::layout::{self, EMBEDDED, Layout, MAX_LAYOUT_BYTES, Shape};
use crate::correction::{Correction, Grade, Wanted, script};

/// A layout and what its file is called.
struct Named {
    name: String,
    layout: Layout,
}

pub(super) fn run(matches: &ArgMatches, names: &[String], wanted: &Wanted, lang: Lang) -> Outcome {
    let layouts = names.iter().map(|name| load(name, lang)).collect::<Result<Vec<Named>, Failure>>()?;
    let target = matches.get_one::<PathBuf>("out");
    let Some(target) = target else {
        return Err(Failure::usage(say!(lang, "--layout 要用 --out 写明结果文件", "--layout wants the file to write, by --out")));
    };
    let files: Vec<PathBuf> = match layouts.as_slice() {
        [one] => {
            fits(target, one.layout.shape, lang)?;
            vec![target.clone()]
        }
        several => {
            output::prepare(target, lang)?;
            several.iter().map(|n| target.join(format!("{}.{}", n.name, n.layout.shape.extension()))).collect()
        }
    };
    let mut sorted = files.clone();
    sorted.sort();
    sorted.dedup();
    if sorted.len() < files.len() {
        return Err(Failure::usage(say!(lang, "--layout 中有同名的版式", "two layouts of --layout have one name")));
    }
    let source = Source::find(matches, lang)?;
    let corrected = correct(assess(source.only_one(lang)?, lang, None)?, wanted)?;
    show(&corrected, lang);
    // What the owner has to fill in is for people; a platform takes values.
    let is_value = |row: &&Correction| matches.contains_id("grade") || row.grade <= Grade::Suggest;
    let rows: Vec<Correction> = corrected.rows.iter().filter(is_value).cloned().collect();
    for (Named { name, layout }, file) in layouts.iter().zip(&files) {
        let octets = octets(&corrected, &rows, name, layout, file, lang)?;
        output::atomically(file, |out| out.write_all(&octets)).map_err(|e| output::unwritten(&e, file, lang))?;
        let shown = file.display().to_string();
        terminal::line(&say!(lang, "{name}  {shown}", "{name}  {shown}"));
    }
    Ok(0)
}

fn octets(
    corrected: &Corrected,
    rows: &[Correction],
    name: &str,
    layout: &Layout,
    file: &Path,
    lang: Lang,
) -> Result<Vec<u8>, Failure> {
    let report = &corrected.report;
    match layout.shape {
        Shape::Workbook => Form::of(file, lang)?.write(corrected, lang),
        Shape::Csv => Ok(layout::csv(report, layout, rows).into_bytes()),
        Shape::Xlsx => {
            let mut out = Cursor::new(Vec::new());
            layout::xlsx(report, layout, name, rows, &mut out)
                .map_err(|error| output::unwritten(&std::io::Error::other(error.to_string()), file, lang))?;
            Ok(out.into_inner())
        }
        Shape::WvpScript => {
            let script = script::wvp(report, layout, rows);
            let (cameras, without, over) = (script.cameras, script.without_field, script.over);
            terminal::line(&say!(
                lang,
                "脚本中 {cameras} 路；先阅读再运行，默认只显示，加 --apply 才写入，并留下撤销文件",
                "{cameras} cameras in the script; read it before you run it; it only shows, writes with --apply, and leaves an undo file"
            ));
            if without > 0 {
                terminal::line(&say!(
                    lang,
                    "{without} 处建议没有对应的字段或设备编码，不在脚本中",
                    "{without} proposals have no field or no device code and are not in the script"
                ));
            }
            if over > 0 {
                terminal::line(&say!(
                    lang,
                    "另有 {over} 路超出一份脚本的上限，改完后重新生成",
                    "{over} more cameras are over what one script holds; make it again afterwards"
                ));
            }
            Ok(script.text.into_bytes())
        }
    }
}

/// An embedded layout by name, or a file.
fn load(name: &str, lang: Lang) -> Result<Named, Failure> {
    if let Some(text) = Layout::embedded(name) {
        let layout = Layout::parse(name, text, lang).map_err(|problems| Failure::problems(&problems))?;
        return Ok(Named { name: name.to_owned(), layout });
    }
    let path = Path::new(name);
    if !path.is_file() {
        let all = EMBEDDED.iter().map(|(n, _)| *n).collect::<Vec<_>>().join(", ");
        return Err(Failure::usage(say!(
            lang,
            "没有版式 {name}（内置：{all}），也没有这个文件",
            "there is no layout {name} (embedded: {all}), and no such file"
        )));
    }
    let octets = super::check::read(path, MAX_LAYOUT_BYTES as u64, lang)?;
    let text = String::from_utf8(octets)
        .map_err(|_| Failure::usage(say!(lang, "{name}：版式文件应为 UTF-8", "{name}: a layout must be UTF-8")))?;
    let layout = Layout::parse(name, &text, lang).map_err(|problems| Failure::problems(&problems))?;
    Ok(Named { name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), layout })
}

/// Whether a file's name ends as the layout wants.
fn fits(target: &Path, shape: Shape, lang: Lang) -> Result<(), Failure> {
    let found = target.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let is_fit = found == shape.extension() || (shape == Shape::Workbook && found == "csv");
    if is_fit {
        return Ok(());
    }
    let (shown, wanted) = (target.display().to_string(), shape.extension());
    Err(Failure::usage(say!(
        lang,
        "--out {shown}：这种版式的文件名应以 .{wanted} 结尾",
        "--out {shown}: with this layout the name must end in .{wanted}"
    )))
}
