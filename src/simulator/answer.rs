//! The messages of a catalogue answer. Pure.

use std::collections::VecDeque;
use std::fmt::Write as _;

use super::trouble::Trouble;
use super::world::{Random, World};
use crate::base::charset::Charset;
use crate::manscdp::command::{self, Dialect};

/// Items that `SumNum` is too high or too low by.
const TOO_MANY: u64 = 7;
const TOO_FEW: u64 = 2;
/// The message that is lost, by its place.
const LOST: usize = 2;
/// The message before which somebody else's answer comes in between.
const STRAY_BEFORE: usize = 3;
/// Octets of items in one of the big datagrams; head and headers come on top.
const BIG_OCTETS: usize = 60_000;
/// Items in every sixth message where what is over an MTU is lost; the others have one.
const FAT_ITEMS: usize = 4;
/// The SN of somebody else's answer, of ours.
const OTHER_SN: u32 = 0x0F0F_0F0F;
/// The code of a platform that is not the one that answers.
const OTHER_PLATFORM: &str = "37172300002009999999";
/// A bomb, for those who expand entities.
const DTD: &str = "<!DOCTYPE Response [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">]>\r\n";

/// Makes the messages one by one.
#[derive(Debug)]
pub struct Messages<'a> {
    world: &'a World,
    sn: u32,
    /// The DeviceID of the answer.
    device_id: String,
    /// Catalogue queries answered before.
    round: u32,
    /// Items there are, sent or not.
    total: u64,
    order: Vec<usize>,
    at: usize,
    /// Messages made so far.
    made: usize,
    /// Messages to be sent once more, with the items they carry.
    again: Vec<Vec<usize>>,
    /// What comes next before anything else.
    queue: VecDeque<Vec<u8>>,
    tail: VecDeque<Vec<u8>>,
    /// A body has been broken, where one is.
    spoilt: bool,
}

/// The declaration a charset is sent under.
#[must_use]
pub fn dialect(charset: Charset) -> Dialect {
    match charset {
        Charset::Utf8 => Dialect { charset, declared: "UTF-8" },
        Charset::Gb18030 => Dialect { charset, declared: "GB2312" },
    }
}

/// What one message says before its items.
struct Head<'a> {
    root: &'a str,
    sn: u32,
    device_id: &'a str,
    sum: Option<u64>,
    num: u64,
}

impl<'a> Messages<'a> {
    /// The answer to the first query for a code.
    #[must_use]
    pub fn new(world: &'a World, sn: u32, asked: &str) -> Self {
        let scene = world.scene();
        let (sending, has) = (&scene.sending, |trouble| scene.has(trouble));
        let empty = has(Trouble::EmptyWithList) || has(Trouble::EmptyWithoutList);
        let mut order = if empty { Vec::new() } else { world.under(asked) };
        let total = order.len() as u64;
        order.truncate(order.len() - sending.drop.min(order.len()));
        if sending.shuffle || has(Trouble::Reordered) {
            Random::new(scene.seed ^ 0x5EED).shuffle(&mut order);
        }
        let repeat = if has(Trouble::Repeats) { usize::MAX } else { sending.repeat };
        let again = order.chunks(sending.per_message.max(1)).take(repeat).map(<[usize]>::to_vec).collect();
        let device_id = match () {
            () if has(Trouble::ForeignDeviceId) => OTHER_PLATFORM,
            () if has(Trouble::OwnDeviceId) => &scene.party.id,
            () => asked,
        };
        let mut messages = Self {
            world,
            sn: if sending.sn_wrong { sn.wrapping_add(1_000) } else { sn },
            device_id: device_id.to_owned(),
            round: 0,
            total,
            order,
            at: 0,
            made: 0,
            again,
            queue: VecDeque::new(),
            tail: VecDeque::new(),
            spoilt: false,
        };
        if has(Trouble::StaleSn) {
            messages.sn = 1;
        }
        if empty || total == 0 || sending.trailing_empty || has(Trouble::TrailingEmpty) {
            let body = messages.body(&[], 0);
            messages.tail.push_back(body);
        }
        if sending.stray {
            let body = messages.stray(sn);
            messages.tail.push_back(body);
        }
        messages
    }

