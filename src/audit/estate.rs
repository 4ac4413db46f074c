//! The estate, not only the answer: the latest earlier run, the ledger and the platform's own claims held against what came.
//! Pure; whoever has a store hands the earlier evidence in.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::AssessError;
use super::catalogued::{Catalogued, catalogued};
use super::pictures::visible;
use crate::base::lang::Lang;
use crate::catalog::import::rows_from_csv;
use crate::catalog::item::Status;
use crate::catalog::{Catalog, Item, Kind};
use crate::diff::codes;
use crate::diff::pair::{How, Pair, Pairing, pair};
use crate::evidence::compared::{EARLIER_RUN, LEDGER};
use crate::evidence::{Evidence, Header, Supplied};
use crate::indicator::CameraFacts;
use crate::manscdp::item::Element;
use crate::media::look::fingerprint::Fingerprint;
use crate::probe::outcome::{Level, PictureFacts, ProbeRecord, ProbeVerdict};
use crate::report::Camera;
use crate::report::estate::{Claims, Earlier, Estate, Ledger, MAX_LISTED, Named, Renumbered, SamePicture, share};
use crate::rules::context::normalise_name;
use crate::rules::tables::{CodeChange, TableKind, Tables};

/// Fewer cameras than this may well be in one state.
const MIN_UNIFORM: u64 = 20;

/// 编码变更对照表 of a run.
///
/// # Errors
/// When the table that stands in the evidence cannot be read.
pub fn code_changes(header: &Header, lang: Lang) -> Result<Vec<CodeChange>, AssessError> {
    let mut tables = Tables::default();
    for table in header.tables_of(TableKind::CodeChanges.about().key) {
        tables.add(TableKind::CodeChanges, &table.text, lang).map_err(|(line, message)| AssessError::Table {
            name: table.name.clone(),
            line,
            message,
        })?;
    }
    Ok(tables.code_changes)
}

/// The cameras of a run's evidence, and whether its catalogue carries numbers.
fn cameras(evidence: &Evidence, lang: Lang) -> Result<(Vec<Item>, bool), AssessError> {
    let Catalogued { catalog, kinds } = catalogued(&evidence.header, &evidence.messages, &evidence.tables, lang)?;
    let whole = !catalog.state.voids();
    let cameras = catalog.items.into_iter().zip(kinds).filter(|(_, kind)| *kind == Kind::Camera).map(|(item, _)| item);
    Ok((cameras.collect(), whole))
}

/// Holds a run against an earlier one, and keeps what came of it with the run. Whether the earlier one could be used: it was
/// ended, and its catalogue is whole.
///
/// # Errors
/// When a table in the evidence of either cannot be read.
pub fn remember(evidence: &mut Evidence, earlier: &Evidence, lang: Lang) -> Result<bool, AssessError> {
    if earlier.header.incomplete.is_some() {
        return Ok(false);
    }
    let (before, whole) = cameras(earlier, lang)?;
    if !whole {
        return Ok(false);
    }
    let (after, _) = cameras(evidence, lang)?;
    let tables = [code_changes(&earlier.header, lang)?, code_changes(&evidence.header, lang)?];
    let changes = codes([&tables[0], &tables[1]]);
    let had = compare((&before, earlier), (&after, evidence), &changes);
    if let Ok(text) = serde_json::to_string(&had) {
        evidence.header.supplied.retain(|table| table.key != EARLIER_RUN);
        evidence.header.supplied.push(Supplied { key: EARLIER_RUN.to_owned(), name: had.run, text });
    }
    Ok(true)
}

/// Hundredths of luma, of the mean and of its spread, within which the light of two nights is the same. What a sensor sees moves by
/// more from noise, exposure and the clock in the picture.
const SAME_LIGHT_X100: u32 = 2;

/// How like two pictures of one camera are, of two nights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Likeness {
    /// To the last pixel, or the last cell.
    Same,
    /// Nearly, in the very same light.
    Still,
    /// Nearly.
    Near,
}

