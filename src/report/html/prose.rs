//! The parts of the page that are words: what was audited, what is missing, what was done.

use super::{OddityRow, cell, number};
use crate::base::lang::{Lang, Text, say};
use crate::base::text::bytes;
use crate::base::time::Timestamp;
use crate::catalog::Kind;
use crate::edition::Edition;
use crate::evidence::{self, ProbePlan};
use crate::profile::{Mode, RateId, RetryOn};
use crate::report::summary::{percent, period, shared_line, state_text};
use crate::report::{RegionBasis, Report, limits, told_of_calls};
use crate::rules::{FieldId, counted};

/// Lines of what was heard.
const MAX_HEARD: usize = 200;

/// What an element of DeviceInfo and DeviceStatus is called.
fn device_fact(element: &str, lang: Lang) -> String {
    let zh = match element {
        "DeviceName" => "名称",
        "Manufacturer" => "厂商",
        "Model" => "型号",
        "Firmware" => "固件",
        "Channel" => "通道数",
        "Online" => "在线",
        "Status" => "工作状态",
        _ => return cell(element),
    };
    match lang {
        Lang::Zh => zh.to_owned(),
        Lang::En => element.to_owned(),
    }
}

pub(in crate::report) fn scope(report: &Report) -> Vec<(String, String)> {
    let lang = report.lang;
    let header = &report.header;
    let p = &header.platform;
    let mut rows = Vec::new();
    let mut add = |name: String, value: String| {
        if !value.is_empty() {
            rows.push((name, value));
        }
    };
    if header.mode == evidence::Mode::File && !p.address.is_empty() {
        let (files, id) = (cell(&p.name), cell(&p.id));
        add(
            say!(lang, "来源", "source"),
            say!(lang, "抓包 {files}（未连接平台）", "capture {files} (no platform was contacted)"),
        );
        add(say!(lang, "被测平台", "platform"), id);
        let edition = &p.edition;
        add(say!(lang, "标准版本", "edition"), say!(lang, "GB/T 28181-{edition}", "GB/T 28181-{edition}"));
        add(say!(lang, "信令", "signalling"), p.transport.clone());
        add(say!(lang, "平台自称", "it calls itself"), cell(&p.user_agent));
    } else if header.mode == evidence::Mode::File {
        let files = cell(&p.name);
        add(
            say!(lang, "来源", "source"),
            say!(lang, "文件 {files}（未连接平台，未点播）", "files {files} (no platform, no probing)"),
        );
    } else {
        add(say!(lang, "被测平台", "platform"), format!("{} {}", cell(&p.name), cell(&p.id)));
        let role = match p.role.as_str() {
            "superior" => say!(lang, "上级平台（本工具向其注册）", "superior platform (we registered with it)"),
            _ => say!(lang, "下级平台（向本工具注册）", "subordinate platform (it registered with us)"),
        };
        add(say!(lang, "身份", "role"), role);
        let (edition, transport) = (&p.edition, &p.transport);
        let source = match p.edition_source.as_str() {
            "setting" => say!(lang, "设置", "set"),
            "header" => say!(lang, "平台声明", "declared"),
            _ => say!(lang, "推定", "assumed"),
        };
        let source = match &header.witnesses.gb_version {
            Some(version) => format!("{source}{}X-GB-Ver {}", say!(lang, "，", ", "), cell(version)),
            None => source,
        };
        add(say!(lang, "标准版本", "edition"), say!(lang, "GB/T 28181-{edition}（{source}）", "GB/T 28181-{edition} ({source})"));
        add(say!(lang, "信令", "signalling"), transport.clone());
        add(say!(lang, "平台自称", "it calls itself"), cell(&p.user_agent));
        let told: Vec<String> =
            p.device.iter().map(|(name, value)| format!("{} {}", device_fact(name, lang), cell(value))).collect();
        add(say!(lang, "平台自述", "it says of itself"), told.join(say!(lang, "；", "; ").as_str()));
    }
    let regions = if header.jurisdiction.is_empty() {
        say!(lang, "未设置，不核对", "none set, not checked")
    } else {
        header.jurisdiction.join("、")
    };
    add(say!(lang, "辖区", "jurisdiction"), regions);
    let cameras = number(report.cameras.len() as u64);
    add(say!(lang, "摄像机", "cameras"), say!(lang, "{cameras} 路", "{cameras}"));
    let unclassified = report.nodes.iter().filter(|n| n.kind == Kind::Unclassified).count() as u64;
    if unclassified > 0 {
        let unclassified = number(unclassified);
        add(say!(lang, "无法归类", "unclassified"), say!(lang, "{unclassified} 条，不计入", "{unclassified}, not counted"));
    }
    let shared = shared_line(report);
    add(say!(lang, "共享核对", "shared"), shared.trim_start_matches("共享核对").trim_start_matches("shared").trim().to_owned());
    match header.probing {
        ProbePlan::All => (),
        ProbePlan::No => add(say!(lang, "点播", "probing"), say!(lang, "本次未点播", "none")),
        ProbePlan::Captured => add(
            say!(lang, "点播", "probing"),
            say!(
                lang,
                "抓包中他人所做的点播；未被点播的摄像机按未检测计",
                "calls others made while the capture ran; cameras nobody called count as not tested"
            ),
        ),
        ProbePlan::Named(n) => {
            add(say!(lang, "点播", "probing"), say!(lang, "只点播指定的 {n} 个编码", "{n} codes that were named"));
        }
        ProbePlan::Limit(n) => add(say!(lang, "点播", "probing"), say!(lang, "试运行，只点播 {n} 路", "a trial of {n} cameras")),
        ProbePlan::Sample { size, seed } => {
            add(say!(lang, "点播", "probing"), say!(lang, "抽查 {size} 路，种子 {seed}", "a sample of {size}, seed {seed}"));
        }
    }
    if let Some(first) = header.conduct.first {
        let (new, changed, flapping) = (number(first.never_seen), number(first.changed), number(first.flapping));
        add(
            say!(lang, "点播顺序", "called first"),
            say!(
                lang,
                "先点播此前没有的 {new} 路、记录有变的 {changed} 路、时好时坏的 {flapping} 路（不影响结果）",
                "{new} never seen, {changed} changed, {flapping} that come and go (nothing depends on it)"
            ),
        );
    }
    rows
}

