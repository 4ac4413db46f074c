//! 检测口径确认单: one page on which the parties agree to a profile before anything is measured. No person's name is on it.

use super::choices::{choices, thresholds};
use super::document::{Column, Document, Layout};
use crate::base::lang::{Lang, Text, say};
use crate::edition::Edition;
use crate::profile::Profile;
use crate::rules::counted;

/// Who signs.
const PARTIES: [Text; 3] = [
    Text::new("区县大数据局", "county office of data"),
    Text::new("被测平台管理单位", "who runs the platform"),
    Text::new("检测单位", "who audits"),
];

/// The form of a profile.
#[must_use]
pub fn form(profile: &Profile, lang: Lang) -> Document {
    let t = |zh: &'static str, en: &'static str| Text::new(zh, en).get(lang);
    let title = t("检测口径确认单", "Confirmation of the profile");
    let mut document = Document::new(title, None, Layout::Form);
    document.meta(t(
        "编号：____________________　　　　日期：______年____月____日",
        "No. ____________________      date ____________________",
    ));
    document.note(t(
        "检测开始前由各方确认本次采用的口径。下列每一项都可能改变“达标”或“未达标”，打 ☑ 的为本次采用。",
        "Agreed to before anything is measured. Each of these can turn a verdict; what is ticked holds.",
    ));
    let (id, version, name) = (&profile.id, profile.version, profile.title(lang));
    let mut rows: Vec<Vec<String>> = vec![
        vec![t("口径", "profile").into(), say!(lang, "{id} 第{version}版　{name}", "{id} version {version}, {name}")],
        vec![t("口径哈希（SHA-256）", "its hash (SHA-256)").into(), profile.hash()],
        vec![t("要求", "thresholds").into(), thresholds(profile, lang)],
    ];
    rows.extend(choices(profile, lang).into_iter().map(|choice| vec![choice.title.to_owned(), choice.boxes()]));
    let compliance = &profile.compliance;
    let rules = counted(compliance, Edition::Gb2016).join(" ");
    rows.push(vec![t("计入合规率的规则", "rules that count").into(), rules]);
    let (margin, fail) = (compliance.border_tolerance_m, compliance.decimals_fail);
    rows.push(vec![
        t("经纬度余量", "margins of coordinates").into(),
        say!(
            lang,
            "区县边界外 {margin:.0} 米以内只作提示；经纬度都不超过 {fail} 位小数的为不合规",
            "up to {margin:.0} m outside the county is a remark; both axes with {fail} decimals or fewer fail"
        ),
    ]);
    let columns = [Column::word(t("项目", "what"), 24), Column::text(t("本次采用（☑）", "what holds (☑)"), 76)];
    document.table(&columns, rows.iter().map(Vec::as_slice));
    let agree = t("☐ 同意　☐ 不同意，意见：", "☐ agreed  ☐ not, because:");
    let rows: Vec<Vec<String>> =
        PARTIES.iter().map(|party| vec![party.get(lang).to_owned(), agree.to_owned(), "\n".to_owned(), String::new()]).collect();
    let columns = [
        Column::word(t("确认单位", "confirmed by"), 24),
        Column::text(t("意见", "opinion"), 40),
        Column::word(t("盖章", "seal"), 20),
        Column::word(t("日期", "date"), 16),
    ];
    document.table(&columns, rows.iter().map(Vec::as_slice));
    let hash = profile.hash();
    let short = super::confirmation::short(&hash);
    let unverified = if profile.verified {
        String::new()
    } else {
        say!(lang, "本口径的门限未与公布文件核对。", "Its thresholds were not checked against a published text. ")
    };
    document.note(&say!(
        lang,
        "{unverified}口径文件改动一个字，哈希（{short}…）就不同。编号和哈希写入检测设置（confirmation、confirmation_hash）后，列在每份报告第一页；口径全文：gbaudit profile {id}。",
        "{unverified}One letter changed in the profile gives another hash ({short}...). Number and hash go into the settings (confirmation, confirmation_hash) and stand on page one of every report; the whole text: gbaudit profile {id}."
    ));
    document
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};

    use super::*;
    use crate::report::document::Typeface;

    #[test]
    fn the_form_has_every_choice_the_hash_and_who_signs() {
        let profile = Profile::parse("x", Profile::embedded("sd-2022-basic").unwrap(), Lang::Zh).unwrap();
        let mut octets = Vec::new();
        form(&profile, Lang::Zh).save(&mut octets).unwrap();
        let mut again = Vec::new();
        form(&profile, Lang::Zh).save(&mut again).unwrap();
        assert_eq!(octets, again);
        let mut pages = Vec::new();
        form(&profile, Lang::Zh).save_pages(&Typeface::default(), &mut pages).unwrap();
        let page = |window: &&[u8]| window.starts_with(b"/Type/Page") && !window.ends_with(b"s");
        assert_eq!(pages.windows(11).filter(page).count(), 1, "it is one page");
        let mut text = String::new();
        let mut archive = zip::ZipArchive::new(Cursor::new(octets)).unwrap();
        archive.by_name("word/document.xml").unwrap().read_to_string(&mut text).unwrap();
        for wanted in [&profile.hash(), "☑画面可见", "区县大数据局", "被测平台管理单位", "检测单位", "4-2 出图率≥80%"]
        {
            assert!(text.contains(wanted), "{wanted}");
        }
    }
}
