//! What the kinds of a template stand for, and where a text of each kind may end.
//!
//! Not for: which of several ends is the right one ([`super::matcher`] tries them all).

use regex::Regex;

use super::words::{Form, Names, Places, Words};
use super::{FREE_CHARS_MAX, POINT_CHARS_MAX, ROAD_CHARS_MAX, SPOT_WORDS_MAX, SUFFIXES_MAX, TemplateError, fault, parse};
use crate::base::lang::{Lang, Text};
use crate::division::names::{self, PlaceName};
use crate::profile::name_template::NameLists;
use crate::rules::context::normalise_name;

/// The kinds: word of the grammar, and what it is for people.
const KINDS: &[(&str, Text)] = &[
    ("province", Text::new("省名", "province")),
    ("city", Text::new("市名", "city")),
    ("county", Text::new("县区名", "county")),
    ("town", Text::new("乡镇街道名", "town")),
    ("community", Text::new("社区或村名", "community")),
    ("compound", Text::new("小区名", "residential compound")),
    ("org", Text::new("单位名", "unit or company")),
    ("road", Text::new("道路名", "road")),
    ("cross", Text::new("路口，如“甲路与乙路交叉口”", "crossing, such as 甲路与乙路交叉口")),
    ("landmark", Text::new("地标词", "landmark word")),
    ("spot", Text::new("部位词", "word for the part of the place")),
    ("building", Text::new("楼号，如“3号楼”", "building, such as 3号楼")),
    ("unit", Text::new("单元，如“2单元”", "entrance, such as 2单元")),
    ("floor", Text::new("楼层，如“3层”“B1”", "floor, such as 3层 or B1")),
    ("dir", Text::new("方位词", "direction")),
    ("lane", Text::new("车道，如“2车道”", "lane, such as 2车道")),
    ("stake", Text::new("桩号，如“K12+300”", "stake, such as K12+300")),
    ("serial", Text::new("序号", "number")),
    ("pointno", Text::new("点位编号", "point number")),
    ("kind", Text::new("摄像机类型", "kind of camera")),
    ("tag", Text::new("括号内的项目标签", "project tag in brackets")),
    ("any", Text::new("中文文字", "Chinese text")),
];

const LITERAL: Text = Text::new("固定文字", "fixed text");

const SPOTS: &str = "门 大门 正门 侧门 前门 后门 小门 角门 门口 门岗 门卫 门厅 门禁 门内 门外 岗亭 岗 单元门 单元口 楼门 出入口 入口 出口 进口 \
    进出口 车行入口 车行出口 车行出入口 人行入口 人行出口 人行出入口 道闸 大厅 大堂 前台 电梯 电梯间 电梯厅 电梯口 电梯轿厢 轿厢 楼梯 \
    楼梯间 楼梯口 楼道 走廊 过道 通道 连廊 车库 地库 地下车库 车库入口 车库出口 车库出入口 停车场 地下停车场 停车位 停车区 车棚 充电桩 \
    充电区 消防通道 消防车通道 消防登高面 消防控制室 消防泵房 泵房 围墙 院墙 周界 围栏 广场 文化广场 健身广场 桥 桥头 天桥 立交桥 高架桥 \
    隧道 涵洞 地下通道 路口 路段 路边 岔路口 三岔路口 十字路口 丁字路口 交叉口 交叉路口 环岛 转盘 主干道 主路 辅路 支路 内部道路 人行道 \
    机动车道 非机动车道 巷口 胡同口 街口 村口 道口 河道 河边 河口 湖边 坝 闸口 码头 车站 公交站 公交站台 站台 站口 楼顶 楼下 屋顶 天台 \
    院内 院外 操场 球场 篮球场 健身区 游乐区 游乐场 儿童乐园 活动室 活动中心 服务中心 党群服务中心 幼儿园 学校 医院 卫生室 食堂 超市 商铺 \
    商店 市场 银行 营业厅 物业 物业楼 物业办公室 办公室 办公楼 会议室 值班室 监控室 监控中心 机房 配电室 配电房 仓库 收发室 传达室 快递柜 \
    快递点 垃圾站 垃圾点 垃圾房 垃圾投放点 公厕 绿化带 绿地 花园 公园 凉亭 池塘 制高点 收费站 服务区 检查站 加油站";

