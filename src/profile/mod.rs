//! Floor 1: 口径. What counts and what is reached, as data: embedded TOML, or a file of the user's.
//!
//! Whether the rules it names exist is checked where the rules are known.

mod compliance;
mod key_positions;
pub mod name_template;

pub use compliance::{Compliance, Mode, Unit};
pub use key_positions::{
    Crs, Exemptions, IntactBy, IntactLevel, KeyPositions, Method, NetworkingBy, PositionClass, Proof, Wording, Words,
};

use sha2::{Digest as _, Sha256};

use crate::base::lang::{Lang, Text, say};
use crate::base::settings_file::{Problem, Reader, Section};

/// The profiles of this build: name and text.
pub const EMBEDDED: &[(&str, &str)] = &[
    ("sd-2022-basic", include_str!("data/sd-2022-basic.toml")),
    ("sd-2022-acceptance", include_str!("data/sd-2022-acceptance.toml")),
    ("sd-2022-strict", include_str!("data/sd-2022-strict.toml")),
    ("demo", include_str!("data/demo.toml")),
];

/// Rounds of one profile: more do not fit into a day.
pub const MAX_ROUNDS: u32 = 9;
/// What a profile allows a clock to be off that does not say.
const CLOCK_TOLERANCE_S: u64 = 60;

/// The five rates of indicator 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RateId {
    /// 覆盖率
    Coverage,
    /// 联网率
    Networking,
    /// 完好率
    Intactness,
    /// 出图率
    Output,
    /// 合规率
    Compliance,
}

impl RateId {
    /// In the order of the indicator.
    pub const ALL: [Self; 5] = [Self::Coverage, Self::Networking, Self::Intactness, Self::Output, Self::Compliance];

    /// The key in settings and results.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Coverage => "coverage",
            Self::Networking => "networking",
            Self::Intactness => "intactness",
            Self::Output => "output",
            Self::Compliance => "compliance",
        }
    }

    /// From the key.
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.key() == key)
    }

    /// The name for people, with its number in the indicator.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Coverage => Text::new("4-1 覆盖率", "4-1 coverage"),
            Self::Networking => Text::new("4-1 联网率", "4-1 networking"),
            Self::Intactness => Text::new("4-1 完好率", "4-1 intactness"),
            Self::Output => Text::new("4-2 出图率", "4-2 image output"),
            Self::Compliance => Text::new("4-3 合规率", "4-3 compliance"),
        }
    }
}

/// What has to be seen for a camera to count as giving a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gate {
    /// The call was answered.
    Signalling,
    /// Packets came.
    Rtp,
    /// A key frame decoded.
    Decoded,
    /// And it is neither black nor one colour.
    Visible,
    /// And no check of its quality says anything against it.
    Quality,
}

impl Gate {
    /// The words of profiles.
    pub const NAMES: [(&'static str, Self); 5] = [
        ("signalling", Self::Signalling),
        ("rtp", Self::Rtp),
        ("decoded", Self::Decoded),
        ("visible", Self::Visible),
        ("quality", Self::Quality),
    ];
}

/// What the output rate is divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denominator {
    /// Every public camera line.
    Catalogue,
    /// Only those the platform says are on line.
    Online,
    /// Every camera of the ledger, also those the platform does not have.
    Ledger,
}

/// How pictures are asked for and counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// What is divided by.
    pub denominator: Denominator,
    /// Cameras that are no public video by the assignment table or by [`Self::non_public`] are left out.
    pub public_only: bool,
    /// Industry codes (digits 9 and 10) of cameras that are no public video.
    pub non_public: Vec<String>,
    /// What counts.
    pub gate: Gate,
    /// From INVITE to the first decodable key frame, milliseconds.
    pub first_frame_ms: u64,
    /// Listening goes on so long, milliseconds from INVITE.
    pub listen_ms: u64,
    /// A call with a visible picture goes on so long, to see whether the picture ever changes; 0: it is not looked for.
    pub observe_ms: u64,
    /// INVITEs a camera, over all transports.
    pub attempts: u32,
    /// Seconds before the second, the third ... attempt.
    pub retry_delay_s: Vec<u64>,
    /// What is tried again.
    pub retry_on: RetryOn,
    /// A smaller picture does not count: width and height, pixels; 0: any does.
    pub least: (u32, u32),
    /// What is black.
    pub black: Black,
    /// What a sample is held against the threshold with.
    pub sample: SampleBy,
}

