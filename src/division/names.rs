//! Names of regions as people write them: short forms, the names right for a code, and other regions'
//! names in a text.
//!
//! Not for: guessing a region from a text. What is found here is sure, or it is not found.

use std::sync::LazyLock;

use super::codes::{CodeStatus, Divisions, Level, parse_six};
use crate::base::keyed::KeyMap;

/// A place under the forms its name is written in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlaceName {
    /// 成武县
    pub full: Vec<String>,
    /// 成武; empty where the name has no shorter form (单县).
    pub short: Vec<String>,
}

/// The peoples in the names of autonomous units. The longer form first where one begins another.
const PEOPLES: &[&str] = &[
    "蒙古族",
    "蒙古",
    "回族",
    "藏族",
    "维吾尔",
    "苗族",
    "彝族",
    "壮族",
    "布依族",
    "朝鲜族",
    "满族",
    "侗族",
    "瑶族",
    "白族",
    "土家族",
    "哈尼族",
    "哈萨克族",
    "哈萨克",
    "傣族",
    "黎族",
    "傈僳族",
    "佤族",
    "畲族",
    "拉祜族",
    "水族",
    "东乡族",
    "纳西族",
    "景颇族",
    "柯尔克孜",
    "土族",
    "达斡尔族",
    "仫佬族",
    "羌族",
    "布朗族",
    "撒拉族",
    "毛南族",
    "仡佬族",
    "锡伯",
    "普米族",
    "塔吉克",
    "怒族",
    "鄂温克族",
    "裕固族",
    "保安族",
    "独龙族",
    "各族",
];

/// The part of a region's name that is its own: 成武县 is 成武, 内蒙古自治区 is 内蒙古, 长阳土家族自治县 is 长阳.
/// `None` where less than two characters would remain: 单县 and 城区 are never shortened.
///
/// 市中区 is 市中: people write so, and a short form is only ever looked for where a region's name may stand.
#[must_use]
pub fn short_form(name: &str) -> Option<&str> {
    let long = |stem: &&str| stem.chars().nth(1).is_some();
    for suffix in ["特别行政区", "自治区", "自治州", "自治县", "自治旗"] {
        let Some(mut stem) = name.strip_suffix(suffix) else { continue };
        // 东乡族自治县 is named by its people alone: of it something must remain.
        while let Some(rest) = PEOPLES.iter().find_map(|p| stem.strip_suffix(p)).filter(long) {
            stem = rest;
        }
        return Some(stem.strip_suffix('族').filter(long).unwrap_or(stem)).filter(long);
    }
    ["新区", "林区", "矿区", "地区", "省", "市", "区", "县", "旗", "盟"]
        .iter()
        .find_map(|suffix| name.strip_suffix(suffix).filter(long))
}

/// A region's name and its short form.
#[must_use]
pub fn region(name: &str) -> PlaceName {
    PlaceName { full: vec![name.to_owned()], short: short_form(name).map(str::to_owned).into_iter().collect() }
}

/// A town as the town tables call it: 文亭街道办事处 is also 文亭街道 and, for short, 文亭.
#[must_use]
pub fn town(name: &str) -> PlaceName {
    forms(name, &[("街道办事处", "街道"), ("镇", "镇"), ("民族乡", "民族乡"), ("乡", "乡"), ("街道", "街道")])
}

/// A community or village as the town tables call it: 张庄村委会 is also 张庄村 and, for short, 张庄.
#[must_use]
pub fn community(name: &str) -> PlaceName {
    forms(
        name,
        &[
            ("社区居民委员会", "社区"),
            ("社区居委会", "社区"),
            ("居民委员会", "社区"),
            ("居委会", "社区"),
            ("村村民委员会", "村"),
            ("村民委员会", "村"),
            ("村委会", "村"),
            ("社区", "社区"),
            ("村", "村"),
        ],
    )
}

