//! 豁免: faults that somebody put up with, by name, for a reason, until a day.
//!
//! A waiver never touches the headline: the rates, the fields and the findings are those without it. Beside them
//! stands a second reading that counts the waived failures as the profile counts a rule it leaves out: the rules
//! behind it in the chain are asked, and what nobody could tell stays untold. An expired waiver does nothing.

use std::collections::HashMap;

use super::index::MAX_CHANGES;
use super::tables::CodeChange;
use super::{Context, FieldVerdict, Judgement, Rule, judge_waiving};
use crate::base::charset::{self, Certainty};
use crate::base::lang::{Lang, Text, say};
use crate::base::text::{excerpt, is_invisible, trim};
use crate::base::time::Timestamp;
use crate::catalog::Item;

/// Largest file read.
pub const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// Most waivers in a file.
pub const MAX_WAIVERS: usize = 20_000;
/// Most waivers whose pattern has more than one `*` at its end; each is held against every camera that fails.
pub const MAX_GLOBS: usize = 200;
/// Longest code or pattern, characters.
pub const MAX_CODE: usize = 64;
/// Longest reason or approver, characters.
pub const MAX_TEXT: usize = 500;
/// Wrong lines that are told one by one.
const MAX_TOLD: usize = 20;
/// More cameras than this percentage waived, and the report says so.
pub const MANY_PERCENT: u64 = 5;

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// Its line in the file, counted from 1.
    pub line: usize,
    /// The rule, or [`OUTPUT`]; `None` is `*`, every rule.
    pub rule: Option<&'static str>,
    /// A device code, or a pattern: `*` stands for any characters, `?` for one.
    pub code: String,
    /// Why.
    pub reason: String,
    /// By whom.
    pub approver: String,
    /// The last day it holds, `2026-12-31`.
    pub until: String,
    /// The first day it holds; empty: it has no beginning.
    pub from: String,
    /// 单号 of what was approved; may be empty.
    pub ticket: String,
}

/// What stands in place of a rule where no picture is to be expected: maintenance, a line that was cut.
pub const OUTPUT: &str = "output";
/// The words for it in a table.
const OUTPUT_WORDS: [&str; 4] = [OUTPUT, "出图", "停用", "维护"];

impl Waiver {
    /// The rule as written in results.
    #[must_use]
    pub const fn rule_key(&self) -> &'static str {
        match self.rule {
            Some(rule) => rule,
            None => "*",
        }
    }

    /// Whether it speaks about this rule.
    #[must_use]
    pub fn covers(&self, rule: &str) -> bool {
        self.rule.is_none_or(|own| own == rule)
    }

    /// Whether it speaks about the device with this code.
    #[must_use]
    pub fn matches(&self, code: &str) -> bool {
        self.code == code || glob(&self.code, code)
    }
}

/// The columns, with the names they go by; blanks and what stands in brackets do not matter.
const COLUMNS: [(Text, &[&str]); 7] = [
    (Text::new("规则", "rule"), &["规则", "规则代码", "问题代码", "rule"]),
    (
        Text::new("编码", "code"),
        &["编码", "设备编码", "国标编码", "设备国标编码", "code", "device", "device code", "device_id", "DeviceID"],
    ),
    (Text::new("理由", "reason"), &["理由", "豁免理由", "豁免原因", "原因", "reason"]),
    (Text::new("批准人", "approver"), &["批准人", "审批人", "approver", "approved by"]),
    (Text::new("有效期", "until"), &["有效期", "有效期至", "截止日期", "到期日", "until"]),
    (Text::new("起始日期", "from"), &["起始日期", "开始日期", "生效日期", "from"]),
    (Text::new("单号", "ticket"), &["单号", "豁免单号", "工单号", "ticket"]),
];
/// Columns that have to be there.
const REQUIRED: usize = 5;

/// What is wrong, and on which line (0: the whole file).
pub type Wrong = (usize, String);

