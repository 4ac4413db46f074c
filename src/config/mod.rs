//! Floor 10: `gbaudit.toml` as written to settings as resolved. Every key is in [`keys::KEYS`], from which
//! `docs/CONFIG.md` is made.

pub mod keys;
pub mod positions;
pub mod scene;

use std::io::Read as _;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::audit::targets::is_callable;
use crate::audit::{AuditSetting, reviewed};
use crate::base::charset::{self, Charset};
use crate::base::device_id::{default_domain, is_digits};
use crate::base::lang::{Lang, say};
use crate::base::secret::Secret;
use crate::base::settings_file::{Problem, Reader, Section};
use crate::base::text::excerpt;
use crate::catalog::import::{Columns, FileKind, Intake, rows_from_csv, utf8};
use crate::division::jurisdiction::JurisdictionError;
use crate::division::{Boundaries, Divisions, Jurisdiction};
use crate::edition::Edition;
use crate::evidence::compared::{LEDGER, REVIEWED};
use crate::evidence::measured::{MEASURES, Measure, MeasureSetting};
use crate::evidence::tape::Retention;
use crate::evidence::{Confirmation, Supplied, WaiverFile};
use crate::media::jpeg::Snapshots;
use crate::net::tls::{Identity, PemTrouble};
use crate::net::{Address, AddressSlip, LocalSetting, Protocol, Trust, media_ports};
use crate::platform::{CatalogSetting, CrossCheck, PlatformSetting, Role};
use crate::position;
use crate::probe::outcome::MediaTransport;
use crate::probe::quiet::QuietHours;
use crate::probe::setting::{OfflinePolicy, ProbeSetting, TapePolicy, TapeSetting};
use crate::profile::{EMBEDDED, Profile, RateId};
use crate::rules::tables::{TABLES, TableKind, Tables};
use crate::rules::{Rule, waiver};
use crate::sip::dialog::Party;

/// Most sessions at once that can be set.
const MAX_PARALLEL: u64 = 2_000;
/// Largest limit of tapes that can be set, MiB.
const MAX_TAPE_MB: u64 = 100_000;
/// Longest retention that can be set, days.
const MAX_DAYS: u64 = 3_650;
/// Control cameras of one platform.
const MAX_CONTROLS: usize = 16;
/// Largest budget of bandwidth that can be set, Mbit/s.
const MAX_MBIT: u64 = 1_000_000;
/// First media port when none are set.
const FIRST_MEDIA_PORT: u16 = 30_000;
/// Largest table of the user's.
const MAX_TABLE_BYTES: u64 = 512 * 1024 * 1024;
/// Largest file of certificates.
const MAX_PEM_BYTES: u64 = 4 * 1024 * 1024;
/// Largest secret file.
const MAX_SECRET_BYTES: u64 = 4_096;
/// Characters of the number of a confirmation.
const MAX_NUMBER: usize = 60;
/// Characters of who confirmed.
const MAX_CONFIRMED_BY: usize = 200;
/// Digits of the hash of a profile.
const HASH_DIGITS: usize = 64;

/// The settings, resolved.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Ourselves.
    pub local: LocalSetting,
    /// The platforms.
    pub platforms: Vec<PlatformSetting>,
    /// What is asked.
    pub audit: AuditSetting,
    /// How pictures are asked for.
    pub probe: ProbeSetting,
    /// How sure catalogues are made.
    pub catalog: CatalogSetting,
    /// What is measured beside the rates.
    pub measure: MeasureSetting,
    /// The store's file.
    pub store: PathBuf,
    /// How long pictures and tapes stay in it.
    pub retention: Retention,
}

/// Reads a settings file.
///
/// # Errors
/// Everything wrong with it, with lines, and what to write instead.
pub fn load(path: &Path, lang: Lang) -> Result<Settings, Vec<Problem>> {
    let file = path.display().to_string();
    let whole = |message: String| vec![Problem { file: file.clone(), line: 0, message }];
    let source = std::fs::read_to_string(path).map_err(|e| {
        if e.kind() == std::io::ErrorKind::InvalidData {
            return whole(say!(
                lang,
                "设置文件不是 UTF-8 编码（可能是 GBK），请另存为 UTF-8",
                "the settings file is not in UTF-8 (GBK, perhaps), save it as UTF-8"
            ));
        }
        whole(say!(
            lang,
            "读不到设置文件：{e}；请用 -c 指定，或用 gbaudit init 生成一份 gbaudit.toml",
            "the settings file cannot be read: {e}; name it with -c, or have gbaudit init write a gbaudit.toml"
        ))
    })?;
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    read(&file, &source, &folder, lang)
}

/// Reads settings from text; `folder` is where relative paths begin.
///
/// # Errors
/// Everything wrong with them.
pub fn read(file: &str, source: &str, folder: &Path, lang: Lang) -> Result<Settings, Vec<Problem>> {
    let reader = Reader::new(file, source, lang)?;
    let root = reader.root();
    let local_section = root.section("local");
    if !local_section.is_present() {
        root.problem("local", say!(lang, "缺少 [local] 一节", "the table [local] is missing"));
    }
    let platform_sections = root.sections("platform");
    if platform_sections.is_empty() {
        root.problem("platform", say!(lang, "至少要有一个 [[platform]]", "at least one [[platform]] is needed"));
    }
    let probe = read_probe(&root.section("probe"));
    let local = read_local(&local_section, folder, probe.parallel);
    let platforms: Vec<PlatformSetting> = platform_sections.iter().filter_map(|section| read_platform(section, folder)).collect();
    check_platforms(&platforms, &platform_sections, local.as_ref());
    let supplied = read_tables(&root.section("tables"), folder);
    let audit = read_audit(&root.section("audit"), folder, supplied);
    let catalog = read_catalog(&root.section("catalog"));
    let measure = read_measure(&root.section("measure"));
    let (store, retention) = read_store(&root.section("store"), folder);
    root.finish();
    let problems = reader.into_problems();
    match (local, audit, problems.is_empty()) {
        (Some(local), Some(audit), true) => Ok(Settings { local, platforms, audit, probe, catalog, measure, store, retention }),
        _ => Err(problems),
    }
}

