//! What stands on the screen when a run has ended.

use std::fmt::Write as _;

use super::Report;
use super::waivers::Shown;
use crate::base::fraction::Fraction;
use crate::base::lang::{Lang, Text, say};
use crate::base::text::{excerpt, fit, grouped, pad, pad_left};
use crate::base::time::Timestamp;
use crate::catalog::{CatalogState, Kind};
use crate::evidence::heard::HeardKind;
use crate::evidence::seal::Hashes;
use crate::evidence::{Incomplete, Mode, ProbePlan};
use crate::indicator::{Interval, RateResult, RateVerdict, RateWhy};
use crate::probe::outcome::Blame;
use crate::profile::RateId;
use crate::rules::FieldId;

/// Width of the screen the table is made for.
const WIDTH: usize = 78;

/// N/D for people: `2,301/2,996`.
#[must_use]
pub fn ratio(value: Fraction) -> String {
    format!("{}/{}", grouped(value.numerator), grouped(value.denominator))
}

/// A percentage with its sign, or a dash.
#[must_use]
pub fn percent(value: Fraction) -> String {
    value.percent().map_or_else(|| "—".to_owned(), |p| format!("{p}%"))
}

/// The last column of a rate: what is missing.
#[must_use]
pub fn remark(rate: &RateResult, lang: Lang) -> String {
    let Some(value) = rate.value else { return whys(&rate.why, lang) };
    let mut parts = Vec::new();
    if !rate.why.is_empty() {
        parts.push(whys(&rate.why, lang));
    }
    let needs = rate.needs();
    if needs > 0 {
        parts.push(say!(lang, "{needs} 路", "{needs} more"));
    }
    if rate.doubtful > 0 {
        let (doubtful, best) = (rate.doubtful, rate.best().map(percent).unwrap_or_default());
        parts.push(say!(lang, "存疑 {doubtful} 路，最高可达 {best}", "{doubtful} doubtful, at best {best}"));
    }
    if let Some(Interval { low, high, of }) = rate.interval {
        let show = |n: u32| format!("{}.{:02}%", n / 100, n % 100);
        let (low, high, n) = (show(low), show(high), grouped(value.denominator));
        parts.push(match of.map(grouped) {
            None => say!(lang, "抽样 {n} 路，95% 区间 {low}—{high}", "sample of {n}, 95 % interval {low} to {high}"),
            Some(of) => say!(
                lang,
                "点播 {n} 路即止，{of} 路的 95% 区间 {low}—{high}",
                "ended after {n}, 95 % interval of all {of}: {low} to {high}"
            ),
        });
    }
    if parts.is_empty() { "—".to_owned() } else { parts.join(say!(lang, "；", "; ").as_str()) }
}

fn whys(whys: &[RateWhy], lang: Lang) -> String {
    whys.iter().map(|w| w.text.get(lang)).collect::<Vec<_>>().join(say!(lang, "；", "; ").as_str())
}

/// Beginning and end in Beijing time, named.
#[must_use]
pub fn period(report: &Report) -> String {
    span(report.header.started(), report.header.finished(), report.lang)
}

/// From one time to another, in Beijing time, named.
#[must_use]
pub fn span(from: Timestamp, to: Timestamp, lang: Lang) -> String {
    let day = from.beijing("%Y-%m-%d");
    // Files are judged as of a day and take no time of their own.
    if from == to && from.beijing("%H:%M:%S") == "00:00:00" {
        return say!(lang, "判断日期 {day}（北京时间）", "as of {day} (Beijing time)");
    }
    let (from, to_day, to) = (from.beijing("%H:%M"), to.beijing("%Y-%m-%d"), to.beijing("%H:%M"));
    let to = if day == to_day { to } else { format!("{to_day} {to}") };
    say!(lang, "{day} {from}—{to}（北京时间）", "{day} {from} to {to} (Beijing time)")
}

