//! 目录完整性证明, for people: what was declared, what came, who agrees, and the verdict in one sentence. The page, the
//! screen and `report.json` show the same.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::base::lang::{Lang, Text, say};
use crate::base::text::{excerpt, fit, grouped, pad, pad_left};
use crate::catalog::assemble::{Basis, Changes, Part, Purpose, QueryEnd};
use crate::catalog::journal::{Entry, Journal};
use crate::catalog::notice::{Event, Notices};
use crate::catalog::sources::{Agreement, Subscribed, Testimony};
use crate::catalog::{Catalog, CatalogState};
use crate::evidence::{Header, Mode, Subscription};

/// Width of the screen the tables are made for.
const WIDTH: usize = 80;
/// Queries shown; all of them stand in `report.json`.
const MAX_PARTS: usize = 20;
/// Lines of the journal's head.
const HEAD: usize = 20;
/// Lines of its end.
const TAIL: usize = 5;
/// Damaged bodies shown.
const MAX_DAMAGED: usize = 20;
/// Codes named on the screen and the page.
const MAX_CODES: usize = 10;
/// Figures on one line.
const FIGURES: usize = 2;
/// Longest foreign text.
const MAX_TEXT: usize = 60;

/// The proof of one catalogue.
pub struct Shown<'a> {
    catalog: &'a Catalog,
    header: &'a Header,
    lang: Lang,
}

/// One query, as text.
pub(super) struct PartRow {
    pub(super) number: String,
    pub(super) about: String,
    pub(super) declared: String,
    pub(super) received: String,
    pub(super) missing: String,
    pub(super) repeated: String,
    pub(super) colliding: String,
    pub(super) salvaged: String,
    pub(super) messages: String,
    pub(super) note: String,
}

/// One source, as text.
pub(super) struct SourceRow {
    pub(super) title: &'static str,
    pub(super) counts: &'static str,
    pub(super) number: String,
    pub(super) against: String,
    pub(super) agreement: &'static str,
    pub(super) class: &'static str,
    pub(super) why: String,
}

/// One body, as text.
pub(super) struct JournalRow {
    pub(super) at: String,
    pub(super) method: &'static str,
    pub(super) transport: String,
    pub(super) sn: String,
    pub(super) sum_num: String,
    pub(super) num: String,
    pub(super) items: String,
    pub(super) new: String,
    pub(super) repeated: String,
    pub(super) standing: String,
    pub(super) damage: String,
}

fn dash(n: Option<u64>) -> String {
    n.map_or_else(|| "—".to_owned(), grouped)
}

impl<'a> Shown<'a> {
    /// Of a catalogue.
    #[must_use]
    pub const fn new(catalog: &'a Catalog, header: &'a Header, lang: Lang) -> Self {
        Self { catalog, header, lang }
    }

    fn list(&self, texts: impl IntoIterator<Item = impl Into<String>>) -> String {
        let texts: Vec<String> = texts.into_iter().map(Into::into).collect();
        texts.join(say!(self.lang, "、", ", ").as_str())
    }

