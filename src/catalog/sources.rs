//! 来源核对: who else can say how many items there are, what each says, and whether they agree. Pure.
//!
//! Two sources can make a catalogue disputed: another full answer, and an answer about a branch. The others speak of
//! something else than the answer (channels a recorder could have, cameras an administrator counts), so they stand beside
//! it and void nothing; see `docs/design/0005-catalogue-proof.md`.

use std::collections::{HashMap, HashSet};

use super::assemble::{Catalog, Part, Purpose, QueryEnd};
use super::item::Item;
use super::notice::Event;
use crate::base::lang::{Lang, Text, say};
use crate::manscdp::document::whole_number;

/// Whether a source agrees with the full answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Agreement {
    /// 一致
    Agrees,
    /// 不一致
    Disagrees,
    /// 未询问
    NotAsked,
    /// 无法判断
    CannotTell,
}

impl Agreement {
    /// The word in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Disagrees => "disagrees",
            Self::NotAsked => "not_asked",
            Self::CannotTell => "cannot_tell",
        }
    }

    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Agrees => Text::new("一致", "agrees"),
            Self::Disagrees => Text::new("不一致", "disagrees"),
            Self::NotAsked => Text::new("未询问", "not asked"),
            Self::CannotTell => Text::new("无法判断", "cannot tell"),
        }
    }
}

macro_rules! sources {
    ($($name:ident $id:literal $zh:literal $en:literal $counts_zh:literal $counts_en:literal $voids:literal;)+) => {
        /// A source.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Source { $(#[doc = $en] $name),+ }

        impl Source {
            /// All of them, in the order they are shown.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The id in results.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id),+ }
            }

            /// For people.
            #[must_use]
            pub const fn title(self) -> Text {
                match self { $(Self::$name => Text::new($zh, $en)),+ }
            }

            /// What its number counts.
            #[must_use]
            pub const fn counts(self) -> Text {
                match self { $(Self::$name => Text::new($counts_zh, $counts_en)),+ }
            }

            /// Whether its disagreement makes the catalogue disputed.
            #[must_use]
            pub const fn voids(self) -> bool {
                match self { $(Self::$name => $voids),+ }
            }
        }
    };
}

sources! {
    First "query_1" "全量查询（第一次）" "full query 1" "条目" "items" true;
    Second "query_2" "全量查询（第二次）" "full query 2" "条目" "items" true;
    Branches "branches" "分支查询" "queries of branches" "全量应答中没有的条目" "items the full answer lacks" true;
    Platform "platform_channels" "平台自报通道数（DeviceInfo）" "channels the platform says (DeviceInfo)" "摄像机" "cameras" false;
    Recorders "recorder_channels" "录像机自报通道数（DeviceInfo）" "channels recorders say (DeviceInfo)" "通道" "channels" false;
    Subscription "subscription" "目录订阅" "subscription" "检测期间增删的条目" "items added or deleted meanwhile" false;
    Poll "poll" "结束时再次查询" "asked again at the end" "检测期间增删的条目" "items added or gone meanwhile" false;
    Expected "expected" "平台登记总数（管理员填报）" "total the administrators say" "摄像机" "cameras" false;
    Ledger "ledger" "台账" "ledger" "摄像机" "cameras" false;
}

/// What one source says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Testimony {
    /// Who.
    pub source: Source,
    /// Its number.
    pub number: Option<u64>,
    /// What the catalogue has of the same.
    pub against: Option<u64>,
    /// Whether they agree.
    pub agreement: Agreement,
    /// Why.
    pub why: String,
}

/// What came of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Subscribed {
    /// It was not asked for.
    #[default]
    NotAsked,
    /// The platform accepted.
    Accepted,
    /// It refused with this code.
    Refused(u16),
    /// It did not answer.
    Silent,
}

/// What others said, as kept in the evidence.
#[derive(Debug, Clone, Copy, Default)]
pub struct Said<'a> {
    /// `Channel` of the platform's DeviceInfo.
    pub platform_channels: Option<&'a str>,
    /// The same of recorders, by code; empty where they were not asked.
    pub recorders: &'a [(String, Option<u64>)],
    /// Cameras the administrators count, and where from.
    pub expected: Option<(u64, &'a str)>,
    /// What came of the subscription.
    pub subscribed: Subscribed,
    /// Cameras in the catalogue.
    pub cameras: u64,
}

