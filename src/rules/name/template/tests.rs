//! The templates of the manual, each kind, ways back, and names that mean harm.

use proptest::prelude::*;

use super::*;
use crate::base::lang::Lang::{En, Zh};
use crate::division::Divisions;
use crate::division::names::{PlaceName, RegionNames, community, town};
use crate::profile::name_template::{AppliesTo, NameLists, TemplateSpec, Unique};

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|s| (*s).to_owned()).collect()
}

/// The names known of Chengwu.
struct Chengwu {
    lists: [Names; 6],
}

impl Chengwu {
    fn new() -> Self {
        let regions = RegionNames::of("371723", Divisions::embedded()).unwrap();
        let plain = |name: &str| PlaceName { full: vec![name.to_owned()], short: Vec::new() };
        Self {
            lists: [
                Names::new(&regions.province),
                Names::new(&regions.city),
                Names::new(&regions.county),
                Names::new(&[town("文亭街道办事处"), town("大田集镇")]),
                Names::new(&[community("幸福社区居委会"), community("张庄村委会")]),
                Names::new(&[plain("幸福小区"), plain("幸福小区二期"), plain("阳光花园")]),
            ],
        }
    }

    fn places(&self) -> Places<'_> {
        let [province, city, county, town, community, compound] = self.lists.each_ref().map(Some);
        Places { province, city, county, town, community, compound }
    }
}

fn template(parts: &str) -> Template {
    Template::parse(parts, &NameLists::default(), None).unwrap_or_else(|e| panic!("{}", e.message(Zh)))
}

/// What is wrong with the name, in Chinese; empty for nothing.
fn wrong(template: &Template, name: &str) -> String {
    let known = Chengwu::new();
    template.check(name, &known.places()).err().map(|m| m.message(Zh)).unwrap_or_default()
}

fn community_spec() -> TemplateSpec {
    TemplateSpec {
        id: "community".into(),
        applies_to: AppliesTo { civil_prefix: strings(&["371723"]), industry: strings(&["01"]), ..AppliesTo::default() },
        parts: "{county:short}? {town:any}? {community:any} {compound}? {building}? {spot} {dir:8}? {kind}? {serial:1,3}?".into(),
        len: Some((6, 40)),
        charset: strings(&["cjk", "digit", "latin", "dash", "paren_full"]),
        forbid: strings(&["vendor_default", "meaningless", "test", "charset"]),
        unique: Some(Unique::Community),
        error: true,
        ..TemplateSpec::default()
    }
}

fn crossing_spec() -> TemplateSpec {
    TemplateSpec {
        id: "crossing".into(),
        applies_to: AppliesTo { industry: strings(&["00", "04", "05"]), ..AppliesTo::default() },
        parts: "{pointno}? {town:any}? {cross} {dir:8} {kind}? {serial:1,2}?".into(),
        error: true,
        ..TemplateSpec::default()
    }
}

fn problem(compiled: &Compiled, name: &str) -> String {
    let known = Chengwu::new();
    compiled.check(name, &known.places()).err().map(|p| p.message(Zh)).unwrap_or_default()
}

#[test]
fn the_community_template_of_the_manual() {
    let compiled = compile(&community_spec(), &NameLists::default()).unwrap();
    for name in [
        "成武文亭街道幸福社区幸福小区3号楼单元门枪机1",
        "成武 文亭 幸福 幸福小区二期 三号楼 电梯 球机 01",
        "幸福社区阳光花园北门出入口东北角枪机12",
        "张庄村村口",
        "张庄村村口南侧",
        "大田集镇张庄2号门人脸抓拍",
        "幸福社区阳光花园A座大厅",
    ] {
        let wrong = problem(&compiled, name);
        assert_eq!(wrong, if name.chars().count() < 6 { "名称 5 个字，应为 6 至 40 个字" } else { "" }, "{name}");
    }
    for (name, zh) in [
        ("东门", "名称 2 个字，应为 6 至 40 个字"),
        ("幸福社区东门枪机@1", "名称含有“@”，只可用：汉字、数字、字母、连接号、全角括号"),
        ("幸福社区东门测试1", "名称含有“测试”：测试标记（L18）"),
        ("Camera 01", "名称含有“Camera 01”：厂商默认名称（L01）"),
        ("成武县幸福社区东门", "第 3 部分 {community:any}（社区或村名）：此处是“县幸福社区东门”"),
        ("成武光明社区东门", "第 3 部分 {community:any}（社区或村名）：此处是“光明社区东门”"),
        ("成武幸福社区阳光花园", "缺第 6 部分 {spot}（部位词）：名称到“成武幸福社区阳光花园”结束"),
        ("成武幸福社区xyz的一处地方", "第 6 部分 {spot}（部位词）：此处是“xyz的一处地方”"),
        ("幸福社区东门枪机1234", "名称末尾多出“4”"),
        ("幸福社区东门旁边1", "名称末尾多出“旁边1”，此处只可写：{dir:8}（方位词）、{kind}（摄像机类型）、{serial:1,3}（序号）"),
    ] {
        assert_eq!(problem(&compiled, name), zh, "{name}");
    }
}

