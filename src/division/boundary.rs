//! County outlines, and how far a point is from them.
//!
//! TopoJSON is decoded here (the only crate for it is unmaintained); containment is `geo`'s interval tree.
//! The embedded outlines are generalised: a point up to some hundred metres outside may be inside. They are those of
//! today, whatever the year of judgment.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{LazyLock, OnceLock};

use geo::algorithm::indexed::IntervalTreeMultiPolygon;
use geo::{BoundingRect, Centroid, Contains, Coord, Intersects, LineString, LinesIter, MultiPolygon, Point, Polygon, Rect};
use serde::Deserialize;

use super::codes::{CodeStatus, Divisions, Level, parse_six, six};
use super::jurisdiction::Jurisdiction;
use crate::base::geo::Position;

/// Nearer to a line than this is on it.
const ON_BORDER_M: f64 = 1.0;

/// Outlines that are not known to be in WGS-84 or CGCS2000 may lie 500 m beside it (GCJ-02): nothing nearer counts as
/// outside, metres.
const FOREIGN_DATUM_TOLERANCE_M: f64 = 1000.0;

/// Why a boundary file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BoundaryError {
    /// Not the JSON we read.
    #[error("not a TopoJSON topology with an object `counties`: {0}")]
    Format(#[from] serde_json::Error),
    /// An arc number that does not exist, or none at all.
    #[error("the polygon of {0} names an arc that is not there")]
    Arc(String),
}

#[derive(Deserialize)]
struct Topology {
    /// Not of TopoJSON: `CGCS2000` or `WGS-84` where the outlines are in it.
    datum: Option<String>,
    transform: Option<Transform>,
    objects: Objects,
    arcs: Vec<Vec<Vec<f64>>>,
}

#[derive(Deserialize)]
struct Transform {
    scale: [f64; 2],
    translate: [f64; 2],
}

#[derive(Deserialize)]
struct Objects {
    counties: Collection,
}

#[derive(Deserialize)]
struct Collection {
    geometries: Vec<Geometry>,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Geometry {
    Polygon { arcs: Vec<Vec<i64>>, properties: Properties },
    MultiPolygon { arcs: Vec<Vec<Vec<i64>>>, properties: Properties },
}

#[derive(Deserialize)]
struct Properties {
    code: String,
    #[serde(default)]
    kind: String,
}

struct County {
    rings: Vec<Vec<Vec<i64>>>,
    /// A reserve cut out of the counties around it, which may claim it.
    extra: bool,
    shape: OnceLock<Shape>,
}

/// An outline, prepared once.
pub struct Shape {
    polygons: MultiPolygon<f64>,
    tree: IntervalTreeMultiPolygon<f64>,
    bounds: Option<Rect<f64>>,
}

impl std::fmt::Debug for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shape({} polygons)", self.polygons.0.len())
    }
}

impl Shape {
    /// Prepares an outline.
    #[must_use]
    pub fn new(polygons: MultiPolygon<f64>) -> Self {
        Self { tree: IntervalTreeMultiPolygon::new(&polygons), bounds: polygons.bounding_rect(), polygons }
    }

    /// Metres outside; 0 inside.
    #[must_use]
    pub fn metres_outside(&self, at: Position) -> f64 {
        if self.contains(at) { 0.0 } else { self.metres_to_line(at) }
    }

    /// Whether a point lies inside; nothing near a line is put up with.
    #[must_use]
    pub fn contains(&self, at: Position) -> bool {
        let point = Point::new(at.lon, at.lat);
        self.bounds.is_some_and(|b| b.intersects(&point)) && self.tree.contains(&point)
    }

    /// The middle of its area, where it has one.
    #[must_use]
    pub fn centre(&self) -> Option<Position> {
        self.polygons.centroid().map(|point| Position { lon: point.x(), lat: point.y() })
    }

    /// Metres to the nearest line, from either side.
    #[must_use]
    pub fn metres_to_line(&self, at: Position) -> f64 {
        // The plane touches the earth at the point, so that one cosine serves every line.
        let (east, north) = at.metres_per_degree();
        let metres = |c: Coord<f64>| ((c.x - at.lon) * east, (c.y - at.lat) * north);
        let squares = self.polygons.lines_iter().map(|line| squared_to_segment(metres(line.start), metres(line.end)));
        squares.fold(f64::INFINITY, f64::min).sqrt()
    }
}

