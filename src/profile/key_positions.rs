//! 关键位置: which places have to be watched, what proves that one is, and how the three rates of 4-1 are counted.

use crate::base::datum::Shift;
use crate::base::geo::Position;
use crate::base::lang::{Text, say};
use crate::base::settings_file::Section;

/// Days a camera may be silent and still count as networked, at most.
const MAX_LOOKBACK_DAYS: u64 = 366;
/// Widest radius within which a camera may be taken to watch a position, metres.
const MAX_RADIUS_M: f64 = 1_000.0;
/// Positions one camera may watch, at most.
const MAX_PER_CAMERA: u64 = 100;

/// 类别 of a key position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PositionClass {
    /// 小区出入口
    Gate,
    /// 停车库(场)出入口
    Parking,
    /// 社区主干道
    Road,
    /// 消防通道
    Fire,
    /// 其他: what the plan adds to the four.
    Other,
}

impl PositionClass {
    /// In the order of the indicator; what the plan adds comes last.
    pub const ALL: [Self; 5] = [Self::Gate, Self::Parking, Self::Road, Self::Fire, Self::Other];
    /// The four the indicator names.
    pub const NAMED: [Self; 4] = [Self::Gate, Self::Parking, Self::Road, Self::Fire];
    /// The order in which words are looked for in a name: 消防通道出入口 is no gate.
    pub const MATCHED: [Self; 4] = [Self::Fire, Self::Parking, Self::Gate, Self::Road];

    /// The word in tables and results.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::Parking => "parking",
            Self::Road => "road",
            Self::Fire => "fire",
            Self::Other => "other",
        }
    }

    /// From that word.
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.key() == key)
    }

    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Gate => Text::new("小区出入口", "gate of a compound"),
            Self::Parking => Text::new("停车库（场）出入口", "entrance of a car park"),
            Self::Road => Text::new("社区主干道", "main road"),
            Self::Fire => Text::new("消防通道", "fire lane"),
            Self::Other => Text::new("其他关键位置", "other key position"),
        }
    }

    /// Its place in [`Self::ALL`].
    #[must_use]
    pub const fn slot(self) -> usize {
        self as usize
    }
}

/// 证据等级: what proves that a camera watches a position, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Proof {
    /// The plan names the camera, and a person has seen the position in its picture.
    A,
    /// The plan or the ledger names the camera.
    B,
    /// The record's capture position is one of the class's, and the camera stands near.
    C,
    /// The record's name has a word of the class, and the camera stands near.
    D,
    /// Only a word, only a code, or only the place: a suggestion.
    E,
}

impl Proof {
    /// Strongest first.
    pub const ALL: [Self; 5] = [Self::A, Self::B, Self::C, Self::D, Self::E];

    /// The letter.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
            Self::E => "E",
        }
    }

    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::A => Text::new("点位表指定，画面已由人核对", "named by the plan, seen by a person"),
            Self::B => Text::new("点位表或台账指定（申报）", "named by the plan or the ledger (declared)"),
            Self::C => Text::new("采集部位编码和距离相符（推定）", "capture position and distance agree (inferred)"),
            Self::D => Text::new("名称关键词和距离相符（推定）", "word in the name and distance agree (inferred)"),
            Self::E => Text::new("仅有线索（不计入）", "a hint only (does not count)"),
        }
    }
}

/// 坐标系 of positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Crs {
    /// WGS-84
    Wgs84,
    /// CGCS2000: the same within a metre.
    Cgcs2000,
    /// GCJ-02: some hundred metres off; converted by the formula in public use, which is right to a metre or two.
    Gcj02,
    /// BD-09: more; converted as well.
    Bd09,
    /// A grid of the city's.
    Local,
    /// Nobody said.
    #[default]
    Unknown,
}

impl Crs {
    /// The words of profiles.
    pub(super) const NAMES: [(&'static str, Self); 6] = [
        ("wgs84", Self::Wgs84),
        ("cgcs2000", Self::Cgcs2000),
        ("gcj02", Self::Gcj02),
        ("bd09", Self::Bd09),
        ("local", Self::Local),
        ("unknown", Self::Unknown),
    ];

    /// Where a position of this system is in WGS-84, so that distances say something; nothing where nobody can tell.
    #[must_use]
    pub fn wgs84(self, at: Position) -> Option<Position> {
        let at = match self {
            Self::Wgs84 | Self::Cgcs2000 => at,
            Self::Gcj02 => Shift::Gcj02.truth(at),
            Self::Bd09 => Shift::Bd09.truth(at),
            Self::Local | Self::Unknown => return None,
        };
        at.in_china_bounds().then_some(at)
    }
}

/// Words of names that speak for a class, and those that speak against it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words {
    /// Any of these.
    pub include: Vec<String>,
    /// None of these.
    pub exclude: Vec<String>,
}