#[test]
fn the_crossing_template_of_the_manual() {
    let compiled = compile(&crossing_spec(), &NameLists::default()).unwrap();
    for name in [
        "P0012文亭街道伯乐大街与永昌路交叉口东北角球机1",
        "CW-0012 伯乐大街与永昌路交叉口东",
        "和平路和人民路路口南侧卡口02",
        "G35济广高速/S32省道交汇处西北",
        "G220国道-永昌路口东南",
    ] {
        assert_eq!(problem(&compiled, name), "", "{name}");
    }
    for (name, zh) in [
        ("伯乐大街与永昌路交叉口", "缺第 4 部分 {dir:8}（方位词）：名称到“伯乐大街与永昌路交叉口”结束"),
        ("伯乐大街东侧", "第 3 部分 {cross}（路口，如“甲路与乙路交叉口”）：此处是“伯乐大街东侧”"),
    ] {
        assert_eq!(problem(&compiled, name), zh, "{name}");
    }
    let english = compiled.check("伯乐大街与永昌路交叉口", &Places::default()).unwrap_err().message(En);
    assert_eq!(english, "part 4 {dir:8} (direction) is missing: the name ends with “伯乐大街与永昌路交叉口”");
}

#[test]
fn each_kind() {
    for (parts, right, bad) in [
        ("{province}", &["山东省", "山东"][..], &["江苏省", "山东人"][..]),
        ("{province:full}", &["山东省"], &["山东"]),
        ("{city}", &["菏泽市", "菏泽"], &["济宁"]),
        ("{county:full}", &["成武县"], &["成武"]),
        ("{county:short}", &["成武"], &["成武县", "单县"]),
        ("{county:any}", &["成武", "成武县"], &["曹县"]),
        ("{town:full}", &["文亭街道", "文亭街道办事处", "大田集镇"], &["文亭"]),
        ("{town:short}", &["文亭"], &["大田集镇"]),
        ("{community:any}", &["幸福社区", "张庄村", "张庄村委会", "张庄"], &["光明社区"]),
        ("{compound}", &["幸福小区二期", "幸福小区"], &["二期"]),
        ("{compound:金色家园,old}", &["金色家园", "纺织厂家属院"], &["幸福小区"]),
        ("{org:4,12}", &["成武县第一中学", "A.B.公司（成武）"], &["一中", "成武 一中"]),
        ("{road}", &["伯乐大街", "永昌路北段", "G105", "105国道", "人民胡同"], &["伯乐", "路", "伯乐大街与永昌路"]),
        ("{road:里弄}", &["幸福里弄"], &["伯乐大街"]),
        (
            "{cross}",
            &["甲一路与乙二街交叉口", "甲一路/乙二街路口", "甲一路 - 乙二街交汇处"],
            &["甲一路与乙二街", "甲一路乙二街口"],
        ),
        ("{spot}", &["门", "东门", "2号电梯", "车行出入口", "消防通道", "北门门口", "某亭子"], &["东", "门外面", "门门门门"]),
        ("{landmark}", &["广场", "桥"], &["某亭子"]),
        ("{spot:gates}", &["南天门"], &["门"]),
        ("{building}", &["3号楼", "三号楼", "12#", "A座", "A3栋", "二十三栋"], &["楼", "3层", "1234号楼"]),
        ("{unit}", &["2单元", "二单元", "甲单元"], &["单元"]),
        ("{floor}", &["-1层", "3楼", "B1", "负二层", "地下1层", "第十层", "F3"], &["层", "-1"]),
        ("{dir:4}", &["东", "南侧", "西口"], &["东南", "东边"]),
        ("{dir:8}", &["东南", "东北角", "西向", "北"], &["侧", "中"]),
        ("{lane}", &["2车道", "第三车道", "车道1", "应急车道", "潮汐车道"], &["车道"]),
        ("{stake}", &["K12+300", "k0+5米", "桩号ZK1201+050", "K12", "K12公里300米"], &["12+300", "K+1"]),
        ("{serial:2}", &["01", "十二"], &["1", "123"]),
        ("{serial:1,3}", &["1", "123", "三"], &["1234", "a"]),
        ("{pointno}", &["P0012", "CW-0012", "20240001"], &["P", "点位1"]),
        ("{pointno:pole}", &["G7"], &["P0012"]),
        ("{kind}", &["枪机", "球机", "人脸抓拍", "步态"], &["枪"]),
        ("{tag}", &["（雪亮工程）", "[一期]", "(2024)"], &["（雪亮工程", "（）", "雪亮工程"]),
        ("{tag:projects}", &["（天网）"], &["（雪亮工程）"]),
        ("{any:2,4}", &["伯乐", "伯乐大街"], &["伯", "伯乐大街东", "伯乐1"]),
        ("'成武' \"智慧\" “社区”", &["成武智慧社区", "成武 智慧 社区"], &["成武社区"]),
    ] {
        let mut lists = NameLists::default();
        for (name, words) in [
            ("old", &["纺织厂家属院"][..]),
            ("spot", &["亭子", "某亭子"]),
            ("gates", &["南天门"]),
            ("kind", &["步态"]),
            ("lane", &["潮汐车道"]),
            ("projects", &["天网"]),
        ] {
            lists.words.insert(name.to_owned(), strings(words));
        }
        lists.patterns.insert("pole".to_owned(), "G[0-9]".to_owned());
        let template = Template::parse(parts, &lists, None).unwrap_or_else(|e| panic!("{parts}: {}", e.message(Zh)));
        for name in right {
            assert_eq!(wrong(&template, name), "", "{parts} {name}");
        }
        for name in bad {
            assert_ne!(wrong(&template, name), "", "{parts} {name}");
        }
    }
}