/// 黑屏: a picture is black when its luma (full range) is below both, hundredths. A street at night is dark and not even.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Black {
    /// The mean.
    pub mean_x100: u32,
    /// The standard deviation.
    pub sigma_x100: u32,
}

impl Default for Black {
    fn default() -> Self {
        Self { mean_x100: 1_600, sigma_x100: 400 }
    }
}

/// What a sample is held against the threshold with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SampleBy {
    /// The share of those drawn.
    #[default]
    Share,
    /// 从严: the lower bound of its interval.
    LowerBound,
}

/// Which calls without a picture are made again. What the peer asks for itself, another transport or another form of the offer,
/// and what failed on our side, is tried in any case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryOn {
    /// No answer at all.
    pub timeout: bool,
    /// An answer, and no media.
    pub no_rtp: bool,
    /// Media that was damaged on its way.
    pub damaged: bool,
    /// These refusals.
    pub statuses: Vec<u16>,
}

impl Default for RetryOn {
    fn default() -> Self {
        Self { timeout: true, no_rtp: true, damaged: true, statuses: vec![408, 480, 486, 500, 502, 503, 504, 600] }
    }
}

impl RetryOn {
    fn read(section: &Section<'_, '_>) -> Self {
        let Some(words) = section.texts("retry_on") else { return Self::default() };
        let mut read = Self { timeout: false, no_rtp: false, damaged: false, statuses: Vec::new() };
        for word in &words {
            match (word.as_str(), word.parse::<u16>()) {
                ("timeout", _) => read.timeout = true,
                ("no_rtp", _) => read.no_rtp = true,
                ("damaged", _) => read.damaged = true,
                (_, Ok(status @ 400..=699)) => read.statuses.push(status),
                _ => section.problem(
                    "retry_on",
                    say!(
                        section.lang(),
                        "retry_on 中的 \"{word}\" 应为 timeout、no_rtp、damaged 或 400—699 的状态码，如 \"486\"",
                        "\"{word}\" in retry_on must be timeout, no_rtp, damaged or a status from 400 to 699, such as \"486\""
                    ),
                ),
            }
        }
        read
    }
}

/// Rounds of one day, a run each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// How many.
    pub rounds: u32,
    /// In so many of them a camera has to give its picture.
    pub need: u32,
}

impl Schedule {
    /// Whether one run answers by itself.
    #[must_use]
    pub const fn is_one_round(self) -> bool {
        self.rounds == 1
    }
}

/// A profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Its name.
    pub id: String,
    /// Its version.
    pub version: u64,
    /// Its title in Chinese.
    pub title: String,
    /// Its title in English.
    pub title_en: String,
    /// Whether its thresholds were checked against a published text.
    pub verified: bool,
    /// Thresholds in percent, in the order of [`RateId::ALL`].
    pub thresholds: [u32; 5],
    /// Pictures.
    pub output: Output,
    /// Rounds.
    pub schedule: Schedule,
    /// Seconds by which a clock may be off, where clocks are measured.
    pub clock_tolerance_s: u64,
    /// Records.
    pub compliance: Compliance,
    /// Key positions.
    pub positions: KeyPositions,
    /// Exempted cameras.
    pub exemptions: Exemptions,
    /// How the rates of units are put together.
    pub rollup: Method,
    /// The official wording, where the user put it in.
    pub wording: Wording,
    /// The text it was read from.
    pub source: String,
}

