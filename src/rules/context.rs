//! What rules know besides the item: the catalogue indexed, the tables, the settings.

use std::collections::{HashMap, HashSet};

use unicode_normalization::UnicodeNormalization as _;

use super::Rule;
use super::engine::Plan;
use super::index::Index;
use super::tables::Tables;
use crate::base::device_id::DeviceId;
use crate::base::geo::Position;
use crate::base::lang::Lang;
use crate::base::text::trim;
use crate::base::time::Timestamp;
use crate::catalog::tree::Tree;
use crate::catalog::{Item, Kind};
use crate::division::{Area, Boundaries, CodeStatus, Divisions, Jurisdiction};
use crate::edition::Edition;
use crate::manscdp::item::Element;
use crate::profile::Compliance;

/// The settings and tables a judgment is made with.
pub struct Context<'a> {
    /// All items of the catalogue.
    pub items: &'a [Item],
    /// Their kinds.
    pub kinds: &'a [Kind],
    /// Index by code and parent.
    pub tree: Tree<'a>,
    /// The edition the platform speaks.
    pub edition: Edition,
    /// The audited regions, if set.
    pub jurisdiction: Option<&'a Jurisdiction>,
    /// Region codes.
    pub divisions: &'a Divisions,
    /// County outlines.
    pub boundaries: Option<&'a Boundaries>,
    /// The profile's part on records.
    pub profile: &'a Compliance,
    /// The platform's own code; empty for files.
    pub platform_id: &'a str,
    /// Our code; empty for files.
    pub local_id: &'a str,
    /// The language of messages.
    pub lang: Lang,
    /// Area of the jurisdiction.
    jurisdiction_area: Option<Area<'a>>,
    /// Areas of the codes that occur, by code.
    areas: HashMap<String, Option<Area<'a>>>,
    /// How often each normalised name occurs on cameras of the catalogue.
    names: HashMap<String, u32>,
    /// The same by community.
    names_of_community: HashMap<(String, String), u32>,
    /// Tables of the user's.
    pub tables: &'a Tables,
    /// When the records are judged.
    pub at: Timestamp,
    /// What rules know of the whole catalogue, made when first asked.
    pub(super) index: Index,
    /// Which rules are asked.
    pub(super) plan: Plan,
}

/// What a context is made from.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    /// The edition the platform speaks.
    pub edition: Edition,
    /// The audited regions, if set.
    pub jurisdiction: Option<&'a Jurisdiction>,
    /// Region codes.
    pub divisions: &'a Divisions,
    /// County outlines.
    pub boundaries: Option<&'a Boundaries>,
    /// The profile's part on records.
    pub profile: &'a Compliance,
    /// Tables of the user's.
    pub tables: &'a Tables,
    /// When the records are judged.
    pub at: Timestamp,
    /// The platform's own code; empty for files.
    pub platform_id: &'a str,
    /// Our code; empty for files.
    pub local_id: &'a str,
    /// The language of messages.
    pub lang: Lang,
}

/// One camera being judged.
pub struct Case<'a> {
    /// The item.
    pub item: &'a Item,
    /// DeviceID trimmed.
    pub id: &'a str,
    /// DeviceID as segments, if it is 20 digits.
    pub code: Option<DeviceId<'a>>,
    /// Its normalised name.
    pub name: String,
    /// The community it is known to belong to, if any.
    pub community: Option<String>,
    /// Both axes as numbers, if they are.
    pub position: Option<Position>,
    /// Fixed-point rules do not apply.
    pub mobile: bool,
}

impl<'a> Context<'a> {
    /// Indexes a catalogue.
    #[must_use]
    pub fn new(items: &'a [Item], kinds: &'a [Kind], setting: Setting<'a>) -> Self {
        let mut context = Self {
            items,
            kinds,
            tree: Tree::new(items),
            edition: setting.edition,
            jurisdiction: setting.jurisdiction,
            divisions: setting.divisions,
            boundaries: setting.boundaries,
            profile: setting.profile,
            platform_id: setting.platform_id,
            local_id: setting.local_id,
            lang: setting.lang,
            jurisdiction_area: None,
            areas: HashMap::new(),
            names: HashMap::new(),
            names_of_community: HashMap::new(),
            tables: setting.tables,
            at: setting.at,
            index: Index::default(),
            plan: Plan::new(setting.profile, setting.edition, setting.tables),
        };
        if let Some(boundaries) = setting.boundaries {
            context.jurisdiction_area =
                setting.jurisdiction.and_then(|j| Area::of_jurisdiction(j, boundaries, setting.divisions));
            if context.jurisdiction_area.is_none() {
                let codes: HashSet<String> = items.iter().flat_map(area_codes).collect();
                context.areas = codes
                    .into_iter()
                    .map(|code| {
                        let area = Area::of_code(&code, boundaries, setting.divisions);
                        (code, area)
                    })
                    .collect();
            }
        }
        for (item, kind) in items.iter().zip(kinds) {
            let name = item.sent(Element::Name).map(normalise_name).unwrap_or_default();
            if *kind != Kind::Camera || name.is_empty() || super::name::is_bad(&name) {
                continue;
            }
            if let Some(community) = context.community(item) {
                *context.names_of_community.entry((community, name.clone())).or_default() += 1;
            }
            *context.names.entry(name).or_default() += 1;
        }
        context
    }

