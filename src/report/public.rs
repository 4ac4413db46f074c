//! 公示版: the one place that takes out of a report what must not be published. Whatever an exporter shows afterwards, it was let
//! through here: codes without their serial part, names without numbers that could be addresses, no IP, no position, no
//! picture, no value a record holds, nobody's remarks.

use super::Report;
use super::audience::Audience;
use super::estate::Estate;
use crate::base::device_id::is_digits;
use crate::base::oddity::Oddities;
use crate::base::text::trim;
use crate::catalog::Item;
use crate::catalog::journal::Journal;
use crate::catalog::notice::Notices;
use crate::evidence::soundness::Soundness;
use crate::evidence::{PlatformFacts, Witnesses};
use crate::manscdp::item::{Element, ItemBuilder};
use crate::probe::outcome::detail;
use crate::rules::{JudgedFinding, Rule};

/// Digits of a code that may be shown: region, industry, type. What follows is one camera's own.
const SHOWN_DIGITS: usize = 13;
/// Digits of a code.
const CODE_DIGITS: usize = 20;
/// Digits of a code that is none, of which the region is shown.
const REGION_DIGITS: usize = 6;
/// Digits of the code of a community; a longer one is of a node of the platform.
const COMMUNITY_DIGITS: usize = 12;
/// The longest row of stars.
const MAX_STARS: usize = 20;
/// Digits in a row that no name needs: telephones, codes, parts of positions.
const LONG_NUMBER: usize = 5;

/// Elements of a record that may be published.
const ELEMENTS: [Element; 6] =
    [Element::DeviceID, Element::Name, Element::CivilCode, Element::Status, Element::GrassrootsCode, Element::ManagementUnit];

/// The report as it may be published.
#[must_use]
pub fn edition(mut report: Report) -> Report {
    report.audience = Audience::Public;
    header(&mut report);
    catalogue(&mut report);
    for camera in &mut report.cameras {
        camera.judgement.findings.iter_mut().for_each(|finding| bare(finding, report.lang));
        camera.recorder = None;
        camera.probe.reviewed = None;
        if !is_ours(&camera.probe.detail) {
            camera.probe.detail = Box::default();
        }
    }
    for finding in &mut report.batch {
        finding.examples.clear();
        finding.about = scrubbed(&finding.about);
        finding.message = Rule::find(finding.rule).map(|rule| rule.page().side(report.lang).title.clone()).unwrap_or_default();
    }
    // By code: every call with its addresses, every picture's name.
    report.probes.clear();
    report.recorders.clear();
    for unit in &mut report.units {
        unit.unit = scrubbed(&unit.unit);
    }
    if let Some(waivers) = &mut report.waivers {
        for used in &mut waivers.rows {
            used.waiver.code = masked(&used.waiver.code);
            used.waiver.reason.clear();
            used.waiver.approver.clear();
        }
    }
    let share = report.estate.share;
    report.estate = Estate { share, claims: report.estate.claims, earlier: None, ledger: None, same_pictures: Vec::new() };
    report.pictures.alike.clear();
    report.pictures.reviews = None;
    if let Some(measures) = &mut report.measures {
        measures.lines.clear();
    }
    report.lately.clear();
    positions(&mut report);
    report.transports.groups.clear();
    report.limits.learnt.clear();
    for trouble in &mut report.tree.troubles {
        trouble.examples.clear();
    }
    report
}

fn header(report: &mut Report) {
    let header = &mut report.header;
    let platform = std::mem::take(&mut header.platform);
    header.platform = PlatformFacts {
        name: scrubbed(&platform.name),
        id: masked(&platform.id),
        role: platform.role,
        transport: platform.transport,
        edition: platform.edition,
        edition_source: platform.edition_source,
        expected: platform.expected,
        expected_source: scrubbed(&platform.expected_source),
        ..PlatformFacts::default()
    };
    header.local_id = masked(&header.local_id);
    header.witnesses = Witnesses::default();
    header.soundness = Soundness::default();
    header.queries.clear();
    header.ways.clear();
    header.heard.clear();
    header.signalling.clear();
    header.supplied.clear();
    header.boundaries = None;
    header.measured = None;
    header.conduct.limits.clear();
    if let Some(sampling) = &mut header.conduct.sampling {
        sampling.drawn.iter_mut().for_each(|drawn| drawn.code = masked(&drawn.code));
    }
    if let Some(file) = &mut header.waivers {
        file.name.clear();
        file.text.clear();
    }
    report.platform_label = report.platform_label.take().map(|label| scrubbed(&label));
}

