//! The settings of a pairing as text, with comments for whoever opens it later, and the one change made to it when the platform
//! is known.

use super::{Plan, SECRET};
use crate::base::lang::{Lang, say};
use crate::base::text::visible;

/// Stands for the code of a platform that has not registered yet.
pub const UNKNOWN: &str = "00000000000000000000";

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", visible(text).replace('\\', "\\\\").replace('"', "\\\""))
}

/// The settings.
#[must_use]
pub fn text(plan: &Plan, lang: Lang) -> String {
    let (own, domain) = (&plan.own.id, &plan.own.domain);
    let listen = plan.listen.iter().map(|address| quoted(&address.to_string())).collect::<Vec<_>>().join(", ");
    let advertise = match plan.advertise {
        Some(seen) => format!("advertise = \"{seen}\"\nmedia_ip = \"{}\"", seen.ip()),
        None => "# advertise = \"203.0.113.5:5060\"\n# media_ip = \"203.0.113.5\"".to_owned(),
    };
    let ports = format!("{}-{}", plan.media_ports.start(), plan.media_ports.end());
    let (name, id) = (quoted(&plan.name), quoted(plan.platform_id.as_deref().unwrap_or(UNKNOWN)));
    let (product, county, title) = (plan.product.id, &plan.county.code, visible(&plan.county.title));
    say!(
        lang,
        "# gbaudit 的设置，由 gbaudit init 生成。“#”后面是说明，可以修改；写错的项运行时会指出行号。
# 检查本文件和本机环境：gbaudit doctor；检测：gbaudit audit

[local]
# 本工具的 20 位编码，使用前须经上级主管部门确认未被占用
id = \"{own}\"
# SIP 域，与平台页面所填的一致
domain = \"{domain}\"
# 信令监听地址
listen = [{listen}]
# 平台看到的本机地址、SDP 中的收流地址；只在经过地址转换（NAT）时填写
{advertise}
# 收流端口范围，防火墙须放行 UDP 和 TCP
media_ports = \"{ports}\"

[[platform]]
# 平台名称，用于报告和文件夹
name = {name}
# 平台的 20 位国标编码；全 0 表示还不知道，平台注册并接受后由 gbaudit init --resume 填入
id = {id}
# subordinate：平台作为下级向本工具注册
role = \"subordinate\"
# 只接受来自此地址的注册；平台的来源地址会变（NAT）时不写
# address = \"udp:10.0.0.8:5060\"
# 密码所在的文件，与平台页面所填的密码一致
password_file = \"{SECRET}\"
type = \"{product}\"
# 平台登记的摄像机总数及其来源，用于共享核对
# expected_cameras = 3240
# expected_source = \"平台首页\"

[audit]
# 口径；全部口径：gbaudit profiles
profile = \"sd-2022-basic\"
# 检测辖区：{title}
jurisdiction = [\"{county}\"]
# 点位表、台账、点位归属表，有了再写；空表：gbaudit template
# plan = \"关键位置点位表.xlsx\"
# ledger = \"台账.xlsx\"
# assignment = \"点位归属表.xlsx\"

[store]
# 数据文件，各次检测的结果都在其中
url = \"sqlite:gbaudit.db\"
",
        "# Settings of gbaudit, written by gbaudit init. What stands behind # explains; a wrong key is named with its line.
# To check this file and this machine: gbaudit doctor; to audit: gbaudit audit

[local]
# Our own 20-digit code; have the superior authority confirm that it is free
id = \"{own}\"
# SIP domain, as entered on the platform
domain = \"{domain}\"
# Where signalling is listened for
listen = [{listen}]
# Our address as the platform sees it, and the one media is to be sent to; only behind NAT
{advertise}
# Ports for media, open for UDP and TCP in the firewall
media_ports = \"{ports}\"

[[platform]]
# Its name in reports and folders
name = {name}
# Its 20-digit code; noughts: not known yet, gbaudit init --resume fills it in when the platform has registered
id = {id}
# subordinate: it registers with us
role = \"subordinate\"
# The only address registrations are accepted from; not where the address changes (NAT)
# address = \"udp:10.0.0.8:5060\"
# The file with the password entered on the platform
password_file = \"{SECRET}\"
type = \"{product}\"
# Cameras the platform says it has, and where it says so
# expected_cameras = 3240
# expected_source = \"front page of the platform\"

[audit]
# The profile; all of them: gbaudit profiles
profile = \"sd-2022-basic\"
# The audited region: {title}
jurisdiction = [\"{county}\"]
# Tables of the user's, where there are any; empty ones: gbaudit template
# plan = \"plan.xlsx\"
# ledger = \"ledger.xlsx\"
# assignment = \"assignment.xlsx\"

[store]
# The results of all runs
url = \"sqlite:gbaudit.db\"
"
    )
}

/// The settings with the platform of code `old` known by its code and, if that stays the same, its address. `None` where its entry is
/// written in some other way: then nothing is changed. Lines that are not about that keep every octet.
#[must_use]
pub fn accepted(text: &str, old: &str, id: &str, address: Option<&str>) -> Option<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let is_id = |line: &str| value(line, "id").is_some_and(|value| value.strip_prefix(&quoted(old)).is_some_and(ends));
    let starts = lines.iter().enumerate().filter(|(_, line)| line.trim() == "[[platform]]").map(|(number, _)| number);
    let entry = |begin: usize| {
        let end = lines.iter().skip(begin + 1).position(|line| line.trim_start().starts_with('['));
        begin + 1..end.map_or(lines.len(), |count| begin + 1 + count)
    };
    let find = |begin: usize, is: &dyn Fn(&str) -> bool| {
        entry(begin).find(|number| lines.get(*number).is_some_and(|line| is(line.trim())))
    };
    let (begin, at) = starts.into_iter().find_map(|begin| Some((begin, find(begin, &is_id)?)))?;
    // The line in force, wherever it stands; only without one that of the example is uncommented.
    let in_force = find(begin, &|line| value(line, "address").is_some());
    let example =
        || find(begin, &|line| line.starts_with('#') && value(line.trim_start_matches('#').trim_start(), "address").is_some());
    let written = in_force.or_else(example);
    let mut out = String::with_capacity(text.len() + 64);
    for (number, line) in lines.iter().enumerate() {
        let ending = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
        match address {
            Some(address) if written == Some(number) => out.push_str(&format!("address = {}{ending}", quoted(address))),
            // It may change: nobody is to be held to an old one.
            None if in_force == Some(number) => out.push_str(&format!("# {line}")),
            _ if number == at => out.push_str(&format!("id = {}{ending}", quoted(id))),
            _ => out.push_str(line),
        }
        if let (Some(address), None, true) = (address, written, number == at) {
            out.push_str(&format!("address = {}{ending}", quoted(address)));
        }
    }
    Some(out)
}

/// What a line gives a key.
fn value<'l>(line: &'l str, key: &str) -> Option<&'l str> {
    Some(line.strip_prefix(key)?.trim_start().strip_prefix('=')?.trim_start())
}