/// What each source says of a catalogue.
#[must_use]
pub fn testify(catalog: &Catalog, said: &Said<'_>, lang: Lang) -> Vec<Testimony> {
    let full: Vec<&Part> = catalog.proof.parts.iter().filter(|p| p.purpose == Purpose::Full).collect();
    let mut all: Vec<Testimony> = Vec::with_capacity(Source::ALL.len());
    for source in Source::ALL {
        all.push(match source {
            Source::First => query(*source, full.first().copied(), &full, catalog, lang),
            Source::Second => query(*source, full.get(1).copied(), &full, catalog, lang),
            Source::Branches => branches(catalog, lang),
            Source::Platform => platform(said, lang),
            Source::Recorders => recorders(&catalog.items, said, lang),
            Source::Subscription => subscription(catalog, said.subscribed, lang),
            Source::Poll => poll(catalog, said.subscribed, lang),
            Source::Expected => expected(said, lang),
            Source::Ledger => not_asked(*source, say!(lang, "没有提供台账", "no ledger was given")),
        });
    }
    all
}

const fn not_asked(source: Source, why: String) -> Testimony {
    Testimony { source, number: None, against: None, agreement: Agreement::NotAsked, why }
}

fn query(source: Source, part: Option<&Part>, full: &[&Part], catalog: &Catalog, lang: Lang) -> Testimony {
    let Some(part) = part else {
        let why = if full.is_empty() {
            say!(lang, "没有查询", "there was no query")
        } else {
            say!(lang, "第一次应答已完整，没有再问", "the first answer was whole, it was not asked again")
        };
        return not_asked(source, why);
    };
    let declared = part.declared.unwrap_or(0);
    let (agreement, why) = match part.end {
        QueryEnd::Refused(code) => (Agreement::CannotTell, say!(lang, "平台拒绝（{code}）", "refused ({code})")),
        _ if part.messages == 0 => (Agreement::CannotTell, say!(lang, "没有应答", "no answer")),
        _ if part.declared.is_none() => (Agreement::CannotTell, say!(lang, "没有声明总数", "it declares no total")),
        _ if part.received < declared => {
            let missing = declared - part.received;
            (
                Agreement::CannotTell,
                say!(lang, "声明 {declared} 条，缺 {missing} 条", "declares {declared}, {missing} are missing"),
            )
        }
        _ if part.received > declared => {
            (Agreement::Disagrees, say!(lang, "只声明 {declared} 条，收到的更多", "declares only {declared}, and more came"))
        }
        _ if catalog.why.contains(&super::assemble::ANSWERS_DIFFER) => {
            (Agreement::Disagrees, say!(lang, "与另一次完整应答内容不同", "another whole answer has other content"))
        }
        _ if catalog.declared != declared => {
            let other = catalog.declared;
            (
                Agreement::Disagrees,
                say!(lang, "声明 {declared} 条，另一次声明 {other} 条", "declares {declared}, the other {other}"),
            )
        }
        _ => (Agreement::Agrees, say!(lang, "声明 {declared} 条，收齐", "declares {declared}, all came")),
    };
    Testimony { source, number: Some(part.received), against: Some(catalog.received), agreement, why }
}

fn branches(catalog: &Catalog, lang: Lang) -> Testimony {
    let source = Source::Branches;
    let parts: Vec<&Part> = catalog.proof.parts.iter().filter(|p| p.purpose == Purpose::Branch).collect();
    if parts.is_empty() {
        return not_asked(source, say!(lang, "没有查询分支", "no branch was asked about"));
    }
    let asked = parts.len();
    let answered: Vec<&&Part> = parts.iter().filter(|p| p.messages > 0).collect();
    let ignored = answered.iter().filter(|p| p.ignored).count();
    let extra: u64 = parts.iter().map(|p| p.extra).sum();
    let short = answered.iter().filter(|p| !p.ignored && !p.is_whole()).count();
    let brought = catalog.proof.from_branches;
    let (agreement, why) = if catalog.why.contains(&super::assemble::BRANCH_HAS_MORE) {
        (
            Agreement::Disagrees,
            say!(lang, "分支带来全量应答中没有的 {extra} 条", "branches brought {extra} items the full answer lacks"),
        )
    } else if brought > 0 {
        let why = say!(
            lang,
            "全量应答不足，分支补回 {brought} 条（查询 {asked} 个分支）",
            "full answers came short, branches brought {brought} items ({asked} asked about)"
        );
        (if catalog.missing == 0 { Agreement::Agrees } else { Agreement::CannotTell }, why)
    } else if ignored > 0 {
        let why = say!(
            lang,
            "不支持分支查询：不论问哪里都答全部",
            "queries of branches are not supported: it always sends the whole list"
        );
        (Agreement::CannotTell, why)
    } else if answered.is_empty() {
        (Agreement::CannotTell, say!(lang, "{asked} 个分支都没有应答", "none of {asked} branches was answered"))
    } else if short > 0 {
        (Agreement::CannotTell, say!(lang, "{short} 个分支的应答不足", "the answers about {short} branches came short"))
    } else {
        let answered = answered.len();
        let why = say!(
            lang,
            "查询 {asked} 个分支，{answered} 个应答，没有多出的条目",
            "{asked} asked about, {answered} answered, nothing more came"
        );
        (Agreement::Agrees, why)
    };
    Testimony { source, number: Some(extra.max(brought)), against: None, agreement, why }
}