/// The last visible pictures, by the codes they came from.
fn pictures(probes: &[ProbeRecord]) -> HashMap<&str, (&ProbeRecord, &PictureFacts)> {
    probes.iter().filter_map(|record| Some((record.device_id.as_str(), (record, visible(record)?)))).collect()
}

fn likeness((was, before): (&ProbeRecord, &PictureFacts), (is, after): (&ProbeRecord, &PictureFacts)) -> Option<Likeness> {
    let cells = before.digest.is_some() && before.digest == after.digest;
    let same = match (&was.snapshot, &is.snapshot) {
        (Some(was), Some(is)) => was == is,
        _ => cells,
    };
    if same {
        return Some(Likeness::Same);
    }
    // Cell by cell, and not pixel by pixel: coded again.
    if cells {
        return Some(Likeness::Still);
    }
    let print = |picture: &PictureFacts| picture.fingerprint.as_ref().and_then(|text| text.parse::<Fingerprint>().ok());
    if !print(before)?.is_same(print(after)?) {
        return None;
    }
    let same = |was: u32, is: u32| was.abs_diff(is) <= SAME_LIGHT_X100;
    let light = same(before.mean_luma_x100, after.mean_luma_x100) && same(before.sigma_luma_x100, after.sigma_luma_x100);
    Some(if light { Likeness::Still } else { Likeness::Near })
}

fn compare(
    (before, earlier): (&[Item], &Evidence),
    (after, evidence): (&[Item], &Evidence),
    changes: &[(&str, &str)],
) -> Earlier {
    let (was, is) = (pictures(&earlier.probes), pictures(&evidence.probes));
    let earlier = &earlier.header;
    let (old, new): (Vec<&Item>, Vec<&Item>) = (before.iter().collect(), after.iter().collect());
    let Pairing { pairs, only_before, only_after } = pair(&old, &new, changes);
    let recoded: Vec<_> = pairs.iter().filter(|pair| pair.how != How::Code).collect();
    let alike = |pair: &Pair| {
        let (was, is) = (was.get(old.get(pair.before)?.id())?, is.get(new.get(pair.after)?.id())?);
        Some((likeness(*was, *is)?, *new.get(pair.after)?))
    };
    let likes: Vec<(Likeness, &Item)> = pairs.iter().filter_map(alike).collect();
    let of = |wanted: Likeness| likes.iter().filter(move |(found, _)| *found == wanted).map(|(_, item)| *item);
    let count = |wanted| of(wanted).count() as u64;
    let list = |wanted| of(wanted).take(MAX_LISTED).map(named).collect();
    let gone = || only_before.iter().filter_map(|place| old.get(*place));
    let renumbered = recoded.iter().filter_map(|pair| {
        let (was, is) = (old.get(pair.before)?, new.get(pair.after)?);
        Some(Renumbered { old: was.id().to_owned(), new: is.id().to_owned(), name: name(is), by: pair.how.key().to_owned() })
    });
    Earlier {
        run: earlier.run_id.clone(),
        started: earlier.started,
        cameras: before.len() as u64,
        kept: (pairs.len() - recoded.len()) as u64,
        new: only_after.len() as u64,
        gone: only_before.len() as u64,
        gone_offline: gone().filter(|item| item.status().value() == Some(&Status::Off)).count() as u64,
        recoded: recoded.len() as u64,
        replayed: count(Likeness::Same),
        replayed_list: list(Likeness::Same),
        near: count(Likeness::Near),
        near_list: list(Likeness::Near),
        still: count(Likeness::Still),
        still_list: list(Likeness::Still),
        gone_list: gone().take(MAX_LISTED).map(|item| named(item)).collect(),
        recoded_list: renumbered.take(MAX_LISTED).collect(),
    }
}

fn name(item: &Item) -> String {
    item.text(Element::Name).unwrap_or_default().to_owned()
}

fn named(item: &Item) -> Named {
    let status = item.text(Element::Status).unwrap_or_default().to_owned();
    Named { device_id: item.id().to_owned(), name: name(item), status }
}