/// All outlines of one file.
pub struct Boundaries {
    arcs: Vec<Vec<Coord<f64>>>,
    counties: BTreeMap<u32, County>,
    /// Reserves by the counties they share a border with.
    reserves: HashMap<u32, Vec<u32>>,
    /// Counties without a polygon of their own: those to use instead.
    fallback: HashMap<u32, Vec<u32>>,
    /// Counties by the square degrees their boxes touch.
    cells: OnceLock<HashMap<(i32, i32), Vec<u32>>>,
    own_datum: bool,
}

static EMBEDDED: LazyLock<Option<Boundaries>> = LazyLock::new(|| {
    let outlines = Boundaries::from_topojson(include_str!("data/county-boundaries.topojson")).ok()?;
    // Measured against independent outlines: a median shift of 6 m.
    Some(Boundaries { own_datum: true, ..outlines })
});

impl Boundaries {
    /// The outlines of this build; `None` cannot happen with a build that passed its tests.
    #[must_use]
    pub fn embedded() -> Option<&'static Self> {
        EMBEDDED.as_ref()
    }

    /// Reads a file of the same layout as the embedded one.
    ///
    /// # Errors
    /// When it is not such a file.
    pub fn from_topojson(text: &str) -> Result<Self, BoundaryError> {
        let topology: Topology = serde_json::from_str(text)?;
        let quantised = topology.transform.is_some();
        let (scale, translate) = match topology.transform {
            Some(t) => (t.scale, t.translate),
            None => ([1.0, 1.0], [0.0, 0.0]),
        };
        let arcs: Vec<Vec<Coord<f64>>> = topology.arcs.iter().map(|arc| decode_arc(arc, scale, translate, quantised)).collect();
        let mut counties = BTreeMap::new();
        for geometry in topology.objects.counties.geometries {
            let (rings, properties) = match geometry {
                Geometry::Polygon { arcs, properties } => (vec![arcs], properties),
                Geometry::MultiPolygon { arcs, properties } => (arcs, properties),
            };
            let Some(code) = parse_six(&properties.code) else { continue };
            let known = |index: &i64| usize::try_from(if *index < 0 { !*index } else { *index }).is_ok_and(|i| i < arcs.len());
            if !rings.iter().flatten().flatten().all(known) {
                return Err(BoundaryError::Arc(properties.code));
            }
            // 71, 81 and 82 have no codes of GB/T 2260 below the province; their units are no reserves.
            let extra = properties.kind == "extra" && !matches!(code / 10_000, 71 | 81 | 82);
            counties.insert(code, County { rings, extra, shape: OnceLock::new() });
        }
        let reserves = neighbours_of_reserves(&counties);
        let own_datum = topology
            .datum
            .is_some_and(|datum| ["CGCS2000", "WGS-84", "WGS84"].iter().any(|known| datum.eq_ignore_ascii_case(known)));
        Ok(Self { arcs, counties, reserves, fallback: fallback_table(), cells: OnceLock::new(), own_datum })
    }

    /// Whether the outlines are known to be in the datum of the coordinates, WGS-84 (CGCS2000 is the same).
    #[must_use]
    pub const fn is_own_datum(&self) -> bool {
        self.own_datum
    }

    /// Metres outside an outline that are put up with, where `wanted` are wanted: more where the datum is not known.
    #[must_use]
    pub const fn tolerance_m(&self, wanted: f64) -> f64 {
        if self.own_datum { wanted } else { wanted.max(FOREIGN_DATUM_TOLERANCE_M) }
    }

    /// The county a point lies in. `None` outside all of them, and where the outlines cannot tell: in a reserve that
    /// several counties claim, or in a county that was divided after the outlines were drawn.
    #[must_use]
    pub fn county_at(&self, at: Position) -> Option<u32> {
        let cells = self.cells.get_or_init(|| self.cells());
        let code = cells.get(&cell(at))?.iter().copied().find(|code| self.shape(*code).is_some_and(|s| s.contains(at)))?;
        let divided = self.fallback.iter().any(|(whole, parts)| *parts != [*whole] && parts.contains(&code));
        let extra = self.counties.get(&code).is_some_and(|county| county.extra);
        (!divided && !extra).then_some(code)
    }

    fn cells(&self) -> HashMap<(i32, i32), Vec<u32>> {
        let mut cells: HashMap<_, Vec<u32>> = HashMap::new();
        for (code, county) in &self.counties {
            // Boxes from the arcs: no shape is prepared for it.
            let numbers = county.rings.iter().flatten().flatten().map(|i| if *i < 0 { !*i } else { *i });
            let points = numbers.filter_map(|i| self.arcs.get(usize::try_from(i).ok()?)).flatten();
            let corner = |c: &Coord<f64>| (cell(Position { lon: c.x, lat: c.y }), cell(Position { lon: c.x, lat: c.y }));
            let bounds = points
                .map(corner)
                .reduce(|(low, high), (a, b)| ((low.0.min(a.0), low.1.min(a.1)), (high.0.max(b.0), high.1.max(b.1))));
            let Some((low, high)) = bounds.filter(|(low, high)| in_degrees(*low) && in_degrees(*high)) else { continue };
            for x in low.0..=high.0 {
                for y in low.1..=high.1 {
                    cells.entry((x, y)).or_default().push(*code);
                }
            }
        }
        cells
    }

    fn shape(&self, code: u32) -> Option<&Shape> {
        let county = self.counties.get(&code)?;
        Some(county.shape.get_or_init(|| {
            let polygons: Vec<_> = county.rings.iter().filter_map(|rings| self.polygon(rings)).collect();
            Shape::new(MultiPolygon::new(polygons))
        }))
    }

    fn polygon(&self, rings: &[Vec<i64>]) -> Option<Polygon<f64>> {
        let mut lines = rings.iter().map(|ring| self.ring(ring));
        let exterior = lines.next()?;
        Some(Polygon::new(exterior, lines.collect()))
    }

    /// Arcs joined into a ring; a negative number means the arc backwards.
    fn ring(&self, indices: &[i64]) -> LineString<f64> {
        let mut points: Vec<Coord<f64>> = Vec::new();
        for index in indices {
            let backwards = *index < 0;
            let number = usize::try_from(if backwards { !*index } else { *index }).unwrap_or(usize::MAX);
            let Some(arc) = self.arcs.get(number) else { continue };
            let skip = usize::from(!points.is_empty());
            if backwards {
                points.extend(arc.iter().rev().skip(skip));
            } else {
                points.extend(arc.iter().skip(skip));
            }
        }
        LineString::new(points)
    }

    /// The polygons of a county: its own, or those that stand in for it.
    fn county(&self, code: u32) -> Vec<u32> {
        if let Some(instead) = self.fallback.get(&code) {
            return instead.iter().copied().filter(|c| self.counties.contains_key(c)).collect();
        }
        self.counties.contains_key(&code).then_some(code).into_iter().collect()
    }

    fn prefix(&self, prefix: &str) -> Vec<u32> {
        let width = u32::try_from(prefix.len().min(6)).unwrap_or(6);
        let Some(low) = prefix.get(..prefix.len().min(6)).and_then(|p| p.parse::<u32>().ok()) else { return Vec::new() };
        let unit = 10_u32.pow(6 - width);
        self.counties.range(low * unit..=low * unit + (unit - 1)).map(|(code, _)| *code).collect()
    }
}

