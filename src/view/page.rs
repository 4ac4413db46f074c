//! The pages, as text: an askama template each. Nothing here reads the clock or a file.

use askama::Template;

use super::{Leaf, Listed, Shown, Tried};
use crate::base::lang::{Lang, Text, say};
use crate::base::text::{grouped, visible};

/// Rows of a dry run on the page; the command line writes them all.
pub const MAX_ROWS: usize = 1_000;

/// What each file is, by its name, in the order they are listed.
const FILES: [(&str, Text); 20] = [
    ("report.html", Text::new("检测报告，网页，可直接打开", "the report, a page to open here")),
    ("report.docx", Text::new("检测报告，Word", "the report for Word")),
    ("report.pdf", Text::new("检测报告，PDF", "the report as PDF")),
    ("report.xlsx", Text::new("检测报告和全部摄像机，表格", "the report and every camera, a workbook")),
    (
        "corrections.xlsx",
        Text::new("整改清单，填写“修正值”后可在下面试算", "the correction sheet; filled in, it can be tried below"),
    ),
    ("findings.csv", Text::new("每一处不合规", "every finding")),
    ("units.csv", Text::new("各责任单位", "unit by unit")),
    ("areas.csv", Text::new("各社区和各级行政区", "by community and region")),
    ("key_positions.csv", Text::new("关键位置点位", "key positions")),
    ("installed.csv", Text::new("台账中的摄像机", "cameras of the ledger")),
    ("tables.csv", Text::new("点位表、台账中按含义理解的单元格", "what was understood in the plan and the ledger")),
    ("estate.csv", Text::new("目录与台账核对", "catalogue and ledger compared")),
    ("measures.csv", Text::new("另测的项目", "what else was measured")),
    ("sample.csv", Text::new("抽样", "the draw")),
    ("shared_codes.csv", Text::new("几个平台共有的编码", "codes that several platforms have")),
    ("report.json", Text::new("结果，供程序读取", "the result, for programs")),
    ("devices.jsonl", Text::new("每路摄像机，供程序读取", "every camera, for programs")),
    ("nodes.jsonl", Text::new("录像机和节点，供程序读取", "recorders and nodes, for programs")),
    ("probes.jsonl", Text::new("每次点播，供程序读取", "every call, for programs")),
    ("journal.jsonl", Text::new("过程日志，供程序读取", "the journal, for programs")),
];

/// Rank and words of a file.
fn about(name: &str, lang: Lang) -> (usize, &'static str) {
    let found = FILES.iter().enumerate().find(|(_, (known, _))| *known == name);
    found.map_or((FILES.len(), ""), |(rank, (_, text))| (rank, text.get(lang)))
}

/// Asks for the password.
#[derive(Template)]
#[template(path = "enter.html")]
pub struct Enter {
    lang: Lang,
    message: Option<String>,
}

impl Enter {
    /// With what was wrong, if something was.
    #[must_use]
    pub const fn new(message: Option<String>, lang: Lang) -> Self {
        Self { lang, message }
    }
}

/// The runs.
#[derive(Template)]
#[template(path = "runs.html")]
pub struct Runs {
    lang: Lang,
    listed: Vec<Listed>,
    rest: Option<String>,
}

impl Runs {
    /// The newest, and how many more there are.
    #[must_use]
    pub fn new((listed, more): (Vec<Listed>, usize), lang: Lang) -> Self {
        let shown = listed.len();
        let rest = (more > 0).then(|| {
            say!(
                lang,
                "只列最近 {shown} 个批次，另有 {more} 个，可用 gbaudit report 查看",
                "the newest {shown} runs; {more} more can be drawn with gbaudit report"
            )
        });
        Self { lang, listed, rest }
    }
}

struct FileRow {
    path: String,
    what: &'static str,
    size: String,
    opens: bool,
}

struct Part {
    name: String,
    files: Vec<FileRow>,
}

/// One run.
#[derive(Template)]
#[template(path = "run.html")]
pub struct Run {
    lang: Lang,
    listed: Listed,
    platforms: Vec<String>,
    rates: Vec<(String, Vec<String>)>,
    parts: Vec<Part>,
}

impl Run {
    /// Its files, by folder.
    #[must_use]
    pub fn new(shown: Shown, lang: Lang) -> Self {
        let mut parts: Vec<Part> = Vec::new();
        let mut leaves: Vec<(String, String, Leaf)> = shown
            .leaves
            .into_iter()
            .map(|leaf| {
                let (folder, name) = leaf.path.rsplit_once('/').unwrap_or(("", &leaf.path));
                (folder.to_owned(), name.to_owned(), leaf)
            })
            .collect();
        leaves.sort_by(|a, b| (&a.0, about(&a.1, lang).0, &a.1).cmp(&(&b.0, about(&b.1, lang).0, &b.1)));
        for (folder, name, leaf) in leaves {
            let row = FileRow { what: about(&name, lang).1, size: size(leaf.octets, lang), opens: opens(&name), path: leaf.path };
            match parts.last_mut().filter(|part| part.name == folder) {
                Some(part) => part.files.push(row),
                None => parts.push(Part { name: folder, files: vec![row] }),
            }
        }
        Self { lang, listed: shown.listed, platforms: shown.platforms, rates: shown.rates, parts }
    }
}