const CAMERAS: &str = "枪机 球机 半球 枪球 枪球一体机 筒机 鱼眼 卡口 微卡口 电警 电子警察 全景 人脸 人脸抓拍 人脸抓拍机 人脸卡口 车辆 \
    车辆抓拍 车辆卡口 车牌 车牌抓拍 抓拍 抓拍机 违停 云台 云台球机 高点 高空 高空瞭望 高空抛物 双目 双光 热成像 红外 全景球机 摄像机 摄像头 监控";

const ROADS: &[&str] = &["路", "街", "道", "巷", "弄", "胡同", "大道", "高速", "国道", "省道", "高架", "环线"];

const CROSSINGS: &[&str] = &[
    "交叉路口",
    "交叉口",
    "交叉处",
    "交汇路口",
    "交汇口",
    "交汇处",
    "交界处",
    "交口",
    "十字路口",
    "丁字路口",
    "三岔路口",
    "路口",
    "口",
    "立交桥",
    "立交",
    "环岛",
    "转盘",
];

const LANES: &[&str] = &[
    "应急车道",
    "公交车道",
    "左转车道",
    "直行车道",
    "右转车道",
    "掉头车道",
    "机动车道",
    "非机动车道",
    "超车道",
    "行车道",
    "内侧车道",
    "中间车道",
    "外侧车道",
];

/// In the order of DirectionType, from 1.
const DIRECTIONS: [&str; 8] = ["东", "西", "南", "北", "东南", "东北", "西南", "西北"];

/// One piece of a numbered thing such as 3号楼.
#[derive(Debug)]
pub(super) enum Piece {
    /// One of these.
    One(&'static [&'static str]),
    /// One of these or nothing.
    Maybe(&'static [&'static str]),
    /// So many ASCII digits.
    Digits(usize, usize),
    /// So many digits, or so many Chinese numerals.
    Number(usize, usize),
    /// A letter or two, or 甲 to 丁.
    Letter,
}

use Piece::{Digits, Letter, Maybe, Number, One};

type Shape = &'static [Piece];

const BUILDING_WORDS: &[&str] = &["号楼", "号栋", "号", "栋", "幢", "座", "#楼", "#栋", "#"];

const BUILDING: &[Shape] = &[
    &[Number(1, 3), Maybe(&["-"]), One(BUILDING_WORDS)],
    &[Letter, One(&["号楼", "栋", "幢", "座", "楼"])],
    &[Letter, Maybe(&["-"]), Number(1, 3), One(BUILDING_WORDS)],
    &[Number(1, 3), Letter, One(BUILDING_WORDS)],
];

const UNIT: &[Shape] = &[&[Number(1, 2), One(&["单元", "号单元"])], &[Letter, One(&["单元"])]];

const FLOOR: &[Shape] = &[
    &[Maybe(&["-", "负", "地下", "第", "地上"]), Number(1, 3), One(&["层", "楼", "F", "f"])],
    &[One(&["B", "b"]), Number(1, 1), Maybe(&["层", "楼", "F", "f"])],
    &[One(&["F", "L"]), Digits(1, 2)],
];

const LANE: &[Shape] = &[
    &[Maybe(&["第"]), Number(1, 2), Maybe(&["号", "条"]), One(&["车道", "道"])],
    &[One(&["车道"]), Number(1, 2)],
    &[One(LANES)],
];

const STAKE_BEGINS: &[&str] = &["K", "k", "AK", "BK", "CK", "DK", "EK", "ZK", "YK"];