#[test]
fn parts_give_back_what_later_parts_need() {
    for (parts, right, bad) in [
        ("{any:1,10} {spot}", &["伯乐大街东门"][..], &["伯乐大街东"][..]),
        ("{any} {any} {spot} {any}", &["甲乙门丙", "门门门门门门"], &["甲乙丙丁"]),
        ("{floor} {serial:3}", &["B1001"], &["B11"]),
        ("{building}? {unit}? {spot}", &["3号门", "3号楼2号门", "2单元门"], &["3号楼2单元"]),
        ("({building} {unit} | {building} | {road})? {spot}", &["3号楼门", "3号楼2单元门", "永昌路门", "门"], &["2单元永昌路"]),
        ("{spot} (\"内\" | \"外\" {dir})? {serial}", &["大厅内1", "大厅外东1", "大厅1"], &["大厅外1"]),
        ("{serial:1,3}? {serial:2} {serial:2}", &["1234", "1234567"], &["123", "12345678"]),
        ("(({dir})? {kind})? {serial}", &["东枪机1", "枪机1", "1"], &["东1"]),
    ] {
        let template = template(parts);
        for name in right {
            assert_eq!(wrong(&template, name), "", "{parts} {name}");
        }
        for name in bad {
            assert_ne!(wrong(&template, name), "", "{parts} {name}");
        }
    }
}

