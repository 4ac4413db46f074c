//! 证据页: what a run holds of one camera, on paper, for whoever says that it plays on his own platform. One page in one file,
//! without script and network; no picture unless one is handed in.

use std::io::{self, Write};

use askama::Template;

use super::soundness::peer_clock;
use super::{Camera, Report};
use crate::base::lang::{Lang, Text, say};
use crate::base::text::{bytes, excerpt, grouped, visible};
use crate::base::time::Timestamp;
use crate::catalog::Item;
use crate::manscdp::item::Element;
use crate::probe::outcome::{Attempt, Ending, ProbeRecord, ProbeVerdict};

/// Longest text of a cell.
const MAX_CELL: usize = 300;
/// Attempts told.
const MAX_ATTEMPTS: usize = 32;
/// Elements of the record that are shown.
const ELEMENTS: [(Element, Text); 9] = [
    (Element::Name, Text::new("名称", "name")),
    (Element::Status, Text::new("目录状态", "status")),
    (Element::Manufacturer, Text::new("厂商", "manufacturer")),
    (Element::Model, Text::new("型号", "model")),
    (Element::CivilCode, Text::new("行政区划", "region")),
    (Element::ParentID, Text::new("上级", "parent")),
    (Element::IPAddress, Text::new("地址", "address")),
    (Element::ManagementUnit, Text::new("管理单位", "management unit")),
    (Element::Address, Text::new("安装地址", "where it stands")),
];

/// A file beside the page.
#[derive(Debug, Clone)]
pub struct Beside {
    /// Its name.
    pub name: String,
    /// What it is.
    pub what: String,
    /// Octets.
    pub bytes: u64,
    /// SHA-256, hexadecimal.
    pub hash: String,
}

/// What is on the page beside the report.
#[derive(Debug, Clone, Default)]
pub struct Kit {
    /// The code.
    pub device_id: String,
    /// The files, in their order.
    pub files: Vec<Beside>,
    /// What is to be said of them.
    pub notes: Vec<String>,
    /// A picture as JPEG, where one is wanted.
    pub picture: Option<Vec<u8>>,
}

#[derive(Template)]
#[template(path = "kit.html")]
struct Page {
    lang: Lang,
    title: String,
    about: String,
    verdicts: Vec<VerdictRow>,
    picture: Option<String>,
    records: Vec<Vec<(&'static str, String)>>,
    attempts: Vec<AttemptRow>,
    ours: Vec<(String, String)>,
    files: Vec<FileRow>,
    notes: Vec<String>,
}

impl Page {
    const fn t(&self, zh: &'static str, en: &'static str) -> &'static str {
        match self.lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }
}

struct VerdictRow {
    line: String,
    verdict: &'static str,
    class: &'static str,
    cause: String,
    why: Option<WhyRow>,
}

struct WhyRow {
    blame: &'static str,
    doubtful: bool,
    means: &'static str,
    basis: &'static str,
    todo: &'static str,
}

struct AttemptRow {
    title: String,
    facts: Vec<(String, String)>,
    steps: Vec<StepRow>,
}

struct StepRow {
    title: &'static str,
    at: String,
    ms: String,
    evidence: String,
}

struct FileRow {
    name: String,
    what: String,
    size: String,
    hash: String,
}

/// Writes the page of one code.
///
/// # Errors
/// When it cannot be written.
pub fn write(report: &Report, kit: &Kit, out: &mut dyn Write) -> io::Result<()> {
    let text = page(report, kit).render().map_err(io::Error::other)?;
    out.write_all(text.as_bytes())
}

fn page(report: &Report, kit: &Kit) -> Page {
    let lang = report.lang;
    let header = &report.header;
    let record = report.probes.get(&kit.device_id);
    let lines: Vec<(&Camera, &Item)> = report
        .cameras
        .iter()
        .filter_map(|camera| Some((camera, report.item(camera.item)?)))
        .filter(|(_, item)| item.id() == kit.device_id)
        .collect();
    let code = cell(&kit.device_id);
    let (platform, run, period) = (cell(&header.platform.name), &header.run_id, super::summary::period(report));
    let version = &header.version;
    Page {
        lang,
        title: say!(lang, "摄像机点播证据　{code}", "Evidence of the calls to camera {code}"),
        about: say!(
            lang,
            "平台 {platform}　批次 {run}　{period}　gbaudit {version}",
            "platform {platform} · run {run} · {period} · gbaudit {version}"
        ),
        verdicts: lines.iter().map(|(camera, item)| verdict(camera, item, report)).collect(),
        picture: kit.picture.as_deref().map(data_uri),
        records: lines.iter().map(|(_, item)| fields(item, lang)).collect(),
        attempts: record.into_iter().flat_map(|record| attempts(record, lang)).collect(),
        ours: ours(report),
        files: kit
            .files
            .iter()
            .map(|file| FileRow {
                name: cell(&file.name),
                what: file.what.clone(),
                size: grouped(file.bytes),
                hash: file.hash.clone(),
            })
            .collect(),
        notes: kit.notes.clone(),
    }
}