const STAKE: &[Shape] = &[
    &[Maybe(&["桩号"]), One(STAKE_BEGINS), Digits(1, 4)],
    &[Maybe(&["桩号"]), One(STAKE_BEGINS), Digits(1, 4), One(&["+"]), Digits(1, 3), Maybe(&["米", "m"])],
    &[Maybe(&["桩号"]), One(STAKE_BEGINS), Digits(1, 4), One(&["公里"]), Digits(1, 3), One(&["米"])],
    &[Maybe(&["桩号"]), One(STAKE_BEGINS), Digits(1, 4), One(&["公里"])],
];

const SIDES: Piece = Maybe(&["侧", "角", "向", "口"]);

const DIR_4: &[Shape] = &[&[One(&["东", "南", "西", "北"]), SIDES]];

const DIR_8: &[Shape] = &[&[One(&DIRECTIONS), SIDES]];

/// 东门, 2号门, A电梯: what may stand before a part word.
const SPOT_BEGINS: &[Shape] = &[&[One(&DIRECTIONS), Maybe(&["侧"])], &[Number(1, 2), One(&["号", "#"])], &[Letter]];

const ROAD_NUMBER: &[Shape] = &[&[One(&["G", "S", "X", "Y", "g", "s"]), Digits(1, 4)]];

/// What may stand behind a road's name.
const SECTIONS: &[&str] = &["东段", "西段", "南段", "北段", "中段"];

/// The marks between the two roads of a crossing.
const JOINTS: &[char] = &['与', '和', '/', '-', '—', '–', '、'];

/// Opening and closing brackets of a tag.
const BRACKETS: [(char, char); 5] = [('(', ')'), ('（', '）'), ('[', ']'), ('【', '】'), ('〔', '〕')];

/// Longest text of a tag, characters.
const TAG_CHARS_MAX: usize = 16;

/// Fewest and most characters of a place's name whose list is not known.
const UNLISTED: (usize, usize) = (2, 16);

/// A point number where no pattern of the user's says more: letters, digits and dashes with a digit in them.
const POINT_NUMBER: &str = "[A-Za-z]{0,6}-?[0-9]{2,12}(?:-[0-9A-Za-z]{1,6})?";

/// Automata of a user's pattern may take so many octets.
const PATTERN_BYTES_MAX: usize = 1 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Province,
    City,
    County,
    Town,
    Community,
    Compound,
}

impl Place {
    const fn names<'p>(self, places: &Places<'p>) -> Option<&'p Names> {
        match self {
            Self::Province => places.province,
            Self::City => places.city,
            Self::County => places.county,
            Self::Town => places.town,
            Self::Community => places.community,
            Self::Compound => places.compound,
        }
    }
}

/// The characters of a free text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Free {
    /// Chinese characters.
    Chinese,
    /// Those a place is named with: letters and digits of any script.
    Name,
    /// Those a company is named with.
    Organisation,
}

/// What a road's name ends in, and the last character of that, which most ends of a text do not have.
type Suffix = (char, String);

