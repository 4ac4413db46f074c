//! XLSX workbooks. The container is looked at before the reader touches it: what is inflated, counted or reserved has a
//! limit. Sheets are streamed, never held, and read close behind the look.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, Reader as _, SheetType, SheetVisible, Xlsx, XlsxError};
use memchr::memmem;
use quick_xml::events::Event;
use zip::ZipArchive;

use super::canonical::{Canonical, MAX_TABLE_BYTES, too_much};
use super::columns::{Columns, Layout};
use super::damage::shown;
use super::gate::{Gate, Look, Watched};
use super::{HEADER_WITHIN_ROWS, Intake, MAX_CELL_BYTES, MAX_COLUMNS, Note, no_code_column, too_many_columns};
use crate::base::lang::{Lang, say};
use crate::base::oddity;
use crate::base::text::{excerpt, is_blank};

/// Largest workbook read, octets.
pub const MAX_SPREADSHEET_BYTES: usize = 256 * 1024 * 1024;
/// Most files in the container; a workbook has some twenty, one with pictures thousands.
const MAX_ENTRIES: usize = 20_000;
/// Most octets all its files inflate to; a million rows of twenty cells come to 1.3 GB.
const MAX_INFLATED_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// A file may inflate to so many times its size; rows of one kind reach some thirty.
const MAX_RATIO: u64 = 100;
/// Below this many inflated octets the ratio does not matter.
const RATIO_MATTERS_FROM: u64 = 16 * 1024 * 1024;
/// Most octets of an XML file that is no worksheet and not the shared strings: the reader takes it in whole.
const MAX_OTHER_BYTES: u64 = 64 * 1024 * 1024;
/// Octets of an XML file without a tag; the longest cell escaped character by character is under it.
const MAX_TEXT_RUN: usize = 1024 * 1024;
/// Most shared strings, announced or there: the reader takes room for all of them at once.
const MAX_SHARED_STRINGS: u64 = 8_000_000;
/// `<si><t>..</t></si>`
const TAGS_OF_A_STRING: u64 = 4;
/// Most tags of the styles; the program itself stops at 65,490 formats of cells.
const MAX_STYLE_TAGS: u64 = 500_000;
/// Octets of the styles without a tag: the reader gives every format a copy of its font and number format.
const MAX_STYLE_RUN: usize = 2048;
/// The number of shared strings, and the name of the main part, stand within these octets.
const HEAD: u64 = 64 * 1024;
/// The folder of the worksheets.
const WORKSHEETS: &str = "worksheets/";
/// The container may be read so many times over, and this many octets more.
const MAX_READINGS: u64 = 4;
const READINGS_SLACK: u64 = 1024 * 1024;
/// Rows a header may have.
const HEADER_ROWS: u64 = 2;
/// Rows of a worksheet, the format's own limit.
pub(super) const MAX_ROWS: u32 = 1_048_576;
/// Days a spreadsheet shows as a date: from 1900 to the end of 9999.
const DATES: std::ops::Range<f64> = 0.0..2_958_466.0;
/// Octets inflated at a time.
const CHUNK: usize = 64 * 1024;

/// The sentence about an OLE container: nothing in it is read.
pub(super) fn old(octets: &[u8], lang: Lang) -> String {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    // The name may stand anywhere; its first letter thins the search out.
    if octets.windows(name.len()).any(|window| window.first() == Some(&b'E') && window == name) {
        return encrypted(lang);
    }
    say!(
        lang,
        "旧的 .xls 格式不读取，请在 Excel 或 WPS 中另存为 .xlsx",
        "the old .xls format is not read, save it as .xlsx in Excel or WPS"
    )
}

fn encrypted(lang: Lang) -> String {
    say!(
        lang,
        "工作簿设有打开密码，请在 Excel 或 WPS 中去掉密码后另存",
        "the workbook has a password, remove it in Excel or WPS and save it again"
    )
}

/// Takes a workbook in: every visible worksheet that has a header with a column for the device code.
pub(super) fn take(octets: &[u8], name: &str, columns: &Columns, lang: Lang, into: &mut Intake) -> Result<(), String> {
    let (seen, ()) = inspected(octets, lang, |book| read(book, name, columns, lang, into))?;
    for (kind, count) in [(oddity::FORMULA_WITHOUT_VALUE, seen.blank_formulas), (oddity::CELLS_MERGED, seen.merged)] {
        if count > 0 {
            into.notes.push(Note { table: name.to_owned(), kind, count, detail: String::new() });
        }
    }
    Ok(())
}

pub(super) fn unreadable(error: &str, lang: Lang) -> String {
    let error = excerpt(error, 120);
    say!(
        lang,
        "不是可读取的 Excel 工作簿（{error}）；请在 Excel 或 WPS 中打开后另存为 .xlsx",
        "no readable Excel workbook ({error}); open it in Excel or WPS and save it as .xlsx"
    )
}

/// What one file of the container came to when it was inflated.
#[derive(Default)]
pub(super) struct Part {
    inflated: u64,
    /// How often `<` stands in it.
    tags: u64,
    /// Most octets from one `<` to the next.
    longest: usize,
    /// Formulas whose result was never saved.
    blank_formulas: u64,
    /// Cells merged over several rows, below the header.
    merged: u64,
}