/// What networking is divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkingBy {
    /// Installed cameras of key positions.
    Installed,
    /// Planned positions.
    Planned,
}

/// What makes a camera intact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntactLevel {
    /// The platform says it is on line.
    Online,
    /// Its picture passed the gate of 出图率.
    Image,
    /// And the recordings that were asked for are there.
    ImageAndRecording,
}

/// What intactness is divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntactBy {
    /// Installed cameras of key positions.
    Installed,
    /// Those of them that are networked.
    Networked,
}

/// How the rates of 4-1 are counted.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyPositions {
    /// Classes a community has to have planned or declared not to have.
    pub classes: Vec<PositionClass>,
    /// Each class has to reach the threshold by itself.
    pub per_class_required: bool,
    /// How lines (roads, fire lanes) are made points of, in words.
    pub road_point_rule: String,
    /// Positions one camera may be named for.
    pub max_per_camera: usize,
    /// 采集部位 codes, or how they begin, that speak for a class; by [`PositionClass::slot`].
    pub capture_codes: [Vec<String>; 4],
    /// Words of names; by [`PositionClass::slot`].
    pub words: [Words; 4],
    /// In what system the records' positions are; what the records themselves do not say.
    pub record_crs: Crs,
    /// Levels of proof that count.
    pub accept: Vec<Proof>,
    /// Metres within which a camera may be taken to watch a position; by [`PositionClass::slot`].
    pub radius_m: [f64; 4],
    /// Only a networked camera covers.
    pub require_networked: bool,
    /// What networking is divided by.
    pub networking_by: NetworkingBy,
    /// Days within which a camera has to have been seen alive.
    pub lookback_days: u64,
    /// What makes a camera intact.
    pub intact: IntactLevel,
    /// What intactness is divided by.
    pub intact_by: IntactBy,
}

/// Words a profile that has none of its own looks for, and those that say it is another class.
const WORDS: [(&[&str], &[&str]); 4] = [
    (
        &["出入口", "大门", "东门", "西门", "南门", "北门", "正门", "门岗", "门卫", "主入口", "人行口", "车行口", "岗亭"],
        &["单元门", "电梯", "车库", "停车场", "地库", "消防"],
    ),
    (
        &["车库入口", "车库出口", "车库出入口", "地库口", "地库入口", "地库出口", "停车场", "道闸"],
        &["车位", "车库内", "车库通道"],
    ),
    (&["主干道", "主路", "中心路", "环路", "路口", "东西路", "南北路", "主通道"], &["楼道", "走廊"]),
    (&["消防通道", "消防车道", "消防车通道", "消防登高面", "登高场地", "消防出口"], &["消防控制室", "消控室", "消防泵房"]),
];
/// Metres, where a profile says nothing.
const RADIUS_M: [f64; 4] = [30.0, 30.0, 50.0, 50.0];

impl Default for KeyPositions {
    fn default() -> Self {
        let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            classes: PositionClass::NAMED.to_vec(),
            per_class_required: false,
            road_point_rule: String::new(),
            max_per_camera: 3,
            capture_codes: Default::default(),
            words: WORDS.map(|(include, exclude)| Words { include: own(include), exclude: own(exclude) }),
            record_crs: Crs::Unknown,
            accept: vec![Proof::A, Proof::B, Proof::C, Proof::D],
            radius_m: RADIUS_M,
            require_networked: false,
            networking_by: NetworkingBy::Installed,
            lookback_days: 30,
            intact: IntactLevel::Image,
            intact_by: IntactBy::Installed,
        }
    }
}