    /// The rules that were not asked because their table was not supplied.
    #[must_use]
    pub fn without_table(&self) -> &[&'static Rule] {
        &self.plan.without_table
    }

    /// Whether the profile counts anything beside the four fields.
    #[must_use]
    pub fn counts_others(&self) -> bool {
        let beside = self.plan.fields.iter().filter(|(field, _)| super::FieldId::OTHERS.contains(field));
        beside.flat_map(|(_, asked)| asked).any(|asked| asked.counts)
    }

    /// One camera, prepared.
    #[must_use]
    pub fn case(&self, item: &'a Item) -> Case<'a> {
        let id = item.id();
        Case {
            item,
            id,
            code: DeviceId::new_checked(id),
            name: item.sent(Element::Name).map(normalise_name).unwrap_or_default(),
            community: self.community(item),
            position: super::geo::position_of(item),
            mobile: crate::catalog::kind::is_mobile(item),
        }
    }

    /// The area a coordinate is judged against: the jurisdiction's; else that of CivilCode; else that of the
    /// code's first six digits. One wrong field never fails another: what is unusable is passed over.
    #[must_use]
    pub fn area(&self, case: &Case<'_>) -> Option<&Area<'a>> {
        if self.jurisdiction_area.is_some() {
            return self.jurisdiction_area.as_ref();
        }
        area_codes(case.item).into_iter().find_map(|code| self.areas.get(&code).and_then(Option::as_ref))
    }

    /// Whether a position lies inside the jurisdiction, or, where none is set, inside China.
    #[must_use]
    pub fn is_plausible(&self, at: Position) -> bool {
        match &self.jurisdiction_area {
            Some(area) => matches!(area.standing(at), crate::division::Standing::Inside),
            None => at.in_china_bounds(),
        }
    }

    /// The community an item is known to belong to: its GrassrootsCode with its county, or the virtual
    /// organisation it hangs under.
    #[must_use]
    pub fn community(&self, item: &Item) -> Option<String> {
        let grassroots =
            item.text(Element::GrassrootsCode).filter(|g| g.len() == 6 && crate::base::device_id::is_digits(g) && *g != "000000");
        if let Some(grassroots) = grassroots {
            let county = item.text(Element::CivilCode).and_then(|c| c.get(..6)).unwrap_or_default();
            return Some(format!("{county}{grassroots}"));
        }
        let organisation = |id: &&str| self.tree.find(id).iter().any(|i| self.kinds.get(*i) == Some(&Kind::VirtualOrganisation));
        item.parents().into_iter().find(organisation).map(ToOwned::to_owned)
    }

    /// How many cameras bear this name in the same community (or, without one, in the catalogue).
    #[must_use]
    pub fn namesakes(&self, case: &Case<'_>) -> u32 {
        let count = match &case.community {
            Some(community) => self.names_of_community.get(&(community.clone(), case.name.clone())),
            None => self.names.get(&case.name),
        };
        count.copied().unwrap_or(0)
    }

    /// Whether a code of six digits is inside the jurisdiction, where one is set.
    #[must_use]
    pub fn inside(&self, code: &str) -> Option<bool> {
        self.jurisdiction.map(|j| j.contains(code, self.divisions))
    }

    /// The six-digit county a valid device code begins with, as a proposal for a bad CivilCode.
    #[must_use]
    pub fn county_of_code(&self, case: &Case<'_>) -> Option<String> {
        let county = case.code?.county();
        let number = crate::division::codes::parse_six(county)?;
        match self.divisions.status(number) {
            CodeStatus::Current { .. } if self.divisions.is_county(number) => Some(county.to_owned()),
            CodeStatus::Retired { successors: [one], .. } => Some(crate::division::codes::six(*one)),
            _ => None,
        }
    }
}

/// The codes whose area may be asked for, in order: CivilCode, then the device code's county.
fn area_codes(item: &Item) -> Vec<String> {
    let civil = item.text(Element::CivilCode).map(digits_of).filter(|c| matches!(c.len(), 2 | 4 | 6 | 8));
    let county = DeviceId::new_checked(item.id()).map(|c| c.county().to_owned());
    civil.into_iter().chain(county).collect()
}

/// NFKC and trimmed: full-width digits become digits.
#[must_use]
pub fn digits_of(text: &str) -> String {
    trim(text).nfkc().collect()
}

/// A name as it is compared: trimmed, blanks collapsed, the full-width forms of ASCII made plain except the
/// brackets owners consider correct.
#[must_use]
pub fn normalise_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in trim(name).chars() {
        let c = match c {
            '（' | '）' => c,
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
            '\u{3000}' => ' ',
            c if crate::base::text::is_invisible(c) => continue,
            c => c,
        };
        if c.is_whitespace() {
            if !out.ends_with(' ') {
                out.push(' ');
            }
        } else {
            out.push(c);
        }
    }
    out
}
