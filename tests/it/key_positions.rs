//! The five rates with a plan and a ledger, through the program: the worked example live, roll-up against a small calculation
//! of its own, tables as people fill them in.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::{MACHINE, folder};

fn gbaudit(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gbaudit")).args(arguments).current_dir(folder).env_remove("GBAUDIT_LANG").output().unwrap()
}

fn report(folder: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join("report.json")).unwrap()).unwrap()
}

fn area<'r>(report: &'r Value, kind: &str, name: &str) -> &'r Value {
    let areas = report["areas"].as_array().unwrap();
    areas
        .iter()
        .find(|area| area["kind"] == kind && area["name"] == name)
        .unwrap_or_else(|| panic!("no {kind} {name}: {areas:?}"))
}

/// N, D, percent, verdict, needs.
fn shown(rate: &Value) -> (u64, u64, &str, &str, u64) {
    (
        rate["numerator"].as_u64().unwrap(),
        rate["denominator"].as_u64().unwrap(),
        rate["percent"].as_str().unwrap(),
        rate["verdict"].as_str().unwrap(),
        rate["needs"].as_u64().unwrap(),
    )
}

#[test]
fn the_worked_example_is_a_community_of_the_demonstration_and_agrees_everywhere() {
    let _machine = MACHINE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let folder = folder("worked-example");
    let ran = gbaudit(&folder, &["demo", "--cameras", "20", "--out", "."]);
    let screen = String::from_utf8(ran.stdout).unwrap();
    assert!(ran.status.success(), "{screen}{}", String::from_utf8_lossy(&ran.stderr));
    let report = report(&folder);
    let community = area(&report, "community", "示例社区");
    let wanted = [
        ("coverage", (9, 10, "90.00", "pass", 0)),
        ("networking", (8, 9, "88.88", "fail", 1)),
        ("intactness", (5, 9, "55.55", "fail", 4)),
        ("output", (5, 9, "55.55", "fail", 3)),
        ("compliance", (6, 9, "66.66", "fail", 3)),
    ];
    for (rate, wanted) in wanted {
        assert_eq!(shown(&community["rates"][rate]), wanted, "{rate}");
    }
    assert_eq!((community["overall"].as_str(), community["within"].as_str()), (Some("fail"), Some("成武县")));
    // Only this community has a plan: the three rates of the whole are its own.
    for (rate, wanted) in &wanted[..3] {
        assert_eq!(shown(&report["rates"][*rate]), *wanted, "{rate}");
    }
    let readings: BTreeMap<&str, (u64, u64)> = report["readings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["id"].as_str().unwrap(), (r["numerator"].as_u64().unwrap(), r["denominator"].as_u64().unwrap())))
        .collect();
    for (id, value) in [
        ("coverage.catalogue", (8, 10)),
        ("networking.planned", (8, 10)),
        ("networking.catalogue", (8, 8)),
        ("intactness.image.networked", (5, 8)),
        ("intactness.online.networked", (7, 8)),
        ("intactness.online.installed", (7, 9)),
        ("output.visible.ledger", (5, 10)),
        ("output.decoded.ledger", (6, 10)),
    ] {
        assert_eq!(readings.get(id), Some(&value), "{id}");
    }
    // Of the nine alone it is 7/9 on line, 6/10 by attempt, 5/7 at first, 6/7 in the end; the demonstration has others besides.
    let beside: Vec<&str> = report["beside"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(beside[..4], ["online", "calls.attempts", "calls.first", "calls.cameras"]);
    let classes = &report["key_positions"]["classes"];
    let of = |class: &str, rate: &str| {
        let value = &classes[class][rate];
        (value["numerator"].as_u64().unwrap(), value["denominator"].as_u64().unwrap())
    };
    let each = |rate| ["gate", "parking", "road", "fire"].map(|class| of(class, rate));
    assert_eq!(each("coverage"), [(3, 3), (2, 2), (2, 3), (2, 2)]);
    assert_eq!(each("networking"), [(3, 3), (2, 2), (2, 2), (1, 2)]);
    assert_eq!(each("intactness"), [(2, 3), (1, 2), (1, 2), (1, 2)]);
    for line in
        ["4-1 覆盖率             9/10    90.00%    ≥90%  达标", "4-1 联网率              8/9    88.88%    ≥90%  未达标    1 路"]
    {
        assert!(screen.contains(line), "{screen}");
    }
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    assert!(
        text("areas.csv").contains("示例社区,成武县,9,9/10,90.00,8/9,88.88,5/9,55.55,5/9,55.55,6/9,66.66,未达标"),
        "{}",
        text("areas.csv")
    );
    for cell in ["9/10<br>90.00% 达标", "8/9<br>88.88% 未达标", "5/9<br>55.55% 未达标", "6/9<br>66.66% 未达标"] {
        assert!(text("report.html").contains(cell), "{cell}");
    }
    let positions = text("key_positions.csv");
    let line = |id: &str| positions.lines().find(|line| line.contains(&format!(",{id},"))).unwrap().to_owned();
    assert!(line("K01").contains("已覆盖,B,点位表或台账指定（申报）,37172300011320000001,联网,是"), "{}", line("K01"));
    assert!(line("K05").contains("联网,否"), "off line for five days is networked and not intact: {}", line("K05"));
    assert!(line("K08").contains("未覆盖"), "{}", line("K08"));
    assert!(line("K10").contains("已覆盖,B,") && line("K10").contains("C09,未联网"), "{}", line("K10"));
    // All five come out again of the bundle alone, the pictures from their key frames.
    let made = gbaudit(&folder, &["report", ".", "--out", "again", "--bundle", "bundle.zip", "--exit-zero"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let verified = gbaudit(&folder, &["verify", "bundle.zip"]);
    let said = String::from_utf8(verified.stdout).unwrap();
    assert_eq!(verified.status.code(), Some(0), "{said}");
    assert!(said.contains("4-1 覆盖率             9/10    90.00%") && said.contains(" 路由关键帧重新解码核对，0 路"), "{said}");
}

const PLACES: [(&str, &str, &str); 3] =
    [("甲社区", "甲小区", "371723"), ("乙社区", "乙小区", "371723"), ("丙社区", "丙小区", "371724")];
const CLASSES: [&str; 4] = ["小区出入口", "停车库（场）出入口", "社区主干道", "消防通道"];

/// What this test knows of a camera, and the rates it works out from that alone.
struct Known {
    place: usize,
    listed: bool,
    compliant: bool,
    covers: bool,
}

#[test]
fn communities_roll_up_to_county_city_and_province_as_sums() {
    let folder = folder("roll-up");
    let mut catalogue = "设备编码,设备名称,行政区划,状态,经度,纬度\n".to_owned();
    let mut plan = "社区名称,小区,点位编号,类别,位置说明,摄像机编码,状态,勘查单位,勘查日期\n".to_owned();
    let mut ledger = "台账编号,设备编码,社区名称,小区,点位编号\n".to_owned();
    let mut known = Vec::new();
    for number in 1..=37_u32 {
        let place = (number % 5) as usize % 3;
        let (community, compound, county) = PLACES[place];
        let one = Known { place, listed: number % 7 != 3, compliant: number % 4 != 1, covers: number % 6 != 5 };
        let code = format!("{county}0001132{number:07}");
        let name = if one.compliant { format!("{community}{number}号位枪机") } else { "Camera 01".to_owned() };
        let (longitude, latitude) = if county == "371724" { ("116.09", "35.39") } else { ("115.88", "34.95") };
        if one.listed {
            catalogue += &format!("{code},{name},{county},ON,{longitude}{number:04},{latitude}{number:04}\n");
        }
        let class = CLASSES[number as usize / 5 % 4];
        let named = if one.covers { code.clone() } else { String::new() };
        plan += &format!("{community},{compound},P{number:02},{class},位置{number},{named},启用,某单位,2026-11-01\n");
        ledger += &format!(
            "L{number:02},{code},{community},{compound},{}\n",
            if one.covers { format!("P{number:02}") } else { String::new() }
        );
        known.push(one);
    }
    for (name, text) in [("catalogue.csv", &catalogue), ("plan.csv", &plan), ("ledger.csv", &ledger)] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let arguments =
        ["check", "catalogue.csv", "--plan", "plan.csv", "--ledger", "ledger.csv", "--as-of", "2026-11-26", "--out", "out"];
    let ran = gbaudit(&folder, &arguments);
    assert_eq!(ran.status.code(), Some(1), "{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    let report = report(&folder.join("out"));
    let rates = |of: &dyn Fn(&Known) -> bool| {
        let all = || known.iter().filter(|one| of(one));
        let count = |good: &dyn Fn(&&Known) -> bool| all().filter(good).count() as u64;
        [
            ("coverage", count(&|one| one.covers), all().count() as u64),
            ("networking", count(&|one| one.covers && one.listed), count(&|one| one.covers)),
            ("compliance", count(&|one| one.listed && one.compliant), count(&|one| one.listed)),
        ]
    };
    let mut looked = 0;
    let mut hold = |kind: &str, name: &str, of: &dyn Fn(&Known) -> bool| {
        let area = area(&report, kind, name);
        for (rate, n, d) in rates(of) {
            let value = &area["rates"][rate];
            assert_eq!((value["numerator"].as_u64(), value["denominator"].as_u64()), (Some(n), Some(d)), "{kind} {name} {rate}");
            looked += 1;
        }
        area["communities"].as_u64().unwrap()
    };
    for (place, (community, compound, _)) in PLACES.iter().enumerate() {
        hold("community", community, &|one| one.place == place);
        hold("compound", compound, &|one| one.place == place);
    }
    assert_eq!(hold("county", "成武县", &|one| one.place < 2), 2);
    assert_eq!(hold("county", "巨野县", &|one| one.place == 2), 1);
    assert_eq!(hold("city", "菏泽市", &|_| true), 3);
    assert_eq!(hold("province", "山东省", &|_| true), 3);
    assert_eq!(looked, 30);
}

#[test]
fn a_dirty_table_is_told_cell_by_cell_before_anything_runs() {
    let folder = folder("dirty-tables");
    std::fs::write(folder.join("catalogue.csv"), "设备编码,设备名称\n37172300011320000001,北门枪机\n").unwrap();
    std::fs::write(
        folder.join("plan.csv"),
        "社区名称,点位编号,类别,位置说明,摄像机编码,状态,勘查单位,勘查日期\n甲社区,K01,门口,北门,3.71723E+19,启用,某单位,2026-11-01\n\
         甲社区,K02,消防通道,东侧,,不适用,某单位,昨天\n",
    )
    .unwrap();
    let ran = gbaudit(&folder, &["check", "catalogue.csv", "--plan", "plan.csv", "--out", "out"]);
    let told = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(2), "{told}");
    for line in [
        "plan.csv:2",
        "“类别”列：\"门口\" 不认识，应为其一：小区出入口、停车库（场）出入口、社区主干道、消防通道",
        "“摄像机编码”列：编码 3.71723E+19 已被表格软件改成数字",
        "plan.csv:3",
        "“原因”列：为空",
        "“勘查日期”列：日期 \"昨天\" 应写作 2026-11-25",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    assert!(!folder.join("out").join("report.json").exists());
}

#[test]
fn a_class_nobody_spoke_of_cannot_be_reached_and_a_declared_one_is_left_out() {
    let folder = folder("undeclared");
    std::fs::write(folder.join("catalogue.csv"), "设备编码,设备名称\n37172300011320000001,北门枪机\n").unwrap();
    let head = "社区名称,点位编号,类别,位置说明,摄像机编码,状态,原因,批准单位,勘查单位,勘查日期\n甲社区,K01,小区出入口,北门,37172300011320000001,启用,,,某单位,2026-11-01\n";
    let declared = ["停车库（场）出入口", "社区主干道", "消防通道"]
        .map(|class| format!("甲社区,无-{class},{class},无,,不适用,本社区没有,街道办,某单位,2026-11-01\n"))
        .concat();
    for (name, text, verdict, listed) in
        [("silent", head.to_owned(), "not_measurable", 0), ("declared", format!("{head}{declared}"), "pass", 3)]
    {
        std::fs::write(folder.join("plan.csv"), text).unwrap();
        gbaudit(&folder, &["check", "catalogue.csv", "--plan", "plan.csv", "--out", name]);
        let report = report(&folder.join(name));
        assert_eq!(report["rates"]["coverage"]["verdict"], verdict, "{name}");
        assert_eq!(report["rates"]["coverage"]["denominator"], 1, "{name}");
        assert_eq!(report["key_positions"]["not_applicable"], listed);
    }
}

#[test]
fn one_assignment_table_gives_the_scope_the_plan_the_ledger_and_what_is_public() {
    let folder = folder("assignment");
    let line = |n: u32| format!("3717230001132000000{n},点位{n}号枪机,371723,ON,115.8890{n}1,34.9520{n}1\n");
    let catalogue = (1..=4).map(line).collect::<Vec<_>>().concat();
    std::fs::write(folder.join("catalogue.csv"), format!("设备编码,设备名称,行政区划,状态,经度,纬度\n{catalogue}")).unwrap();
    std::fs::write(
        folder.join("assignment.csv"),
        "设备编码,台账编号,社区名称,公共视频,关键位置类别,点位编号,点位状态,原因,批准单位,确认\n\
         37172300011320000001,,甲社区,是,小区出入口,K01,,,,是\n\
         37172300011320000002,,甲社区,否,,,,,,是\n\
         37172300011320000003,,乙社区,是,小区出入口,K01,,,,是\n\
         ,L9,甲社区,是,消防通道,K09,,,,是\n\
         ,,甲社区,,社区主干道,K08,在建,,,是\n",
    )
    .unwrap();
    let arguments = [
        "check",
        "catalogue.csv",
        "--assignment",
        "assignment.csv",
        "--scope",
        "甲社区",
        "--as-of",
        "2026-11-26",
        "--out",
        "out",
    ];
    gbaudit(&folder, &arguments);
    let report = report(&folder.join("out"));
    assert_eq!(report["catalog"]["cameras"], 2, "only those of the community");
    let value = |rate: &str| {
        (report["rates"][rate]["numerator"].as_u64().unwrap(), report["rates"][rate]["denominator"].as_u64().unwrap())
    };
    assert_eq!(value("coverage"), (2, 3), "K08 is being built");
    assert_eq!(value("networking"), (1, 2), "L9 is in no catalogue");
    assert_eq!(report["key_positions"]["not_public"], 1);
    let unknown =
        gbaudit(&folder, &["check", "catalogue.csv", "--assignment", "assignment.csv", "--scope", "丁社区", "--out", "none"]);
    let told = String::from_utf8(unknown.stderr).unwrap();
    assert!(unknown.status.code() == Some(2) && told.contains("没有社区 \"丁社区\"；现有：甲社区、乙社区"), "{told}");
}

#[test]
fn a_template_reads_back_and_what_was_not_confirmed_is_not_used() {
    use gbaudit::base::lang::Lang;
    use gbaudit::catalog::import::grids;
    use gbaudit::position::table::csv_of;

    let folder = folder("templates");
    std::fs::write(
        folder.join("catalogue.csv"),
        "设备编码,设备名称,行政区划,状态,经度,纬度\n37172300011320000001,甲小区北门枪机,371723,ON,115.889011,34.952011\n\
         37172300011320000002,甲小区消防通道枪机,371723,ON,115.889021,34.952021\n",
    )
    .unwrap();
    gbaudit(&folder, &["check", "catalogue.csv", "--as-of", "2026-11-26", "--out", "out"]);
    for (kind, arguments) in [("plan", vec![]), ("ledger", vec![]), ("assignment", vec!["--run", "out"])] {
        let file = format!("{kind}.xlsx");
        let mut all = vec!["template", kind, "--out", &file];
        all.extend(arguments);
        let ran = gbaudit(&folder, &all);
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        let option = format!("--{kind}");
        let read = gbaudit(&folder, &["check", "catalogue.csv", &option, &file, "--as-of", "2026-11-26", "--out", kind]);
        assert_ne!(read.status.code(), Some(2), "{kind}: {}", String::from_utf8_lossy(&read.stderr));
    }
    let unused = std::fs::read_to_string(folder.join("assignment").join("tables.csv")).unwrap();
    assert!(unused.contains("2 行未确认，没有采用"), "{unused}");
    // A person confirms every row as it was guessed, and writes the community.
    let grid = grids(&std::fs::read(folder.join("assignment.xlsx")).unwrap(), Lang::Zh).unwrap().remove(0);
    let mut confirmed = grid.clone();
    let place = |title: &str| grid.rows[0].iter().position(|cell| cell == title).unwrap();
    let (community, yes) = (place("社区名称"), place("确认"));
    for row in &mut confirmed.rows[1..] {
        row.resize(grid.rows[0].len(), String::new());
        row[community] = "甲社区".to_owned();
        row[yes] = "是".to_owned();
    }
    std::fs::write(folder.join("confirmed.csv"), csv_of(&confirmed, Lang::Zh).unwrap()).unwrap();
    gbaudit(&folder, &["check", "catalogue.csv", "--assignment", "confirmed.csv", "--as-of", "2026-11-26", "--out", "confirmed"]);
    let report = report(&folder.join("confirmed"));
    let list = report["key_positions"]["list"].as_array().unwrap();
    let shown: Vec<_> = list.iter().map(|p| (p["position_id"].as_str().unwrap(), p["class"].as_str().unwrap())).collect();
    assert_eq!(shown, [("CRK-01", "gate"), ("XFT-01", "fire")]);
    assert_eq!(report["rates"]["coverage"]["why"][0], "class_undeclared", "car park and roads: nobody spoke of them");
    // The same catalogue gives the same octets.
    let again = gbaudit(&folder, &["template", "assignment", "--run", "out", "--out", "again.xlsx"]);
    assert!(again.status.success());
    assert_eq!(std::fs::read(folder.join("again.xlsx")).unwrap(), std::fs::read(folder.join("assignment.xlsx")).unwrap());
}
