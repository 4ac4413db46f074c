//! The register of settings: every key with its meaning, from which `docs/CONFIG.md` is made.

use crate::base::lang::Text;

/// One key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its table.
    pub table: &'static str,
    /// Its name.
    pub name: &'static str,
    /// An example or the default, as written.
    pub example: &'static str,
    /// What it means.
    pub text: Text,
}

const fn key(table: &'static str, name: &'static str, example: &'static str, zh: &'static str, en: &'static str) -> Key {
    Key { table, name, example, text: Text::new(zh, en) }
}

/// Every key there is.
pub const KEYS: &[Key] = &[
    key(
        "local",
        "id",
        "\"37172300002000000001\"",
        "本工具的 20 位编码（须经上级确认未被占用）",
        "our own 20-digit code (ask the superior authority whether it is free)",
    ),
    key(
        "local",
        "domain",
        "\"3717230000\"",
        "SIP 域；默认为编码前 10 位",
        "SIP domain; default: the first ten digits of the code",
    ),
    key("local", "listen", "[\"udp:0.0.0.0:5060\", \"tcp:0.0.0.0:5060\"]", "信令监听地址", "where signalling is listened for"),
    key(
        "local",
        "advertise",
        "\"203.0.113.5:5060\"",
        "平台看到的本工具地址（NAT 时填写）；默认为通往平台的地址",
        "our address as the platform sees it (NAT); default: the address that routes to it",
    ),
    key(
        "local",
        "media_ip",
        "\"203.0.113.5\"",
        "写入 SDP 的收流地址；默认同上",
        "the address written into SDP; default as above",
    ),
    key(
        "local",
        "media_ports",
        "\"30000-30999\"",
        "收流端口范围，只用偶数；默认从 30000 起，够 parallel 用",
        "ports for media, even ones are used; default: from 30000, as many as parallel needs",
    ),
    key("platform", "name", "\"chengwu\"", "平台名称，用于报告和文件夹", "name of the platform in reports and folders"),
    key("platform", "id", "\"37172300002000000002\"", "平台的国标编码", "the platform's code"),
    key(
        "platform",
        "role",
        "\"subordinate\"",
        "subordinate：下级平台，向本工具注册；superior：上级平台，本工具向其注册",
        "subordinate: it registers with us; superior: we register with it",
    ),
    key(
        "platform",
        "address",
        "\"udp:10.0.0.8:5060\"",
        "下级：只接受来自此地址的注册；上级：向此地址注册（必填）",
        "subordinate: the only address accepted; superior: where we register (required)",
    ),
    key(
        "platform",
        "username",
        "\"37172300002000000002\"",
        "认证用户名，与编码不同时填写",
        "user name of the digest, where it is not the code",
    ),
    key(
        "platform",
        "password",
        "\"...\"",
        "口令；或用 password_file、password_env",
        "the password; or password_file, password_env",
    ),
    key("platform", "password_file", "\"chengwu.secret\"", "口令所在文件", "a file with the password"),
    key("platform", "password_env", "\"CHENGWU_SECRET\"", "口令所在环境变量", "an environment variable with the password"),
    key(
        "platform",
        "auth",
        "\"digest\"",
        "digest：口令认证；none：不认证（须明确写出）",
        "digest: by password; none: without (has to be said)",
    ),
    key(
        "platform",
        "domain",
        "\"3717230000\"",
        "平台的 SIP 域；默认为编码前 10 位",
        "the platform's SIP domain; default: the first ten digits of its code",
    ),
    key(
        "platform",
        "edition",
        "\"2016\"",
        "平台所用标准版本；默认按平台声明，未声明按 2016",
        "the edition it speaks; default: as it declares, else 2016",
    ),
    key("platform", "charset", "\"GB18030\"", "发给平台的字符集", "the charset of what we send it"),
    key("platform", "media_ip", "\"10.1.1.9\"", "对该平台使用的收流地址", "the address its media is to be sent to"),
    key("platform", "parallel", "8", "对该平台的并发点播上限", "sessions at once on this platform"),
    key("platform", "type", "\"wvp\"", "平台产品（仅记录）", "which product it is (recorded only)"),
    key(
        "platform",
        "expected_cameras",
        "3240",
        "平台登记的摄像机总数，用于共享核对",
        "cameras the platform has, to compare what it shares",
    ),
    key("platform", "expected_source", "\"平台首页\"", "上述总数的来源", "where that number is from"),
    key("audit", "profile", "\"sd-2022-basic\"", "口径：内置名称或 TOML 文件", "the profile: an embedded name or a TOML file"),
    key(
        "audit",
        "jurisdiction",
        "[\"371723\"]",
        "检测辖区，2、4、6 或 8 位；空表示不查",
        "the audited regions, 2, 4, 6 or 8 digits; empty: not checked",
    ),
    key(
        "audit",
        "rates",
        "[\"output\", \"compliance\"]",
        "本次作答的比率；默认五项",
        "the rates this run answers for; default: all five",
    ),
    key(
        "audit",
        "boundaries",
        "\"counties.topojson\"",
        "自备的区县边界文件，格式同内置文件；顶层写明 \"datum\": \"CGCS2000\" 或 \"WGS-84\" 时按口径的余量，否则至少 1000 米",
        "a boundary file of your own, of the same layout; with \"datum\": \"CGCS2000\" or \"WGS-84\" at its top the profile's margin holds, without it at least 1000 m",
    ),
    key("audit", "scope", "\"\"", "本版本须为空", "must be empty in this version"),
    key("audit", "assignment", "\"\"", "本版本须为空", "must be empty in this version"),
    key("audit", "plan", "\"\"", "本版本须为空", "must be empty in this version"),
    key("audit", "ledger", "\"\"", "本版本须为空", "must be empty in this version"),
    key(
        "audit",
        "waivers",
        "\"waivers.csv\"",
        "豁免表（CSV：规则、编码、理由、批准人、有效期），只另列计入豁免的比率",
        "waivers (CSV: rule, code, reason, approver, until); they only add a rate with waivers",
    ),
    key(
        "tables",
        "access_units",
        "\"access_units.csv\"",
        "基层接入单位表：8 位代码和名称；列：code,name",
        "local access units: code of 8 digits and name; columns: code,name",
    ),
    key(
        "tables",
        "default_points",
        "\"default_points.csv\"",
        "默认点位表：政府、派出所、平台默认点、区县和街镇中心等不应出现在摄像机上的点；列：name,longitude,latitude",
        "default points: seats of government, police stations, platform defaults, centroids; columns: name,longitude,latitude",
    ),
    key(
        "tables",
        "reference_points",
        "\"reference_points.csv\"",
        "已知点位表：实测过的摄像机坐标（WGS-84）；列：device_id,longitude,latitude",
        "reference points: surveyed positions of cameras (WGS-84); columns: device_id,longitude,latitude",
    ),
    key(
        "tables",
        "communities",
        "\"communities.geojson\"",
        "社区范围：GeoJSON 面，code 为 12 位统计代码或虚拟组织编码；列：GeoJSON: properties.code, properties.name",
        "community outlines: GeoJSON polygons, code = 12-digit statistical code or the code of the virtual organisation; columns: GeoJSON: properties.code, properties.name",
    ),
    key(
        "tables",
        "osd",
        "\"osd.csv\"",
        "画面文字：画面上叠加的名称；列：device_id,text",
        "OSD: the name shown in the picture; columns: device_id,text",
    ),
    key(
        "tables",
        "previous",
        "\"previous.csv\"",
        "上次目录：此前某次的目录（CSV）；列：DeviceID,Name,IPAddress,MAC,Longitude,Latitude,Address",
        "an earlier catalogue (CSV); columns: DeviceID,Name,IPAddress,MAC,Longitude,Latitude,Address",
    ),
    key(
        "tables",
        "villages",
        "\"villages.csv\"",
        "村居代码表：12 位统计代码和名称；列：code,name",
        "villages and communities: statistical code of 12 digits and name; columns: code,name",
    ),
    key(
        "tables",
        "capture_positions",
        "\"capture_positions.csv\"",
        "地方采集部位代码表：7 位代码和名称；列：code,name",
        "the province's own capture positions: code of 7 digits and name; columns: code,name",
    ),
    key(
        "tables",
        "industry_classes",
        "\"industry_classes.csv\"",
        "国民经济行业分类代码表（GB/T 4754）；列：code,name",
        "classes of economic activity (GB/T 4754); columns: code,name",
    ),
    key(
        "tables",
        "code_changes",
        "\"code_changes.csv\"",
        "编码变更对照表：旧编码、新编码、日期、经办人；列：old,new,date,who",
        "changed codes: old, new, date, who; columns: old,new,date,who",
    ),
    key(
        "probe",
        "transports",
        "[\"udp\", \"tcp-passive\", \"tcp-active\"]",
        "取流方式，依次尝试",
        "how media is asked for, in this order",
    ),
    key("probe", "parallel", "64", "并发点播总上限", "sessions at once, all platforms together"),
    key("probe", "parallel_per_platform", "8", "每个平台的并发上限", "sessions at once on one platform"),
    key("probe", "parallel_per_device", "4", "每台录像机的并发上限", "sessions at once on one recorder"),
    key("probe", "invite_gap_ms", "200", "对同一平台两次点播之间的间隔，毫秒", "milliseconds between two calls to one platform"),
    key(
        "probe",
        "offline",
        "\"try-once\"",
        "目录状态离线的摄像机：try-once 点播一次，skip 不点播",
        "cameras the catalogue calls off line: try-once, or skip",
    ),
    key("probe", "snapshots", "true", "是否保存抓图", "whether snapshots are kept"),
    key(
        "store",
        "url",
        "\"sqlite:gbaudit.db\"",
        "存储文件，相对路径从设置文件所在文件夹算起",
        "the store's file, relative to the settings file",
    ),
];
