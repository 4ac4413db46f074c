//! 端口开通申请表: which ports have to be open, in which direction and for what, as a form to hand in and as commands of the usual
//! firewalls.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::Plan;
use crate::base::lang::{Lang, Text, say};
use crate::net::Protocol;
use crate::report::document::{Column, Document, Layout};

/// A port that has to be open.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Opening {
    inward: bool,
    protocol: &'static str,
    /// `5060`, `30000-30127`; empty for ports of the platform that only it knows.
    ports: String,
    /// What comes there is signalling: from the platform's address alone.
    signalling: bool,
    why: Text,
}

fn openings(plan: &Plan) -> Vec<Opening> {
    let mut all = Vec::new();
    for address in &plan.listen {
        let transport = if address.protocol == Protocol::Udp { "UDP" } else { "TCP" };
        all.push(Opening {
            inward: true,
            protocol: transport,
            ports: address.socket.port().to_string(),
            signalling: true,
            why: Text::new("SIP 信令：平台注册、心跳、目录应答", "SIP: registration, keepalives, catalogue"),
        });
        all.push(Opening {
            inward: false,
            protocol: transport,
            ports: String::new(),
            signalling: true,
            why: Text::new(
                "SIP 信令：目录查询、点播（到平台的信令端口，UDP 即其注册的来源端口）",
                "SIP: queries and calls (to the platform's signalling port; over UDP the one it registers from)",
            ),
        });
    }
    let media = format!("{}-{}", plan.media_ports.start(), plan.media_ports.end());
    let media = |inward: bool, protocol, why| Opening {
        inward,
        protocol,
        ports: if inward { media.clone() } else { String::new() },
        signalling: false,
        why,
    };
    all.push(media(true, "UDP", Text::new("RTP 视频码流", "RTP media")));
    all.push(media(
        true,
        "TCP",
        Text::new("RTP 视频码流，TCP 被动：平台连接本机", "RTP media, TCP passive: the platform connects to us"),
    ));
    all.push(media(
        false,
        "TCP",
        Text::new(
            "RTP 视频码流，TCP 主动：本机连接平台的媒体端口",
            "RTP media, TCP active: we connect to the platform's media ports",
        ),
    ));
    all
}

/// Writes the form.
///
/// # Errors
/// When it cannot be written.
pub fn document(plan: &Plan, lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    let t = |zh: &'static str, en: &'static str| Text::new(zh, en).get(lang);
    let mut document = Document::new(t("端口开通申请表", "Request to open ports"), None, Layout::Form);
    document.meta(t(
        "申请单位：____________________　　　　申请日期：______年____月____日",
        "applicant ____________________      date ____________________",
    ));
    let own = plan.host.to_string();
    let platform =
        plan.platform_ip.map_or_else(|| t("平台地址（请填写）：", "address of the platform:").to_owned(), |ip| ip.to_string());
    let media_server = say!(lang, "{platform}\n及其流媒体服务器（请填写）：", "{platform}\nand its media servers:");
    let (id, name) = (&plan.own.id, &plan.name);
    document.note(&say!(
        lang,
        "用途：视频监控平台检测（GB/T 28181）。检测主机 {own}，编码 {id}；被测平台 {name}。只读取目录、点播画面，不控制、不写入。",
        "Purpose: audit of a video platform (GB/T 28181). Host {own}, code {id}; platform {name}. It reads the catalogue and calls cameras; it controls and writes nothing."
    ));
    let columns = [
        Column::word(t("序号", "no."), 6),
        Column::text(t("源地址", "from"), 20),
        Column::text(t("目的地址", "to"), 20),
        Column::word(t("协议", "protocol"), 8),
        Column::word(t("目的端口", "ports"), 15),
        Column::text(t("用途", "purpose"), 31),
    ];
    let rows: Vec<Vec<String>> = openings(plan)
        .into_iter()
        .zip(1..)
        .map(|(opening, number)| {
            let far = if opening.signalling { platform.clone() } else { media_server.clone() };
            let (from, to) = if opening.inward { (far, own.clone()) } else { (own.clone(), far) };
            let ports = match opening.ports {
                ports if ports.is_empty() => t("请平台方填写：", "the platform's:").to_owned(),
                ports => ports,
            };
            vec![number.to_string(), from, to, opening.protocol.to_owned(), ports, opening.why.get(lang).to_owned()]
        })
        .collect();
    document.table(&columns, rows.iter().map(Vec::as_slice));
    let seen = plan.seen();
    if plan.advertise.is_some() {
        document.note(&say!(
            lang,
            "经地址转换：平台看到的地址为 {seen}，请在转换设备上把信令端口和媒体端口映射到 {own}。",
            "Behind NAT: the platform sees {seen}; signalling and media ports are to be mapped to {own} there."
        ));
    }
    let columns = [
        Column::word(t("审批", "approval"), 20),
        Column::text(t("意见", "opinion"), 40),
        Column::word(t("盖章", "seal"), 20),
        Column::word(t("日期", "date"), 20),
    ];
    let parties =
        [t("申请单位", "applicant"), t("平台管理单位", "who runs the platform"), t("网络管理单位", "who runs the network")];
    let rows: Vec<Vec<String>> =
        parties.iter().map(|party| vec![(*party).to_owned(), String::new(), "\n".to_owned(), String::new()]).collect();
    document.table(&columns, rows.iter().map(Vec::as_slice));
    document.note(t(
        "使用期限：______年____月____日至______年____月____日。到期请关闭。",
        "Open from ____________ to ____________; to be closed afterwards.",
    ));
    document.save(out)
}

