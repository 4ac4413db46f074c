//! What rules know besides the item: the catalogue indexed, the tables, the settings.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::hash_map::Entry;
use std::net::IpAddr;

use unicode_normalization::UnicodeNormalization as _;

use super::Rule;
use super::engine::Plan;
use super::geo::points::Places;
use super::index::{Index, Shares, Survey};
use super::name::Naming;
use super::tables::Tables;
use crate::base::device_id::DeviceId;
use crate::base::geo::Position;
use crate::base::keyed::{KeyMap, KeySet};
use crate::base::lang::Lang;
use crate::base::text::trim;
use crate::base::time::Timestamp;
use crate::catalog::field::present;
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
    areas: KeyMap<Cow<'a, str>, Option<Area<'a>>>,
    /// Areas of the counties that cameras name, in CivilCode or in their own code.
    counties: KeyMap<u32, Option<County<'a>>>,
    /// Codes of the region nodes of the catalogue.
    region_nodes: KeySet<&'a str>,
    /// Codes of its systems.
    systems: KeySet<&'a str>,
    /// Codes of its virtual organisations.
    organisations: KeySet<&'a str>,
    /// Cameras that stand still, by where they are said to (G10 to G13).
    pub(super) places: Places,
    /// Cameras that share something (A02, A04, N07, X01).
    pub(super) shares: Shares,
    /// By virtual organisation: the GrassrootsCode its cameras share, if they share one.
    grassroots: KeyMap<&'a str, Option<&'a str>>,
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

/// A county some camera names.
#[derive(Debug)]
struct County<'a> {
    area: Area<'a>,
    /// All of it belongs to the jurisdiction.
    audited: bool,
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

/// The elements of an item by their number: so many rules ask for one that looking for each anew costs more than the rules.
pub(super) struct Texts<'a>([Option<&'a str>; Element::ALL.len()]);

impl<'a> Texts<'a> {
    pub(super) fn of(item: &'a Item) -> Self {
        let mut texts = [None; Element::ALL.len()];
        for (element, text) in item.raw().iter() {
            // The first that stands there, as everywhere.
            if let Some(slot) = texts.get_mut(element as usize) {
                slot.get_or_insert(text);
            }
        }
        Self(texts)
    }

    pub(super) fn sent(&self, element: Element) -> Option<&'a str> {
        self.0.get(element as usize).copied().flatten()
    }

    pub(super) fn text(&self, element: Element) -> Option<&'a str> {
        self.sent(element).and_then(present)
    }

    /// The normalised name, where there is one.
    pub(super) fn name(&self) -> Option<Cow<'a, str>> {
        self.sent(Element::Name).map(normalise_name).filter(|name| !name.is_empty())
    }

    /// IPAddress, where it is one.
    pub(super) fn address(&self) -> Option<IpAddr> {
        self.text(Element::IPAddress)?.parse().ok()
    }
}

/// One camera being judged: what several rules ask of it is read once.
pub struct Case<'a> {
    /// The item.
    pub item: &'a Item,
    /// Its place in the catalogue; `None` for an item that is not of the catalogue, which shares nothing with others.
    pub place: Option<u32>,
    /// DeviceID trimmed.
    pub id: &'a str,
    /// DeviceID as segments, if it is 20 digits.
    pub code: Option<DeviceId<'a>>,
    /// Its normalised name.
    pub name: Cow<'a, str>,
    /// CivilCode, trimmed and full-width digits made plain; empty where there is none.
    pub civil: Cow<'a, str>,
    /// The county that CivilCode names, where it names one, in force or not.
    pub county: Option<u32>,
    /// The community it is known to belong to, if any.
    pub community: Option<Cow<'a, str>>,
    /// IPAddress, if it is one.
    pub address: Option<IpAddr>,
    /// Longitude and Latitude as they are written.
    pub(super) axes: (super::geo::Axis, super::geo::Axis),
    /// Both axes as numbers, if they are.
    pub position: Option<Position>,
    /// Fixed-point rules do not apply.
    pub mobile: bool,
    /// Every element as sent, by its number.
    texts: Texts<'a>,
    /// Whether the position lies in the county that CivilCode names, once asked.
    in_county: OnceCell<bool>,
    /// Where the position stands to [`Context::area`], once asked.
    standing: OnceCell<Option<Standing>>,
    /// What the name was before it was garbled, once asked; see [`super::name::repaired`].
    pub(super) repaired: OnceCell<Option<String>>,
    /// Whether any pattern of names may match it, once asked.
    pub(super) may_match: OnceCell<bool>,
    /// The bad-name pattern it matches, once asked.
    pub(super) lint: OnceCell<Option<(&'static str, super::name::Class)>>,
}