    /// The sources whose disagreement makes the catalogue disputed.
    fn disagreeing(&self) -> impl Iterator<Item = &'a Testimony> {
        let sources = self.catalog.proof.sources.iter();
        sources.filter(|t| t.source.voids() && t.agreement == Agreement::Disagrees)
    }

    /// The verdict, in one sentence for whoever signs.
    #[must_use]
    pub fn verdict(&self) -> String {
        let (c, lang) = (self.catalog, self.lang);
        let (declared, received, missing) = (grouped(c.declared), grouped(c.received), grouped(c.missing));
        let why = self.list(c.why.iter().map(|w| w.text.get(lang)));
        match c.state {
            CatalogState::Complete => {
                let how = match c.proof.basis {
                    Basis::TwoAnswers => say!(lang, "两次查询都收齐，内容一致", "both queries brought all of them, and the same"),
                    Basis::Union => say!(lang, "几次应答各有缺失，合起来收齐", "each answer came short, together they have all"),
                    Basis::Branches => {
                        let brought = grouped(c.proof.from_branches);
                        say!(
                            lang,
                            "全量应答不足，逐个分支查询补回 {brought} 条后收齐",
                            "full answers came short, queries of branches brought the missing {brought}"
                        )
                    }
                    Basis::Declared | Basis::Nothing => say!(lang, "一条不缺", "none is missing"),
                };
                say!(
                    lang,
                    "完整：平台声明 {declared} 条，收到 {received} 条，{how}。",
                    "complete: the platform declares {declared} items, {received} came, {how}."
                )
            }
            CatalogState::Incomplete => say!(
                lang,
                "不完整：{why}。平台声明 {declared} 条，收到 {received} 条，缺 {missing} 条；各项比率不作结论。",
                "incomplete: {why}. The platform declares {declared} items, {received} came, {missing} are missing; no rate is a conclusion."
            ),
            CatalogState::Disputed => {
                let who = self.list(self.disagreeing().map(|t| t.source.title().get(lang)));
                let who = if who.is_empty() {
                    say!(lang, "平台声明的总数与收到的条目", "the declared total and the items received")
                } else {
                    who
                };
                say!(
                    lang,
                    "有争议：{why}（互相不一致的来源：{who}）。平台声明 {declared} 条，收到 {received} 条；各项比率不作结论。",
                    "disputed: {why} (sources that disagree: {who}). The platform declares {declared} items, {received} came; no rate is a conclusion."
                )
            }
            CatalogState::Unstated => say!(
                lang,
                "无法证明：文件没有声明总数，只知道有 {received} 条。",
                "not provable: the files declare no total; there are {received} items."
            ),
        }
    }

    /// What the verdict does not say.
    pub(super) fn caveat(&self) -> Option<String> {
        (self.catalog.state == CatalogState::Complete && self.header.platform.expected.is_none()).then(|| {
            say!(
                self.lang,
                "完整指应答完整。平台是否共享了全部摄像机，要另与平台登记总数核对（本次未核对）。",
                "Complete means the answer. Whether the platform shares all its cameras takes its own total (not compared here)."
            )
        })
    }

    /// The figures in all.
    pub(super) fn figures(&self) -> Vec<(String, String)> {
        let (c, lang) = (self.catalog, self.lang);
        let cut_off: u64 = c.proof.parts.iter().map(|p| p.cut_off).sum();
        vec![
            (say!(lang, "声明", "declared"), grouped(c.declared)),
            (say!(lang, "实收（不重复）", "distinct"), grouped(c.received)),
            (say!(lang, "缺失", "missing"), grouped(c.missing)),
            (say!(lang, "重复收到", "repeated"), grouped(c.duplicates)),
            (say!(lang, "一码多条", "codes on several lines"), grouped(c.collisions)),
            (say!(lang, "损坏后抢救", "salvaged"), grouped(c.salvaged)),
            (say!(lang, "被截断", "cut off"), grouped(cut_off)),
            (say!(lang, "未请求的报文", "unsolicited messages"), grouped(c.unsolicited)),
            (say!(lang, "应答报文", "messages of answers"), grouped(c.messages)),
        ]
    }

    fn part(&self, part: &Part) -> PartRow {
        let lang = self.lang;
        let about = match part.purpose {
            Purpose::Full if self.header.mode == Mode::File && self.header.queries.is_empty() => {
                let sn = part.sn.map_or_else(|| "—".to_owned(), |sn| sn.to_string());
                say!(lang, "文件中 SN {sn}", "SN {sn} of the files")
            }
            Purpose::Full => say!(lang, "全量", "all"),
            Purpose::Branch => excerpt(&part.about, 20),
            Purpose::Poll => say!(lang, "结束时全量", "all, at the end"),
        };
        let mut notes = Vec::new();
        match part.end {
            QueryEnd::Refused(code) => notes.push(say!(lang, "拒绝 {code}", "refused {code}")),
            QueryEnd::Silent => notes.push(say!(lang, "无应答", "no answer")),
            QueryEnd::Interrupted => notes.push(say!(lang, "中断", "interrupted")),
            QueryEnd::Answered => (),
        }
        let mut count = |n: u64, zh: &'static str, en: &'static str| {
            if n > 0 {
                notes.push(format!("{} {}", Text::new(zh, en).get(lang), grouped(n)));
            }
        };
        count(part.late, "迟到", "late");
        count(part.foreign, "异SN", "other SN");
        count(part.cut_off, "截断", "cut off");
        count(part.extra, "多出", "more");
        if part.ignored {
            notes.push(say!(lang, "不支持分支查询", "branches not supported"));
        }
        PartRow {
            number: part.number.to_string(),
            about,
            declared: dash(part.declared),
            received: grouped(part.received),
            missing: dash(part.missing()),
            repeated: grouped(part.repeated),
            colliding: grouped(part.colliding),
            salvaged: grouped(part.salvaged),
            messages: grouped(part.messages),
            note: notes.join(say!(lang, "，", ", ").as_str()),
        }
    }

    /// Query by query, and how many are not shown. Full ones come first, then branches that say something.
    pub(super) fn parts(&self) -> (Vec<PartRow>, u64) {
        let parts = &self.catalog.proof.parts;
        let telling = |p: &&Part| p.purpose != Purpose::Branch || p.extra > 0 || p.ignored || !p.is_whole();
        let quiet = |p: &&Part| !telling(p);
        let shown: Vec<PartRow> =
            parts.iter().filter(telling).chain(parts.iter().filter(quiet)).take(MAX_PARTS).map(|p| self.part(p)).collect();
        let left = (parts.len() - shown.len()) as u64 + self.catalog.proof.parts_left_out;
        (shown, left)
    }

    /// What each source says.
    pub(super) fn sources(&self) -> Vec<SourceRow> {
        let row = |t: &Testimony| SourceRow {
            title: t.source.title().get(self.lang),
            counts: t.source.counts().get(self.lang),
            number: dash(t.number),
            against: dash(t.against),
            agreement: t.agreement.title().get(self.lang),
            class: match t.agreement {
                Agreement::Agrees => "pass",
                Agreement::Disagrees if t.source.voids() => "fail",
                Agreement::Disagrees => "retest",
                Agreement::NotAsked | Agreement::CannotTell => "exempt",
            },
            why: excerpt(&t.why, 2 * MAX_TEXT),
        };
        self.catalog.proof.sources.iter().map(row).collect()
    }

    /// What happened to the catalogue while the run went on, and how that is known.
    pub(super) fn meanwhile(&self) -> Vec<String> {
        let lang = self.lang;
        if self.header.mode == Mode::File && self.catalog.notices.messages == 0 {
            return Vec::new();
        }
        let mut lines = vec![self.subscription_line()];
        let notices = &self.catalog.notices;
        if notices.items > 0 {
            let events = notices.events.iter().map(|(event, n)| format!("{} {}", event.title().get(lang), grouped(*n)));
            let (events, messages) = (self.list(events), grouped(notices.messages));
            lines.push(say!(lang, "收到通知 {messages} 次：{events}。", "{messages} notices: {events}."));
        }
        let deleted: Vec<&str> = notices.by_code.iter().filter(|(_, told)| told.deleted).map(|(code, _)| code.as_str()).collect();
        if !deleted.is_empty() {
            let (n, codes) = (grouped(deleted.len() as u64), self.codes(deleted.iter().copied()));
            lines.push(say!(
                lang,
                "检测期间平台删除 {n} 条，仍计入本次分母：{codes}。",
                "{n} were deleted while the run went on and stay in its denominator: {codes}."
            ));
        }
        if !notices.added.is_empty() {
            let (n, codes) = (grouped(notices.added.len() as u64), self.codes(notices.added.keys().map(String::as_str)));
            lines.push(say!(
                lang,
                "检测期间平台增加 {n} 条，不计入本次：{codes}。",
                "{n} were added while the run went on and are not counted in it: {codes}."
            ));
        }
        if let Some(changes) = &self.catalog.proof.changes {
            lines.push(self.changes_line(changes));
        }
        lines
    }

    fn codes<'b>(&self, codes: impl Iterator<Item = &'b str>) -> String {
        let mut codes = codes.map(|code| excerpt(code, 24));
        let shown: Vec<String> = codes.by_ref().take(MAX_CODES).collect();
        let more = codes.next().is_some();
        let shown = self.list(shown);
        if more { say!(self.lang, "{shown} 等", "{shown} and more") } else { shown }
    }

    fn subscription_line(&self) -> String {
        let lang = self.lang;
        let Some(subscription) = &self.header.witnesses.subscription else {
            return say!(lang, "目录变化：没有订阅，也没有轮询。", "Changes: neither subscribed to nor polled for.");
        };
        let polled = if self.catalog.proof.changes.is_some() {
            say!(lang, "改用轮询：结束时再查询一次", "polled instead: asked once more at the end")
        } else {
            say!(lang, "检测不到 10 分钟，不轮询", "not polled, the run took less than 10 minutes")
        };
        match subscription.state() {
            Subscribed::Accepted if subscription.lost => {
                say!(lang, "目录变化：订阅中途失效，{polled}。", "Changes: the subscription was lost, {polled}.")
            }
            Subscribed::Accepted => {
                let (expires, refreshed) = (subscription.expires, subscription.refreshed);
                let ended = if subscription.ended {
                    say!(lang, "结束时已取消", "ended by us")
                } else {
                    say!(lang, "取消时平台没有应答", "the end was not answered")
                };
                say!(
                    lang,
                    "目录变化：由订阅得知（有效期 {expires} 秒，续订 {refreshed} 次，{ended}）。",
                    "Changes: by subscription ({expires} s, refreshed {refreshed} times, {ended})."
                )
            }
            Subscribed::Refused(code) => {
                say!(
                    lang,
                    "目录变化：平台不接受订阅（{code}），{polled}。",
                    "Changes: the platform refuses subscriptions ({code}), {polled}."
                )
            }
            Subscribed::Silent | Subscribed::NotAsked => {
                say!(lang, "目录变化：平台没有应答订阅，{polled}。", "Changes: the subscription was not answered, {polled}.")
            }
        }
    }

    fn changes_line(&self, changes: &Changes) -> String {
        let lang = self.lang;
        let (added, vanished, changed) =
            (grouped(changes.added.count), grouped(changes.vanished.count), grouped(changes.changed.count));
        let named = [&changes.added, &changes.vanished, &changes.changed].into_iter().flat_map(|n| &n.codes);
        let codes = self.codes(named.map(String::as_str));
        let codes = if codes.is_empty() { codes } else { say!(lang, "（{codes}）", " ({codes})") };
        let whole = if changes.whole {
            String::new()
        } else {
            say!(lang, "；再次应答不足，消失与否不作判断", "; it came short, so what is gone is not told")
        };
        say!(
            lang,
            "结束时再次查询：增加 {added} 条，消失 {vanished} 条，改动 {changed} 条{codes}{whole}。",
            "Asked once more at the end: {added} added, {vanished} gone, {changed} changed{codes}{whole}."
        )
    }

    fn entry(&self, entry: &Entry) -> JournalRow {
        let way = self.header.ways.get(usize::from(entry.way));
        JournalRow {
            at: entry.at.beijing("%H:%M:%S%.3f"),
            method: if entry.notify { "NOTIFY" } else { "MESSAGE" },
            transport: way.map(|way| way.transport.clone()).unwrap_or_default(),
            sn: entry.sn.map_or_else(|| "—".to_owned(), |sn| sn.to_string()),
            sum_num: dash(entry.sum_num),
            num: dash(entry.num),
            items: grouped(entry.items.into()),
            new: grouped(entry.new.into()),
            repeated: grouped(entry.repeated.into()),
            standing: entry.standing.title(self.lang),
            damage: self.catalog.journal.damage_text(entry, self.lang),
        }
    }

    /// The head of the journal, its end, and damaged bodies; and how many there are in all and damaged.
    pub(super) fn journal(&self) -> JournalShown {
        let entries = self.catalog.journal.entries();
        let rest = entries.get(HEAD.min(entries.len())..).unwrap_or_default();
        let tail = rest.get(rest.len().saturating_sub(TAIL)..).unwrap_or_default();
        let damaged = entries.iter().filter(|e| e.is_damaged());
        let (all, all_damaged) = (entries.len() as u64, damaged.clone().count() as u64);
        JournalShown {
            title: self.journal_title(all, all_damaged),
            head: entries.iter().take(HEAD).map(|e| self.entry(e)).collect(),
            between: (rest.len() - tail.len()) as u64,
            tail: tail.iter().map(|e| self.entry(e)).collect(),
            damaged: damaged.clone().take(MAX_DAMAGED).map(|e| self.entry(e)).collect(),
            all,
        }
    }

    fn journal_title(&self, all: u64, damaged: u64) -> String {
        let lang = self.lang;
        let (all, damaged) = (grouped(all), grouped(damaged));
        let left_out = self.catalog.journal.left_out;
        let rest = if left_out > 0 {
            let left_out = grouped(left_out);
            say!(lang, "；超过日志上限的 {left_out} 条未列", "; {left_out} past the journal's limit are not listed")
        } else {
            String::new()
        };
        say!(
            lang,
            "目录日志（共 {all} 条报文，其中损坏 {damaged} 条；全部见 journal.jsonl{rest}）",
            "journal ({all} bodies, {damaged} damaged; all of them in journal.jsonl{rest})"
        )
    }

    /// All of it, for a screen of 80 columns.
    #[must_use]
    pub fn render(&self) -> String {
        let lang = self.lang;
        let mut out = String::new();
        let name = excerpt(&self.header.platform.name, 30);
        let run = &self.header.run_id;
        let _ = writeln!(out, "{}", say!(lang, "{name}　目录完整性证明　批次 {run}", "{name}: proof of completeness, run {run}"));
        let _ = writeln!(out, "{}", "-".repeat(WIDTH));
        let verdict = self.verdict();
        wrap(&mut out, &say!(lang, "结论  {verdict}", "verdict  {verdict}"));
        if let Some(caveat) = self.caveat() {
            wrap(&mut out, &caveat);
        }
        let _ = writeln!(out);
        for row in self.figures().chunks(FIGURES) {
            let row: String =
                row.iter().map(|(name, value)| pad(&format!("{} {}", pad(name, 20), value), WIDTH / FIGURES)).collect();
            let _ = writeln!(out, "{}", row.trim_end());
        }
        self.render_parts(&mut out);
        self.render_sources(&mut out);
        for line in self.meanwhile() {
            wrap(&mut out, &line);
        }
        self.render_journal(&mut out);
        out
    }

    fn render_parts(&self, out: &mut String) {
        let lang = self.lang;
        let (parts, left) = self.parts();
        if parts.is_empty() {
            return;
        }
        let _ = writeln!(out, "\n{}", say!(lang, "逐次查询", "query by query"));
        let row = |cells: [&str; 9]| {
            let [number, about, numbers @ ..] = cells;
            let widths = [9, 9, 7, 8, 6, 6, 7];
            let numbers: String =
                numbers.iter().zip(widths).map(|(cell, width)| pad_left(&fit(cell, width - 1), width)).collect();
            format!("{}{}{numbers}", pad(number, 4), pad(&fit(about, 21), 22)).trim_end().to_owned()
        };
        let titles = match lang {
            Lang::Zh => ["序", "查询", "声明", "实收", "缺", "重复", "重码", "抢救", "报文"],
            Lang::En => ["No.", "about", "declared", "distinct", "lack", "repeats", "twins", "salv.", "bodies"],
        };
        let _ = writeln!(out, "{}", row(titles));
        for p in &parts {
            let cells =
                [&p.number, &p.about, &p.declared, &p.received, &p.missing, &p.repeated, &p.colliding, &p.salvaged, &p.messages];
            let _ = writeln!(out, "{}", row(cells.map(String::as_str)));
            if !p.note.is_empty() {
                let _ = writeln!(out, "    {}", fit(&p.note, WIDTH - 4));
            }
        }
        if left > 0 {
            let left = grouped(left);
            let _ = writeln!(out, "{}", say!(lang, "    另有 {left} 次见 report.json", "    {left} more: see report.json"));
        }
    }

    fn render_sources(&self, out: &mut String) {
        let lang = self.lang;
        let sources = self.sources();
        if sources.is_empty() {
            return;
        }
        let _ = writeln!(out, "\n{}", say!(lang, "来源核对", "sources compared"));
        let not_asked = Agreement::NotAsked.title().get(lang);
        let (silent, told): (Vec<_>, Vec<_>) = sources.into_iter().partition(|s| s.agreement == not_asked);
        for s in told {
            let numbers = match (s.number.as_str(), s.against.as_str()) {
                ("—", _) => String::new(),
                (number, "—") => number.to_owned(),
                (number, against) => format!("{number}/{against}"),
            };
            let verdict = pad(s.agreement, if lang == Lang::Zh { 10 } else { 13 });
            let title = pad(&fit(s.title, 38), 40);
            let _ = writeln!(out, "{}", format!("{title}{verdict}{numbers}").trim_end());
            let _ = writeln!(out, "    {}", fit(&s.why, WIDTH - 4));
        }
        if !silent.is_empty() {
            let silent = self.list(silent.iter().map(|s| s.title));
            wrap(out, &say!(lang, "未询问：{silent}。", "not asked: {silent}."));
        }
        let _ = writeln!(out);
    }

    fn render_journal(&self, out: &mut String) {
        let lang = self.lang;
        let journal = self.journal();
        let _ = writeln!(out, "\n{}", journal.title);
        if journal.all == 0 {
            return;
        }
        let row = |cells: [&str; 10]| {
            let [at, method, transport, sn, sum, num, items, new, repeated, standing] = cells;
            let numbers: String = [(sn, 11), (sum, 9), (num, 7), (items, 7), (new, 7), (repeated, 7)]
                .into_iter()
                .map(|(cell, width)| pad_left(&fit(cell, width - 1), width))
                .collect();
            format!("{}{}{}{numbers}  {}", pad(at, 13), pad(method, 5), pad(transport, 4), fit(standing, 8))
        };
        let titles = match lang {
            Lang::Zh => ["时间", "方式", "传输", "SN", "SumNum", "Num", "条目", "新", "重复", "归属"],
            Lang::En => ["time", "as", "way", "SN", "SumNum", "Num", "items", "new", "rep.", "is"],
        };
        let _ = writeln!(out, "{}", row(titles));
        let line = |out: &mut String, r: &JournalRow| {
            let method = if r.method == "NOTIFY" { "NTFY" } else { "MSG" };
            let cells =
                [r.at.as_str(), method, &r.transport, &r.sn, &r.sum_num, &r.num, &r.items, &r.new, &r.repeated, &r.standing];
            let _ = writeln!(out, "{}", row(cells));
        };
        journal.head.iter().for_each(|r| line(out, r));
        if journal.between > 0 {
            let between = grouped(journal.between);
            let _ = writeln!(out, "{}", say!(lang, "    ……中间 {between} 条略", "    ... {between} between them"));
        }
        journal.tail.iter().for_each(|r| line(out, r));
        if !journal.damaged.is_empty() {
            let _ = writeln!(out, "{}", say!(lang, "损坏的报文", "damaged bodies"));
        }
        for r in &journal.damaged {
            line(out, r);
            let _ = writeln!(out, "    {}", fit(&r.damage, WIDTH - 4));
        }
    }

    /// The same for programs.
    pub(super) fn json(&self) -> ProofJson<'a> {
        let Catalog { proof, journal, notices, .. } = self.catalog;
        ProofJson {
            verdict_text: self.verdict(),
            disagree: self.disagreeing().map(|t| t.source.id()).collect(),
            proof_parts: proof.parts.iter().map(PartJson::of).collect(),
            proof_parts_left_out: proof.parts_left_out,
            from_branches: proof.from_branches,
            sources: proof.sources.iter().map(|t| SourceJson::of(t, self.lang)).collect(),
            cross_check: Some(self.header.witnesses.cross_check.as_str()).filter(|check| !check.is_empty()),
            branches_left_out: self.header.witnesses.branches_left_out,
            subscription: self.header.witnesses.subscription.as_ref().map(SubscriptionJson::of),
            notified: (notices.messages > 0).then(|| NotifiedJson::of(notices)),
            changes: proof.changes.as_ref().map(ChangesJson::of),
            journal: JournalJson::of(journal),
        }
    }
}