/// The commands that open what has to be open on this host, one firewall a part. Media may come from servers of the platform's whose addresses
/// nobody told us: it is opened to all.
#[must_use]
pub fn firewall(plan: &Plan, lang: Lang) -> String {
    let inward: Vec<Opening> = openings(plan).into_iter().filter(|opening| opening.inward).collect();
    let source = |opening: &Opening| plan.platform_ip.filter(|_| opening.signalling);
    let family = |ip: std::net::IpAddr| if ip.is_ipv4() { "ipv4" } else { "ipv6" };
    let mut out = say!(
        lang,
        "# 防火墙命令：按本机所用的防火墙选一组，以管理员身份执行。不确定时问网络管理员。\n",
        "# Firewall commands: take the part of the firewall in use here, as administrator.\n"
    );
    let mut part = |title: String, line: &dyn Fn(&Opening) -> String, last: &str| {
        let _ = write!(out, "\n# {title}\n");
        inward.iter().for_each(|opening| out.push_str(&format!("{}\n", line(opening))));
        out.push_str(last);
    };
    part(
        say!(lang, "firewalld（CentOS、麒麟、统信服务器版）", "firewalld (CentOS, Kylin, UOS server)"),
        &|o| {
            let (ports, protocol) = (&o.ports, o.protocol.to_lowercase());
            match source(o) {
                Some(ip) => format!(
                    "firewall-cmd --permanent --add-rich-rule='rule family=\"{}\" source address=\"{ip}\" port port=\"{ports}\" protocol=\"{protocol}\" accept'",
                    family(ip)
                ),
                None => format!("firewall-cmd --permanent --add-port={ports}/{protocol}"),
            }
        },
        "firewall-cmd --reload\n",
    );
    part(
        say!(lang, "ufw（Ubuntu、Debian、统信桌面版）", "ufw (Ubuntu, Debian, UOS desktop)"),
        &|o| {
            let from = source(o).map_or_else(|| "any".to_owned(), |ip| ip.to_string());
            format!("ufw allow from {from} to any port {} proto {}", o.ports.replace('-', ":"), o.protocol.to_lowercase())
        },
        "",
    );
    part(
        say!(lang, "iptables（IPv6 为 ip6tables）", "iptables (ip6tables for IPv6)"),
        &|o| {
            let from = source(o).map_or_else(String::new, |ip| format!(" -s {ip}"));
            // The other family has a table of its own.
            let command = if source(o).unwrap_or(plan.host).is_ipv4() { "iptables" } else { "ip6tables" };
            format!("{command} -I INPUT -p {}{from} --dport {} -j ACCEPT", o.protocol.to_lowercase(), o.ports.replace('-', ":"))
        },
        "",
    );
    part(
        say!(lang, "nftables（表和链的名称以本机为准）", "nftables (table and chain as they are called here)"),
        &|o| {
            let from = source(o).map_or_else(String::new, |ip| {
                let family = if ip.is_ipv4() { "ip" } else { "ip6" };
                format!("{family} saddr {ip} ")
            });
            format!("nft insert rule inet filter input {from}{} dport {} accept", o.protocol.to_lowercase(), o.ports)
        },
        "",
    );
    part(
        say!(lang, "Windows（管理员命令提示符）", "Windows (command prompt of an administrator)"),
        &|o| {
            let from = source(o).map_or_else(String::new, |ip| format!(" remoteip={ip}"));
            let what = if o.signalling { "SIP" } else { "RTP" };
            format!(
                "netsh advfirewall firewall add rule name=\"gbaudit {what} {protocol}\" dir=in action=allow protocol={protocol} localport={}{from}",
                o.ports,
                protocol = o.protocol
            )
        },
        "",
    );
    out
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::{Cursor, Read as _};

    use super::super::tests::plan;
    use super::*;

    /// The text of a document.
    pub(crate) fn document(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
        let mut octets = Vec::new();
        write(&mut octets).unwrap();
        let mut text = String::new();
        let mut archive = zip::ZipArchive::new(Cursor::new(octets)).unwrap();
        archive.by_name("word/document.xml").unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn the_form_has_both_directions_and_says_what_for() {
        let text = document(|out| super::document(&plan(), Lang::Zh, out));
        for wanted in
            ["端口开通申请表", "10.0.0.5", "10.0.0.8", "5060", "30000-30127", "TCP 被动", "流媒体服务器", "平台管理单位"]
        {
            assert!(text.contains(wanted), "{wanted}");
        }
        assert!(!text.contains("经地址转换"));
        let plan = Plan { advertise: Some("203.0.113.5:5060".parse().unwrap()), platform_ip: None, ..plan() };
        let text = document(|out| super::document(&plan, Lang::Zh, out));
        assert!(text.contains("经地址转换") && text.contains("平台地址（请填写）"));
    }

    #[test]
    fn every_firewall_opens_signalling_to_the_platform_and_media_to_all() {
        let text = firewall(&plan(), Lang::Zh);
        for wanted in [
            "source address=\"10.0.0.8\" port port=\"5060\" protocol=\"udp\"",
            "firewall-cmd --permanent --add-port=30000-30127/tcp\n",
            "ufw allow from 10.0.0.8 to any port 5060 proto tcp\n",
            "ufw allow from any to any port 30000:30127 proto udp\n",
            "iptables -I INPUT -p udp -s 10.0.0.8 --dport 5060 -j ACCEPT\n",
            "nft insert rule inet filter input ip saddr 10.0.0.8 udp dport 5060 accept\n",
            "nft insert rule inet filter input udp dport 30000-30127 accept\n",
            "protocol=UDP localport=5060 remoteip=10.0.0.8\n",
            "name=\"gbaudit RTP TCP\" dir=in action=allow protocol=TCP localport=30000-30127\n",
        ] {
            assert!(text.contains(wanted), "{wanted}\n{text}");
        }
        assert!(firewall(&Plan { platform_ip: None, ..plan() }, Lang::En).contains("--add-port=5060/udp"));
        let v6 = Plan { host: "2001:db8::5".parse().unwrap(), platform_ip: Some("2001:db8::8".parse().unwrap()), ..plan() };
        let text = firewall(&v6, Lang::Zh);
        for wanted in [
            "family=\"ipv6\" source address=\"2001:db8::8\"",
            "\nip6tables -I INPUT -p udp -s 2001:db8::8 --dport 5060 -j ACCEPT\n",
            "\nip6tables -I INPUT -p udp --dport 30000:30127 -j ACCEPT\n",
            "ip6 saddr 2001:db8::8 udp dport 5060",
        ] {
            assert!(text.contains(wanted), "{wanted}\n{text}");
        }
        assert!(!text.contains("\niptables -I"), "{text}");
    }
}