impl KeyPositions {
    /// Reads `[key_positions]`, `[coverage]`, `[networking]` and `[intactness]`; a profile without them has the defaults.
    pub(super) fn read(root: &Section<'_, '_>) -> Self {
        let mut own = Self::default();
        own.read_positions(&root.section("key_positions"));
        own.read_coverage(&root.section("coverage"));
        let networking = root.section("networking");
        let by = [("installed", NetworkingBy::Installed), ("planned", NetworkingBy::Planned)];
        own.networking_by = networking.word("denominator", &by).unwrap_or(own.networking_by);
        // Whether another platform has a camera is not to be seen from this one.
        let _ = networking.word("platform", &[("audited", ())]);
        own.lookback_days = networking.number("lookback_days", 1..=MAX_LOOKBACK_DAYS).unwrap_or(own.lookback_days);
        networking.finish();
        let intactness = root.section("intactness");
        let levels = [
            ("online", IntactLevel::Online),
            ("image", IntactLevel::Image),
            ("image_and_recording", IntactLevel::ImageAndRecording),
        ];
        own.intact = intactness.word("level", &levels).unwrap_or(own.intact);
        let by = [("installed", IntactBy::Installed), ("networked", IntactBy::Networked)];
        own.intact_by = intactness.word("denominator", &by).unwrap_or(own.intact_by);
        intactness.finish();
        own
    }

    fn read_positions(&mut self, section: &Section<'_, '_>) {
        if let Some(keys) = section.texts("classes") {
            self.classes = keys.iter().filter_map(|key| class(section, "classes", key)).collect();
        }
        self.per_class_required = section.flag("per_class_required").unwrap_or(self.per_class_required);
        self.road_point_rule = section.text("road_point_rule").unwrap_or_default();
        if let Some(most) = section.number("max_per_camera", 1..=MAX_PER_CAMERA) {
            self.max_per_camera = usize::try_from(most).unwrap_or(self.max_per_camera);
        }
        self.record_crs = section.word("record_crs", &Crs::NAMES).unwrap_or(self.record_crs);
        let codes = section.section("capture_codes");
        for (class, slot) in PositionClass::NAMED.into_iter().zip(&mut self.capture_codes) {
            *slot = codes.texts(class.key()).unwrap_or_default();
            if let Some(bad) =
                slot.iter().find(|code| !matches!(code.len(), 3 | 5 | 7) || !crate::base::device_id::is_digits(code))
            {
                let message = say!(
                    codes.lang(),
                    "采集部位编码 \"{bad}\" 应为 3、5 或 7 位数字",
                    "the capture position \"{bad}\" must be 3, 5 or 7 digits"
                );
                codes.problem(class.key(), message);
            }
        }
        codes.finish();
        let (include, exclude) = (section.section("words"), section.section("words_against"));
        for (class, slot) in PositionClass::NAMED.into_iter().zip(&mut self.words) {
            for (section, list) in [(&include, &mut slot.include), (&exclude, &mut slot.exclude)] {
                if let Some(words) = section.texts(class.key()) {
                    if words.iter().any(|word| word.trim().is_empty()) {
                        let message = say!(section.lang(), "关键词不能为空", "a word must not be empty");
                        section.problem(class.key(), message);
                    }
                    *list = words;
                }
            }
        }
        include.finish();
        exclude.finish();
        section.finish();
    }

    fn read_coverage(&mut self, section: &Section<'_, '_>) {
        // Areas need outlines of what each camera sees, which no catalogue has.
        let _ = section.word("unit", &[("position", ())]);
        if let Some(letters) = section.texts("accept") {
            self.accept = letters
                .iter()
                .filter_map(|letter| {
                    let found = Proof::ALL.into_iter().find(|proof| proof.key() == letter && *proof != Proof::E);
                    if found.is_none() {
                        let message = say!(
                            section.lang(),
                            "accept 中的 \"{letter}\" 应为 A、B、C、D 之一（E 只是线索，不能计入）",
                            "\"{letter}\" in accept must be one of A, B, C, D (E is a hint and never counts)"
                        );
                        section.problem("accept", message);
                    }
                    found
                })
                .collect();
        }
        let radius = section.section("radius_m");
        for (class, slot) in PositionClass::NAMED.into_iter().zip(&mut self.radius_m) {
            *slot = radius.decimal(class.key(), 0.0..=MAX_RADIUS_M).unwrap_or(*slot);
        }
        radius.finish();
        self.require_networked = section.flag("require_networked").unwrap_or(self.require_networked);
        section.finish();
    }

    /// Whether a level of proof counts.
    #[must_use]
    pub fn accepts(&self, proof: Proof) -> bool {
        self.accept.contains(&proof)
    }

    /// Metres for a class; what a plan adds has those of a gate.
    #[must_use]
    pub fn radius(&self, class: PositionClass) -> f64 {
        self.radius_m.get(class.slot()).or_else(|| self.radius_m.first()).copied().unwrap_or_default()
    }