impl<'a> Case<'a> {
    /// The raw text of an element; blanks included. As [`Item::sent`], without looking for it.
    #[must_use]
    pub fn sent(&self, element: Element) -> Option<&'a str> {
        self.texts.sent(element)
    }

    /// The trimmed text of an element; `None` when it is missing, blank or a software null. As [`Item::text`].
    #[must_use]
    pub fn text(&self, element: Element) -> Option<&'a str> {
        self.texts.text(element)
    }
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
        let boundaries = setting.boundaries;
        let area = || {
            let (jurisdiction, boundaries) = setting.jurisdiction.zip(boundaries)?;
            Area::of_jurisdiction(jurisdiction, boundaries, setting.divisions)
        };
        let naming = || Naming::new(&setting.profile.names, items, setting.divisions);
        let (tree, (mut survey, (naming, jurisdiction_area))) =
            rayon::join(|| Tree::new(items), || rayon::join(|| Survey::of(items, kinds), || (naming(), area())));
        let of_kind = |wanted: Kind| -> KeySet<&'a str> {
            items.iter().zip(kinds).filter(|(_, kind)| **kind == wanted).map(|(item, _)| item.id()).collect()
        };
        let mut context = Self {
            items,
            kinds,
            tree,
            edition: setting.edition,
            edition_source: setting.edition_source,
            counts: setting.counts,
            jurisdiction: setting.jurisdiction,
            divisions: setting.divisions,
            boundaries,
            profile: setting.profile,
            platform_id: setting.platform_id,
            local_id: setting.local_id,
            lang: setting.lang,
            tolerance_m: boundaries
                .map_or(setting.profile.border_tolerance_m, |b| b.tolerance_m(setting.profile.border_tolerance_m)),
            jurisdiction_area,
            areas: KeyMap::default(),
            counties: KeyMap::default(),
            region_nodes: of_kind(Kind::Region),
            systems: of_kind(Kind::System),
            organisations: of_kind(Kind::VirtualOrganisation),
            places: std::mem::take(&mut survey.places),
            shares: Shares::default(),
            grassroots: KeyMap::default(),
            naming,
            tables: setting.tables,
            at: setting.at,
            index: Index::default(),
            plan: Plan::new(setting.profile, setting.edition, setting.tables),
        };
        context.counties = context.counties_named(std::mem::take(&mut survey.counties));
        context.areas = context.areas_named();
        context.grassroots = context.shared_grassroots();
        let points = || rayon::join(|| context.stacks(), || context.jitters());
        (context.shares, _) = rayon::join(|| Shares::new(&context, survey), points);
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

    /// The items that are cameras.
    fn camera_items(&self) -> impl Iterator<Item = &'a Item> + use<'a> {
        self.items.iter().zip(self.kinds).filter(|(_, kind)| **kind == Kind::Camera).map(|(item, _)| item)
    }

    /// The areas of the counties that occur.
    fn counties_named(&self, codes: KeySet<u32>) -> KeyMap<u32, Option<County<'a>>> {
        let Some(boundaries) = self.boundaries else { return KeyMap::default() };
        let county = |code: u32| {
            let area = Area::of_code(&crate::division::codes::six(code), boundaries, self.divisions)?;
            let audited = self.jurisdiction_area.as_ref().is_some_and(|whole| area.is_part_of(whole));
            Some(County { area, audited })
        };
        codes.into_iter().map(|code| (code, county(code))).collect()
    }

    /// The areas that occur, where no jurisdiction says which is meant.
    fn areas_named(&self) -> KeyMap<Cow<'a, str>, Option<Area<'a>>> {
        let mut areas = KeyMap::default();
        let Some(boundaries) = self.boundaries.filter(|_| self.jurisdiction_area.is_none()) else { return areas };
        for item in self.items {
            let civil = item.text(Element::CivilCode).map(digits_of);
            for code in area_codes(civil, DeviceId::new_checked(item.id())) {
                if let Entry::Vacant(entry) = areas.entry(code) {
                    let area = Area::of_code(entry.key(), boundaries, self.divisions);
                    entry.insert(area);
                }
            }
        }
        areas
    }

    /// The communities' GrassrootsCodes.
    fn shared_grassroots(&self) -> KeyMap<&'a str, Option<&'a str>> {
        let mut grassroots: KeyMap<&'a str, Option<&'a str>> = KeyMap::default();
        for item in self.camera_items() {
            let own = item.text(Element::GrassrootsCode).filter(|g| GrassrootsCode::parse(g).is_some_and(|g| !g.is_none()));
            let Some(own) = own else { continue };
            for organisation in item.each_parent().filter(|parent| self.is_organisation(parent)) {
                let shared = grassroots.entry(organisation).or_insert(Some(own));
                *shared = shared.filter(|other| *other == own);
            }
        }
        grassroots
    }

    /// Whether a code is that of a virtual organisation of the catalogue.
    pub(super) fn is_organisation(&self, id: &str) -> bool {
        self.organisations.contains(id)
    }

    /// Whether a code is that of a system of the catalogue.
    pub(super) fn is_system(&self, id: &str) -> bool {
        self.systems.contains(id)
    }

    /// The area of a county some camera names.
    #[must_use]
    pub fn county_area(&self, county: u32) -> Option<&Area<'a>> {
        self.county(county).map(|county| &county.area)
    }

    fn county(&self, county: u32) -> Option<&County<'a>> {
        self.counties.get(&county)?.as_ref()
    }

    /// Whether a camera's position lies in the county that its CivilCode names; `false` without one of them.
    #[must_use]
    pub fn is_in_county(&self, case: &Case<'_>) -> bool {
        *case.in_county.get_or_init(|| {
            let area = case.county.and_then(|county| self.county_area(county));
            area.zip(case.position).is_some_and(|(area, at)| area.contains(at))
        })
    }

    /// The county a position lies in, of those of today; `None` where the outlines cannot tell.
    #[must_use]
    pub fn county_at(&self, at: Position) -> Option<u32> {
        self.boundaries?.county_at(at)
    }

    /// Where a camera's position stands to its [`area`](Self::area); `None` without a position or an area.
    #[must_use]
    pub fn standing(&self, case: &Case<'_>) -> Option<Standing> {
        *case.standing.get_or_init(|| {
            let (area, at) = (self.area(case)?, case.position?);
            // Mostly a camera stands in its own county, and that is a part of the jurisdiction.
            let audited = case.county.and_then(|county| self.county(county)).is_some_and(|c| c.audited);
            if audited && self.is_in_county(case) { Some(Standing::Inside) } else { Some(area.standing(at)) }
        })
    }

    /// The codes of the catalogue's region nodes.
    #[must_use]
    pub const fn region_nodes(&self) -> &KeySet<&'a str> {
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
        let code = DeviceId::new_checked(id);
        let texts = Texts::of(item);
        let civil = texts.sent(Element::CivilCode).map(digits_of).unwrap_or_default();
        let six = civil.get(..6).filter(|_| matches!(civil.len(), 6 | 8));
        let axes = super::geo::axes_of(texts.sent(Element::Longitude), texts.sent(Element::Latitude));
        Case {
            item,
            place: self.items.element_offset(item).and_then(|place| u32::try_from(place).ok()),
            id,
            code,
            name: texts.name().unwrap_or_default(),
            county: six.and_then(crate::division::codes::parse_six).filter(|county| self.divisions.is_county(*county)),
            civil,
            community: self.community(item),
            address: texts.address(),
            axes,
            position: super::geo::position(axes),
            mobile: crate::catalog::kind::is_carried(code, texts.text(Element::MobileDeviceType)),
            texts,
            in_county: OnceCell::new(),
            standing: OnceCell::new(),
            repaired: OnceCell::new(),
            may_match: OnceCell::new(),
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
        let civil = case.text(Element::CivilCode).map(|_| Cow::Borrowed(case.civil.as_ref()));
        area_codes(civil, case.code).find_map(|code| self.areas.get(code.as_ref()).and_then(Option::as_ref))
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
    pub fn community<'b>(&self, item: &'b Item) -> Option<Cow<'b, str>> {
        if let Some(grassroots) = item.grassroots() {
            return Some(Cow::Owned(grassroots));
        }
        if self.organisations.is_empty() {
            return None;
        }
        item.each_parent().find(|id| self.is_organisation(id)).map(Cow::Borrowed)
    }

    /// Among which cameras this name may stand once only, and how many bear it there: those of the place its
    /// template says, else of the same community, else (a remark) of the catalogue.
    #[must_use]
    pub fn namesakes(&self, case: &Case<'_>) -> (Scope, u32) {
        let Some(place) = case.place else { return (Scope::Catalogue, 1) };
        let names = self.by_name();
        let catalogue = names.catalogue.of(place);
        // Nobody is asked where a name stands that nobody else bears.
        if catalogue < 2 {
            return (Scope::Catalogue, catalogue);
        }
        match (self.naming.unique(case.item), &case.community) {
            (Some(Unique::Platform), _) => (Scope::Platform, catalogue),
            (Some(Unique::County), _) => match self.county_of_unique_names(case.item) {
                Some(county) => (Scope::County(county), names.county.of(place)),
                None => (Scope::Catalogue, catalogue),
            },
            (_, Some(community)) => (Scope::Community(community.clone().into_owned()), names.community.of(place)),
            (_, None) => (Scope::Catalogue, catalogue),
        }
    }

    /// The county in which the name of this camera may stand once only, if its template says so.
    pub(super) fn county_of_unique_names(&self, item: &Item) -> Option<String> {
        let wanted = self.naming.unique(item) == Some(Unique::County);
        wanted.then(|| super::name::county_of(item)).flatten().map(Cow::into_owned)
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
fn area_codes<'b>(civil: Option<Cow<'b, str>>, code: Option<DeviceId<'b>>) -> impl Iterator<Item = Cow<'b, str>> {
    let civil = civil.filter(|c| matches!(c.len(), 2 | 4 | 6 | 8));
    civil.into_iter().chain(code.map(|c| Cow::Borrowed(c.county())))
}

/// NFKC and trimmed: full-width digits become digits.
#[must_use]
pub fn digits_of(text: &str) -> Cow<'_, str> {
    let text = trim(text);
    // NFKC leaves ASCII as it is.
    if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text.nfkc().collect()) }
}

