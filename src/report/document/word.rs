//! A document for Word, its few parts written by ourselves. Every text is escaped where it is written, so that nothing foreign
//! becomes markup.

use std::fmt::Write as _;
use std::io::{self, Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::{Align, BELOW_TABLE, Block, CELL_MARGIN, Document, Line, Look, MARK, PAGE_HEIGHT, PAGE_WIDTH, Style, Table};
use crate::base::text::visible;
use crate::base::time::Timestamp;

/// What the fonts of official letters are called on machines that do not have them.
const FONTS: [(&str, &str); 4] =
    [("仿宋_GB2312", "仿宋"), ("楷体_GB2312", "楷体"), ("方正小标宋简体", "宋体"), ("黑体", "SimHei")];

/// Writes a document.
pub(super) fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).last_modified_time(DateTime::default());
    let parts: [(&str, String); 10] = [
        ("[Content_Types].xml", CONTENT_TYPES.to_owned()),
        ("_rels/.rels", RELATIONS.to_owned()),
        ("docProps/core.xml", core(document)),
        ("word/document.xml", body(document)),
        ("word/_rels/document.xml.rels", DOCUMENT_RELATIONS.to_owned()),
        ("word/styles.xml", styles()),
        ("word/fontTable.xml", fonts()),
        ("word/settings.xml", SETTINGS.to_owned()),
        ("word/header1.xml", header(document)),
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

fn body(document: &Document) -> String {
    let mut body = String::new();
    for block in &document.blocks {
        match block {
            Block::Text(style, text) => paragraph(&mut body, style.look().id, Align::Left, text),
            Block::Table(own) => table(&mut body, own, document.layout.width()),
            Block::NewPage => body.push_str(r#"<w:p><w:r><w:br w:type="page"/></w:r></w:p>"#),
        }
    }
    let [top, right, bottom, left] = document.layout.margins();
    format!(
        r#"<w:document {NAMESPACES}><w:body>{body}<w:sectPr><w:headerReference w:type="default" r:id="rId4"/><w:footerReference w:type="default" r:id="rId5"/><w:pgSz w:w="{PAGE_WIDTH}" w:h="{PAGE_HEIGHT}"/><w:pgMar w:top="{top}" w:right="{right}" w:bottom="{bottom}" w:left="{left}" w:header="{MARK}" w:footer="{MARK}" w:gutter="0"/></w:sectPr></w:body></w:document>"#
    )
}

fn table(out: &mut String, table: &Table, width: u32) {
    let _ = write!(
        out,
        r#"<w:tbl><w:tblPr><w:tblStyle w:val="Grid"/><w:tblW w:w="{width}" w:type="dxa"/><w:jc w:val="center"/><w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>"#
    );
    for (_, width, _) in &table.columns {
        let _ = write!(out, r#"<w:gridCol w:w="{width}"/>"#);
    }
    out.push_str("</w:tblGrid>");
    let (head, cell) = table.styles();
    if table.has_head() {
        out.push_str("<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>");
        for (title, width, _) in &table.columns {
            let _ = write!(
                out,
                r#"<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:shd w:val="clear" w:color="auto" w:fill="EDEDED"/><w:vAlign w:val="center"/></w:tcPr>"#
            );
            paragraph(out, head.look().id, Align::Left, title);
            out.push_str("</w:tc>");
        }
        out.push_str("</w:tr>");
    }
    for row in &table.rows {
        out.push_str(if Table::is_long(row) { "<w:tr>" } else { "<w:tr><w:trPr><w:cantSplit/></w:trPr>" });
        for ((_, width, align), text) in table.columns.iter().zip(row) {
            let _ = write!(out, r#"<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>"#);
            paragraph(out, cell.look().id, *align, text);
            out.push_str("</w:tc>");
        }
        out.push_str("</w:tr>");
    }
    out.push_str("</w:tbl>");
    // Two tables without a paragraph between them would become one.
    let _ = write!(out, r#"<w:p><w:pPr><w:spacing w:line="{BELOW_TABLE}" w:lineRule="exact"/></w:pPr></w:p>"#);
}

fn header(document: &Document) -> String {
    let mut text = format!("<w:hdr {NAMESPACES}>");
    paragraph(&mut text, Style::Cell.look().id, Align::Right, document.mark.unwrap_or_default());
    text.push_str("</w:hdr>");
    text
}

fn core(document: &Document) -> String {
    let title = escaped(&document.title);
    let made = |element: &str, made: Timestamp| {
        let made = made.rfc3339();
        format!(r#"<dcterms:{element} xsi:type="dcterms:W3CDTF">{made}</dcterms:{element}>"#)
    };
    let made: String = ["created", "modified"].into_iter().filter_map(|element| Some(made(element, document.made?))).collect();
    format!(
        r#"<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>{title}</dc:title><dc:creator>gbaudit</dc:creator>{made}</cp:coreProperties>"#
    )
}

/// How a paragraph looks, as Word is told.
fn properties(look: &Look) -> String {
    let mut out = String::new();
    if look.keeps {
        out.push_str("<w:keepNext/>");
    }
    out.push_str("<w:spacing");
    for (name, length) in [("before", look.before), ("after", look.after)] {
        if length > 0 {
            let _ = write!(out, r#" w:{name}="{length}""#);
        }
    }
    let (line, rule) = match look.line {
        Line::Exact(line) => (line, "exact"),
        Line::AtLeast(line) => (line, "atLeast"),
    };
    let _ = write!(out, r#" w:line="{line}" w:lineRule="{rule}"/>"#);
    if look.indent > 0 {
        let _ = write!(out, r#"<w:ind w:firstLine="{}"/>"#, look.indent);
    }
    out.push_str(aligned(look.align));
    if let Some(level) = look.level {
        let _ = write!(out, r#"<w:outlineLvl w:val="{level}"/>"#);
    }
    out
}

/// Left is what nothing says.
const fn aligned(align: Align) -> &'static str {
    match align {
        Align::Left => "",
        Align::Center => r#"<w:jc w:val="center"/>"#,
        Align::Right => r#"<w:jc w:val="right"/>"#,
        Align::Both => r#"<w:jc w:val="both"/>"#,
    }
}

fn styles() -> String {
    let mut out = format!(
        r#"<w:styles {NAMESPACES}><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman" w:eastAsia="仿宋_GB2312"/><w:sz w:val="32"/><w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault></w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>"#
    );
    for look in Style::ALL.map(Style::look) {
        let Look { id, name, font, half_points: size, .. } = look;
        let rest = properties(&look);
        let _ = write!(
            out,
            r#"<w:style w:type="paragraph" w:customStyle="1" w:styleId="{id}"><w:name w:val="{name}"/><w:basedOn w:val="Normal"/><w:pPr>{rest}</w:pPr><w:rPr><w:rFonts w:eastAsia="{font}"/><w:sz w:val="{size}"/><w:szCs w:val="{size}"/></w:rPr></w:style>"#
        );
    }
    let edge = |side: &str| format!(r#"<w:{side} w:val="single" w:sz="4" w:space="0" w:color="auto"/>"#);
    let edges: String = ["top", "left", "bottom", "right", "insideH", "insideV"].map(edge).concat();
    let _ = write!(
        out,
        r#"<w:style w:type="table" w:customStyle="1" w:styleId="Grid"><w:name w:val="表格线"/><w:tblPr><w:tblBorders>{edges}</w:tblBorders><w:tblCellMar><w:left w:w="{CELL_MARGIN}" w:type="dxa"/><w:right w:w="{CELL_MARGIN}" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style></w:styles>"#
    );
    out
}

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
    let jc = aligned(align);
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
    use super::super::{Column, Layout};
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
