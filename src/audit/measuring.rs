//! Whom the optional measurements ask. Pure.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use super::catalogued::Catalogued;
use super::targets::is_callable;
use crate::base::text::excerpt;
use crate::catalog::Kind;
use crate::catalog::tree::Tree;
use crate::media::jpeg;
use crate::platform::measure::{Asked, Shown};
use crate::probe::decode::{Looking, seen, snapshot_name};

/// Characters kept of what a decoder says.
const MAX_WRONG: usize = 80;

/// The cameras that are asked of those that are `wanted`, in the order of the catalogue, and how many are past the limit. Where there are more than the limit
/// they are drawn by the digest of their codes: the same ones every night, and not all of one recorder.
#[must_use]
pub fn whom(catalogued: &Catalogued, most: u64, wanted: impl Fn(&str) -> bool) -> (Vec<Asked>, u64) {
    let items = &catalogued.catalog.items;
    let tree = Tree::new(items);
    let mut recorders: HashMap<&str, usize> = HashMap::new();
    let mut all: Vec<(Asked, Vec<u8>)> = Vec::new();
    let mut last = "";
    for (item, kind) in items.iter().zip(&catalogued.kinds) {
        // Lines of one code stand together, and are one camera to be asked.
        if *kind != Kind::Camera || !is_callable(item.id()) || item.id() == last {
            continue;
        }
        last = item.id();
        let next = recorders.len();
        let recorder = *recorders.entry(tree.recorder(item).unwrap_or_default()).or_insert(next);
        if !wanted(last) {
            continue;
        }
        all.push((Asked { device_id: last.to_owned(), recorder }, Sha256::digest(last.as_bytes()).to_vec()));
    }
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let beyond = all.len().saturating_sub(most) as u64;
    if beyond > 0 {
        let mut digests: Vec<&[u8]> = all.iter().map(|(_, digest)| digest.as_slice()).collect();
        digests.sort_unstable();
        let limit = digests.get(most).map(|digest| digest.to_vec()).unwrap_or_default();
        all.retain(|(_, digest)| *digest < limit);
    }
    (all.into_iter().map(|(asked, _)| asked).collect(), beyond)
}

/// Looks at what a camera uploaded, as at every other picture. Gives its small copy, by its name.
#[must_use]
pub fn look(octets: &[u8], how: Looking) -> (Shown, Option<Vec<u8>>) {
    match jpeg::read(octets) {
        Ok(picture) => {
            let seen = seen(&picture, "JPEG", how);
            let snapshot = seen.jpeg.as_deref().map(snapshot_name);
            (Shown { picture: Some(seen.facts), wrong: None, snapshot }, seen.jpeg)
        }
        Err(error) => (Shown { wrong: Some(excerpt(&error.to_string(), MAX_WRONG)), ..Shown::default() }, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::assemble;
    use crate::manscdp::command::{Dialect, catalog, item};
    use crate::manscdp::document::Document;

    #[test]
    fn a_limit_draws_the_same_cameras_every_time_and_keeps_their_order() {
        let items: Vec<String> = (1..=40)
            .map(|n| {
                let (code, recorder) = (format!("3717230001132{n:07}"), format!("3717230000118{:07}", n % 4 + 1));
                item(&[("DeviceID", &code), ("ParentID", &recorder)])
            })
            .collect();
        let body = catalog(Dialect::default(), 7, "37172300002000000002", 40, 40, &items);
        let catalog = assemble("37172300002000000002", &[], [Document::parse(&body, None).unwrap()]);
        let kinds = vec![Kind::Camera; catalog.items.len()];
        let catalogued = Catalogued { catalog, kinds };
        let (all, none) = whom(&catalogued, 40, |_| true);
        let (some, beyond) = whom(&catalogued, 10, |_| true);
        assert_eq!((all.len(), none, some.len(), beyond), (40, 0, 10, 30));
        assert!(some.is_sorted_by_key(|asked| &asked.device_id) && some == whom(&catalogued, 10, |_| true).0);
    }
}