fn compared(source: Source, number: u64, against: u64, lang: Lang) -> Testimony {
    let (agreement, why) = match (number, against) {
        (0, _) => (Agreement::CannotTell, say!(lang, "填 0，不说明问题", "it says 0, which tells nothing")),
        (number, against) if number == against => (Agreement::Agrees, say!(lang, "数目相同", "the same number")),
        (number, against) if number > against => {
            let more = number - against;
            (Agreement::Disagrees, say!(lang, "比目录多 {more}", "{more} more than in the catalogue"))
        }
        (number, against) => {
            let less = against - number;
            (Agreement::Disagrees, say!(lang, "比目录少 {less}", "{less} fewer than in the catalogue"))
        }
    };
    Testimony { source, number: Some(number), against: Some(against), agreement, why }
}

fn platform(said: &Said<'_>, lang: Lang) -> Testimony {
    let source = Source::Platform;
    let Some(text) = said.platform_channels else {
        return not_asked(source, say!(lang, "平台没有提供", "the platform did not say"));
    };
    match whole_number(text) {
        Some(number) => compared(source, number, said.cameras, lang),
        None => Testimony {
            source,
            number: None,
            against: Some(said.cameras),
            agreement: Agreement::CannotTell,
            why: say!(lang, "不是数字", "it is no number"),
        },
    }
}

fn recorders(items: &[Item], said: &Said<'_>, lang: Lang) -> Testimony {
    let source = Source::Recorders;
    if said.recorders.is_empty() {
        return not_asked(source, say!(lang, "没有询问录像机", "no recorder was asked"));
    }
    let mut children: HashMap<&str, HashSet<&str>> = HashMap::new();
    for item in items {
        for parent in item.parents() {
            children.entry(parent).or_default().insert(item.id());
        }
    }
    let (mut channels, mut received, mut fewer, mut told) = (0, 0, 0, 0_u64);
    for (code, number) in said.recorders {
        let Some(number) = number.filter(|n| *n > 0) else { continue };
        let here = children.get(code.as_str()).map_or(0, |c| c.len() as u64);
        told += 1;
        channels += number;
        received += here;
        fewer += u64::from(here < number);
    }
    let asked = said.recorders.len();
    let (agreement, why) = if told == 0 {
        (Agreement::CannotTell, say!(lang, "询问 {asked} 台，都没有给出通道数", "{asked} asked, none gave a number"))
    } else if fewer > 0 {
        let why = say!(
            lang,
            "询问 {asked} 台，其中 {fewer} 台自报的通道多于目录中的（可能未共享或未接摄像机）",
            "{asked} asked; {fewer} say more channels than the catalogue has (not shared, or not connected)"
        );
        (Agreement::Disagrees, why)
    } else {
        (
            Agreement::Agrees,
            say!(lang, "询问 {asked} 台，目录中的通道都不少于自报数", "{asked} asked, the catalogue has no fewer"),
        )
    };
    let numbers = (told > 0).then_some((channels, received));
    Testimony { source, number: numbers.map(|n| n.0), against: numbers.map(|n| n.1), agreement, why }
}

fn subscription(catalog: &Catalog, subscribed: Subscribed, lang: Lang) -> Testimony {
    let source = Source::Subscription;
    let notices = &catalog.notices;
    let (added, deleted) = (notices.added.len() as u64, notices.deleted());
    let heard = notices.messages > 0;
    let (agreement, why) = match subscribed {
        Subscribed::Refused(code) if !heard => {
            (Agreement::CannotTell, say!(lang, "平台不接受订阅（{code}）", "the platform refuses subscriptions ({code})"))
        }
        Subscribed::Silent if !heard => (Agreement::CannotTell, say!(lang, "平台没有应答订阅", "the platform did not answer")),
        Subscribed::NotAsked if !heard => return not_asked(source, say!(lang, "没有订阅", "not subscribed")),
        _ if added + deleted > 0 => (
            Agreement::Disagrees,
            say!(
                lang,
                "检测期间通知增加 {added} 条、删除 {deleted} 条；分母不变",
                "{added} added and {deleted} deleted while the run went on; the denominator stays"
            ),
        ),
        _ => {
            let (messages, off) = (notices.messages, notices.told(Event::Off));
            let why = say!(
                lang,
                "收到通知 {messages} 次，没有增删；最后为离线 {off} 路",
                "{messages} notices, nothing added or deleted; {off} last told as off line"
            );
            (Agreement::Agrees, why)
        }
    };
    Testimony { source, number: heard.then_some(added + deleted), against: None, agreement, why }
}