/// How a part is recognised.
#[derive(Debug)]
pub(super) enum Matcher {
    Literal(String),
    Place(Place, Form),
    /// The places of a list of the user's.
    Listed(Names, Form),
    Words(Words),
    Spot(Words),
    Shapes(&'static [Shape]),
    /// Listed words beside the shapes.
    Lane(Words),
    /// 4 or 8 directions.
    Direction(&'static [Shape]),
    Serial(usize, usize),
    Road(Vec<Suffix>),
    Cross(Vec<Suffix>),
    /// The pattern, and whether it is the built-in one, which is of ASCII characters only.
    Point(Regex, bool),
    Tag(Option<Words>),
    Free(Free, usize, usize),
}

/// A matcher and what it is called for people.
pub(super) fn matcher(leaf: &parse::Leaf, lists: &NameLists) -> Result<(Matcher, Text), TemplateError> {
    let (kind, args) = match &leaf.token {
        parse::Token::Literal(text) => return Ok((Matcher::Literal(normalise_name(text).into_owned()), LITERAL)),
        parse::Token::Kind { kind, args } => (kind.as_str(), args.as_slice()),
    };
    let Some((kind, what)) = KINDS.iter().find(|(name, _)| *name == kind) else {
        let known: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
        let known = known.join(" ");
        return Err(fault!(leaf.at, "没有“{kind}”这种类型，可用：{known}", "there is no kind “{kind}”; the kinds are {known}"));
    };
    let given = Arguments { leaf, kind, args, lists };
    let matcher = match *kind {
        "province" => Matcher::Place(Place::Province, given.form()?),
        "city" => Matcher::Place(Place::City, given.form()?),
        "county" => Matcher::Place(Place::County, given.form()?),
        "town" => given.listed(Place::Town, names::town)?,
        "community" => given.listed(Place::Community, names::community)?,
        "compound" => match given.words(None)? {
            Some(words) => Matcher::Words(Words::new(words)),
            None => Matcher::Place(Place::Compound, Form::Any),
        },
        "org" => free(Free::Organisation, given.bounds((2, FREE_CHARS_MAX))?),
        "any" => free(Free::Chinese, given.bounds((1, FREE_CHARS_MAX))?),
        "serial" => {
            let (min, max) = given.bounds((1, 4))?;
            Matcher::Serial(min, max)
        }
        "road" => Matcher::Road(given.suffixes()?),
        "cross" => {
            given.none()?;
            Matcher::Cross(given.suffixes()?)
        }
        "landmark" | "spot" => Matcher::Spot(Words::new(given.words(Some(SPOTS))?.unwrap_or_default())),
        "kind" => Matcher::Words(Words::new(given.words(Some(CAMERAS))?.unwrap_or_default())),
        "tag" => Matcher::Tag(given.words(None)?.map(Words::new)),
        "lane" => {
            given.none()?;
            Matcher::Lane(Words::new(given.words(None)?.unwrap_or_default()))
        }
        "building" => given.shapes(BUILDING)?,
        "unit" => given.shapes(UNIT)?,
        "floor" => given.shapes(FLOOR)?,
        "stake" => given.shapes(STAKE)?,
        "dir" => match args {
            [] => Matcher::Direction(DIR_8),
            [n] if n == "8" => Matcher::Direction(DIR_8),
            [n] if n == "4" => Matcher::Direction(DIR_4),
            _ => return Err(given.wrong("{dir:4} 或 {dir:8}", "{dir:4} or {dir:8}")),
        },
        // `pointno`, the only kind left.
        _ => Matcher::Point(given.pattern()?, args.is_empty() && !lists.patterns.contains_key(*kind)),
    };
    Ok((matcher, *what))
}

const fn free(class: Free, (min, max): (usize, usize)) -> Matcher {
    Matcher::Free(class, min, max)
}

/// The arguments of one token, and where they may be explained.
struct Arguments<'a> {
    leaf: &'a parse::Leaf,
    kind: &'static str,
    args: &'a [String],
    lists: &'a NameLists,
}

impl Arguments<'_> {
    fn wrong(&self, zh: &str, en: &str) -> TemplateError {
        let written = &self.leaf.written;
        fault!(self.leaf.at, "“{written}”的参数不对，应写作 {zh}", "the arguments of “{written}” are wrong; write {en}")
    }

    fn none(&self) -> Result<(), TemplateError> {
        let kind = self.kind;
        if self.args.is_empty() { Ok(()) } else { Err(self.wrong(&format!("{{{kind}}}"), &format!("{{{kind}}}"))) }
    }

    fn shapes(&self, shapes: &'static [Shape]) -> Result<Matcher, TemplateError> {
        self.none().map(|()| Matcher::Shapes(shapes))
    }