fn read_local(section: &Section<'_, '_>, folder: &Path, parallel: u32) -> Option<LocalSetting> {
    let lang = section.lang();
    let id = section.required_text("id", "\"37172300002000000001\"");
    if let Some(id) = id.as_ref().filter(|id| id.len() != 20 || !is_digits(id)) {
        section.problem("id", say!(lang, "local.id = \"{id}\" 应为 20 位数字", "local.id = \"{id}\" must be 20 digits"));
    }
    let domain = section.text("domain");
    let listen = section.texts("listen").unwrap_or_else(|| vec!["udp:0.0.0.0:5060".into(), "tcp:0.0.0.0:5060".into()]);
    let listen: Vec<Address> = listen.iter().filter_map(|text| address(section, "listen", text)).collect();
    if listen.is_empty() {
        section.problem("listen", say!(lang, "local.listen 至少要有一个地址", "local.listen needs at least one address"));
    }
    let advertise = section.text("advertise").and_then(|text| socket(section, "advertise", &text));
    let media_ip = section.text("media_ip").and_then(|text| ip(section, "media_ip", &text));
    let ports = section.text("media_ports");
    let media_ports = match ports.as_deref() {
        None => {
            let last = u32::from(FIRST_MEDIA_PORT) + 2 * parallel - 1;
            FIRST_MEDIA_PORT..=u16::try_from(last).unwrap_or(u16::MAX)
        }
        Some(text) => port_range(section, text)?,
    };
    let identity = read_identity(section, folder, listen.iter().any(|a| a.protocol == Protocol::Tls));
    section.finish();
    let id = id?;
    let domain = domain.unwrap_or_else(|| default_domain(&id).to_owned());
    Some(LocalSetting { party: Party { id, domain }, listen, advertise, media_ip, media_ports, identity, version: None })
}

fn port_range(section: &Section<'_, '_>, text: &str) -> Option<std::ops::RangeInclusive<u16>> {
    let range = media_ports(text);
    if range.is_none() {
        section.problem(
            "media_ports",
            say!(
                section.lang(),
                "local.media_ports = \"{text}\" 应写作 \"30000-30999\"，不低于 1024",
                "local.media_ports = \"{text}\" must look like \"30000-30999\", not below 1024"
            ),
        );
    }
    range
}

fn read_platform(section: &Section<'_, '_>, folder: &Path) -> Option<PlatformSetting> {
    let lang = section.lang();
    let name = section.required_text("name", "\"chengwu\"");
    let id = section.required_text("id", "\"37172300002000000002\"");
    if let Some(id) = id.as_ref().filter(|id| id.is_empty() || id.len() > 64 || !id.bytes().all(|b| b.is_ascii_graphic())) {
        section.problem("id", say!(lang, "platform.id = \"{id}\" 应为 20 位数字", "platform.id = \"{id}\" must be 20 digits"));
    }
    let role = section.word("role", &Role::NAMES).unwrap_or(Role::Subordinate);
    let address = section.text("address").and_then(|text| self::address(section, "address", &text));
    if role == Role::Superior && address.is_none() && !section.has("address") {
        section.problem(
            "role",
            say!(
                lang,
                "role = \"superior\" 时需要 address，例如 \"udp:10.0.0.8:5060\"",
                "role = \"superior\" needs an address, for example \"udp:10.0.0.8:5060\""
            ),
        );
    }
    let auth = section.word("auth", &[("digest", true), ("none", false)]).unwrap_or(true);
    let password = read_password(section, folder, auth);
    let domain = section.text("domain");
    let edition = section.word("edition", &Edition::NAMES);
    let charset = section.text("charset").and_then(|text| {
        let charset = Charset::parse(&text);
        if charset.is_none() {
            section.problem(
                "charset",
                say!(
                    lang,
                    "charset = \"{text}\" 不认识，可写 \"GB18030\"、\"GB2312\" 或 \"UTF-8\"",
                    "charset = \"{text}\" is unknown, write \"GB18030\", \"GB2312\" or \"UTF-8\""
                ),
            );
        }
        charset
    });
    let setting_name = name.clone().unwrap_or_default();
    if setting_name.contains(['/', '\\', '\0']) || setting_name.starts_with('.') || setting_name.trim().is_empty() {
        section.problem(
            "name",
            say!(
                lang,
                "platform.name 用作文件夹名，不能含 / \\ 或以 . 开头",
                "platform.name names a folder: no / \\ and no leading dot"
            ),
        );
    }
    let setting = PlatformSetting {
        name: setting_name,
        party: Party {
            domain: domain.unwrap_or_else(|| default_domain(id.as_deref().unwrap_or_default()).to_owned()),
            id: id.clone().unwrap_or_default(),
        },
        role,
        address,
        username: section.text("username"),
        password,
        edition,
        charset,
        media_ip: section.text("media_ip").and_then(|text| ip(section, "media_ip", &text)),
        parallel: section.number("parallel", 1..=MAX_PARALLEL).and_then(|n| u32::try_from(n).ok()),
        product: section.text("type"),
        expected: section.number("expected_cameras", 0..=100_000_000),
        expected_source: section.text("expected_source").unwrap_or_default(),
        control_cameras: read_controls(section),
        trust: read_trust(section, folder, address.is_some_and(|a| a.protocol == Protocol::Tls && role == Role::Superior)),
    };
    section.finish();
    (name.is_some() && id.is_some()).then_some(setting)
}

