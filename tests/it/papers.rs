//! Pages made from the registers, and promises of the papers that can be checked.
//!
//! `UPDATE_DOCS=1 cargo test papers` writes the pages anew.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use gbaudit::base::lang::{Lang, Text};
use gbaudit::base::oddity;
use gbaudit::config::keys::KEYS;
use gbaudit::evidence::heard::HeardKind;
use gbaudit::evidence::measured::MEASURES;
use gbaudit::indicator::key_positions::KeyFacts;
use gbaudit::indicator::{CameraFacts, Circumstances, rates, readings};
use gbaudit::notice;
use gbaudit::pairing::labels::{FIELDS, Labels, PRODUCTS};
use gbaudit::pairing::trouble::Trouble;
use gbaudit::probe::cause;
use gbaudit::probe::outcome::stages::Step;
use gbaudit::probe::outcome::{Cause, Level, MediaTransport, ProbeVerdict};
use gbaudit::profile::Profile;
use gbaudit::report::measures::REASONS;
use gbaudit::rules::{FieldVerdict, REGISTER};
use gbaudit::simulator::behaviour::BEHAVIOURS;
use gbaudit::simulator::deviation::DEVIATIONS;
use gbaudit::simulator::fault::FAULTS;
use gbaudit::simulator::trouble::{Area, Expected, TROUBLES};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Compares a page with the one in `docs`, or writes it.
fn page(name: &str, text: &str) {
    let path = root().join("docs").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let stands = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(stands == text, "docs/{name} is not what the register says: UPDATE_DOCS=1 cargo test papers");
}

fn both(text: Text) -> String {
    format!("{} / {}", text.zh, text.en)
}

const MADE: &str = "<!-- Made from the register by tests/it/papers.rs; do not edit. -->\n";

#[test]
fn config_md_is_made_from_the_register_of_settings() {
    let mut text = format!(
        "# 设置 Settings\n{MADE}\n`gbaudit.toml` 的全部设置。不认识的设置会报错并指出最接近的名称。\n\
         Every key of `gbaudit.toml`. An unknown key is an error that names the nearest known one.\n"
    );
    let mut table = "";
    for key in KEYS {
        if key.table != table {
            table = key.table;
            let heading = if table == "platform" { "[[platform]]".to_owned() } else { format!("[{table}]") };
            let _ =
                write!(text, "\n## `{heading}`\n\n| 设置 Key | 默认或例 Default or example | 含义 Meaning |\n|---|---|---|\n");
        }
        let _ = writeln!(
            text,
            "| `{}` | `{}` | {}<br>{} |",
            key.name,
            key.example.replace('|', "\\|"),
            key.text.zh.replace('|', "\\|"),
            key.text.en.replace('|', "\\|")
        );
    }
    page("CONFIG.md", &text);
}

#[test]
fn the_two_rules_pages_are_made_from_the_register_of_rules() {
    let words = |lang: Lang, zh: &'static str, en: &'static str| Text::new(zh, en).get(lang);
    for (file, lang) in [("RULES.md", Lang::En), ("RULES.zh-CN.md", Lang::Zh)] {
        let count = REGISTER.len();
        let mut text = match lang {
            Lang::En => format!(
                "# Rules\n{MADE}\n{count} rules, one file each; the page stands beside the code, and `gbaudit rule CODE` shows the same. \
                 [中文](RULES.zh-CN.md)\n\nCounts: *yes* in the default reading of the compliance rate, *profile* where the city \
                 says so, *no* never by itself.\n"
            ),
            Lang::Zh => format!(
                "# 检查规则\n{MADE}\n共 {count} 条。一条一个文件，说明就在代码旁；`gbaudit rule 代码` 显示同样的文字。[English](RULES.md)\n\n\
                 计入：*yes* 默认计入合规率，*profile* 由口径决定，*no* 本身不计入。\n"
            ),
        };
        let header = words(
            lang,
            "\n| 代码 | 问题 | 字段 | 级别 | 计入 | 依据 | 版本 | 建议值 |\n|---|---|---|---|---|---|---|---|\n",
            "\n| rule | what is wrong | field | severity | counts | basis | editions | proposal |\n|---|---|---|---|---|---|---|---|\n",
        );
        text.push_str(header);
        for rule in REGISTER {
            let title = &rule.page().side(lang).title.replace('|', "\\|");
            let _ = writeln!(
                text,
                "| [{id}](#{anchor}) | {title} | {field} | {severity} | {core} | {basis} | {editions} | {autofix} |",
                id = rule.id,
                anchor = rule.id.to_lowercase(),
                field = rule.field.title().get(lang),
                severity = rule.severity.key(),
                core = rule.core.key(),
                basis = rule.basis.title().get(lang),
                editions = rule.editions.key(),
                autofix = rule.autofix.key(),
            );
        }
        for rule in REGISTER {
            let page = rule.page();
            let side = page.side(lang);
            let _ = write!(text, "\n## {}\n\n**{}**\n", rule.id, side.title);
            if let Some(table) = rule.needs {
                let (key, about) = (table.about().key, table.about().text.get(lang));
                let _ = writeln!(
                    text,
                    "\n{}",
                    match lang {
                        Lang::Zh => format!("需要自备的表 `{key}`（{about}）；没有时不作判断。"),
                        Lang::En => format!("Needs a table of yours, `{key}` ({about}); without it nothing is judged."),
                    }
                );
            }
            text.push('\n');
            for (heading, body) in &side.sections {
                let body = body.split_whitespace().collect::<Vec<_>>();
                // Chinese has no blanks between the lines of a paragraph.
                let body = if lang == Lang::Zh { joined(&body) } else { body.join(" ") };
                let _ = writeln!(text, "- **{heading}** {body}");
            }
        }
        page(file, &text);
    }
}