    fn form(&self) -> Result<Form, TemplateError> {
        match self.args {
            [] => Ok(Form::Any),
            [form] if form == "any" => Ok(Form::Any),
            [form] if form == "full" => Ok(Form::Full),
            [form] if form == "short" => Ok(Form::Short),
            _ => {
                let kind = self.kind;
                Err(self.wrong(
                    &format!("{{{kind}:full}}、{{{kind}:short}} 或 {{{kind}:any}}"),
                    &format!("{{{kind}:full}}, {{{kind}:short}} or {{{kind}:any}}"),
                ))
            }
        }
    }

    /// The places of the user's list of the kind's own name; without one those known of the camera.
    fn listed(&self, place: Place, called: fn(&str) -> PlaceName) -> Result<Matcher, TemplateError> {
        let form = self.form()?;
        Ok(match self.lists.words.get(self.kind) {
            Some(words) => {
                let places: Vec<PlaceName> = words.iter().map(|word| called(word.trim())).collect();
                Matcher::Listed(Names::new(&places), form)
            }
            None => Matcher::Place(place, form),
        })
    }

    /// `min,max` or one fixed width; `any` is how the manual calls the default.
    fn bounds(&self, default: (usize, usize)) -> Result<(usize, usize), TemplateError> {
        let number = |text: &String| text.parse().ok().filter(|n| (1..=FREE_CHARS_MAX).contains(n));
        let bounds = match self.args {
            [] => Some(default),
            [width] => number(width).map(|n| (n, n)),
            [min, max] => number(min).zip(number(max)).filter(|(min, max)| min <= max),
            _ => None,
        };
        let kind = self.kind;
        bounds.ok_or_else(|| {
            self.wrong(
                &format!("{{{kind}:最少,最多}}，如 {{{kind}:1,3}}，数值 1 至 {FREE_CHARS_MAX}"),
                &format!("{{{kind}:fewest,most}}, such as {{{kind}:1,3}}, of 1 to {FREE_CHARS_MAX}"),
            )
        })
    }

    /// The words of the lists named; a Chinese argument is a word itself. Without arguments the built-in words and
    /// the user's list of the kind's own name; `None` where there is neither.
    fn words(&self, built_in: Option<&str>) -> Result<Option<Vec<String>>, TemplateError> {
        let own = |name: &str| self.lists.words.get(name).cloned();
        if self.args.is_empty() {
            let mut words: Vec<String> = built_in.unwrap_or_default().split_whitespace().map(str::to_owned).collect();
            let users = own(self.kind);
            let known = built_in.is_some() || users.is_some();
            words.extend(users.unwrap_or_default());
            return Ok(known.then_some(words));
        }
        let mut words = Vec::new();
        for arg in self.args {
            if !arg.is_ascii() {
                words.push(arg.clone());
            } else if let Some(list) = own(arg) {
                words.extend(list);
            } else {
                return Err(fault!(
                    self.leaf.at,
                    "没有名为“{arg}”的名单，请在 [name.lists] 下写 {arg} = [\"…\"]",
                    "there is no list “{arg}”; write {arg} = [\"…\"] under [name.lists]"
                ));
            }
        }
        Ok(Some(words))
    }

    /// Road suffixes: of the arguments, else the built-in ones and the user's list `road`.
    fn suffixes(&self) -> Result<Vec<Suffix>, TemplateError> {
        let suffixes: Vec<String> = if self.args.is_empty() {
            let users = self.lists.words.get("road").cloned().unwrap_or_default();
            ROADS.iter().map(|s| (*s).to_owned()).chain(users).collect()
        } else {
            self.words(None)?.unwrap_or_default()
        };
        if suffixes.len() > SUFFIXES_MAX {
            return Err(fault!(
                self.leaf.at,
                "道路后缀超过 {SUFFIXES_MAX} 个",
                "there are more than {SUFFIXES_MAX} road suffixes"
            ));
        }
        Ok(suffixes.into_iter().filter_map(|suffix| Some((suffix.chars().next_back()?, suffix))).collect())
    }

