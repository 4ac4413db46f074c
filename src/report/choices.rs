//! What a profile decides, in plain words: each choice that can turn a verdict, with what was not chosen beside it.
//!
//! Shown on 检测口径确认单 before a run and as 口径说明 in its reports.

use crate::base::lang::{Lang, Text, say};
use crate::base::text::hundredths;
use crate::profile::{
    Black, Denominator, Gate, IntactBy, IntactLevel, Method, Mode, NetworkingBy, Profile, Proof, RateId, SampleBy, Schedule, Unit,
};
use crate::rules::FieldId;

/// One choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its key in profiles; empty where this version has no other way.
    pub key: &'static str,
    /// What is chosen.
    pub title: &'static str,
    /// What can be, and whether it is.
    pub options: Vec<(String, bool)>,
}

impl Choice {
    /// `☑ this　☐ that`
    #[must_use]
    pub fn boxes(&self) -> String {
        let boxed = self.options.iter().map(|(text, chosen)| format!("{}{text}", if *chosen { "☑" } else { "☐" }));
        boxed.collect::<Vec<_>>().join("　")
    }

    /// What was chosen.
    #[must_use]
    pub fn chosen(&self, lang: Lang) -> String {
        let chosen = self.options.iter().filter(|(_, chosen)| *chosen).map(|(text, _)| text.as_str());
        chosen.collect::<Vec<_>>().join(say!(lang, "；", "; ").as_str())
    }
}

fn of<T: PartialEq>(key: &'static str, title: Text, chosen: &T, options: &[(T, Text)], lang: Lang) -> Choice {
    let options = options.iter().map(|(value, text)| (text.get(lang).to_owned(), value == chosen)).collect();
    Choice { key, title: title.get(lang), options }
}

/// A number among those that are usual, or another.
fn number<T: PartialEq + Copy>(
    key: &'static str,
    title: Text,
    chosen: T,
    usual: &[T],
    shown: impl Fn(T) -> String,
    lang: Lang,
) -> Choice {
    let mut options: Vec<(String, bool)> = usual.iter().map(|value| (shown(*value), *value == chosen)).collect();
    let is_other = !usual.contains(&chosen);
    let other = if is_other { shown(chosen) } else { "____".to_owned() };
    options.push((say!(lang, "其他：{other}", "other: {other}"), is_other));
    Choice { key, title: title.get(lang), options }
}

/// The same in every profile: what this version has no other way for.
fn fixed(title: Text, text: Text, not: Text, lang: Lang) -> Choice {
    of("", title, &true, &[(true, text), (false, not)], lang)
}

/// The keys of the modes of fields, in their order.
const MODE_KEYS: [&str; 4] =
    ["compliance.mode.code", "compliance.mode.name", "compliance.mode.region", "compliance.mode.coordinates"];

