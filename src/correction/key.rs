//! The hidden key of a row: which value of which camera of which run it is about.

use sha2::{Digest as _, Sha256};

use super::Correction;
use crate::base::text::hex;
use crate::manscdp::item::Element;
use crate::report::Report;

/// Characters of the hash that are kept; enough that no other row passes for this one by chance.
const HASH: usize = 16;

/// `camera-element-hash`; the hash covers the run, the code, its occurrence and the value the row was made for.
#[must_use]
pub fn of(report: &Report, row: &Correction) -> String {
    format!("{}-{}-{}", row.camera, row.element.name(), hash(report, row.camera, row.element))
}

fn hash(report: &Report, camera: usize, element: Element) -> String {
    let item = report.cameras.get(camera).and_then(|c| report.item(c.item));
    let mut digest = Sha256::new();
    let occurrence = item.map_or(0, |i| i.occurrence).to_string();
    let texts = [
        report.header.run_id.as_str(),
        item.and_then(|i| i.sent(Element::DeviceID)).unwrap_or_default(),
        &occurrence,
        element.name(),
        item.and_then(|i| i.sent(element)).unwrap_or_default(),
    ];
    for text in texts {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text.as_bytes());
    }
    hex(digest.finalize().get(..HASH / 2).unwrap_or_default())
}

/// Why a row cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyProblem {
    /// It is no key at all.
    Unreadable,
    /// It is of another run, or the record has changed since.
    Stale,
}

/// The camera and the element a key is about.
///
/// # Errors
/// When it is no key of this report.
pub fn read(report: &Report, key: &str) -> Result<(usize, Element), KeyProblem> {
    let mut parts = key.trim().splitn(3, '-');
    let (Some(camera), Some(element), Some(sent)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(KeyProblem::Unreadable);
    };
    let camera: usize = camera.parse().map_err(|_| KeyProblem::Unreadable)?;
    let element = Element::parse(element).ok_or(KeyProblem::Unreadable)?;
    if camera >= report.cameras.len() || hash(report, camera, element) != sent {
        return Err(KeyProblem::Stale);
    }
    Ok((camera, element))
}