#[test]
fn the_first_part_that_does_not_match_is_named_with_its_alternatives() {
    assert_eq!(
        wrong(&template("{county} ({building} {unit} | {road}) {spot}"), "成武幸福小区东门"),
        "第 2 部分 {building}（楼号，如“3号楼”）或第 4 部分 {road}（道路名）：此处是“幸福小区东门”"
    );
    assert_eq!(wrong(&template("({building} {unit})? {spot}"), "3号楼东门"), "第 2 部分 {unit}（单元，如“2单元”）：此处是“东门”");
    assert_eq!(wrong(&template("{community} {spot} {dir}"), "幸福社区东门中"), "第 3 部分 {dir}（方位词）：此处是“中”");
    // What a free text could swallow does not hide how far the parts came.
    assert_eq!(wrong(&template("{any} {spot} {dir}"), "光明路东门旁边"), "第 3 部分 {dir}（方位词）：此处是“旁边”");
    assert_eq!(wrong(&template("{spot}"), ""), "缺第 1 部分 {spot}（部位词）：名称是空的");
}

#[test]
fn a_separator_stands_between_parts_and_nowhere_else() {
    let template = Template::parse("{county} {community} {spot} {serial}?", &NameLists::default(), Some("-")).unwrap();
    for name in ["成武-幸福社区-东门", "成武 - 幸福社区 -东门- 1"] {
        assert_eq!(wrong(&template, name), "", "{name}");
    }
    for (name, zh) in [
        ("成武幸福社区-东门", "第 2 部分 {community}（社区或村名）之前应有分隔符“-”：此处是“幸福社区-东门”"),
        ("成武-幸福社区-东门-", "名称末尾多出“-”，此处只可写：{serial}（序号）"),
        ("-成武-幸福社区-东门", "第 1 部分 {county}（县区名）：此处是“-成武-幸福社区-东门”"),
    ] {
        assert_eq!(wrong(&template, name), zh, "{name}");
    }
}

#[test]
fn a_list_we_lack_fails_nobody() {
    let template = template("{county:short} {town} {community} {compound}? {spot}");
    assert!(template.check("某县某镇某某社区某某花园二期东门", &Places::default()).is_ok());
    assert!(template.check("东门", &Places::default()).is_err());
    // A list that is known and empty is another thing.
    let none = Names::default();
    assert!(template.check("某县某镇某某社区东门", &Places { town: Some(&none), ..Places::default() }).is_err());
}

#[test]
fn the_direction_is_handed_on() {
    let template = template("{spot} {dir:8}? {kind}?");
    let said = |name| template.check(name, &Places::default()).unwrap().direction;
    assert_eq!(
        ["大厅东", "大厅西侧", "大厅南", "大厅北", "大厅东南角", "大厅东北", "大厅西南", "大厅西北枪机", "东门枪机"].map(said),
        [Some(1), Some(2), Some(3), Some(4), Some(5), Some(6), Some(7), Some(8), None]
    );
}

#[test]
fn templates_that_cannot_be_are_refused_with_what_to_write() {
    for (parts, zh) in [
        ("{spott}", "名称模板“t”的 parts 第 1 个字符：没有“spott”这种类型，可用：province city"),
        ("{spot} {dir:6}", "名称模板“t”的 parts 第 8 个字符：“{dir:6}”的参数不对，应写作 {dir:4} 或 {dir:8}"),
        ("{serial:3,1}", "应写作 {serial:最少,最多}，如 {serial:1,3}，数值 1 至 40"),
        ("{any:0,5}", "数值 1 至 40"),
        ("{county:long}", "{county:full}、{county:short} 或 {county:any}"),
        ("{spot:gates}", "没有名为“gates”的名单，请在 [name.lists] 下写 gates = [\"…\"]"),
        ("{pointno:pole}", "没有名为“pole”的正则，请在 [name.patterns] 下写 pole = '…'"),
        ("{pointno:bad}", "正则“bad”不能用："),
        ("{pointno:huge}", "正则“huge”不能用："),
        ("{building:3}", "应写作 {building}"),
    ] {
        let mut lists = NameLists::default();
        lists.patterns.insert("bad".into(), "(".into());
        lists.patterns.insert("huge".into(), r"(\w{500}){500}".into());
        let spec = TemplateSpec { id: "t".into(), parts: parts.into(), ..TemplateSpec::default() };
        let error = compile(&spec, &lists).unwrap_err();
        assert!(error.message(Zh).contains(zh), "{parts}: {}", error.message(Zh));
        assert!(error.message(En).starts_with("name template “t”, parts, character "), "{}", error.message(En));
    }
}

