//! A scene of the simulator as written, to [`Scene`].

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use super::{address, read_password, read_trust};
use crate::base::charset::Charset;
use crate::base::device_id::default_domain;
use crate::base::lang::{Lang, say};
use crate::base::settings_file::{Problem, Reader, Section};
use crate::net::Protocol;
use crate::simulator::behaviour::{self, BEHAVIOURS};
use crate::simulator::fault::{self, FAULTS};
use crate::simulator::scene::{BehaviourShare, FaultShare, Fixed, Media, Scene, Sending};
use crate::simulator::trouble::{About, Area, TROUBLES, Trouble};
use crate::sip::dialog::Party;

/// Most cameras of a scene.
const MAX_CAMERAS: u64 = 2_000_000;
/// Most items in one message; a datagram holds no more.
const MAX_PER_MESSAGE: u64 = 100;

/// Most cameras of which everything is said; each item looks through them.
const MAX_FIXED: usize = 1_000;
/// Most a stream is filled up to, and the longest wait for a key frame.
const MAX_KBIT_S: u64 = 50_000;
const MAX_KEY_INTERVAL_S: u64 = 60;
/// Where a stream is joined.
const JOINED: [(&str, bool); 2] = [("key", false), ("anywhere", true)];

/// A scene to begin with, with every key.
pub const EXAMPLE: &str = include_str!("example_scene.toml");

/// Reads a scene file.
///
/// # Errors
/// Everything wrong with it, with lines, and what to write instead.
pub fn load_scene(path: &Path, lang: Lang) -> Result<Scene, Vec<Problem>> {
    let file = path.display().to_string();
    let source = std::fs::read_to_string(path).map_err(|e| {
        let message = say!(
            lang,
            "读不到场景文件：{e}；可先用 gbaudit simulate --example > {file} 生成一份",
            "the scene file cannot be read: {e}; make one with gbaudit simulate --example > {file}"
        );
        vec![Problem { file: file.clone(), line: 0, message }]
    })?;
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    read_scene(&file, &source, &folder, lang)
}

/// Reads a scene from text.
///
/// # Errors
/// Everything wrong with it.
pub fn read_scene(file: &str, source: &str, folder: &Path, lang: Lang) -> Result<Scene, Vec<Problem>> {
    let reader = Reader::new(file, source, lang)?;
    let root = reader.root();
    let scene = scene(&root, folder);
    root.finish();
    let problems = reader.into_problems();
    match scene {
        Some(scene) if problems.is_empty() => Ok(scene),
        _ => Err(problems),
    }
}