    /// The same after so many catalogue queries before it.
    #[must_use]
    pub const fn after(mut self, queries: u32) -> Self {
        self.round = queries;
        self
    }

    fn has(&self, trouble: Trouble) -> bool {
        self.world.scene().has(trouble)
    }

    /// Somebody else's answer: one item, SumNum 1.
    fn stray(&self, sn: u32) -> Vec<u8> {
        let item = command::item(&[("DeviceID", "37172300011329999999"), ("Name", "别人的应答")]);
        let head = Head { root: "Response", sn: sn ^ OTHER_SN, device_id: &self.device_id, sum: Some(1), num: 1 };
        self.render(&head, &[item])
    }

    /// How many of the next items go into one message.
    fn size(&self) -> usize {
        match () {
            () if self.has(Trouble::Paced) => 1,
            () if self.has(Trouble::OverMtu) => {
                if self.made % 6 == 5 {
                    FAT_ITEMS
                } else {
                    1
                }
            }
            () if self.has(Trouble::BigDatagrams) => {
                let rest = self.order.get(self.at..).unwrap_or_default();
                let sizes = rest.iter().scan(0, |octets, number| {
                    *octets += self.world.item(*number).len();
                    (*octets <= BIG_OCTETS).then_some(())
                });
                sizes.count().max(1)
            }
            () => self.world.scene().sending.per_message.max(1),
        }
    }

    /// A message of these items, after `sent` others.
    fn body(&self, numbers: &[usize], sent: u64) -> Vec<u8> {
        let sending = &self.world.scene().sending;
        let items: Vec<String> = numbers.iter().map(|n| self.world.item(*n)).collect();
        let own = items.len() as u64;
        let honest = self.total + sending.sum_num_excess;
        let sum = match () {
            () if self.has(Trouble::SumNumMissing) => None,
            () if self.has(Trouble::SumNumLarge) => Some(honest + TOO_MANY),
            () if self.has(Trouble::SumNumSmall) => Some(honest.saturating_sub(TOO_FEW)),
            () if self.has(Trouble::SumNumChanges) => Some((sent + own).min(honest)),
            () if self.has(Trouble::SumNumPerMessage) => Some(own),
            () if self.has(Trouble::SumNumCameras) => Some(self.world.scene().cameras as u64),
            () => Some(honest),
        };
        let sn = if self.has(Trouble::SnPerMessage) {
            self.sn.wrapping_add(u32::try_from(self.made).unwrap_or(u32::MAX))
        } else {
            self.sn
        };
        let wrong = sending.num_wrong || self.has(Trouble::NumWrong);
        let head = Head { root: "Response", sn, device_id: &self.device_id, sum, num: own + u64::from(wrong) };
        self.render(&head, &items)
    }

    fn render(&self, head: &Head<'_>, items: &[String]) -> Vec<u8> {
        let (root, sn, device_id, num) = (head.root, head.sn, command::escape(head.device_id), head.num);
        let mut text = format!("<{root}>\r\n<CmdType>Catalog</CmdType>\r\n<SN>{sn}</SN>\r\n<DeviceID>{device_id}</DeviceID>\r\n");
        if let Some(sum) = head.sum {
            let _ = write!(text, "<SumNum>{sum}</SumNum>\r\n");
        }
        if !(items.is_empty() && self.has(Trouble::EmptyWithoutList)) {
            let blank = if self.has(Trouble::NumBlanks) { " " } else { "" };
            let _ = write!(text, "<DeviceList Num=\"{blank}{num}{blank}\">\r\n");
            text.extend(items.iter().map(String::as_str));
            text.push_str("</DeviceList>\r\n");
        }
        let _ = write!(text, "</{root}>\r\n");
        if self.has(Trouble::NamespacePrefix) {
            text = prefixed(&text, root);
        }
        if self.has(Trouble::TwoRoots) {
            text = text.repeat(2);
        }
        let Dialect { charset, declared } = self.dialect();
        let dtd = if self.has(Trouble::Dtd) { DTD } else { "" };
        let declaration = if self.has(Trouble::Undeclared) {
            String::new()
        } else {
            format!("<?xml version=\"1.0\" encoding=\"{declared}\"?>\r\n")
        };
        charset.encode(&format!("{declaration}{dtd}{text}"))
    }