impl std::fmt::Debug for Boundaries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Boundaries({} polygons)", self.counties.len())
    }
}

/// Where a point stands to an area.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Standing {
    /// Inside, or on the line.
    Inside,
    /// Outside by so many metres.
    Outside {
        /// Distance to the nearest line.
        metres: f64,
    },
}

/// The polygons a coordinate is judged against.
#[derive(Debug)]
pub struct Area<'a> {
    codes: Vec<u32>,
    shapes: Vec<&'a Shape>,
    bounds: Option<Rect<f64>>,
    /// What the area is, for the message: a code.
    pub label: String,
}

impl<'a> Area<'a> {
    /// The area of a jurisdiction.
    #[must_use]
    pub fn of_jurisdiction(jurisdiction: &Jurisdiction, boundaries: &'a Boundaries, divisions: &Divisions) -> Option<Self> {
        let mut codes = Vec::new();
        for prefix in jurisdiction.prefixes() {
            if prefix.len() < 6 {
                codes.extend(boundaries.prefix(prefix));
                continue;
            }
            let county = prefix.get(..6).unwrap_or_default();
            codes.extend(Self::of_code(county, boundaries, divisions).into_iter().flat_map(|area| area.codes));
        }
        Self::new(codes, jurisdiction.prefixes().join("、"), boundaries)
    }

