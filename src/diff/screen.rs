//! What stands on the screen of `gbaudit diff`, within 80 columns.

use std::fmt::Write as _;

use super::mirror::{DEEDS, Deed, Mirror};
use super::output::{NO_RECORDER, NO_UNIT, dropped_title, examples, group_name, invented_title, rule_title};
use super::sums::Group;
use super::{Diff, Moves, Note, RateChange};
use crate::base::lang::{Lang, Text, say};
use crate::base::text::{excerpt, fit, grouped, pad, pad_left, visible};
use crate::catalog::Item;
use crate::indicator::RateResult;
use crate::manscdp::item::Element;
use crate::report::Report;

/// Columns of the screen.
const WIDTH: usize = 80;
/// Cameras named under a heading.
const MAX_NAMED: usize = 5;
/// Rules listed.
const MAX_RULES: usize = 12;
/// Units and recorders listed, each.
const MAX_GROUPS: usize = 8;
/// Columns of a unit's name, and of a count.
const GROUP: (usize, usize) = (22, 7);
/// Elements listed.
const MAX_ELEMENTS: usize = 12;

struct Screen {
    out: String,
}

impl Screen {
    /// A line, cut to the screen.
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{}", fit(&visible(text), WIDTH));
    }

    /// A sentence, broken into lines.
    fn sentence(&mut self, text: &str) {
        let mut rest = text;
        let mut indent = "";
        while !rest.is_empty() {
            let room = WIDTH - indent.len();
            let line = fit(rest, room);
            if line.as_str() == rest {
                self.line(&format!("{indent}{rest}"));
                return;
            }
            // What `fit` cut off ends in an ellipsis; a blank is the better place to break.
            let cut = line.trim_end_matches('…');
            let at = cut.rfind(' ').filter(|at| *at > room / 2).map_or(cut.len(), |at| at + 1);
            let (head, tail) = rest.split_at(at);
            self.line(&format!("{indent}{}", head.trim_end()));
            rest = tail;
            indent = "  ";
        }
    }

    fn rule(&mut self) {
        self.line(&"-".repeat(WIDTH - 2));
    }

    fn notes(&mut self, notes: &[Note], lang: Lang) {
        for note in notes {
            let text = &note.text;
            self.sentence(&say!(lang, "注意：{text}", "note: {text}"));
        }
    }

    /// A count with some of its cameras below it.
    fn named<'i>(&mut self, head: &str, total: usize, items: impl Iterator<Item = Option<&'i Item>>, lang: Lang) {
        self.line(head);
        for item in items.take(MAX_NAMED).flatten() {
            let name = excerpt(item.text(Element::Name).unwrap_or("—"), 24);
            let id = if item.id().is_empty() { say!(lang, "（无编码）", "(no code)") } else { excerpt(item.id(), 24) };
            self.line(&format!("    {}  {name}", pad(&id, 20)));
        }
        if total > MAX_NAMED {
            let rest = grouped((total - MAX_NAMED) as u64);
            self.line(&say!(lang, "    ……另有 {rest} 路", "    ... and {rest} more"));
        }
    }
}

fn run(label: &str, report: &Report, lang: Lang) -> String {
    let (id, when) = (excerpt(&report.header.run_id, 24), report.header.started().beijing("%Y-%m-%d %H:%M"));
    let (cameras, state) = (grouped(report.cameras.len() as u64), report.catalog.state.title().get(lang));
    say!(
        lang,
        "{label}  批次 {id}  {when}（北京时间）  {cameras} 路  {state}",
        "{label}  run {id}  {when} (Beijing)  {cameras} cameras  {state}"
    )
}

/// What changed, on the screen.
#[must_use]
pub fn diff(diff: &Diff<'_>) -> String {
    let mut screen = told(diff);
    rules(&mut screen, diff, diff.after.lang);
    screen.out
}

/// The same, where tables of the rules, units and recorders stand beside it.
pub(super) fn summary(diff: &Diff<'_>) -> String {
    told(diff).out
}

