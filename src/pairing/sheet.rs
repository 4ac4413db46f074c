//! 级联配置对照表: what is typed into the platform's form, field by field, for the screen and as a document.

use std::fmt;
use std::io::{self, Write};

use unicode_width::UnicodeWidthStr as _;

use super::Plan;
use super::labels::{FIELDS, Field, Labels};
use crate::base::lang::{Lang, Text, say};
use crate::base::secret::Secret;
use crate::base::text::{pad, visible};
use crate::net::Protocol;
use crate::report::document::{Column, Document, Layout};

/// What we are called on the platform.
const OWN_NAME: &str = "gbaudit";
/// The field of the password.
const PASSWORD: &str = "password";
/// Columns of the labels on a screen; what is entered stands below a longer one.
const LABEL_COLUMNS: usize = 22;

/// One field of the form. Of the password nothing is printed by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// Its key in a mapping file.
    pub id: &'static str,
    /// What the form calls it.
    pub label: String,
    /// What is entered.
    pub value: String,
    /// What to know about it.
    pub note: &'static str,
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = if self.id == PASSWORD { "***" } else { &self.value };
        f.debug_struct("Row").field("id", &self.id).field("label", &self.label).field("value", &value).finish_non_exhaustive()
    }
}

/// The sheet of a pairing.
#[derive(Debug)]
pub struct Sheet<'a> {
    /// What was agreed to.
    pub plan: &'a Plan,
    /// What its form calls things.
    pub labels: &'a Labels,
    /// What it authenticates with.
    pub password: &'a Secret,
    /// The language of the sheet; labels are the platform's own.
    pub lang: Lang,
}

impl Sheet<'_> {
    /// Every field the form has.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let row = |field: &Field| {
            let label = self.labels.name(field, self.lang)?.to_owned();
            let (value, note) = self.entered(field.id)?;
            Some(Row { id: field.id, label, value, note: note.get(self.lang) })
        };
        FIELDS.iter().filter_map(row).collect()
    }

    fn entered(&self, id: &str) -> Option<(String, Text)> {
        let (plan, lang, none) = (self.plan, self.lang, Text::new("", ""));
        let (seen, device) = (plan.seen(), plan.platform_id.clone());
        let ip = seen.ip();
        Some(match id {
            "entry" => (OWN_NAME.to_owned(), none),
            "id" => (
                plan.own.id.clone(),
                Text::new("须经上级主管部门确认未被占用", "the superior authority has to confirm that it is free"),
            ),
            "domain" => (plan.own.domain.clone(), Text::new("即上项前 10 位", "its first ten digits")),
            "ip" => (ip.to_string(), none),
            "port" => (seen.port().to_string(), none),
            "device" => (
                device.unwrap_or_else(|| say!(lang, "平台自己的 20 位编码", "the platform's own 20 digits")),
                Text::new("一般已预置，不改", "preset as a rule, not to be changed"),
            ),
            "username" => (device.unwrap_or_else(|| say!(lang, "与本级平台编码相同", "the same")), none),
            PASSWORD => (
                self.password.expose().to_owned(),
                Text::new("区分大小写，复制时不带空格", "capitals matter; copy it without blanks"),
            ),
            "local_ip" => {
                (say!(lang, "能到达 {ip} 的网卡", "the card that reaches {ip}"), Text::new("端口不改", "leave the port as it is"))
            }
            "media_ip" => (say!(lang, "平台流媒体服务的地址", "the address of its media server"), none),
            "expires" => ("3600".to_owned(), none),
            "keepalive" => ("60".to_owned(), none),
            "transport" => self.transport(),
            "charset" => ("GB2312".to_owned(), none),
            "per_message" if self.transport().0 == Protocol::Udp.name() => ("2".to_owned(), none),
            "per_message" => ("8".to_owned(), Text::new("信令传输为 UDP 时选 2", "2 where signalling goes over UDP")),
            "enabled" => (say!(lang, "是", "yes"), none),
            "share" => (
                say!(lang, "要检测的全部摄像机", "every camera to be audited"),
                Text::new("不共享则目录为 0 条", "without it the catalogue is empty"),
            ),
            _ => return None,
        })
    }

    fn transport(&self) -> (String, Text) {
        let has = |protocol| self.plan.listen.iter().any(|address| address.protocol == protocol);
        match (has(Protocol::Tcp), has(Protocol::Udp)) {
            (true, true) => ("TCP".to_owned(), Text::new("平台不支持 TCP 时选 UDP", "UDP where it has no TCP")),
            (false, true) => ("UDP".to_owned(), Text::new("", "")),
            (true, false) => ("TCP".to_owned(), Text::new("", "")),
            (false, false) => ("TLS".to_owned(), Text::new("", "")),
        }
    }

    fn title(&self) -> String {
        let (name, product) = (&self.plan.name, &self.labels.title);
        say!(self.lang, "级联配置对照表　{name}（{product}）", "Pairing sheet: {name} ({product})")
    }

    /// What stands above the fields.
    fn lead(&self) -> String {
        let menu = &self.labels.menu;
        say!(
            self.lang,
            "在平台的“{menu}”页面添加一个上级平台，逐项填写：",
            "Add a superior platform on the platform's page \"{menu}\" and enter:"
        )
    }

    /// What stands below them.
    fn notes(&self) -> Vec<String> {
        let lang = self.lang;
        let mut notes = Vec::new();
        if !self.labels.verified {
            notes.push(say!(
                lang,
                "左列为常见叫法，未经核对，以平台页面为准；可用 --show-labels 取出标签文件，改好后用 --labels 重新生成。",
                "The labels are usual names and were not verified: go by the page. A mapping file of your own: --show-labels, then --labels FILE."
            ));
        }
        let id = &self.plan.own.id;
        notes.push(say!(
            lang,
            "编码 {id} 是本工具建议的，序号取大号以避免冲突；使用前请上级主管部门确认未被占用。",
            "The code {id} is a proposal with a high serial, so that it clashes with nobody's: have the superior authority confirm that it is free."
        ));
        notes.push(say!(
            lang,
            "本表含密码，只交给平台管理人员，用后销毁。",
            "The sheet holds a password: for the platform's administrator alone, to be destroyed afterwards."
        ));
        notes
    }

    /// For the screen, and to be copied from.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = format!("{}\n{}\n\n", visible(&self.title()), visible(&self.lead()));
        for Row { label, value, note, .. } in self.rows() {
            let note = if note.is_empty() { String::new() } else { say!(self.lang, "（{note}）", "  ({note})") };
            let (label, value) = (visible(&label), visible(&value));
            let label = if label.width() > LABEL_COLUMNS {
                format!("{label}\n  {}", pad("", LABEL_COLUMNS))
            } else {
                pad(&label, LABEL_COLUMNS)
            };
            out.push_str(&format!("  {label}  {value}{note}\n"));
        }
        out.push('\n');
        for note in self.notes() {
            out.push_str(&format!("  {}\n", visible(&note)));
        }
        out
    }

    /// As a document.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn document(&self, out: &mut dyn Write) -> io::Result<()> {
        let t = |zh: &'static str, en: &'static str| Text::new(zh, en).get(self.lang);
        let mut document = Document::new(t("级联配置对照表", "Pairing sheet"), None, Layout::Form);
        let (name, product) = (&self.plan.name, &self.labels.title);
        document.meta(&say!(self.lang, "{name}（{product}）", "{name} ({product})"));
        document.note(&self.lead());
        let columns = [
            Column::text(t("平台页面上的项目", "field of the form"), 38),
            Column::text(t("填写", "to enter"), 34),
            Column::text(t("说明", "note"), 28),
        ];
        let rows: Vec<Vec<String>> = self.rows().into_iter().map(|row| vec![row.label, row.value, row.note.to_owned()]).collect();
        document.table(&columns, rows.iter().map(Vec::as_slice));
        for note in self.notes() {
            document.note(&note);
        }
        document.save(out)
    }
}