/// Looks at a container and reads it, the reader close behind the look. Gives what there is to say of the worksheets:
/// formulas whose result was never saved (programs that write workbooks without computing them leave the cell blank), and
/// merged cells.
pub(super) fn inspected<T>(
    octets: &[u8],
    lang: Lang,
    read: impl FnOnce(Xlsx<Metered<'_>>) -> Result<T, String>,
) -> Result<(Part, T), String> {
    let gate = Gate::new();
    let look = || inspect(octets, &gate.look(), lang);
    let gave_up = || Err(unreadable("the reader gave up", lang));
    std::thread::scope(|scope| {
        // Where there is no room for a second thread one does both, in turn.
        let looking = std::thread::Builder::new().spawn_scoped(scope, look).map_err(|_| look());
        let taken = guarded(lang, || read(open(octets, &gate, lang)?));
        let seen = match looking {
            Ok(looking) => looking.join().unwrap_or_else(|_| gave_up()),
            Err(seen) => seen,
        };
        Ok((seen?, taken?))
    })
}

/// Inflates everything once, counting: the worksheets last, in the order in which they stand.
fn inspect(octets: &[u8], look: &Look<'_>, lang: Lang) -> Result<Part, String> {
    if octets.len() > MAX_SPREADSHEET_BYTES {
        let limit = MAX_SPREADSHEET_BYTES / (1024 * 1024);
        return Err(say!(
            lang,
            "Excel 工作簿超过 {limit} MB，请删去图片或分成几个文件",
            "the workbook is over {limit} MB, remove pictures or split it"
        ));
    }
    // The directory is counted before anybody makes room for what it announces.
    if memmem::find_iter(octets, b"PK\x01\x02").nth(MAX_ENTRIES).is_some() {
        return Err(say!(
            lang,
            "压缩包内超过 {MAX_ENTRIES} 个文件，不是正常的工作簿",
            "over {MAX_ENTRIES} files inside, no sane workbook"
        ));
    }
    let broken = |error: &dyn std::fmt::Display| unreadable(&error.to_string(), lang);
    let asked = Cell::new(0);
    let mut zip = ZipArchive::new(Watched::new(octets, &asked)).map_err(|e| broken(&e))?;
    // Of files that share octets one would be read where the other was looked at.
    if zip.has_overlapping_files().map_err(|e| broken(&e))? {
        return Err(broken(&"overlapping files"));
    }
    let (mut worksheets, mut others) = (Vec::new(), Vec::new());
    for index in 0..zip.len() {
        let entry = zip.by_index_raw(index).map_err(|e| broken(&e))?;
        if is_worksheet(&name_of(&entry)) {
            let end = entry.data_start().unwrap_or_default().saturating_add(entry.compressed_size());
            worksheets.push((entry.header_start(), end, index));
        } else {
            others.push(index);
        }
    }
    worksheets.sort_unstable();
    let mut inspection = Inspection { zip, lang, asked: &asked, total: 0, seen: Part::default() };
    for index in others {
        inspection.part(index, None)?;
    }
    let begin = worksheets.first().map_or(0, |(start, ..)| *start);
    let end = worksheets.iter().map(|(_, end, _)| *end).max().unwrap_or_default();
    look.all_but(begin..end);
    for (_, _, index) in worksheets {
        inspection.part(index, Some(look))?;
    }
    look.passed(u64::MAX);
    Ok(inspection.seen)
}

fn name_of<R: Read + ?Sized>(entry: &zip::read::ZipFile<'_, R>) -> String {
    entry.name().map(|name| name.to_ascii_lowercase().replace('\\', "/")).unwrap_or_default()
}

/// Whether a file of the container, its name in lower case, is a worksheet.
fn is_worksheet(name: &str) -> bool {
    name.contains(WORKSHEETS) && !name.contains("_rels/")
}

/// A container being looked at.
struct Inspection<'o> {
    zip: ZipArchive<Watched<'o>>,
    lang: Lang,
    asked: &'o Cell<u64>,
    /// Octets inflated.
    total: u64,
    seen: Part,
}

impl Inspection<'_> {
    /// Inflates one file, counting, and refuses what no sane workbook has. `look` is told how far it got.
    fn part(&mut self, index: usize, look: Option<&Look<'_>>) -> Result<(), String> {
        let (lang, asked, before) = (self.lang, self.asked, self.total);
        let broken = |error: &dyn std::fmt::Display| unreadable(&error.to_string(), lang);
        let (part, name) = {
            let mut entry = match self.zip.by_index(index) {
                Ok(entry) if entry.encrypted() => return Err(encrypted(lang)),
                Ok(entry) => entry,
                Err(zip::result::ZipError::UnsupportedArchive(why)) if why.contains("assword") => return Err(encrypted(lang)),
                Err(error) => return Err(broken(&error)),
            };
            let (compressed, name) = (entry.compressed_size(), name_of(&entry));
            let too_long = |part: &Part| is_xml(&name) && part.longest > MAX_TEXT_RUN;
            let sane = |part: &Part| {
                let inflated = part.inflated;
                let is_sane = before + inflated <= MAX_INFLATED_BYTES
                    && (inflated <= RATIO_MATTERS_FROM || inflated / MAX_RATIO <= compressed);
                // A text without end may be a bomb's: that is seen further on, where the reader does not get.
                if let Some(look) = look.filter(|_| is_sane && !too_long(part)) {
                    look.passed(asked.get());
                }
                is_sane
            };
            let part = inflate(&mut entry, sane).map_err(|e| broken(&e))?;
            let Some(part) = part else {
                let limit = MAX_INFLATED_BYTES / (1024 * 1024);
                return Err(say!(
                    lang,
                    "压缩包解开后过大（超过 {limit} MB 或原来的 {MAX_RATIO} 倍），疑似压缩炸弹，未读取",
                    "the workbook inflates to too much (over {limit} MB or {MAX_RATIO} times its size), like a zip bomb; not read"
                ));
            };
            if too_long(&part) {
                return Err(super::cell_too_long(lang));
            }
            (part, name)
        };
        self.total += part.inflated;
        let mut again = || {
            let mut head = Vec::new();
            let mut entry = self.zip.by_index(index).map_err(|e| broken(&e))?.take(HEAD);
            entry.read_to_end(&mut head).map_err(|e| broken(&e))?;
            Ok::<_, String>(head)
        };
        if name.ends_with("sharedstrings.xml") {
            if part.tags / TAGS_OF_A_STRING > MAX_SHARED_STRINGS || announced(&again()?) > MAX_SHARED_STRINGS {
                return Err(say!(
                    lang,
                    "工作簿的共享字符串超过 {MAX_SHARED_STRINGS} 个，未读取",
                    "the workbook has over {MAX_SHARED_STRINGS} shared strings; not read"
                ));
            }
        } else if name.ends_with("styles.xml") && (part.tags > MAX_STYLE_TAGS || part.longest > MAX_STYLE_RUN) {
            return Err(say!(
                lang,
                "工作簿的单元格样式过多，未读取；请把数据粘贴到新工作簿（只粘贴值）",
                "the workbook has too many cell styles; not read; paste the values into a new one"
            ));
        } else if is_worksheet(&name) {
            self.seen.blank_formulas += part.blank_formulas;
            self.seen.merged += part.merged;
        } else if is_xml(&name) && part.inflated > MAX_OTHER_BYTES {
            let limit = MAX_OTHER_BYTES / (1024 * 1024);
            return Err(say!(
                lang,
                "压缩包内的 {name} 超过 {limit} MB，不是正常的工作簿",
                "{name} inside is over {limit} MB, no sane workbook"
            ));
        }
        if name == "_rels/.rels" && !names_a_workbook(&again()?) {
            return Err(broken(&"_rels/.rels"));
        }
        Ok(())
    }
}