    fn pattern(&self) -> Result<Regex, TemplateError> {
        let (name, pattern) = match self.args {
            [] => (self.kind, self.lists.patterns.get(self.kind).map_or(POINT_NUMBER, String::as_str)),
            [name] => match self.lists.patterns.get(name) {
                Some(pattern) => (name.as_str(), pattern.as_str()),
                None => {
                    return Err(fault!(
                        self.leaf.at,
                        "没有名为“{name}”的正则，请在 [name.patterns] 下写 {name} = '…'",
                        "there is no pattern “{name}”; write {name} = '…' under [name.patterns]"
                    ));
                }
            },
            _ => return Err(self.wrong("{pointno:正则名}", "{pointno:pattern}")),
        };
        regex(&format!("^(?:{pattern})$"))
            .map_err(|why| fault!(self.leaf.at, "正则“{name}”不能用：{why}", "the pattern “{name}” cannot be used: {why}"))
    }
}

/// Compiles a pattern of the user's within bounds; the error in one line.
pub(super) fn regex(pattern: &str) -> Result<Regex, String> {
    regex::RegexBuilder::new(pattern)
        .size_limit(PATTERN_BYTES_MAX)
        .build()
        .map_err(|error| error.to_string().lines().last().unwrap_or_default().to_owned())
}

impl Matcher {
    /// Puts into `ends` where a text of this kind that begins at octet `at` may end, longest last.
    /// None of them is `at`.
    pub(super) fn ends(&self, text: &str, at: usize, places: &Places<'_>, ends: &mut Vec<usize>) {
        ends.clear();
        match self {
            Self::Literal(literal) => word(text, at, literal, ends),
            Self::Place(place, form) => match place.names(places) {
                Some(names) => names.ends(*form, text, at, ends),
                None => free_text(Free::Name, UNLISTED, text, at, ends),
            },
            Self::Listed(names, form) => names.ends(*form, text, at, ends),
            Self::Words(words) => words.ends(text, at, ends),
            Self::Spot(words) => spots(words, text, at, SPOT_WORDS_MAX, ends),
            Self::Shapes(shapes) | Self::Direction(shapes) => shapes_end(shapes, text, at, ends),
            Self::Lane(words) => {
                shapes_end(LANE, text, at, ends);
                words.ends(text, at, ends);
            }
            Self::Serial(min, max) => number(*min, *max, text, at, ends),
            Self::Road(suffixes) => road(suffixes, text, at, ends),
            Self::Cross(suffixes) => cross(suffixes, text, at, ends),
            Self::Point(pattern, ascii) => {
                let rest = text.get(at..).unwrap_or_default();
                let chars = rest.char_indices().take_while(|(_, c)| !ascii || c.is_ascii()).take(POINT_CHARS_MAX);
                let whole = |end: &usize| text.get(at..*end).is_some_and(|t| pattern.is_match(t));
                ends.extend(chars.map(|(i, c)| at + i + c.len_utf8()).filter(whole));
            }
            Self::Tag(words) => tag(words.as_ref(), text, at, ends),
            Self::Free(class, min, max) => free_text(*class, (*min, *max), text, at, ends),
        }
        if !ends.is_sorted_by(|a, b| a < b) {
            ends.sort_unstable();
            ends.dedup();
        }
    }

    /// The one text that may stand here, and what may stand there for it by mistake; `None` where several may.
    pub(super) fn only<'t>(&'t self, places: &Places<'t>) -> Option<(&'t str, Option<&'t str>)> {
        match self {
            Self::Literal(text) => Some((text, None)),
            Self::Place(place, form) => place.names(places)?.only(*form),
            Self::Listed(names, form) => names.only(*form),
            _ => None,
        }
    }

    /// Which direction the text between these octets names, as DirectionType writes it, if it is of this kind.
    pub(super) fn direction(&self, text: &str, begin: usize, end: usize) -> Option<u8> {
        let Self::Direction(_) = self else { return None };
        direction_at(text.get(begin..end)?).map(|(number, _)| number)
    }
}

