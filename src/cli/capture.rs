//! Packet captures for `check`: one evidence a platform, and the pictures in them.

use std::path::Path;
use std::time::Duration;

use super::Failure;
use super::bundle::Target;
use super::deliver::{deliver, kept_not};
use super::output::Formats;
use crate::base::lang::{Lang, say};
use crate::capture::watch::Terms;
use crate::capture::{CaptureError, read};
use crate::edition::Edition;
use crate::evidence::Evidence;
use crate::media::jpeg::Snapshots;
use crate::probe::decode::Looking;
use crate::profile::Output;
use crate::report::Exit;
use crate::store::Store;

/// Longest name of a platform's folder.
const MAX_NAME_CHARS: usize = 40;

/// A picture found in a capture.
pub(super) struct Snapshot {
    run_id: String,
    platform: String,
    name: String,
    jpeg: Vec<u8>,
}

/// The evidence in captures. `base`: what does not depend on them.
pub(super) fn evidence(
    base: Evidence,
    captures: &[Vec<u8>],
    names: &[String],
    (output, edition, snapshots): (&Output, Option<Edition>, Snapshots),
    lang: Lang,
) -> Result<(Vec<Evidence>, Vec<Snapshot>), Failure> {
    if captures.len() != names.len() {
        return Err(Failure::usage(say!(
            lang,
            "抓包文件不能与其他文件一起检查，请分开运行",
            "captures cannot be checked together with other files, run them one after the other"
        )));
    }
    let terms = Terms {
        limit: Duration::from_millis(output.first_frame_ms),
        listen: Duration::from_millis(output.listen_ms),
        looking: Looking { snapshots, black: output.black },
    };
    let octets: Vec<&[u8]> = captures.iter().map(Vec::as_slice).collect();
    let captured = read(&octets, terms, edition).map_err(|e| told(e, names, lang))?;
    let several = captured.platforms.len() > 1;
    let (mut all, mut pictures, mut taken) = (Vec::new(), Vec::new(), Vec::new());
    for platform in captured.platforms {
        let mut one = base.clone();
        let header = &mut one.header;
        let name = if several { folder_name(&platform.facts.id, &mut taken) } else { header.platform.name.clone() };
        header.platform = platform.facts;
        header.platform.name.clone_from(&name);
        (header.started, header.finished) = (captured.first, captured.last);
        header.incomplete = platform.incomplete;
        header.local_id = platform.superior;
        header.queries = platform.queries;
        header.ways = platform.ways;
        header.probing = platform.probing;
        header.heard = platform.heard;
        header.signalling = platform.signalling;
        header.masked_passwords = platform.masked;
        let run_id = header.run_id.clone();
        pictures.extend(platform.snapshots.into_iter().map(|(file, jpeg)| Snapshot {
            run_id: run_id.clone(),
            platform: name.clone(),
            name: file,
            jpeg,
        }));
        one.messages = platform.messages;
        one.probes = platform.probes;
        all.push(one);
    }
    Ok((all, pictures))
}

/// A name for a folder: what a peer wrote may hold anything.
fn folder_name(code: &str, taken: &mut Vec<String>) -> String {
    let safe: String = code.chars().filter(char::is_ascii_alphanumeric).take(MAX_NAME_CHARS).collect();
    let safe = if safe.is_empty() { "platform".to_owned() } else { safe };
    let mut name = safe.clone();
    let mut number = 2;
    while taken.contains(&name) {
        name = format!("{safe}-{number}");
        number += 1;
    }
    taken.push(name.clone());
    name
}

/// Delivers with the pictures in a store of its own, which is removed again.
pub(super) fn delivered(
    evidence: Vec<Evidence>,
    snapshots: &[Snapshot],
    (folder, formats): (&Path, &Formats),
    bundle: Option<&Target>,
    lang: Lang,
) -> Result<Exit, Failure> {
    if snapshots.is_empty() {
        return deliver(evidence, &[], (folder, formats), bundle, lang);
    }
    let path = folder.join(".check.tmp");
    let remove = || {
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(folder.join(format!(".check.tmp{suffix}")));
        }
    };
    remove();
    let kept = (|| {
        let mut store = Store::open(&path)?;
        for one in &evidence {
            store.begin(&one.header, &[])?;
        }
        for s in snapshots {
            store.put_snapshot(&s.run_id, &s.platform, &s.name, &s.jpeg)?;
        }
        Ok(store)
    })();
    let exit =
        kept.map_err(|e| kept_not(&e, lang)).and_then(|store| deliver(evidence, &[store], (folder, formats), bundle, lang));
    remove();
    exit
}

fn told(error: CaptureError, names: &[String], lang: Lang) -> Failure {
    let all = names.join(say!(lang, "、", ", ").as_str());
    Failure::usage(match error {
        CaptureError::Container(number, _) => {
            let name = names.get(number).map_or("", String::as_str);
            say!(lang, "{name} 不是完整的抓包文件：文件头损坏", "{name} is no whole capture: its header is broken")
        }
        CaptureError::Empty => say!(lang, "{all} 中一个包也没有", "there is not one packet in {all}"),
        CaptureError::NoSip(frames) => say!(
            lang,
            "{all} 的 {frames} 个包中没有 SIP 信令：请在信令所在网口抓包（TLS 加密的信令读不到）",
            "there is no SIP in the {frames} packets of {all}: capture where the signalling passes (over TLS it cannot be read)"
        ),
        CaptureError::NoPlatform(messages) => say!(
            lang,
            "{all} 中有 {messages} 条 SIP 消息，但没有平台注册，也没有目录查询或应答",
            "there are {messages} SIP messages in {all}, but no platform registers and no catalogue is asked for or answered"
        ),
    })
}