    /// The area of a code of 2, 4, 6 or 8 digits: the county, its successors, the prefecture's union, a
    /// zone's prefecture. `None` when nothing is usable.
    #[must_use]
    pub fn of_code(code: &str, boundaries: &'a Boundaries, divisions: &Divisions) -> Option<Self> {
        if !crate::base::device_id::is_digits(code) {
            return None;
        }
        if matches!(code.len(), 2 | 4) {
            return Self::new(boundaries.prefix(code), code.to_owned(), boundaries);
        }
        if !matches!(code.len(), 6 | 8) {
            return None;
        }
        let number = parse_six(code.get(..6)?)?;
        let territory = divisions.territory(number);
        let codes = match divisions.status(number) {
            // A code of the past or of a year to come: by the codes of today.
            CodeStatus::Current { .. } | CodeStatus::Retired { .. } | CodeStatus::Future { .. } if territory != [number] => {
                territory.iter().flat_map(|code| boundaries.county(*code)).collect()
            }
            CodeStatus::Current { level, .. } | CodeStatus::Retired { level, .. } | CodeStatus::Future { level, .. } => {
                match level {
                    _ if divisions.is_county(number) => boundaries.county(number),
                    Level::County => boundaries.county(number),
                    Level::Prefecture => boundaries.prefix(six(number).get(..4)?),
                    Level::Province => boundaries.prefix(six(number).get(..2)?),
                }
            }
            CodeStatus::Zone { .. } | CodeStatus::Unofficial { .. } => {
                let parent = divisions.zone_parent(number)?;
                boundaries.prefix(six(parent).trim_end_matches("00"))
            }
            CodeStatus::Unknown => Vec::new(),
        };
        Self::new(codes, code.to_owned(), boundaries)
    }

    fn new(mut codes: Vec<u32>, label: String, boundaries: &'a Boundaries) -> Option<Self> {
        // A reserve belongs to every county it was cut out of.
        let reserves: Vec<u32> = codes.iter().filter_map(|c| boundaries.reserves.get(c)).flatten().copied().collect();
        codes.extend(reserves);
        codes.sort_unstable();
        codes.dedup();
        let shapes: Vec<_> = codes.iter().filter_map(|code| boundaries.shape(*code)).collect();
        let bounds = shapes.iter().filter_map(|shape| shape.bounds).reduce(|a, b| {
            Rect::new(
                Coord { x: a.min().x.min(b.min().x), y: a.min().y.min(b.min().y) },
                Coord { x: a.max().x.max(b.max().x), y: a.max().y.max(b.max().y) },
            )
        });
        (!codes.is_empty()).then_some(Self { codes, shapes, bounds, label })
    }

    /// Whether two areas are the same polygons.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.codes == other.codes
    }

    /// Whether all polygons of this area belong to another.
    #[must_use]
    pub fn is_part_of(&self, other: &Self) -> bool {
        self.codes.iter().all(|code| other.codes.binary_search(code).is_ok())
    }

    /// Whether a point lies in one of the polygons: no distance is measured, and nothing near a line is put up with.
    #[must_use]
    pub fn contains(&self, at: Position) -> bool {
        self.shapes.iter().any(|shape| shape.contains(at))
    }

    /// Where a point stands: inside any of the polygons, or its distance to the nearest.
    #[must_use]
    pub fn standing(&self, at: Position) -> Standing {
        if self.contains(at) {
            return Standing::Inside;
        }
        // Nearest boxes first: a polygon whose box is further away than the best line so far cannot win.
        let away = |shape: &&'a Shape| shape.bounds.map(|bounds| (distance_to_box(bounds, at), *shape));
        let mut shapes: Vec<(f64, &Shape)> = self.shapes.iter().filter_map(away).collect();
        shapes.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut metres = f64::INFINITY;
        for (box_metres, shape) in shapes {
            if box_metres >= metres {
                break;
            }
            metres = metres.min(shape.metres_to_line(at));
        }
        if metres <= ON_BORDER_M { Standing::Inside } else { Standing::Outside { metres } }
    }

    /// Metres to the nearest line of any of the polygons, from either side.
    #[must_use]
    pub fn metres_to_line(&self, at: Position) -> f64 {
        self.shapes.iter().map(|shape| shape.metres_to_line(at)).fold(f64::INFINITY, f64::min)
    }

    /// How far outside the bounding box of the whole area a point is, in metres; 0 inside.
    #[must_use]
    pub fn metres_outside_box(&self, at: Position) -> f64 {
        self.bounds.map_or(f64::INFINITY, |b| distance_to_box(b, at))
    }
}