/// The first suffix of `table` the name ends in is also written as its second text, and left out for short.
fn forms(name: &str, table: &[(&str, &str)]) -> PlaceName {
    let mut place = PlaceName { full: vec![name.to_owned()], short: Vec::new() };
    for (suffix, plain) in table {
        let Some(stem) = name.strip_suffix(suffix).filter(|s| !s.is_empty()) else { continue };
        if suffix != plain {
            place.full.push(format!("{stem}{plain}"));
        }
        // A stem of one character is no name any more: 张村 stays 张村.
        if stem.chars().nth(1).is_some() {
            place.short.push(stem.to_owned());
        }
        break;
    }
    place
}

/// The names that are right for a code, level by level.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegionNames {
    /// 省
    pub province: Vec<PlaceName>,
    /// 市. A county under no prefecture may be called by the province's name or its own here.
    pub city: Vec<PlaceName>,
    /// 县区. Of a retired code the name it had and those of its successors; of a zone also its hosts'.
    pub county: Vec<PlaceName>,
}

impl RegionNames {
    /// The names right for a code of 6 or 8 digits; `None` for a code in no list.
    #[must_use]
    pub fn of(civil_code: &str, divisions: &Divisions) -> Option<Self> {
        let code = civil_code.get(..6).and_then(parse_six)?;
        let mut names = Self::default();
        for code in territory(code, divisions)? {
            let own = divisions.name(code).map(region);
            let province = divisions.name(code / 10_000 * 10_000).map(region);
            let prefecture = match divisions.status(code / 100 * 100) {
                CodeStatus::Current { name, .. } | CodeStatus::Retired { name, .. } => Some(region(name)),
                _ => None,
            };
            match prefecture {
                Some(prefecture) => add(&mut names.city, Some(prefecture)),
                None => {
                    add(&mut names.city, province.clone());
                    add(&mut names.city, own.clone());
                }
            }
            add(&mut names.province, province);
            if code % 100 != 0 || divisions.is_county(code) {
                add(&mut names.county, own);
            }
        }
        Some(names)
    }
}

/// A code and the codes in force that hold its territory; `None` for a code in no list.
fn territory(code: u32, divisions: &Divisions) -> Option<impl Iterator<Item = u32> + Clone> {
    let others = match divisions.status(code) {
        CodeStatus::Current { .. } | CodeStatus::Future { .. } => &[],
        CodeStatus::Retired { successors, .. } => successors,
        CodeStatus::Zone { hosts, .. } | CodeStatus::Unofficial { hosts, .. } => hosts,
        CodeStatus::Unknown => return None,
    };
    Some(std::iter::once(code).chain(others.iter().copied()))
}

fn add(names: &mut Vec<PlaceName>, name: Option<PlaceName>) {
    names.extend(name.filter(|n| !names.contains(n)));
}

/// Words after which a region's name is the name of a road (曹县路), or part of another word (济南市场, 河口区域).
const NOT_BEFORE: &[&str] = &[
    "路", "街", "道", "巷", "胡同", "大道", "大街", "高速", "东路", "西路", "南路", "北路", "中路", "东街", "西街", "南街",
    "北街", "一路", "二路", "三路", "场", "间", "域", "舰", "杆", "小吃", "羊", "烧", "拉面",
];

/// Names of regions that are ordinary words as well; they count only behind the name of the region above them.
const ORDINARY: &[&str] = &["市南区", "市北区", "老城区", "东城区", "西城区", "桥东区", "新市区", "新县", "古县", "高县", "富县"];

/// The names of all regions in force, to be looked for in texts.
pub struct NameIndex<'d> {
    divisions: &'d Divisions,
    /// By the first two characters; no name of a region is shorter.
    by_begin: KeyMap<(char, char), Vec<Entry<'d>>>,
    /// A bit for each character some name begins with, by its lower sixteen: most characters of a text begin none.
    begins: Vec<u64>,
}

struct Entry<'d> {
    name: &'d str,
    code: u32,
    level: Level,
    /// Counts only behind the name of the region above it.
    ordinary: bool,
}