/// Inflates a file to its end, or until it is not `sane` any more.
fn inflate(entry: &mut impl Read, sane: impl Fn(&Part) -> bool) -> std::io::Result<Option<Part>> {
    /// Behind `</f>` in a cell without a result.
    const BLANK: [&[u8]; 3] = [b"</c>", b"<v/>", b"<v />"];
    const MERGE: &[u8] = b"<mergeCell ref=\"";
    /// Octets of the longest of what is looked for, but one: kept for the next round.
    const KEPT: usize = 40;
    let mut part = Part::default();
    let mut chunk = vec![0; KEPT + CHUNK];
    let (mut kept, mut since) = (0, 0);
    loop {
        let read = entry.read(chunk.get_mut(kept..).unwrap_or_default())?;
        let held = kept + read;
        let fresh = chunk.get(kept..held).unwrap_or_default();
        if fresh.is_empty() {
            return Ok(Some(part));
        }
        part.inflated += read as u64;
        let mut from = 0;
        for tag in memchr::memchr_iter(b'<', fresh) {
            part.tags += 1;
            part.longest = part.longest.max(since + tag - from);
            (since, from) = (0, tag);
        }
        since += read - from;
        part.longest = part.longest.max(since);
        if !sane(&part) {
            return Ok(None);
        }
        let whole = chunk.get(..held).unwrap_or_default();
        for at in memmem::find_iter(whole, b"</f>").take_while(|at| at + KEPT < held) {
            let behind = whole.get(at + 4..).unwrap_or_default();
            part.blank_formulas += u64::from(BLANK.iter().any(|blank| behind.starts_with(blank)));
        }
        for at in memmem::find_iter(whole, MERGE).take_while(|at| at + KEPT < held) {
            part.merged += u64::from(whole.get(at + MERGE.len()..).is_some_and(is_over_rows));
        }
        kept = held.min(KEPT);
        chunk.copy_within(held - kept..held, 0);
    }
}

/// Whether a range such as `C4:C6"` goes over several rows below a header of two.
fn is_over_rows(range: &[u8]) -> bool {
    let range = range.split(|b| *b == b'"').next().unwrap_or_default();
    let mut rows = range.split(|b| *b == b':').map(|cell| {
        let digits = cell.iter().filter(|b| b.is_ascii_digit());
        digits.fold(0_u64, |row, digit| row.saturating_mul(10).saturating_add(u64::from(digit - b'0')))
    });
    matches!((rows.next(), rows.next()), (Some(first), Some(last)) if last > first && last > HEADER_ROWS)
}

/// Whether the package's main part is an XML file outside the worksheets: those may be larger than what is held at once.
fn names_a_workbook(relationships: &[u8]) -> bool {
    let mut reader = quick_xml::Reader::from_reader(relationships);
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(start) | Event::Empty(start)) => {
                let (mut is_main, mut is_sane) = (false, true);
                for attribute in start.attributes().with_checks(false) {
                    let Ok(attribute) = attribute else { return false };
                    match attribute.key.local_name().as_ref() {
                        "Type" => is_main |= attribute.value.ends_with("/officeDocument"),
                        "Target" => {
                            let target = attribute.value.to_ascii_lowercase().replace('\\', "/");
                            is_sane &= is_xml(&target) && !target.contains('&') && !target.contains(WORKSHEETS);
                        }
                        _ => (),
                    }
                }
                if is_main && !is_sane {
                    return false;
                }
            }
            Ok(Event::Eof) => return true,
            Err(_) => return false,
            Ok(_) => (),
        }
    }
}

/// Whether a file of the container, its name in lower case, is one the reader may hold.
fn is_xml(name: &str) -> bool {
    [".xml", ".rels"].iter().any(|end| name.ends_with(end))
}

/// How many shared strings are announced; too many when the announcement is not where it belongs.
fn announced(head: &[u8]) -> u64 {
    let mut reader = quick_xml::Reader::from_reader(head);
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(start) | Event::Empty(start)) if start.local_name().as_ref() == "sst" => {
                let mut count = 0;
                for attribute in start.attributes().with_checks(false).flatten() {
                    if attribute.key.local_name().as_ref() == "uniqueCount" {
                        count = attribute.value.trim().parse().unwrap_or(0).max(count);
                    }
                }
                return count;
            }
            Ok(Event::Eof) | Err(_) => return u64::MAX,
            Ok(_) => (),
        }
    }
}

/// The container while it is read, behind the look at it. A workbook that lists one worksheet thousands of times runs dry.
pub(super) struct Metered<'o> {
    octets: Cursor<&'o [u8]>,
    gate: &'o Gate,
    left: u64,
}

impl Read for Metered<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let here = self.octets.position();
        let behind = here.saturating_add(buffer.len() as u64).min(self.octets.get_ref().len() as u64);
        self.gate.wait(&(here..behind))?;
        let read = self.octets.read(buffer)?;
        let over = || std::io::Error::other("it names one part over and over");
        self.left = self.left.checked_sub(read as u64).ok_or_else(over)?;
        Ok(read)
    }
}

impl Seek for Metered<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.octets.seek(to)
    }
}

/// The reader is made for friendly files: where it stumbles over a hostile one, one file is lost and no more.
fn guarded<T>(lang: Lang, read: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(unreadable("the reader gave up", lang)))
}

fn open<'o>(octets: &'o [u8], gate: &'o Gate, lang: Lang) -> Result<Xlsx<Metered<'o>>, String> {
    let left = octets.len() as u64 * MAX_READINGS + READINGS_SLACK;
    Xlsx::new(Metered { octets: Cursor::new(octets), gate, left })
        .map_err(|error: XlsxError| unreadable(&error.to_string(), lang))
}