/// The whole summary.
#[must_use]
pub fn render(report: &Report) -> String {
    let lang = report.lang;
    let header = &report.header;
    let catalog = &report.catalog;
    let mut out = String::new();
    let name = excerpt(&header.platform.name, 24);
    let (when, run) = (period(report), &header.run_id);
    let _ =
        writeln!(out, "{}", say!(lang, "{name}  指标4 视频监控设施检测结果", "{name}  indicator 4, video surveillance: results"));
    let _ = writeln!(out, "{}", say!(lang, "{when}  批次 {run}", "{when}  run {run}"));
    let _ = writeln!(out, "{}", platform_line(report));
    let _ = writeln!(out, "{}", catalog_line(report));
    let _ = writeln!(out, "{}", shared_line(report));
    if let Some(carried) = super::html::prose::carried(report) {
        let _ = writeln!(out, "{}{carried}", pad(Text::new("点播", "calls").get(lang), 10));
    }
    for (title, text) in super::told(report).into_iter().chain(super::told_of_calls(report)) {
        let _ = writeln!(out, "{}{text}", pad(title.get(lang), 10));
    }
    for (title, text) in super::measures::told(report) {
        let _ = writeln!(out, "{}{text}", pad(title.get(lang), 10));
    }
    if let Some((title, text)) = super::soundness::controls(report) {
        let _ = writeln!(out, "{}{text}", pad(title.get(lang), 12));
    }
    if let Some(text) = super::tree::told(report) {
        let _ = writeln!(out, "{}{text}", pad(Text::new("目录树", "tree").get(lang), 10));
    }
    let (profile, version) = (&report.profile.id, report.profile.version);
    let confirmed = super::confirmation::line(header.confirmation.as_ref(), &report.profile, lang);
    let _ = writeln!(
        out,
        "{}",
        say!(lang, "口径      {profile} 第{version}版   {confirmed}", "profile   {profile} version {version}, {confirmed}")
    );
    let Hashes { sm3, sha256 } = &report.head;
    let _ = writeln!(out, "{}", say!(lang, "证据摘要  SM3 {sm3}", "digest    SM3 {sm3}"));
    let _ = writeln!(out, "          SHA-256 {sha256}");
    if report.regions.historic {
        let day = &report.regions.as_of;
        let _ = writeln!(
            out,
            "{}",
            say!(
                lang,
                "判断日期  {day}：行政区划按当年的代码判断",
                "as of     {day}: regions are judged by the codes of that year"
            )
        );
    }
    let unclassified = report.nodes.iter().filter(|n| n.kind == Kind::Unclassified).count() as u64;
    if unclassified > 0 {
        let n = grouped(unclassified);
        let _ = writeln!(
            out,
            "{}",
            say!(
                lang,
                "无法归类  {n} 条：编码看不出是否摄像机，未计入；见 nodes.jsonl",
                "unclear   {n} items whose code does not tell a camera, not counted; see nodes.jsonl"
            )
        );
    }
    if let Some(incomplete) = header.incomplete {
        let why = incomplete.text().get(lang);
        let _ =
            writeln!(out, "{}", say!(lang, "未完成    {why}；已测部分照常保留", "incomplete {why}; what was measured is kept"));
        if incomplete == Incomplete::NeverRegistered {
            let _ = writeln!(out, "{}", why_never(report));
        }
    }
    out.push_str(&rate_table(&report.rates, &report.asked, lang, |rate, out| {
        if rate.id == RateId::Compliance && rate.value.is_some() {
            let counted = rate.value.is_some_and(|v| v.denominator > 0);
            if counted {
                let _ = writeln!(out, "    {}", fields_line(report));
                let _ = writeln!(out, "    {}", readings_line(report));
            }
        }
    }));
    if let Some(line) = causes_line(report) {
        let _ = writeln!(out, "{line}");
    }
    if let Some(waivers) = Shown::of(report) {
        let _ = writeln!(out, "{}", waivers.summary());
    }
    let _ = writeln!(out, "{}", overall_line(report));
    if catalog.state == CatalogState::Complete && catalog.received == 0 && header.mode == Mode::Live {
        let _ = writeln!(
            out,
            "{}",
            say!(
                lang,
                "平台已应答，但目录为 0 条：请检查平台上是否已做“通道共享”",
                "The platform answered with an empty catalogue: see whether any channel is shared with us"
            )
        );
    }
    out
}