/// The square degree a point lies in.
#[expect(clippy::cast_possible_truncation, reason = "what is beyond the range is no degree, and saturates")]
fn cell(at: Position) -> (i32, i32) {
    (at.lon.floor() as i32, at.lat.floor() as i32)
}

fn in_degrees(cell: (i32, i32)) -> bool {
    (-181..=180).contains(&cell.0) && (-91..=90).contains(&cell.1)
}

fn distance_to_box(bounds: Rect<f64>, at: Position) -> f64 {
    let nearest =
        Position { lon: at.lon.clamp(bounds.min().x, bounds.max().x), lat: at.lat.clamp(bounds.min().y, bounds.max().y) };
    let (east, north) = nearest.metres_from(at);
    east.hypot(north)
}

/// Square of the distance from the origin to a segment.
fn squared_to_segment(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length2 = dx * dx + dy * dy;
    let t = if length2 > 0.0 { (-(a.0 * dx + a.1 * dy) / length2).clamp(0.0, 1.0) } else { 0.0 };
    (a.0 + t * dx).powi(2) + (a.1 + t * dy).powi(2)
}

fn decode_arc(arc: &[Vec<f64>], scale: [f64; 2], translate: [f64; 2], quantised: bool) -> Vec<Coord<f64>> {
    let (mut x, mut y) = (0.0, 0.0);
    arc.iter()
        .filter_map(|point| {
            let (px, py) = (*point.first()?, *point.get(1)?);
            // Quantised topologies give differences.
            if quantised {
                x += px;
                y += py;
            } else {
                x = px;
                y = py;
            }
            Some(Coord { x: x * scale[0] + translate[0], y: y * scale[1] + translate[1] })
        })
        .collect()
}

fn neighbours_of_reserves(counties: &BTreeMap<u32, County>) -> HashMap<u32, Vec<u32>> {
    let arcs_of = |county: &County| -> HashSet<i64> {
        county.rings.iter().flatten().flatten().map(|i| if *i < 0 { !*i } else { *i }).collect()
    };
    let reserves: Vec<(u32, HashSet<i64>)> =
        counties.iter().filter(|(_, c)| c.extra).map(|(code, c)| (*code, arcs_of(c))).collect();
    let mut table: HashMap<u32, Vec<u32>> = HashMap::new();
    for (code, county) in counties.iter().filter(|(_, c)| !c.extra) {
        let own = arcs_of(county);
        for (reserve, arcs) in &reserves {
            if !own.is_disjoint(arcs) {
                table.entry(*code).or_default().push(*reserve);
            }
        }
    }
    table
}

