//! What the field of each kind of platform is called on its own form: one mapping file a kind, and one line here.
//!
//! Not for: what is entered there; that is [`super::sheet`].

use crate::base::lang::{Lang, Text};
use crate::base::settings_file::{Problem, Reader};

/// A kind of platform.
#[derive(Debug, PartialEq, Eq)]
pub struct Product {
    /// The word of `--platform-type` and of `type` in the settings.
    pub id: &'static str,
    /// For people.
    pub title: Text,
    /// Its mapping file.
    pub file: &'static str,
}

impl Product {
    /// Its mapping file, with a line to fill in for every field it has no name for.
    #[must_use]
    pub fn example(&self, lang: Lang) -> String {
        let has = |id: &str| self.file.lines().any(|line| line.split_once('=').is_some_and(|(key, _)| key.trim() == id));
        let mut text = self.file.to_owned();
        for field in FIELDS.iter().filter(|field| !has(field.id)) {
            text.push_str(&format!("# {} = \"\"    # {}\n", field.id, field.title.get(lang)));
        }
        text
    }
}

const fn kind(id: &'static str, zh: &'static str, en: &'static str, file: &'static str) -> Product {
    Product { id, title: Text::new(zh, en), file }
}

/// Every kind there is; the last is for whatever is none of the others.
pub static PRODUCTS: [Product; 5] = [
    kind("wvp", "WVP-PRO", "WVP-PRO", include_str!("data/wvp.toml")),
    kind("hikvision", "海康威视", "Hikvision", include_str!("data/hikvision.toml")),
    kind("dahua", "大华", "Dahua", include_str!("data/dahua.toml")),
    kind("uniview", "宇视", "Uniview", include_str!("data/uniview.toml")),
    kind("other", "其他", "another one", include_str!("data/other.toml")),
];

/// The kind of this word, or of this name.
#[must_use]
pub fn product(word: &str) -> Option<&'static Product> {
    let word = word.trim();
    PRODUCTS.iter().find(|p| p.id.eq_ignore_ascii_case(word) || p.title.zh == word || p.title.en.eq_ignore_ascii_case(word))
}

/// A field of the form, with the names it usually has.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// Its key in a mapping file.
    pub id: &'static str,
    /// What it is, and its usual names.
    pub title: Text,
}

const fn field(id: &'static str, zh: &'static str, en: &'static str) -> Field {
    Field { id, title: Text::new(zh, en) }
}

/// Every field, in the order of the sheet.
pub static FIELDS: [Field; 17] = [
    field("entry", "名称（常见叫法：上级平台名称、外域名称）", "name of the entry (上级平台名称, 外域名称)"),
    field(
        "id",
        "上级平台编码（常见叫法：SIP服务器ID、SIP服务器编号、上级域编码）",
        "code of the superior (SIP服务器ID, 上级域编码)",
    ),
    field("domain", "上级平台域（常见叫法：SIP服务器域、SIP域）", "domain of the superior (SIP服务器域, SIP域)"),
    field("ip", "上级平台地址（常见叫法：SIP服务器IP、SIP服务器地址）", "address of the superior (SIP服务器IP)"),
    field("port", "上级平台端口（常见叫法：SIP服务器端口）", "port of the superior (SIP服务器端口)"),
    field(
        "device",
        "本级平台编码（常见叫法：SIP用户名、SIP用户ID、设备编号）",
        "code of the platform itself (SIP用户名, 设备编号)",
    ),
    field("username", "认证用户名（常见叫法：SIP用户认证ID、认证ID）", "user name of the digest (SIP用户认证ID)"),
    field("password", "认证密码（常见叫法：SIP密码、注册密码、密码）", "password (SIP密码, 注册密码)"),
    field("local_ip", "本级信令地址和端口（常见叫法：本地IP、本地SIP端口）", "its own signalling address and port (本地SIP端口)"),
    field("media_ip", "发流地址（常见叫法：SDP发流IP、媒体地址）", "the address it sends media from (SDP发流IP)"),
    field("expires", "注册有效期，秒（常见叫法：注册周期）", "registration expiry, seconds (注册有效期)"),
    field("keepalive", "心跳周期，秒（常见叫法：心跳间隔）", "keepalive interval, seconds (心跳周期)"),
    field("transport", "信令传输（常见叫法：传输协议）", "signalling transport (传输协议)"),
    field("charset", "字符集", "character set (字符集)"),
    field("per_message", "每条目录消息的条数（常见叫法：目录分组）", "items in a catalogue message (目录分组)"),
    field("enabled", "启用（常见叫法：接入使能、平台授权）", "switched on (启用, 接入使能)"),
    field("share", "共享摄像机（常见叫法：共享、通道共享、授权）", "sharing of the cameras (共享, 授权)"),
];

