//! A draft as paragraphs and rows of tables: Word documents, and plain text in UTF-8 or GB 18030.

use std::io::{Cursor, Read as _};

use quick_xml::events::Event;
use unicode_normalization::UnicodeNormalization as _;

use crate::base::charset::{self, Certainty};
use crate::base::lang::Text;

/// Octets of a draft; notices have less than a hundredth of it.
pub const MAX_FILE: usize = 16 << 20;
/// Octets of the text part of a Word document once unpacked.
pub const MAX_UNPACKED: u64 = 32 << 20;
/// Paragraphs and rows.
pub const MAX_BLOCKS: usize = 20_000;
/// Columns of a table, as Word has it; of a row of text the last cell holds what is beyond.
const MAX_COLUMNS: usize = 63;
/// The part of a Word document that holds its text.
const PART: &str = "word/document.xml";

/// Where something stands, as a person counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The n-th paragraph that is not empty, outside of tables; of plain text the n-th line.
    Paragraph(usize),
    /// A row of a table.
    Row {
        /// The table.
        table: usize,
        /// The row, with the titles as the first.
        row: usize,
    },
}

/// A paragraph, or a row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Where it stands.
    pub place: Place,
    /// Its cells, one of a paragraph; digits and punctuation in their half-width form.
    pub cells: Vec<String>,
}

/// Why a draft cannot be read, and what to do.
pub type Unreadable = Text;

const TOO_BIG: Unreadable = Text::new(
    "文件过大（上限 16 MB，解压后 32 MB）；请去掉图片和附件，只留公示正文",
    "the file is too big (16 MB, 32 MB unpacked); leave out pictures and attachments",
);
const TOO_MANY: Unreadable =
    Text::new("段落和表格行超过 20000；请只留公示正文", "there are more than 20000 paragraphs and rows; keep the notice only");
const BROKEN: Unreadable = Text::new(
    "不是完好的 Word 文档（.docx）；请在 Word 或 WPS 中打开后另存为 .docx，或存为纯文本 .txt",
    "this is no sound Word document (.docx); open it in Word and save it again as .docx, or as plain text",
);
const ENTITIES: Unreadable = Text::new(
    "文档含 DTD 或自定义实体，不予读取；请在 Word 或 WPS 中另存为 .docx",
    "the document has a DTD or entities and is not read; save it again as .docx",
);
const GARBLED: Unreadable = Text::new(
    "不是 UTF-8 或 GB18030 编码的文本；请另存为 UTF-8 的 .txt，或 .docx（.doc 请先另存为 .docx）",
    "this is no text in UTF-8 or GB 18030; save it as .txt in UTF-8, or as .docx",
);

/// Reads a draft. What it is its content says, whatever its name is.
///
/// # Errors
/// Why it cannot be read, and what to do.
pub fn read(octets: &[u8]) -> Result<Vec<Block>, Unreadable> {
    if octets.len() > MAX_FILE {
        return Err(TOO_BIG);
    }
    if octets.starts_with(b"PK\x03\x04") { word(octets) } else { plain(octets) }
}

/// Half-width digits, signs and letters.
fn normal(text: &str) -> String {
    text.nfkc().collect::<String>().trim().to_owned()
}

fn plain(octets: &[u8]) -> Result<Vec<Block>, Unreadable> {
    let decoded = charset::decode(octets, None, None);
    if decoded.certainty == Certainty::Damaged || decoded.text.contains('\0') {
        return Err(GARBLED);
    }
    let (mut blocks, mut table, mut row) = (Vec::new(), 0, 0);
    for (number, line) in (1..).zip(decoded.text.lines()) {
        let bare = line.trim();
        // Blank lines between rows are common where a table was copied from a page.
        if bare.is_empty() {
            continue;
        }
        if bare.contains('\t') || bare.starts_with('|') || row > 0 && line.contains('\t') {
            // An empty first or last cell is a cell: without it the columns would move.
            let cells: Vec<String> = if line.contains('\t') {
                line.splitn(MAX_COLUMNS, '\t').map(normal).collect()
            } else {
                let inner = bare.strip_prefix('|').unwrap_or(bare);
                inner.strip_suffix('|').unwrap_or(inner).splitn(MAX_COLUMNS, '|').map(normal).collect()
            };
            // The line under the titles of a table in Markdown.
            if cells.iter().all(|cell| !cell.is_empty() && cell.chars().all(|sign| matches!(sign, '-' | ':'))) {
                continue;
            }
            if row == 0 {
                table += 1;
            }
            row += 1;
            blocks.push(Block { place: Place::Row { table, row }, cells });
        } else {
            row = 0;
            blocks.push(Block { place: Place::Paragraph(number), cells: vec![normal(bare)] });
        }
        if blocks.len() > MAX_BLOCKS {
            return Err(TOO_MANY);
        }
    }
    Ok(blocks)
}