/// What came of holding a run against an earlier one. What an older program kept in another form is as if it had not been compared.
pub(super) fn earlier(header: &Header) -> Option<Earlier> {
    header.tables_of(EARLIER_RUN).find_map(|table| serde_json::from_str(&table.text).ok())
}

/// What is known of the estate beyond the answer.
///
/// # Errors
/// When the ledger in the evidence cannot be read.
pub(super) fn estate(
    header: &Header,
    catalog: &Catalog,
    kinds: &[Kind],
    (cameras, facts): (&[Camera], &[CameraFacts]),
    (earlier, same_pictures): (Option<Earlier>, Vec<SamePicture>),
    lang: Lang,
) -> Result<Estate, AssessError> {
    let items: Vec<&Item> = cameras.iter().filter_map(|camera| catalog.items.get(camera.item)).collect();
    let circumstances = (!catalog.state.voids(), header.mode, catalog.received);
    Ok(Estate {
        share: share(header.platform.expected, items.len() as u64, circumstances),
        earlier,
        ledger: ledger(header, catalog, kinds, &items, lang)?,
        claims: claims(&items, facts),
        same_pictures,
    })
}

/// Pictures that cameras of several codes share, to the pixel.
pub(super) fn same_pictures(
    catalog: &Catalog,
    (cameras, facts): (&[Camera], &[CameraFacts]),
    probes: &BTreeMap<String, ProbeRecord>,
) -> Vec<SamePicture> {
    let mut by_picture: BTreeMap<&str, Vec<&Item>> = BTreeMap::new();
    for (camera, _) in cameras.iter().zip(facts).filter(|(_, facts)| facts.late_level >= Level::Visible) {
        let Some(item) = catalog.items.get(camera.item) else { continue };
        let Some(snapshot) = probes.get(item.id()).and_then(|record| record.snapshot.as_deref()) else { continue };
        let cameras = by_picture.entry(snapshot).or_default();
        // Lines of one code were called once.
        if cameras.last().is_none_or(|last| last.id() != item.id()) {
            cameras.push(item);
        }
    }
    let several = by_picture.into_iter().filter(|(_, cameras)| cameras.len() > 1);
    let mut same: Vec<SamePicture> = several
        .map(|(snapshot, cameras)| SamePicture {
            snapshot: snapshot.to_owned(),
            cameras: cameras.into_iter().map(named).collect(),
        })
        .collect();
    same.sort_by_key(|same| std::cmp::Reverse(same.cameras.len()));
    same
}

fn claims(items: &[&Item], facts: &[CameraFacts]) -> Claims {
    let mut claims = Claims::default();
    let list = |list: fn(&mut Claims) -> &mut Vec<Named>, claims: &mut Claims, item: &Item| {
        let list = list(claims);
        if list.len() < MAX_LISTED {
            list.push(named(item));
        }
    };
    for (item, facts) in items.iter().zip(facts) {
        let dark = facts.probe == ProbeVerdict::NoPicture && facts.cause.is_some() && !facts.doubtful;
        match item.status().value() {
            Some(Status::On) => {
                claims.on += 1;
                claims.on_without_picture += u64::from(dark);
                if dark && facts.late_level == Level::Nothing {
                    claims.on_unanswered += 1;
                    list(|claims| &mut claims.on_unanswered_list, &mut claims, item);
                }
            }
            Some(Status::Off) => {
                claims.off += 1;
                if facts.probe == ProbeVerdict::Picture {
                    claims.off_with_picture += 1;
                    list(|claims| &mut claims.off_with_picture_list, &mut claims, item);
                }
            }
            None => claims.silent += 1,
        }
    }
    let all = claims.on + claims.off + claims.silent;
    claims.uniform = all >= MIN_UNIFORM && [claims.on, claims.off, claims.silent].contains(&all);
    claims
}