impl Profile {
    /// The text of an embedded profile.
    #[must_use]
    pub fn embedded(name: &str) -> Option<&'static str> {
        EMBEDDED.iter().find(|(n, _)| *n == name).map(|(_, text)| *text)
    }

    /// Reads a profile.
    ///
    /// # Errors
    /// Every key that is unknown, missing or out of bounds, with its line.
    pub fn parse(file: &str, source: &str, lang: Lang) -> Result<Self, Vec<Problem>> {
        let reader = Reader::new(file, source, lang)?;
        let root = reader.root();
        let id = root.required_text("id", "\"sd-2022-basic\"");
        let version = root.number("version", 1..=u64::from(u32::MAX));
        let title = root.text("title");
        let title_en = root.text("title_en");
        let verified = root.flag("verified");
        let threshold = root.section("threshold");
        let thresholds = RateId::ALL.map(|rate| {
            let value = threshold.number(rate.key(), 0..=100);
            if value.is_none() {
                missing(&threshold, rate.key());
            }
            u32::try_from(value.unwrap_or(0)).unwrap_or(0)
        });
        threshold.finish();
        let output = read_output(&root.section("output"));
        let schedule = read_schedule(&root.section("schedule"));
        let measure = root.section("measure");
        let clock_tolerance_s = measure.number("clock_tolerance_s", 1..=86_400).unwrap_or(CLOCK_TOLERANCE_S);
        measure.finish();
        let names = name_template::NameTemplates::read(&root.section("name"));
        let compliance = Compliance::read(&root.section("compliance"), names);
        let positions = KeyPositions::read(&root);
        let exemptions = Exemptions::read(&root.section("exemptions"));
        let rollup = root.section("rollup");
        let methods = [("ratio_of_sums", Method::RatioOfSums), ("mean_of_rates", Method::MeanOfRates)];
        let method = rollup.word("method", &methods).unwrap_or(Method::RatioOfSums);
        // A compound is shown; the indicator speaks of communities.
        let _ = rollup.word("unit", &[("community", ())]);
        rollup.finish();
        let edge = root.section("edge");
        // Nothing of nothing is neither all nor none.
        let _ = edge.word("zero", &[("not_applicable", ())]);
        edge.finish();
        let wording = Wording::read(&root.section("text"));
        root.finish();
        let problems = reader.into_problems();
        match (id, problems.is_empty()) {
            (Some(id), true) => Ok(Self {
                title: title.unwrap_or_else(|| id.clone()),
                title_en: title_en.unwrap_or_else(|| id.clone()),
                id,
                version: version.unwrap_or(1),
                verified: verified.unwrap_or(false),
                thresholds,
                output,
                schedule,
                clock_tolerance_s,
                compliance,
                positions,
                exemptions,
                rollup: method,
                wording,
                source: source.to_owned(),
            }),
            _ => Err(problems),
        }
    }

    /// The threshold of a rate, percent.
    #[must_use]
    pub fn threshold(&self, rate: RateId) -> u32 {
        RateId::ALL.iter().position(|r| *r == rate).and_then(|i| self.thresholds.get(i)).copied().unwrap_or(0)
    }

    /// SHA-256 of the text: whoever has another text has another profile.
    #[must_use]
    pub fn hash(&self) -> String {
        crate::base::text::hex(&Sha256::digest(self.source.as_bytes()))
    }

    /// The title in a language.
    #[must_use]
    pub fn title(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.title,
            Lang::En => &self.title_en,
        }
    }
}

fn missing(section: &Section<'_, '_>, key: &'static str) {
    // A value out of bounds was already reported; only an absent one is said here.
    if section.is_present() && section.has(key) {
        return;
    }
    section.problem(key, say!(section.lang(), "缺少 {key}", "{key} is missing"));
}