/// What a sheet would do.
#[derive(Template)]
#[template(path = "tried.html")]
pub struct Dry {
    lang: Lang,
    run: String,
    file: String,
    tried: Tried,
    rest: Option<String>,
}

impl Dry {
    /// Of which sheet, as the browser calls it.
    #[must_use]
    pub fn new(run: &str, file: &str, mut tried: Tried, lang: Lang) -> Self {
        let more = tried.rows.len().saturating_sub(MAX_ROWS);
        tried.rows.truncate(MAX_ROWS);
        let rest = (more > 0).then(|| {
            say!(
                lang,
                "另有 {more} 行未列出，可用 gbaudit check 清单.xlsx --against {run} --out 文件夹 写成表格",
                "{more} more rows: gbaudit check SHEET.xlsx --against {run} --out DIR writes them all"
            )
        });
        Self { lang, run: run.to_owned(), file: visible(file).into_owned(), tried, rest }
    }
}

/// Something is not as it should be, in one sentence.
#[derive(Template)]
#[template(path = "told.html")]
pub struct Told {
    lang: Lang,
    text: String,
}

impl Told {
    /// The sentence.
    #[must_use]
    pub const fn new(text: String, lang: Lang) -> Self {
        Self { lang, text }
    }
}

/// Whether a browser shows a file itself; anything else is taken away.
#[must_use]
pub fn opens(name: &str) -> bool {
    let end = std::path::Path::new(name).extension().and_then(|end| end.to_str()).unwrap_or_default();
    matches!(end, "html" | "jpg")
}

fn size(octets: u64, lang: Lang) -> String {
    match octets {
        0..1_024 => {
            let n = grouped(octets);
            say!(lang, "{n} 字节", "{n} octets")
        }
        1_024..1_048_576 => format!("{} KB", octets / 1_024),
        _ => format!("{}.{} MB", octets / 1_048_576, octets % 1_048_576 * 10 / 1_048_576),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::EXPORTERS;

    fn listed() -> Listed {
        Listed {
            run: "20261127-0119-5123".into(),
            period: "2026-11-27 01:19—01:20".into(),
            platforms: "<b>平台</b>".into(),
            state: "完成".into(),
            whole: true,
            rates: vec!["90.00%".into(); 5],
        }
    }

    #[test]
    fn every_file_a_report_has_is_explained() {
        for file in EXPORTERS.iter().flat_map(|exporter| exporter.files) {
            assert!(!about(file.name, Lang::Zh).1.is_empty(), "{}", file.name);
        }
        for file in crate::report::union::FILES {
            assert!(!about(file.name, Lang::En).1.is_empty(), "{}", file.name);
        }
    }

    #[test]
    fn what_others_wrote_is_text_on_every_page() {
        let leaves = ["甲/report.pdf", "甲/\"><script>.csv", "report.html"];
        let leaves = leaves.map(|path| Leaf { path: path.into(), octets: 1_500_000 }).to_vec();
        let hostile = "<script>alert(1)</script>\u{202e}".to_owned();
        let tried =
            Tried { told: vec![hostile.clone()], titles: vec!["行号".into()], rows: vec![vec![hostile.clone()]; MAX_ROWS + 1] };
        for lang in [Lang::Zh, Lang::En] {
            let pages = [
                Runs::new((vec![listed()], 3), lang).render().unwrap(),
                Run::new(
                    Shown {
                        listed: listed(),
                        platforms: vec![hostile.clone(), "乙".into()],
                        rates: vec![(hostile.clone(), vec![hostile.clone(); 5])],
                        leaves: leaves.clone(),
                    },
                    lang,
                )
                .render()
                .unwrap(),
                Dry::new("20261127", &hostile, tried.clone(), lang).render().unwrap(),
                Told::new(hostile.clone(), lang).render().unwrap(),
                Enter::new(Some(hostile.clone()), lang).render().unwrap(),
            ];
            for page in pages {
                assert!(!page.contains("<script") && !page.contains("<b>平台"), "{page}");
                assert!(page.starts_with("<!DOCTYPE html>") && page.trim_end().ends_with("</html>"));
            }
        }
    }

    #[test]
    fn files_of_a_run_stand_by_folder_and_the_report_first() {
        let paths = ["b/findings.csv", "b/report.html", "report.json", "zz.bin", "report.html"];
        let leaves = paths.map(|path| Leaf { path: path.into(), octets: 7 }).to_vec();
        let page = Run::new(Shown { listed: listed(), platforms: vec!["b".into()], rates: Vec::new(), leaves }, Lang::Zh);
        let order: Vec<_> = page.parts.iter().flat_map(|p| &p.files).map(|f| f.path.as_str()).collect();
        assert_eq!(order, ["report.html", "report.json", "zz.bin", "b/report.html", "b/findings.csv"]);
        assert_eq!((size(7, Lang::Zh), size(1_600_000, Lang::Zh)), ("7 字节".into(), "1.5 MB".into()));
    }
}
