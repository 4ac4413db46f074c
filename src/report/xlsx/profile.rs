//! 口径说明: what was chosen, by what it was judged, and what the report cannot say.

use rust_xlsxwriter::{Workbook, XlsxError};

use super::{Column, List};
use crate::base::lang::{Text, say};
use crate::report::audience::Audience;
use crate::report::html::prose;
use crate::report::workbook::Style;
use crate::report::{Report, choices, confirmation};

const COLUMNS: [Column; 3] =
    [Column::text("类别", "about", 14), Column::text("项目", "what", 26), Column::text("内容", "how", 110)];

pub(super) fn sheet(report: &Report, style: &Style, book: &mut Workbook) -> Result<(), XlsxError> {
    let lang = report.lang;
    let t = |zh: &'static str, en: &'static str| Text::new(zh, en).get(lang);
    let mut rows: Vec<[String; 3]> = Vec::new();
    let mut add = |about: &str, what: String, how: String| rows.push([about.to_owned(), what, how]);
    let about = t("口径", "profile");
    add(
        about,
        t("口径确认", "confirmation").into(),
        confirmation::line(report.header.confirmation.as_ref(), &report.profile, lang),
    );
    prose::profile(report).into_iter().for_each(|(what, how)| add(about, what, how));
    add(about, t("要求", "thresholds").into(), choices::thresholds(&report.profile, lang));
    let about = t("选项", "choices");
    choices::choices(&report.profile, lang).into_iter().for_each(|choice| add(about, choice.title.into(), choice.boxes()));
    let about = t("公式", "formulas");
    report.rates.iter().for_each(|rate| add(about, rate.id.title().get(lang).into(), rate.formula.text.get(lang).into()));
    let about = t("范围", "scope");
    prose::scope(report).into_iter().for_each(|(what, how)| add(about, what, how));
    let about = t("存疑", "doubtful");
    prose::doubts(report).into_iter().for_each(|how| add(about, String::new(), how));
    let about = t("说明", "notes");
    add(
        about,
        String::new(),
        say!(
            lang,
            "比率截断到两位小数，达标与否按分数精确比较。",
            "Percentages are cut to two decimals; verdicts compare exact fractions."
        ),
    );
    add(
        about,
        String::new(),
        say!(
            lang,
            "本报告只说明测得的结果；是否通过验收由工作组决定。",
            "The report says what was measured; whether that is accepted the work group decides."
        ),
    );
    if report.audience == Audience::Public {
        add(
            about,
            String::new(),
            say!(lang, "公示版不含整改清单；见内部版。", "The public edition has no list of problems; the internal one has."),
        );
    }
    let make = |index: usize| rows.get(index).cloned().into_iter().flatten().map(Into::into).collect();
    let list = List {
        name: Text::new("口径说明", "profile"),
        columns: &COLUMNS,
        open: &[],
        frozen: 0,
        rows: rows.len(),
        on_one_line: false,
        make,
    };
    list.write((report, style, book), super::MAX_ROWS, |_, _| Ok(()))
}