/// What is shown of the journal.
pub(super) struct JournalShown {
    pub(super) title: String,
    pub(super) head: Vec<JournalRow>,
    pub(super) between: u64,
    pub(super) tail: Vec<JournalRow>,
    pub(super) damaged: Vec<JournalRow>,
    pub(super) all: u64,
}

/// A text over several lines, broken between words and between Chinese characters.
fn wrap(out: &mut String, text: &str) {
    let mut line = String::new();
    for word in words(text) {
        let candidate = format!("{line}{word}");
        if fit(candidate.trim_end(), WIDTH) == candidate.trim_end() || line.is_empty() {
            line = candidate;
        } else {
            let _ = writeln!(out, "{}", line.trim_end());
            word.trim_start().clone_into(&mut line);
        }
    }
    if !line.is_empty() {
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

/// Pieces a line can be broken between; no punctuation begins a line.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for c in text.chars() {
        let stays = c.is_ascii() && !matches!(words.last().and_then(|w| w.chars().last()), None | Some(' '));
        let closes = matches!(c, '，' | '。' | '；' | '：' | '、' | '）' | '”' | ' ');
        let after_wide = words.last().and_then(|w| w.chars().last()).is_some_and(|last| !last.is_ascii() && c.is_ascii());
        match words.last_mut() {
            Some(word) if closes || (stays && !after_wide) => word.push(c),
            _ => words.push(c.to_string()),
        }
    }
    words
}

