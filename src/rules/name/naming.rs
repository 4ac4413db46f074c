//! What the rules about names know besides the name: the templates, the names of places, and other regions' names.
//!
//! Not for: which names are alike (`context.rs`).

use std::borrow::Cow;

use super::template::{Compiled, Names, Places, TemplateSet};
use crate::base::keyed::KeyMap;
use crate::base::lang::Lang;
use crate::catalog::Item;
use crate::division::codes::parse_six;
use crate::division::names::{NameIndex, RegionNames};
use crate::division::{CodeStatus, Divisions, Towns};
use crate::manscdp::item::Element;
use crate::profile::name_template::{NameTemplates, Unique};
use crate::rules::context::digits_of;
use crate::rules::template::Matched;
use crate::say;

/// Made once for a catalogue.
pub struct Naming<'a> {
    /// `None` where the profile's templates cannot be used; whoever loads a profile refuses that.
    templates: Option<TemplateSet>,
    divisions: &'a Divisions,
    /// Names of province, prefecture, county and its towns by the six digits of a code.
    places: KeyMap<String, [Names; 4]>,
    /// The index of tables that are not those of this build.
    own_index: Option<NameIndex<'a>>,
}

/// The template a name is held against.
#[derive(Debug, Clone, Copy)]
pub enum Asked<'t> {
    /// The profile has none.
    None,
    /// Those of the profile cannot be used.
    Unusable,
    /// None of them is for this camera.
    Other,
    /// This one.
    Template(&'t Compiled),
}

impl<'a> Naming<'a> {
    /// Prepares what the names of these items are asked with.
    pub(in crate::rules) fn new(names: &NameTemplates, items: &[Item], divisions: &'a Divisions) -> Self {
        let templates = TemplateSet::compile(&names.templates, &names.lists).ok();
        let mut places: KeyMap<String, [Names; 4]> = KeyMap::default();
        if templates.as_ref().is_some_and(|set| !set.is_empty()) {
            for code in items.iter().filter_map(six_of) {
                if places.contains_key(code.as_ref()) {
                    continue;
                }
                // Only codes of the tables are kept: hostile ones cannot fill the memory.
                if let Some(RegionNames { province, city, county }) = RegionNames::of(&code, divisions) {
                    let towns = towns_of(&code);
                    places.insert(code.into_owned(), [Names::new(&province), Names::new(&city), Names::new(&county), towns]);
                }
            }
        }
        let own_index = (!std::ptr::eq(divisions, Divisions::embedded())).then(|| NameIndex::new(divisions));
        Self { templates, divisions, places, own_index }
    }

    /// The template for a camera.
    #[must_use]
    pub fn asked(&self, item: &Item) -> Asked<'_> {
        let Some(templates) = &self.templates else { return Asked::Unusable };
        if templates.is_empty() {
            return Asked::None;
        }
        templates.select(item.id(), &civil(item)).map_or(Asked::Other, Asked::Template)
    }

    /// Where a camera's name may stand once only, if its template says so.
    #[must_use]
    pub fn unique(&self, item: &Item) -> Option<Unique> {
        match self.asked(item) {
            Asked::Template(template) => template.unique,
            Asked::None | Asked::Unusable | Asked::Other => None,
        }
    }

    /// The names of places that are right for a camera. The prefecture's own code says nothing about counties.
    #[must_use]
    pub fn places(&self, item: &Item) -> Places<'_> {
        let Some([province, city, county, town]) = six_of(item).and_then(|code| self.places.get(code.as_ref())) else {
            return Places::default();
        };
        Places {
            province: Some(province).filter(|names| !names.is_empty()),
            city: Some(city).filter(|names| !names.is_empty()),
            county: Some(county).filter(|names| !names.is_empty()),
            town: Some(town).filter(|names| !names.is_empty()),
            ..Places::default()
        }
    }

    /// What a name says about its direction, where its template matches and has a part for it.
    #[must_use]
    pub fn matched(&self, item: &Item, name: &str) -> Option<Matched> {
        match self.asked(item) {
            Asked::Template(template) => template.check(name, &self.places(item)).ok(),
            Asked::None | Asked::Unusable | Asked::Other => None,
        }
    }

    /// Whether CivilCode says in which region of the tables the camera stands.
    #[must_use]
    pub fn knows_region(&self, item: &Item) -> bool {
        let code = six_of(item).and_then(|six| parse_six(&six));
        code.is_some_and(|code| self.divisions.status(code) != CodeStatus::Unknown)
    }

    /// Says so where a name names another region than that of CivilCode.
    #[must_use]
    pub fn other_region(&self, item: &Item, name: &str, lang: Lang) -> Option<String> {
        let civil = six_of(item)?;
        let index: &NameIndex<'_> = self.own_index.as_ref().unwrap_or_else(|| NameIndex::embedded());
        let (code, region) = index.other_named(name, &civil)?;
        Some(say!(
            lang,
            "名称中写有“{region}”（{code}），行政区划却是 {civil}",
            "the name says {region} ({code}), CivilCode is {civil}"
        ))
    }
}

/// Names of the towns a county has or had; none where the lists do not have the county. Zones have towns of their own
/// in the counties of their prefecture, so theirs are right as well.
fn towns_of(six: &str) -> Names {
    let towns = Towns::embedded();
    let Some(county) = parse_six(six).filter(|county| towns.knows(*county)) else { return Names::default() };
    let zones = ZONES.map(|zone| county / 100 * 100 + zone);
    let all = std::iter::once(county).chain(zones).flat_map(|code| towns.of_county(code));
    let names: Vec<_> = all.map(|town| crate::division::names::town(&town.name)).collect();
    Names::new(&names)
}

/// The last two digits of the codes the statistical lists give to zones.
const ZONES: std::ops::RangeInclusive<u32> = 71..=79;

/// CivilCode in plain digits; empty when there is none.
fn civil(item: &Item) -> Cow<'_, str> {
    item.text(Element::CivilCode).map(digits_of).unwrap_or_default()
}

/// The six digits a CivilCode of 6 or 8 digits begins with.
pub(in crate::rules) fn six_of(item: &Item) -> Option<Cow<'_, str>> {
    let civil = civil(item);
    if !matches!(civil.len(), 6 | 8) || !crate::base::device_id::is_digits(&civil) {
        return None;
    }
    match civil {
        Cow::Borrowed(civil) => civil.get(..6).map(Cow::Borrowed),
        Cow::Owned(civil) => civil.get(..6).map(|six| Cow::Owned(six.to_owned())),
    }
}