/// Reads the table: CSV in UTF-8 or GB 18030 with a header line in Chinese or English. One wrong line refuses the
/// file, since a list that somebody signed is not to be applied in part; every wrong line is told.
///
/// # Errors
/// In the user's language: what is wrong, on which line, and what to write instead.
pub fn parse(octets: &[u8], lang: Lang) -> Result<Vec<Waiver>, Vec<Wrong>> {
    let text = text(octets, lang).map_err(|e| vec![(0, e)])?;
    let separator = separator(&text);
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(text.as_bytes());
    let unreadable = |e: &csv::Error| {
        let line = e.position().map_or(0, |p| usize::try_from(p.line()).unwrap_or(0));
        vec![(line, say!(lang, "不是正确的 CSV：{e}", "not valid CSV: {e}"))]
    };
    let headers = reader.headers().map_err(|e| unreadable(&e))?.clone();
    let places = COLUMNS.map(|(_, names)| headers.iter().position(|h| names.iter().any(|n| plain(n) == plain(h))));
    let required = COLUMNS.iter().zip(places).take(REQUIRED);
    let lacking: Vec<&str> = required.filter(|(_, place)| place.is_none()).map(|((title, _), _)| title.get(lang)).collect();
    if !lacking.is_empty() {
        let lacking = lacking.join(say!(lang, "、", ", ").as_str());
        let found = excerpt(&headers.iter().collect::<Vec<_>>().join(say!(lang, "、", ", ").as_str()), 200);
        let message = say!(
            lang,
            "表头缺少：{lacking}（应有 规则、编码、理由、批准人、有效期，可有 起始日期、单号），现有：{found}",
            "the header lacks: {lacking} (write rule, code, reason, approver, until; from and ticket may be there); there are: {found}"
        );
        return Err(vec![(1, message)]);
    }
    let (mut waivers, mut globs, mut wrong) = (Vec::new(), 0, Vec::new());
    for record in reader.into_records() {
        let record = record.map_err(|e| unreadable(&e))?;
        let line = record.position().map_or(0, |p| line_of(&text, p));
        if record.iter().all(|cell| trim(cell).is_empty()) {
            continue;
        }
        let cells = places.map(|place| place.and_then(|p| record.get(p)).unwrap_or_default());
        match waiver(line, cells, lang) {
            Ok(waiver) => {
                globs += usize::from(!is_plain(&waiver.code));
                waivers.push(waiver);
            }
            Err(message) => wrong.push((line, message)),
        }
        if waivers.len() > MAX_WAIVERS {
            let message = say!(lang, "豁免超过 {MAX_WAIVERS} 条，请合并", "over {MAX_WAIVERS} waivers, put some together");
            return Err(vec![(line, message)]);
        }
        if globs > MAX_GLOBS {
            let message = say!(
                lang,
                "带 ? 或中间带 * 的编码超过 {MAX_GLOBS} 条，请改写为完整编码，或只在末尾用 *",
                "over {MAX_GLOBS} codes with ? or with * before their end; write whole codes, or * at the end only"
            );
            return Err(vec![(line, message)]);
        }
    }
    if wrong.is_empty() {
        return Ok(waivers);
    }
    let rest = wrong.len().saturating_sub(MAX_TOLD);
    wrong.truncate(MAX_TOLD);
    if rest > 0 {
        wrong.push((
            0,
            say!(lang, "另有 {rest} 行有误，改好以上各行后再看", "{rest} more lines are wrong; put these right first"),
        ));
    }
    Err(wrong)
}

/// The line on which a record begins. The reader's own count stands before the empty lines it skips.
fn line_of(text: &str, position: &csv::Position) -> usize {
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = text.as_bytes().get(start..).unwrap_or_default();
    let skipped = rest.iter().take_while(|b| matches!(b, b'\r' | b'\n')).filter(|b| **b == b'\n').count();
    usize::try_from(position.line()).unwrap_or(0).saturating_add(skipped)
}