/// Cameras known to be good.
fn read_controls(section: &Section<'_, '_>) -> Vec<String> {
    let lang = section.lang();
    let mut codes = section.texts("control_cameras").unwrap_or_default();
    if let Some(code) = codes.iter().find(|code| !is_callable(code)) {
        section.problem(
            "control_cameras",
            say!(
                lang,
                "control_cameras 中的 \"{code}\" 不能点播，应为 20 位编码",
                "\"{code}\" in control_cameras cannot be called, write a code of 20 digits"
            ),
        );
    }
    if codes.len() > MAX_CONTROLS {
        let found = codes.len();
        section.problem(
            "control_cameras",
            say!(
                lang,
                "control_cameras 写了 {found} 路，最多 {MAX_CONTROLS} 路",
                "control_cameras has {found} cameras, at most {MAX_CONTROLS}"
            ),
        );
    }
    let mut met = std::collections::HashSet::new();
    codes.retain(|code| met.insert(code.clone()));
    codes
}

/// `None` means no authentication, which has to be asked for.
fn read_password(section: &Section<'_, '_>, folder: &Path, auth: bool) -> Option<Secret> {
    let lang = section.lang();
    let plain = section.text("password");
    let file = section.text("password_file");
    let variable = section.text("password_env");
    let given = [plain.is_some(), file.is_some(), variable.is_some()].iter().filter(|g| **g).count();
    if given > 1 {
        section.problem(
            "password",
            say!(
                lang,
                "password、password_file、password_env 只能写一个",
                "only one of password, password_file and password_env may stand there"
            ),
        );
    }
    if !auth {
        return None;
    }
    if let Some(plain) = plain {
        if plain.is_empty() {
            section.problem(
                "password",
                say!(
                    lang,
                    "password 为空；确实不要认证时写 auth = \"none\"",
                    "password is empty; to do without authentication write auth = \"none\""
                ),
            );
            return None;
        }
        return Some(Secret::new(plain));
    }
    if let Some(name) = file {
        match secret_file(&folder.join(&name), &name, lang) {
            Ok(secret) => return Some(secret),
            Err(why) => section.problem("password_file", why),
        }
        return None;
    }
    if let Some(name) = variable {
        match std::env::var(&name) {
            Ok(text) if !text.is_empty() => return Some(Secret::new(text)),
            _ => section.problem(
                "password_env",
                say!(
                    lang,
                    "环境变量 {name} 未设置或为空；请先 export {name}=密码",
                    "the environment variable {name} is not set or empty; export {name}=... first"
                ),
            ),
        }
        return None;
    }
    section.problem(
        "password",
        say!(
            lang,
            "没有密码：请写 password、password_file 或 password_env；确实不要认证时写 auth = \"none\"",
            "there is no password: write password, password_file or password_env; to do without authentication write auth = \"none\""
        ),
    );
    None
}

/// Reads a file that holds a password and nothing else; `name` is what it is called in messages.
///
/// # Errors
/// What is wrong with it, and what to do.
pub fn secret_file(path: &Path, name: &str, lang: Lang) -> Result<Secret, String> {
    let unread =
        |e: &dyn std::fmt::Display| say!(lang, "读不到密码文件 {name}：{e}", "the password file {name} cannot be read: {e}");
    let mut octets = Vec::new();
    let opened = std::fs::File::open(path);
    opened.and_then(|file| file.take(MAX_SECRET_BYTES + 1).read_to_end(&mut octets)).map_err(|e| unread(&e))?;
    if octets.len() as u64 > MAX_SECRET_BYTES {
        return Err(say!(
            lang,
            "密码文件 {name} 超过 {MAX_SECRET_BYTES} 字节；其中应只有密码一行",
            "the password file {name} is longer than {MAX_SECRET_BYTES} octets; it holds the password and nothing else"
        ));
    }
    let text = String::from_utf8(octets).map_err(|_| unread(&say!(lang, "不是 UTF-8 编码", "it is not in UTF-8")))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(say!(
            lang,
            "密码文件 {name} 为空；请写入密码，或删除后由 gbaudit init 重新生成",
            "the password file {name} is empty: write the password into it, or delete it and have gbaudit init make one"
        ));
    }
    Ok(Secret::new(text))
}

