//! What the pictures of a run say of each other and of the catalogue: one picture under many codes, what the checks found, and
//! streams that are not what the records say. Pure; bears on no verdict by itself.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::reviewed::Review;
use crate::catalog::{Catalog, Item};
use crate::indicator::CameraFacts;
use crate::manscdp::item::Element;
use crate::media::look::fingerprint::Fingerprint;
use crate::media::look::{CHECKS, FROZEN};
use crate::probe::outcome::{PictureFacts, ProbeRecord, ProbeVerdict};
use crate::report::Camera;
use crate::report::estate::{Earlier, Named, SamePicture};
use crate::report::pictures::{Alike, Differs, Pictures, ReviewState, Reviewed, Reviews};

/// Samples a side may differ by: codecs work on blocks of 16, and not every sender cuts them.
const ROUNDED: u32 = 16;

/// The picture a code is judged by: the last visible one.
pub(super) fn visible(record: &ProbeRecord) -> Option<&PictureFacts> {
    record.attempts.iter().rev().find_map(|attempt| attempt.picture.as_ref().filter(|picture| picture.visible))
}

/// What else is known of the pictures.
pub(super) struct Compared<'a> {
    /// Those that several cameras share to the pixel.
    pub(super) exact: &'a [SamePicture],
    /// What came of holding them against those of an earlier run.
    pub(super) earlier: Option<&'a Earlier>,
    /// What a person has looked at, and in which file that stands.
    pub(super) reviews: Option<(String, Vec<Review>)>,
    /// The day of judgment.
    pub(super) day: String,
}

/// Looks at all pictures, and marks the cameras whose picture proves nothing until a person has looked at it.
pub(super) fn pictures(
    catalog: &Catalog,
    (cameras, facts): (&mut [Camera], &mut [CameraFacts]),
    probes: &BTreeMap<String, ProbeRecord>,
    compared: Compared<'_>,
) -> Pictures {
    let mut pictures = Pictures::default();
    let mut found: HashMap<&str, u64> = HashMap::new();
    let mut seen: Vec<(&Item, Fingerprint)> = Vec::new();
    for camera in &*cameras {
        for (differs, count) in [(Differs::Resolution, &mut pictures.resolution), (Differs::Encoding, &mut pictures.encoding)] {
            *count += u64::from(camera.probe.differs.contains(&differs));
        }
        let Some(item) = catalog.items.get(camera.item) else { continue };
        let Some(picture) = probes.get(item.id()).and_then(visible) else { continue };
        pictures.observed += u64::from(picture.observed_ms.is_some());
        if let Some(looks) = &picture.looks {
            pictures.looked += 1;
            looks.iter().for_each(|look| *found.entry(look.id.as_str()).or_default() += 1);
        }
        // Lines of one code were called once.
        let new = seen.last().is_none_or(|(last, _)| last.id() != item.id());
        seen.extend(picture.fingerprint.as_ref().and_then(|text| text.parse().ok()).filter(|_| new).map(|print| (item, print)));
    }
    let ids = CHECKS.iter().map(|check| check.id).chain([FROZEN]);
    pictures.looks = ids.filter_map(|id| Some((id, *found.get(id)?))).collect();
    pictures.alike = alike(&seen);
    let Compared { exact, earlier, reviews, day } = compared;
    let codes = |list: &mut dyn Iterator<Item = &Named>| list.map(|one| one.device_id.clone()).collect::<HashSet<String>>();
    let alike = pictures.alike.iter().flat_map(|alike| &alike.cameras);
    let shared = codes(&mut alike.chain(exact.iter().flat_map(|same| &same.cameras)));
    let repeated = earlier.map(|earlier| codes(&mut earlier.replayed_list.iter().chain(&earlier.still_list))).unwrap_or_default();
    let near = earlier.map(|earlier| codes(&mut earlier.near_list.iter())).unwrap_or_default();
    let mut reviews = reviews.map(|(file, rows)| Reviewing::new(file, rows, day));
    for (camera, facts) in cameras.iter_mut().zip(facts) {
        let id = catalog.items.get(camera.item).map_or("", Item::id);
        if facts.probe != ProbeVerdict::Picture {
            continue;
        }
        let (is_shared, is_repeated) = (shared.contains(id), repeated.contains(id));
        if !(is_shared || is_repeated || near.contains(id)) {
            continue;
        }
        camera.probe.reviewed = reviews.as_mut().and_then(|reviews| reviews.holds(id));
        facts.withdrawn = (is_shared || is_repeated) && camera.probe.reviewed.is_none();
        pictures.withdrawn += u64::from(facts.withdrawn);
        pictures.shared += u64::from(facts.withdrawn && is_shared);
        pictures.reviewed += u64::from(camera.probe.reviewed.is_some());
    }
    pictures.reviews = reviews.map(Reviewing::finish);
    pictures
}