/// The six digits a code begins with.
pub(super) fn six_of(text: &str) -> Option<u32> {
    if text.is_ascii() {
        return crate::division::codes::parse_six(text.get(..6)?);
    }
    crate::division::codes::parse_six(digits_of(text).get(..6)?)
}

/// A name as it is compared: trimmed, blanks collapsed, the full-width forms of ASCII made plain except the
/// brackets owners consider correct.
#[must_use]
pub fn normalise_name(name: &str) -> Cow<'_, str> {
    tidy_name(name, |c| matches!(c, '（' | '）'))
}

/// The same, with other full-width signs that are kept.
#[must_use]
pub fn tidy_name(name: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    let name = trim(name);
    if is_tidy(name) {
        return Cow::Borrowed(name);
    }
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
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
    Cow::Owned(out)
}

/// Whether a trimmed name has nothing that could be tidied, told from its octets: the blanks beyond ASCII, the invisible
/// and the full-width characters begin with one of five.
fn is_tidy(name: &str) -> bool {
    let (mut odd, mut blank) = (false, false);
    for octet in name.bytes() {
        odd |= octet < 0x20 || matches!(octet, 0xC2 | 0xE1 | 0xE2 | 0xE3 | 0xEF);
        blank |= octet == b' ';
    }
    !(odd || blank && name.contains("  "))
}