fn scene(root: &Section<'_, '_>, folder: &Path) -> Option<Scene> {
    let lang = root.lang();
    let platform = root.section("platform");
    let id = platform.required_text("id", "\"37172300002000000002\"");
    let domain = platform.text("domain");
    let name = platform.text("name").unwrap_or_else(|| "模拟平台".into());
    let listen = platform.text("listen").unwrap_or_else(|| "udp:127.0.0.1:15061".into());
    let listen = address(&platform, "listen", &listen);
    let charset = platform.text("charset").map_or(Some(Charset::Gb18030), |text| {
        let charset = Charset::parse(&text);
        if charset.is_none() {
            platform.problem("charset", say!(lang, "可写 \"GB18030\" 或 \"UTF-8\"", "write \"GB18030\" or \"UTF-8\""));
        }
        charset
    });
    let version = platform.text("version");
    let troubles = troubles(&platform);
    platform.finish();

    let superior = root.section("superior");
    let superior_id = superior.required_text("id", "\"37172300002000000001\"");
    let superior_domain = superior.text("domain");
    let at = superior.required_text("address", "\"udp:127.0.0.1:15060\"").and_then(|text| address(&superior, "address", &text));
    let username = superior.text("username");
    let auth = superior.word("auth", &[("digest", true), ("none", false)]).unwrap_or(true);
    let password = read_password(&superior, folder, auth);
    let retry = superior.number("retry_s", 1..=3_600).unwrap_or(5);
    let secured = at.is_some_and(|a| a.protocol == Protocol::Tls);
    let trust = read_trust(&superior, folder, secured);
    if secured && troubles.iter().any(|trouble| trouble.about().is_some_and(|about| about.area == Area::Line)) {
        superior.problem(
            "address",
            say!(
                lang,
                "线路故障改动收发的字节，TLS 加密后改不了；请写 udp: 或 tcp: 的地址",
                "troubles of the line change octets on their way, which TLS hides; write an address of udp: or tcp:"
            ),
        );
    }
    superior.finish();

    let catalog = root.section("catalog");
    let count = |key: &'static str, default: u64, most: u64| {
        usize::try_from(catalog.number(key, 0..=most).unwrap_or(default)).unwrap_or(usize::MAX)
    };
    let cameras = count("cameras", 60, MAX_CAMERAS);
    let plain = Sending::default();
    let sending = Sending {
        per_message: count("per_message", plain.per_message as u64, MAX_PER_MESSAGE).max(1),
        window: count("window", 1, 1_024).max(1),
        shuffle: catalog.flag("shuffle").unwrap_or_default(),
        repeat: count("repeat", 0, MAX_CAMERAS),
        drop: count("drop", 0, MAX_CAMERAS),
        sum_num_excess: catalog.number("sum_num_excess", 0..=MAX_CAMERAS).unwrap_or_default(),
        num_wrong: catalog.flag("num_wrong").unwrap_or_default(),
        sn_wrong: catalog.flag("sn_wrong").unwrap_or_default(),
        trailing_empty: catalog.flag("trailing_empty").unwrap_or_default(),
        stray: catalog.flag("stray").unwrap_or_default(),
        broken_xml: count("broken_xml", 0, MAX_CAMERAS),
    };
    let (offline, duplicates) = (count("offline", 0, MAX_CAMERAS), count("duplicates", 0, MAX_CAMERAS));
    let per_recorder = count("per_recorder", 16, 1_024).max(1);
    let (sessions, sessions_per_recorder) = (count("sessions", 0, MAX_CAMERAS), count("sessions_per_recorder", 0, MAX_CAMERAS));
    let seed = catalog.number("seed", 0..=u64::MAX >> 1).unwrap_or(1);
    let (each_fault, each_channel) = (count("each_fault", 0, MAX_CAMERAS), count("each_behaviour", 0, MAX_CAMERAS));

    let mut faults: Vec<FaultShare> = Vec::new();
    if each_fault > 0 {
        faults.extend(FAULTS.iter().map(|fault| FaultShare { fault, cameras: each_fault }));
    }
    for section in root.sections("fault") {
        let words: Vec<(&str, &'static fault::Fault)> = FAULTS.iter().map(|f| (f.id, f)).collect();
        let fault = section.word("kind", &words);
        let cameras = section.number("cameras", 0..=MAX_CAMERAS).unwrap_or(1);
        section.finish();
        faults.extend(fault.map(|fault| FaultShare { fault, cameras: usize::try_from(cameras).unwrap_or(usize::MAX) }));
    }
    let mut behaviours: Vec<BehaviourShare> = Vec::new();
    if each_channel > 0 {
        behaviours.extend(BEHAVIOURS.iter().map(|behaviour| BehaviourShare { behaviour, cameras: each_channel }));
    }
    for section in root.sections("channel") {
        let words: Vec<(&str, &'static behaviour::Behaviour)> = BEHAVIOURS.iter().map(|b| (b.id, b)).collect();
        let behaviour = section.word("behaviour", &words);
        let cameras = section.number("cameras", 0..=MAX_CAMERAS).unwrap_or(1);
        section.finish();
        behaviours.extend(
            behaviour.map(|behaviour| BehaviourShare { behaviour, cameras: usize::try_from(cameras).unwrap_or(usize::MAX) }),
        );
    }
    let mut fixed: Vec<Fixed> = Vec::new();
    for section in root.sections("camera") {
        let faults: Vec<(&str, &'static fault::Fault)> = FAULTS.iter().map(|f| (f.id, f)).collect();
        let words: Vec<(&str, &'static behaviour::Behaviour)> = BEHAVIOURS.iter().map(|b| (b.id, b)).collect();
        let number = section.number("number", 1..=cameras as u64);
        let own = Fixed {
            camera: usize::try_from(number.unwrap_or(1)).unwrap_or(1) - 1,
            name: section.text("name"),
            fault: section.word("fault", &faults),
            behaviour: section.word("behaviour", &words),
            offline: section.flag("offline").unwrap_or_default(),
            corrected: Vec::new(),
        };
        let again = fixed.iter().any(|known| known.camera == own.camera);
        if number.is_none() || again || fixed.len() >= MAX_FIXED {
            let message = say!(
                lang,
                "number 应为 1 至 {cameras} 的编号，每个一次，最多 {MAX_FIXED} 个",
                "number must be one of 1 to {cameras}, each once, at most {MAX_FIXED} of them"
            );
            section.problem("number", message);
        } else {
            fixed.push(own);
        }
        section.finish();
    }
    let needed = fixed.len()
        + faults.iter().map(|f| f.cameras).sum::<usize>()
        + behaviours.iter().map(|b| b.cameras).sum::<usize>()
        + offline
        + 2 * duplicates;
    if needed > cameras {
        catalog.problem(
            "cameras",
            say!(
                lang,
                "cameras = {cameras} 不够：故障、点播行为、离线和重复共需 {needed} 路",
                "cameras = {cameras} is too few: faults, behaviours, offline and duplicates need {needed}"
            ),
        );
    }
    catalog.finish();
    let media = media(&root.section("media"));
    let (id, superior_id) = (id?, superior_id?);
    Some(Scene {
        party: Party { domain: domain.unwrap_or_else(|| default_domain(&id).to_owned()), id },
        name,
        listen: listen?,
        superior: Party { domain: superior_domain.unwrap_or_else(|| default_domain(&superior_id).to_owned()), id: superior_id },
        address: at?,
        username,
        password,
        charset: charset?,
        version,
        cameras,
        per_recorder,
        offline,
        sessions,
        sessions_per_recorder,
        media,
        duplicates,
        seed,
        sending,
        troubles,
        faults,
        behaviours,
        fixed,
        retry: Duration::from_secs(retry),
        trust,
    })
}

fn media(section: &Section<'_, '_>) -> Media {
    let plain = Media::default();
    let media = Media {
        kbit_s: section.number("kbit_s", 0..=MAX_KBIT_S).unwrap_or(plain.kbit_s),
        key_interval_s: section.number("key_interval_s", 1..=MAX_KEY_INTERVAL_S).unwrap_or(plain.key_interval_s),
        joined_anywhere: section.word("join", &JOINED).unwrap_or(plain.joined_anywhere),
    };
    section.finish();
    media
}

/// The troubles a scene names; what is none is said, with the nearest there is.
fn troubles(platform: &Section<'_, '_>) -> BTreeSet<Trouble> {
    let mut found = BTreeSet::new();
    for id in platform.texts("troubles").unwrap_or_default() {
        match TROUBLES.iter().find(|about| about.id == id) {
            Some(about) => {
                found.insert(about.trouble);
            }
            None => {
                let likeness = |about: &&About| strsim::jaro_winkler(about.id, &id);
                let near = TROUBLES.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b))).map_or("", |about| about.id);
                platform.problem(
                    "troubles",
                    say!(
                        platform.lang(),
                        "没有 {id} 这种平台故障，最接近的是 {near}；全部见 gbaudit simulate --list",
                        "there is no trouble {id}, the nearest is {near}; all: gbaudit simulate --list"
                    ),
                );
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_reads_and_names_every_key() {
        let scene = read_scene("sim.toml", EXAMPLE, Path::new(""), Lang::Zh).unwrap();
        assert_eq!(scene.cameras, 60);
        for key in [
            "charset",
            "version",
            "troubles",
            "auth",
            "retry_s",
            "per_recorder",
            "offline",
            "sessions",
            "sessions_per_recorder",
            "kbit_s",
            "key_interval_s",
            "join",
            "duplicates",
            "seed",
            "per_message",
            "window",
            "shuffle",
            "repeat",
            "drop",
            "sum_num_excess",
            "num_wrong",
            "sn_wrong",
            "trailing_empty",
            "stray",
            "broken_xml",
            "each_fault",
            "each_behaviour",
        ] {
            assert!(EXAMPLE.contains(&format!("{key} = ")), "{key}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_and_what_to_write() {
        let text = EXAMPLE.replace("kind = \"code_short\"", "kind = \"code_shrt\"").replace("cameras = 60", "cameras = 3");
        let text = text.replace("troubles = []", "troubles = [\"burst\", \"lost_onc\"]");
        let problems = read_scene("sim.toml", &text, Path::new(""), Lang::Zh).unwrap_err();
        let shown: Vec<_> = problems.iter().map(Problem::render).collect();
        assert!(shown.iter().any(|p| p.contains("code_shrt") && p.contains("code_short")), "{shown:?}");
        assert!(shown.iter().any(|p| p.contains("cameras = 3 不够")), "{shown:?}");
        assert!(shown.iter().any(|p| p.contains("lost_onc ") && p.contains("lost_once") && p.contains(":10:")), "{shown:?}");
    }
}