/// The rows of a table of what a person has looked at, while they are held against the cameras.
struct Reviewing {
    file: String,
    day: String,
    rows: Vec<(Review, bool)>,
    /// By code, the row that holds longest.
    by_code: HashMap<String, usize>,
}

impl Reviewing {
    fn new(file: String, rows: Vec<Review>, day: String) -> Self {
        let mut by_code: HashMap<String, usize> = HashMap::new();
        for (place, row) in rows.iter().enumerate() {
            let best = by_code.entry(row.code.clone()).or_insert(place);
            if rows.get(*best).is_some_and(|other| other.until < row.until) {
                *best = place;
            }
        }
        Self { file, day, rows: rows.into_iter().map(|row| (row, false)).collect(), by_code }
    }

    /// The line of the row that holds for a code. Who looked after the day of the run looked at its picture.
    fn holds(&mut self, code: &str) -> Option<usize> {
        let (row, used) = self.rows.get_mut(*self.by_code.get(code)?)?;
        (row.until >= self.day).then(|| {
            *used = true;
            row.line
        })
    }

    fn finish(self) -> Reviews {
        let Self { file, day, rows, .. } = self;
        let rows = rows.into_iter().map(|(row, used)| Reviewed {
            state: match used {
                true => ReviewState::Effective,
                false if row.until < day => ReviewState::Expired,
                false => ReviewState::Unused,
            },
            line: row.line,
            code: row.code,
            reviewer: row.reviewer,
            date: row.date,
            until: row.until,
            note: row.note,
        });
        Reviews { file, rows: rows.collect(), as_of: day }
    }
}

/// Groups of cameras that show one picture, the largest first. A group is what lies near its first camera, in the order of the
/// catalogue; of all pictures only those are compared that have a part of their fingerprints in common.
fn alike(seen: &[(&Item, Fingerprint)]) -> Vec<Alike> {
    let mut groups: Vec<(Fingerprint, Vec<&Item>)> = Vec::new();
    let mut by_part: HashMap<(u8, u16), Vec<usize>> = HashMap::new();
    for (item, print) in seen {
        let near = print.parts().filter_map(|part| by_part.get(&part)).flatten().copied();
        let near = near.filter(|place| groups.get(*place).is_some_and(|(first, _)| first.is_same(*print))).min();
        match near.and_then(|place| groups.get_mut(place)) {
            Some((_, cameras)) => cameras.push(item),
            None => {
                print.parts().for_each(|part| by_part.entry(part).or_default().push(groups.len()));
                groups.push((*print, vec![item]));
            }
        }
    }
    let named = |item: &Item| {
        let text = |element| item.text(element).unwrap_or_default().to_owned();
        Named { device_id: item.id().to_owned(), name: text(Element::Name), status: text(Element::Status) }
    };
    let several = groups.into_iter().filter(|(_, cameras)| cameras.len() > 1);
    let mut alike: Vec<Alike> = several
        .map(|(print, cameras)| Alike { fingerprint: print.to_string(), cameras: cameras.into_iter().map(named).collect() })
        .collect();
    alike.sort_by_key(|alike| std::cmp::Reverse(alike.cameras.len()));
    alike
}

