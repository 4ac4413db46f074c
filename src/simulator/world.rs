//! From a scene to its items and its truth. Pure; any item can be made by its number, so that a million of them take
//! no memory.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::behaviour::{self, Behaviour};
use super::fault::{Draft, Fault};
use super::scene::Scene;
use super::trouble::Trouble;
use crate::manscdp::command;
use crate::probe::outcome::{Cause, MediaTransport, ProbeVerdict};

/// Streets and villages of names; made up.
const PLACES: [&str; 12] = [
    "文亭街道",
    "永昌街道",
    "大田集镇",
    "天宫庙镇",
    "汶上集镇",
    "南鲁集镇",
    "伯乐集镇",
    "苟村集镇",
    "白浮图镇",
    "孙寺镇",
    "九女集镇",
    "党集镇",
];
const ROADS: [&str; 10] =
    ["古城街", "伯乐大街", "会盟路", "先农坛街", "永昌路", "湖滨路", "文亭街", "郜鼎街", "宝塔街", "聚贤路"];
const SPOTS: [&str; 8] =
    ["东口枪机", "西口枪机", "南门球机", "北门半球", "学校门口枪机", "广场全景", "社区服务站枪机", "停车场枪机"];
/// The middle of the made-up county, inside 371723.
const MIDDLE: (f64, f64) = (115.889_6, 34.952_8);

/// Pairs under one code, where the trouble asks for them and the scene does not say how many.
const TWINS: usize = 2;
/// Items with markup in their address, likewise.
const STRAY_MARKUP: usize = 2;

/// What a camera really is: what a perfect audit would say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Truth {
    /// The field that is wrong, and the rule that says so.
    pub fault: Option<(&'static str, &'static str)>,
    /// Whether a picture comes.
    pub verdict: &'static str,
    /// Why not.
    pub cause: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Platform,
    County,
    Group,
    Street(usize),
    Recorder(usize),
    Camera(usize),
}

/// A platform's catalogue and what its cameras do.
#[derive(Debug)]
pub struct World {
    scene: Scene,
    /// Camera by camera, where it is not as it should be.
    faults: HashMap<usize, &'static Fault>,
    behaviours: HashMap<usize, &'static Behaviour>,
    offline: HashSet<usize>,
    /// A camera that has the code of another one.
    twins: HashMap<usize, usize>,
    /// The other way round.
    originals: HashMap<usize, usize>,
    /// Broken codes to cameras; sound ones are read from their digits.
    codes: HashMap<String, usize>,
    recorders: usize,
}

impl World {
    /// Draws who has which fault and which behaviour.
    #[must_use]
    pub fn new(scene: Scene) -> Self {
        let fixed: HashSet<usize> = scene.fixed.iter().map(|fixed| fixed.camera).collect();
        let mut order: Vec<usize> = (0..scene.cameras).filter(|camera| !fixed.contains(camera)).collect();
        let mut random = Random::new(scene.seed);
        random.shuffle(&mut order);
        let mut next = order.into_iter();
        let (mut faults, mut twins, mut originals) = (HashMap::new(), HashMap::new(), HashMap::new());
        for share in &scene.faults {
            faults.extend(next.by_ref().take(share.cameras).map(|camera| (camera, share.fault)));
        }
        let duplicates = if scene.has(Trouble::Twins) { scene.duplicates.max(TWINS) } else { scene.duplicates };
        for _ in 0..duplicates {
            if let (Some(twin), Some(original)) = (next.next(), next.next()) {
                twins.insert(twin, original);
                originals.insert(original, twin);
            }
        }
        let mut behaviours = HashMap::new();
        for share in &scene.behaviours {
            behaviours.extend(next.by_ref().take(share.cameras).map(|camera| (camera, share.behaviour)));
        }
        let mut offline: HashSet<usize> = next.by_ref().take(scene.offline).collect();
        for fixed in &scene.fixed {
            faults.extend(fixed.fault.map(|fault| (fixed.camera, fault)));
            behaviours.extend(fixed.behaviour.map(|behaviour| (fixed.camera, behaviour)));
            offline.extend(fixed.offline.then_some(fixed.camera));
        }
        let recorders = scene.cameras.div_ceil(scene.per_recorder.max(1));
        let mut world = Self { scene, faults, behaviours, offline, twins, originals, codes: HashMap::new(), recorders };
        let broken: Vec<usize> = world.faults.keys().copied().collect();
        for camera in broken {
            let code = world.draft(camera).get("DeviceID").to_owned();
            world.codes.insert(code, camera);
        }
        world
    }

    /// The scene.
    #[must_use]
    pub const fn scene(&self) -> &Scene {
        &self.scene
    }

    /// Items in the catalogue, cameras and all.
    #[must_use]
    pub fn items(&self) -> usize {
        3 + PLACES.len() + self.recorders + self.scene.cameras
    }