    /// The class a name speaks for, and every other one it has a word of.
    #[must_use]
    pub fn class_of_name(&self, name: &str) -> (Option<PositionClass>, Vec<PositionClass>) {
        let speaks = |class: &PositionClass| {
            self.words.get(class.slot()).is_some_and(|words| {
                words.include.iter().any(|word| name.contains(word.as_str()))
                    && !words.exclude.iter().any(|word| name.contains(word.as_str()))
            })
        };
        let mut found: Vec<PositionClass> = PositionClass::MATCHED.into_iter().filter(speaks).collect();
        if found.is_empty() { (None, found) } else { (Some(found.remove(0)), found) }
    }

    /// The class a capture position speaks for.
    #[must_use]
    pub fn class_of_capture(&self, code: &str) -> Option<PositionClass> {
        let listed = |class: &PositionClass| {
            self.capture_codes.get(class.slot()).is_some_and(|codes| codes.iter().any(|own| code.starts_with(own.as_str())))
        };
        PositionClass::NAMED.into_iter().find(listed)
    }
}

fn class(section: &Section<'_, '_>, key: &'static str, word: &str) -> Option<PositionClass> {
    let found = PositionClass::NAMED.into_iter().find(|class| class.key() == word);
    if found.is_none() {
        let all = PositionClass::NAMED.map(PositionClass::key).join(", ");
        let message =
            say!(section.lang(), "{key} 中的 \"{word}\" 不认识，可写：{all}", "\"{word}\" in {key} is unknown, write: {all}");
        section.problem(key, message);
    }
    found
}

/// How the rates of units are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Sums of numerators by sums of denominators.
    RatioOfSums,
    /// The mean of the units' rates, as some published reports do.
    MeanOfRates,
}

/// What stands in the notice and is not ours to write: the official wording.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wording {
    /// 指标释义
    pub definition: String,
    /// 标准要求
    pub requirement: String,
}

impl Wording {
    pub(super) fn read(section: &Section<'_, '_>) -> Self {
        let own = Self {
            definition: section.text("definition").unwrap_or_default(),
            requirement: section.text("requirement").unwrap_or_default(),
        };
        section.finish();
        own
    }
}

/// 豁免 of cameras that could not be asked for a picture: by day, ticket and approver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exemptions {
    /// Exempted cameras leave the headline's denominator too, and not only that of the reading beside it.
    pub headline: bool,
    /// More than so many percent, and the report says so.
    pub warn_above_percent: u64,
}

impl Exemptions {
    pub(super) fn read(section: &Section<'_, '_>) -> Self {
        let own = Self {
            headline: section.flag("headline").unwrap_or(false),
            warn_above_percent: section.number("warn_above_percent", 0..=100).unwrap_or(5),
        };
        section.finish();
        own
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_is_watched_or_nothing() {
        let own = KeyPositions::default();
        for (name, class) in [
            ("锦绣花园北门人行口", Some(PositionClass::Gate)),
            ("锦绣花园停车场大门", Some(PositionClass::Parking)),
            ("锦绣花园地下车库出入口", Some(PositionClass::Parking)),
            ("3号楼消防通道出入口", Some(PositionClass::Fire)),
            ("消防控制室门口", None),
            ("2单元门", None),
            ("花园主干道东", Some(PositionClass::Road)),
            ("永昌路12号枪机", None),
            ("", None),
        ] {
            assert_eq!(own.class_of_name(name).0, class, "{name}");
        }
        assert_eq!(own.class_of_name("北门主干道").1, [PositionClass::Road], "every other one it has a word of");
    }

    #[test]
    fn what_cannot_count_is_refused() {
        use super::super::Profile;
        use crate::base::lang::Lang;
        let basic = Profile::embedded("sd-2022-basic").unwrap();
        let with = |section: &str, from: &str, to: &str| {
            let text = basic.replacen(from, to, 1);
            assert_ne!(text, *basic, "{section}: {from}");
            Profile::parse("x", &text, Lang::En).unwrap_err().iter().map(|p| p.message.clone()).collect::<Vec<_>>().join("; ")
        };
        let said = with("coverage", "accept = [\"A\", \"B\", \"C\", \"D\"]", "accept = [\"A\", \"E\"]");
        assert!(said.contains("must be one of A, B, C, D"), "{said}");
        let said = with("key_positions", "\"fire\"]", "\"fires\"]");
        assert!(said.contains("\"fires\" in classes is unknown"), "{said}");
        let said = with("coverage", "unit = \"position\"", "unit = \"area\"");
        assert!(said.contains("position"), "{said}");
    }
}