/// The text of a file.
fn text(octets: &[u8], lang: Lang) -> Result<String, String> {
    let as_csv = || say!(lang, "请另存为 CSV（UTF-8）", "save it as CSV (UTF-8)");
    if octets.len() as u64 > MAX_BYTES {
        let limit = MAX_BYTES / (1024 * 1024);
        return Err(say!(lang, "豁免表超过 {limit} MB", "the table of waivers is over {limit} MB"));
    }
    if octets.starts_with(b"PK\x03\x04") || octets.starts_with(b"\xD0\xCF\x11\xE0") {
        let way = as_csv();
        return Err(say!(lang, "这是 Excel 文件，{way}", "this is an Excel file, {way}"));
    }
    if octets.starts_with(b"\xFF\xFE") || octets.starts_with(b"\xFE\xFF") {
        let way = as_csv();
        return Err(say!(lang, "这是 UTF-16 编码，{way}", "this is in UTF-16, {way}"));
    }
    let decoded = charset::decode(octets, None, None);
    if decoded.certainty == Certainty::Damaged || decoded.text.contains('\0') {
        let way = as_csv();
        return Err(say!(lang, "既不是 UTF-8 也不是 GB18030，{way}", "this is neither UTF-8 nor GB18030, {way}"));
    }
    Ok(decoded.text.into_owned())
}

/// The separator, by the header line.
fn separator(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    [b',', b'\t', b';'].into_iter().rev().max_by_key(|c| first.bytes().filter(|b| b == c).count()).unwrap_or(b',')
}

/// A column's name as it is compared.
fn plain(header: &str) -> String {
    let bare: String = header.chars().filter(|c| !c.is_whitespace() && !is_invisible(*c)).collect();
    bare.split(['(', '（']).next().unwrap_or_default().to_lowercase()
}

fn waiver(line: usize, cells: [&str; 7], lang: Lang) -> Result<Waiver, String> {
    if cells.iter().any(|cell| cell.contains(['\n', '\r'])) {
        return Err(say!(
            lang,
            "单元格中有换行，或引号没有配对；请写在一行内，并补上引号",
            "a cell has a line break, or a quotation mark is not paired; write it on one line and close the mark"
        ));
    }
    // Spreadsheets put an apostrophe before text cells.
    let [rule, code, reason, approver, until, from, ticket] = cells.map(|cell| trim(cell.strip_prefix('\'').unwrap_or(cell)));
    let rule = match rule {
        "*" => None,
        word if OUTPUT_WORDS.contains(&word) => Some(OUTPUT),
        "" => return Err(say!(lang, "规则为空；请写规则代码（如 D05），或 *", "no rule; write its code (such as D05), or *")),
        name => Some(Rule::find(name).map(|rule| rule.id).ok_or_else(|| {
            let name = excerpt(name, 40);
            say!(
                lang,
                "没有规则 {name}；请写一个规则代码（见 gbaudit rules），或 *",
                "there is no rule {name}; write one code (see gbaudit rules), or *"
            )
        })?),
    };
    if code.is_empty() {
        return Err(say!(
            lang,
            "编码为空；请写 20 位设备编码，或带 * ? 的式样",
            "no code; write a device code of 20 digits, or a pattern with * and ?"
        ));
    }
    if code.chars().count() > MAX_CODE {
        return Err(say!(lang, "编码超过 {MAX_CODE} 个字符", "the code is over {MAX_CODE} characters"));
    }
    if is_scientific(code) {
        let code = excerpt(code, 40);
        return Err(say!(
            lang,
            "编码 {code} 已被表格软件改成科学计数，无法还原；请把该列设为文本后重填",
            "the code {code} was turned into a number by a spreadsheet and cannot be restored; make the column text and fill it in again"
        ));
    }
    for (cell, title) in [(reason, Text::new("理由", "reason")), (approver, Text::new("批准人", "approver"))] {
        let title = title.get(lang);
        if cell.is_empty() {
            return Err(say!(lang, "{title}为空；没有{title}的豁免无效", "no {title}; a waiver without one is not valid"));
        }
        if cell.chars().count() > MAX_TEXT {
            return Err(say!(lang, "{title}超过 {MAX_TEXT} 个字符", "the {title} is over {MAX_TEXT} characters"));
        }
    }
    let until = day(until).ok_or_else(|| {
        let until = excerpt(until, 40);
        say!(lang, "有效期 \"{until}\" 应为日期，写作 2026-12-31", "until \"{until}\" must be a date, written 2026-12-31")
    })?;
    let from = match from {
        "" => String::new(),
        written => day(written).filter(|from| *from <= until).ok_or_else(|| {
            let written = excerpt(written, 40);
            say!(
                lang,
                "起始日期 \"{written}\" 应为有效期之前的日期，写作 2026-12-01",
                "from \"{written}\" must be a date before until, written 2026-12-01"
            )
        })?,
    };
    if ticket.chars().count() > MAX_TEXT {
        return Err(say!(lang, "单号超过 {MAX_TEXT} 个字符", "the ticket is over {MAX_TEXT} characters"));
    }
    let [code, reason, approver, ticket] = [code, reason, approver, ticket].map(ToOwned::to_owned);
    Ok(Waiver { line, rule, code, reason, approver, until, from, ticket })
}