#[derive(Serialize)]
pub(super) struct ProofJson<'a> {
    verdict_text: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    disagree: Vec<&'static str>,
    proof_parts: Vec<PartJson<'a>>,
    #[serde(skip_serializing_if = "is_zero")]
    proof_parts_left_out: u64,
    #[serde(skip_serializing_if = "is_zero")]
    from_branches: u64,
    sources: Vec<SourceJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cross_check: Option<&'a str>,
    #[serde(skip_serializing_if = "is_zero")]
    branches_left_out: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription: Option<SubscriptionJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notified: Option<NotifiedJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<ChangesJson<'a>>,
    journal: JournalJson,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(n: &u64) -> bool {
    *n == 0
}

#[derive(Serialize)]
struct PartJson<'a> {
    query: u32,
    sn: Option<u64>,
    purpose: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    about: &'a str,
    end: String,
    declared: Option<u64>,
    received: u64,
    missing: Option<u64>,
    repeated: u64,
    colliding: u64,
    salvaged: u64,
    cut_off: u64,
    messages: u64,
    late: u64,
    foreign_sn: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    ignored: bool,
    #[serde(skip_serializing_if = "is_zero")]
    extra: u64,
}

impl<'a> PartJson<'a> {
    fn of(part: &'a Part) -> Self {
        Self {
            query: part.number,
            sn: part.sn,
            purpose: match part.purpose {
                Purpose::Full => "full",
                Purpose::Branch => "branch",
                Purpose::Poll => "poll",
            },
            about: &part.about,
            end: crate::evidence::Query::end_word(part.end),
            declared: part.declared,
            received: part.received,
            missing: part.missing(),
            repeated: part.repeated,
            colliding: part.colliding,
            salvaged: part.salvaged,
            cut_off: part.cut_off,
            messages: part.messages,
            late: part.late,
            foreign_sn: part.foreign,
            ignored: part.ignored,
            extra: part.extra,
        }
    }
}