#[test]
fn settings_that_cannot_be_are_refused_with_what_to_write() {
    let base = || TemplateSpec { id: "t".into(), parts: "{spot}".into(), ..TemplateSpec::default() };
    let applies = |types: &[&str], industry: &[&str], civil: &[&str]| AppliesTo {
        types: strings(types),
        industry: strings(industry),
        civil_prefix: strings(civil),
    };
    for (spec, key, zh) in [
        (TemplateSpec { len: Some((9, 3)), ..base() }, "len", "[最少, 最多]"),
        (TemplateSpec { charset: strings(&["han"]), ..base() }, "charset", "没有字符集“han”，可用：cjk digit"),
        (TemplateSpec { forbid: strings(&["vendor"]), ..base() }, "forbid", "没有检查项“vendor”"),
        (TemplateSpec { forbid: strings(&["L99"]), ..base() }, "forbid", "没有检查项“L99”"),
        (TemplateSpec { forbid: strings(&["[东"]), ..base() }, "forbid", "正则“[东”不能用"),
        (TemplateSpec { allow: vec!["（备用）".into(); ENTRIES_MAX + 1], ..base() }, "allow", "超过 64 项"),
        (TemplateSpec { applies_to: applies(&["13"], &[], &[]), ..base() }, "applies_to", "第 11 至 13 位"),
        (TemplateSpec { applies_to: applies(&[], &["1"], &[]), ..base() }, "applies_to", "第 9、10 位"),
        (TemplateSpec { applies_to: applies(&[], &[], &["成武"]), ..base() }, "applies_to", "2 至 8 位"),
    ] {
        let error = compile(&spec, &NameLists::default()).unwrap_err();
        assert_eq!((error.template.as_str(), error.key), ("t", key));
        assert!(error.message(Zh).contains(zh), "{}", error.message(Zh));
    }
    let twice = [base(), base()];
    assert!(TemplateSet::compile(&twice, &NameLists::default()).unwrap_err().message(Zh).contains("用了两次"));
    let many: Vec<_> = (0..=TEMPLATES_MAX).map(|i| TemplateSpec { id: i.to_string(), ..base() }).collect();
    assert!(TemplateSet::compile(&many, &NameLists::default()).unwrap_err().message(Zh).contains("超过 32 个"));
    for (name, words) in
        [("spot", vec!["门".to_owned(); LIST_WORDS_MAX + 1]), ("spot", strings(&[" "])), ("spot", vec!["门".repeat(51)])]
    {
        let lists = NameLists { words: [(name.to_owned(), words)].into(), ..NameLists::default() };
        assert_eq!(compile(&base(), &lists).unwrap_err().key, "lists");
    }
}

#[test]
fn what_is_forbidden_and_what_is_excepted() {
    let check = |forbid: &[&str], allow: &[&str], charset: &[&str], name: &str| {
        let spec = TemplateSpec {
            id: "t".into(),
            parts: "{org}".into(),
            forbid: strings(forbid),
            allow: strings(allow),
            charset: strings(charset),
            ..TemplateSpec::default()
        };
        problem(&compile(&spec, &NameLists::default()).unwrap(), name)
    };
    assert_eq!(check(&["lifecycle"], &[], &[], "东门（备用）"), "名称含有“备用”：停用或备用标记（L19）");
    assert_eq!(check(&["lifecycle"], &["（备用）"], &[], "东门（备用）"), "");
    assert_eq!(check(&["lifecycle"], &["（备用）"], &[], "东门备用（备用）"), "名称含有“备用”：停用或备用标记（L19）");
    assert_eq!(check(&["lifecycle"], &["L19"], &[], "东门备用"), "");
    assert_eq!(check(&["L18", "临[0-9]"], &[], &[], "东门临3"), "名称含有“临3”，模板禁止（临[0-9]）");
    assert_eq!(check(&["meaningless"], &[], &[], "门门门"), "名称含有“门门门”：说明不了地点（L14）");
    // The lints speak against full-width brackets; a charset that names them overrules that.
    assert_eq!(check(&["charset"], &[], &[], "东门（一期）"), "名称含有“（”：不宜使用的字符（L23）");
    assert_eq!(check(&["charset"], &[], &["cjk", "paren_full"], "东门（一期）"), "");
    assert_eq!(check(&[], &[], &["cjk", "+", "digit"], "东门/1"), "名称含有“/”，只可用：汉字、数字 +");
    assert_eq!(check(&[], &[], &["cjk"], "东门\u{1b}"), "名称含有“\\u{1b}”，只可用：汉字");
}