/// Every choice, in the order of the indicator.
#[must_use]
pub fn choices(profile: &Profile, lang: Lang) -> Vec<Choice> {
    let output = &profile.output;
    let seconds = |ms: u64| {
        let (whole, tenths) = (ms / 1_000, ms % 1_000 / 100);
        let shown = if tenths == 0 { whole.to_string() } else { format!("{whole}.{tenths}") };
        say!(lang, "{shown} 秒", "{shown} s")
    };
    let size = |(width, height): (u32, u32)| match (width, height) {
        (0, 0) => say!(lang, "不要求", "any"),
        _ => format!("{width}×{height}"),
    };
    let black = |black: Black| {
        let shown = |x100: u32| hundredths(x100).trim_end_matches('0').trim_end_matches('.').to_owned();
        let (mean, sigma) = (shown(black.mean_x100), shown(black.sigma_x100));
        say!(lang, "平均亮度低于 {mean} 且标准差低于 {sigma}", "mean luma below {mean} and standard deviation below {sigma}")
    };
    let calls = |n: u32| say!(lang, "{n} 次", "{n}");
    let rounds = |s: Schedule| {
        let Schedule { rounds, need } = s;
        if s.is_one_round() {
            say!(lang, "1 轮", "one round")
        } else {
            say!(lang, "同日 {rounds} 轮，{need} 轮出图", "{need} of {rounds} rounds of one day")
        }
    };
    let mut choices = vec![
        of(
            "output.denominator",
            Text::new("出图率的分母", "what image output is divided by"),
            &output.denominator,
            &[
                (
                    Denominator::Catalogue,
                    Text::new("目录中全部摄像机（含离线）", "every camera of the catalogue, off line or not"),
                ),
                (Denominator::Online, Text::new("只算平台显示在线的", "only those the platform calls on line")),
                (Denominator::Ledger, Text::new("台账中全部摄像机", "every camera of the ledger")),
            ],
            lang,
        ),
        of(
            "output.scope",
            Text::new("公共视频范围", "public video"),
            &output.public_only,
            &[
                (
                    true,
                    Text::new("剔除归属表或行业编码注明非公共的", "without what a table or the industry code says is not public"),
                ),
                (false, Text::new("目录中全部摄像机", "every camera")),
            ],
            lang,
        ),
        of(
            "output.gate",
            Text::new("怎样算出图", "what a picture is"),
            &output.gate,
            &[
                (Gate::Signalling, Text::new("有应答", "an answer")),
                (Gate::Rtp, Text::new("收到码流", "media")),
                (Gate::Decoded, Text::new("解出关键帧", "a key frame that decodes")),
                (Gate::Visible, Text::new("画面可见（非黑屏、非纯色）", "a visible one (not black, not one colour)")),
                (Gate::Quality, Text::new("质量无异常", "and no fault of quality")),
            ],
            lang,
        ),
        number(
            "output.first_frame_ms",
            Text::new("出图时限", "limit to the first picture"),
            output.first_frame_ms,
            &[6_000, 10_000],
            seconds,
            lang,
        ),
        number("output.attempts", Text::new("每路最多点播", "calls a camera"), output.attempts, &[1, 3], calls, lang),
        number(
            "output.min_width",
            Text::new("最低分辨率", "least size of a picture"),
            output.least,
            &[(0, 0), (1_280, 720)],
            size,
            lang,
        ),
        number(
            "schedule.rounds",
            Text::new("轮次", "rounds"),
            profile.schedule,
            &[Schedule { rounds: 1, need: 1 }, Schedule { rounds: 3, need: 2 }],
            rounds,
            lang,
        ),
        number("output.black", Text::new("黑屏", "what is black"), output.black, &[Black::default()], black, lang),
        of(
            "output.sample",
            Text::new("抽样时与门限比较的", "of a sample is held against the threshold"),
            &output.sample,
            &[
                (SampleBy::Share, Text::new("样本的比率", "its share")),
                (SampleBy::LowerBound, Text::new("95% 区间的下限", "the lower bound of its 95 % interval")),
            ],
            lang,
        ),
        of(
            "output.observe_ms",
            Text::new("画面静止", "frozen pictures"),
            &(output.observe_ms > 0),
            &[
                (false, Text::new("不检查", "not looked for")),
                (
                    true,
                    // Below the gate of quality a frozen picture is advice.
                    if output.gate == Gate::Quality {
                        Text::new("检查，静止不算出图", "looked for, and are no picture")
                    } else {
                        Text::new("检查，只作提示", "looked for, and remarked")
                    },
                ),
            ],
            lang,
        ),
        of(
            "compliance.unit",
            Text::new("怎样算合规", "what compliance is"),
            &profile.compliance.unit,
            &[
                (Unit::Record, Text::new("一条记录的各字段全部合规", "every field of a record is in order")),
                (Unit::PerField, Text::new("逐字段算，取最低的字段", "each field by itself, the lowest decides")),
                (Unit::Pooled, Text::new("各字段合计", "all fields together")),
            ],
            lang,
        ),
        of(
            "compliance.denominator",
            Text::new("合规率的分母", "what compliance is divided by"),
            &profile.compliance.online_only,
            &[(false, Text::new("全部记录（含离线）", "every record")), (true, Text::new("只算在线的", "only those on line"))],
            lang,
        ),
    ];
    for (place, field) in FieldId::ALL.into_iter().enumerate() {
        choices.push(of(
            MODE_KEYS.get(place).copied().unwrap_or_default(),
            field.title(),
            &profile.compliance.mode(field.key()),
            &[
                (Mode::Standard, Text::new("按口径所列规则", "by the rules listed")),
                (Mode::Strict, Text::new("从严", "strict")),
                (Mode::Off, Text::new("不判断，按合规计", "not judged, counted as in order")),
            ],
            lang,
        ));
    }
    choices.extend(positions(profile, lang));
    choices.push(of(
        "exemptions.headline",
        Text::new("报备的维护、停用", "maintenance that was announced"),
        &profile.exemptions.headline,
        &[
            (false, Text::new("不剔除，另列剔除后的比率", "not left out; another reading shows it")),
            (true, Text::new("从分母剔除", "left out of the denominator")),
        ],
        lang,
    ));
    choices.push(fixed(
        Text::new("存疑（不能证明是摄像机的问题）", "doubtful: not shown to be the camera's fault"),
        Text::new("留在分母、不计分子，列最好情况", "in the denominator, not in the numerator; the best case is shown"),
        Text::new("剔除", "left out"),
        lang,
    ));
    choices.push(fixed(
        Text::new("比较与取整", "comparison and rounding"),
        Text::new("按分数精确比较，达到即达标；百分比截断到两位", "exact fractions, reached counts; percentages are cut"),
        Text::new("四舍五入", "rounded"),
        lang,
    ));
    choices
}