/// Our certificate and its key, which an address over TLS needs.
fn read_identity(section: &Section<'_, '_>, folder: &Path, needed: bool) -> Option<Identity> {
    let lang = section.lang();
    let (certificate, key) = (section.text("tls_certificate"), section.text("tls_key"));
    let (Some(certificate), Some(key)) = (&certificate, &key) else {
        if needed || certificate.is_some() || key.is_some() {
            let missing = if certificate.is_none() { "tls_certificate" } else { "tls_key" };
            section.problem(
                "listen",
                say!(
                    lang,
                    "监听 tls: 地址需要证书和私钥（PEM）：请在 [local] 写 {missing} = \"文件\"",
                    "a tls: address needs a certificate and its key (PEM): write {missing} = \"file\" in [local]"
                ),
            );
        }
        return None;
    };
    let chain = read_pem(section, "tls_certificate", &folder.join(certificate))?;
    let private = read_pem(section, "tls_key", &folder.join(key))?;
    match Identity::from_pem(&chain, &private) {
        Ok(identity) => Some(identity),
        Err(trouble) => {
            let (key, message) = match trouble {
                PemTrouble::NoCertificate | PemTrouble::Unreadable => ("tls_certificate", no_certificate(certificate, lang)),
                PemTrouble::NoKey => (
                    "tls_key",
                    say!(
                        lang,
                        "{key} 中没有未加密的私钥（PEM）；加密的私钥可用 openssl pkey 解密",
                        "there is no private key without a password in {key} (PEM); openssl pkey takes the password off"
                    ),
                ),
                PemTrouble::KeyDoesNotFit => (
                    "tls_key",
                    say!(
                        lang,
                        "私钥 {key} 与证书 {certificate} 不配，或种类不支持（可用 RSA、ECDSA P-256/P-384、Ed25519，不支持 SM2）",
                        "the key {key} is not that of {certificate}, or of a kind we lack (RSA, ECDSA P-256/P-384, Ed25519; not SM2)"
                    ),
                ),
            };
            section.problem(key, message);
            None
        }
    }
}

/// Whose certificates are believed, where we connect over TLS.
fn read_trust(section: &Section<'_, '_>, folder: &Path, needed: bool) -> Option<Trust> {
    let lang = section.lang();
    let (file, name) = (section.text("tls_ca"), section.text("tls_name"));
    let verify = section.word("tls_verify", &[("on", true), ("off", false)]).unwrap_or(true);
    if !verify {
        return Some(Trust::unverified());
    }
    let Some(file) = file else {
        if needed {
            section.problem(
                "address",
                say!(
                    lang,
                    "tls: 地址需要 tls_ca = \"文件\"（对方的证书或其 CA，PEM）；确实不核对时写 tls_verify = \"off\"",
                    "a tls: address needs tls_ca = \"file\" (the peer's certificate or its CA, PEM); to do without write tls_verify = \"off\""
                ),
            );
        }
        return None;
    };
    let Ok(trust) = Trust::from_pem(&read_pem(section, "tls_ca", &folder.join(&file))?) else {
        section.problem("tls_ca", no_certificate(&file, lang));
        return None;
    };
    let Some(name) = name else { return Some(trust) };
    let named = trust.named(&name).ok();
    if named.is_none() {
        section.problem(
            "tls_name",
            say!(
                lang,
                "tls_name = \"{name}\" 应为证书上的主机名或 IP 地址",
                "tls_name = \"{name}\" must be the host name or IP address on the certificate"
            ),
        );
    }
    named
}

fn no_certificate(file: &str, lang: Lang) -> String {
    say!(
        lang,
        "{file} 中没有可用的证书；应为 PEM（以 -----BEGIN CERTIFICATE----- 开头），DER 可用 openssl x509 -inform der 转换",
        "there is no usable certificate in {file}; it must be PEM (-----BEGIN CERTIFICATE-----), openssl x509 -inform der converts DER"
    )
}

fn read_pem(section: &Section<'_, '_>, key: &'static str, path: &Path) -> Option<Vec<u8>> {
    let mut octets = Vec::new();
    let read = std::fs::File::open(path).and_then(|f| f.take(MAX_PEM_BYTES).read_to_end(&mut octets));
    if let Err(error) = read {
        let file = path.display();
        section.problem(key, say!(section.lang(), "读不到文件 {file}：{error}", "the file {file} cannot be read: {error}"));
        return None;
    }
    Some(octets)
}

fn check_platforms(platforms: &[PlatformSetting], sections: &[Section<'_, '_>], local: Option<&LocalSetting>) {
    let Some(last) = sections.last() else { return };
    let lang = last.lang();
    for (i, platform) in platforms.iter().enumerate() {
        let (name, id) = (&platform.name, &platform.party.id);
        let section = sections.get(i).unwrap_or(last);
        if platforms.iter().take(i).any(|p| p.name == *name) {
            section.problem("name", say!(lang, "平台名称 {name} 重复", "the platform name {name} is used twice"));
        }
        if platforms.iter().take(i).any(|p| p.party.id == *id) {
            section.problem("id", say!(lang, "平台编码 {id} 重复", "the platform code {id} is used twice"));
        }
        if local.is_some_and(|l| l.party.id == *id) {
            section.problem("id", say!(lang, "平台编码 {id} 与 local.id 相同", "the platform code {id} is the same as local.id"));
        }
    }
}

fn read_catalog(section: &Section<'_, '_>) -> CatalogSetting {
    let default = CatalogSetting::default();
    let setting = CatalogSetting {
        cross_check: section.word("cross_check", &CrossCheck::NAMES).unwrap_or(default.cross_check),
        subscribe: section.flag("subscribe").unwrap_or(default.subscribe),
    };
    section.finish();
    setting
}

/// Most cameras of a platform that optional measurements may ask, and the longest window of recordings: a month.
const MAX_MEASURED: u64 = 10_000;
const MAX_HOURS: u64 = 24 * 31;

