//! Scenes drawn by a seed, with several troubles at once, and the truth an audit of each is held against. Pure.
//!
//! One trouble at a time shows that an auditor knows it; many at once show whether its parts get in each other's way. A
//! scene is written as its file, so that whoever builds a superior platform can take it and run it.

use serde_json::{Value, json};

use super::fault::FAULTS;
use super::scene::Scene;
#[allow(clippy::enum_glob_use, reason = "the lists below name most of them")]
use super::trouble::Trouble::{self, *};
use super::world::{Random, World};

/// Troubles that play the same part: a platform has one of them or none.
const PARTS: &[&[Trouble]] = &[
    &[NumWrong, NumBlanks],
    // An entity that is not expanded is another text than the one it stands for: no repeat of it.
    &[Repeats, TrailingEmpty, Dtd],
    &[Twins],
    &[BadBytes, StrayMarkup],
    &[TwoRoots, NamespacePrefix],
    &[Utf8AsGb, GbAsUtf8, Undeclared, RareCharacters, InfoCharset],
    &[ForeignDeviceId, StaleSn, SnPerMessage],
    &[StrayAnswer, Interleaved, NotifyStorm],
    &[LostOnce, LostAlways, BusyOnce],
    &[Reordered, Paced, StopAndWait, Slow200, Burst, BigDatagrams],
    &[SubtreeIgnored, OwnDeviceId],
    &[NeedsAlgorithm, WithoutQop, DiesOf100, WrongPasswordFirst, OldAuthorization],
    &[OddHeartbeat, NoKeepalive, PrivateContact, ExpiresShort, ExpiresMissing, ClockSkew, VersionUnknown, AsksBack],
    &[SubscriptionRefused, SubscriptionContact],
];
/// Troubles of the records, which make a field wrong that is sound in the scene.
const RECORDS: &[Trouble] = &[ParentMissing, ParentAbove, Placeholders, NullTexts, RegionOfAnother, VirtualOnly, Parental65535];
/// Troubles of the line, over UDP and over TCP.
const LINES: [&[Trouble]; 2] = [
    &[PortChanges, ViaStrict, SocketStrict, JakDatagrams, Lossy, Deaf, BareLf, RegisterTwice],
    &[Reconnects, TcpOctets, TcpJoined, BareLf],
];
/// Troubles that leave the catalogue without a number.
const VOIDS: &[Trouble] =
    &[SumNumLarge, SumNumSmall, SumNumMissing, SumNumPerMessage, SumNumCameras, CutBody, Refused, Unregisters, Cut4000];
/// One scene in so many has such a trouble.
const VOID_EVERY: u32 = 4;
/// Most cameras of a scene; a platform that paces its items has fewer.
const MAX_CAMERAS: u64 = 400;
const MAX_PACED: u64 = 40;

