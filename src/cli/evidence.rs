//! `gbaudit evidence DEVICE_ID`: what a run holds of one camera, for whoever disputes its verdict. Names of files are ours alone.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command};
use sha2::{Digest as _, Sha256};

use super::report::Source;
use super::{Failure, Outcome, config, output, terminal};
use crate::audit::assess::assess;
use crate::base::lang::{Lang, say};
use crate::base::text::{excerpt, hex, visible};
use crate::base::time::Timestamp;
use crate::evidence::pcapng::{Told, Writer};
use crate::evidence::tape::{Kind, Piece, Tape};
use crate::evidence::{Evidence, Message};
use crate::manscdp::octets::items_of;
use crate::probe::outcome::ProbeRecord;
use crate::report::kit::{Beside, Kit};
use crate::report::{Report, journal, json, kit};

/// The page for people.
const PAGE: &str = "page.html";
/// What went over the wires.
const WIRE: &str = "wire.pcapng";
/// The camera's line of `probes.jsonl`.
const PROBES: &str = "probes.jsonl";
/// The lines of `journal.jsonl` of the bodies that carried its item.
const JOURNAL: &str = "journal.jsonl";
/// The hashes of all files.
const HASHES: &str = "SHA256SUMS";
/// Bodies exported of one camera: a platform that sends an item more often says the same.
const MAX_BODIES: usize = 16;

pub(super) fn command(lang: Lang) -> Command {
    Command::new("evidence")
        .about(say!(
            lang,
            "导出一路摄像机的争议证据：pcapng、目录原文、可打印的证据页、散列值",
            "exports the evidence of one camera: pcapng, its record as sent, a page to print, hashes"
        ))
        .override_usage(say!(
            lang,
            "gbaudit evidence <设备编码> [--run 批次号|latest|结果文件夹] [--platform NAME] [--out DIR]",
            "gbaudit evidence <DEVICE_ID> [--run RUN|latest|DIR] [--platform NAME] [--out DIR]"
        ))
        .after_help(say!(
            lang,
            "例：gbaudit evidence 37172300011320000001 --run latest --out 证据",
            "Example: gbaudit evidence 37172300011320000001 --run latest --out evidence"
        ))
        .arg(Arg::new("device_id").required(true).value_name("DEVICE_ID").help(say!(
            lang,
            "设备编码，与报告中的相同",
            "the camera's code, as in the report"
        )))
        .arg(Arg::new("run").long("run").value_name("RUN").default_value("latest").hide_default_value(true).help(say!(
            lang,
            "批次号、latest（默认），或含 evidence.db 的结果文件夹",
            "a run id, latest (the default), or a results folder with its evidence.db"
        )))
        .arg(Arg::new("platform").long("platform").value_name("NAME").help(say!(
            lang,
            "一批有几个平台、编码在其中几个都有时，指定平台",
            "which platform, where a run has several with that code"
        )))
        .arg(Arg::new("snapshot").long("snapshot").action(ArgAction::SetTrue).help(say!(
            lang,
            "证据页附上抓图（默认不附：画面中可能有人）",
            "put the snapshot on the page (by default not: there may be people in it)"
        )))
        .arg(config(lang))
        .arg(super::out(lang, "evidence"))
}

/// A file of the kit.
struct File {
    name: String,
    what: String,
    octets: Vec<u8>,
}