/// The table of the rates between two rules; `below` adds lines under a rate.
pub(super) fn rate_table(rates: &[RateResult], asked: &[RateId], lang: Lang, below: impl Fn(&RateResult, &mut String)) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}", "-".repeat(WIDTH));
    let columns = match lang {
        Lang::Zh => ["指标", "达到/应有", "比率", "要求", "结论", "还差"],
        Lang::En => ["rate", "reached/due", "percent", "needed", "verdict", "missing"],
    };
    let row = |cells: [&str; 6]| {
        let [id, ratio, percent, needed, verdict, rest] = cells;
        let (w_id, w_verdict) = if lang == Lang::Zh { (14, 10) } else { (18, 19) };
        format!(
            "{}{}  {}  {}  {}{rest}",
            pad(id, w_id),
            pad_left(ratio, 13),
            pad_left(percent, 8),
            pad_left(needed, 6),
            pad(verdict, w_verdict)
        )
    };
    let _ = writeln!(out, "{}", row(columns));
    for rate in rates {
        let title = rate.id.title().get(lang);
        if !asked.contains(&rate.id) {
            let left_out = say!(lang, "本次不作答", "not asked");
            let _ = writeln!(out, "{}", row([title, "—", "—", "", &left_out, ""]));
            continue;
        }
        let ratio = rate.value.map_or_else(|| "—".to_owned(), ratio);
        let percent = rate.value.map_or_else(|| "—".to_owned(), percent);
        let needed = format!("≥{}%", rate.threshold);
        let verdict = rate.verdict.title().get(lang);
        let _ = writeln!(out, "{}", row([title, &ratio, &percent, &needed, verdict, &remark(rate, lang)]));
        below(rate, &mut out);
    }
    let _ = writeln!(out, "{}", "-".repeat(WIDTH));
    out
}

fn platform_line(report: &Report) -> String {
    let lang = report.lang;
    let p = &report.header.platform;
    if report.header.mode == Mode::File {
        let files = excerpt(&p.name, 50);
        if !p.address.is_empty() {
            let (id, transport, address) = (excerpt(&p.id, 24), &p.transport, excerpt(&p.address, 50));
            return say!(
                lang,
                "来源      抓包 {files}：平台 {id}（{transport} {address}，未连接平台）",
                "source    capture {files}: platform {id} ({transport} {address}, no platform was contacted)"
            );
        }
        return say!(lang, "来源      文件 {files}（未连接平台，未点播）", "source    files {files} (no platform, no probing)");
    }
    let role = match (lang, p.role.as_str()) {
        (Lang::Zh, "superior") => "上级平台",
        (Lang::Zh, _) => "下级平台",
        (Lang::En, "superior") => "superior platform",
        (Lang::En, _) => "subordinate platform",
    };
    let source = match (lang, p.edition_source.as_str()) {
        (Lang::Zh, "setting") => "设置",
        (Lang::Zh, "header") => "平台声明",
        (Lang::Zh, _) => "推定",
        (Lang::En, "setting") => "set",
        (Lang::En, "header") => "declared",
        (Lang::En, _) => "assumed",
    };
    let transport = match p.transport.as_str() {
        "" => Text::new("未连接", "not connected").get(lang),
        transport => transport,
    };
    let (name, id, edition) = (excerpt(&p.name, 24), &p.id, &p.edition);
    say!(
        lang,
        "被测平台  {name} {id}（{role}，{transport}，GB/T 28181-{edition}，{source}）",
        "platform  {name} {id} ({role}, {transport}, GB/T 28181-{edition}, {source})"
    )
}