#[test]
fn the_first_template_that_is_for_the_camera_is_asked() {
    let mut high = TemplateSpec { id: "high".into(), parts: "{any} {kind}".into(), ..TemplateSpec::default() };
    high.applies_to.types = strings(&["131"]);
    let set = TemplateSet::compile(&[community_spec(), crossing_spec(), high], &NameLists::default()).unwrap();
    let chosen = |code: &str, civil: &str| set.select(code, civil).map(|t| t.id.clone());
    assert_eq!(chosen("37172300011320000001", "37172301").as_deref(), Some("community"));
    assert_eq!(chosen("37172300011320000001", "371722"), None);
    assert_eq!(chosen("37172300041320000001", "371722").as_deref(), Some("crossing"));
    assert_eq!(chosen("37172300111310000001", "").as_deref(), Some("high"));
    assert_eq!(chosen("371723", "371723"), None);
    assert_eq!(chosen("成武县东门摄像机一二三四五六七八九十", "371723"), None);
    assert!(!set.is_empty() && TemplateSet::default().is_empty());
}

#[test]
fn what_leaves_no_choice_is_put_right() {
    let known = Chengwu::new();
    for (parts, separator, name, repaired) in [
        ("{county:short} {community} {spot}", None, "成武幸福社区东门", None),
        ("{county:short} {community} {spot}", None, "成武县幸福社区东门", Some("成武幸福社区东门")),
        ("{county:full} {community} {spot}", None, "成武幸福社区东门", Some("成武县幸福社区东门")),
        ("{county:full} {community} {spot}", None, "幸福社区东门", Some("成武县幸福社区东门")),
        ("{county} {community} {spot}", None, "幸福社区东门", Some("成武县幸福社区东门")),
        ("{city:full} {county:full} {community} {spot}", None, "幸福社区东门", Some("菏泽市成武县幸福社区东门")),
        ("{county:short} {community} {spot}", Some("-"), "成武幸福社区东门", Some("成武-幸福社区-东门")),
        ("{county:short} {community} {spot}", Some("-"), "幸福社区 东门", Some("成武-幸福社区-东门")),
        ("{community} {spot} '监控'", None, "幸福社区东门", Some("幸福社区东门监控")),
        ("'雪亮' {community} {spot}", Some("-"), "幸福社区东门", Some("雪亮-幸福社区-东门")),
        // Left to a person: which community, which part, and a fixed text in the middle.
        ("{county:short} {community} {spot}", None, "成武光明社区东门", None),
        ("{county:short} {community} {spot}", None, "成武幸福社区", None),
        ("{community} '号' {spot}", None, "幸福社区东门", None),
        ("{county:short} {community} {spot}", None, "", None),
    ] {
        let template = Template::parse(parts, &NameLists::default(), separator).unwrap();
        let found = template.repair(name, &known.places());
        assert_eq!(found.as_deref(), repaired, "{parts} {name}");
        assert!(found.is_none_or(|found| wrong(&template, &found).is_empty()), "{parts} {name}");
        assert_eq!(template.repair("随便", &Places::default()), None);
    }
}

#[test]
fn a_list_of_the_users_names_the_towns_and_communities() {
    let mut lists = NameLists::default();
    lists.words.insert("town".to_owned(), strings(&["文亭街道办事处"]));
    lists.words.insert("community".to_owned(), strings(&["光明社区"]));
    let template = Template::parse("{town:short}? {community} {spot}", &lists, None).unwrap();
    for name in ["文亭光明社区东门", "光明东门"] {
        assert_eq!(wrong(&template, name), "", "{name}");
    }
    assert_ne!(wrong(&template, "幸福社区东门"), "");
    lists.words.insert("大门".to_owned(), strings(&["南天门"]));
    let error = compile(&TemplateSpec { id: "t".into(), parts: "{spot}".into(), ..TemplateSpec::default() }, &lists).unwrap_err();
    assert!(error.message(Zh).contains("须用字母、数字"), "{}", error.message(Zh));
}

