//! A Word document in official layout (公文, GB/T 9704): the few parts a text with tables needs, written by ourselves.
//!
//! Not for: pictures, fields of data, anything that is computed on opening. Every text is escaped where it is written, so
//! that nothing foreign becomes markup; times come from the run, so that equal reports give equal bytes.

use std::fmt::Write as _;
use std::io::{self, Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::base::text::visible;
use crate::base::time::Timestamp;

/// Twips from the left to the right edge of A4.
const PAGE_WIDTH: u32 = 11_906;
/// Twips from its top to its bottom.
const PAGE_HEIGHT: u32 = 16_838;

/// Where a text stands in its cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    /// At the left.
    #[default]
    Left,
    /// In the middle.
    Center,
    /// At the right, for numbers.
    Right,
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    /// Its title.
    pub title: &'a str,
    /// Its share of the width.
    pub share: u32,
    /// Where its texts stand.
    pub align: Align,
}

impl<'a> Column<'a> {
    /// Of texts.
    #[must_use]
    pub const fn text(title: &'a str, share: u32) -> Self {
        Self { title, share, align: Align::Left }
    }

    /// Of short words.
    #[must_use]
    pub const fn word(title: &'a str, share: u32) -> Self {
        Self { title, share, align: Align::Center }
    }

    /// Of numbers.
    #[must_use]
    pub const fn number(title: &'a str, share: u32) -> Self {
        Self { title, share, align: Align::Right }
    }
}

/// The margins of a page, twips: top, right, bottom, left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// As official letters have them: 37, 26, 35 and 28 mm.
    Official,
    /// A form that has to fit on one page.
    Form,
}

impl Layout {
    const fn margins(self) -> [u32; 4] {
        match self {
            Self::Official => [2_098, 1_474, 1_984, 1_588],
            Self::Form => [1_021, 1_134, 907, 1_134],
        }
    }

    /// Twips between the margins.
    const fn width(self) -> u32 {
        let [_, right, _, left] = self.margins();
        PAGE_WIDTH - right - left
    }
}

/// A document being written.
#[derive(Debug)]
pub struct Document {
    layout: Layout,
    title: String,
    made: Option<Timestamp>,
    mark: Option<&'static str>,
    fine: bool,
    body: String,
}