/// `3.71723E+19`
fn is_scientific(code: &str) -> bool {
    let Some((mantissa, exponent)) = code.split_once(['E', 'e']) else { return false };
    mantissa.contains('.') && exponent.starts_with('+') && code.parse::<f64>().is_ok()
}

/// A day as spreadsheets and people write it, as `2026-12-31`.
fn day(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.trim_end_matches('日').split(['-', '/', '.', '年', '月']).collect();
    let [year, month, day] = parts.as_slice() else { return None };
    let is_number = |part: &str, digits: std::ops::RangeInclusive<usize>| {
        digits.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    if !is_number(year, 4..=4) || !is_number(month, 1..=2) || !is_number(day, 1..=2) {
        return None;
    }
    Timestamp::from_beijing_date(&format!("{year}-{month}-{day}")).map(|at| at.beijing("%Y-%m-%d"))
}

/// The part of a pattern before its first wildcard.
fn head(pattern: &str) -> &str {
    pattern.split(['*', '?']).next().unwrap_or_default()
}

/// Whether nothing or one `*` stands behind the head.
fn is_plain(pattern: &str) -> bool {
    let rest = pattern.strip_prefix(head(pattern)).unwrap_or_default();
    rest.is_empty() || rest == "*"
}

/// Whether a pattern fits the whole of a text: `*` any characters, `?` one. In time of the product of their lengths.
fn glob(pattern: &str, text: &str) -> bool {
    let (mut rest, mut wanted) = (text.chars(), pattern.chars());
    // Where to go on when the last `*` has to take one character more.
    let mut retry: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        let before = rest.clone();
        match (wanted.next(), rest.next()) {
            (Some('*'), _) => {
                rest = before;
                retry = Some((wanted.clone(), rest.clone()));
            }
            (Some('?'), Some(_)) => (),
            (Some(want), Some(have)) if want == have => (),
            (None, None) => return true,
            _ => match &mut retry {
                Some((behind_star, taken)) => {
                    if taken.next().is_none() {
                        return false;
                    }
                    wanted = behind_star.clone();
                    rest = taken.clone();
                }
                None => return false,
            },
        }
    }
}

/// What became of a waiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaiverState {
    /// 生效: it covers at least one failure.
    Effective,
    /// 过期: its last day is over.
    Expired,
    /// 未用到: it holds, and there is nothing for it to cover.
    Unused,
    /// 未开始: its first day is to come.
    Pending,
}

impl WaiverState {
    /// In the order they are shown.
    pub const ALL: [Self; 4] = [Self::Effective, Self::Expired, Self::Unused, Self::Pending];

    /// The word in results.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Effective => "effective",
            Self::Expired => "expired",
            Self::Unused => "unused",
            Self::Pending => "pending",
        }
    }

    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Effective => Text::new("生效", "effective"),
            Self::Expired => Text::new("过期", "expired"),
            Self::Unused => Text::new("未用到", "unused"),
            Self::Pending => Text::new("未开始", "to come"),
        }
    }
}