/// Loose beyond reason: each part may be anything or nothing.
fn loose() -> Template {
    template(&"{any}? ".repeat(PARTS_MAX))
}

#[test]
fn limits_end_a_search_without_a_verdict() {
    let template = loose();
    let long = format!("{}x", "门".repeat(NAME_CHARS_MAX - 1));
    assert_eq!(template.check(&long, &Places::default()), Err(Mismatch::Undecided));
    assert!(template.steps(&long) == STEPS_MAX + 1);
    assert!(template.check(&"门".repeat(10_000), &Places::default()) == Err(Mismatch::Undecided));
    let compiled = compile(&community_spec(), &NameLists::default()).unwrap();
    assert_eq!(problem(&compiled, &"门".repeat(10_000)), "名称 10000 个字，应为 6 至 40 个字");
    let unbounded = compile(&TemplateSpec { len: None, forbid: Vec::new(), ..community_spec() }, &NameLists::default()).unwrap();
    assert!(unbounded.check(&"门".repeat(10_000), &Places::default()).unwrap_err().is_undecided());
    // Up to that length the templates of the manual always decide.
    assert!(!unbounded.check(&"门".repeat(NAME_CHARS_MAX), &Places::default()).unwrap_err().is_undecided());
}

#[test]
fn an_ordinary_name_takes_few_steps() {
    for (parts, name) in [
        (community_spec().parts, "成武文亭街道幸福社区幸福小区3号楼单元门枪机1"),
        (community_spec().parts, "成武文亭街道光明社区幸福小区3号楼单元门枪机1"),
        (crossing_spec().parts, "P0012文亭街道伯乐大街与永昌路交叉口东北角球机1"),
    ] {
        let steps = template(&parts).steps(name);
        assert!(steps < 2_500, "{name}: {steps}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_name_breaks_a_search_or_its_limit(
        name in "([门东南西北1一号楼路街与和口（）()\\- 幸福社区成武KB+]|\\PC){0,80}",
        separated in any::<bool>(),
    ) {
        let separator = separated.then_some("-");
        let known = Chengwu::new();
        for parts in [community_spec().parts, crossing_spec().parts, "({any} | {org} | {cross})? {spot}? ({tag} {floor})? {stake}?".into()] {
            let template = Template::parse(&parts, &NameLists::default(), separator).unwrap();
            for places in [known.places(), Places::default()] {
                if let Err(mismatch) = template.check(&name, &places) {
                    prop_assert_ne!(&mismatch, &Mismatch::Undecided);
                    prop_assert!(!mismatch.message(Zh).is_empty() && !mismatch.message(En).is_empty());
                }
            }
            prop_assert!(template.steps(&name) <= STEPS_MAX + 1);
        }
    }

    #[test]
    fn no_text_breaks_the_grammar(parts in "([{}()|?:,\"'“” ]|spot|dir|any|serial|[0-9]|门){0,40}") {
        if let Err(error) = Template::parse(&parts, &NameLists::default(), None) {
            prop_assert!(error.at.is_some_and(|at| at <= parts.chars().count() + 1));
        }
    }

    #[test]
    fn a_name_made_of_the_parts_matches(
        town in prop::sample::select(vec!["", "文亭街道", "大田集"]),
        building in prop::sample::select(vec!["", "3号楼", "A座", "十二栋"]),
        spot in prop::sample::select(vec!["东门", "2号电梯", "车库入口", "围墙"]),
        dir in prop::sample::select(vec!["", "东", "西北角", "南侧"]),
        kind in prop::sample::select(vec!["", "枪机", "全景", "人脸抓拍机"]),
        serial in prop::option::of(1_u32..1000),
        blanks in any::<bool>(),
    ) {
        let serial = serial.map(|n| n.to_string()).unwrap_or_default();
        let name = ["成武", town, "幸福社区", building, spot, dir, kind, &serial].join(if blanks { " " } else { "" });
        prop_assert_eq!(wrong(&template(&community_spec().parts), &name), "");
    }
}