/// Whether nothing but a comment follows.
fn ends(rest: &str) -> bool {
    let rest = rest.trim_start();
    rest.is_empty() || rest.starts_with('#')
}

#[cfg(test)]
mod tests {
    use super::super::tests::plan;
    use super::*;

    #[test]
    fn the_text_is_toml_in_both_languages_and_holds_no_secret() {
        for lang in [Lang::Zh, Lang::En] {
            let plan = Plan { name: "甲\"乙\u{1b}".into(), ..plan() };
            let text = text(&plan, lang);
            let table: toml::Table = toml::from_str(&text).unwrap();
            assert_eq!(table["platform"][0]["name"].as_str(), Some("甲\"乙\\u{1b}"));
            assert_eq!(table["local"]["id"].as_str(), Some("37172300002000990001"));
            assert_eq!(table["local"]["listen"][1].as_str(), Some("tcp:10.0.0.5:5060"));
            assert!(text.contains("password_file") && !text.contains("password = "));
        }
    }

    #[test]
    fn a_platform_that_is_accepted_is_written_into_its_own_entry() {
        let before = text(&Plan { platform_id: None, ..plan() }, Lang::Zh);
        let after = accepted(&before, UNKNOWN, "37172300002000000002", Some("udp:10.0.0.8:5060")).unwrap();
        let table: toml::Table = toml::from_str(&after).unwrap();
        let platform = &table["platform"][0];
        assert_eq!(platform["id"].as_str(), Some("37172300002000000002"));
        assert_eq!(platform["address"].as_str(), Some("udp:10.0.0.8:5060"));
        assert_eq!(table["local"]["id"].as_str(), Some("37172300002000990001"));
        // Everything else stands as it stood.
        let changed = before.lines().zip(after.lines()).filter(|(a, b)| a != b).count();
        assert_eq!((before.lines().count(), changed), (after.lines().count(), 2));
    }

    #[test]
    fn an_entry_without_an_address_line_gets_one_and_one_behind_nat_none() {
        let text = "[[platform]]\nid = \"1\"\n[[platform]]\nname = \"b\"\n  id=\"2\"  # theirs\n[audit]\n";
        let with = accepted(text, "2", "22", Some("tcp:10.0.0.8:5060")).unwrap();
        assert_eq!(
            with,
            "[[platform]]\nid = \"1\"\n[[platform]]\nname = \"b\"\nid = \"22\"\naddress = \"tcp:10.0.0.8:5060\"\n[audit]\n"
        );
        assert_eq!(accepted(text, "1", "1", None).unwrap(), text);
        assert_eq!(accepted(&with, "22", "22", None).unwrap(), with.replace("address", "# address"));
        assert_eq!(accepted(text, "3", "33", None), None);
        assert_eq!(accepted("[local]\nid = \"3\"\n", "3", "33", None), None);
    }

    #[test]
    fn an_address_in_force_is_the_one_that_changes_whatever_stands_before_it() {
        let text = "[[platform]]\nid = \"1\"\n# address = \"udp:10.0.0.1:5060\"\nname = \"a\"\naddress = \"udp:10.0.0.7:5060\"\n";
        let with = accepted(text, "1", "1", Some("udp:10.0.0.8:5060")).unwrap();
        assert_eq!(with, text.replace("10.0.0.7", "10.0.0.8"));
        assert_eq!(accepted(&with, "1", "1", Some("udp:10.0.0.8:5060")).unwrap(), with, "once more changes nothing");
        let without = accepted(text, "1", "1", None).unwrap();
        assert_eq!(without, text.replace("\naddress", "\n# address"));
        // Of several examples one comes into force.
        let again = accepted(&without, "1", "1", Some("udp:10.0.0.9:5060")).unwrap();
        let table: toml::Table = toml::from_str(&again).unwrap();
        assert_eq!(table["platform"][0]["address"].as_str(), Some("udp:10.0.0.9:5060"));
    }

    #[test]
    fn the_ends_of_lines_stay_as_they_are() {
        let text = "[[platform]]\r\nname = \"a\"\r\nid = \"1\"\r\n[audit]";
        let with = accepted(text, "1", "2", Some("udp:10.0.0.8:5060")).unwrap();
        assert_eq!(with, "[[platform]]\r\nname = \"a\"\r\nid = \"2\"\r\naddress = \"udp:10.0.0.8:5060\"\r\n[audit]");
    }
}