/// After what a camera is called again.
fn retries(again: &RetryOn, lang: Lang) -> String {
    let words = [
        (again.timeout, Text::new("无应答", "no answer")),
        (again.no_rtp, Text::new("有应答无码流", "answered, no media")),
        (again.damaged, Text::new("码流途中丢包、损坏", "media damaged on its way")),
    ];
    let words = words.into_iter().filter(|(asked, _)| *asked).map(|(_, text)| text.get(lang).to_owned());
    let all: Vec<String> = words.chain(again.statuses.iter().map(ToString::to_string)).collect();
    if all.is_empty() { say!(lang, "不再点播", "never") } else { all.join(say!(lang, "、", ", ").as_str()) }
}

pub(in crate::report) fn profile(report: &Report) -> Vec<(String, String)> {
    let lang = report.lang;
    let p = &report.profile;
    let seconds = |ms: u64| format!("{}.{}", ms / 1_000, ms % 1_000 / 100).trim_end_matches(".0").to_owned();
    let (limit, listen) = (seconds(p.output.first_frame_ms), seconds(p.output.listen_ms));
    let attempts = p.output.attempts;
    let edition = Edition::parse(&report.header.platform.edition).unwrap_or(Edition::Gb2016);
    let mut rows = vec![
        (say!(lang, "口径", "profile"), {
            let (id, version, title) = (&p.id, p.version, p.title(lang));
            say!(lang, "{id} 第{version}版　{title}", "{id} version {version}, {title}")
        }),
        (say!(lang, "口径哈希", "hash"), p.hash()),
        (
            say!(lang, "出图", "a picture"),
            say!(
                lang,
                "发出点播后 {limit} 秒内收齐可解码的关键帧；继续监听到 {listen} 秒作为证据；每路最多点播 {attempts} 次",
                "a key frame that decodes, complete within {limit} s of the call; listened to until {listen} s as evidence; at most {attempts} calls a camera"
            ),
        ),
        (say!(lang, "再次点播", "called again"), retries(&p.output.retry_on, lang)),
        (say!(lang, "计入合规率的规则", "rules that count"), counted(&p.compliance, edition).join(" ")),
    ];
    if p.output.observe_ms > 0 {
        let observe = seconds(p.output.observe_ms);
        rows.push((
            say!(lang, "画面静止", "frozen"),
            say!(lang, "出图后最多再观察 {observe} 秒", "a call with a picture goes on for up to {observe} s"),
        ));
    }
    rows.push((say!(lang, "区划依据", "regions by"), regions(report)));
    if !p.compliance.off.is_empty() {
        rows.push((say!(lang, "不检查的规则", "rules not asked"), p.compliance.off.join(" ")));
    }
    let unread: Vec<_> = FieldId::ALL.into_iter().filter(|f| p.compliance.mode(f.key()) == Mode::Off).collect();
    if !unread.is_empty() {
        let names = unread.iter().map(|f| f.title().get(lang)).collect::<Vec<_>>().join(say!(lang, "、", ", ").as_str());
        let shown = say!(lang, "{names}（不判断，按合规计）", "{names} (not judged, counted as in order)");
        rows.push((say!(lang, "不判断的字段", "fields not judged"), shown));
    }
    rows
}