fn read_output(section: &Section<'_, '_>) -> Output {
    let denominators = [("catalogue", Denominator::Catalogue), ("online", Denominator::Online), ("ledger", Denominator::Ledger)];
    let non_public = section.texts("non_public").unwrap_or_default();
    if let Some(bad) = non_public.iter().find(|code| code.len() != 2 || !crate::base::device_id::is_digits(code)) {
        section.problem(
            "non_public",
            say!(
                section.lang(),
                "non_public 中的 \"{bad}\" 应为设备编码第 9、10 位的两位行业编码，例如 \"02\"",
                "\"{bad}\" in non_public must be an industry code, digits 9 and 10 of a device code, such as \"02\""
            ),
        );
    }
    let first_frame_ms = section.number("first_frame_ms", 500..=60_000).unwrap_or(10_000);
    let listen_ms = section.number("listen_ms", 500..=120_000).unwrap_or(20_000);
    if listen_ms < first_frame_ms {
        section.problem(
            "listen_ms",
            say!(section.lang(), "listen_ms 不能小于 first_frame_ms", "listen_ms must not be below first_frame_ms"),
        );
    }
    let delays = section.numbers("retry_delay_s").unwrap_or_else(|| vec![5, 15]);
    if delays.iter().any(|d| *d > 600) {
        section.problem(
            "retry_delay_s",
            say!(section.lang(), "retry_delay_s 每项须不超过 600", "no entry of retry_delay_s may exceed 600"),
        );
    }
    let pixels = |key: &'static str| section.number(key, 0..=16_384).and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    let output = Output {
        denominator: section.word("denominator", &denominators).unwrap_or(Denominator::Catalogue),
        public_only: section.word("scope", &[("public", true), ("all", false)]).unwrap_or(true),
        non_public,
        gate: section.word("gate", &Gate::NAMES).unwrap_or(Gate::Visible),
        first_frame_ms,
        listen_ms,
        observe_ms: section.number("observe_ms", 0..=60_000).unwrap_or(0),
        attempts: u32::try_from(section.number("attempts", 1..=10).unwrap_or(3)).unwrap_or(3),
        retry_delay_s: delays,
        retry_on: RetryOn::read(section),
        least: (pixels("min_width"), pixels("min_height")),
        black: read_black(&section.section("black")),
        sample: section.word("sample", &[("share", SampleBy::Share), ("lower_bound", SampleBy::LowerBound)]).unwrap_or_default(),
    };
    if output.least != (0, 0) && output.gate < Gate::Decoded {
        section.problem(
            if output.least.0 > 0 { "min_width" } else { "min_height" },
            say!(
                section.lang(),
                "要求分辨率时 gate 须为 decoded、visible 或 quality：没有解码就没有分辨率",
                "a least size needs the gate decoded, visible or quality: what is not decoded has none"
            ),
        );
    }
    section.finish();
    output
}

/// Both limits at once, for a picture has to be below both.
fn read_black(section: &Section<'_, '_>) -> Black {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 25,500 fits")]
    let hundredths = |key: &'static str| section.decimal(key, 0.0..=255.0).map(|value| (value * 100.0).round() as u32);
    let usual = Black::default();
    let black = Black {
        mean_x100: hundredths("mean").unwrap_or(usual.mean_x100),
        sigma_x100: hundredths("sigma").unwrap_or(usual.sigma_x100),
    };
    section.finish();
    black
}