/// The direction a text begins with, as DirectionType writes it (1 to 8), and its word.
pub(in crate::rules::name) fn direction_at(text: &str) -> Option<(u8, &'static str)> {
    let begins = DIRECTIONS.iter().zip(1..).filter(|(word, _)| text.starts_with(*word));
    begins.max_by_key(|(word, _)| word.len()).map(|(word, number)| (number, *word))
}

fn word(text: &str, at: usize, word: &str, ends: &mut Vec<usize>) {
    if text.get(at..).is_some_and(|rest| rest.starts_with(word)) {
        ends.push(at + word.len());
    }
}

/// The ends of `min` to `max` characters of the class.
fn run(is: impl Fn(char) -> bool, min: usize, max: usize, text: &str, at: usize, ends: &mut Vec<usize>) {
    let rest = text.get(at..).unwrap_or_default();
    let matching = rest.char_indices().take_while(|(_, c)| is(*c)).take(max);
    ends.extend(matching.map(|(i, c)| at + i + c.len_utf8()).skip(min.saturating_sub(1)));
}

pub(in crate::rules::name) fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}' | '〇')
}

/// A letter or digit of any script. The usual ones first: the tables of the others cost more.
fn is_of_a_word(c: char) -> bool {
    matches!(c, '\u{4E00}'..='\u{9FFF}') || c.is_ascii_alphanumeric() || (!c.is_ascii() && c.is_alphanumeric())
}

const fn is_numeral(c: char) -> bool {
    matches!(c, '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十' | '百' | '〇' | '零' | '两')
}

fn number(min: usize, max: usize, text: &str, at: usize, ends: &mut Vec<usize>) {
    run(|c| c.is_ascii_digit(), min, max, text, at, ends);
    run(is_numeral, min, max, text, at, ends);
}

fn free_text(class: Free, (min, max): (usize, usize), text: &str, at: usize, ends: &mut Vec<usize>) {
    let is = |c: char| match class {
        Free::Chinese => is_chinese(c) || c == '·',
        Free::Name => is_of_a_word(c) || c == '·',
        Free::Organisation => is_of_a_word(c) || matches!(c, '·' | '(' | ')' | '（' | '）' | '-' | '&' | '.' | '#'),
    };
    run(is, min, max, text, at, ends);
}

fn shapes_end(shapes: &[Shape], text: &str, at: usize, ends: &mut Vec<usize>) {
    for shape in shapes {
        shape_end(shape, text, at, ends);
    }
}

/// Whether a shape can begin with this character: most places of a name are passed over by it.
fn may_begin(shape: &[Piece], first: char) -> bool {
    let begins = |words: &[&str]| words.iter().any(|w| w.starts_with(first));
    match shape.split_first() {
        None => true,
        Some((One(words), _)) => begins(words),
        Some((Maybe(words), rest)) => begins(words) || may_begin(rest, first),
        Some((Digits(..), _)) => first.is_ascii_digit(),
        Some((Number(..), _)) => first.is_ascii_digit() || is_numeral(first),
        Some((Letter, _)) => is_letter(first),
    }
}

const fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '甲' | '乙' | '丙' | '丁')
}