/// What regions and positions were judged by.
fn regions(report: &Report) -> String {
    let lang = report.lang;
    let RegionBasis { as_of, codes_until, statistics_until, tolerance_m, .. } = &report.regions;
    let codes = say!(
        lang,
        "判断日期 {as_of}；区划代码截至 {codes_until}，功能区和乡镇截至 {statistics_until}",
        "day of judgment {as_of}; region codes as known on {codes_until}, zones and towns on {statistics_until}"
    );
    let outlines = match (report.regions.own_outlines, report.regions.datum_known) {
        (false, _) => say!(lang, "内置区县边界", "built-in outlines"),
        (true, true) => say!(lang, "自备区县边界", "outlines of your own"),
        (true, false) => say!(lang, "自备区县边界，坐标系未写明", "outlines of your own, datum not stated"),
    };
    let band = say!(lang, "边界外 {tolerance_m:.0} 米以内只作提示", "up to {tolerance_m:.0} m outside is a remark only");
    say!(lang, "{codes}；{outlines}，{band}", "{codes}; {outlines}, {band}")
}

/// What stands beside the conclusion of the rates.
pub(in crate::report) fn caveats(report: &Report) -> Vec<String> {
    [carried(report), unshared(report)].into_iter().flatten().collect()
}

/// Pictures of another day.
pub(in crate::report) fn carried(report: &Report) -> Option<String> {
    let carried = report.header.carried.as_ref()?;
    let (run, at) = (&carried.run, Timestamp::from_micros(carried.at).beijing("%Y-%m-%d %H:%M"));
    Some(say!(
        report.lang,
        "本次只复查目录和记录，没有点播；点播结果沿用批次 {run}（{at}），其后新增的摄像机按未检测计。",
        "This run looked at catalogue and records only; the calls are those of run {run} ({at}), cameras new since then count as not tested."
    ))
}

/// Cameras the platform has and did not share: the rates know nothing of them.
fn unshared(report: &Report) -> Option<String> {
    let cameras = report.cameras.len() as u64;
    let missing = report.header.platform.expected?.checked_sub(cameras).filter(|n| *n > 0 && cameras > 0)?;
    let (missing, cameras) = (number(missing), number(cameras));
    Some(say!(
        report.lang,
        "平台登记的摄像机中有 {missing} 路未共享，须说明；以上比率只针对已共享的 {cameras} 路。",
        "{missing} of the platform's cameras are not shared, to be explained; the rates speak of the {cameras} that are."
    ))
}