fn word(octets: &[u8]) -> Result<Vec<Block>, Unreadable> {
    let mut archive = zip::ZipArchive::new(Cursor::new(octets)).map_err(|_| BROKEN)?;
    let part = archive.by_name(PART).map_err(|_| BROKEN)?;
    // What it says of its size is believed when it is too much; what comes out of it is counted all the same.
    if part.size() > MAX_UNPACKED {
        return Err(TOO_BIG);
    }
    let mut xml = Vec::new();
    part.take(MAX_UNPACKED + 1).read_to_end(&mut xml).map_err(|_| BROKEN)?;
    if xml.len() as u64 > MAX_UNPACKED {
        return Err(TOO_BIG);
    }
    blocks(&xml)
}

fn blocks(xml: &[u8]) -> Result<Vec<Block>, Unreadable> {
    let mut reader = quick_xml::Reader::from_reader(xml);
    let mut buffer = Vec::new();
    let (mut blocks, mut cells, mut text) = (Vec::new(), Vec::new(), String::new());
    // A table in a cell belongs to the cell; what an old reader would see is there a second time.
    let (mut tables, mut rows, mut paragraphs, mut depth, mut shown, mut twice) = (0, 0, 0, 0_usize, false, 0_usize);
    let mut span = 1;
    loop {
        buffer.clear();
        let event = reader.read_event_into(&mut buffer).map_err(|_| BROKEN)?;
        match event {
            Event::DocType(_) => return Err(ENTITIES),
            Event::Start(start) => match start.local_name().as_ref() {
                "tbl" => {
                    depth += 1;
                    if depth == 1 {
                        (tables, rows) = (tables + 1, 0);
                    }
                }
                "tr" if depth == 1 => cells.clear(),
                "tc" if depth == 1 => {
                    text.clear();
                    span = 1;
                }
                "Fallback" => twice += 1,
                "t" => shown = true,
                _ => (),
            },
            Event::Empty(empty) => match empty.local_name().as_ref() {
                "tab" => text.push(' '),
                // A cell over several columns: the next one stays in its own.
                "gridSpan" if depth == 1 => span = columns(&empty).unwrap_or(1),
                "br" | "cr" => text.push('\n'),
                _ => (),
            },
            Event::Text(part) if shown && twice == 0 => text.push_str(&part.into_inner()),
            Event::CData(part) if shown && twice == 0 => text.push_str(&part.into_inner()),
            Event::GeneralRef(name) => {
                let name = name.into_inner();
                let sign = match &*name {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    other => other.strip_prefix('#').and_then(|code| {
                        let code = code.strip_prefix('x').map_or_else(|| code.parse(), |hex| u32::from_str_radix(hex, 16));
                        code.ok().and_then(char::from_u32)
                    }),
                };
                let sign = sign.ok_or(ENTITIES)?;
                if shown && twice == 0 {
                    text.push(sign);
                }
            }
            Event::End(end) => match end.local_name().as_ref() {
                "tbl" => depth = depth.saturating_sub(1),
                "tc" if depth == 1 => {
                    cells.push(normal(&std::mem::take(&mut text)));
                    cells.extend((1..span).map(|_| String::new()));
                }
                "tr" if depth == 1 => {
                    rows += 1;
                    blocks.push(Block { place: Place::Row { table: tables, row: rows }, cells: std::mem::take(&mut cells) });
                }
                "p" if depth == 0 => {
                    let own = normal(&std::mem::take(&mut text));
                    if !own.is_empty() {
                        paragraphs += 1;
                        blocks.push(Block { place: Place::Paragraph(paragraphs), cells: vec![own] });
                    }
                }
                "p" => text.push('\n'),
                "Fallback" => twice = twice.saturating_sub(1),
                "t" => shown = false,
                _ => (),
            },
            Event::Eof => return Ok(blocks),
            _ => (),
        }
        if blocks.len() > MAX_BLOCKS {
            return Err(TOO_MANY);
        }
    }
}