/// What the fields are called on one kind of platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// The platform.
    pub title: String,
    /// The page with the form.
    pub menu: String,
    /// Somebody has compared it with a real one.
    pub verified: bool,
    names: Vec<(&'static str, String)>,
}

impl Labels {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// What is wrong with it, with lines.
    pub fn read(file: &str, source: &str, lang: Lang) -> Result<Self, Vec<Problem>> {
        let reader = Reader::new(file, source, lang)?;
        let root = reader.root();
        let title = root.required_text("title", "\"WVP-PRO\"");
        let menu = root.required_text("menu", "\"国标级联 → 添加\"");
        let verified = root.flag("verified").unwrap_or(false);
        let section = root.section("labels");
        let names = FIELDS.iter().filter_map(|field| Some((field.id, section.text(field.id)?))).collect();
        section.finish();
        root.finish();
        let problems = reader.into_problems();
        match (title, menu, problems.is_empty()) {
            (Some(title), Some(menu), true) => Ok(Self { title, menu, verified, names }),
            _ => Err(problems),
        }
    }

    /// What the mapping file itself calls a field.
    #[must_use]
    pub fn own_name(&self, field: &Field) -> Option<&str> {
        self.names.iter().find(|(id, _)| *id == field.id).map(|(_, name)| name.as_str())
    }

    /// What a field is called; nothing where the form has no such field.
    #[must_use]
    pub fn name<'l>(&'l self, field: &'l Field, lang: Lang) -> Option<&'l str> {
        match self.own_name(field) {
            Some(name) if name.trim().is_empty() => None,
            Some(name) => Some(name),
            None => Some(field.title.get(lang)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mapping_file_reads_and_only_wvp_is_verified() {
        for product in &PRODUCTS {
            let labels = Labels::read(product.id, product.file, Lang::En).unwrap();
            assert_eq!(labels.verified, product.id == "wvp", "{}", product.id);
            assert!(FIELDS.iter().all(|field| labels.name(field, Lang::Zh).is_some()), "{}", product.id);
            let says = product.file.contains("常见叫法") && product.file.contains("未经核对");
            assert_eq!(says, !labels.verified, "{} says what it is", product.id);
        }
    }

    #[test]
    fn wvp_has_its_own_word_for_every_field() {
        let wvp = Labels::read("wvp", product("WVP").unwrap().file, Lang::Zh).unwrap();
        assert!(FIELDS.iter().all(|field| wvp.names.iter().any(|(id, _)| *id == field.id)));
        assert_eq!(wvp.name(&FIELDS[1], Lang::En), Some("SIP服务国标编码"));
    }

    #[test]
    fn a_file_of_the_users_own_may_leave_a_field_out_and_is_told_about_a_slip() {
        let own = "title = \"甲\"\nmenu = \"乙\"\n[labels]\ncharset = \"\"\nid = \"上级编号\"\n";
        let own = Labels::read("own.toml", own, Lang::Zh).unwrap();
        assert_eq!((own.name(&FIELDS[1], Lang::Zh), own.name(&FIELDS[13], Lang::Zh)), (Some("上级编号"), None));
        assert!(!own.verified);
        let problems = Labels::read("own.toml", "title = \"a\"\nmenu = \"b\"\n[labels]\ndomian = \"x\"\n", Lang::En).unwrap_err();
        let said = problems[0].render();
        assert!(said.starts_with("own.toml:4") && said.contains("domain"), "{said}");
    }

    #[test]
    fn the_file_that_is_printed_has_a_line_for_every_field() {
        for product in &PRODUCTS {
            let text = product.example(Lang::Zh);
            let is_free = |line: &str| line.starts_with("# ") && line.contains("= \"\"    #");
            let lines: Vec<&str> = text.lines().map(|line| if is_free(line) { &line[2..] } else { line }).collect();
            let filled = lines.join("\n");
            let labels = Labels::read(product.id, &filled, Lang::Zh).unwrap();
            assert!(FIELDS.iter().all(|field| labels.own_name(field).is_some()), "{filled}");
        }
    }

    #[test]
    fn a_kind_is_found_by_word_and_by_name() {
        for word in ["hikvision", "海康威视", " Hikvision "] {
            assert_eq!(product(word).unwrap().id, "hikvision");
        }
        assert_eq!(product("海康"), None);
    }
}