fn fallback_table() -> HashMap<u32, Vec<u32>> {
    let table = include_str!("data/boundary-fallback.csv");
    csv::Reader::from_reader(table.as_bytes())
        .into_records()
        .filter_map(Result::ok)
        .filter_map(|row| {
            let codes = row.get(3)?.split(';').filter_map(parse_six).collect();
            Some((parse_six(row.get(1)?)?, codes))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHENGWU: Position = Position { lon: 115.8896, lat: 34.9528 };

    fn standing(code: &str, at: Position) -> Option<Standing> {
        Area::of_code(code, Boundaries::embedded().unwrap(), Divisions::embedded()).map(|a| a.standing(at))
    }

    #[test]
    fn the_county_of_a_point_is_found_and_where_outlines_cannot_tell_none() {
        let boundaries = Boundaries::embedded().unwrap();
        assert_eq!(boundaries.county_at(CHENGWU), Some(371_723));
        assert_eq!(boundaries.county_at(Position { lon: 115.44, lat: 35.25 }), Some(371_702));
        assert_eq!(boundaries.county_at(Position { lon: 124.0, lat: 30.0 }), None, "at sea");
        assert_eq!(boundaries.county_at(Position { lon: f64::NAN, lat: 34.0 }), None);
        // 500157 was formed out of 500112 after the outlines were drawn.
        let yubei = boundaries.shape(500_112).unwrap();
        let b = yubei.bounds.unwrap();
        let inside = (0..400_u32)
            .map(|i| Position {
                lon: b.min().x + b.width() * (f64::from(i % 20) + 0.5) / 20.0,
                lat: b.min().y + b.height() * (f64::from(i / 20) + 0.5) / 20.0,
            })
            .find(|at| yubei.contains(*at))
            .unwrap();
        assert_eq!(boundaries.county_at(inside), None);
    }

    #[test]
    fn the_county_of_a_point_is_the_one_whose_area_holds_it() {
        let (boundaries, divisions) = (Boundaries::embedded().unwrap(), Divisions::embedded());
        for step in 0..60_u8 {
            let at = Position { lon: 114.9 + f64::from(step) * 0.02, lat: 34.5 + f64::from(step % 9) * 0.1 };
            let Some(code) = boundaries.county_at(at) else { panic!("{at:?} is on land") };
            assert!(Area::of_code(&six(code), boundaries, divisions).unwrap().contains(at), "{code} {at:?}");
        }
    }

    #[test]
    fn outlines_of_an_unknown_datum_are_read_with_a_wider_margin() {
        assert!(Boundaries::embedded().unwrap().is_own_datum());
        assert!((Boundaries::embedded().unwrap().tolerance_m(500.0) - 500.0).abs() < 1e-9);
        let file = |datum: &str| {
            let text = format!(
                r#"{{"type":"Topology",{datum}"objects":{{"counties":{{"type":"GeometryCollection","geometries":[]}}}},"arcs":[]}}"#
            );
            Boundaries::from_topojson(&text).unwrap()
        };
        for (datum, own, metres) in
            [("", false, 1000.0), (r#""datum":"GCJ-02","#, false, 1000.0), (r#""datum":"WGS-84","#, true, 500.0)]
        {
            assert_eq!(file(datum).is_own_datum(), own, "{datum}");
            assert!((file(datum).tolerance_m(500.0) - metres).abs() < 1e-9, "{datum}");
        }
        assert!((file("").tolerance_m(2000.0) - 2000.0).abs() < 1e-9, "never less than the profile wants");
    }

    #[test]
    fn a_code_of_a_past_year_is_held_against_the_outlines_of_today() {
        let then = Divisions::at(crate::base::time::Timestamp::from_beijing_date("1999-05-01").unwrap());
        let inside = |code: &str| Area::of_code(code, Boundaries::embedded().unwrap(), &then).unwrap().contains(CHENGWU);
        assert!(inside("372924") && inside("371723") && inside("372900") && !inside("372923"));
    }

    #[test]
    fn containment_puts_up_with_nothing_near_a_line() {
        let area = Area::of_code("371723", Boundaries::embedded().unwrap(), Divisions::embedded()).unwrap();
        assert!(area.contains(CHENGWU));
        // Straight east until the line is crossed, halved down to a thousandth of a millimetre.
        let (mut inside, mut outside) = (CHENGWU, Position { lon: 117.0, ..CHENGWU });
        while outside.lon - inside.lon > 1e-11 {
            let middle = Position { lon: f64::midpoint(inside.lon, outside.lon), ..CHENGWU };
            if area.contains(middle) { inside = middle } else { outside = middle }
        }
        // Half a metre outside counts as on the line where records are judged, and is outside here.
        let near = Position { lon: outside.lon + 0.000_002, ..outside };
        assert_eq!((area.contains(near), area.standing(near)), (false, Standing::Inside));
    }

    #[test]
    fn chengwu_lies_in_chengwu_and_in_no_neighbour() {
        assert_eq!(standing("371723", CHENGWU), Some(Standing::Inside));
        assert_eq!(standing("37172301", CHENGWU), Some(Standing::Inside));
        assert_eq!(standing("372924", CHENGWU), Some(Standing::Inside), "a retired code by its successor");
        assert_eq!(standing("371700", CHENGWU), Some(Standing::Inside));
        assert_eq!(standing("3717", CHENGWU), Some(Standing::Inside));
        assert_eq!(standing("370000", CHENGWU), Some(Standing::Inside));
        assert_eq!(standing("371771", CHENGWU), Some(Standing::Inside), "a zone by its prefecture");
        let Some(Standing::Outside { metres }) = standing("371722", CHENGWU) else { panic!("inside 单县") };
        assert!(metres > 5_000.0, "{metres}");
        assert_eq!(standing("379999", CHENGWU), None);
        assert_eq!(standing("abc", CHENGWU), None);
    }

    #[test]
    fn exactly_one_county_of_the_prefecture_holds_a_point() {
        let codes = ["371702", "371703", "371721", "371722", "371723", "371724", "371725", "371726", "371728"];
        for step in 0..40_u8 {
            let at = Position { lon: 115.3 + f64::from(step) * 0.02, lat: 34.9 + f64::from(step % 7) * 0.08 };
            let holders: Vec<_> = codes.iter().filter(|c| standing(c, at) == Some(Standing::Inside)).collect();
            let in_prefecture = standing("3717", at) == Some(Standing::Inside);
            assert_eq!(holders.len(), usize::from(in_prefecture), "{at:?}: {holders:?}");
        }
    }

    #[test]
    fn the_interval_tree_agrees_with_plain_containment_on_counties_with_holes() {
        let boundaries = Boundaries::embedded().unwrap();
        let holed: Vec<u32> =
            boundaries.counties.iter().filter(|(_, c)| c.rings.iter().any(|r| r.len() > 1)).map(|(c, _)| *c).collect();
        assert!(holed.len() > 50);
        for code in holed.iter().take(60) {
            let shape = boundaries.shape(*code).unwrap();
            let b = shape.bounds.unwrap();
            for i in 0..15_u8 {
                for j in 0..15_u8 {
                    let p = Point::new(
                        b.min().x + b.width() * (f64::from(i) + 0.37) / 15.0,
                        b.min().y + b.height() * (f64::from(j) + 0.41) / 15.0,
                    );
                    assert_eq!(shape.tree.contains(&p), shape.polygons.contains(&p), "{code} {p:?}");
                }
            }
        }
    }

    #[test]
    fn the_nearest_of_many_polygons_is_found_wherever_it_stands_in_the_list() {
        let area = Area::of_code("3717", Boundaries::embedded().unwrap(), Divisions::embedded()).unwrap();
        for step in 0..60_u8 {
            let at = Position { lon: 114.5 + f64::from(step) * 0.04, lat: 34.0 + f64::from(step % 11) * 0.2 };
            let plain = |shape: &&Shape| {
                let lines = shape.polygons.lines_iter().map(|line| {
                    let [a, b] = [line.start, line.end].map(|c| Position { lon: c.x, lat: c.y }.metres_from(at));
                    squared_to_segment(a, b).sqrt()
                });
                lines.fold(f64::INFINITY, f64::min)
            };
            match area.standing(at) {
                Standing::Inside => assert!(area.shapes.iter().any(|s| s.polygons.contains(&Point::new(at.lon, at.lat)))),
                Standing::Outside { metres } => {
                    let nearest = area.shapes.iter().map(plain).fold(f64::INFINITY, f64::min);
                    assert!((metres - nearest).abs() < 1e-6, "{at:?}: {metres} {nearest}");
                }
            }
        }
    }

    #[test]
    fn distance_grows_with_the_way_outside() {
        let Some(Standing::Outside { metres: near }) = standing("371723", Position { lon: 116.20, lat: 34.95 }) else { panic!() };
        let Some(Standing::Outside { metres: far }) = standing("371723", Position { lon: 116.30, lat: 34.95 }) else { panic!() };
        assert!(far - near > 8_500.0 && far - near < 9_500.0, "{near} {far}");
    }

    #[test]
    fn counties_without_a_polygon_use_those_that_stand_in() {
        let liangjiang = Position { lon: 106.60, lat: 29.72 };
        assert_eq!(standing("500157", liangjiang), Some(Standing::Inside));
        assert!(standing("441900", Position { lon: 113.75, lat: 23.02 }) == Some(Standing::Inside));
    }

    #[test]
    fn every_county_in_force_has_an_area() {
        let (boundaries, divisions) = (Boundaries::embedded().unwrap(), Divisions::embedded());
        let missing: Vec<u32> = (110_000..660_000)
            .filter(|c| matches!(divisions.status(*c), CodeStatus::Current { level: Level::County, .. }))
            .filter(|c| Area::of_code(&six(*c), boundaries, divisions).is_none())
            .collect();
        assert_eq!(missing, Vec::<u32>::new());
    }

    #[test]
    fn a_broken_file_is_refused_with_a_reason() {
        assert!(matches!(Boundaries::from_topojson("{}"), Err(BoundaryError::Format(_))));
        let text = r#"{"type":"Topology","objects":{"counties":{"type":"GeometryCollection","geometries":[{"type":"Polygon","arcs":[[7]],"properties":{"code":"371723"}}]}},"arcs":[]}"#;
        assert!(matches!(Boundaries::from_topojson(text), Err(BoundaryError::Arc(_))));
    }
}
