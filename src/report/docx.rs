//! `report.docx`: the report to be signed, in Word.

use std::io::{self, Write};

use super::paper::paper;
use super::{Exporter, OutputFile, Report};

/// The format.
pub static EXPORTER: Exporter = Exporter { name: "docx", files: &[OutputFile::new("report.docx", write)] };

fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    paper(report).save(out)
}