/// Snapshots are asked for, and there is nowhere to upload them to.
#[must_use]
pub fn no_place_for_snapshots(lang: Lang) -> String {
    say!(
        lang,
        "测抓拍（snapshot）需要 [measure] snapshot_listen，例如 \"10.0.0.9:8088\"：平台把图传到这里",
        "snapshots need [measure] snapshot_listen, for example \"10.0.0.9:8088\": platforms upload them there"
    )
}

fn read_measure(section: &Section<'_, '_>) -> MeasureSetting {
    let lang = section.lang();
    let default = MeasureSetting::default();
    let mut what = Vec::new();
    for word in section.texts("what").unwrap_or_default() {
        match Measure::parse(&word) {
            Some(measure) if what.contains(&measure) => (),
            Some(measure) => what.push(measure),
            None => {
                let all = MEASURES.iter().map(|about| format!("\"{}\"", about.id)).collect::<Vec<_>>();
                let all = all.join(say!(lang, "、", ", ").as_str());
                section.problem(
                    "what",
                    say!(lang, "没有 \"{word}\" 这种测量，可写 {all}", "there is no measurement \"{word}\", write {all}"),
                );
            }
        }
    }
    let setting = MeasureSetting {
        what,
        cameras: section.number("cameras", 1..=MAX_MEASURED).unwrap_or(default.cameras),
        hours: section.number("hours", 1..=MAX_HOURS).unwrap_or(default.hours),
        snapshot_listen: section.text("snapshot_listen").and_then(|text| socket(section, "snapshot_listen", &text)),
    };
    if setting.snapshot_listen.is_some_and(|address| address.ip().is_unspecified()) {
        section.problem(
            "snapshot_listen",
            say!(
                lang,
                "snapshot_listen 须写明一个地址，平台按它上传，例如 \"10.0.0.9:8088\"",
                "snapshot_listen has to name one address, where platforms upload to, for example \"10.0.0.9:8088\""
            ),
        );
    }
    if setting.what.contains(&Measure::Snapshot) && setting.snapshot_listen.is_none() && !section.has("snapshot_listen") {
        section.problem("what", no_place_for_snapshots(lang));
    }
    section.finish();
    setting
}

fn read_tables(section: &Section<'_, '_>, folder: &Path) -> Vec<Supplied> {
    let mut tables = Vec::new();
    for about in &TABLES {
        let Some(file) = section.text(about.key).filter(|file| !file.trim().is_empty()) else { continue };
        match load_table(about.kind, &folder.join(file), section.lang()) {
            Ok(table) => tables.push(table),
            Err(problem) => section.problem(about.key, problem.render()),
        }
    }
    section.finish();
    tables
}

/// Reads a table of the user's and sees that it can be used.
///
/// # Errors
/// What is wrong with it, and where.
pub fn load_table(kind: TableKind, path: &Path, lang: Lang) -> Result<Supplied, Problem> {
    let file = path.display().to_string();
    let problem = |line: usize, message: String| Problem { file: file.clone(), line, message };
    let mut octets = Vec::new();
    let opened = std::fs::File::open(path);
    opened
        .and_then(|f| f.take(MAX_TABLE_BYTES + 1).read_to_end(&mut octets))
        .map_err(|e| problem(0, say!(lang, "读不到表：{e}", "the table cannot be read: {e}")))?;
    if octets.len() as u64 > MAX_TABLE_BYTES {
        let limit = MAX_TABLE_BYTES / (1024 * 1024);
        return Err(problem(0, say!(lang, "超过 {limit} MB", "over {limit} MB")));
    }
    let text = crate::base::charset::decode(&octets, None, None).text.into_owned();
    Tables::default().add(kind, &text, lang).map_err(|(line, message)| problem(line, message))?;
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Supplied { key: kind.about().key.to_owned(), name, text })
}