/// Words with a blank between them, but none between two Chinese ones.
fn joined(words: &[&str]) -> String {
    let chinese = |c: Option<char>| c.is_some_and(|c| !c.is_ascii());
    let mut text = String::new();
    for word in words {
        if !text.is_empty() && (!chinese(text.chars().last()) || !chinese(word.chars().next())) {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

#[test]
fn indicators_md_is_made_from_the_registers_of_rates_readings_and_causes() {
    let source = Profile::embedded("sd-2022-basic").unwrap();
    let profile = Profile::parse("sd-2022-basic", source, Lang::Zh).unwrap();
    let nothing = Circumstances::default();
    let everything = KeyFacts { positions: Some(Vec::new()), installed: Some(Vec::new()), ledger: true, ..KeyFacts::default() };
    let strata = vec![gbaudit::indicator::Stratum { cameras: 1, called: 1, pictures: 1 }];
    let mut text = format!(
        "# 指标 Indicators\n{MADE}\n口径 `sd-2022-basic`；比率按分数精确比较，打印时截断到两位小数。\n\
         Profile `sd-2022-basic`; compared as exact fractions, printed cut to two decimals.\n\n\
         | 指标 Rate | `id` | 要求 Threshold | 公式 Formula |\n|---|---|---|---|\n"
    );
    for rate in rates(&[], &everything, &profile, &nothing) {
        let (title, id) = (both(rate.id.title()), rate.id.key());
        let _ =
            writeln!(text, "| {title} | `{id}` | {}% | {}<br>{} |", rate.threshold, rate.formula.text.zh, rate.formula.text.en);
    }
    text += "\n## 其他算法 Other readings\n\n同一批数据的其他算法，与主结果并列打印。\nThe same facts counted otherwise, printed beside the headline.\n\n\
             | `id` | 算法 Reading |\n|---|---|\n";
    let exempt = CameraFacts {
        fields: [FieldVerdict::Pass; 4],
        others: FieldVerdict::Pass,
        compliant_by_clause: true,
        compliant_with_waivers: true,
        online: true,
        drawn: true,
        probe: ProbeVerdict::Untested,
        cause: None,
        doubtful: false,
        level: Level::Nothing,
        late_level: Level::Nothing,
        first_level: Level::Nothing,
        withdrawn: false,
        public: true,
        exempt: true,
    };
    let private = CameraFacts { public: false, ..exempt };
    let told = Circumstances { waivers: true, looked: true, withdrawn: true, strata, ..nothing };
    for reading in readings(&[exempt, private], &everything, &profile, &told) {
        let _ = writeln!(text, "| `{}` | {}<br>{} |", reading.id, reading.text.zh, reading.text.en);
    }
    text += "\n## 口径的选择 What a profile decides\n\n每一项都可能改变结论；☑ 为 `sd-2022-basic` 的选择。\nEach can turn a verdict; ☑ is the choice of \
             `sd-2022-basic`.\n\n| 键 Key | 选择 Choice |\n|---|---|\n";
    let english = gbaudit::report::choices::choices(&profile, Lang::En);
    for (zh, en) in gbaudit::report::choices::choices(&profile, Lang::Zh).iter().zip(&english) {
        let key = if zh.key.is_empty() { "—".to_owned() } else { format!("`{}`", zh.key) };
        let _ = writeln!(text, "| {key} | {}：{}<br>{}: {} |", zh.title, zh.boxes(), en.title, en.boxes());
        assert!(zh.key.is_empty() || source.contains(zh.key.rsplit('.').next().unwrap()), "{}", zh.key);
    }
    text += "\n## 另列指标 Beside the five\n\n不计入指标4的结论；每项都写明看不到什么。\nNo part of the conclusion; each says what it cannot see.\n\n\
             | 指标 Indicator | `id` | 名称 Name | 算法 Formula | 看不到的 What it cannot see |\n|---|---|---|---|---|\n";
    for about in gbaudit::report::beside::REGISTER {
        let (formula, blind) = (cell(about.formula), cell(about.blind));
        let _ = writeln!(text, "| {} | `{}` | {} | {formula} | {blind} |", about.indicator, about.id, both(about.title));
    }
    text += "\n## 未出图原因 Causes\n\n存疑的原因不证明摄像机不出图：留在分母中，计入最好情况。\n\
             A doubtful cause does not prove that a camera gives no picture: it stays in the denominator and counts in the best case.\n\n\
             | `id` | 原因 Cause | 归属 Put down to | 存疑 Doubtful |\n|---|---|---|---|\n";
    for cause in Cause::ALL {
        let doubtful = if cause.is_doubtful() { "是 yes" } else { "" };
        let _ = writeln!(text, "| `{}` | {} | {} | {doubtful} |", cause.id(), both(cause.title()), both(cause.blame().title()));
    }
    text += "\n## 可选测量 Optional measurements\n\n设置中要求才测（`[measure] what`、`--measure`），另列，不计入指标4；分母只含测得的。\n\
             Only where the settings ask for it, reported apart; only what was measured stands in a denominator.\n\n\
             | `id` | 测量 What | 公式 Formula | 看不到的 What it cannot see |\n|---|---|---|---|\n";
    for about in MEASURES {
        let (formula, blind) = (cell(about.formula), cell(about.blind));
        let _ = writeln!(text, "| `{}` | {} | {formula} | {blind} |", about.id, both(about.title));
    }
    text += "\n| `reason` | 结论 Found | 情况 What |\n|---|---|---|\n";
    for reason in REASONS {
        let _ = writeln!(text, "| `{}` | {} | {} |", reason.id, both(reason.found.title()), cell(reason.text));
    }
    page("INDICATORS.md", &text);
}

#[test]
fn the_two_pages_of_causes_are_made_from_the_register_of_causes() {
    for (file, lang) in [("CAUSES.md", Lang::En), ("CAUSES.zh-CN.md", Lang::Zh)] {
        let words = |zh: &'static str, en: &'static str| Text::new(zh, en).get(lang);
        let count = cause::register().count();
        let mut text = match lang {
            Lang::En => format!(
                "# Causes of no picture\n{MADE}\n{count} causes, a family a file in `src/probe/cause/`; `gbaudit cause ID` shows the same page. \
                 [中文](CAUSES.zh-CN.md)\n\nIn `devices.jsonl` the id is `probe.why`; `probe.cause` is the word it stands under. *Doubtful*: it \
                 does not prove that the camera gives no picture; it stays in the denominator, out of the numerator, and in the best \
                 case ([design/0006](design/0006-who-is-to-blame.md)).\n"
            ),
            Lang::Zh => format!(
                "# 未出图原因\n{MADE}\n共 {count} 种，一类一个文件，在 `src/probe/cause/`；`gbaudit cause 代码` 显示同样的文字。[English](CAUSES.md)\n\n\
                 `devices.jsonl` 中 `probe.why` 是代码，`probe.cause` 是归类。*存疑*：不证明摄像机不出图，留在分母中、不计入分子，计入最好情况\
                 （[design/0006](design/0006-who-is-to-blame.md)）。\n"
            ),
        };
        text.push_str(words(
            "\n| 代码 | 原因 | 归类 | 责任归属 | 存疑 |\n|---|---|---|---|---|\n",
            "\n| id | cause | under | put down to | doubtful |\n|---|---|---|---|---|\n",
        ));
        for why in cause::register() {
            let (id, title, blame) = (why.id, why.title.get(lang), why.blame.title().get(lang));
            let doubtful = if why.doubtful { words("存疑", "doubtful") } else { "" };
            let _ = writeln!(text, "| [{id}](#{id}) | {title} | `{}` | {blame} | {doubtful} |", why.cause.id());
        }
        for why in cause::register() {
            let _ = write!(text, "\n## {}\n\n**{}**\n\n", why.id, why.title.get(lang));
            for (heading, body) in [
                (words("含义", "What it means"), why.means),
                (words("依据", "What it rests on"), why.basis),
                (words("怎么办", "What to do"), why.todo),
            ] {
                let _ = writeln!(text, "- **{heading}** {}", body.get(lang));
            }
        }
        let _ = write!(
            text,
            "{}",
            words(
                "\n## 点播经过\n\n`probes.jsonl` 中 `stages[].step` 的取值，时间为该次点播开始后的毫秒数。\n\n| `step` | 步骤 |\n|---|---|\n",
                "\n## The stages of a call\n\nThe values of `stages[].step` in `probes.jsonl`; times are milliseconds from the beginning of the call.\n\n\
                 | `step` | what |\n|---|---|\n"
            )
        );
        for step in Step::ALL {
            let _ = writeln!(text, "| `{}` | {} |", step.id(), step.title().get(lang));
        }
        page(file, &text);
    }
}

#[test]
fn oddities_md_is_made_from_the_registers_of_what_is_put_up_with() {
    let mut text = format!(
        "# 容忍与记录 Oddities\n{MADE}\n解析从宽，判断从严：下列与标准不符之处都被容忍，并记入结果（`catalog.oddities`、`probe.oddities`）。\n\
         Lenient parser, strict judge: each of these is put up with, and named in the results.\n\n| `kind` | 情况 What |\n|---|---|\n"
    );
    for kind in oddity::REGISTER {
        let _ = writeln!(text, "| `{}` | {}<br>{} |", kind.id, kind.text.zh, kind.text.en);
    }
    text += "\n## 信令端口上的情况 Heard on the signalling port\n\n`report.json` 的 `heard[].kind`。\n`heard[].kind` of `report.json`.\n\n| `kind` | 情况 What |\n|---|---|\n";
    for kind in HeardKind::ALL {
        let _ = writeln!(text, "| `{}` | {}<br>{} |", kind.id(), kind.text().zh, kind.text().en);
    }
    page("ODDITIES.md", &text);
}

#[test]
fn notice_checks_md_is_made_from_the_register_of_checks() {
    let mut text = format!(
        "# 公示稿核对 Checks of a draft notice\n{MADE}\n`gbaudit notice check 公示.docx [--run 批次]` 核对的内容。每条结果是“矛盾”“无法核对”或“缺少”；只有“矛盾”使退出码为 1。\n\
         What `gbaudit notice check FILE [--run RUN]` looks at. Each finding contradicts, cannot be told or is missing; only the first sets exit code 1.\n\n\
         表格的结果列按标题行查找（完成情况、验收结果、检测结果等），是否达标也可以另列；没有标题行时取最后一格。\
         百分之八十五、八成五、0.85 按 85% 读。最多读 {} 处比率名称和百分数，超过时列出（`limit`）。其他设施（宽带、绿化、电梯等）的比率不核对。\n\
         The column of results is found by its title (完成情况, 验收结果, 检测结果 and others), the verdict may have a column of its own; without titles it is the last cell. \
         百分之八十五, 八成五 and 0.85 are read as 85%. No more than {} names of rates and percentages are read; beyond it a finding says so (`limit`). Rates of other \
         facilities (broadband, green space, lifts) are left alone.\n\n\
         例与批次 RUN-0001 核对：出图率 17/20，85.00%，达标。\nThe examples are held against a run RUN-0001 that has 出图率 17/20, 85.00%, 达标.\n",
        notice::MAX_PLACES,
        notice::MAX_PLACES
    );
    for check in notice::REGISTER {
        let _ = write!(
            text,
            "\n## `{}`\n\n{}。\n{}.\n\n```text\n{}\n```\n\n",
            check.id,
            check.text.zh,
            check.text.en,
            check.example.trim()
        );
        let blocks = notice::text::read(check.example.as_bytes()).unwrap();
        let found = |lang| notice::check(&blocks, &[notice::example_run()], lang);
        for (zh, en) in found(Lang::Zh).iter().zip(found(Lang::En)).filter(|(zh, _)| zh.check == check.id) {
            let _ = writeln!(
                text,
                "- {}：{}。改法：{}<br>{}: {}. Instead: {}",
                zh.answer.title().zh,
                zh.wrong,
                zh.instead,
                en.answer.title().en,
                en.wrong,
                en.instead
            );
        }
    }
    page("NOTICE_CHECKS.md", &text);
}

#[test]
fn pairing_md_is_made_from_the_registers_of_troubles_and_labels() {
    let mut text = format!(
        "# 对接 Pairing\n{MADE}\n`gbaudit init` 对接不成时说什么、怎么办；各家平台页面上的叫法。\n\
         What `gbaudit init` says where a pairing goes wrong, and what to do; what platforms call the fields of their form.\n\n\
         ## 对接不成 What goes wrong\n\n| | 看到 What is seen | 怎么办 What to do |\n|---|---|---|\n"
    );
    for trouble in Trouble::ALL {
        let (said, remedy) = (trouble.sentence(), trouble.remedy());
        let _ = writeln!(
            text,
            "| {}<br>{} | {}<br>{} | {}<br>{} |",
            trouble.title().zh,
            trouble.title().en,
            said.zh.replace("{}", "…"),
            said.en.replace("{}", "..."),
            remedy.zh,
            remedy.en
        );
    }
    text += "\n## 页面上的叫法 Labels\n\n只有 WVP-PRO 的已核对；其余为常见叫法，未经核对，以平台页面为准。自己的一份：`gbaudit init --show-labels wvp > 标签.toml`，修改后用 `--labels 标签.toml`。\n\
             Only those of WVP-PRO are verified, the others are usual names: go by the page. One of your own: `gbaudit init --show-labels wvp > labels.toml`, edited, then `--labels labels.toml`.\n\n| 项目 Field |";
    let labels: Vec<Labels> = PRODUCTS.iter().map(|p| Labels::read(p.id, p.file, Lang::Zh).unwrap()).collect();
    // Of the last kind no label is known: what stands in the first column is its sheet.
    let known = &labels[..labels.len() - 1];
    for labels in known {
        let _ = write!(text, " {} |", labels.title);
    }
    text += "\n|---|";
    text += &"---|".repeat(known.len());
    text += "\n| |";
    for labels in known {
        let _ = write!(text, " {} |", labels.menu);
    }
    text += "\n";
    for field in &FIELDS {
        let _ = write!(text, "| `{}` {}<br>{} |", field.id, field.title.zh, field.title.en);
        for labels in known {
            let name = labels.own_name(field).unwrap_or("—");
            let _ = write!(text, " {name} |");
        }
        text += "\n";
    }
    page("PAIRING.md", &text);
}

/// Puts made tables between the marks of a page that is written by hand.
fn filled(text: &str, parts: &[(&str, String)]) -> String {
    let mut text = text.to_owned();
    for (name, table) in parts {
        let open = format!("<!-- {name} -->\n");
        let from = text.find(&open).unwrap_or_else(|| panic!("no place for {name}")) + open.len();
        let end = from + text[from..].find("<!-- end -->").unwrap();
        text.replace_range(from..end, table);
    }
    text
}

fn cell(text: Text) -> String {
    format!("{}<br>{}", text.zh, text.en).replace('|', "\\|")
}

fn numbers(deviations: &[u8]) -> String {
    deviations.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[test]
fn simulator_md_has_the_tables_of_the_registers() {
    let mut troubles = String::new();
    for area in Area::ALL {
        let _ = write!(
            troubles,
            "\n### {}\n\n| `id` | # | 在线路上 On the wire | 好的上级 A good superior |\n|---|---|---|---|\n",
            both(area.title())
        );
        for about in TROUBLES.iter().filter(|about| about.area == area) {
            let (id, deviations) = (about.id, numbers(about.deviations));
            let _ = writeln!(troubles, "| `{id}` | {deviations} | {} | {} |", cell(about.text), cell(about.good));
        }
    }
    let mut behaviours = "\n| `id` | # | 行为 What it does | UDP | TCP |\n|---|---|---|---|---|\n".to_owned();
    for one in BEHAVIOURS {
        let over = |transport| one.expected(&[transport]).map_or("出图 picture".into(), |cause| format!("`{}`", cause.id()));
        let (udp, tcp) = (over(MediaTransport::Udp), over(MediaTransport::TcpPassive));
        let _ = writeln!(behaviours, "| `{}` | {} | {} | {udp} | {tcp} |", one.id, numbers(one.deviations), cell(one.text));
    }
    let mut faults = "\n| `id` | 故障 What is wrong | 字段 Field | 规则 Rule |\n|---|---|---|---|\n".to_owned();
    for fault in FAULTS {
        let field = both(fault.field.title());
        let _ = writeln!(faults, "| `{}` | {} | {field} | {} |", fault.id, cell(fault.text), fault.rule);
    }
    let mut deviations = "\n| # | 偏差 What is done | 见 Played by |\n|---|---|---|\n".to_owned();
    for one in DEVIATIONS {
        let troubles = TROUBLES.iter().filter(|t| t.deviations.contains(&one.number)).map(|t| t.id);
        let behaviours = BEHAVIOURS.iter().filter(|b| b.deviations.contains(&one.number)).map(|b| b.id);
        let by: Vec<String> = troubles.chain(behaviours).map(|id| format!("`{id}`")).collect();
        let _ = writeln!(deviations, "| {} | {} | {} |", one.number, cell(one.text), by.join(" "));
    }
    let parts = [("troubles", troubles), ("behaviours", behaviours), ("faults", faults), ("deviations", deviations)];
    let parts = parts.map(|(name, table)| (name, table + "\n"));
    let stands = std::fs::read_to_string(root().join("docs/SIMULATOR.md")).unwrap();
    page("SIMULATOR.md", &filled(&stands, &parts));
}

/// A count as it follows from the number of items N.
fn of_items(count: fn(u64) -> u64) -> String {
    let (few, many) = (count(1_000), count(2_000));
    match (few == many, few.cmp(&1_000)) {
        (true, _) => few.to_string(),
        (false, std::cmp::Ordering::Equal) => "N".into(),
        (false, std::cmp::Ordering::Greater) => format!("N + {}", few - 1_000),
        (false, std::cmp::Ordering::Less) => format!("N − {}", 1_000 - few),
    }
}

fn right_audit(expected: &Expected) -> String {
    let ids = |ids: &[&str]| ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(" ");
    let mut said = format!("`{}`", expected.state.name());
    if !expected.why.is_empty() {
        let _ = write!(said, ": {}", ids(expected.why));
    }
    let received = expected.received.map_or("&lt; SumNum".into(), of_items);
    let _ = write!(said, "; SumNum {}, {received} received", of_items(expected.declared));
    for (what, list) in [("oddities", expected.oddities), ("heard", expected.heard), ("rules", expected.rules)] {
        if !list.is_empty() {
            let _ = write!(said, "; {what} {}", ids(list));
        }
    }
    if expected.collisions > 0 {
        let _ = write!(said, "; {} codes on several lines", expected.collisions);
    }
    if !expected.measured.is_empty() {
        let measured: Vec<String> = expected.measured.iter().map(|(measure, reason)| format!("{measure} `{reason}`")).collect();
        let _ = write!(said, "; measured: {}", measured.join(", "));
    }
    if expected.queries != 1 {
        let _ = write!(said, "; {} queries", expected.queries);
    }
    said
}

#[test]
fn the_readme_of_the_scenes_is_made_from_the_register_of_troubles() {
    let mut text = format!(
        "# 场景 Scenes\n{MADE}\n`gbaudit simulate -c fixtures/scenes/ID.toml`. One file a fault; what each key means stands in \
         [SIMULATOR.md](../../docs/SIMULATOR.md), and what the numbers are. N: the items of the catalogue. `tests/it/troubles.rs` \
         audits each of them and compares.\n\n\
         每个文件一种故障；N 为目录条数。\n\n| 文件 File | # | 故障 Fault | 正确的检测结论 What the right audit says |\n|---|---|---|---|\n"
    );
    for about in TROUBLES {
        let (id, deviations, says) = (about.id, numbers(about.deviations), right_audit(&about.expected));
        let _ = writeln!(text, "| [`{id}`]({id}.toml) | {deviations} | {} | {says} |", cell(about.text));
    }
    text += "| [`sessions`](sessions.toml) | 52 | 全平台同时 3 路，超出 503<br>three calls at once, 503 beyond | with at most 3 calls at once: a picture of each camera |\n\
             | [`sessions_per_recorder`](sessions_per_recorder.toml) | 51 | 每台录像机 2 路，超出 486<br>two calls at once a recorder, 486 beyond | with at most 2 calls a recorder: a picture of each camera |\n\
             | [`every_record`](every_record.toml) | | 每种记录故障一路<br>one camera for each fault of records | each found by its rule |\n\
             | [`every_call`](every_call.toml) | | 每种点播行为一路<br>one camera for each way to answer | each camera's cause as in SIMULATOR.md |\n\
             | [`worst`](worst.toml) | | 许多故障同时<br>many troubles at once | `complete`; SumNum N, N received |\n";
    page("../fixtures/scenes/README.md", &text);
}

/// Headings by level, and every block of code.
fn outline(path: &Path) -> (Vec<usize>, Vec<String>) {
    let text = std::fs::read_to_string(path).unwrap();
    let (mut levels, mut blocks, mut block) = (Vec::new(), Vec::new(), None);
    for line in text.lines() {
        match (&mut block, line.starts_with("```")) {
            (None, true) => block = Some(String::new()),
            (Some(_), true) => blocks.extend(block.take()),
            // What stands behind a `#` is for people and is translated.
            (Some(open), false) => *open += &format!("{}\n", line.split(" #").next().unwrap().trim_end()),
            (None, false) if line.starts_with('#') => levels.push(line.chars().take_while(|c| *c == '#').count()),
            (None, false) => (),
        }
    }
    (levels, blocks)
}

#[test]
fn both_readmes_have_the_same_outline_and_the_same_commands() {
    let (zh, en) = (outline(&root().join("README.zh-CN.md")), outline(&root().join("README.md")));
    assert_eq!(zh.0, en.0, "headings");
    assert_eq!(zh.1, en.1, "blocks of code");
}

#[test]
fn the_ci_runs_the_test_command_of_the_readme() {
    let read = |name: &str| std::fs::read_to_string(root().join(name)).unwrap();
    let command = "cargo test --locked";
    assert!(
        read("README.md").contains(command) && read("README.zh-CN.md").contains(command) && read(".ci/run").contains(command)
    );
}

#[test]
fn the_settings_of_the_readme_are_good_settings() {
    let folder = crate::support::folder("readme");
    let (_, blocks) = outline(&root().join("README.md"));
    let settings = blocks.iter().find(|b| b.contains("[local]")).unwrap();
    assert!(settings.lines().count() <= 10, "ten lines are promised");
    std::fs::write(folder.join("gbaudit.toml"), settings).unwrap();
    std::fs::write(folder.join("chengwu.secret"), "swordfish\n").unwrap();
    let settings = gbaudit::config::load(&folder.join("gbaudit.toml"), Lang::Zh).unwrap();
    assert_eq!((settings.platforms[0].expected, settings.audit.jurisdiction.len()), (Some(3240), 1));
}

#[test]
fn what_is_installed_is_what_the_page_of_nights_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| std::fs::read_to_string(root.join(name)).unwrap();
    let page = read("docs/NIGHTLY.md");
    for unit in ["gbaudit.service", "gbaudit.timer"] {
        let text = read(&format!("packaging/{unit}"));
        assert!(page.contains(&format!("```ini\n{text}```")), "{unit} is not what docs/NIGHTLY.md says");
    }
    // Every file a package is made of is there, or made by the script.
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let metadata = &manifest["package"]["metadata"];
    let deb = metadata["deb"]["assets"].as_array().unwrap().iter().map(|asset| asset[0].as_str().unwrap());
    let rpm = metadata["generate-rpm"]["assets"].as_array().unwrap().iter().map(|asset| asset["source"].as_str().unwrap());
    let [deb, rpm] = [deb.collect::<Vec<_>>(), rpm.collect::<Vec<_>>()];
    assert_eq!(deb, rpm, "both packages hold the same");
    for file in deb.iter().filter(|file| !file.starts_with("target/")) {
        assert!(root.join(file).is_file(), "{file}");
    }
}