fn cell(text: &str) -> String {
    excerpt(&visible(text), MAX_CELL)
}

fn verdict(camera: &Camera, item: &Item, report: &Report) -> VerdictRow {
    let lang = report.lang;
    let (verdict, class) = match camera.probe.verdict {
        ProbeVerdict::Picture => (Text::new("出图", "picture"), "pass"),
        ProbeVerdict::NoPicture => (Text::new("未出图", "no picture"), "fail"),
        ProbeVerdict::Untested => (Text::new("未检测", "not tested"), "undecided"),
    };
    let name = cell(item.sent(Element::Name).unwrap_or_default());
    VerdictRow {
        line: if item.occurrences > 1 { format!("{name} #{}", item.occurrence) } else { name },
        verdict: verdict.get(lang),
        class,
        cause: cell(&camera.probe.told(lang)),
        why: camera.probe.why.map(|why| WhyRow {
            blame: why.blame.title().get(lang),
            doubtful: why.doubtful,
            means: why.means.get(lang),
            basis: why.basis.get(lang),
            todo: why.todo.get(lang),
        }),
    }
}

fn fields(item: &Item, lang: Lang) -> Vec<(&'static str, String)> {
    let shown = |(element, title): &(Element, Text)| Some((title.get(lang), cell(item.text(*element)?)));
    let mut rows: Vec<_> = ELEMENTS.iter().filter_map(shown).collect();
    if let (Some(longitude), Some(latitude)) = (item.text(Element::Longitude), item.text(Element::Latitude)) {
        rows.push((Text::new("经纬度", "position").get(lang), format!("{} {}", cell(longitude), cell(latitude))));
    }
    rows
}

fn attempts(record: &ProbeRecord, lang: Lang) -> Vec<AttemptRow> {
    let row = |attempt: &Attempt| {
        let (n, transport) = (attempt.number, attempt.transport.name());
        let started = Timestamp::parse_rfc3339(&attempt.started);
        let at = started.map(|at| at.beijing("%Y-%m-%d %H:%M:%S%.3f")).unwrap_or_default();
        let steps = attempt.stages.all().iter().map(|stage| StepRow {
            title: stage.step.title().get(lang),
            at: started.map(|at| after(at, stage.ms).beijing("%H:%M:%S%.3f")).unwrap_or_default(),
            ms: grouped(u64::from(stage.ms)),
            evidence: cell(&stage.evidence),
        });
        AttemptRow {
            title: say!(lang, "第{n}次　{transport}　{at}（北京时间）", "Call {n} · {transport} · {at} Beijing time"),
            facts: facts(attempt, lang),
            steps: steps.collect(),
        }
    };
    record.attempts.iter().take(MAX_ATTEMPTS).map(row).collect()
}

fn after(at: Timestamp, ms: u32) -> Timestamp {
    Timestamp::from_micros(at.micros().saturating_add(i64::from(ms) * 1_000))
}