#[cfg(test)]
mod tests {
    use super::super::labels::PRODUCTS;
    use super::super::tests::plan;
    use super::*;

    fn sheet(product: usize, lang: Lang, plan: &Plan) -> String {
        let labels = Labels::read("x", PRODUCTS[product].file, lang).unwrap();
        Sheet { plan, labels: &labels, password: &Secret::new("Abc234"), lang }.text()
    }

    #[test]
    fn for_wvp_every_field_stands_under_its_own_label() {
        let text = sheet(0, Lang::Zh, &plan());
        for (label, value) in [
            ("SIP服务国标编码", "37172300002000990001"),
            ("SIP服务国标域", "3717230000"),
            ("SIP服务IP", "10.0.0.5"),
            ("SIP服务端口", "5060"),
            ("设备国标编号", "37172300002000000002"),
            ("SIP认证密码", "Abc234"),
            ("注册周期(秒)", "3600"),
            ("通道共享", "要检测的全部摄像机"),
        ] {
            let line =
                text.lines().find(|line| line.trim_start().starts_with(label)).unwrap_or_else(|| panic!("{label}\n{text}"));
            assert!(line.contains(value), "{line}");
        }
        assert!(text.contains("国标级联 → 添加") && text.contains("确认未被占用") && !text.contains("未经核对"), "{text}");
    }

    #[test]
    fn the_others_say_that_their_labels_are_usual_names() {
        for product in 1..PRODUCTS.len() {
            let text = sheet(product, Lang::Zh, &plan());
            assert!(text.contains("常见叫法，未经核对"), "{text}");
            assert!(sheet(product, Lang::En, &plan()).contains("were not verified"));
        }
    }

    #[test]
    fn a_platform_whose_code_is_not_known_and_one_that_sees_another_address_of_ours() {
        let plan = Plan { platform_id: None, advertise: Some("203.0.113.5:15060".parse().unwrap()), ..plan() };
        let text = sheet(0, Lang::Zh, &plan);
        assert!(text.contains("平台自己的 20 位编码") && text.contains("203.0.113.5") && text.contains("15060"), "{text}");
        assert!(!text.contains("10.0.0.5"));
    }

    #[test]
    fn few_items_go_into_a_message_where_there_is_only_udp() {
        let of = |plan: &Plan| {
            let text = sheet(0, Lang::Zh, plan);
            text.lines().find(|line| line.trim_start().starts_with("目录分组")).unwrap().trim_end().to_owned()
        };
        assert!(of(&plan()).contains("8（信令传输为 UDP 时选 2）"));
        let mut udp = plan();
        udp.listen.truncate(1);
        assert!(of(&udp).ends_with(" 2"), "{}", of(&udp));
    }

    #[test]
    fn the_document_has_the_same_rows() {
        let (labels, plan) = (Labels::read("x", PRODUCTS[0].file, Lang::Zh).unwrap(), plan());
        let sheet = Sheet { plan: &plan, labels: &labels, password: &Secret::new("Abc234"), lang: Lang::Zh };
        let text = super::super::ports::tests::document(|out| sheet.document(out));
        let shown = format!("{:?} {sheet:?}", sheet.rows());
        assert!(shown.contains("***") && !shown.contains("Abc234"), "{shown}");
        for row in sheet.rows() {
            assert!(text.contains(&row.label) && text.contains(&row.value), "{row:?}");
        }
    }
}
