//! Scenes drawn by a seed, several troubles at once: what is proven whole is whole, item by item, and what is not is said.
//!
//! `GBAUDIT_SCENES=200 cargo test --test it scenes` audits all of them; `GBAUDIT_SCENES_FROM=N` begins at a scene.

use std::path::Path;

use gbaudit::base::lang::Lang;
use gbaudit::catalog::CatalogState;
use gbaudit::config::scene::read_scene;
use gbaudit::report::Report;
use gbaudit::simulator::generated::{is_complete, scene_file, truth};
use gbaudit::simulator::score::score;
use gbaudit::simulator::world::World;

use crate::support::file;
use crate::troubles::{listener, together};

/// Scenes of an ordinary run.
const SCENES: u32 = 24;
/// Platforms audited in one run.
const TOGETHER: u32 = 24;
const SEED: u64 = 1;

fn number(name: &str, otherwise: u32) -> u32 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Everything in which a report disagrees with the truth.
fn differences(report: &Report, world: &World) -> Vec<String> {
    let (catalog, items) = (&report.catalog, world.items() as u64);
    let whys: Vec<_> = catalog.why.iter().map(|why| why.id).collect();
    let scored = score(world, &[], &file(report, "devices.jsonl")).unwrap();
    let mut differences = Vec::new();
    // What cuts a body may have cut nothing that was missing: whole is whole. What nothing keeps from being whole has to be.
    if is_complete(world.scene()) == Some(true) && catalog.state.voids() {
        differences.push(format!("{:?} {whys:?}, {} of {} received", catalog.state, catalog.received, catalog.declared));
        let heard = report.header.heard.iter().map(|heard| heard.render(Lang::En));
        differences.extend(heard.chain(report.header.queries.iter().map(|query| format!("{query:?}"))));
    }
    if catalog.state == CatalogState::Complete && (catalog.received, scored.missing) != (items, 0) {
        differences.push(format!("complete with {} of {items} items, {} cameras missing", catalog.received, scored.missing));
    }
    if scored.extra > 0 {
        differences.push(format!("{} cameras that the platform does not have", scored.extra));
    }
    if catalog.state == CatalogState::Complete && truth(world)["records_as_they_are"] == true {
        let wrong = scored.fields.iter().flat_map(|(field, matrix)| matrix.keys().map(move |cell| (field, cell)));
        // A camera that cannot be judged in a field may not be failed for it; one that is wrong has to be.
        let wrong = wrong.filter(|(_, (truth, said))| (truth == "fail") != (said == "fail"));
        differences.extend(wrong.map(|(field, (truth, said))| format!("{field}: {truth} → {said}")));
    }
    differences
}

#[test]
fn what_is_proven_whole_is_whole_and_what_is_not_is_said() {
    let (count, mut from) = (number("GBAUDIT_SCENES", SCENES), number("GBAUDIT_SCENES_FROM", 1));
    let (mut wrong, mut whole) = (Vec::new(), 0);
    let end = from + count;
    while from < end {
        let numbers = from..end.min(from + TOGETHER);
        let scenes = numbers.clone().map(|number| {
            let text = scene_file(SEED, number);
            read_scene("scene", &text, Path::new(""), Lang::En).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"))
        });
        let run = together(scenes.collect(), listener(35_000));
        for ((number, report), world) in numbers.zip(&run.reports).zip(&run.worlds) {
            whole += u32::from(report.catalog.state == CatalogState::Complete);
            let troubles: Vec<_> = world.scene().troubles.iter().filter_map(|t| t.about()).map(|about| about.id).collect();
            wrong.extend(differences(report, world).into_iter().map(|what| format!("scene {number} {troubles:?}: {what}")));
        }
        from += TOGETHER;
    }
    println!("{count} scenes, {whole} proven whole");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(whole * 2 > count, "most scenes can be had whole");
}