/// What decides the three rates of key positions.
fn positions(profile: &Profile, lang: Lang) -> Vec<Choice> {
    let own = &profile.positions;
    let days = |n: u64| say!(lang, "{n} 天内", "{n} days");
    let levels = Proof::ALL.into_iter().filter(|proof| *proof != Proof::E);
    let levels = levels.map(|proof| (proof.key().to_owned(), own.accepts(proof))).collect();
    vec![
        of(
            "key_positions.per_class_required",
            Text::new("关键位置", "key positions"),
            &own.per_class_required,
            &[
                (false, Text::new("四类合计", "all classes together")),
                (true, Text::new("每一类都须达标", "each class by itself")),
            ],
            lang,
        ),
        Choice {
            key: "coverage.accept",
            title: Text::new("覆盖的证据等级（可多选）", "proofs of coverage (several)").get(lang),
            options: levels,
        },
        of(
            "coverage.require_networked",
            Text::new("未联网的摄像机", "a camera that is not networked"),
            &own.require_networked,
            &[(false, Text::new("也算覆盖", "covers all the same")), (true, Text::new("不算覆盖", "covers nothing"))],
            lang,
        ),
        of(
            "networking.denominator",
            Text::new("联网率的分母", "what networking is divided by"),
            &own.networking_by,
            &[
                (NetworkingBy::Installed, Text::new("关键位置已安装的摄像机", "installed cameras of key positions")),
                (NetworkingBy::Planned, Text::new("规划点位", "planned positions")),
            ],
            lang,
        ),
        number(
            "networking.lookback_days",
            Text::new("联网：多少天内见过在线", "networked: seen alive within"),
            own.lookback_days,
            &[3, 30],
            days,
            lang,
        ),
        of(
            "intactness.level",
            Text::new("怎样算完好", "what intact is"),
            &own.intact,
            &[
                (IntactLevel::Online, Text::new("在线", "on line")),
                (IntactLevel::Image, Text::new("出图", "gives a picture")),
                (IntactLevel::ImageAndRecording, Text::new("出图且有录像", "and is recorded")),
            ],
            lang,
        ),
        of(
            "intactness.denominator",
            Text::new("完好率的分母", "what intactness is divided by"),
            &own.intact_by,
            &[
                (IntactBy::Installed, Text::new("关键位置已安装的摄像机", "installed cameras of key positions")),
                (IntactBy::Networked, Text::new("其中联网的", "those of them that are networked")),
            ],
            lang,
        ),
        of(
            "rollup.method",
            Text::new("汇总", "putting together"),
            &profile.rollup,
            &[
                (Method::RatioOfSums, Text::new("分子之和÷分母之和", "ratio of sums")),
                (Method::MeanOfRates, Text::new("各社区比率的平均", "mean of the communities' rates")),
            ],
            lang,
        ),
    ]
}

/// `覆盖率≥90%`, all five.
#[must_use]
pub fn thresholds(profile: &Profile, lang: Lang) -> String {
    let shown = RateId::ALL.map(|rate| format!("{}≥{}%", rate.title().get(lang), profile.threshold(rate)));
    shown.join(say!(lang, "，", ", ").as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::EMBEDDED;

    #[test]
    fn every_choice_of_every_profile_has_one_box_ticked() {
        for (name, text) in EMBEDDED {
            for lang in [Lang::Zh, Lang::En] {
                let profile = Profile::parse(name, text, lang).unwrap();
                for choice in choices(&profile, lang) {
                    let ticked = choice.options.iter().filter(|(_, chosen)| *chosen).count();
                    let several = choice.title.contains("可多选") || choice.title.contains("several");
                    assert!(ticked == 1 || several && ticked > 0, "{name}: {}", choice.boxes());
                }
            }
        }
    }

    #[test]
    fn what_differs_between_profiles_is_another_box() {
        let of = |text: &str| choices(&Profile::parse("x", text, Lang::Zh).unwrap(), Lang::Zh);
        let basic = Profile::embedded("sd-2022-basic").unwrap();
        let other = basic
            .replacen("denominator = \"catalogue\"", "denominator = \"online\"", 1)
            .replace("gate = \"visible\"", "gate = \"decoded\"")
            .replace("first_frame_ms = 10000", "first_frame_ms = 12500")
            .replace("name = \"standard\"", "name = \"off\"");
        let differ: Vec<String> =
            of(basic).iter().zip(of(&other)).filter(|(a, b)| *a != b).map(|(_, b)| b.chosen(Lang::Zh)).collect();
        assert_eq!(differ, ["只算平台显示在线的", "解出关键帧", "其他：12.5 秒", "不判断，按合规计"]);
    }
}