fn read(mut book: Xlsx<Metered<'_>>, name: &str, columns: &Columns, lang: Lang, into: &mut Intake) -> Result<(), String> {
    let told = |error: XlsxError| unreadable(&error.to_string(), lang);
    let mut general: Option<Vec<bool>> = None;
    let mut unread = Vec::new();
    let mut headers = Vec::new();
    let before = into.sheets.len();
    for sheet in book.sheets_metadata().to_vec() {
        let shown = excerpt(&sheet.name, 40);
        if sheet.typ != SheetType::WorkSheet {
            continue;
        }
        if sheet.visible != SheetVisible::Visible {
            unread.push(say!(lang, "{shown}（隐藏）", "{shown} (hidden)"));
            continue;
        }
        let mut cells = book.worksheet_cells_reader(&sheet.name).map_err(told)?;
        let general: &[bool] = general.get_or_insert_with(|| {
            let formats = cells.styles().iter().map(|style| style.number_format.as_ref());
            formats.map(|format| format.is_none_or(|f| shows_powers(&f.format_code))).collect()
        });
        let mut table =
            TableReader { sheet: &shown, columns, lang, general, state: State::Searching(Search::default()), under: None };
        let mut row = None;
        while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(told)? {
            let (here, column) = cell.get_position();
            if row != Some(here) {
                if let Some(ended) = row.replace(here) {
                    table.end_row(ended)?;
                }
                if matches!(table.state, State::NoTable(_)) {
                    break;
                }
                if here >= MAX_ROWS {
                    return Err(say!(
                        lang,
                        "工作表“{shown}”超过 {MAX_ROWS} 行",
                        "the sheet \"{shown}\" has over {MAX_ROWS} rows"
                    ));
                }
            }
            table.cell(here, column as usize, cell.get_value(), style)?;
        }
        if let Some(ended) = row {
            table.end_row(ended)?;
        }
        match table.state {
            State::Reading(read) => {
                let (table, layout) = *read;
                table.finish(format!("{name}/{shown}"), &layout, Vec::new(), into);
                let held: usize = into.sheets.iter().skip(before).map(|sheet| sheet.octets.len()).sum();
                if held > MAX_TABLE_BYTES {
                    return Err(too_much(lang));
                }
            }
            State::NoTable(first) | State::Searching(Search { first, .. }) => {
                headers.extend(first.into_iter().take(MAX_COLUMNS.saturating_sub(headers.len())));
                unread.push(shown);
            }
        }
    }
    if into.sheets.len() == before {
        return Err(no_code_column(headers.iter().map(String::as_str), lang));
    }
    if !unread.is_empty() {
        let (count, detail) = (unread.len() as u64, unread.join("、"));
        into.notes.push(Note { table: name.to_owned(), kind: oddity::SHEET_NOT_READ, count, detail });
    }
    Ok(())
}

/// Whether a number format shows a long number by a power of ten: `General`, text, or scientific.
fn shows_powers(format: &str) -> bool {
    format.is_empty() || format == "@" || format.contains(['E', 'e'])
}

/// The rows before the header.
#[derive(Default)]
struct Search {
    cells: Vec<String>,
    too_wide: bool,
    tried: usize,
    /// The first row that says something, to be shown when nothing is found.
    first: Vec<String>,
}

enum State {
    Searching(Search),
    Reading(Box<(Canonical, Layout)>),
    NoTable(Vec<String>),
}

/// One worksheet being read.
struct TableReader<'r> {
    sheet: &'r str,
    columns: &'r Columns,
    lang: Lang,
    /// By the number of a style: whether long numbers are shown by a power of ten.
    general: &'r [bool],
    state: State,
    /// The row under the header, while it is read: it may be the header's second.
    under: Option<Vec<String>>,
}

impl TableReader<'_> {
    fn cell(&mut self, row: u32, column: usize, value: &DataRef<'_>, style: usize) -> Result<(), String> {
        let (used, secret) = match &self.state {
            State::Reading(read) => {
                let layout = &read.1;
                let used = layout.uses.get(column).copied().flatten();
                (used, layout.secret.get(column).copied().unwrap_or_default())
            }
            _ => (None, false),
        };
        if used.is_none() && !secret && self.under.is_none() && !matches!(self.state, State::Searching(_)) {
            return Ok(());
        }
        if let (DataRef::Error(error), State::Reading(read)) = (value, &mut self.state) {
            let place = place(row, column);
            read.0.error(|| format!("{place} {error}"));
        }
        let Some((text, numeric)) = text_of(value, self.general.get(style).copied().unwrap_or(true)) else { return Ok(()) };
        let text = text.as_ref();
        if text.len() > MAX_CELL_BYTES {
            let (sheet, place, what) = (self.sheet, place(row, column), super::cell_too_long(self.lang));
            return Err(say!(self.lang, "工作表“{sheet}” {place}：{what}", "sheet \"{sheet}\", {place}: {what}"));
        }
        if let Some(under) = self.under.as_mut().filter(|_| column < MAX_COLUMNS) {
            if under.len() <= column {
                under.resize(column + 1, String::new());
            }
            if let Some(cell) = under.get_mut(column) {
                text.clone_into(cell);
            }
        }
        match &mut self.state {
            State::Searching(search) if column < MAX_COLUMNS => {
                if search.cells.len() <= column {
                    search.cells.resize(column + 1, String::new());
                }
                if let Some(cell) = search.cells.get_mut(column) {
                    text.clone_into(cell);
                }
            }
            State::Searching(search) => search.too_wide |= !is_blank(text),
            State::Reading(read) => {
                if secret && !is_blank(text) {
                    read.0.hide();
                }
                if let Some(used) = used {
                    read.0.put(used, text, numeric);
                }
            }
            State::NoTable(_) => (),
        }
        Ok(())
    }

    /// A row has ended; `row` counts from 0.
    fn end_row(&mut self, row: u32) -> Result<(), String> {
        let under = self.under.take();
        match &mut self.state {
            State::Reading(read) => {
                // A title alone in its row leaves nothing that was read.
                if let Some(layout) = under.and_then(|cells| read.1.with_second_row(&cells, self.columns)) {
                    **read = (Canonical::new(true, &layout), layout);
                    return Ok(());
                }
                read.0.end_row(u64::from(row) + 1, self.lang)?;
            }
            State::NoTable(_) => (),
            State::Searching(search) => {
                let cells = std::mem::take(&mut search.cells);
                let too_wide = std::mem::take(&mut search.too_wide);
                if cells.iter().all(|cell| is_blank(cell)) {
                    return Ok(());
                }
                if let Some(layout) = Layout::of(cells.iter().map(String::as_str), search.tried == 0, self.columns) {
                    if too_wide {
                        let (sheet, what) = (self.sheet, too_many_columns(self.lang));
                        return Err(say!(self.lang, "工作表“{sheet}”：{what}", "sheet \"{sheet}\": {what}"));
                    }
                    self.state = State::Reading(Box::new((Canonical::new(true, &layout), layout)));
                    self.under = Some(Vec::new());
                    return Ok(());
                }
                search.tried += 1;
                if search.first.is_empty() {
                    search.first = cells;
                }
                if search.tried >= HEADER_WITHIN_ROWS {
                    self.state = State::NoTable(std::mem::take(&mut search.first));
                }
            }
        }
        Ok(())
    }
}