/// How many columns a cell has.
fn columns(span: &quick_xml::events::BytesStart<'_>) -> Option<usize> {
    let own = span.attributes().flatten().find(|attribute| attribute.key.local_name().as_ref() == "val")?;
    own.value.parse().ok().filter(|columns| (1..=MAX_COLUMNS).contains(columns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_and_rows_of_word() {
        let xml = "<w:body><w:p><w:r><w:t>公示</w:t></w:r></w:p><w:p/><w:tbl><w:tr><w:tc><w:p><w:r><w:t>甲 &amp; 乙</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>９０％</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:body>";
        let found = blocks(xml.as_bytes()).unwrap();
        assert_eq!(found[0], Block { place: Place::Paragraph(1), cells: vec!["公示".to_owned()] });
        assert_eq!(found[1].cells, ["甲 & 乙", "90%"]);
        assert_eq!(found[1].place, Place::Row { table: 1, row: 1 });
    }

    #[test]
    fn entities_and_damage_are_refused() {
        assert_eq!(blocks(b"<!DOCTYPE a [<!ENTITY b \"c\">]><a/>"), Err(ENTITIES));
        assert_eq!(blocks("<w:t>&b;</w:t>".as_bytes()), Err(ENTITIES));
        assert_eq!(read(b"PK\x03\x04rest"), Err(BROKEN));
        assert_eq!(read(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0"), Err(GARBLED));
        assert_eq!(read(&vec![b'a'; MAX_FILE + 1]), Err(TOO_BIG));
        assert_eq!(read("字\n".repeat(MAX_BLOCKS + 1).as_bytes()), Err(TOO_MANY));
    }

    #[test]
    fn plain_text_of_either_charset() {
        let text = "验收结果公示\n\n一级\t序号\t完成情况\n";
        let read_as = |charset: charset::Charset| read(&charset.encode(text)).unwrap();
        assert_eq!(read_as(charset::Charset::Gb18030), read_as(charset::Charset::Utf8));
        assert_eq!(read_as(charset::Charset::Utf8)[1].cells, ["一级", "序号", "完成情况"]);
    }

    #[test]
    fn columns_stay_where_they_are() {
        let cells =
            |text: &str| -> Vec<Vec<String>> { read(text.as_bytes()).unwrap().into_iter().map(|block| block.cells).collect() };
        assert_eq!(cells("甲\t乙\t丙\n\t1\t\n\n\t\t2\n")[1..], [["", "1", ""], ["", "", "2"]]);
        assert_eq!(cells("| 甲 | 乙 |\n|---|:-:|\n|| 1 |\n"), [["甲", "乙"], ["", "1"]]);
        // A tab before a sentence makes no table.
        assert_eq!(read("\t公示期5天。\n".as_bytes()).unwrap()[0].place, Place::Paragraph(1));
        let xml = "<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val=\"2\"/></w:tcPr><w:p><w:t>甲</w:t></w:p></w:tc><w:tc><w:p><w:t>乙</w:t></w:p></w:tc></w:tr></w:tbl>";
        assert_eq!(blocks(xml.as_bytes()).unwrap()[0].cells, ["甲", "", "乙"]);
    }

    fn document(text_octets: u64) -> Vec<u8> {
        use std::io::Write as _;
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        archive.start_file(PART, zip::write::SimpleFileOptions::default()).unwrap();
        let piece = vec![b' '; 1 << 20];
        for _ in 0..text_octets >> 20 {
            archive.write_all(&piece).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    #[test]
    fn what_unpacks_beyond_the_limit_is_refused() {
        let mut octets = document(MAX_UNPACKED + (1 << 20));
        assert!(octets.len() < 1 << 20, "it is small as it comes");
        assert_eq!(read(&octets), Err(TOO_BIG));
        // The same with a size that is not true: the limit is on what comes out.
        let (size, lie) = (u32::try_from(MAX_UNPACKED + (1 << 20)).unwrap().to_le_bytes(), 100_u32.to_le_bytes());
        let places: Vec<usize> = (0..octets.len() - 4).filter(|at| octets[*at..*at + 4] == size).collect();
        assert!(!places.is_empty());
        for at in places {
            octets[at..at + 4].copy_from_slice(&lie);
        }
        assert!(matches!(read(&octets), Err(TOO_BIG | BROKEN)));
    }
}