/// What the catalogue is, in a word.
#[must_use]
pub fn state_text(report: &Report) -> String {
    let lang = report.lang;
    let why = report.catalog.why.iter().map(|w| w.text.get(lang)).collect::<Vec<_>>().join(say!(lang, "；", "; ").as_str());
    let state = report.catalog.state.title().get(lang);
    if report.catalog.state.voids() { say!(lang, "{state}（{why}）", "{state} ({why})") } else { state.to_owned() }
}

/// What stands beside every number made on a catalogue that is incomplete or disputed.
#[must_use]
pub fn stamp(report: &Report) -> Option<String> {
    report.catalog.state.voids().then(|| {
        let state = state_text(report);
        say!(
            report.lang,
            "目录应答{state}：数字照列，但不能作为结论。",
            "Catalogue {state}: the numbers are shown, and decide nothing."
        )
    })
}

fn catalog_line(report: &Report) -> String {
    let lang = report.lang;
    let c = &report.catalog;
    let (declared, received, missing) = (grouped(c.declared), grouped(c.received), grouped(c.missing));
    let (cameras, state) = (grouped(report.cameras.len() as u64), state_text(report));
    if c.state == CatalogState::Unstated {
        return say!(
            lang,
            "目录      实收 {received} 条；其中摄像机 {cameras} 路        {state}",
            "catalogue {received} items, {cameras} of them cameras        {state}"
        );
    }
    say!(
        lang,
        "目录应答  对方声明 {declared} 条，实收 {received} 条，缺 {missing} 条；其中摄像机 {cameras} 路        {state}",
        "catalogue declared {declared}, received {received}, missing {missing}; {cameras} cameras        {state}"
    )
}

/// Why nobody registered, as far as the signalling port has heard.
fn why_never(report: &Report) -> String {
    let lang = report.lang;
    let own = &report.header.platform.id;
    let of = |kind: HeardKind| report.header.heard.iter().filter(move |h| h.kind == kind);
    let wrong = of(HeardKind::WrongPassword).filter(|h| h.detail.contains(own.as_str())).count();
    let stranger = of(HeardKind::Stranger).next().map(|h| excerpt(&h.detail, 60));
    match (wrong, stranger) {
        (1.., _) => say!(
            lang,
            "          它来注册过 {wrong} 次，密码不一致：请核对双方的密码",
            "           it tried {wrong} times with another password: compare the passwords of both sides"
        ),
        (0, Some(who)) => say!(
            lang,
            "          来注册的是设置中没有的 {who}：请核对 platform.id",
            "           somebody not in the settings tried, {who}: compare platform.id"
        ),
        (0, None) => say!(
            lang,
            "          没有收到它的注册：请核对平台页面填写的地址、端口、编码和防火墙，可运行 gbaudit doctor",
            "           nothing was heard of it: compare address, port and code on its page, and the firewall; try gbaudit doctor"
        ),
    }
}

/// What is known of cameras the platform has and does not share.
#[must_use]
pub fn shared_line(report: &Report) -> String {
    let lang = report.lang;
    let p = &report.header.platform;
    let Some(expected) = p.expected else {
        return say!(lang, "共享核对  未核对平台登记总数", "shared    the platform's own total was not compared");
    };
    let cameras = report.cameras.len() as u64;
    if report.header.mode == Mode::Live && report.catalog.received == 0 {
        return say!(lang, "共享核对  未核对（没有收到目录）", "shared    not compared (there is no catalogue)");
    }
    let (total, source) = (grouped(expected), excerpt(&p.expected_source, 30));
    let source = if source.is_empty() { say!(lang, "管理员填报", "as its administrators say") } else { source };
    match expected.checked_sub(cameras) {
        Some(0) => say!(
            lang,
            "共享核对  平台登记总数 {total} 路（{source}）；与目录一致",
            "shared    the platform has {total} cameras ({source}), all of them shared"
        ),
        Some(missing) => {
            let missing = grouped(missing);
            say!(
                lang,
                "共享核对  平台登记总数 {total} 路（{source}）；未共享 {missing} 路        须说明",
                "shared    the platform has {total} cameras ({source}); {missing} are not shared, to be explained"
            )
        }
        None => {
            let more = grouped(cameras - expected);
            say!(
                lang,
                "共享核对  平台登记总数 {total} 路（{source}）；目录多出 {more} 路        须说明",
                "shared    the platform has {total} cameras ({source}); the catalogue has {more} more, to be explained"
            )
        }
    }
}