pub(in crate::report) fn advice(report: &Report) -> Vec<String> {
    let lang = report.lang;
    let mut lines: Vec<String> = report
        .rates
        .iter()
        .filter(|r| report.asked.contains(&r.id) && r.value.is_some() && r.needs() > 0)
        .map(|rate| {
            let (title, needs, threshold) = (rate.id.title().get(lang), number(rate.needs()), rate.threshold);
            say!(lang, "{title}：还差 {needs} 路达到 {threshold}%。", "{title}: {needs} more reach {threshold} %.")
        })
        .collect();
    if report.cameras.is_empty() {
        lines.push(say!(lang, "没有已测量的指标。", "No rate was measured."));
    } else if lines.is_empty() {
        lines.push(say!(lang, "已测量的指标没有差额。", "The measured rates lack nothing."));
    } else if !report.recorders.is_empty() {
        lines.push(say!(
            lang,
            "下表按未出图与不合规之和排列。具体改哪些、改后能否达标，见 gbaudit fix 的整改清单。",
            "By the sum of what each recorder lacks. What to change, and whether that reaches the threshold: gbaudit fix."
        ));
    }
    lines
}

pub(in crate::report) fn doubts(report: &Report) -> Vec<String> {
    let lang = report.lang;
    let lines = report.rates.iter().filter(|r| r.doubtful > 0 && report.asked.contains(&r.id)).map(|rate| {
        let (title, n, best) = (rate.id.title().get(lang), number(rate.doubtful), rate.best().map(percent).unwrap_or_default());
        match rate.id {
            RateId::Compliance => say!(
                lang,
                "{title}：{n} 路有字段无法判断，留在分母中、不计入分子；全部合规时可达 {best}。",
                "{title}: {n} cameras have a field that cannot be told; they stay in the denominator, and at best it is {best}."
            ),
            _ => {
                let doubtful = report.whys.iter().filter(|(why, _)| why.doubtful);
                let causes: Vec<&str> = doubtful.map(|(why, _)| why.title.get(lang)).collect();
                let causes = causes.join(say!(lang, "、", ", ").as_str());
                say!(
                    lang,
                    "{title}：存疑 {n} 路，原因为{causes}；留在分母中、不计入分子，全部出图时可达 {best}。",
                    "{title}: {n} cameras are doubtful, because of: {causes}; they stay in the denominator, and at best it is {best}."
                )
            }
        }
    });
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() { vec![say!(lang, "没有存疑的摄像机。", "No camera is doubtful.")] } else { lines }
}

