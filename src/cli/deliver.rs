//! From evidence to what a person gets: the summary on the screen, the files in the folder.

use std::path::Path;

use super::bundle::{Begun, Target};
use super::output::Formats;
use super::{Failure, output, terminal};
use crate::audit::assess::assess;
use crate::audit::together::Together;
use crate::base::lang::{Lang, say};
use crate::evidence::{Evidence, Incomplete};
use crate::report::{Exit, Report, summary, union};
use crate::store::{Store, StoreError};

/// Judges each platform's evidence, writes its files and prints its summary, and a bundle where one is asked for. Gives the worst
/// end.
pub(super) fn deliver(
    evidence: Vec<Evidence>,
    stores: &[Store],
    (folder, formats): (&Path, &Formats),
    bundle: Option<&Target>,
    lang: Lang,
) -> Result<Exit, Failure> {
    deliver_seen(evidence, stores, (folder, formats), bundle, lang, &mut |_, _| ())
}

/// The same; whoever wants to know something of each finished report is told, with its folder.
pub(super) fn deliver_seen(
    mut evidence: Vec<Evidence>,
    stores: &[Store],
    (folder, formats): (&Path, &Formats),
    bundle: Option<&Target>,
    lang: Lang,
    seen: &mut dyn FnMut(&Report, &Path),
) -> Result<Exit, Failure> {
    let several = evidence.len() > 1;
    // However they were read, the same order: the same bytes.
    evidence.sort_by(|a, b| a.header.platform.name.cmp(&b.header.platform.name));
    let above = folder;
    let mut worst = if evidence.is_empty() { Exit::Incomplete } else { Exit::Reached };
    let mut together = Together::default();
    let (mut unkept, mut unbundled) = (None, None);
    for evidence in evidence {
        let name = evidence.header.platform.name.clone();
        let folder = if several { output::below(above, &name) } else { above.to_owned() };
        output::prepare(&folder, lang)?;
        let unwritten = |error: &std::io::Error| output::unwritten(error, &folder, lang);
        let mut evidence = evidence;
        if let Err(error) = output::write_evidence(&evidence, stores, &folder) {
            evidence.header.incomplete.get_or_insert(Incomplete::NotKept);
            unkept = Some(error);
        }
        let label = several.then_some(name);
        // A bundle that cannot be made costs nobody the results.
        let mut begin = |target| match Begun::new(target, &evidence, stores, label.as_deref(), lang) {
            Ok(begun) => Some(begun),
            Err(failure) => {
                unbundled = Some(failure);
                None
            }
        };
        let begun = bundle.and_then(&mut begin);
        let mut report = assess(evidence, lang, label).map_err(|e| Failure::usage(e.to_string()))?;
        report.typeface = formats.typeface.clone();
        output::write(&report, &folder, formats).map_err(|e| unwritten(&e))?;
        terminal::out(&summary::render(&report));
        terminal::line(&place(&folder, lang));
        seen(&report, &folder);
        if let (Some(begun), Some(target)) = (begun, bundle) {
            unbundled = unbundled.or(begun.finish(target, &report, lang).err());
        }
        if several {
            terminal::line("");
            together.add(&report);
        }
        if report.exit().rank() > worst.rank() {
            worst = report.exit();
        }
        output::write_corrections(report, &folder, formats, lang)?;
    }
    if let Some(union) = together.finish() {
        output::write_union(&union, above, formats).map_err(|e| output::unwritten(&e, above, lang))?;
        terminal::out(&union::render(&union));
        terminal::line(&place(above, lang));
    }
    // What was measured is reported all the same.
    match (unkept, unbundled) {
        (Some(error), _) => Err(kept_not(&error, lang)),
        (None, Some(failure)) => Err(failure),
        (None, None) => Ok(worst),
    }
}

/// Where the results are, in full.
pub(super) fn place(folder: &Path, lang: Lang) -> String {
    let whole = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let shown = whole.display().to_string();
    if !whole.join("report.html").exists() {
        return say!(lang, "结果文件  {shown}", "results   {shown}");
    }
    say!(lang, "结果文件  {shown}（请打开 report.html）", "results   {shown} (open report.html)")
}

/// The store failed: what was measured is reported all the same, and the run counts as not completed.
pub(super) fn kept_not(error: &StoreError, lang: Lang) -> Failure {
    let source = std::error::Error::source(error).map(|s| format!("：{s}")).unwrap_or_default();
    Failure {
        code: 3, lines: vec![say!(lang, "证据没有存好：{error}{source}", "the evidence was not kept: {error}{source}")]
    }
}