fn told(diff: &Diff<'_>) -> Screen {
    let lang = diff.after.lang;
    let mut screen = Screen { out: String::new() };
    let name = excerpt(&diff.after.header.platform.name, 24);
    screen.line(&say!(lang, "{name}  两次检测的变化", "{name}  what changed between two runs"));
    screen.line(&run(&say!(lang, "前", "before"), diff.before, lang));
    screen.line(&run(&say!(lang, "后", "after "), diff.after, lang));
    screen.notes(&diff.notes, lang);
    screen.rule();
    for change in &diff.rates {
        screen.line(&rate(change, lang));
    }
    screen.rule();
    let count = |n: usize| grouped(n as u64);
    let (new, vanished) = (count(diff.new.len()), count(diff.vanished.len()));
    let head = if diff.new_is_sure {
        say!(lang, "新增摄像机 {new} 路", "new cameras: {new}")
    } else {
        say!(lang, "前次未收到、不能断定是否新增 {new} 路", "not received before, perhaps new: {new}")
    };
    screen.named(&head, diff.new.len(), diff.new.iter().map(|place| diff.young(*place)), lang);
    let head = if diff.vanished_is_sure {
        say!(lang, "消失摄像机 {vanished} 路", "vanished cameras: {vanished}")
    } else {
        say!(lang, "这次未收到、不能断定是否消失 {vanished} 路", "not received now, perhaps vanished: {vanished}")
    };
    screen.named(&head, diff.vanished.len(), diff.vanished.iter().map(|place| diff.old(*place)), lang);
    let recoded = count(diff.recoded.len());
    screen.line(&say!(lang, "改码 {recoded} 路（不算新增，也不算消失）", "changed codes: {recoded} (neither new nor vanished)"));
    for one in diff.recoded.iter().take(MAX_NAMED) {
        let code = |item: Option<&Item>| excerpt(item.map_or("", Item::id), 24);
        let (old, young, how) = (code(diff.old(one.before)), code(diff.young(one.after)), one.how.title().get(lang));
        screen.line(&say!(lang, "    {old} → {young}（依据：{how}）", "    {old} → {young} (by {how})"));
    }
    let (changed, same) = (count(diff.changed.len()), grouped(diff.unchanged));
    screen.line(&say!(lang, "记录有变化 {changed} 路，没有变化 {same} 路", "records changed: {changed}, unchanged: {same}"));
    for (element, n) in diff.fields.iter().take(MAX_ELEMENTS) {
        screen.line(&format!("    {} {}", pad(element.title().get(lang), 20), pad_left(&grouped(*n), 9)));
    }
    let more = diff.fields.len().saturating_sub(MAX_ELEMENTS);
    if more > 0 {
        screen.line(&say!(lang, "    ……另有 {more} 个字段", "    ... and {more} more elements"));
    }
    let gained = diff.pictures.iter().filter(|one| one.is.0 == crate::probe::outcome::ProbeVerdict::Picture).count();
    let (lost, gained) = (count(diff.pictures.len() - gained), count(gained));
    screen.line(&say!(
        lang,
        "出图变化：由未出图变为出图 {gained} 路，由出图变为未出图 {lost} 路",
        "pictures: {gained} cameras gained one, {lost} lost it"
    ));
    if !diff.replayed.is_empty() {
        let n = count(diff.replayed.len());
        screen.line(&say!(
            lang,
            "画面与前次逐像素相同 {n} 路：实时画面不会如此，须说明",
            "the very picture of the earlier run: {n}; no live camera does that, to be explained"
        ));
    }
    failures(&mut screen, diff, lang);
    screen
}

fn rate(change: &RateChange<'_>, lang: Lang) -> String {
    let shown = |rate: Option<&RateResult>| match rate.and_then(|r| r.value) {
        Some(v) => {
            let percent = v.percent().map_or_else(|| "—".to_owned(), |p| format!("{p}%"));
            format!("{}/{} {percent}", grouped(v.numerator), grouped(v.denominator))
        }
        None => rate.map_or("—", |r| r.verdict.title().get(lang)).to_owned(),
    };
    let difference = change.difference().map_or(String::new(), |(numerator, denominator)| {
        say!(lang, "  分子 {numerator:+}，分母 {denominator:+}", "  N {numerator:+}, D {denominator:+}")
    });
    let (was, is) = (shown(change.before), shown(change.after));
    format!("{} {was} → {is}{difference}", pad(change.rate.title().get(lang), 14))
}

