//! What rules know besides the item: the catalogue indexed, the tables, the settings.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use unicode_normalization::UnicodeNormalization as _;

use super::Rule;
use super::engine::Plan;
use super::index::Index;
use super::name::Naming;
use super::tables::Tables;
use crate::base::device_id::DeviceId;
use crate::base::geo::Position;
use crate::base::lang::Lang;
use crate::base::text::trim;
use crate::base::time::Timestamp;
use crate::catalog::tree::Tree;
use crate::catalog::{Counts, Item, Kind};
use crate::division::{Area, Boundaries, CodeStatus, Divisions, GrassrootsCode, Jurisdiction, Standing};
use crate::edition::{Edition, EditionSource};
use crate::manscdp::item::Element;
use crate::profile::Compliance;
use crate::profile::name_template::Unique;

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
    /// Where that was taken from.
    pub edition_source: EditionSource,
    /// What was declared and what came; `None` where nobody counted.
    pub counts: Option<Counts<'a>>,
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
    /// Metres outside an outline that are advice only: the profile's, or more where the outlines' datum is unknown.
    pub tolerance_m: f64,
    /// Area of the jurisdiction.
    jurisdiction_area: Option<Area<'a>>,
    /// Areas of the codes that occur, by code.
    areas: HashMap<String, Option<Area<'a>>>,
    /// Areas of the counties that cameras name, in CivilCode or in their own code.
    counties: HashMap<u32, Option<Area<'a>>>,
    /// Codes of the region nodes of the catalogue.
    region_nodes: HashSet<&'a str>,
    /// By virtual organisation: the GrassrootsCode its cameras share, if they share one.
    grassroots: HashMap<&'a str, Option<&'a str>>,
    /// How often each normalised name occurs on cameras of the catalogue.
    names: HashMap<String, u32>,
    /// The same by community.
    names_of_community: HashMap<(String, String), u32>,
    /// The same by county, of the names a template wants unique there.
    names_of_county: HashMap<(String, String), u32>,
    /// Templates and names of places.
    pub(super) naming: Naming<'a>,
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
    /// Where that was taken from.
    pub edition_source: EditionSource,
    /// What was declared and what came; `None` where nobody counted.
    pub counts: Option<Counts<'a>>,
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
    /// Where the position stands to [`Context::area`], once asked.
    standing: OnceCell<Option<Standing>>,
    /// What the name was before it was garbled, once asked; see [`super::name::repaired`].
    pub(super) repaired: OnceCell<Option<String>>,
    /// The bad-name pattern it matches, once asked.
    pub(super) lint: OnceCell<Option<(&'static str, super::name::Class)>>,
}