/// The styles of paragraphs: id, name for people, name of the font, half points, the rest.
const STYLES: [(&str, &str, &str, u32, &str); 11] = [
    ("Body", "正文", "仿宋_GB2312", 32, r#"<w:spacing w:line="560" w:lineRule="exact"/><w:ind w:firstLine="640"/>"#),
    (
        "Title",
        "标题",
        "方正小标宋简体",
        44,
        r#"<w:spacing w:after="240" w:line="640" w:lineRule="exact"/><w:jc w:val="center"/>"#,
    ),
    ("Meta", "题下说明", "仿宋_GB2312", 24, r#"<w:spacing w:line="380" w:lineRule="exact"/><w:jc w:val="center"/>"#),
    (
        "Heading1",
        "一级标题",
        "黑体",
        32,
        r#"<w:keepNext/><w:spacing w:before="160" w:line="560" w:lineRule="exact"/><w:ind w:firstLine="640"/><w:outlineLvl w:val="0"/>"#,
    ),
    (
        "Heading2",
        "二级标题",
        "楷体_GB2312",
        32,
        r#"<w:keepNext/><w:spacing w:line="560" w:lineRule="exact"/><w:ind w:firstLine="640"/><w:outlineLvl w:val="1"/>"#,
    ),
    ("Note", "说明", "仿宋_GB2312", 24, r#"<w:spacing w:before="60" w:line="360" w:lineRule="exact"/><w:jc w:val="both"/>"#),
    ("Cell", "表格", "仿宋_GB2312", 21, r#"<w:spacing w:line="290" w:lineRule="atLeast"/>"#),
    ("Head", "表头", "黑体", 21, r#"<w:spacing w:line="290" w:lineRule="atLeast"/><w:jc w:val="center"/>"#),
    (
        "Lead",
        "引出下表",
        "仿宋_GB2312",
        32,
        r#"<w:keepNext/><w:spacing w:line="560" w:lineRule="exact"/><w:ind w:firstLine="640"/>"#,
    ),
    ("FineCell", "小字表格", "仿宋_GB2312", 18, r#"<w:spacing w:line="240" w:lineRule="atLeast"/>"#),
    ("FineHead", "小字表头", "黑体", 18, r#"<w:spacing w:line="240" w:lineRule="atLeast"/><w:jc w:val="center"/>"#),
];

/// What the fonts of official letters are called on machines that do not have them.
const FONTS: [(&str, &str); 4] =
    [("仿宋_GB2312", "仿宋"), ("楷体_GB2312", "楷体"), ("方正小标宋简体", "宋体"), ("黑体", "SimHei")];

impl Document {
    /// A document of this title, made at this time; a form has none.
    #[must_use]
    pub fn new(title: &str, made: Option<Timestamp>, layout: Layout) -> Self {
        let mut document =
            Self { layout, title: title.to_owned(), made, mark: None, fine: layout == Layout::Form, body: String::new() };
        document.styled("Title", title);
        document
    }

    /// With a mark above every page.
    #[must_use]
    pub const fn marked(mut self, mark: Option<&'static str>) -> Self {
        self.mark = mark;
        self
    }

    /// With tables in small print.
    #[must_use]
    pub const fn in_small_print(mut self) -> Self {
        self.fine = true;
        self
    }

    /// A line below the title.
    pub fn meta(&mut self, text: &str) {
        self.styled("Meta", text);
    }

    /// 一、
    pub fn heading(&mut self, text: &str) {
        self.styled("Heading1", text);
    }

    /// （一）
    pub fn subheading(&mut self, text: &str) {
        self.styled("Heading2", text);
    }

    /// A paragraph of the text.
    pub fn paragraph(&mut self, text: &str) {
        self.styled("Body", text);
    }

    /// A paragraph that stays on the page of what follows it.
    pub fn lead(&mut self, text: &str) {
        self.styled("Lead", text);
    }

    /// A small paragraph without indent.
    pub fn note(&mut self, text: &str) {
        self.styled("Note", text);
    }

    /// What follows begins on a new page.
    pub fn new_page(&mut self) {
        self.body.push_str(r#"<w:p><w:r><w:br w:type="page"/></w:r></w:p>"#);
    }

    fn styled(&mut self, style: &str, text: &str) {
        paragraph(&mut self.body, style, Align::Left, text);
    }

    /// A table; its title row comes again on every page. A line break in a cell is one.
    pub fn table<'r>(&mut self, columns: &[Column<'_>], rows: impl IntoIterator<Item = &'r [String]>) {
        let shares = columns.iter().map(|column| column.share).sum::<u32>().max(1);
        let width = self.layout.width();
        let widths: Vec<u32> = columns.iter().map(|column| column.share * width / shares).collect();
        let (head, cell) = if self.fine { ("FineHead", "FineCell") } else { ("Head", "Cell") };
        let out = &mut self.body;
        let _ = write!(
            out,
            r#"<w:tbl><w:tblPr><w:tblStyle w:val="Grid"/><w:tblW w:w="{width}" w:type="dxa"/><w:jc w:val="center"/><w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>"#
        );
        for width in &widths {
            let _ = write!(out, r#"<w:gridCol w:w="{width}"/>"#);
        }
        out.push_str("</w:tblGrid>");
        if columns.iter().any(|column| !column.title.is_empty()) {
            out.push_str("<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>");
            for (column, width) in columns.iter().zip(&widths) {
                let _ = write!(
                    out,
                    r#"<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:shd w:val="clear" w:color="auto" w:fill="EDEDED"/><w:vAlign w:val="center"/></w:tcPr>"#
                );
                paragraph(out, head, Align::Left, column.title);
                out.push_str("</w:tc>");
            }
            out.push_str("</w:tr>");
        }
        for row in rows {
            // A long cell may run over to the next page; a short row stays together.
            let long = row.iter().any(|text| text.len() > LONG_CELL);
            out.push_str(if long { "<w:tr>" } else { "<w:tr><w:trPr><w:cantSplit/></w:trPr>" });
            for ((column, width), text) in columns.iter().zip(&widths).zip(row) {
                let _ = write!(out, r#"<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>"#);
                paragraph(out, cell, column.align, text);
                out.push_str("</w:tc>");
            }
            out.push_str("</w:tr>");
        }
        out.push_str("</w:tbl>");
        // Two tables without a paragraph between them would become one.
        out.push_str(r#"<w:p><w:pPr><w:spacing w:line="120" w:lineRule="exact"/></w:pPr></w:p>"#);
    }

    /// Writes the document.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(self, out: &mut dyn Write) -> io::Result<()> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        let options =
            SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).last_modified_time(DateTime::default());
        let parts: [(&str, String); 10] = [
            ("[Content_Types].xml", CONTENT_TYPES.to_owned()),
            ("_rels/.rels", RELATIONS.to_owned()),
            ("docProps/core.xml", self.core()),
            ("word/document.xml", self.document()),
            ("word/_rels/document.xml.rels", DOCUMENT_RELATIONS.to_owned()),
            ("word/styles.xml", styles()),
            ("word/fontTable.xml", fonts()),
            ("word/settings.xml", SETTINGS.to_owned()),
            ("word/header1.xml", self.header()),
            ("word/footer1.xml", footer()),
        ];
        for (name, text) in parts {
            archive.start_file(name, options).map_err(io::Error::other)?;
            archive.write_all(XML.as_bytes())?;
            archive.write_all(text.as_bytes())?;
        }
        let packed = archive.finish().map_err(io::Error::other)?;
        out.write_all(packed.get_ref())
    }

    fn document(&self) -> String {
        let [top, right, bottom, left] = self.layout.margins();
        let body = &self.body;
        format!(
            r#"<w:document {NAMESPACES}><w:body>{body}<w:sectPr><w:headerReference w:type="default" r:id="rId4"/><w:footerReference w:type="default" r:id="rId5"/><w:pgSz w:w="{PAGE_WIDTH}" w:h="{PAGE_HEIGHT}"/><w:pgMar w:top="{top}" w:right="{right}" w:bottom="{bottom}" w:left="{left}" w:header="567" w:footer="567" w:gutter="0"/></w:sectPr></w:body></w:document>"#
        )
    }

    fn header(&self) -> String {
        let mut text = format!("<w:hdr {NAMESPACES}>");
        paragraph(&mut text, "Cell", Align::Right, self.mark.unwrap_or_default());
        text.push_str("</w:hdr>");
        text
    }

    fn core(&self) -> String {
        let title = escaped(&self.title);
        let made = |element: &str, made: Timestamp| {
            let made = made.rfc3339();
            format!(r#"<dcterms:{element} xsi:type="dcterms:W3CDTF">{made}</dcterms:{element}>"#)
        };
        let made: String = ["created", "modified"].into_iter().filter_map(|element| Some(made(element, self.made?))).collect();
        format!(
            r#"<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>{title}</dc:title><dc:creator>gbaudit</dc:creator>{made}</cp:coreProperties>"#
        )
    }
}

fn styles() -> String {
    let mut out = format!(
        r#"<w:styles {NAMESPACES}><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman" w:eastAsia="仿宋_GB2312"/><w:sz w:val="32"/><w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault></w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>"#
    );
    for (id, name, font, size, rest) in STYLES {
        let _ = write!(
            out,
            r#"<w:style w:type="paragraph" w:customStyle="1" w:styleId="{id}"><w:name w:val="{name}"/><w:basedOn w:val="Normal"/><w:pPr>{rest}</w:pPr><w:rPr><w:rFonts w:eastAsia="{font}"/><w:sz w:val="{size}"/><w:szCs w:val="{size}"/></w:rPr></w:style>"#
        );
    }
    let edge = |side: &str| format!(r#"<w:{side} w:val="single" w:sz="4" w:space="0" w:color="auto"/>"#);
    let edges: String = ["top", "left", "bottom", "right", "insideH", "insideV"].map(edge).concat();
    let _ = write!(
        out,
        r#"<w:style w:type="table" w:customStyle="1" w:styleId="Grid"><w:name w:val="表格线"/><w:tblPr><w:tblBorders>{edges}</w:tblBorders><w:tblCellMar><w:left w:w="70" w:type="dxa"/><w:right w:w="70" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style></w:styles>"#
    );
    out
}

/// Octets of a cell whose row may be split between pages.
const LONG_CELL: usize = 600;
const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const NAMESPACES: &str = r#"xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships""#;
const CONTENT_TYPES: &str = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/><Override PartName="/word/fontTable.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.fontTable+xml"/><Override PartName="/word/settings.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"/><Override PartName="/word/header1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"/><Override PartName="/word/footer1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/></Types>"#;
const RELATIONS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>"#;
const DOCUMENT_RELATIONS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/fontTable" Target="fontTable.xml"/><Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/settings" Target="settings.xml"/><Relationship Id="rId4" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/header" Target="header1.xml"/><Relationship Id="rId5" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer1.xml"/></Relationships>"#;
/// Without a mode of compatibility Word takes a document for one of 2007.
const SETTINGS: &str = r#"<w:settings xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:defaultTabStop w:val="420"/><w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat></w:settings>"#;

fn fonts() -> String {
    let mut out = format!("<w:fonts {NAMESPACES}>");
    for (name, other) in FONTS {
        let _ = write!(
            out,
            r#"<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/><w:family w:val="auto"/></w:font>"#
        );
    }
    out.push_str("</w:fonts>");
    out
}

/// — 1 —
fn footer() -> String {
    let run = |text: &str| format!(r#"<w:r><w:rPr><w:sz w:val="28"/></w:rPr>{text}</w:r>"#);
    let field = |kind: &str| run(&format!(r#"<w:fldChar w:fldCharType="{kind}"/>"#));
    let page = [
        run(r#"<w:t xml:space="preserve">— </w:t>"#),
        field("begin"),
        run(r#"<w:instrText xml:space="preserve"> PAGE </w:instrText>"#),
        field("separate"),
        run("<w:t>1</w:t>"),
        field("end"),
        run(r#"<w:t xml:space="preserve"> —</w:t>"#),
    ];
    format!(r#"<w:ftr {NAMESPACES}><w:p><w:pPr><w:jc w:val="center"/></w:pPr>{}</w:p></w:ftr>"#, page.concat())
}

fn paragraph(out: &mut String, style: &str, align: Align, text: &str) {
    let jc = match align {
        Align::Left => "",
        Align::Center => r#"<w:jc w:val="center"/>"#,
        Align::Right => r#"<w:jc w:val="right"/>"#,
    };
    let _ = write!(out, r#"<w:p><w:pPr><w:pStyle w:val="{style}"/>{jc}</w:pPr>"#);
    for (number, line) in text.split('\n').enumerate() {
        let br = if number > 0 { "<w:br/>" } else { "" };
        let _ = write!(out, r#"<w:r>{br}<w:t xml:space="preserve">{}</w:t></w:r>"#, escaped(line));
    }
    out.push_str("</w:p>");
}

/// A text as XML holds it: markup escaped, control characters made visible, what no XML may hold replaced.
fn escaped(text: &str) -> String {
    let text = visible(text);
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(fill: impl Fn(&mut Document)) -> Vec<u8> {
        let mut document = Document::new("标题 <&>", Some(Timestamp::from_micros(0)), Layout::Official);
        fill(&mut document);
        let mut out = Vec::new();
        document.save(&mut out).unwrap();
        out
    }

    fn part(octets: &[u8], name: &str) -> String {
        let mut archive = zip::ZipArchive::new(Cursor::new(octets)).unwrap();
        let mut text = String::new();
        io::Read::read_to_string(&mut archive.by_name(name).unwrap(), &mut text).unwrap();
        text
    }

    #[test]
    fn foreign_text_is_text_and_every_part_is_well_formed() {
        let octets = made(|document| {
            document.paragraph("a<w:p/>\u{1b}[2J\u{FFFF}&\"");
            let rows = [vec!["1\n2".to_owned(), "]]>".to_owned()]];
            document.table(&[Column::text("名", 1), Column::number("数", 2)], rows.iter().map(Vec::as_slice));
        });
        let text = part(&octets, "word/document.xml");
        assert!(text.contains("a&lt;w:p/&gt;\\u{1b}[2J\u{FFFD}&amp;&quot;"), "{text}");
        assert!(text.contains("]]&gt;") && text.contains("<w:br/>"));
        let names: Vec<String> =
            zip::ZipArchive::new(Cursor::new(&octets)).unwrap().file_names().map(|name| name.unwrap().into_owned()).collect();
        for name in names {
            let text = part(&octets, &name);
            let mut reader = quick_xml::Reader::from_str(&text);
            while reader.read_event().unwrap() != quick_xml::events::Event::Eof {}
        }
    }

    #[test]
    fn equal_documents_have_equal_bytes() {
        let fill = |document: &mut Document| document.heading("一、检测结论");
        assert_eq!(made(fill), made(fill));
    }
}