static EMBEDDED: LazyLock<NameIndex<'static>> = LazyLock::new(|| NameIndex::new(Divisions::embedded()));

impl<'d> NameIndex<'d> {
    /// The index of the tables of this build.
    #[must_use]
    pub fn embedded() -> &'static NameIndex<'static> {
        &EMBEDDED
    }

    /// An index of these tables.
    #[must_use]
    pub fn new(divisions: &'d Divisions) -> Self {
        let mut times: KeyMap<&str, u32> = KeyMap::default();
        for (_, name, _) in divisions.in_force() {
            *times.entry(name).or_default() += 1;
        }
        let mut by_begin: KeyMap<(char, char), Vec<Entry<'d>>> = KeyMap::default();
        for (code, name, level) in divisions.in_force() {
            let mut begin = name.chars();
            let Some(begin) = begin.next().zip(begin.next()) else { continue };
            // 城区, 郊区, 东区: a word first, a region second. 市中区 stands in many cities, and in 城市中区.
            let ordinary = level == Level::County
                && (times.get(name).is_some_and(|n| *n > 1)
                    || (name.chars().count() < 3 && !name.ends_with('县'))
                    || ORDINARY.contains(&name));
            by_begin.entry(begin).or_default().push(Entry { name, code, level, ordinary });
        }
        // Longest first, then by code: the answer does not depend on the order of a hash table.
        for entries in by_begin.values_mut() {
            entries.sort_by_key(|e| (std::cmp::Reverse(e.name.len()), e.code));
        }
        let mut begins = vec![0; BEGINS / 64];
        for (word, bit) in by_begin.keys().map(|(first, _)| bit_of(*first)) {
            if let Some(word) = begins.get_mut(word) {
                *word |= bit;
            }
        }
        Self { divisions, by_begin, begins }
    }

    /// Whether some name may begin with a character.
    fn may_begin(&self, c: char) -> bool {
        let (word, bit) = bit_of(c);
        self.begins.get(word).is_some_and(|word| word & bit != 0)
    }

    /// The first name in `text` of a region that is not the one of `civil_code` (6 or 8 digits), nor one above
    /// or below it: code and name. `None` for a code in no list.
    ///
    /// Sure rather than complete: only full names in force, of provinces, prefectures and the counties of the same
    /// province; only at the beginning of the text, behind a sign, or behind the name of a region; not as the
    /// beginning of a road's name.
    #[must_use]
    pub fn other_named(&self, text: &str, civil_code: &str) -> Option<(u32, &'d str)> {
        let own = territory(civil_code.get(..6).and_then(parse_six)?, self.divisions)?;
        let is_own = |e: &Entry<'_>| {
            own.clone().any(|code| {
                holds(e.code, code)
                    || holds(code, e.code)
                    // A zone or placeholder belongs to the whole of its prefecture.
                    || self.divisions.zone_parent(code).is_some_and(|parent| holds(e.code, parent))
                    || self.divisions.name(code) == Some(e.name)
            })
        };
        let mut covered = 0;
        let mut characters = text.char_indices().peekable();
        while let Some((at, c)) = characters.next() {
            if at < covered || !self.may_begin(c) {
                continue;
            }
            let Some((_, next)) = characters.peek() else { break };
            let rest = text.get(at..).unwrap_or_default();
            let before = text.get(..at).unwrap_or_default();
            let here = self.by_begin.get(&(c, *next)).map(Vec::as_slice).unwrap_or_default();
            let mut standing = here.iter().filter(|e| rest.starts_with(e.name) && self.stands(e, before, rest)).peekable();
            let Some(longest) = standing.peek().map(|e| e.name) else { continue };
            // Of one name, the region that is ours counts first.
            let mut same = standing.filter(|e| e.name == longest).peekable();
            let first = same.peek().copied();
            let ours = same.any(is_own);
            match first {
                Some(e) if !ours && (e.level != Level::County || own.clone().any(|o| o / 10_000 == e.code / 10_000)) => {
                    return Some((e.code, e.name));
                }
                _ => covered = at + longest.len(),
            }
        }
        None
    }

    /// Whether a name found between these two texts is the name of a region there and nothing else.
    fn stands(&self, entry: &Entry<'_>, before: &str, rest: &str) -> bool {
        let after = rest.get(entry.name.len()..).unwrap_or_default();
        if NOT_BEFORE.iter().any(|word| after.starts_with(word)) {
            return false;
        }
        if !entry.ordinary && before.chars().next_back().is_none_or(|c| !c.is_alphanumeric()) {
            return true;
        }
        let above = [entry.code / 100 * 100, entry.code / 10_000 * 10_000];
        let mut names = above.iter().filter(|code| **code != entry.code).filter_map(|code| self.divisions.name(*code));
        names.any(|name| before.ends_with(name) || short_form(name).is_some_and(|short| before.ends_with(short)))
    }
}