fn facts(attempt: &Attempt, lang: Lang) -> Vec<(String, String)> {
    let dash = || "—".to_owned();
    let mut rows = vec![("Call-ID".to_owned(), cell(&attempt.call_id))];
    if let Some(ends) = &attempt.ends {
        let (way, ours, theirs) = (cell(&ends.signalling.transport), cell(&ends.signalling.ours), cell(&ends.signalling.theirs));
        rows.push((
            say!(lang, "信令地址", "signalling"),
            say!(lang, "{way}　本工具 {ours}　平台 {theirs}", "{way}, ours {ours}, the platform's {theirs}"),
        ));
        if let Some(media) = &ends.media {
            let told = media.told.as_deref().map_or_else(dash, cell);
            let (ours, seen) = (cell(&media.ours), media.seen.as_deref().map_or_else(dash, cell));
            rows.push((
                say!(lang, "媒体地址", "media"),
                say!(
                    lang,
                    "收流 {ours}　对方声明 {told}　首包来自 {seen}",
                    "asked for at {ours}, announced from {told}, first packet from {seen}"
                ),
            ));
        }
        let ssrc = &ends.ssrc;
        let (asked, answered) = (cell(&ssrc.asked), ssrc.answered.as_deref().map_or_else(dash, cell));
        let seen = ssrc.seen.as_deref().map_or_else(dash, cell);
        rows.push((
            "SSRC".to_owned(),
            say!(lang, "要求 {asked}　应答 {answered}　实收 {seen}", "asked {asked}, answered {answered}, seen {seen}"),
        ));
        if let Some(clock) = &ends.clock {
            rows.push((say!(lang, "对方时钟", "the peer's clock"), peer_clock(clock, lang)));
        }
    }
    let answer = match attempt.status {
        Some(status) => format!("{status} {}", cell(&attempt.reason)),
        None => say!(lang, "没有最终应答", "no final answer"),
    };
    rows.push((say!(lang, "应答", "answer"), answer));
    if !attempt.body.is_empty() {
        rows.push((say!(lang, "拒绝所附内容", "what the refusal carried"), cell(&attempt.body)));
    }
    let media = &attempt.media;
    let (packets, octets, lost) = (grouped(media.packets), bytes(media.bytes), grouped(media.lost));
    rows.push((
        say!(lang, "实收码流", "media received"),
        say!(lang, "{packets} 包（{octets}），丢失 {lost} 包", "{packets} packets ({octets}), {lost} lost"),
    ));
    if let Some(picture) = &attempt.picture {
        let codec = cell(&picture.codec);
        rows.push((say!(lang, "画面", "picture"), format!("{codec} {}x{}", picture.width, picture.height)));
    }
    let cause = match attempt.cause {
        Some(cause) => format!("{} {}", cause.title().get(lang), cell(&attempt.detail)),
        None => say!(lang, "限时内出图", "a picture within the limit"),
    };
    rows.push((say!(lang, "本次结果", "what it came to"), cause.trim_end().to_owned()));
    rows.push((say!(lang, "会话结束", "how it ended"), ending(attempt.ending).get(lang).to_owned()));
    if !attempt.oddities.is_empty() {
        rows.push((say!(lang, "与标准不符、已容忍", "put up with"), cell(&attempt.oddities.join(" "))));
    }
    rows
}

const fn ending(ending: Ending) -> Text {
    match ending {
        Ending::Bye => Text::new("本工具 BYE，已获应答", "our BYE, answered"),
        Ending::ByeUnanswered => Text::new("本工具 BYE，未获应答", "our BYE, not answered"),
        Ending::PeerBye => Text::new("对方 BYE", "the peer's BYE"),
        Ending::Cancel => Text::new("CANCEL", "CANCEL"),
        Ending::Refused => Text::new("被拒绝，没有会话", "refused, there was no session"),
        Ending::Silence => Text::new("无应答，CANCEL", "no answer, CANCEL"),
        Ending::NotSent => Text::new("没有发出", "nothing was sent"),
        Ending::StillOpen => Text::new("抓包结束时仍未结束", "still open when the capture ended"),
    }
}

fn ours(report: &Report) -> Vec<(String, String)> {
    let lang = report.lang;
    let header = &report.header;
    let mut rows = vec![(say!(lang, "检测方编码", "auditor"), cell(&header.local_id))];
    let (id, address, agent) = (cell(&header.platform.id), cell(&header.platform.address), cell(&header.platform.user_agent));
    rows.push((say!(lang, "平台", "platform"), format!("{id} {address} {agent}").trim_end().to_owned()));
    rows.extend(super::soundness::rows(report));
    let profile = &report.profile;
    let limit = grouped(profile.output.first_frame_ms);
    let name = cell(&profile.id);
    rows.push((
        say!(lang, "口径", "profile"),
        say!(lang, "{name}：点播后 {limit} 毫秒内出图", "{name}: a picture within {limit} ms of the call"),
    ));
    rows
}

/// Base 64 of RFC 4648, so that the page is one file.
pub(super) fn data_uri(jpeg: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::from("data:image/jpeg;base64,");
    for three in jpeg.chunks(3) {
        let octet = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = octet(0) << 16 | octet(1) << 8 | octet(2);
        for place in 0..4_usize {
            let digit = usize::try_from(bits >> (18 - 6 * place) & 63).unwrap_or(0);
            let digit = DIGITS.get(digit).copied().map_or('=', char::from);
            out.push(if place <= three.len() { digit } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_written_in_base_64() {
        let of = |octets: &[u8]| data_uri(octets).split_once(',').unwrap().1.to_owned();
        assert_eq!(
            [of(b""), of(b"f"), of(b"fo"), of(b"foo"), of(b"foob")],
            ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="].map(String::from)
        );
    }
}