pub(super) fn run(matches: &ArgMatches, lang: Lang) -> Outcome {
    let code = matches.get_one::<String>("device_id").map(|code| code.trim().to_owned()).unwrap_or_default();
    let source = Source::find(matches, lang)?;
    let evidence = chosen(source.all(lang)?, &code, matches.get_one::<String>("platform").map(String::as_str), lang)?;
    let platform = evidence.header.platform.name.clone();
    let folder = matches.get_one::<PathBuf>("out").cloned().unwrap_or_else(|| PathBuf::from("evidence"));
    output::prepare(&folder, lang)?;
    let messages = evidence.messages.clone();
    let report = assess(evidence, lang, None).map_err(|e| Failure::usage(e.to_string()))?;
    let bodies = carrying(&messages, &code);
    let record = report.probes.get(&code);
    let tapes = source.tapes(&platform, &code, lang)?;
    let mut notes = Vec::new();
    let mut files = Vec::new();
    files.extend(wire(&report, record, &tapes, &bodies, &mut notes));
    files.extend(as_sent(&bodies, &code, lang));
    if let Some(record) = record {
        let mut octets = Vec::new();
        json::probe_line(&report, record, &mut octets).map_err(|e| output::unwritten(&e, &folder, lang))?;
        let what = say!(lang, "每次点播的经过，供程序读取", "every call step by step, for programs");
        files.push(File { name: PROBES.to_owned(), what, octets });
    }
    let mut lines = Vec::new();
    let of = |at: Timestamp, call_id: &str| bodies.iter().any(|(_, m)| m.at == at && m.call_id.starts_with(call_id));
    journal::lines_of(&report, of, &mut lines).map_err(|e| output::unwritten(&e, &folder, lang))?;
    if !lines.is_empty() {
        let what = say!(lang, "上述报文在目录日志中的行", "the lines of these messages in the journal");
        files.push(File { name: JOURNAL.to_owned(), what, octets: lines });
    }
    notes.push(say!(
        lang,
        "目录报文为收到的原样，其中设备口令在存储前已掩盖；pcapng 中 SIP 鉴权的应答值已掩盖，长度不变。",
        "Catalogue messages are as they came, device passwords masked before anything was kept; in the pcapng the answers to SIP challenges are crossed out, no length changes."
    ));
    let picture = match record.and_then(|r| r.snapshot.as_deref()).filter(|_| matches.get_flag("snapshot")) {
        Some(name) => source.picture(&platform, name, lang)?,
        None => None,
    };
    if matches.get_flag("snapshot") && picture.is_none() {
        notes.push(say!(
            lang,
            "没有抓图：没有出图、设置不保存，或保存期限已过。",
            "There is no snapshot: no picture came, the settings keep none, or its time is over."
        ));
    }
    let beside = files.iter().map(|file| Beside {
        name: file.name.clone(),
        what: file.what.clone(),
        bytes: file.octets.len() as u64,
        hash: hex(&Sha256::digest(&file.octets)),
    });
    let kit = Kit { device_id: code, files: beside.collect(), notes, picture };
    let mut page = Vec::new();
    kit::write(&report, &kit, &mut page).map_err(|e| output::unwritten(&e, &folder, lang))?;
    let what = say!(lang, "证据页，可打印", "the page, to be printed");
    files.insert(0, File { name: PAGE.to_owned(), what, octets: page });
    put(&files, &folder).map_err(|e| output::unwritten(&e, &folder, lang))?;
    for file in &files {
        terminal::line(&format!("{}  {}", folder.join(&file.name).display(), file.what));
    }
    kit.notes.iter().for_each(|note| terminal::line(note));
    Ok(0)
}

/// The platform's evidence that has this code.
fn chosen(all: Vec<Evidence>, code: &str, platform: Option<&str>, lang: Lang) -> Result<Evidence, Failure> {
    let shown = excerpt(&visible(code), 64);
    let has = |evidence: &Evidence| {
        evidence.probes.iter().any(|probe| probe.device_id == code) || !carrying(&evidence.messages, code).is_empty()
    };
    let mut found: Vec<Evidence> =
        all.into_iter().filter(|e| platform.is_none_or(|name| e.header.platform.name == name)).filter(has).collect();
    if found.len() > 1 {
        let names = found.iter().map(|e| e.header.platform.name.clone()).collect::<Vec<_>>();
        let names = names.join(say!(lang, "、", ", ").as_str());
        return Err(Failure::usage(say!(
            lang,
            "几个平台都有编码 {shown}（{names}），请用 --platform 指定",
            "several platforms have the code {shown} ({names}), name one with --platform"
        )));
    }
    found.pop().ok_or_else(|| {
        Failure::usage(say!(
            lang,
            "这一批次没有编码 {shown} 的记录；编码见 devices.jsonl 或 report.html",
            "the run holds nothing of the code {shown}; codes are in devices.jsonl and report.html"
        ))
    })
}

/// The bodies that carried an item of this code, with its places in them.
fn carrying<'m>(messages: &'m [Message], code: &str) -> Vec<(Vec<std::ops::Range<usize>>, &'m Message)> {
    let with = messages.iter().map(|message| (items_of(&message.body, code), message));
    with.filter(|(places, _)| !places.is_empty()).take(MAX_BODIES).collect()
}

