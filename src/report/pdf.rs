//! `report.pdf`: the report to be filed, page by page as it was made (PDF/A-2b).

use std::io::{self, Write};

use super::paper::paper;
use super::{Exporter, OutputFile, Report};

/// The format.
pub static EXPORTER: Exporter = Exporter { name: "pdf", files: &[OutputFile::new("report.pdf", write)] };

fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    paper(report).save_pages(&report.typeface, out)
}