#[derive(Serialize)]
struct SourceJson<'a> {
    source: &'static str,
    text: &'static str,
    counts: &'static str,
    number: Option<u64>,
    against: Option<u64>,
    agreement: &'static str,
    voids: bool,
    why: &'a str,
}

impl<'a> SourceJson<'a> {
    fn of(testimony: &'a Testimony, lang: Lang) -> Self {
        let source = testimony.source;
        Self {
            source: source.id(),
            text: source.title().get(lang),
            counts: source.counts().get(lang),
            number: testimony.number,
            against: testimony.against,
            agreement: testimony.agreement.name(),
            voids: source.voids(),
            why: &testimony.why,
        }
    }
}

#[derive(Serialize)]
struct SubscriptionJson<'a> {
    outcome: &'a str,
    expires: u64,
    refreshed: u64,
    lost: bool,
    ended: bool,
}

impl<'a> SubscriptionJson<'a> {
    fn of(subscription: &'a Subscription) -> Self {
        let Subscription { outcome, expires, refreshed, lost, ended, .. } = subscription;
        Self { outcome, expires: *expires, refreshed: *refreshed, lost: *lost, ended: *ended }
    }
}

#[derive(Serialize)]
struct NotifiedJson<'a> {
    messages: u64,
    items: u64,
    events: BTreeMap<&'static str, u64>,
    unknown_events: u64,
    strangers: u64,
    left_out: u64,
    deleted: u64,
    updated: u64,
    off: u64,
    added: Vec<&'a str>,
}