fn fields_line(report: &Report) -> String {
    let shown = FieldId::ALL
        .iter()
        .zip(report.fields)
        .map(|(field, tally)| format!("{} {}", field.title().get(report.lang), percent(tally.fraction())));
    let shown = shown.collect::<Vec<_>>().join("  ");
    say!(report.lang, "其中 {shown}", "by field: {shown}")
}

fn readings_line(report: &Report) -> String {
    let shown: Vec<String> = report
        .readings
        .iter()
        .filter(|r| matches!(r.id, "compliance.clause_only" | "compliance.pooled"))
        .map(|r| format!("{} {} = {}", r.text.get(report.lang), ratio(r.value), percent(r.value)))
        .collect();
    let shown = shown.join(say!(report.lang, "；", "; ").as_str());
    say!(report.lang, "其他算法：{shown}", "other readings: {shown}")
}

fn causes_line(report: &Report) -> Option<String> {
    if report.header.probing == ProbePlan::No { None } else { blames_line(&report.blames(), report.lang) }
}

/// Cameras without a picture, by who it is put down to.
pub(super) fn blames_line(blames: &[(Blame, u64, u64)], lang: Lang) -> Option<String> {
    let total: u64 = blames.iter().map(|(_, n, _)| n).sum();
    if total == 0 {
        return None;
    }
    let doubt = say!(lang, "（存疑）", " (doubtful)");
    let shown = blames.iter().copied().map(|(blame, all, doubtful)| {
        let mark = match doubtful {
            0 => String::new(),
            n if n == all => doubt.clone(),
            n => {
                let n = grouped(n);
                say!(lang, "（其中 {n} 存疑）", " ({n} doubtful)")
            }
        };
        format!("{} {}{mark}", blame.title().get(lang), grouped(all))
    });
    let shown = shown.collect::<Vec<_>>().join(say!(lang, "｜", " | ").as_str());
    let total = grouped(total);
    Some(say!(lang, "未出图 {total} 路：{shown}", "no picture {total}: {shown}"))
}

fn overall_line(report: &Report) -> String {
    let lang = report.lang;
    let overall = report.overall.title().get(lang);
    let verdicts: Vec<RateVerdict> = report.verdicts().collect();
    let parts: Vec<String> =
        [RateVerdict::Pass, RateVerdict::Fail, RateVerdict::Retest, RateVerdict::NotMeasurable, RateVerdict::NotApplicable]
            .into_iter()
            .filter_map(|wanted| {
                let n = verdicts.iter().filter(|v| **v == wanted).count();
                let title = wanted.title().get(lang);
                (n > 0).then(|| say!(lang, "{title}{n}项", "{n} {title}"))
            })
            .collect();
    let (n, parts) = (verdicts.len(), parts.join(say!(lang, "，", ", ").as_str()));
    let left_out: Vec<&str> =
        report.asked.iter().filter(|rate| !report.counts(**rate)).map(|rate| rate.title().get(lang)).collect();
    let left_out = match left_out.join(say!(lang, "、", ", ").as_str()) {
        none if none.is_empty() => none,
        some => say!(lang, "；{some}不计入", "; without {some}"),
    };
    fit(
        &say!(lang, "总结论  {overall}（{n}项：{parts}{left_out}）", "overall   {overall} ({n} rates: {parts}{left_out})"),
        WIDTH * 2,
    )
}