fn failures(screen: &mut Screen, diff: &Diff<'_>, lang: Lang) {
    let total = |of: fn(&Moves) -> u64| grouped(of(&diff.total.failures));
    let (new, closed, still) = (total(|m| m.new), total(|m| m.closed), total(|m| m.still));
    let (only_before, only_after) = (total(|m| m.only_before), total(|m| m.only_after));
    screen.line(&say!(
        lang,
        "不合规问题：新增 {new}，消除 {closed}，仍在 {still}",
        "failures: new {new}, closed {closed}, still open {still}"
    ));
    if diff.has_book {
        let (failures, pictures) = (grouped(diff.total.failures.reopened), grouped(diff.total.missing.reopened));
        screen.line(&say!(
            lang,
            "    新增中反复（台账中曾销号、又出现）：不合规 {failures}，未出图 {pictures}",
            "    of the new ones came back after they were closed: {failures} failures, {pictures} pictures"
        ));
    } else {
        screen.line(&say!(
            lang,
            "    反复：没有这两个批次的问题台账，无法判断（只有库中的批次有）",
            "    came back: not known, there is no book of problems of these runs (the store has it)"
        ));
    }
    screen.line(&say!(
        lang,
        "    另：随不再出现的摄像机 {only_before}（不算消除），随新出现的摄像机 {only_after}",
        "    and {only_before} with cameras no longer there (not closed), {only_after} with cameras not there before"
    ));
}

fn rules(screen: &mut Screen, diff: &Diff<'_>, lang: Lang) {
    let failing: Vec<_> = diff.rules.iter().filter(|rule| !rule.failures.is_nothing()).collect();
    for rule in failing.iter().take(MAX_RULES) {
        let Moves { new, closed, still, untold, .. } = rule.failures;
        let title = rule_title(rule.rule, lang);
        let untold = if untold > 0 { say!(lang, " 无法判断 {untold}", ", cannot tell {untold}") } else { String::new() };
        let title = pad(&fit(&title, 26), 26);
        let id = rule.rule;
        screen.line(&say!(
            lang,
            "    {id} {title} 新增 {new} 消除 {closed} 仍在 {still}{untold}",
            "    {id} {title} new {new}, closed {closed}, open {still}{untold}"
        ));
    }
    let more = failing.len().saturating_sub(MAX_RULES);
    if more > 0 {
        screen.line(&say!(lang, "    ……另有 {more} 条规则", "    ... and {more} more rules"));
    }
    if diff.units.iter().any(|group| group.key.is_some()) {
        groups(screen, diff, &say!(lang, "按责任单位", "by unit"), (&diff.units, NO_UNIT));
    }
    if diff.recorders.iter().any(|group| group.key.is_some()) {
        groups(screen, diff, &say!(lang, "按录像机", "by recorder"), (&diff.recorders, NO_RECORDER));
    }
}

/// The worst units or recorders. Where nothing is known of any, the sums above say it all.
fn groups(screen: &mut Screen, diff: &Diff<'_>, title: &str, (groups, nothing): (&[Group], Text)) {
    let lang = diff.after.lang;
    let (name, count) = GROUP;
    let kind = |text: Text| pad(&format!("  {}", text.get(lang)), 4 * count);
    let (failures, missing) = (kind(Text::new("不合规", "failures")), kind(Text::new("未出图", "no picture")));
    let heads = [Text::new("新增", "new"), Text::new("反复", "back"), Text::new("消除", "closed"), Text::new("仍在", "open")];
    let heads = heads.map(|head| pad_left(head.get(lang), count)).concat();
    screen.line(format!("{}{failures}{missing}", pad(title, name)).trim_end());
    screen.line(&format!("{}{heads}{heads}", pad("", name)));
    let cells = |moves: Moves| {
        let back = if diff.has_book { moves.reopened.to_string() } else { "—".to_owned() };
        let counts = [moves.new.to_string(), back, moves.closed.to_string(), moves.still.to_string()];
        counts.map(|n| pad_left(&n, count)).concat()
    };
    for group in groups.iter().take(MAX_GROUPS) {
        let shown = fit(&format!("  {}", group_name(group, nothing, lang)), name);
        screen.line(&format!("{}{}{}", pad(&shown, name), cells(group.sums.failures), cells(group.sums.missing)));
    }
    let more = groups.len().saturating_sub(MAX_GROUPS);
    if more > 0 {
        screen.line(&say!(lang, "  ……另有 {more} 个", "  ... and {more} more"));
    }
}