/// In what a stream is not what the record of its camera says. A record that names several streams is right if one of them is
/// this; what it says in words nobody can read is another rule's.
pub(super) fn differs(item: &Item, picture: &PictureFacts) -> Box<[Differs]> {
    let said = |element| item.text(element).unwrap_or_default().split('/').map(str::trim).filter(|part| !part.is_empty());
    let sizes: Option<Vec<(u32, u32)>> = said(Element::Resolution).map(size).collect();
    let codecs: Option<Vec<&str>> = said(Element::EncodeType).map(codec).collect();
    let near =
        |(width, height): &(u32, u32)| width.abs_diff(picture.width) <= ROUNDED && height.abs_diff(picture.height) <= ROUNDED;
    let other_size = sizes.is_some_and(|sizes| !sizes.is_empty() && !sizes.iter().any(near));
    let other_codec = codecs.is_some_and(|codecs| !codecs.is_empty() && !codecs.contains(&picture.codec.as_str()));
    let both = [(other_size, Differs::Resolution), (other_codec, Differs::Encoding)];
    both.into_iter().filter(|(differs, _)| *differs).map(|(_, what)| what).collect()
}

/// A part of Resolution (annex A; the codes of SDP's f line).
fn size(part: &str) -> Option<(u32, u32)> {
    match part {
        "1" => Some((176, 144)),
        "2" => Some((352, 288)),
        "3" => Some((704, 576)),
        "4" => Some((720, 576)),
        "5" => Some((1_280, 720)),
        "6" => Some((1_920, 1_080)),
        _ => part.split_once(['x', 'X']).and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?))),
    }
}

/// A part of EncodeType. 4 is 3GP in the standard and H.265 to the police: nothing is held against it.
fn codec(part: &str) -> Option<&'static str> {
    match part {
        "1" => Some("MPEG-4"),
        "2" => Some("H.264"),
        "3" => Some("SVAC"),
        "5" => Some("H.265"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::assemble;
    use crate::manscdp::command::{Dialect, catalog, item};
    use crate::manscdp::document::Document;
    use crate::probe::outcome::tests::picture;

    fn items(elements: &[&[(&str, &str)]]) -> Vec<Item> {
        let bodies: Vec<String> = elements.iter().map(|one| item(one)).collect();
        let total = bodies.len() as u64;
        let body = catalog(Dialect::default(), 7, "37172300002000000002", total, total, &bodies);
        assemble("37172300002000000002", &[], [Document::parse(&body, None).unwrap()]).items
    }

    #[test]
    fn a_stream_is_held_against_what_its_record_says() {
        let seen = |resolution: &str, encoding: &str| {
            let code = ("DeviceID", "37172300011320000001");
            let items = items(&[&[code, ("Info/Resolution", resolution), ("Info/EncodeType", encoding)]]);
            differs(&items[0], &PictureFacts { width: 1_920, height: 1_088, ..picture(None) }).to_vec()
        };
        assert_eq!(seen("6", "2"), []);
        assert_eq!(seen("5/6/2", "5/2"), []);
        assert_eq!(seen("1920x1080", ""), []);
        assert_eq!(seen("5", "5"), [Differs::Resolution, Differs::Encoding]);
        assert_eq!(seen("2560x1440", "2"), [Differs::Resolution]);
        assert_eq!(seen("1080P", "H.265"), [], "what cannot be read is A16's and A17's");
        assert_eq!(seen("", "4"), []);
    }

    #[test]
    fn pictures_that_are_one_are_found_whatever_stands_between_them() {
        let codes: Vec<String> = (1..=6).map(|n| format!("3717230001132000000{n}")).collect();
        let elements: Vec<[(&str, &str); 1]> = codes.iter().map(|code| [("DeviceID", code.as_str())]).collect();
        let items = items(&elements.iter().map(|one| &one[..]).collect::<Vec<_>>());
        let one: Fingerprint = "0123456789abcdef0123456789abcdef".parse().unwrap();
        let near: Fingerprint = "0123456789abcdef0123456789abcde0".parse().unwrap();
        let far: Fingerprint = "0123456789abcdef01234567ffffffff".parse().unwrap();
        let other: Fingerprint = "fedcba9876543210fedcba9876543210".parse().unwrap();
        let seen: Vec<(&Item, Fingerprint)> = items.iter().zip([one, other, near, far, one, other]).collect();
        let found = alike(&seen);
        let codes = |place: usize| found[place].cameras.iter().map(|camera| &camera.device_id[19..]).collect::<Vec<_>>();
        assert_eq!((found.len(), codes(0), codes(1)), (2, vec!["1", "3", "5"], vec!["2", "6"]));
    }
}