/// A waiver and what it covers. A failure under two waivers counts for both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaiverUse {
    /// The line.
    pub waiver: Waiver,
    /// Its last day is over.
    pub expired: bool,
    /// Its first day is to come.
    pub pending: bool,
    /// Cameras of which it covers a failure, or which it exempts.
    pub cameras: u64,
    /// Failures it covers.
    pub findings: u64,
}

impl WaiverUse {
    /// What became of it.
    #[must_use]
    pub const fn state(&self) -> WaiverState {
        if self.expired {
            WaiverState::Expired
        } else if self.pending {
            WaiverState::Pending
        } else if self.cameras > 0 {
            WaiverState::Effective
        } else {
            WaiverState::Unused
        }
    }
}

/// The waivers of a run, and what they came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WaiverTally {
    /// The day by which they hold or not, `2026-11-24`, in Beijing.
    pub day: String,
    /// In the order of the file.
    pub rows: Vec<WaiverUse>,
    /// Cameras with at least one failure waived.
    pub cameras: u64,
    /// Cameras that are compliant with waivers and not without.
    pub lifted: u64,
    /// Cameras no picture is expected of.
    pub exempted: u64,
}

impl WaiverTally {
    /// Those of one state, in the order of the file.
    pub fn of(&self, state: WaiverState) -> impl Iterator<Item = &WaiverUse> {
        self.rows.iter().filter(move |row| row.state() == state)
    }

    /// Whether more of so many cameras are waived than goes without a word.
    #[must_use]
    pub const fn is_many(&self, cameras: u64) -> bool {
        self.cameras * 100 > cameras * MANY_PERCENT
    }

    /// Adds what the same waivers came to on another platform.
    pub fn add(&mut self, other: &Self) {
        if self.rows.is_empty() {
            self.rows.clone_from(&other.rows);
            self.day.clone_from(&other.day);
        } else {
            for (sum, row) in self.rows.iter_mut().zip(&other.rows) {
                sum.cameras += row.cameras;
                sum.findings += row.findings;
            }
        }
        self.cameras += other.cameras;
        self.lifted += other.lifted;
        self.exempted += other.exempted;
    }
}

/// A failure that is waived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waived {
    /// The rule.
    pub rule: &'static str,
    /// The first line of the file that covers it.
    pub line: usize,
}

/// The waivers at work on one catalogue.
#[derive(Debug)]
pub struct Waivers {
    tally: WaiverTally,
    /// Those that hold, by what stands before their first wildcard.
    heads: HashMap<String, Vec<usize>>,
    /// 改码: the codes that a code had before, the latest first.
    earlier: HashMap<String, Vec<String>>,
}

/// The codes each changed code had before, the latest first. A table that leads in a circle is followed once around.
fn earlier(changes: &[CodeChange]) -> HashMap<String, Vec<String>> {
    let by_new: HashMap<&str, &str> = changes.iter().map(|change| (change.new.as_str(), change.old.as_str())).collect();
    let chain = |new: &str| {
        let mut codes: Vec<String> = Vec::new();
        let mut at = new;
        while let Some(old) = by_new.get(at).filter(|_| codes.len() < MAX_CHANGES) {
            if *old == new {
                break;
            }
            codes.push((*old).to_owned());
            at = old;
        }
        codes
    };
    by_new.keys().map(|new| ((*new).to_owned(), chain(new))).collect()
}