/// What the user's tables say, without codes, persons and remarks.
fn positions(report: &mut Report) {
    for area in report.areas.iter_mut().filter(|area| area.code.len() > COMMUNITY_DIGITS) {
        area.code = masked(&area.code);
    }
    let own = &mut report.key_positions;
    for line in &mut own.positions {
        line.cameras.iter_mut().for_each(|code| *code = masked(code));
        line.description = scrubbed(&line.description);
        line.compound = scrubbed(&line.compound);
        line.reason.clear();
        line.surveyed.clear();
        line.reviewed = None;
        line.hints.clear();
    }
    for line in &mut own.installed {
        line.label = masked(&line.label);
        line.name = scrubbed(&line.name);
        line.unit = scrubbed(&line.unit);
        line.compound = scrubbed(&line.compound);
    }
    own.gone.iter_mut().for_each(|(code, _)| *code = masked(code));
    own.notes.clear();
    own.unknown.clear();
}

fn catalogue(report: &mut Report) {
    let catalog = &mut report.catalog;
    catalog.items.iter_mut().for_each(|item| *item = bare_item(item));
    catalog.oddities = Oddities::default();
    catalog.journal = Journal::default();
    catalog.notices = Notices::default();
    catalog.proof.parts.clear();
    catalog.proof.changes = None;
    catalog.proof.sources.iter_mut().for_each(|testimony| testimony.why = scrubbed(&testimony.why));
}

/// A record with what may be shown of it.
fn bare_item(item: &Item) -> Item {
    let mut builder = ItemBuilder::default();
    for element in ELEMENTS {
        let Some(text) = item.sent(element) else { continue };
        match element {
            Element::DeviceID => builder.push_known(element, false, &masked(text)),
            Element::Name | Element::ManagementUnit => builder.push_known(element, false, &scrubbed(text)),
            _ => builder.push_known(element, false, &short(text)),
        }
    }
    let mut bare = Item::new(builder.finish(false));
    (bare.occurrence, bare.occurrences) = (item.occurrence, item.occurrences);
    bare
}

/// What is wrong, without the value that is.
fn bare(found: &mut JudgedFinding, lang: crate::base::lang::Lang) {
    found.finding.message = Rule::find(found.rule).map(|rule| rule.page().side(lang).title.clone()).unwrap_or_default();
    found.finding.value.clear();
    found.finding.proposal.clear();
    found.finding.candidates.clear();
}

/// A word of ours, not of a decoder or of the platform.
fn is_ours(word: &str) -> bool {
    [detail::LATE, detail::STATUS].iter().any(|known| word.starts_with(known))
}

/// `3717230001132*******`: the serial part would tell the camera. A code that is none keeps its region at most.
fn masked(code: &str) -> String {
    let code = trim(code);
    if code.is_empty() {
        return String::new();
    }
    let length = code.chars().count();
    let shown = match code.get(..SHOWN_DIGITS) {
        Some(shown) if length == CODE_DIGITS && is_digits(code) => shown,
        _ => code.get(..REGION_DIGITS).filter(|region| length > REGION_DIGITS && is_digits(region)).unwrap_or_default(),
    };
    format!("{shown}{}", "*".repeat(length.min(MAX_STARS).saturating_sub(shown.len()).max(1)))
}

/// A text of others without long numbers, addresses and positions.
fn scrubbed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    for c in text.chars().chain(std::iter::once('\0')) {
        // Full-width digits read as digits, and a dot joins: 192.0.2.7, 115.889601.
        let joins = !run.is_empty() && matches!(c, '.' | ':' | '．' | '：');
        if c.is_ascii_digit() || ('０'..='９').contains(&c) || joins {
            run.push(c);
            continue;
        }
        let digits = run.chars().filter(|c| c.is_numeric()).count();
        let dotted = run.trim_end_matches(['.', ':', '．', '：']).chars().filter(|c| !c.is_numeric()).count();
        if digits >= LONG_NUMBER || dotted >= 3 {
            out.push_str(&"*".repeat(digits.min(MAX_STARS)));
        } else {
            out.push_str(&run);
        }
        run.clear();
        if c != '\0' {
            out.push(c);
        }
    }
    out
}

/// A code of a region or a word: nothing longer is one.
fn short(text: &str) -> String {
    let text = trim(text);
    if text.chars().count() <= 12 { text.to_owned() } else { "*".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_serial_part_of_a_code_is_not_shown() {
        assert_eq!(masked("37172300011320000001"), "3717230001132*******");
        assert_eq!(masked(" 37172300011320000001\n"), "3717230001132*******");
        assert_eq!(masked("371723000113200001"), "371723************");
        assert_eq!(masked("camera-7"), "********");
        assert_eq!(masked("３７１７２３00011320000001"), "********************");
        assert_eq!((masked("3717"), masked("")), ("****".into(), String::new()));
    }

    #[test]
    fn names_keep_their_words_and_lose_numbers_that_could_be_addresses() {
        for (text, wanted) in [
            ("东门3号枪机12", "东门3号枪机12"),
            ("192.0.2.7东门", "******东门"),
            ("东门 13800000000", "东门 ***********"),
            ("115.889601,34.9", "*********,34.9"),
            ("１０．１．２．３", "*****"),
            ("37172300011320000001", "********************"),
            ("3.5 米", "3.5 米"),
        ] {
            assert_eq!(scrubbed(text), wanted);
        }
    }
}