    fn dialect(&self) -> Dialect {
        match () {
            () if self.has(Trouble::Utf8AsGb) => Dialect { charset: Charset::Utf8, declared: "GB2312" },
            () if self.has(Trouble::GbAsUtf8) => Dialect { charset: Charset::Gb18030, declared: "UTF-8" },
            () => dialect(self.world.scene().charset),
        }
    }

    /// The same with something in an address, once, that nobody should read: octets of no charset, or the bomb.
    fn spoil(&mut self, mut body: Vec<u8>) -> Vec<u8> {
        const MARK: &[u8] = b"<Address>";
        let what: &[u8] = match () {
            () if self.has(Trouble::BadBytes) => &[0xFF, 0xFE],
            () if self.has(Trouble::Dtd) => b"&c;",
            () => &[],
        };
        if !what.is_empty()
            && !self.spoilt
            && let Some(at) = memchr::memmem::find(&body, MARK)
        {
            self.spoilt = true;
            body.splice(at + MARK.len()..at + MARK.len(), what.iter().copied());
        }
        if self.has(Trouble::CutBody)
            && self.at >= self.order.len()
            && let Some(at) = memchr::memmem::rfind(&body, b"<Name>")
        {
            body.truncate(at);
        }
        body
    }

    /// The next message of the order.
    fn ordered(&mut self) -> Option<Vec<u8>> {
        loop {
            let (from, end) = (self.at, (self.at + self.size()).min(self.order.len()));
            let numbers = self.order.get(from..end).filter(|n| !n.is_empty())?;
            let body = self.body(numbers, from as u64);
            let place = self.made;
            (self.at, self.made) = (end, place + 1);
            let lost = self.has(Trouble::LostAlways) || (self.has(Trouble::LostOnce) && self.round == 0);
            if lost && place == LOST {
                continue;
            }
            if self.has(Trouble::StrayAnswer) && place == STRAY_BEFORE {
                self.queue.push_back(self.stray(self.sn));
            }
            if self.has(Trouble::Interleaved) {
                let item = command::item(&[("DeviceID", &format!("3717230001131{place:07}")), ("Name", "另一次查询的应答")]);
                let head = Head {
                    root: "Response",
                    sn: self.sn ^ OTHER_SN,
                    device_id: &self.device_id,
                    sum: Some(self.total + 1),
                    num: 1,
                };
                self.queue.push_back(self.render(&head, &[item]));
            }
            return Some(self.spoil(body));
        }
    }

    /// A change nobody subscribed to: SumNum 1 and blanks in Num, as WVP sends it.
    #[must_use]
    pub fn notification(world: &World, number: u32) -> Vec<u8> {
        let camera = usize::try_from(number).unwrap_or(0) % world.scene().cameras.max(1);
        let event = if number.is_multiple_of(2) { "OFF" } else { "ON" };
        notify(world, number + 1, &[(world.camera_code(camera), event)])
    }

    /// The first notification of a subscription: who is off line.
    #[must_use]
    pub fn offline(world: &World) -> Vec<u8> {
        let events: Vec<_> = world.offline().map(|camera| (world.camera_code(camera), "OFF")).collect();
        notify(world, 1, &events)
    }
}

fn notify(world: &World, sn: u32, events: &[(String, &str)]) -> Vec<u8> {
    let scene = world.scene();
    let (id, n) = (command::escape(&scene.party.id), events.len());
    let blank = if scene.has(Trouble::NotifyStorm) || scene.has(Trouble::NumBlanks) { " " } else { "" };
    let mut text = format!(
        "<CmdType>Catalog</CmdType>\r\n<SN>{sn}</SN>\r\n<DeviceID>{id}</DeviceID>\r\n<SumNum>{n}</SumNum>\r\n<DeviceList Num=\"{blank}{n}{blank}\">\r\n"
    );
    text.extend(events.iter().map(|(code, event)| command::item(&[("DeviceID", code), ("Event", event)])));
    text.push_str("</DeviceList>\r\n");
    dialect(scene.charset).body("Notify", &text)
}