/// One estate at two hops, on the screen.
#[must_use]
pub fn mirror(mirror: &Mirror<'_>) -> String {
    let lang = mirror.upper.lang;
    let (upper, lower) = (mirror.upper, mirror.lower);
    let mut screen = Screen { out: String::new() };
    let above = |place: &usize| upper.cameras.get(*place).and_then(|camera| upper.item(camera.item));
    let below = |place: &usize| lower.cameras.get(*place).and_then(|camera| lower.item(camera.item));
    let (up, down) = (excerpt(&upper.header.platform.name, 24), excerpt(&lower.header.platform.name, 24));
    screen.line(&say!(lang, "镜像核对  上级 {up}，下级 {down}", "mirror audit  {up} above, {down} below"));
    screen.line(&run(&say!(lang, "上级", "above"), upper, lang));
    screen.line(&run(&say!(lang, "下级", "below"), lower, lang));
    screen.notes(&mirror.notes, lang);
    screen.rule();
    let both = grouped(mirror.both);
    screen.line(&say!(lang, "上下级都有 {both} 路", "on both: {both} cameras"));
    let head = |title: String, n: usize| {
        let n = grouped(n as u64);
        say!(lang, "{title} {n} 路", "{title}: {n} cameras")
    };
    let (dropped, invented) = (&mirror.dropped, &mirror.invented);
    screen.named(&head(dropped_title(mirror, lang), dropped.len()), dropped.len(), dropped.iter().map(below), lang);
    screen.named(&head(invented_title(mirror, lang), invented.len()), invented.len(), invented.iter().map(above), lang);
    let recoded = grouped(mirror.recoded.len() as u64);
    screen.line(&say!(lang, "改码 {recoded} 路", "changed codes: {recoded}"));
    for one in mirror.recoded.iter().take(MAX_NAMED) {
        let code = |item: Option<&Item>| excerpt(item.map_or("", Item::id), 24);
        let (old, young, how) = (code(below(&one.before)), code(above(&one.after)), one.how.title().get(lang));
        screen.line(&say!(lang, "    {old} → {young}（依据：{how}）", "    {old} → {young} (by {how})"));
    }
    let nodes = mirror.nodes;
    let (kept, gone, come) = (grouped(nodes.both), grouped(nodes.dropped), grouped(nodes.invented));
    screen.line(&say!(
        lang,
        "目录节点：都有 {kept} 个，只在下级 {gone} 个，只在上级 {come} 个",
        "nodes: {kept} on both, {gone} below only, {come} above only"
    ));
    screen.rule();
    for deed in DEEDS {
        let Some(n) = mirror.deeds.get(&deed) else { continue };
        screen.line(&format!("{} {}", pad(deed.title().get(lang), 44), pad_left(&grouped(*n), 9)));
        if deed == Deed::Shifted {
            for (how, n) in &mirror.moves {
                screen.line(&format!("    {} {}", pad(how.title().get(lang), 40), pad_left(&grouped(*n), 9)));
            }
        }
    }
    screen.rule();
    let changed = mirror.elements.iter().filter(|(_, t)| t.altered + t.emptied + t.filled > 0);
    let mut shown = false;
    for (element, tally) in changed {
        if !shown {
            screen.line(&say!(lang, "经上级平台改动的字段：", "Changed on the way by the upper platform:"));
            shown = true;
        }
        let (altered, emptied, filled) = (grouped(tally.altered), grouped(tally.emptied), grouped(tally.filled));
        let title = pad(element.title().get(lang), 18);
        screen.line(&say!(
            lang,
            "  {title} 改 {altered}，丢 {emptied}，增 {filled}",
            "  {title} altered {altered}, lost {emptied}, added {filled}"
        ));
        let codes = examples(mirror, *element).iter().map(|code| excerpt(code, 20)).collect::<Vec<_>>().join(" ");
        if !codes.is_empty() {
            screen.line(&say!(lang, "      例 {codes}", "      such as {codes}"));
        }
    }
    if !shown {
        screen.line(&say!(lang, "没有字段在途中改动", "no element was changed on the way"));
    }
    if mirror.unlisted > 0 {
        let n = grouped(mirror.unlisted);
        screen.sentence(&say!(
            lang,
            "差异太多，另有 {n} 处只计数、未逐条列出",
            "too many differences: {n} more are counted and not listed"
        ));
    }
    screen.out
}