/// The record as sent: each item, and each body it stood in, to the octet.
fn as_sent(bodies: &[(Vec<std::ops::Range<usize>>, &Message)], code: &str, lang: Lang) -> Vec<File> {
    let shown = excerpt(&visible(code), 64);
    let mut files = Vec::new();
    for ((places, message), number) in bodies.iter().zip(1..) {
        let at = message.at.beijing("%Y-%m-%d %H:%M:%S%.3f");
        for (place, item) in places.iter().zip(1..) {
            let octets = message.body.get(place.clone()).unwrap_or_default().to_vec();
            let what = say!(
                lang,
                "{shown} 的目录项原文（报文 {number}，{at} 北京时间收到）",
                "the item of {shown} as sent (message {number}, received {at} Beijing time)"
            );
            files.push(File { name: format!("item-{number}-{item}.xml"), what, octets });
        }
        let what = say!(lang, "目录应答 {number} 的报文体", "the body of catalogue message {number}");
        files.push(File { name: format!("message-{number}.xml"), what, octets: message.body.to_vec() });
    }
    files
}

/// What happened on the wires, by time.
enum Event<'a> {
    Taped(u32, &'a Piece),
    Body(usize, &'a Message),
}

/// The pcapng: signalling and first media of every attempt on tape, and the catalogue messages before them.
fn wire(
    report: &Report,
    record: Option<&ProbeRecord>,
    tapes: &BTreeMap<u32, Tape>,
    bodies: &[(Vec<std::ops::Range<usize>>, &Message)],
    notes: &mut Vec<String>,
) -> Option<File> {
    let lang = report.lang;
    if tapes.is_empty() {
        notes.push(say!(
            lang,
            "没有报文留存，因此没有 {WIRE}：设置 [probe] tape 为 off，或该路出图而 tape 为 failed，或保存期限已过，或超出总量上限。",
            "There is no tape, and so no {WIRE}: [probe] tape is off, or it is failed and the camera gave a picture, or its time is over, or all tapes together were over their limit."
        ));
        return None;
    }
    let attempts = || record.into_iter().flat_map(|r| &r.attempts).filter(|a| tapes.contains_key(&a.number));
    let whole = |number: u32| tapes.get(&number).is_some_and(|tape| tape.left_out() == 0);
    let media = attempts().filter(|a| whole(a.number)).filter_map(|a| a.ends.as_ref()?.media.as_ref()?.ours.parse().ok());
    let listened: Vec<SocketAddr> = media.collect();
    let ours: Option<SocketAddr> = attempts().find_map(|a| a.ends.as_ref()?.signalling.ours.parse().ok());
    let (run, code) = (&report.header.run_id, record.map(|r| excerpt(&visible(&r.device_id), 64)).unwrap_or_default());
    let about = format!(
        "gbaudit 批次 {run} 设备 {code}：信令和最初的码流，时间为收发时刻 · run {run}, device {code}: signalling and first media, \
         times are those of sending and receiving"
    );
    let program = format!("gbaudit {}", report.header.version);
    let mut writer = Writer::new(&program, &about, &listened);
    let mut events: Vec<(Timestamp, Event<'_>)> = Vec::new();
    for ((_, message), number) in bodies.iter().zip(1..) {
        events.push((message.at, Event::Body(number, message)));
    }
    for (number, tape) in tapes {
        events.extend(tape.pieces().iter().map(|piece| (piece.at, Event::Taped(*number, piece))));
    }
    events.sort_by_key(|(at, _)| *at);
    for (at, event) in events {
        match event {
            Event::Taped(number, piece) => writer.piece(piece, Told(&told(number, piece))),
            Event::Body(number, message) => body(&mut writer, report, (number, message, at), ours),
        }
    }
    let left_out: u64 = tapes.values().map(Tape::left_out).sum();
    let shortened: usize = tapes.values().map(Tape::shortened).sum();
    let (packets, unfit) = writer.counts();
    notes.push(say!(
        lang,
        "{WIRE}：{packets} 个包；报文和时间为原样，链路层、IP、UDP、TCP 头为重建（每个包都有说明），目录应答的 SIP 头也为重建；超过 256 KB 的码流只留每包开头（{shortened} 个），超出上限未留 {left_out} 个，无法成包 {unfit} 个。",
        "{WIRE}: {packets} packets; messages and times are as they were, link, IP, UDP and TCP headers are reconstructed (every packet says so), and so are the SIP headers of catalogue answers; of media beyond 256 KiB only the beginning of each packet is kept ({shortened}), {left_out} were past the limits, {unfit} fit no packet."
    ));
    if shortened > 0 || left_out > 0 {
        notes.push(say!(
            lang,
            "码流没有留全：gbaudit check 对此文件只在已留部分足以判断时给出结论，否则为未检测。",
            "Not all media is kept: gbaudit check judges this file where what is kept is enough, and says not tested where it is not."
        ));
    }
    let what = say!(lang, "信令和最初的码流，可用 Wireshark 打开", "signalling and first media, for Wireshark");
    Some(File { name: WIRE.to_owned(), what, octets: writer.finish() })
}

/// What a piece is, for its comment.
fn told(number: u32, piece: &Piece) -> String {
    let (zh, en) = match piece.kind {
        Kind::SipUdp | Kind::SipTcp => {
            ("原样；链路、IP、传输层头重建", "octets as they were; link, IP and transport headers reconstructed")
        }
        Kind::SipTls => (
            "TLS 内的明文（Wireshark 中用 Decode As 选 SIP）；链路、IP、TCP 头重建",
            "what was inside TLS (Decode As SIP in Wireshark); link, IP and TCP headers reconstructed",
        ),
        Kind::MediaUdp => ("收到的包；链路、IP、UDP 头重建", "as received; link, IP and UDP headers reconstructed"),
        Kind::MediaTcp => ("收到的字节；链路、IP、TCP 头重建", "octets as read; link, IP and TCP headers reconstructed"),
        Kind::MediaOpened => {
            ("媒体 TCP 连接建立；整个包为重建", "a media connection was made; the whole packet is reconstructed")
        }
        Kind::MediaTried => (
            "开始尝试连接；整个包为重建，不表示有应答",
            "a connection was tried; the whole packet is reconstructed and nothing says that anybody answered",
        ),
    };
    let direction = if piece.way.from_us { "发 sent" } else { "收 received" };
    format!("第{number}次点播 call {number} · {direction} · {zh} · {en}")
}

/// A catalogue body in a MESSAGE of our making: what it came in was not kept.
fn body(writer: &mut Writer, report: &Report, (number, message, at): (usize, &Message, Timestamp), ours: Option<SocketAddr>) {
    let header = &report.header;
    let way = header.ways.get(usize::from(message.way));
    let (Some(ours), Some(theirs)) = (ours, way.and_then(|way| way.peer.parse::<SocketAddr>().ok())) else { return };
    let transport = way.map_or("UDP", |way| way.transport.as_str());
    // Whatever a platform wrote stands on one line.
    let plain = |text: &str| -> String { text.chars().filter(|c| !c.is_control()).take(200).collect() };
    let (id, local, call_id) = (plain(&header.platform.id), plain(&header.local_id), plain(&message.call_id));
    let agent = plain(&header.platform.user_agent);
    let method = if message.notify { "NOTIFY" } else { "MESSAGE" };
    let head = format!(
        "{method} sip:{local}@{ours} SIP/2.0\r\nVia: SIP/2.0/{transport} {theirs};branch=z9hG4bK-reconstructed-{number}\r\n\
         From: <sip:{id}@{theirs}>;tag=reconstructed\r\nTo: <sip:{local}@{ours}>\r\nCall-ID: {call_id}\r\nCSeq: 1 {method}\r\n\
         Max-Forwards: 70\r\nUser-Agent: {agent}\r\nContent-Type: Application/MANSCDP+xml\r\nContent-Length: {}\r\n\r\n",
        message.body.len()
    );
    let octets = [head.as_bytes(), &message.body].concat();
    let comment = format!(
        "目录应答 {number}：报文体为收到的原样（设备口令已掩盖），SIP 头和以下各层头为重建 · catalogue message {number}: the body is as \
         received (device passwords masked), the SIP header and all below it are reconstructed"
    );
    let told = Told(&comment);
    if transport == "UDP" {
        writer.datagram(at, theirs, ours, (&octets, octets.len()), told);
    } else {
        writer.segments(at, theirs, ours, (&octets, octets.len()), told);
    }
}

/// Writes the files, and their hashes last.
fn put(files: &[File], folder: &Path) -> std::io::Result<()> {
    let mut sums = String::new();
    for file in files {
        output::atomically(&folder.join(&file.name), |out| out.write_all(&file.octets))?;
        sums.push_str(&format!("{}  {}\n", hex(&Sha256::digest(&file.octets)), file.name));
    }
    output::atomically(&folder.join(HASHES), |out| out.write_all(sums.as_bytes()))
}