fn read_audit(section: &Section<'_, '_>, folder: &Path, supplied: Vec<Supplied>) -> Option<AuditSetting> {
    let lang = section.lang();
    let name = section.text("profile").unwrap_or_else(|| "sd-2022-basic".into());
    let profile = match load_profile(&name, folder, lang) {
        Ok(profile) => Some(profile),
        Err(problems) => {
            for problem in problems {
                section.problem("profile", problem.render());
            }
            None
        }
    };
    let jurisdiction = section.texts("jurisdiction").unwrap_or_default();
    if let Err(error) = Jurisdiction::new(&jurisdiction, Divisions::embedded()) {
        section.problem("jurisdiction", jurisdiction_problem(&error, lang));
    }
    let rates = section.texts("rates").map(|keys| {
        keys.iter()
            .filter_map(|key| {
                let rate = RateId::parse(key);
                if rate.is_none() {
                    let all = RateId::ALL.map(RateId::key).join(", ");
                    section.problem(
                        "rates",
                        say!(lang, "rates 中的 \"{key}\" 不认识，可写：{all}", "\"{key}\" in rates is unknown, write: {all}"),
                    );
                }
                rate
            })
            .collect::<Vec<_>>()
    });
    if rates.as_ref().is_some_and(Vec::is_empty) {
        section.problem("rates", say!(lang, "rates 不能为空", "rates must not be empty"));
    }
    let boundaries = section.text("boundaries").and_then(|file| {
        let path = folder.join(&file);
        let read = std::fs::read_to_string(&path).map_err(|e| e.to_string());
        match read.and_then(|text| Boundaries::from_topojson(&text).map(|_| text).map_err(|e| e.to_string())) {
            Ok(text) => Some(text),
            Err(error) => {
                section.problem(
                    "boundaries",
                    say!(lang, "边界文件 {file} 不可用：{error}", "the boundary file {file} cannot be used: {error}"),
                );
                None
            }
        }
    });
    let waivers = section.text("waivers").filter(|file| !file.trim().is_empty()).and_then(|file| {
        let read = load_waivers(&folder.join(&file), &file, lang);
        read.map_err(|problems| {
            for problem in problems {
                section.problem("waivers", problem.render());
            }
        })
        .ok()
    });
    let mut supplied = supplied;
    if let Some(file) = section.text("ledger").filter(|file| !file.trim().is_empty()) {
        match load_ledger(&folder.join(&file), lang) {
            Ok(tables) => supplied.extend(tables),
            Err(problem) => section.problem("ledger", problem.render()),
        }
    }
    if let Some(file) = section.text("reviewed").filter(|file| !file.trim().is_empty()) {
        match load_reviewed(&folder.join(&file), &file, lang) {
            Ok(table) => supplied.push(table),
            Err(problem) => section.problem("reviewed", problem.render()),
        }
    }
    let confirmation = confirmation(section);
    let own = [
        ("plan", position::PLAN),
        ("ledger", position::INSTALLED),
        ("assignment", position::ASSIGNMENT),
        ("seen_alive", position::SEEN_ALIVE),
    ];
    for (name, key) in own {
        let Some(file) = section.text(name).filter(|file| !file.trim().is_empty()) else { continue };
        // A list of another form is compared with the catalogue and tells nothing of positions.
        if key == position::INSTALLED && file.to_lowercase().ends_with(".json") {
            continue;
        }
        match positions::load(key, &folder.join(&file), &file, lang) {
            Ok(tables) => supplied.extend(tables),
            Err(problems) => problems.iter().for_each(|problem| section.problem(name, problem.render())),
        }
    }
    if let Some(name) = section.text("scope").filter(|name| !name.trim().is_empty()) {
        match positions::scope(name.trim(), &supplied, lang) {
            Ok(scope) => supplied.push(scope),
            Err(message) => section.problem("scope", message),
        }
    }
    section.finish();
    Some(AuditSetting {
        profile: profile?,
        jurisdiction,
        rates: rates.unwrap_or_else(|| RateId::ALL.to_vec()),
        boundaries,
        supplied,
        waivers,
        confirmation,
    })
}

/// 检测口径确认单: number, who, and the hash that stands on it. The hash need not be this profile's; the report says when it is not.
fn confirmation(section: &Section<'_, '_>) -> Option<Confirmation> {
    let lang = section.lang();
    let text = |key: &'static str, most: usize| {
        let text = section.text(key).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())?;
        if text.chars().count() > most || text.chars().any(char::is_control) {
            section.problem(
                key,
                say!(lang, "{key} 应为一行，最多 {most} 个字", "{key} must be one line of at most {most} characters"),
            );
        }
        Some(text)
    };
    let (number, by, hash) =
        (text("confirmation", MAX_NUMBER), text("confirmed_by", MAX_CONFIRMED_BY), text("confirmation_hash", HASH_DIGITS));
    if let Some(hash) = hash.as_deref().filter(|h| h.len() != HASH_DIGITS || !h.bytes().all(|b| b.is_ascii_hexdigit())) {
        let shown = excerpt(hash, 16);
        section.problem(
            "confirmation_hash",
            say!(
                lang,
                "confirmation_hash = \"{shown}\" 应为确认单上的口径哈希，{HASH_DIGITS} 位十六进制",
                "confirmation_hash = \"{shown}\" must be the hash on the confirmation, {HASH_DIGITS} hexadecimal digits"
            ),
        );
    }
    if let (None, Some(key)) = (&number, by.as_ref().map(|_| "confirmed_by").or(hash.as_ref().map(|_| "confirmation_hash"))) {
        let message = say!(lang, "写了 {key} 还须写 confirmation（编号）", "{key} needs confirmation, its number");
        section.problem(key, message);
    }
    Some(Confirmation { number: number?, by, hash: hash.map(|h| h.to_ascii_lowercase()) })
}

/// 台账, to be held against the catalogue: CSV, XLSX or JSON, by the importer of `gbaudit check`; a sheet each.
///
/// # Errors
/// What is wrong with it, and where.
pub fn load_ledger(path: &Path, lang: Lang) -> Result<Vec<Supplied>, Problem> {
    let file = path.display().to_string();
    let problem = |message: String| Problem { file: file.clone(), line: 0, message };
    let mut octets = Vec::new();
    std::fs::File::open(path)
        .and_then(|f| f.take(MAX_TABLE_BYTES + 1).read_to_end(&mut octets))
        .map_err(|e| problem(say!(lang, "读不到台账：{e}", "the ledger cannot be read: {e}")))?;
    if octets.len() as u64 > MAX_TABLE_BYTES {
        let limit = MAX_TABLE_BYTES / (1024 * 1024);
        return Err(problem(say!(lang, "超过 {limit} MB", "over {limit} MB")));
    }
    if FileKind::of(&octets) == FileKind::Utf16 {
        octets = utf8(&octets);
    }
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let mut intake = Intake::default();
    intake.take(FileKind::of(&octets), octets, &name, &Columns::default(), lang).map_err(|mut wrong| {
        wrong.file.clone_from(&file);
        wrong
    })?;
    let mut tables = Vec::new();
    for sheet in intake.sheets {
        let text = charset::decode(&sheet.octets, None, None).text.into_owned();
        // What cannot be read again is found now, not when the run has ended.
        rows_from_csv(text.as_bytes(), lang).map_err(|(line, message)| Problem { file: file.clone(), line, message })?;
        tables.push(Supplied { key: LEDGER.to_owned(), name: sheet.name, text });
    }
    Ok(tables)
}