impl Waivers {
    /// As they hold on a day, `2026-11-24`; the last day of a waiver is one on which it holds. A waiver for a code that
    /// became another follows the device.
    #[must_use]
    pub fn new(waivers: Vec<Waiver>, day: &str, changes: &[CodeChange]) -> Self {
        let rows: Vec<WaiverUse> = waivers
            .into_iter()
            .map(|waiver| {
                let (expired, pending) = (waiver.until.as_str() < day, waiver.from.as_str() > day);
                WaiverUse { expired, pending, waiver, cameras: 0, findings: 0 }
            })
            .collect();
        let mut heads: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, row) in rows.iter().enumerate().filter(|(_, row)| !row.expired && !row.pending) {
            heads.entry(head(&row.waiver.code).to_owned()).or_default().push(index);
        }
        Self { tally: WaiverTally { day: day.to_owned(), rows, ..WaiverTally::default() }, heads, earlier: earlier(changes) }
    }

    /// The waivers that hold for a code or for one it had before, in the order of the file.
    fn holding(&self, code: &str) -> Vec<usize> {
        let mut found = self.holding_now(code);
        for old in self.earlier.get(code).into_iter().flatten() {
            found.extend(self.holding_now(old));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn holding_now(&self, code: &str) -> Vec<usize> {
        // A head is never longer than a pattern.
        let ends = code.char_indices().map(|(at, _)| at).chain([code.len()]).take(MAX_CODE + 1);
        ends.filter_map(|end| self.heads.get(code.get(..end)?))
            .flatten()
            .copied()
            .filter(|index| self.tally.rows.get(*index).is_some_and(|row| row.waiver.matches(code)))
            .collect()
    }

    /// What of a camera is waived, and whether it is compliant with waivers. `judged`: what the rules say without.
    pub fn apply(&mut self, item: &Item, context: &Context<'_>, judged: &Judgement) -> (Vec<Waived>, bool) {
        let compliant = judged.is_compliant();
        let fails = judged.fields.contains(&FieldVerdict::Fail) || judged.others == FieldVerdict::Fail;
        let holding = if fails { self.holding(item.id()) } else { Vec::new() };
        if holding.is_empty() {
            return (Vec::new(), compliant);
        }
        // A failure that stood behind a waived one in its chain is told only where a waiver names its rule.
        let stands = |rule: &str| judged.findings.iter().any(|f| f.rule == rule && f.counts);
        let tells = |waiver: &Waiver, rule: &str| waiver.covers(rule) && (waiver.rule.is_some() || stands(rule));
        let mut waived = Vec::new();
        let rows = &mut self.tally.rows;
        let again = judge_waiving(item, context, &mut |rule| {
            let held = || holding.iter().filter_map(|i| rows.get(*i)).map(|row| &row.waiver);
            waived.extend(held().find(|w| tells(w, rule)).map(|w| Waived { rule, line: w.line }));
            held().any(|w| w.covers(rule))
        });
        for index in holding {
            let Some(row) = rows.get_mut(index) else { continue };
            let covered = waived.iter().filter(|w| tells(&row.waiver, w.rule)).count() as u64;
            row.cameras += u64::from(covered > 0);
            row.findings += covered;
        }
        waived.sort_by_key(|w| w.rule);
        self.tally.cameras += u64::from(!waived.is_empty());
        self.tally.lifted += u64::from(!compliant && again.is_compliant());
        (waived, again.is_compliant())
    }

    /// Whether no picture is to be expected of the camera with this code, and the line that says so.
    pub fn exempts(&mut self, code: &str) -> Option<usize> {
        let holding = self.holding(code);
        let rows = &mut self.tally.rows;
        let row = holding.into_iter().find(|index| rows.get(*index).is_some_and(|row| row.waiver.rule == Some(OUTPUT)))?;
        let row = rows.get_mut(row)?;
        row.cameras += 1;
        self.tally.exempted += 1;
        Some(row.waiver.line)
    }

    /// What they came to.
    #[must_use]
    pub fn finish(self) -> WaiverTally {
        self.tally
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::charset::Charset;

    const GOOD: &str = include_str!("../../fixtures/tables/waivers.csv");

    fn read(text: &str) -> Vec<Waiver> {
        parse(text.as_bytes(), Lang::Zh).unwrap()
    }

    fn wrong(text: &str) -> Vec<Wrong> {
        parse(text.as_bytes(), Lang::En).unwrap_err()
    }

    #[test]
    fn a_table_reads_in_either_charset_and_language() {
        let waivers = read(GOOD);
        assert_eq!(parse(&Charset::Gb18030.encode(GOOD), Lang::Zh).unwrap(), waivers);
        assert_eq!(parse(&[b"\xEF\xBB\xBF", GOOD.as_bytes()].concat(), Lang::Zh).unwrap(), waivers);
        assert_eq!(
            waivers.iter().map(|w| (w.line, w.rule_key(), w.until.as_str())).collect::<Vec<_>>(),
            [(2, "D05", "2026-12-31"), (3, "*", "2026-06-01")]
        );
        let english =
            "No.\tUntil\tApprover\tReason\tDevice Code\tRule\n1\t2026-12-31\toffice\tmoved\t'37172300011320000001\td05\n";
        let english = read(english);
        assert_eq!((english[0].rule, english[0].code.as_str()), (Some("D05"), "37172300011320000001"));
        let named = read("规则代码；不看,x\n".replace("；不看,x", ",国标编码（20位）,豁免理由,审批人,有效期至").as_str());
        assert_eq!(named, []);
    }

    #[test]
    fn every_wrong_line_is_told_by_its_number_and_none_is_applied() {
        let good = "D05,1*,r,a,2026-12-31\n";
        let told = wrong(&format!(
            "rule,code,reason,approver,until\n{good}D05,1*, ,a,2026-12-31\n\nD05,1*,r,\u{3000},2026-12-31\nD55,1*,r,a,2026-12-31\n\
             ,1*,r,a,2026-12-31\nD05,,r,a,2026-12-31\nD05,3.71723E+19,r,a,2026-12-31\nD05,1*,r,a,\nD05,1*,r,a,2026-02-30\n\
             D05,1*,r\nD05,1*,\"two\nlines\",a,2026-12-31\n"
        ));
        let wanted = [
            (3, "no reason"),
            (5, "no approver"),
            (6, "no rule D55"),
            (7, "no rule;"),
            (8, "no code"),
            (9, "turned into a number"),
            (10, "must be a date"),
            (11, "2026-02-30"),
            (12, "no approver"),
            (13, "quotation mark"),
        ];
        assert_eq!(told.len(), wanted.len(), "{told:?}");
        for ((line, message), (wanted_line, wanted)) in told.iter().zip(wanted) {
            assert!(*line == wanted_line && message.contains(wanted), "{line}: {message}, not {wanted_line}: {wanted}");
        }
        let many = wrong(&format!("rule,code,reason,approver,until\n{}", "D05,1,,a,2026-12-31\n".repeat(30)));
        assert_eq!((many.len(), many[20].0), (21, 0));
        assert!(many[20].1.contains("10 more"), "{}", many[20].1);
    }

    #[test]
    fn an_open_quotation_mark_swallows_no_line() {
        let (line, _) =
            wrong(&GOOD.replace("改造中", "\"改造中").replace("规则,编码,理由,批准人,有效期", "rule,code,reason,approver,until"))
                [0];
        assert_eq!(line, 2);
    }

    #[test]
    fn what_is_no_such_table_is_refused_with_a_word() {
        for (octets, said) in [
            (&b"PK\x03\x04"[..], "Excel"),
            (b"\xFF\xFEr\0", "UTF-16"),
            (b"rule,\xFF\xFF\xFF", "neither"),
            (b"rule,code\n", "lacks: reason, approver, until"),
            (b"", "lacks"),
        ] {
            let (_, message) = parse(octets, Lang::En).unwrap_err().remove(0);
            assert!(message.contains(said), "{message}");
        }
    }

    #[test]
    fn limits_are_reached_with_a_word() {
        let head = "rule,code,reason,approver,until\n";
        let globs = wrong(&format!("{head}{}", "*,*1?,r,a,2026-12-31\n".repeat(MAX_GLOBS + 1)));
        assert!(globs[0].0 == MAX_GLOBS + 2 && globs[0].1.contains("200"), "{globs:?}");
        let prefixes = format!("{head}{}", "*,1*,r,a,2026-12-31\n".repeat(MAX_GLOBS + 1));
        assert_eq!(read(&prefixes).len(), MAX_GLOBS + 1);
        let all = wrong(&format!("{head}{}", "*,1,r,a,2026-12-31\n".repeat(MAX_WAIVERS + 1)));
        assert!(all[0].1.contains("20000"), "{all:?}");
        let long = "1".repeat(MAX_CODE + 1);
        assert!(wrong(&format!("{head}*,{long},r,a,2026-12-31\n"))[0].1.contains("64"));
        let long = "1".repeat(MAX_TEXT + 1);
        assert!(wrong(&format!("{head}*,1,{long},a,2026-12-31\n"))[0].1.contains("500"));
        assert!(parse(&vec![b' '; 16 * 1024 * 1024 + 1], Lang::En).unwrap_err()[0].1.contains("16 MB"));
    }

    #[test]
    fn days_as_people_and_spreadsheets_write_them() {
        for text in ["2026-06-01", "2026/6/1", "2026.06.01", "2026年6月1日"] {
            assert_eq!(day(text).as_deref(), Some("2026-06-01"), "{text}");
        }
        for text in ["", "6/1/2026", "2026-13-01", "26-06-01", "2026-06", "2026-06-01-01", "长期", "+026-06-01"] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn patterns_fit_the_whole_code() {
        for (pattern, code, fits) in [
            ("3717", "3717", true),
            ("3717", "37172", false),
            ("3717*", "3717", true),
            ("*", "", true),
            ("?", "", false),
            ("37??", "3717", true),
            ("37??", "371", false),
            ("*132*", "37172300011320000001", true),
            ("*1*01", "37172300011320000001", true),
            ("*1*02", "37172300011320000001", false),
            ("a*b*c", "a1b2b3c", true),
            ("东?*", "东门1", true),
            ("**", "x", true),
        ] {
            assert_eq!(glob(pattern, code), fits, "{pattern} {code}");
        }
    }

    #[test]
    fn the_waivers_of_a_code_are_found_by_their_heads_and_expired_ones_are_not() {
        let lines = ["37172300011320000001", "371723*", "*0001", "3717230001132000000?", "*", "38*", "37172300011320000001"];
        let waivers = lines.iter().enumerate().map(|(line, code)| Waiver {
            line,
            rule: None,
            code: (*code).to_owned(),
            reason: "r".into(),
            approver: "a".into(),
            until: if line == 6 { "2026-11-23" } else { "2026-11-24" }.into(),
            from: String::new(),
            ticket: String::new(),
        });
        let book = Waivers::new(waivers.collect(), "2026-11-24", &[]);
        assert_eq!(book.holding("37172300011320000001"), [0, 1, 2, 3, 4]);
        assert_eq!(book.holding(""), [4]);
        assert_eq!(book.holding(&"3".repeat(10_000)), [4]);
        assert_eq!(book.finish().of(WaiverState::Expired).map(|w| w.waiver.line).collect::<Vec<_>>(), [6]);
    }

    #[test]
    fn a_waiver_follows_a_changed_code_from_list_to_list_and_not_in_circles() {
        let change = |old: &str, new: &str| CodeChange {
            old: old.to_owned(),
            new: new.to_owned(),
            date: String::new(),
            who: String::new(),
        };
        let waiver = |code: &str| Waiver {
            line: 2,
            rule: None,
            code: code.to_owned(),
            reason: "r".into(),
            approver: "a".into(),
            until: "2026-12-31".into(),
            from: String::new(),
            ticket: String::new(),
        };
        let changes = [change("1", "2"), change("2", "3"), change("8", "9"), change("9", "8")];
        let book = Waivers::new(vec![waiver("1"), waiver("3"), waiver("9"), waiver("*")], "2026-11-24", &changes);
        assert_eq!(book.holding("1"), [0, 3]);
        assert_eq!(book.holding("2"), [0, 3]);
        assert_eq!(book.holding("3"), [0, 1, 3]);
        assert_eq!(book.holding("8"), [2, 3]);
        assert_eq!(book.holding("4"), [3]);
    }

    #[test]
    fn five_percent_go_without_a_word() {
        let tally = WaiverTally { cameras: 5, ..WaiverTally::default() };
        assert!(!tally.is_many(100) && tally.is_many(99) && !WaiverTally::default().is_many(0));
    }
}