/// Draws the file of a scene. The same seed and number give the same file.
#[must_use]
pub fn scene_file(seed: u64, number: u32) -> String {
    let mut dice = Dice(Random::new(seed ^ (u64::from(number) << 32)));
    let tcp = dice.below(2) == 1;
    let mut troubles: Vec<Trouble> = Vec::new();
    for part in PARTS {
        troubles.extend(dice.one_in(3).then(|| dice.pick(part)).flatten());
    }
    let line = LINES.get(usize::from(tcp)).copied().unwrap_or_default();
    troubles.extend(dice.one_in(2).then(|| dice.pick(line)).flatten());
    troubles.extend(dice.one_in(4).then(|| dice.pick(RECORDS)).flatten());
    troubles.extend(number.is_multiple_of(VOID_EVERY).then(|| dice.pick(VOIDS)).flatten());
    // What is lost whenever all is asked for can be had where parts can be asked for, and by who does not break off.
    let has = |t: Trouble| troubles.contains(&t);
    let repaired = has(LostAlways) && !has(Refused) && !has(Unregisters);
    let lost = !repaired && [Refused, Unregisters].into_iter().any(has);
    troubles.retain(|t| match t {
        SubtreeIgnored | OwnDeviceId => !repaired,
        LostOnce | LostAlways | BusyOnce => !lost,
        _ => true,
    });
    let paced = troubles.contains(&Paced);
    let cameras = 1 + dice.below(if paced { MAX_PACED } else { MAX_CAMERAS });
    let ids: Vec<String> = troubles.iter().filter_map(|t| Some(format!("\"{}\"", t.about()?.id))).collect();
    let mut text = format!(
        "# gbaudit simulate --generate: seed {seed}, number {number}\n\n[platform]\nid = \"371723000020{number:07}2\"\n\
         listen = \"{protocol}:127.0.0.1:15061\"\ncharset = \"{charset}\"\nversion = \"{version}\"\ntroubles = [{troubles}]\n\n\
         [superior]\nid = \"37172300002000000001\"\naddress = \"{protocol}:127.0.0.1:15060\"\nauth = \"none\"\n\n\
         [catalog]\ncameras = {cameras}\nper_recorder = {per_recorder}\noffline = {offline}\nseed = {scene_seed}\n\
         per_message = {per_message}\nwindow = {window}\nshuffle = {shuffle}\n",
        protocol = if tcp { "tcp" } else { "udp" },
        charset = if dice.one_in(3) { "UTF-8" } else { "GB18030" },
        version = if dice.one_in(2) { "2.0" } else { "3.0" },
        troubles = ids.join(", "),
        per_recorder = 1 + dice.below(32),
        offline = dice.below(1 + cameras / 8),
        scene_seed = dice.below(1 << 31),
        per_message = 1 + dice.below(16),
        window = 1 + dice.below(8),
        shuffle = dice.one_in(2),
    );
    // Half of the cameras at most are broken; the rest of them is for twins and for those off line.
    for fault in FAULTS.iter().take(usize::try_from(cameras / 4).unwrap_or(0)) {
        if dice.one_in(8) {
            text.push_str(&format!("\n[[fault]]\nkind = \"{}\"\ncameras = 1\n", fault.id));
        }
    }
    text
}

/// What is true of a scene: `items` and `cameras` there are, whether a right audit finds the catalogue `complete` (null where
/// both may be), whether the records are as they are in the scene, and every camera with the rule its record breaks.
#[must_use]
pub fn truth(world: &World) -> Value {
    let scene = world.scene();
    let devices: Vec<Value> = world
        .truths(&[])
        .map(|(code, name, truth)| {
            let (field, rule) = truth.fault.unzip();
            json!({"device_id": code, "name": name, "field": field, "rule": rule})
        })
        .collect();
    json!({
        "items": world.items(),
        "cameras": scene.cameras,
        "complete": is_complete(scene),
        "records_as_they_are": !scene.troubles.iter().any(|t| RECORDS.contains(t)),
        "devices": devices,
    })
}

/// Whether the catalogue of a scene has to be proven whole, or cannot be. Nothing where an item is lost whenever all is asked
/// for (it depends on the item whether a branch brings it), or lost once by a platform whose answers have to agree.
#[must_use]
pub fn is_complete(scene: &Scene) -> Option<bool> {
    let sending = &scene.sending;
    let voids = |t: &Trouble| t.about().is_some_and(|about| about.expected.state.voids());
    let complete = sending.drop == 0 && sending.sum_num_excess == 0 && !scene.troubles.iter().any(voids);
    let either = scene.has(LostAlways) || (scene.has(StaleSn) && scene.has(LostOnce));
    (!complete || !either).then_some(complete)
}

struct Dice(Random);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0.next() % n.max(1)
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn pick(&mut self, from: &[Trouble]) -> Option<Trouble> {
        from.get(usize::try_from(self.below(from.len() as u64)).unwrap_or(0)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_and_a_number_give_one_scene() {
        assert_eq!(scene_file(1, 7), scene_file(1, 7));
        assert_ne!(scene_file(1, 7), scene_file(1, 8));
        assert_ne!(scene_file(1, 7), scene_file(2, 7));
    }

    #[test]
    fn what_voids_stands_among_what_voids_and_nothing_else_does() {
        let voids = |t: &Trouble| t.about().unwrap().expected.state.voids();
        let not: Vec<_> = VOIDS.iter().filter(|t| !voids(t)).collect();
        let yet: Vec<_> = PARTS.iter().chain(&LINES).copied().flatten().chain(RECORDS).filter(|t| voids(t)).collect();
        assert!(not.is_empty() && yet.is_empty(), "{not:?} {yet:?}");
    }
}