/// 画面查看表; `shown`: the file as the user named it.
///
/// # Errors
/// What is wrong with it, and where.
pub fn load_reviewed(path: &Path, shown: &str, lang: Lang) -> Result<Supplied, Problem> {
    let problem = |line, message| Problem { file: shown.to_owned(), line, message };
    let mut octets = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(reviewed::MAX_BYTES + 1).read_to_end(&mut octets));
    read.map_err(|e| problem(0, say!(lang, "读不到画面查看表：{e}", "the table of pictures looked at cannot be read: {e}")))?;
    reviewed::parse(&octets, lang).map_err(|(line, message)| problem(line, message))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Supplied { key: REVIEWED.to_owned(), name, text: charset::decode(&octets, None, None).text.into_owned() })
}

/// A table of waivers; `shown`: the file as the user named it.
///
/// # Errors
/// What is wrong with it, line by line.
pub fn load_waivers(path: &Path, shown: &str, lang: Lang) -> Result<WaiverFile, Vec<Problem>> {
    let problem = |line, message| Problem { file: shown.to_owned(), line, message };
    let mut octets = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(waiver::MAX_BYTES + 1).read_to_end(&mut octets));
    if let Err(error) = read {
        return Err(vec![problem(0, say!(lang, "读不到豁免表：{error}", "the waivers cannot be read: {error}"))]);
    }
    let wrong = |all: Vec<waiver::Wrong>| all.into_iter().map(|(line, message)| problem(line, message)).collect::<Vec<_>>();
    waiver::parse(&octets, lang).map_err(wrong)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(WaiverFile { name, text: charset::decode(&octets, None, None).text.into_owned() })
}

/// What is wrong with a jurisdiction.
#[must_use]
pub fn jurisdiction_problem(error: &JurisdictionError, lang: Lang) -> String {
    match error {
        JurisdictionError::Shape(code) => say!(
            lang,
            "辖区 \"{code}\" 应为 2、4、6 或 8 位行政区划代码，例如 \"371723\"",
            "jurisdiction \"{code}\" must be a region code of 2, 4, 6 or 8 digits, for example \"371723\""
        ),
        JurisdictionError::Unknown(code) => {
            say!(lang, "辖区 \"{code}\" 不在行政区划表中", "jurisdiction \"{code}\" is in no list of regions")
        }
    }
}

/// An embedded profile by name, or a file.
///
/// # Errors
/// What is wrong with it.
pub fn load_profile(name: &str, folder: &Path, lang: Lang) -> Result<Profile, Vec<Problem>> {
    let profile = if let Some(text) = Profile::embedded(name) {
        Profile::parse(name, text, lang)?
    } else {
        let path = folder.join(name);
        let source = std::fs::read_to_string(&path).map_err(|e| {
            let all = EMBEDDED.iter().map(|(n, _)| *n).collect::<Vec<_>>().join(say!(lang, "、", ", ").as_str());
            let message = say!(
                lang,
                "没有口径 {name}（内置：{all}），也读不到这个文件：{e}",
                "there is no profile {name} (embedded: {all}), and no such file can be read: {e}"
            );
            vec![Problem { file: name.to_owned(), line: 0, message }]
        })?;
        Profile::parse(name, &source, lang)?
    };
    let mut wrong: Vec<Problem> = profile
        .compliance
        .count
        .iter()
        .chain(&profile.compliance.off)
        .filter(|id| Rule::find(id).is_none())
        .map(|id| Problem {
            file: name.to_owned(),
            line: 0,
            message: say!(lang, "口径中的规则 {id} 不存在，见 gbaudit rules", "there is no rule {id}, see gbaudit rules"),
        })
        .collect();
    wrong.extend(crate::rules::template::TemplateSet::problems(&profile.compliance.names, name, lang));
    if wrong.is_empty() { Ok(profile) } else { Err(wrong) }
}