fn shape_end(shape: &[Piece], text: &str, at: usize, ends: &mut Vec<usize>) {
    let Some((piece, rest)) = shape.split_first() else {
        ends.push(at);
        return;
    };
    if let Some(first) = text.get(at..).and_then(|t| t.chars().next())
        && !may_begin(shape, first)
    {
        return;
    }
    let mut here = Vec::new();
    match piece {
        One(words) => words.iter().for_each(|w| word(text, at, w, &mut here)),
        Maybe(words) => {
            here.push(at);
            words.iter().for_each(|w| word(text, at, w, &mut here));
        }
        Digits(min, max) => run(|c| c.is_ascii_digit(), *min, *max, text, at, &mut here),
        // 二十三 is one more sign than 23.
        Number(min, max) => {
            run(|c| c.is_ascii_digit(), *min, *max, text, at, &mut here);
            run(is_numeral, *min, *max + 2, text, at, &mut here);
        }
        Letter => run(is_letter, 1, 2, text, at, &mut here),
    }
    for end in here {
        shape_end(rest, text, end, ends);
    }
}

/// Up to `left` part words in a row, each with a direction or a number before it: 北门出入口, 2号电梯.
fn spots(words: &Words, text: &str, at: usize, left: usize, ends: &mut Vec<usize>) {
    if left == 0 {
        return;
    }
    let mut here = Vec::new();
    words.ends(text, at, &mut here);
    let mut begins = Vec::new();
    shapes_end(SPOT_BEGINS, text, at, &mut begins);
    for begin in begins {
        words.ends(text, begin, &mut here);
    }
    here.sort_unstable();
    here.dedup();
    for end in here {
        ends.push(end);
        spots(words, text, end, left - 1, ends);
    }
}

fn road(suffixes: &[Suffix], text: &str, at: usize, ends: &mut Vec<usize>) {
    shapes_end(ROAD_NUMBER, text, at, ends);
    let rest = text.get(at..).unwrap_or_default();
    // 与 joins two roads and stands in the name of none; 和 stands in many.
    let inside = rest.char_indices().take_while(|(_, c)| is_of_a_word(*c) && *c != '与').take(ROAD_CHARS_MAX);
    for (i, c) in inside {
        let end = i + c.len_utf8();
        let name = rest.get(..end).unwrap_or_default();
        if suffixes.iter().any(|(last, suffix)| *last == c && name.len() > suffix.len() && name.ends_with(suffix.as_str())) {
            ends.push(at + end);
            SECTIONS.iter().for_each(|section| word(text, at + end, section, ends));
        }
    }
}

fn cross(suffixes: &[Suffix], text: &str, at: usize, ends: &mut Vec<usize>) {
    let mut first = Vec::new();
    road(suffixes, text, at, &mut first);
    let mut second = Vec::new();
    for end in first {
        let rest = text.get(end..).unwrap_or_default();
        let Some(rest) = rest.trim_start().strip_prefix(JOINTS) else { continue };
        road(suffixes, text, text.len() - rest.trim_start().len(), &mut second);
    }
    second.sort_unstable();
    second.dedup();
    for end in second {
        CROSSINGS.iter().for_each(|crossing| word(text, end, crossing, ends));
    }
}

fn tag(words: Option<&Words>, text: &str, at: usize, ends: &mut Vec<usize>) {
    let rest = text.get(at..).unwrap_or_default();
    let Some((open, close)) = BRACKETS.iter().find(|(open, _)| rest.starts_with(*open)) else { return };
    let inside = at + open.len_utf8();
    let mut here = Vec::new();
    match words {
        Some(words) => words.ends(text, inside, &mut here),
        None => run(|c| BRACKETS.iter().all(|(o, c2)| c != *o && c != *c2), 1, TAG_CHARS_MAX, text, inside, &mut here),
    }
    ends.extend(
        here.into_iter()
            .filter(|end| text.get(*end..).is_some_and(|rest| rest.starts_with(*close)))
            .map(|end| end + close.len_utf8()),
    );
}

/// What a part is called, for messages.
pub(super) fn explain(written: &str, what: Text, lang: Lang) -> String {
    let what = what.get(lang);
    crate::say!(lang, "{written}（{what}）", "{written} ({what})")
}