/// Bits of [`NameIndex::begins`].
const BEGINS: usize = 1 << 16;

/// Where the bit of a character stands.
const fn bit_of(c: char) -> (usize, u64) {
    let place = c as usize % BEGINS;
    (place / 64, 1 << (place % 64))
}

/// Whether a region is another or above it, by the digits that name it: without the pairs of noughts at the end.
const fn holds(above: u32, code: u32) -> bool {
    let unit = match above {
        _ if above.is_multiple_of(10_000) => 10_000,
        _ if above.is_multiple_of(100) => 100,
        _ => 1,
    };
    above / unit == code / unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms() {
        for (name, short) in [
            ("成武县", "成武"),
            ("菏泽市", "菏泽"),
            ("山东省", "山东"),
            ("内蒙古自治区", "内蒙古"),
            ("新疆维吾尔自治区", "新疆"),
            ("香港特别行政区", "香港"),
            ("恩施土家族苗族自治州", "恩施"),
            ("前郭尔罗斯蒙古族自治县", "前郭尔罗斯"),
            ("积石山保安族东乡族撒拉族自治县", "积石山"),
            ("东乡族自治县", "东乡"),
            ("鄂温克族自治旗", "鄂温克"),
            ("鄂伦春自治旗", "鄂伦春"),
            ("锡林郭勒盟", "锡林郭勒"),
            ("正蓝旗", "正蓝"),
            ("阿里地区", "阿里"),
            ("神农架林区", "神农架"),
            ("浦东新区", "浦东"),
            ("市中区", "市中"),
        ] {
            assert_eq!(short_form(name), Some(short), "{name}");
        }
        for name in ["单县", "城区", "芒市", "新区"] {
            assert_eq!(short_form(name), None, "{name}");
        }
    }

    #[test]
    fn every_autonomous_unit_loses_its_peoples_and_keeps_a_name() {
        let mut seen = 0;
        for (code, name, _) in Divisions::embedded().in_force().filter(|(_, name, _)| name.contains("自治")) {
            let short = short_form(name).unwrap_or_else(|| panic!("{name}"));
            assert!(short.chars().count() >= 2 && !short.contains('族') && !short.contains("自治"), "{code} {name} {short}");
            seen += 1;
        }
        assert!(seen > 150, "{seen}");
    }

    #[test]
    fn towns_and_communities_as_tables_and_people_write_them() {
        let place = |full: &[&str], short: &[&str]| PlaceName {
            full: full.iter().map(|s| (*s).to_owned()).collect(),
            short: short.iter().map(|s| (*s).to_owned()).collect(),
        };
        assert_eq!(town("文亭街道办事处"), place(&["文亭街道办事处", "文亭街道"], &["文亭"]));
        assert_eq!(town("大田集镇"), place(&["大田集镇"], &["大田集"]));
        assert_eq!(community("张庄村委会"), place(&["张庄村委会", "张庄村"], &["张庄"]));
        assert_eq!(community("幸福社区居委会"), place(&["幸福社区居委会", "幸福社区"], &["幸福"]));
        assert_eq!(community("张村"), place(&["张村"], &[]));
        assert_eq!(community("幸福里"), place(&["幸福里"], &[]));
    }

    fn names(code: &str) -> [Vec<String>; 3] {
        let names = RegionNames::of(code, Divisions::embedded()).unwrap();
        [names.province, names.city, names.county].map(|list| list.into_iter().flat_map(|n| n.full).collect())
    }

    #[test]
    fn the_names_right_for_a_code() {
        assert_eq!(names("37172301"), [["山东省"], ["菏泽市"], ["成武县"]]);
        assert_eq!(names("371727"), [vec!["山东省"], vec!["菏泽市"], vec!["定陶县", "定陶区"]]);
        assert_eq!(names("110101"), [vec!["北京市"], vec!["北京市", "东城区"], vec!["东城区"]]);
        assert_eq!(names("441900"), [["广东省"], ["东莞市"], ["东莞市"]]);
        assert_eq!(names("419001"), [vec!["河南省"], vec!["河南省", "济源市"], vec!["济源市"]]);
        assert_eq!(names("371700"), [vec!["山东省"], vec!["菏泽市"], vec![]]);
        assert!(names("371771")[2].iter().any(|n| n == "定陶区"));
        assert_eq!(RegionNames::of("379999", Divisions::embedded()), None);
        assert_eq!(RegionNames::of("3717", Divisions::embedded()), None);
    }

    fn other(text: &str, code: &str) -> Option<&'static str> {
        NameIndex::embedded().other_named(text, code).map(|(_, name)| name)
    }

    #[test]
    fn another_regions_name_is_found() {
        assert_eq!(NameIndex::embedded().other_named("单县东门枪机", "371723"), Some((371_722, "单县")));
        assert_eq!(other("菏泽市单县东门", "371723"), Some("单县"));
        assert_eq!(other("菏泽单县东门", "371723"), Some("单县"));
        assert_eq!(other("成武县（曹县交界）", "371723"), Some("曹县"));
        assert_eq!(other("济南市历下区东门", "371723"), Some("济南市"));
        assert_eq!(other("江苏省沛县", "371723"), Some("江苏省"));
        assert_eq!(other("济宁曲阜市东门", "371723"), Some("曲阜市"));
        assert_eq!(other("济南市市中区东门", "370103"), None);
        assert_eq!(other("济南市市中区东门", "370104"), Some("市中区"));
    }

    #[test]
    fn what_only_looks_like_another_regions_name_is_left_alone() {
        for (text, code) in [
            ("成武县伯乐大街", "371723"),
            ("山东省菏泽市成武县", "37172301"),
            ("简单县城东门", "371723"),
            ("单县路与永昌路交叉口", "371723"),
            ("单县羊肉汤馆门口", "371723"),
            ("济南市场东门", "371723"),
            ("城市中区东门", "371723"),
            ("市中区东门", "371723"),
            ("城区东门", "140500"),
            ("河口区域东侧", "371723"),
            // The name of that county when the code was in force, and the county of today.
            ("定陶县东门", "371727"),
            ("定陶区东门", "371727"),
            ("定陶区东门", "371771"),
            ("菏泽市定陶区东门", "371771"),
            // Any county of the prefecture the code names.
            ("单县东门", "371700"),
            ("曲阜市东门", "370000"),
            // A county of another province: too many share their names.
            ("沛县东门", "371723"),
            ("单县东门", "379999"),
            ("", "371723"),
        ] {
            assert_eq!(other(text, code), None, "{text} {code}");
        }
    }

    #[test]
    fn no_region_is_another_than_itself() {
        let divisions = Divisions::embedded();
        for (code, name, level) in divisions.in_force() {
            let code = super::super::codes::six(code);
            assert_eq!(other(name, &code), None, "{code} {name}");
            if level == Level::County {
                let names = RegionNames::of(&code, divisions).unwrap();
                let whole: String = [&names.province, &names.city, &names.county].iter().map(|n| n[0].full[0].as_str()).collect();
                assert_eq!(other(&whole, &code), None, "{code} {whole}");
            }
        }
    }
}