/// Every element name with a prefix. Texts are escaped, so that each `<` begins a tag.
fn prefixed(text: &str, root: &str) -> String {
    let text = text.replace("</", "\u{0}").replace('<', "<gb:").replace('\u{0}', "</gb:");
    text.replacen(&format!("<gb:{root}>"), &format!("<gb:{root} xmlns:gb=\"urn:gb28181\">"), 1)
}

impl Iterator for Messages<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        if let Some(body) = self.queue.pop_front() {
            return Some(body);
        }
        if let Some(body) = self.ordered() {
            return Some(body);
        }
        // One may still stand behind the last of the order.
        if let Some(body) = self.queue.pop_front() {
            return Some(body);
        }
        if let Some(numbers) = self.again.pop() {
            let sent = self.order.len() as u64;
            return Some(self.body(&numbers, sent));
        }
        self.tail.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::manscdp::document::Document;

    const OWN: &str = "37172300002000000002";

    fn world(cameras: usize, per_message: usize, troubles: &[Trouble]) -> World {
        World::new(crate::simulator::tests::scene(cameras, per_message, troubles))
    }

    fn documents(world: &World, asked: &str) -> Vec<Document> {
        Messages::new(world, 7, asked).map(|body| Document::parse(&body, None).unwrap()).collect()
    }

    #[test]
    fn the_same_scene_gives_the_same_octets() {
        let octets = || -> Vec<Vec<u8>> {
            let world = world(20, 3, &[Trouble::Reordered, Trouble::StrayAnswer]);
            Messages::new(&world, 7, OWN).collect()
        };
        assert_eq!(octets(), octets());
    }

    #[test]
    fn a_query_for_a_part_brings_that_part_and_nothing_for_a_code_that_is_not_there() {
        let plain = world(40, 3, &[]);
        let ids = |asked: &str| -> BTreeSet<String> {
            let documents = documents(&plain, asked);
            assert!(documents.iter().all(|d| d.get("DeviceID") == Some(asked)));
            let sums: BTreeSet<_> = documents.iter().map(Document::sum_num).collect();
            let ids: BTreeSet<_> = documents
                .into_iter()
                .flat_map(|d| d.items)
                .map(|i| i.get(crate::manscdp::item::Element::DeviceID).unwrap().to_owned())
                .collect();
            assert_eq!(sums, BTreeSet::from([Some(ids.len() as u64)]), "{asked}");
            ids
        };
        assert_eq!(ids(OWN).len(), plain.items());
        assert_eq!(ids("37172300001180000001").len(), 17, "a recorder and its cameras");
        assert_eq!(ids("37172300002160000001").len(), 1 + 4, "a virtual organisation and its cameras");
        assert_eq!(ids("37172300002150000001").len(), 1 + 12 + 40, "a business group");
        assert_eq!(ids("3717").len(), 1 + 3 + 40, "a region");
        assert_eq!(ids("37172300009999999999").len(), 0);
        let deaf = world(40, 3, &[Trouble::SubtreeIgnored]);
        assert_eq!(documents(&deaf, "3717").iter().map(|d| d.items.len()).sum::<usize>(), deaf.items());
    }

    #[test]
    fn big_datagrams_are_big_and_still_datagrams() {
        let world = world(300, 3, &[Trouble::BigDatagrams]);
        let sizes: Vec<usize> = Messages::new(&world, 7, OWN).map(|body| body.len()).collect();
        assert!(sizes.iter().all(|size| *size < 64_000) && sizes.iter().any(|size| *size > 40_000), "{sizes:?}");
    }

    #[test]
    fn two_hundred_thousand_cameras_take_no_memory_of_their_own() {
        let world = world(200_000, 100, &[]);
        let (mut items, mut octets) = (0, 0);
        for body in Messages::new(&world, 7, OWN).step_by(50) {
            items += memchr::memmem::find_iter(&body, b"<Item>").count();
            octets = octets.max(body.len());
        }
        // 212,515 items in 2,126 messages, of which every fiftieth was made into octets that were looked at.
        assert_eq!((world.items(), items), (212_515, 4_300));
        assert!(octets < 100_000, "a message at a time: {octets}");
    }
}