    /// An item as XML.
    #[must_use]
    pub fn item(&self, number: usize) -> String {
        let draft = match self.place(number) {
            Place::Camera(camera) => self.draft(camera),
            other => self.node(other),
        };
        let elements: Vec<(&str, &str)> = draft.0.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let xml = command::item(&elements);
        let markup = if self.scene.has(Trouble::StrayMarkup) { STRAY_MARKUP } else { 0 };
        let broken = matches!(self.place(number), Place::Camera(camera) if camera < self.scene.sending.broken_xml.max(markup));
        // As platforms do that do not escape: the item is salvaged, its neighbours are untouched.
        if broken { xml.replace("<Address>", "<Address>A&B < 3号楼 ") } else { xml }
    }

    /// The code a camera has in the catalogue.
    #[must_use]
    pub fn camera_code(&self, camera: usize) -> String {
        self.draft(camera).get("DeviceID").to_owned()
    }

    /// The cameras whose Status is OFF, by number.
    pub fn offline(&self) -> impl Iterator<Item = usize> {
        let mut cameras: Vec<usize> = self.offline.iter().copied().collect();
        cameras.sort_unstable();
        cameras.into_iter()
    }

    /// Whether a camera's Status is OFF.
    #[must_use]
    pub fn is_offline(&self, camera: usize) -> bool {
        self.offline.contains(&camera)
    }

    /// The recorder a camera is connected to, by its number.
    #[must_use]
    pub fn recorder_of(&self, camera: usize) -> usize {
        camera / self.scene.per_recorder.max(1)
    }

    /// The items a query for this code has to bring (2022 annex J): all of the platform; a region, a business group, a
    /// virtual organisation or a device with what belongs to it; nothing for a code that is not there.
    #[must_use]
    pub fn under(&self, asked: &str) -> Vec<usize> {
        let all = 0..self.items();
        let ignored = self.scene.has(Trouble::SubtreeIgnored) || self.scene.has(Trouble::OwnDeviceId);
        if asked == self.scene.party.id || ignored {
            return all.collect();
        }
        let region = matches!(asked.len(), 2 | 4 | 6 | 8);
        all.filter(|number| match self.place(*number) {
            _ if region => {
                COUNTY.starts_with(asked) && !matches!(self.place(*number), Place::Platform | Place::Group | Place::Street(_))
            }
            Place::Platform | Place::County => false,
            Place::Group => asked == GROUP,
            Place::Street(street) => asked == GROUP || asked == street_code(street),
            Place::Recorder(recorder) => asked == recorder_code(recorder),
            Place::Camera(camera) => {
                asked == GROUP
                    || asked == street_code(camera % PLACES.len())
                    || asked == self.recorder(camera)
                    || asked == self.draft(camera).get("DeviceID")
            }
        })
        .collect()
    }

    /// The camera a code calls, if it is one.
    #[must_use]
    pub fn camera(&self, code: &str) -> Option<usize> {
        if let Some(camera) = self.codes.get(code) {
            return Some(*camera);
        }
        let serial: usize = code.strip_prefix("3717230001132")?.parse().ok()?;
        let camera = serial.checked_sub(1).filter(|c| *c < self.scene.cameras)?;
        (camera_code(camera) == code).then_some(camera)
    }