pub(in crate::report) fn process(report: &Report) -> Vec<(String, String)> {
    let lang = report.lang;
    let header = &report.header;
    let f = header.footprint;
    let mut rows = vec![(say!(lang, "起止", "from and to"), period(report))];
    for resumed in &header.resumed {
        let at = crate::base::time::Timestamp::from_micros(resumed.at).beijing("%Y-%m-%d %H:%M:%S");
        let kept = number(resumed.kept);
        let catalogue = if resumed.catalogue {
            say!(lang, "沿用此前的目录", "the catalogue of before")
        } else {
            say!(lang, "目录重新收取", "the catalogue asked for anew")
        };
        rows.push((
            say!(lang, "续检", "gone on with"),
            say!(
                lang,
                "{at}（北京时间）起；此前已有结论的 {kept} 路不再点播；{catalogue}",
                "from {at} Beijing time; {kept} cameras settled before were not called again; {catalogue}"
            ),
        ));
    }
    if header.mode == evidence::Mode::Live {
        let (local, address) = (&header.local_id, cell(&header.platform.address));
        rows.push((say!(lang, "检测方编码", "auditor"), local.clone()));
        rows.push((say!(lang, "平台地址", "address of the platform"), address));
        rows.push((say!(lang, "查询", "queries"), number(f.queries)));
        let (invites, peak) = (number(f.invites), number(f.peak_sessions));
        rows.push((
            say!(lang, "点播", "calls"),
            say!(lang, "{invites} 次，同时最多 {peak} 路", "{invites}, at most {peak} at once"),
        ));
        let (dialogs, ended) = (number(f.dialogs), number(f.ended));
        let (cancelled, silent, theirs) = (number(f.cancelled), number(f.byes_unanswered), number(f.ended_by_peer));
        rows.push((
            say!(lang, "会话", "sessions"),
            say!(
                lang,
                "建立 {dialogs}，挂断 {ended}（其中对方挂断 {theirs}），取消 {cancelled}；BYE 无应答 {silent}",
                "{dialogs} made, {ended} hung up ({theirs} by the other side), {cancelled} cancelled; {silent} BYEs unanswered"
            ),
        ));
        if f.replayed + f.replayed_unanswered + f.late_answers > 0 {
            let (ended, silent, late) = (number(f.replayed), number(f.replayed_unanswered), number(f.late_answers));
            rows.push((
                say!(lang, "此前遗留的会话", "sessions left over"),
                say!(
                    lang,
                    "上次中断遗留、本次开始时挂断 {ended}，仍无应答 {silent}；迟到的应答 {late}，均已确认并挂断",
                    "{ended} of a killed run were ended at the start of this one, {silent} still unanswered; {late} late answers, each acknowledged and hung up"
                ),
            ));
        }
        rows.push((say!(lang, "接收码流", "media received"), bytes(f.media_bytes)));
        rows.extend(super::super::soundness::rows(report));
    }
    rows.extend(told_of_calls(report).into_iter().map(|(title, text)| (title.get(lang).to_owned(), text)));
    rows.extend(limits::rows(report).into_iter().map(|text| (say!(lang, "逐台上限", "one by one"), text)));
    if header.masked_passwords > 0 {
        let n = number(header.masked_passwords);
        rows.push((
            say!(lang, "设备口令", "device passwords"),
            say!(lang, "收到 {n} 个，存储前已抹去", "{n} received, masked before anything was kept"),
        ));
    }
    rows.push((
        say!(lang, "证据", "evidence"),
        say!(
            lang,
            "evidence.db（平台原文与每次点播的记录），gbaudit report 可据此重新生成本报告",
            "evidence.db (what the platform sent, every call); gbaudit report draws this page from it again"
        ),
    ));
    rows
}

pub(in crate::report) fn heard(report: &Report) -> Vec<(String, String)> {
    let shown = report.header.heard.iter().take(MAX_HEARD);
    shown
        .map(|heard| {
            let at = crate::base::time::Timestamp::from_micros(heard.at).beijing("%H:%M:%S");
            (at, heard.render(report.lang))
        })
        .collect()
}

pub(in crate::report) fn catalog(report: &Report) -> Vec<(String, String)> {
    let lang = report.lang;
    let c = &report.catalog;
    vec![
        (say!(lang, "状态", "state"), state_text(report)),
        (say!(lang, "声明数", "declared"), number(c.declared)),
        (say!(lang, "实收数", "received"), number(c.received)),
        (say!(lang, "缺失", "missing"), number(c.missing)),
        (say!(lang, "重复", "repeated"), number(c.duplicates)),
        (say!(lang, "未请求而收到", "unsolicited"), number(c.unsolicited)),
        (say!(lang, "编码重复", "codes used twice"), number(c.collisions)),
        (say!(lang, "从损坏报文抢救", "salvaged"), number(c.salvaged)),
        (say!(lang, "报文", "messages"), number(c.messages)),
    ]
}

pub(super) fn oddities(report: &Report) -> Vec<OddityRow> {
    let row = |(kind, count, example): (crate::base::oddity::OddityKind, u64, &str)| OddityRow {
        text: kind.text.get(report.lang),
        count: number(count),
        example: cell(example),
    };
    report.catalog.oddities.iter().map(row).collect()
}

pub(in crate::report) fn made_by(report: &Report) -> String {
    let (version, run) = (&report.header.version, &report.header.run_id);
    say!(
        report.lang,
        "由 gbaudit {version} 生成，批次 {run}。同一证据在任何机器上生成的报告逐字节相同。",
        "Made by gbaudit {version}, run {run}. The same evidence gives the same report, to the byte, on any machine."
    )
}