/// A cell as it is shown, and whether it stood there as a number; `None` for an empty one. `general`: its format shows
/// long numbers by a power of ten.
pub(super) fn text_of<'v>(value: &'v DataRef<'_>, general: bool) -> Option<(Cow<'v, str>, bool)> {
    let text = match value {
        DataRef::Empty => return None,
        DataRef::SharedString(text) => Cow::Borrowed(*text),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Cow::Borrowed(text.as_str()),
        DataRef::Float(number) => return Some((Cow::Owned(shown(*number, general)), true)),
        DataRef::Int(number) => return Some((Cow::Owned(number.to_string()), true)),
        DataRef::Bool(yes) => Cow::Borrowed(if *yes { "TRUE" } else { "FALSE" }),
        // What is no date of the spreadsheet's is left as the number it is.
        DataRef::DateTime(time) if !DATES.contains(&time.as_f64()) => Cow::Owned(shown(time.as_f64(), true)),
        DataRef::DateTime(time) => {
            let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
            Cow::Owned(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"))
        }
        DataRef::Error(error) => Cow::Owned(error.to_string()),
    };
    Some((text, false))
}

/// `B7`, as the spreadsheet names a cell.
fn place(row: u32, column: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        letters.push(char::from(b'A' + u8::try_from((rest - 1) % 26).unwrap_or(0)));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().chain(format!("{}", u64::from(row) + 1).chars().collect::<Vec<_>>().iter()).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::catalog::import::rows_from_csv;
    use crate::manscdp::item::Element;

    const STYLES: &str = r#"<styleSheet xmlns="x"><numFmts count="1"><numFmt numFmtId="164" formatCode="0_ "/></numFmts><cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="14"/><xf numFmtId="49"/></cellXfs></styleSheet>"#;

    /// A container of these files; one that is to look large is stored as it is.
    fn container(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            let how = if *name == "a.png" || content.len() < 1024 * 1024 {
                zip::CompressionMethod::Deflated
            } else {
                zip::CompressionMethod::Stored
            };
            zip.start_file(*name, zip::write::SimpleFileOptions::default().compression_method(how)).unwrap();
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    /// A workbook of these sheets: name, state, rows.
    fn workbook(sheets: &[(&str, &str, &str)], more: &[(&str, &[u8])]) -> Vec<u8> {
        let list = (1..)
            .zip(sheets)
            .map(|(n, (name, state, _))| format!(r#"<sheet name="{name}" sheetId="{n}" state="{state}" r:id="r{n}"/>"#))
            .collect::<Vec<_>>()
            .concat();
        let links = (1..=sheets.len()).map(|n| format!(r#"<Relationship Id="r{n}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet{n}.xml"/>"#)).collect::<Vec<_>>().concat();
        let mut files: Vec<(String, Vec<u8>)> = vec![
            ("_rels/.rels".into(), br#"<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#.to_vec()),
            ("xl/workbook.xml".into(), format!(r#"<workbook xmlns:r="r"><sheets>{list}</sheets></workbook>"#).into_bytes()),
            ("xl/_rels/workbook.xml.rels".into(), format!("<Relationships>{links}</Relationships>").into_bytes()),
            ("xl/styles.xml".into(), STYLES.into()),
        ];
        for (n, (_, _, rows)) in (1..).zip(sheets) {
            let sheet = format!(r#"<worksheet><dimension ref="A1:XFD1048576"/><sheetData>{rows}</sheetData></worksheet>"#);
            files.push((format!("xl/worksheets/sheet{n}.xml"), sheet.into_bytes()));
        }
        files.extend(more.iter().map(|(name, content)| ((*name).to_owned(), content.to_vec())));
        container(&files.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect::<Vec<_>>())
    }

    /// A row of text cells.
    fn row(number: u32, cells: &[&str]) -> String {
        let cells = (0..)
            .zip(cells)
            .map(|(n, text)| format!(r#"<c r="{}" t="inlineStr"><is><t>{text}</t></is></c>"#, place(number - 1, n)))
            .collect::<Vec<_>>()
            .concat();
        format!(r#"<row r="{number}">{cells}</row>"#)
    }

    fn taken(octets: &[u8]) -> Result<Intake, String> {
        let mut into = Intake::default();
        take(octets, "台账.xlsx", &Columns::default(), Lang::Zh, &mut into)?;
        Ok(into)
    }

    fn text(into: &Intake, sheet: usize) -> &str {
        std::str::from_utf8(&into.sheets[sheet].octets).unwrap()
    }

    fn notes(into: &Intake) -> Vec<(&'static str, u64, &str)> {
        into.notes.iter().map(|n| (n.kind.id, n.count, n.detail.as_str())).collect()
    }

    #[test]
    fn places_are_named_as_the_spreadsheet_does() {
        assert_eq!([place(0, 0), place(6, 25), place(6, 26), place(1_048_575, 16_383)], ["A1", "Z7", "AA7", "XFD1048576"]);
    }

    #[test]
    fn every_sheet_with_a_header_is_read_and_the_others_are_named() {
        let ledger =
            |from: u32, code: &str| row(from, &["设备编码", "设备名称", "行政区域"]) + &row(from + 2, &[code, "东门", "371723"]);
        let octets = workbook(
            &[
                ("填写说明", "visible", &(row(1, &["列", "说明"]) + &row(2, &["设备编码", "20位"]))),
                ("一期", "visible", &ledger(1, "37172300011320000001")),
                (
                    "二期",
                    "visible",
                    &(row(1, &["成武县台账"]) + &row(2, &["填报单位：", "公安局"]) + &ledger(3, "'37172300011320000002")),
                ),
                ("旧", "hidden", &ledger(1, "37172300011320000003")),
            ],
            &[],
        );
        let into = taken(&octets).unwrap();
        assert_eq!(into.sheets.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["台账.xlsx/一期", "台账.xlsx/二期"]);
        assert_eq!(text(&into, 0), "#row,DeviceID,Name,CivilCode\n3,37172300011320000001,东门,371723\n");
        assert_eq!(notes(&into), [("sheet_not_read", 2, "填写说明、旧（隐藏）")]);
        let rows = rows_from_csv(&into.sheets[1].octets, Lang::Zh).unwrap();
        assert_eq!((rows.items[0].get(Element::DeviceID), rows.numbers), (Some("37172300011320000002"), vec![5]));
    }

    #[test]
    fn numbers_dates_truths_and_errors_become_what_the_spreadsheet_shows() {
        let header = row(1, &["设备编码", "经度", "行政区划", "安装时间", "设备状态", "端口", "设备口令", "备注"]);
        let cells = concat!(
            r#"<row r="2"><c r="A2"><v>3.7172300011320001E+19</v></c><c r="B2"><v>115.88960000000000</v></c><c r="C2"><v>371723</v></c>"#,
            r#"<c r="D2" s="2"><v>44682</v></c><c r="E2" t="b"><v>1</v></c><c r="F2" t="e"><v>#N/A</v></c><c r="G2" t="str"><v>secret</v></c><c r="H2"><v>1</v></c></row>"#,
            r#"<row r="3"><c r="A3" s="1"><v>3.7172300011320001E+19</v></c><c r="C3" s="1"><v>371723</v></c><c r="D3" t="d"><v>2022-05-01T00:00:00</v></c><c r="E3"><f>1+1</f><v>2</v></c></row>"#,
            r#"<row r="4"><c r="A4" s="3"><v>3.7172300011320001E+19</v></c></row><row r="5"><c r="A5" s="1"/></row>"#,
        );
        let into = taken(&workbook(&[("一", "visible", &(header + cells))], &[])).unwrap();
        assert_eq!(
            text(&into, 0),
            "#row,DeviceID,Longitude,CivilCode,InstallTime,Status,Port,Password\n\
             2,3.71723E+19,115.8896,371723,2022-05-01T00:00:00,TRUE,#N/A,*\n\
             3,37172300011320000000,,371723,2022-05-01T00:00:00,2,,\n\
             4,3.71723E+19,,,,,,\n"
        );
        assert_eq!(
            notes(&into),
            [("excel_damaged_code", 3, "3.71723E+19"), ("cell_error", 1, "F2 #N/A"), ("column_not_used", 1, "备注")]
        );
        assert_eq!((into.masked, into.rows), (1, 3));
    }

    #[test]
    fn shared_strings_and_cells_without_a_place_are_read() {
        let strings = "<sst uniqueCount=\"4\"><si><t>设备编码</t></si><si><t>设备名称</t></si><si><t>1</t></si><si><r><t>东</t></r><r><t>门</t></r></si></sst>";
        let rows =
            r#"<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row><row><c t="s"><v>2</v></c><c t="s"><v>3</v></c></row>"#;
        let into = taken(&workbook(&[("一", "visible", rows)], &[("xl/sharedStrings.xml", strings.as_bytes())])).unwrap();
        assert_eq!(text(&into, 0), "#row,DeviceID,Name\n2,1,东门\n");
    }

    #[test]
    fn a_workbook_without_codes_says_what_it_has() {
        let said = taken(&workbook(&[("一", "visible", &row(1, &["序号", "名称"]))], &[])).unwrap_err();
        assert!(said.contains("设备编码") && said.contains("序号、名称"), "{said}");
    }

    #[test]
    fn bombs_are_refused_before_they_are_read() {
        let sheet = row(1, &["设备编码"]);
        let with = |files: &[(&str, &[u8])]| taken(&workbook(&[("一", "visible", &sheet)], files)).unwrap_err();
        let noughts = vec![b'0'; 32 * 1024 * 1024];
        assert!(with(&[("a.png", &noughts)]).contains("压缩炸弹"));
        let said = with(&[("xl/sharedStrings.xml", b"<sst uniqueCount=\"9999999999999\"><si><t>1</t></si></sst>")]);
        assert!(said.contains("共享字符串"), "{said}");
        assert!(
            with(&[(
                "xl/SharedStrings.xml",
                &[b"<!--", vec![b' '; 70_000].as_slice(), b"--><sst uniqueCount=\"9999999999999\"/>"].concat()
            )])
            .contains("共享字符串")
        );
        let tags = vec![b'<'; usize::try_from((MAX_SHARED_STRINGS + 1) * TAGS_OF_A_STRING).unwrap()];
        assert!(with(&[("xl/sharedStrings.xml", &tags)]).contains("共享字符串"));
        let other = "<a/>".repeat(usize::try_from(MAX_OTHER_BYTES / 4 + 1).unwrap());
        assert!(with(&[("xl/theme/theme1.xml", other.as_bytes())]).contains("xl/theme/theme1.xml 超过 64 MB"));
        let names: Vec<String> = (0..=MAX_ENTRIES).map(|n| format!("a/{n}")).collect();
        let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
        assert!(with(&many).contains("20000"));
        assert!(taken(&vec![0; MAX_SPREADSHEET_BYTES + 1]).unwrap_err().contains("256 MB"));
    }

    #[test]
    fn styles_that_would_be_copied_without_end_are_refused() {
        let with = |styles: &str| {
            let main = r#"<workbook xmlns:r="r"><sheets/></workbook>"#;
            let link = r#"<Relationships><Relationship Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
            let files =
                [("_rels/.rels", link.as_bytes()), ("xl/workbook.xml", main.as_bytes()), ("xl/styles.xml", styles.as_bytes())];
            taken(&container(&files)).unwrap_err()
        };
        let formats = "<xf/>".repeat(usize::try_from(MAX_STYLE_TAGS).unwrap() + 1);
        assert!(with(&format!("<styleSheet><cellXfs>{formats}</cellXfs></styleSheet>")).contains("样式过多"));
        let font = "x".repeat(MAX_STYLE_RUN);
        assert!(
            with(&format!("<styleSheet><fonts><font><name val=\"{font}\"/></font></fonts></styleSheet>")).contains("样式过多")
        );
    }

    #[test]
    fn one_part_is_not_read_a_thousand_times() {
        // Each reading gives back nothing but costs 16 MB of work.
        let blank = r#"<row r="2"><c r="A2"/></row>"#.repeat(500_000);
        let sheets = vec![("一", "visible", ""); 1];
        let sheet = |n| format!(r#"<sheet name="s{n}" sheetId="{n}" r:id="r1"/>"#);
        let list = (1..=100_000).map(sheet).collect::<Vec<_>>().concat();
        let main = format!(r#"<workbook xmlns:r="r"><sheets>{list}</sheets></workbook>"#);
        let sheet = format!("<worksheet><sheetData>{blank}</sheetData></worksheet>");
        let octets = workbook(&sheets, &[]);
        let mut zip = ZipArchive::new(Cursor::new(octets.as_slice())).unwrap();
        let mut files = Vec::new();
        for index in 0..zip.len() {
            let mut file = zip.by_index(index).unwrap();
            let (name, mut content) = (file.name().unwrap().into_owned(), Vec::new());
            file.read_to_end(&mut content).unwrap();
            match name.as_str() {
                "xl/workbook.xml" => content = main.clone().into_bytes(),
                "xl/worksheets/sheet1.xml" => content = sheet.clone().into_bytes(),
                _ => (),
            }
            files.push((name, content));
        }
        let files: Vec<(&str, &[u8])> = files.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
        let said = taken(&container(&files)).unwrap_err();
        assert!(said.contains("over and over"), "{said}");
    }

    #[test]
    fn a_main_part_that_hides_among_the_worksheets_is_refused() {
        let link = |target: &str| {
            let link = format!(
                r#"<Relationships><Relationship Type="http://x/relationships/officeDocument" Target="{target}"/></Relationships>"#
            );
            taken(&container(&[("_rels/.rels", link.as_bytes())])).unwrap_err()
        };
        for target in ["xl/Worksheets/sheet1.xml", "xl/&#119;orksheets/a.xml", "xl\\worksheets\\a.xml", "xl/media/a.bin"] {
            assert!(link(target).contains("_rels/.rels"), "{target}");
        }
    }

    #[test]
    fn formulas_without_a_result_are_said_wherever_they_stand() {
        let header = row(1, &["设备编码", "设备名称"]);
        let cells = |n: u32| {
            format!(
                r#"<row r="{n}"><c r="A{n}"><f>1+1</f></c><c r="B{n}"><f>A1</f><v/></c></row><row r="{m}"><c r="A{m}"><f>6*7</f><v>42</v></c><c r="B{m}" t="str"><f>IF(1,"","")</f><v></v></c></row>"#,
                m = n + 1
            )
        };
        let into = taken(&workbook(&[("一", "visible", &(header.clone() + &cells(2)))], &[])).unwrap();
        assert_eq!(text(&into, 0), "#row,DeviceID,Name\n3,42,\n");
        assert_eq!(notes(&into), [("formula_without_value", 2, "")]);
        assert_eq!(
            into.notes[0].render(Lang::En),
            "台账.xlsx: formulas without a saved result, taken as blank; open the workbook in Excel or WPS and save it once (2)"
        );
        // Over the ends of what is inflated at a time none is lost and none counted twice.
        let many: String = (0..5_000).map(|n| cells(2 + 2 * n)).collect::<Vec<_>>().concat();
        let into = taken(&workbook(&[("一", "visible", &(header + &many))], &[])).unwrap();
        assert_eq!((into.notes[0].count, into.rows), (10_000, 5_000));
    }

    #[test]
    fn cells_of_many_lines_and_dates_out_of_this_world_come_through() {
        let header = row(1, &["设备编码", "设备名称", "安装时间"]);
        let lines = row(2, &["1", "a;b;c;d\n\n\n\n\n\"东门", ""]);
        let dates = ["1e300", "-5", "0", "-1e300", "NaN", "2958466"]
            .iter()
            .zip(3..)
            .map(|(serial, n)| format!(r#"<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="C{n}" s="2"><v>{serial}</v></c></row>"#))
            .collect::<Vec<_>>()
            .concat();
        let into = taken(&workbook(&[("一", "visible", &(header + &lines + &dates))], &[])).unwrap();
        let rows = rows_from_csv(&into.sheets[0].octets, Lang::Zh).unwrap();
        assert_eq!((rows.items.len(), rows.items[0].get(Element::Name)), (7, Some("a;b;c;d\n\n\n\n\n\"东门")));
        let dates: Vec<_> = rows.items.iter().skip(1).map(|item| item.get(Element::InstallTime).unwrap_or_default()).collect();
        assert_eq!(dates, ["1E+300", "-5", "1899-12-31T00:00:00", "-1E+300", "NaN", "2958466"]);
    }

    #[test]
    fn an_empty_workbook_and_a_million_columns_are_told() {
        for rows in ["", r#"<row r="1"/>"#, r#"<row r="1"><c r="A1"/></row>"#] {
            let said = taken(&workbook(&[("一", "visible", rows)], &[])).unwrap_err();
            assert!(said.contains("表格是空的"), "{said}");
        }
        let header = r#"<c r="A1" t="str"><v>设备编码</v></c>"#;
        let far = format!(r#"<row r="1">{header}<c r="BDWGO1" t="str"><v>x</v></c></row>"#);
        let many = format!(r#"<row r="1">{header}{}</row>"#, r#"<c t="str"><v>x</v></c>"#.repeat(1_000_000));
        for rows in [far, many] {
            let said = taken(&workbook(&[("一", "visible", &rows)], &[])).unwrap_err();
            assert!(said.contains("256 列") || said.contains("不是可读取"), "{said}");
        }
    }

    #[test]
    fn files_that_share_octets_are_refused() {
        let mut octets = workbook(&[("一", "visible", &(row(1, &["设备编码"]) + &row(2, &["1"])))], &[]);
        assert_eq!(taken(&octets).unwrap().rows, 1);
        // The last file of the directory is said to begin where the first does.
        let last = memmem::rfind(&octets, b"PK\x01\x02").unwrap();
        octets[last + 42..last + 46].fill(0);
        assert!(taken(&octets).unwrap_err().contains("overlapping"));
    }

    #[test]
    fn a_sheet_behind_a_bomb_or_before_it_is_not_taken() {
        let sound = row(1, &["设备编码"]) + &row(2, &["1"]);
        let bomb = " ".repeat(MAX_TEXT_RUN + 2 * CHUNK);
        for sheets in
            [[("一", "visible", sound.as_str()), ("二", "visible", &bomb)], [("一", "visible", &bomb), ("二", "visible", &sound)]]
        {
            assert!(taken(&workbook(&sheets, &[])).unwrap_err().contains("单元格"));
        }
    }

    #[test]
    fn a_size_that_lies_is_counted_all_the_same() {
        let noughts = vec![b'0'; 32 * 1024 * 1024];
        let mut octets = container(&[("a.png", &noughts)]);
        let size = u32::try_from(noughts.len()).unwrap().to_le_bytes();
        let places: Vec<usize> = (0..octets.len() - 4).filter(|at| octets[*at..*at + 4] == size).collect();
        assert!(!places.is_empty());
        places.iter().for_each(|at| octets[*at..*at + 4].copy_from_slice(&7_u32.to_le_bytes()));
        let said = taken(&octets).unwrap_err();
        assert!(said.contains("压缩炸弹") || said.contains("不是可读取"), "{said}");
    }

    #[test]
    fn rows_columns_and_cells_have_limits() {
        let header = row(1, &["设备编码"]);
        let refused = |rows: &str| taken(&workbook(&[("一", "visible", rows)], &[])).unwrap_err();
        let said = refused(&(header.clone() + r#"<row r="1048577"><c r="A1048577"><v>1</v></c></row>"#));
        assert!(said.contains("1048576 行"), "{said}");
        let names: Vec<String> = (0..MAX_COLUMNS).map(|n| format!("列{n}")).collect();
        let wide: Vec<&str> = std::iter::once("设备编码").chain(names.iter().map(String::as_str)).collect();
        assert!(refused(&row(1, &wide)).contains("256 列"));
        let long = "x".repeat(MAX_CELL_BYTES + 1);
        let said = refused(&(header.clone() + &row(7, &[&long])));
        assert!(said.contains("A7"), "{said}");
        let run = "x".repeat(MAX_TEXT_RUN + 2 * CHUNK);
        assert!(refused(&(header + &row(2, &[&run]))).contains("单元格"));
        // Cells far to the right that say nothing are no columns.
        let spread = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>DeviceID</t></is></c><c r="XFD1" s="1"/></row><row r="2"><c r="A2"><v>1</v></c><c r="XFD2"><v>5</v></c></row>"#;
        assert_eq!(text(&taken(&workbook(&[("一", "visible", spread)], &[])).unwrap(), 0), "#row,DeviceID\n2,1\n");
    }

    #[test]
    fn broken_workbooks_are_refused_and_nothing_panics() {
        let sound = workbook(&[("一", "visible", &(row(1, &["设备编码"]) + &row(2, &["1"])))], &[]);
        for cut in (0..sound.len()).step_by(7) {
            let _ = taken(&sound[..cut]);
        }
        for at in (0..sound.len()).step_by(5) {
            let mut broken = sound.clone();
            broken[at] ^= 0x55;
            let _ = taken(&broken);
        }
        for rows in [
            "<row r=\"0\"><c r=\"A0\"/></row>",
            "<row><c r=\"99999999999999\"><v>1</v></c></row>",
            "<row><c r=\"ZZZZZZZZZZZZZ1\"><v>1</v></c></row>",
            "<row><c t=\"s\"><v>9</v></c></row>",
            "<row><c t=\"q\"><v>9</v></c>",
        ] {
            let said = taken(&workbook(&[("一", "visible", rows)], &[])).unwrap_err();
            assert!(said.contains("Excel") || said.contains("行") || said.contains("设备编码"), "{said}");
        }
        assert!(taken(&container(&[("word/document.xml", b"<w/>")])).unwrap_err().contains("不是可读取"));
    }

    #[test]
    fn a_header_of_two_rows_is_read_and_merged_cells_are_said() {
        let rows = row(1, &["国标编码", "设备名称", "行政区划", "位置", ""])
            + &row(2, &["", "", "", "经度", "纬度"])
            + &row(3, &["37172300011320000001", "东门", "371723", "115.889600", "34.952800"])
            + &row(4, &["37172300011320000002", "西门", "", "115.889600", "34.952800"]);
        let sheet = ("台账", "visible", rows.as_str());
        let mut book = workbook(&[sheet], &[]);
        let intake = taken(&book).unwrap();
        let items = rows_from_csv(&intake.sheets[0].octets, Lang::Zh).unwrap().items;
        assert_eq!(items.len(), 2);
        assert_eq!(items[0].get(Element::Longitude), Some("115.889600"));
        assert_eq!(items[1].get(Element::Latitude), Some("34.952800"));
        assert!(intake.notes.iter().all(|n| n.kind.id != "cells_merged"));
        for (range, merged) in [("A1:A2", 0), ("D1:E1", 0), ("C3:C4", 1), ("C3:C400", 1), ("B9:D9", 0)] {
            let merges = format!(r#"{rows}</sheetData><mergeCells count="1"><mergeCell ref="{range}"/></mergeCells><sheetData>"#);
            book = workbook(&[("台账", "visible", merges.as_str())], &[]);
            let notes = taken(&book).unwrap().notes;
            assert_eq!(notes.iter().filter(|n| n.kind.id == "cells_merged").map(|n| n.count).sum::<u64>(), merged, "{range}");
        }
    }
}