/// The cameras whose names are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Those of this community.
    Community(String),
    /// Those of this county; a template says so.
    County(String),
    /// All of the platform; a template says so.
    Platform,
    /// All, for want of a narrower place: a remark only.
    Catalogue,
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
            edition_source: setting.edition_source,
            counts: setting.counts,
            jurisdiction: setting.jurisdiction,
            divisions: setting.divisions,
            boundaries: setting.boundaries,
            profile: setting.profile,
            platform_id: setting.platform_id,
            local_id: setting.local_id,
            lang: setting.lang,
            tolerance_m: setting
                .boundaries
                .map_or(setting.profile.border_tolerance_m, |b| b.tolerance_m(setting.profile.border_tolerance_m)),
            jurisdiction_area: None,
            areas: HashMap::new(),
            counties: HashMap::new(),
            region_nodes: HashSet::new(),
            grassroots: HashMap::new(),
            names: HashMap::new(),
            names_of_community: HashMap::new(),
            names_of_county: HashMap::new(),
            naming: Naming::new(&setting.profile.names, items, setting.divisions),
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
        context.index_regions();
        for (item, kind) in items.iter().zip(kinds) {
            let name = item.sent(Element::Name).map(normalise_name).unwrap_or_default();
            if *kind != Kind::Camera || name.is_empty() || super::name::is_bad(&name) {
                continue;
            }
            if let Some(community) = context.community(item) {
                *context.names_of_community.entry((community, name.clone())).or_default() += 1;
            }
            if let Some(county) = context.county_of_unique_names(item) {
                *context.names_of_county.entry((county, name.clone())).or_default() += 1;
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

    /// Region nodes, the counties that occur, and the communities' GrassrootsCodes.
    fn index_regions(&mut self) {
        let items = self.items;
        let nodes = items.iter().zip(self.kinds).filter(|(_, kind)| **kind == Kind::Region);
        self.region_nodes = nodes.map(|(item, _)| item.id()).collect();
        for item in items.iter().zip(self.kinds).filter(|(_, kind)| **kind == Kind::Camera).map(|(item, _)| item) {
            if let Some(boundaries) = self.boundaries {
                let civil = item.text(Element::CivilCode).and_then(six_of);
                for code in civil.into_iter().chain(six_of(item.id())) {
                    let area = || Area::of_code(&crate::division::codes::six(code), boundaries, self.divisions);
                    self.counties.entry(code).or_insert_with(area);
                }
            }
            let own = item.text(Element::GrassrootsCode).filter(|g| GrassrootsCode::parse(g).is_some_and(|g| !g.is_none()));
            let Some(own) = own else { continue };
            for organisation in item.parents() {
                if self.tree.find(organisation).iter().any(|i| self.kinds.get(*i) == Some(&Kind::VirtualOrganisation)) {
                    let shared = self.grassroots.entry(organisation).or_insert(Some(own));
                    *shared = shared.filter(|other| *other == own);
                }
            }
        }
    }

    /// The area of a county some camera names.
    #[must_use]
    pub fn county_area(&self, county: u32) -> Option<&Area<'a>> {
        self.counties.get(&county)?.as_ref()
    }

    /// The county a position lies in, of those of today; `None` where the outlines cannot tell.
    #[must_use]
    pub fn county_at(&self, at: Position) -> Option<u32> {
        self.boundaries?.county_at(at)
    }

    /// Where a camera's position stands to its [`area`](Self::area); `None` without a position or an area.
    #[must_use]
    pub fn standing(&self, case: &Case<'_>) -> Option<Standing> {
        *case.standing.get_or_init(|| Some(self.area(case)?.standing(case.position?)))
    }

    /// The codes of the catalogue's region nodes.
    #[must_use]
    pub const fn region_nodes(&self) -> &HashSet<&'a str> {
        &self.region_nodes
    }

    /// The GrassrootsCode that the cameras of a virtual organisation share.
    #[must_use]
    pub fn grassroots_of(&self, organisation: &str) -> Option<&'a str> {
        self.grassroots.get(organisation).copied().flatten()
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
            standing: OnceCell::new(),
            repaired: OnceCell::new(),
            lint: OnceCell::new(),
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

    /// Among which cameras this name may stand once only, and how many bear it there: those of the place its
    /// template says, else of the same community, else (a remark) of the catalogue.
    #[must_use]
    pub fn namesakes(&self, case: &Case<'_>) -> (Scope, u32) {
        let under =
            |names: &HashMap<(String, String), u32>, place: &str| names.get(&(place.to_owned(), case.name.clone())).copied();
        let (scope, count) = match (self.naming.unique(case.item), &case.community) {
            (Some(Unique::Platform), _) => (Scope::Platform, self.names.get(&case.name).copied()),
            (Some(Unique::County), _) => match self.county_of_unique_names(case.item) {
                Some(county) => {
                    let count = under(&self.names_of_county, &county);
                    (Scope::County(county), count)
                }
                None => (Scope::Catalogue, self.names.get(&case.name).copied()),
            },
            (_, Some(community)) => (Scope::Community(community.clone()), under(&self.names_of_community, community)),
            (_, None) => (Scope::Catalogue, self.names.get(&case.name).copied()),
        };
        (scope, count.unwrap_or(0))
    }

    /// The county in which the name of this camera may stand once only, if its template says so.
    fn county_of_unique_names(&self, item: &Item) -> Option<String> {
        let wanted = self.naming.unique(item) == Some(Unique::County);
        wanted.then(|| super::name::county_of(item)).flatten()
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
    let text = trim(text);
    // NFKC leaves ASCII as it is.
    if text.is_ascii() { text.to_owned() } else { text.nfkc().collect() }
}

/// The six digits a code begins with.
fn six_of(text: &str) -> Option<u32> {
    if text.is_ascii() {
        return crate::division::codes::parse_six(text.get(..6)?);
    }
    crate::division::codes::parse_six(digits_of(text).get(..6)?)
}

/// A name as it is compared: trimmed, blanks collapsed, the full-width forms of ASCII made plain except the
/// brackets owners consider correct.
#[must_use]
pub fn normalise_name(name: &str) -> String {
    tidy_name(name, |c| matches!(c, '（' | '）'))
}

/// The same, with other full-width signs that are kept.
#[must_use]
pub fn tidy_name(name: &str, keep: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(name.len());
    for c in trim(name).chars() {
        let c = match c {
            c if keep(c) => c,
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
