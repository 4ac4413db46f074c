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
        let line = line.trim();
        if line.contains('\t') || line.starts_with('|') {
            if row == 0 {
                table += 1;
            }
            row += 1;
            let sign = if line.contains('\t') { '\t' } else { '|' };
            let cells = line.trim_matches('|').split(sign).map(normal).collect();
            blocks.push(Block { place: Place::Row { table, row }, cells });
        } else {
            row = 0;
            if !line.is_empty() {
                blocks.push(Block { place: Place::Paragraph(number), cells: vec![normal(line)] });
            }
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
                "tc" if depth == 1 => text.clear(),
                "Fallback" => twice += 1,
                "t" => shown = true,
                _ => (),
            },
            Event::Empty(empty) => match empty.local_name().as_ref() {
                "tab" => text.push(' '),
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
                "tc" if depth == 1 => cells.push(normal(&std::mem::take(&mut text))),
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
}