fn poll(catalog: &Catalog, subscribed: Subscribed, lang: Lang) -> Testimony {
    let source = Source::Poll;
    let Some(changes) = &catalog.proof.changes else {
        if subscribed == Subscribed::NotAsked {
            return not_asked(source, say!(lang, "没有再次查询", "it was not asked again"));
        }
        return not_asked(
            source,
            say!(lang, "订阅可用，或检测不到 10 分钟", "there was a subscription, or the run took less than 10 minutes"),
        );
    };
    let (added, vanished, changed) = (changes.added.count, changes.vanished.count, changes.changed.count);
    let (agreement, why) = if added + vanished > 0 {
        let why = say!(
            lang,
            "检测期间增加 {added} 条、消失 {vanished} 条、改动 {changed} 条；分母不变",
            "{added} added, {vanished} gone, {changed} changed while the run went on; the denominator stays"
        );
        (Agreement::Disagrees, why)
    } else if changes.whole {
        (Agreement::Agrees, say!(lang, "没有增删，改动 {changed} 条", "nothing added or gone, {changed} changed"))
    } else {
        (Agreement::CannotTell, say!(lang, "应答不足，不能判断有无消失", "it came short, what is gone cannot be told"))
    };
    Testimony { source, number: Some(added + vanished), against: None, agreement, why }
}

fn expected(said: &Said<'_>, lang: Lang) -> Testimony {
    match said.expected {
        Some((number, from)) => {
            let mut testimony = compared(Source::Expected, number, said.cameras, lang);
            if !from.is_empty() {
                let why = &testimony.why;
                testimony.why = say!(lang, "{why}（{from}）", "{why} ({from})");
            }
            testimony
        }
        None => not_asked(Source::Expected, say!(lang, "未核对平台登记总数", "the platform's own total was not given")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::assemble::{QueryRecord, assemble};
    use crate::manscdp::command::{Dialect, catalog, item};
    use crate::manscdp::document::Document;

    const PLATFORM: &str = "37172300002000000002";
    const NVR: &str = "37172300011180000001";

    fn answer(sn: u32, sum: u64, range: std::ops::Range<u32>) -> Document {
        let items: Vec<String> =
            range.map(|n| item(&[("DeviceID", &format!("37172300011320{n:06}")), ("ParentID", NVR)])).collect();
        Document::parse(&catalog(Dialect::default(), sn, PLATFORM, sum, items.len() as u64, &items), None).unwrap()
    }

    fn said(catalog: &Catalog, said: &Said<'_>) -> Vec<(&'static str, Option<u64>, &'static str)> {
        testify(catalog, said, Lang::Zh).iter().map(|t| (t.source.id(), t.number, t.agreement.name())).collect()
    }

    #[test]
    fn each_source_says_what_it_can() {
        let one = assemble(PLATFORM, &[QueryRecord { sn: 7, ..QueryRecord::default() }], vec![answer(7, 3, 0..3)]);
        let nothing = said(&one, &Said { cameras: 3, ..Said::default() });
        assert_eq!(nothing[0], ("query_1", Some(3), "agrees"));
        assert!(nothing[1..].iter().all(|(_, _, agreement)| *agreement == "not_asked"), "{nothing:?}");
        let recorders = [(NVR.to_owned(), Some(4)), ("37172300011180000002".to_owned(), None)];
        let all = Said {
            platform_channels: Some("0"),
            recorders: &recorders,
            expected: Some((3, "首页")),
            subscribed: Subscribed::Refused(405),
            cameras: 3,
        };
        let all = said(&one, &all);
        assert_eq!(
            all[3..],
            [
                ("platform_channels", Some(0), "cannot_tell"),
                ("recorder_channels", Some(4), "disagrees"),
                ("subscription", None, "cannot_tell"),
                ("poll", None, "not_asked"),
                ("expected", Some(3), "agrees"),
                ("ledger", None, "not_asked"),
            ]
        );
        let two = [QueryRecord { sn: 7, ..QueryRecord::default() }, QueryRecord { sn: 8, before: 1, ..QueryRecord::default() }];
        let differ = assemble(PLATFORM, &two, vec![answer(7, 3, 0..3), answer(8, 3, 1..4)]);
        let differ = said(&differ, &Said::default());
        assert!(differ[..2].iter().all(|(_, _, agreement)| *agreement == "disagrees"), "{differ:?}");
    }

    #[test]
    fn every_source_has_both_languages_and_an_id_of_its_own() {
        let mut ids: Vec<_> = Source::ALL.iter().map(|s| s.id()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), Source::ALL.len());
        assert!(Source::ALL.iter().all(|s| !s.title().en.is_empty() && !s.counts().zh.is_empty()));
    }
}