/// One round where the profile says nothing.
fn read_schedule(section: &Section<'_, '_>) -> Schedule {
    let number = |key: &'static str| section.number(key, 1..=u64::from(MAX_ROUNDS)).and_then(|n| u32::try_from(n).ok());
    let rounds = number("rounds").unwrap_or(1);
    let need = number("need").unwrap_or(1);
    if need > rounds {
        section.problem(
            "need",
            say!(section.lang(), "need 不能大于 rounds（{rounds}）", "need must not be above rounds ({rounds})"),
        );
    }
    section.finish();
    Schedule { rounds, need }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_profiles_read() {
        for (name, text) in EMBEDDED {
            let profile = Profile::parse(name, text, Lang::En).unwrap();
            assert_eq!(profile.id, *name);
        }
        let basic = Profile::parse("x", Profile::embedded("sd-2022-basic").unwrap(), Lang::En).unwrap();
        assert_eq!(RateId::ALL.map(|r| basic.threshold(r)), [90, 90, 90, 80, 90]);
        assert_eq!((basic.output.gate, basic.output.first_frame_ms, basic.output.attempts), (Gate::Visible, 10_000, 3));
        assert!(basic.verified && basic.hash().len() == 64);
        assert_eq!(basic.schedule, Schedule { rounds: 1, need: 1 });
    }

    #[test]
    fn acceptance_is_the_basic_profile_in_three_rounds() {
        let acceptance = Profile::parse("x", Profile::embedded("sd-2022-acceptance").unwrap(), Lang::En).unwrap();
        let basic = Profile::parse("x", Profile::embedded("sd-2022-basic").unwrap(), Lang::En).unwrap();
        assert_eq!(acceptance.schedule, Schedule { rounds: 3, need: 2 });
        assert_eq!((acceptance.thresholds, &acceptance.output), (basic.thresholds, &basic.output));
        assert_eq!(acceptance.compliance, basic.compliance);
        let text = acceptance.source.replace("need = 2", "need = 4");
        let problems = Profile::parse("p.toml", &text, Lang::En).unwrap_err();
        assert_eq!(problems[0].message, "need must not be above rounds (3)");
    }

    #[test]
    fn unknown_keys_are_refused() {
        let text = Profile::embedded("sd-2022-basic").unwrap().replace("first_frame_ms", "first_frames_ms");
        let problems = Profile::parse("p.toml", &text, Lang::En).unwrap_err();
        assert_eq!(problems.len(), 1);
        assert!(problems[0].message.contains("did you mean first_frame_ms"), "{}", problems[0].message);
    }

    #[test]
    fn modes_are_read_by_field_and_unknown_words_refused() {
        let basic = Profile::embedded("sd-2022-basic").unwrap();
        let profile = Profile::parse("p.toml", &basic.replace("region = \"standard\"", "region = \"strict\""), Lang::En).unwrap();
        assert_eq!(["region", "name"].map(|field| profile.compliance.mode(field)), [Mode::Strict, Mode::Standard]);
        for (from, to, said) in [
            ("region = \"standard\"", "region = \"lax\"", "\"lax\" is unknown"),
            ("region = \"standard\"", "regions = \"strict\"", "did you mean region?"),
            ("off = []", "off = [\"n03\"]", "rule n03 stands in count and in off"),
        ] {
            let problems = Profile::parse("p.toml", &basic.replace(from, to), Lang::En).unwrap_err();
            assert!(problems[0].message.contains(said), "{}", problems[0].message);
        }
    }

    #[test]
    fn sizes_retries_black_and_samples_are_read_and_wrong_ones_named() {
        let basic = Profile::embedded("sd-2022-basic").unwrap();
        let read = |text: &str| Profile::parse("p.toml", text, Lang::En);
        let own = read(basic).unwrap().output;
        assert_eq!((own.least, own.black, own.sample), ((0, 0), Black::default(), SampleBy::Share));
        assert_eq!(own.retry_on, RetryOn::default(), "what stands in the file is what holds without it");
        let list = basic.lines().find(|line| line.starts_with("retry_on")).unwrap();
        let text = basic
            .replace("min_width = 0 ", "min_width = 1280 ")
            .replace("{ mean = 16, sigma = 4 }", "{ mean = 12.5, sigma = 3 }")
            .replace("sample = \"share\"", "sample = \"lower_bound\"")
            .replace(list, "retry_on = [\"486\", \"timeout\"]");
        let own = read(&text).unwrap().output;
        let black = Black { mean_x100: 1_250, sigma_x100: 300 };
        assert_eq!((own.least, own.black, own.sample), ((1_280, 0), black, SampleBy::LowerBound));
        assert_eq!(own.retry_on, RetryOn { timeout: true, no_rtp: false, damaged: false, statuses: vec![486] });
        for (from, to, said) in [
            (list, "retry_on = [\"busy\"]", "\"busy\" in retry_on must be timeout, no_rtp, damaged or a status"),
            (list, "retry_on = [\"200\"]", "\"200\" in retry_on"),
            ("sigma = 4", "sigma = 400", "sigma"),
            ("sigma = 4", "sigme = 4", "did you mean sigma?"),
            ("sample = \"share\"", "sample = \"low\"", "\"low\" is unknown"),
        ] {
            let problems = read(&basic.replace(from, to)).unwrap_err();
            assert!(problems[0].message.contains(said), "{}", problems[0].message);
        }
        let unseen = basic.replace("min_height = 0", "min_height = 720").replace("gate = \"visible\"", "gate = \"rtp\"");
        assert!(read(&unseen).unwrap_err()[0].message.contains("a least size needs the gate decoded"));
    }

    #[test]
    fn a_missing_threshold_is_named() {
        let text = Profile::embedded("sd-2022-basic").unwrap().replace("output = 80\n", "");
        let problems = Profile::parse("p.toml", &text, Lang::En).unwrap_err();
        assert_eq!(problems.iter().map(|p| p.message.as_str()).collect::<Vec<_>>(), ["output is missing"]);
    }
}
