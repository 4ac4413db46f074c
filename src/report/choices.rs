//! What a profile decides, in plain words: each choice that can turn a verdict, with what was not chosen beside it.
//!
//! Shown on 检测口径确认单 before a run and as 口径说明 in its reports.

use crate::base::lang::{Lang, Text, say};
use crate::profile::{Denominator, Gate, Mode, Profile, RateId, Schedule};
use crate::rules::FieldId;

/// One choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
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

fn of<T: PartialEq>(title: Text, chosen: &T, options: &[(T, Text)], lang: Lang) -> Choice {
    let options = options.iter().map(|(value, text)| (text.get(lang).to_owned(), value == chosen)).collect();
    Choice { title: title.get(lang), options }
}

/// A number among those that are usual, or another.
fn number<T: PartialEq + Copy>(title: Text, chosen: T, usual: &[T], shown: impl Fn(T) -> String, lang: Lang) -> Choice {
    let mut options: Vec<(String, bool)> = usual.iter().map(|value| (shown(*value), *value == chosen)).collect();
    let is_other = !usual.contains(&chosen);
    let other = if is_other { shown(chosen) } else { "____".to_owned() };
    options.push((say!(lang, "其他：{other}", "other: {other}"), is_other));
    Choice { title: title.get(lang), options }
}

/// The same in every profile: what this version has no other way for.
fn fixed(title: Text, text: Text, not: Text, lang: Lang) -> Choice {
    of(title, &true, &[(true, text), (false, not)], lang)
}

/// Every choice, in the order of the indicator.
#[must_use]
pub fn choices(profile: &Profile, lang: Lang) -> Vec<Choice> {
    let output = &profile.output;
    let seconds = |ms: u64| {
        let (whole, tenths) = (ms / 1_000, ms % 1_000 / 100);
        let shown = if tenths == 0 { whole.to_string() } else { format!("{whole}.{tenths}") };
        say!(lang, "{shown} 秒", "{shown} s")
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
            Text::new("出图率的分母", "what image output is divided by"),
            &output.denominator,
            &[
                (
                    Denominator::Catalogue,
                    Text::new("目录中全部摄像机（含离线）", "every camera of the catalogue, off line or not"),
                ),
                (Denominator::Online, Text::new("只算平台显示在线的", "only those the platform calls on line")),
            ],
            lang,
        ),
        of(
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
        number(Text::new("出图时限", "limit to the first picture"), output.first_frame_ms, &[6_000, 10_000], seconds, lang),
        number(Text::new("每路最多点播", "calls a camera"), output.attempts, &[1, 3], calls, lang),
        number(
            Text::new("轮次", "rounds"),
            profile.schedule,
            &[Schedule { rounds: 1, need: 1 }, Schedule { rounds: 3, need: 2 }],
            rounds,
            lang,
        ),
        of(
            Text::new("画面静止", "frozen pictures"),
            &(output.observe_ms > 0),
            &[
                (false, Text::new("不检查", "not looked for")),
                (true, Text::new("检查，静止不算出图", "looked for, and are no picture")),
            ],
            lang,
        ),
        fixed(
            Text::new("怎样算合规", "what compliance is"),
            Text::new("一条记录的各字段全部合规", "every field of a record is in order"),
            Text::new("按字段合计（只在“其他算法”列出）", "fields counted together (only among other readings)"),
            lang,
        ),
    ];
    for field in FieldId::ALL {
        choices.push(of(
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
    choices.push(fixed(
        Text::new("报备的维护、停用", "maintenance that was announced"),
        Text::new("不剔除，另列计入豁免的比率", "not left out; a second rate shows the waivers"),
        Text::new("从分母剔除", "left out of the denominator"),
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
                    assert_eq!(ticked, 1, "{name}: {}", choice.boxes());
                }
            }
        }
    }

    #[test]
    fn what_differs_between_profiles_is_another_box() {
        let of = |text: &str| choices(&Profile::parse("x", text, Lang::Zh).unwrap(), Lang::Zh);
        let basic = Profile::embedded("sd-2022-basic").unwrap();
        let other = basic
            .replace("denominator = \"catalogue\"", "denominator = \"online\"")
            .replace("gate = \"visible\"", "gate = \"decoded\"")
            .replace("first_frame_ms = 10000", "first_frame_ms = 12500")
            .replace("name = \"standard\"", "name = \"off\"");
        let differ: Vec<String> =
            of(basic).iter().zip(of(&other)).filter(|(a, b)| *a != b).map(|(_, b)| b.chosen(Lang::Zh)).collect();
        assert_eq!(differ, ["只算平台显示在线的", "解出关键帧", "其他：12.5 秒", "不判断，按合规计"]);
    }
}