impl<'a> NotifiedJson<'a> {
    fn of(notices: &'a Notices) -> Self {
        Self {
            messages: notices.messages,
            items: notices.items,
            events: notices.events.iter().map(|(event, n)| (event.name(), *n)).collect(),
            unknown_events: notices.unknown_events,
            strangers: notices.strangers,
            left_out: notices.left_out,
            deleted: notices.deleted(),
            updated: notices.updated(),
            off: notices.told(Event::Off),
            added: notices.added.keys().take(crate::catalog::assemble::MAX_NAMED).map(String::as_str).collect(),
        }
    }
}

#[derive(Serialize)]
struct ChangesJson<'a> {
    whole: bool,
    added: u64,
    vanished: u64,
    changed: u64,
    added_codes: &'a [String],
    vanished_codes: &'a [String],
    changed_codes: &'a [String],
}

impl<'a> ChangesJson<'a> {
    fn of(changes: &'a Changes) -> Self {
        Self {
            whole: changes.whole,
            added: changes.added.count,
            vanished: changes.vanished.count,
            changed: changes.changed.count,
            added_codes: &changes.added.codes,
            vanished_codes: &changes.vanished.codes,
            changed_codes: &changes.changed.codes,
        }
    }
}

#[derive(Serialize)]
struct JournalJson {
    entries: u64,
    damaged: u64,
    #[serde(skip_serializing_if = "is_zero")]
    left_out: u64,
}

impl JournalJson {
    fn of(journal: &Journal) -> Self {
        let entries = journal.entries();
        let damaged = entries.iter().filter(|e| e.is_damaged()).count() as u64;
        Self { entries: entries.len() as u64, damaged, left_out: journal.left_out }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_to_the_width_and_no_stop_begins_one() {
        let mut out = String::new();
        wrap(&mut out, &"完整：平台声明 1,204 条，收到 1,204 条。".repeat(6));
        assert!(out.lines().count() > 2);
        for line in out.lines() {
            assert_eq!(fit(line, WIDTH), line);
            assert!(!line.starts_with(['，', '。', ' ']), "{line}");
        }
        assert_eq!(out.replace(['\n', ' '], ""), "完整：平台声明1,204条，收到1,204条。".repeat(6));
    }
}
