//! 另列指标: what the same run tells beside indicator 4, and what it lends to others of the same table. Never in the headline; each says what
//! it cannot see.

use serde::Serialize;

use super::Report;
use super::summary::{percent, ratio};
use crate::base::fraction::Fraction;
use crate::base::lang::Text;

/// A rate beside the five.
#[derive(Debug)]
pub struct About {
    /// Stable id.
    pub id: &'static str,
    /// The indicator of the same table it lends itself to; 4 for those of video itself.
    pub indicator: u8,
    /// What it is called.
    pub title: Text,
    /// How it is computed.
    pub formula: Text,
    /// What it cannot see.
    pub blind: Text,
}

macro_rules! beside {
    ($($id:literal $indicator:literal $title:literal $title_en:literal $formula:literal $formula_en:literal $blind:literal $blind_en:literal;)+) => {
        /// Every rate there is, in the order they are shown.
        pub const REGISTER: &[About] = &[$(About {
            id: $id,
            indicator: $indicator,
            title: Text::new($title, $title_en),
            formula: Text::new($formula, $formula_en),
            blind: Text::new($blind, $blind_en),
        }),+];
    };
}

beside! {
    "online" 4 "在线率" "on line"
        "目录状态不是离线的摄像机 ÷ 目录中的全部摄像机" "cameras the catalogue does not call off line / all cameras"
        "只是平台自己的说法，在检测那一刻" "the platform's own word, at that moment";
    "calls.attempts" 4 "点播成功率（按次）" "calls that succeed, by attempt"
        "解出画面的点播次数 ÷ 对状态在线的摄像机的全部点播次数" "attempts that gave a picture that decodes / all attempts to cameras on line"
        "重试多的摄像机占得多" "a camera that is tried more often weighs more";
    "calls.first" 4 "首次点播成功率" "calls that succeed at the first attempt"
        "首次点播即解出画面的摄像机 ÷ 点播过且状态在线的摄像机" "cameras that gave a picture at the first attempt / cameras on line that were called"
        "说明稳定性，不是出图率" "a hint at stability, not image output";
    "calls.cameras" 4 "点播成功率（按路，含重试）" "calls that succeed, by camera"
        "重试后解出画面的摄像机 ÷ 点播过且状态在线的摄像机" "cameras that gave a picture in the end / cameras on line that were called"
        "黑屏也算成功，离线的不在分母" "a black picture counts, cameras off line are left out";
    "quality" 4 "图像质量合格率" "picture quality"
        "画面检查没有异常的摄像机 ÷ 有可见画面的摄像机" "cameras whose picture has no fault / cameras with a visible picture"
        "每路只看一两幅关键帧；抖动、时断时续看不出" "one or two key frames a camera; shaking and interruptions are not seen";
    "perimeter" 13 "周界防范线索" "hints of perimeters"
        "有周界、围墙类摄像机的小区 ÷ 已知的小区" "compounds with a camera named for a perimeter / compounds that are known"
        "看不到红外、雷达、电子围栏和报警输入，看不到报警是否有效" "infrared, radar, fences and alarm inputs are not seen, nor whether an alarm works";
    "high_throw" 14 "高空抛物摄像机出图" "cameras against objects thrown from above"
        "名称含“高空抛物”且出图的摄像机 ÷ 名称含“高空抛物”的摄像机" "cameras so named that give a picture / cameras so named"
        "看不到楼层数、视野是否够高、有没有算法" "floors, field of view and the algorithm are not seen";
    "lift" 15 "电梯轿厢摄像机（上限）" "cameras in lifts (an upper bound)"
        "有电梯轿厢摄像机的小区 ÷ 已知的小区" "compounds with a camera in a lift / compounds that are known"
        "有摄像机不等于能识别电动车，只是上限" "a camera is not yet a detection: an upper bound";
    "security_level" 21 "声明 GB 35114 安全等级的摄像机" "cameras that declare a level of GB 35114"
        "SecurityLevelCode 为 A、B、C 的摄像机 ÷ 目录中的全部摄像机" "cameras with SecurityLevelCode A, B or C / all cameras"
        "只是设备一侧的声明；平台的加密、权限、日志看不到" "what devices declare; encryption, roles and logs of the platform are not seen";
    "certificates" 21 "声明证书认证的摄像机" "cameras that declare certificates"
        "RegisterWay 为 3 或 4 的摄像机 ÷ 目录中的全部摄像机" "cameras with RegisterWay 3 or 4 / all cameras"
        "同上，且多为默认值" "the same, and mostly a default";
}

/// A rate of the register, counted; nothing of nothing is left out.
#[derive(Debug, Clone, Copy)]
pub struct Beside {
    /// Which.
    pub about: &'static About,
    /// N/D.
    pub value: Fraction,
}

#[derive(Serialize)]
pub(super) struct BesideJson {
    id: &'static str,
    indicator: u8,
    title: &'static str,
    numerator: u64,
    denominator: u64,
    percent: Option<String>,
    cannot_see: &'static str,
}

/// For `report.json`.
pub(super) fn json(report: &Report) -> Vec<BesideJson> {
    let lang = report.lang;
    let one = |beside: &Beside| BesideJson {
        id: beside.about.id,
        indicator: beside.about.indicator,
        title: beside.about.title.get(lang),
        numerator: beside.value.numerator,
        denominator: beside.value.denominator,
        percent: beside.value.percent(),
        cannot_see: beside.about.blind.get(lang),
    };
    report.beside.iter().map(one).collect()
}

/// One row of the page, as text.
pub(super) struct BesideRow {
    pub(super) indicator: u8,
    pub(super) title: &'static str,
    pub(super) ratio: String,
    pub(super) percent: String,
    pub(super) formula: &'static str,
    pub(super) blind: &'static str,
}

/// The rows of the page.
pub(super) fn rows(report: &Report) -> Vec<BesideRow> {
    let lang = report.lang;
    let row = |beside: &Beside| BesideRow {
        indicator: beside.about.indicator,
        title: beside.about.title.get(lang),
        ratio: ratio(beside.value),
        percent: percent(beside.value),
        formula: beside.about.formula.get(lang),
        blind: beside.about.blind.get(lang),
    };
    report.beside.iter().map(row).collect()
}