fn read_probe(section: &Section<'_, '_>) -> ProbeSetting {
    let defaults = ProbeSetting::default();
    let transports = section.texts("transports").map(|names| {
        names
            .iter()
            .filter_map(|name| {
                let found = MediaTransport::NAMES.iter().find(|(n, _)| n == name).map(|(_, t)| *t);
                if found.is_none() {
                    section.problem(
                        "transports",
                        say!(
                            section.lang(),
                            "transports 中的 \"{name}\" 不认识，可写 udp、tcp-passive、tcp-active",
                            "\"{name}\" in transports is unknown, write udp, tcp-passive or tcp-active"
                        ),
                    );
                }
                found
            })
            .collect::<Vec<_>>()
    });
    if transports.as_ref().is_some_and(Vec::is_empty) {
        section.problem("transports", say!(section.lang(), "transports 不能为空", "transports must not be empty"));
    }
    let number = |key: &'static str, default: u32| {
        section.number(key, 1..=MAX_PARALLEL).and_then(|n| u32::try_from(n).ok()).unwrap_or(default)
    };
    let spans = section.texts("quiet_hours").unwrap_or_default();
    let quiet_hours = QuietHours::parse(&spans).unwrap_or_else(|wrong| {
        section.problem(
            "quiet_hours",
            say!(
                section.lang(),
                "quiet_hours 中的 \"{wrong}\" 不是时段，应写作 \"07:00-09:00\"（北京时间）",
                "\"{wrong}\" in quiet_hours is no span of the day, write \"07:00-09:00\" (Beijing time)"
            ),
        );
        QuietHours::default()
    });
    let setting = ProbeSetting {
        transports: transports.filter(|t| !t.is_empty()).unwrap_or(defaults.transports),
        parallel: number("parallel", defaults.parallel),
        parallel_per_platform: number("parallel_per_platform", defaults.parallel_per_platform),
        parallel_per_device: number("parallel_per_device", defaults.parallel_per_device),
        invite_gap: section.number("invite_gap_ms", 0..=60_000).map_or(defaults.invite_gap, Duration::from_millis),
        offline: section.word("offline", &OfflinePolicy::NAMES).unwrap_or(defaults.offline),
        snapshots: section.switch("snapshots", &Snapshots::NAMES, [Snapshots::Off, Snapshots::On]).unwrap_or(defaults.snapshots),
        key_frame_bytes: section.number("key_frame_mb", 0..=MAX_TAPE_MB).map_or(defaults.key_frame_bytes, |mb| mb * 1024 * 1024),
        tape: TapeSetting {
            policy: section.word("tape", &TapePolicy::NAMES).unwrap_or(defaults.tape.policy),
            max_bytes: section.number("tape_mb", 1..=MAX_TAPE_MB).map_or(defaults.tape.max_bytes, |mb| mb * 1024 * 1024),
        },
        quiet_hours,
        max_mbit: section.number("max_mbit", 1..=MAX_MBIT),
        stop_when_certain: section.flag("stop_when_certain").filter(|stop| *stop).map(|_| 0),
    };
    section.finish();
    setting
}

fn read_store(section: &Section<'_, '_>, folder: &Path) -> (PathBuf, Retention) {
    let url = section.text("url").unwrap_or_else(|| "sqlite:gbaudit.db".into());
    let default = Retention::default();
    let days = |key: &'static str, default: u32| {
        section.number(key, 1..=MAX_DAYS).and_then(|n| u32::try_from(n).ok()).unwrap_or(default)
    };
    let retention = Retention {
        snapshot_days: days("snapshot_days", default.snapshot_days),
        tape_days: days("tape_days", default.tape_days),
        run_days: section.number("run_days", 0..=MAX_DAYS).and_then(|n| u32::try_from(n).ok()).unwrap_or(default.run_days),
    };
    let least = retention.snapshot_days.max(retention.tape_days);
    if (1..least).contains(&retention.run_days) {
        let days = retention.run_days;
        section.problem(
            "run_days",
            say!(
                section.lang(),
                "store.run_days = {days} 短于抓图或报文留存的保存天数；请写 0（一直保留）或不少于 {least}",
                "store.run_days = {days} is less than snapshots or tapes are kept; write 0 (for ever) or at least {least}"
            ),
        );
    }
    section.finish();
    let file = match url.strip_prefix("sqlite:") {
        Some(file) if !file.trim().is_empty() => folder.join(file),
        _ => {
            section.problem(
                "url",
                say!(
                    section.lang(),
                    "store.url = \"{url}\" 暂不支持，请写 \"sqlite:gbaudit.db\"",
                    "store.url = \"{url}\" is not supported yet, write \"sqlite:gbaudit.db\""
                ),
            );
            folder.join("gbaudit.db")
        }
    };
    (file, retention)
}

fn address(section: &Section<'_, '_>, key: &'static str, text: &str) -> Option<Address> {
    match text.parse::<Address>() {
        Ok(address) => return Some(address),
        Err(AddressSlip::Protocol) => section.problem(
            key,
            say!(
                section.lang(),
                "{key} = \"{text}\" 应以 udp:、tcp: 或 tls: 开头，例如 \"udp:127.0.0.1:15060\"",
                "{key} = \"{text}\" must begin with udp:, tcp: or tls:, for example \"udp:127.0.0.1:15060\""
            ),
        ),
        Err(AddressSlip::Socket) => not_a_socket(section, key, text.split_once(':').map_or(text, |(_, socket)| socket)),
    }
    None
}

fn socket(section: &Section<'_, '_>, key: &'static str, text: &str) -> Option<SocketAddr> {
    let parsed = text.trim().parse().ok();
    if parsed.is_none() {
        not_a_socket(section, key, text);
    }
    parsed
}

fn not_a_socket(section: &Section<'_, '_>, key: &'static str, text: &str) {
    section.problem(
        key,
        say!(
            section.lang(),
            "{key} 中的 \"{text}\" 应为 IP:端口，例如 10.0.0.8:5060",
            "\"{text}\" in {key} must be IP:port, for example 10.0.0.8:5060"
        ),
    );
}

fn ip(section: &Section<'_, '_>, key: &'static str, text: &str) -> Option<IpAddr> {
    let parsed = text.trim().parse().ok();
    if parsed.is_none() {
        section.problem(key, say!(section.lang(), "{key} = \"{text}\" 应为 IP 地址", "{key} = \"{text}\" must be an IP address"));
    }
    parsed
}

#[cfg(test)]
mod tests;