    /// How a camera answers calls.
    #[must_use]
    pub fn behaviour(&self, camera: usize) -> &'static Behaviour {
        if self.offline.contains(&camera) {
            return &behaviour::OFFLINE;
        }
        self.behaviours.get(&camera).copied().unwrap_or(behaviour::ok())
    }

    /// What is true of a camera that is called over these transports.
    #[must_use]
    pub fn truth(&self, camera: usize, transports: &[MediaTransport]) -> Truth {
        let fault = match self.faults.get(&camera) {
            Some(fault) => Some((fault.field.key(), fault.rule)),
            None if self.twins.contains_key(&camera) || self.originals.contains_key(&camera) => Some(("code", "D19")),
            None => None,
        };
        // A twin is called under the code of the other one.
        let called = self.twins.get(&camera).copied().unwrap_or(camera);
        let code = self.draft(camera).get("DeviceID").to_owned();
        let callable = !code.is_empty() && code.bytes().all(|b| b.is_ascii_graphic());
        if !callable {
            return Truth { fault, verdict: ProbeVerdict::Untested.id(), cause: Some(Cause::NoUsableCode.id()) };
        }
        match self.behaviour(called).expected(transports) {
            None => Truth { fault, verdict: ProbeVerdict::Picture.id(), cause: None },
            Some(cause) => Truth { fault, verdict: ProbeVerdict::NoPicture.id(), cause: Some(cause.id()) },
        }
    }

    /// Every camera as it stands in a catalogue: code, name, truth.
    pub fn truths<'a>(&'a self, transports: &'a [MediaTransport]) -> impl Iterator<Item = (String, String, Truth)> + 'a {
        (0..self.scene.cameras).map(|camera| {
            let draft = self.draft(camera);
            (draft.get("DeviceID").to_owned(), draft.get("Name").to_owned(), self.truth(camera, transports))
        })
    }

    fn place(&self, number: usize) -> Place {
        let Some(rest) = number.checked_sub(3) else {
            return [Place::Platform, Place::County, Place::Group].get(number).copied().unwrap_or(Place::Platform);
        };
        if rest < PLACES.len() {
            return Place::Street(rest);
        }
        let rest = rest - PLACES.len();
        if rest < self.recorders { Place::Recorder(rest) } else { Place::Camera(rest - self.recorders) }
    }

    fn recorder(&self, camera: usize) -> String {
        recorder_code(self.recorder_of(camera))
    }

    fn node(&self, place: Place) -> Draft {
        let platform = self.scene.party.id.clone();
        let named = |id: String, name: String| vec![("DeviceID", id), ("Name", name)];
        let mut elements = match place {
            Place::Platform => named(platform, self.scene.name.clone()),
            Place::County => named(COUNTY.into(), "成武县".into()),
            Place::Group => named(GROUP.into(), "社区视频".into()),
            Place::Street(n) => named(street_code(n), (*PLACES.get(n).unwrap_or(&"")).into()),
            Place::Recorder(n) => named(recorder_code(n), format!("录像机{:03}", n + 1)),
            Place::Camera(_) => Vec::new(),
        };
        match place {
            Place::Platform => elements.extend([("Manufacturer", "gbaudit".into()), ("Parental", "1".into())]),
            Place::Group => elements.push(("ParentID", self.scene.party.id.clone())),
            Place::Street(_) => elements.extend([("ParentID", GROUP.into()), ("BusinessGroupID", GROUP.into())]),
            Place::Recorder(_) => elements.extend([
                ("Manufacturer", "gbaudit".into()),
                ("Model", "SIM-NVR16".into()),
                ("CivilCode", COUNTY.into()),
                ("ParentID", self.scene.party.id.clone()),
                ("Parental", "1".into()),
                ("RegisterWay", "1".into()),
                ("Secrecy", "0".into()),
                ("Status", "ON".into()),
            ]),
            Place::County | Place::Camera(_) => (),
        }
        Draft(elements)
    }

    fn draft(&self, camera: usize) -> Draft {
        let pick = |list: &[&'static str], n: usize| list.get(n % list.len()).copied().unwrap_or("");
        let (place, road) = (pick(&PLACES, camera), pick(&ROADS, camera / PLACES.len()));
        let spot = pick(&SPOTS, camera / (PLACES.len() * ROADS.len()));
        let number = camera / (PLACES.len() * ROADS.len() * SPOTS.len()) + 1;
        // A spiral around the middle: no two at the same place, none further than three kilometres.
        let turn = f64::from(u32::try_from(camera).unwrap_or(u32::MAX));
        let (angle, radius) = (turn * 2.399_963, 0.03 * (turn + 1.0).sqrt() / (turn + 40.0).sqrt());
        let (longitude, latitude) = (MIDDLE.0 + radius * angle.cos(), MIDDLE.1 + radius * angle.sin());
        let parents = format!("{}/{}", self.recorder(camera), street_code(camera % PLACES.len()));
        let code = camera_code(self.twins.get(&camera).copied().unwrap_or(camera));
        let mut draft = Draft(vec![
            ("DeviceID", code),
            ("Name", format!("{place}{road}{spot}{number}")),
            ("Manufacturer", "gbaudit".into()),
            ("Model", "SIM-IPC".into()),
            ("Owner", "0".into()),
            ("CivilCode", COUNTY.into()),
            ("Address", format!("{place}{road}")),
            ("Parental", "0".into()),
            ("ParentID", parents),
            ("SafetyWay", "0".into()),
            ("RegisterWay", "1".into()),
            ("Secrecy", "0".into()),
            ("Status", if self.offline.contains(&camera) { "OFF" } else { "ON" }.into()),
            ("Longitude", format!("{longitude:.6}")),
            ("Latitude", format!("{latitude:.6}")),
            ("Info/PTZType", if spot.contains("球机") { "1" } else { "3" }.into()),
        ]);
        if let Some(name) = self.scene.fixed.iter().find(|fixed| fixed.camera == camera).and_then(|fixed| fixed.name.as_ref()) {
            draft.set("Name", name.clone());
        }
        for trouble in &self.scene.troubles {
            match trouble.about().and_then(|about| about.apply) {
                Some(apply) => apply(&mut draft, camera + 1),
                None if *trouble == Trouble::ParentAbove => draft.set("ParentID", self.scene.superior.id.clone()),
                None => (),
            }
        }
        if let Some(fault) = self.faults.get(&camera) {
            (fault.apply)(&mut draft, camera + 1);
        }
        for (element, value) in self.scene.fixed.iter().filter(|fixed| fixed.camera == camera).flat_map(|f| &f.corrected) {
            draft.set(element.name(), value.clone());
        }
        draft
    }
}

fn camera_code(camera: usize) -> String {
    format!("3717230001132{:07}", camera + 1)
}

const COUNTY: &str = "371723";
const GROUP: &str = "37172300002150000001";

fn street_code(n: usize) -> String {
    format!("3717230000216{:07}", n + 1)
}

fn recorder_code(n: usize) -> String {
    format!("3717230000118{:07}", n + 1)
}

/// Numbers that look random and are the same everywhere (`SplitMix64`).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// From a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Puts a list into another order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            let j = usize::try_from(self.next() % (i as u64 + 1)).unwrap_or(0);
            list.swap(i, j);
        }
    }
}