/// Holds the ledger against the cameras: by code, then by a name that one row and one camera have alone.
fn ledger(
    header: &Header,
    catalog: &Catalog,
    kinds: &[Kind],
    cameras: &[&Item],
    lang: Lang,
) -> Result<Option<Ledger>, AssessError> {
    let mut rows: Vec<Item> = Vec::new();
    let mut file = None;
    for table in header.tables_of(LEDGER) {
        let wrong = |(line, message)| AssessError::Table { name: table.name.clone(), line, message };
        rows.extend(rows_from_csv(table.text.as_bytes(), lang).map_err(wrong)?.items.into_iter().map(Item::new));
        // `台账.xlsx/Sheet1`
        file.get_or_insert_with(|| table.name.split('/').next().unwrap_or_default().to_owned());
    }
    let Some(file) = file else { return Ok(None) };
    let others = catalog.items.iter().zip(kinds).filter(|(_, kind)| **kind != Kind::Camera);
    let nodes: HashSet<&str> = others.map(|(item, _)| item.id()).filter(|id| !id.is_empty()).collect();
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, item) in cameras.iter().enumerate().filter(|(_, item)| !item.id().is_empty()) {
        places.entry(item.id()).or_default().push(place);
    }
    let mut ledger = Ledger { file, ..Ledger::default() };
    let mut listed = vec![false; cameras.len()];
    let mut seen = HashSet::new();
    let mut left = Vec::new();
    for row in &rows {
        let id = row.id();
        // Recorders and folders are no cameras; a row that stands twice is one camera.
        if nodes.contains(id) || (!id.is_empty() && !seen.insert(id)) {
            continue;
        }
        ledger.rows += 1;
        match places.get(id) {
            Some(found) => {
                ledger.by_code += 1;
                for place in found {
                    mark(&mut listed, *place);
                }
            }
            None => left.push(row),
        }
    }
    let unlisted: Vec<usize> = listed.iter().enumerate().filter(|(_, listed)| !**listed).map(|(place, _)| place).collect();
    let rows_by_name = alone(left.iter().enumerate().map(|(place, row)| (place, *row)));
    let cameras_by_name = alone(unlisted.iter().filter_map(|place| Some((*place, *cameras.get(*place)?))));
    let mut found = HashSet::new();
    for (name_of_row, place) in &rows_by_name {
        let (Some(row), Some(camera)) = (place.and_then(|p| left.get(p)), cameras_by_name.get(name_of_row).copied().flatten())
        else {
            continue;
        };
        let Some(item) = cameras.get(camera) else { continue };
        ledger.by_name += 1;
        found.extend(*place);
        mark(&mut listed, camera);
        ledger.other_code_list.push(Renumbered {
            old: row.id().to_owned(),
            new: item.id().to_owned(),
            name: name(item),
            by: "name".to_owned(),
        });
    }
    // The order of a map is nobody's.
    ledger.other_code_list.sort_unstable_by(|a, b| (&a.new, &a.old).cmp(&(&b.new, &b.old)));
    ledger.other_code_list.truncate(MAX_LISTED);
    let missing = || left.iter().enumerate().filter(|(place, _)| !found.contains(place)).map(|(_, row)| row);
    let unlisted = || cameras.iter().zip(&listed).filter(|(_, listed)| !**listed).map(|(item, _)| item);
    ledger.missing = missing().count() as u64;
    ledger.unlisted = unlisted().count() as u64;
    ledger.missing_list = missing().take(MAX_LISTED).map(|row| named(row)).collect();
    ledger.unlisted_list = unlisted().take(MAX_LISTED).map(|item| named(item)).collect();
    Ok(Some(ledger))
}

fn mark(listed: &mut [bool], place: usize) {
    if let Some(slot) = listed.get_mut(place) {
        *slot = true;
    }
}

/// Places by names; nothing where several have one.
fn alone<'i>(items: impl Iterator<Item = (usize, &'i Item)>) -> HashMap<Cow<'i, str>, Option<usize>> {
    let mut names: HashMap<Cow<'_, str>, Option<usize>> = HashMap::new();
    for (place, item) in items {
        let name = normalise_name(item.text(Element::Name).unwrap_or_default());
        if !name.is_empty() {
            names.entry(name).and_modify(|found| *found = None).or_insert(Some(place));
        }
    }
    names
}
