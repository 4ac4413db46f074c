//! 网络: what one camera cannot show and all of a platform or a recorder together can, the path between it and us.
//!
//! Only what was seen counts. Nothing here makes a picture of no picture: a cause becomes doubtful, that is all
//! (docs/design/0006).

use std::collections::{BTreeMap, HashSet};

use super::{Why, no_answer, no_key_frame, no_media, says, undecodable};
use crate::base::oddity;
use crate::probe::outcome::{Attempt, Cause, MediaTransport, ProbeRecord, detail};

/// Cameras that have to show the same of a path before it is believed.
pub const MIN_WITNESSES: u64 = 3;
/// A stream bears witness to a lossy path when of so many packets one is lost.
const LOSSY_ONE_IN: u64 = 200;

whys! {
    UDP_CLOSED "udp_closed" NoMedia Network doubtful {
        "UDP 码流到不了检测方（多路）" "no UDP media arrives from there (many cameras)"
        "同一平台（或录像机）下没有一路的 UDP 码流到达过，而至少 3 路改用 TCP 就来了码流：是 UDP 的路不通。这一路没能用 TCP 测成，不能怪它，因此存疑。"
        "Not one camera of this platform (or recorder) ever got UDP media through to us, and at least 3 of them did over TCP: the way for UDP is closed. This camera could not be tested over TCP and is not to blame: doubtful."
        "本平台（录像机）UDP 收包合计为 0；至少 3 路 UDP 无码流而 TCP 有码流；本路没有获应答的 TCP 点播。"
        "No UDP packet of the whole platform (recorder); at least 3 cameras without media over UDP and with media over TCP; no answered call of this camera over TCP."
        "放通平台到本工具媒体端口的 UDP，或把 probe.transports 设为 TCP 优先，然后复测。"
        "Open UDP from the platform to our media ports, or put TCP first in probe.transports; then retest."
    }
    PATH_LOSES_KEY_FRAMES "path_loses_key_frames" NoKeyFrame Network doubtful {
        "途中丢包，未收到关键帧（多路）" "packets lost on the way, no key frame (many cameras)"
        "同一平台（或录像机）下发来 UDP 码流的摄像机有一半以上（至少 3 路）丢包：是共用的路在丢，丢掉的可能正是关键帧，因此存疑。检测机自身的网卡和缓冲也在这条路上。"
        "Of the cameras of this platform (or recorder) that sent UDP media, half or more, and at least 3, lost packets: the path they share loses them, and a key frame may be among them: doubtful. Our own network card is part of that path."
        "各路 RTP 序号缺口达二百分之一；本路没有收到码流的 TCP 点播。"
        "Gaps in the RTP numbering of one packet in 200 or more; no call of this camera that got media over TCP."
        "查平台到检测机的带宽与丢包；减少同时点播路数，或改用 TCP，然后复测。"
        "Check bandwidth and loss between platform and auditor; call fewer at once, or over TCP; then retest."
    }
    PATH_DAMAGES_KEY_FRAMES "path_damages_key_frames" Undecodable Network doubtful {
        "途中丢包，关键帧受损（多路）" "packets lost on the way, key frames damaged (many cameras)"
        "同一平台（或录像机）下发来 UDP 码流的摄像机有一半以上（至少 3 路）丢包：是共用的路在丢，关键帧因此不完整，因此存疑。检测机自身的网卡和缓冲也在这条路上。"
        "Of the cameras of this platform (or recorder) that sent UDP media, half or more, and at least 3, lost packets: the path they share loses them, and key frames are incomplete by it: doubtful. Our own network card is part of that path."
        "各路 RTP 序号缺口达二百分之一；本路没有收到码流的 TCP 点播。"
        "Gaps in the RTP numbering of one packet in 200 or more; no call of this camera that got media over TCP."
        "查平台到检测机的带宽与丢包；减少同时点播路数，或改用 TCP，然后复测。"
        "Check bandwidth and loss between platform and auditor; call fewer at once, or over TCP; then retest."
    }
    CONTROLS_WITHOUT_MEDIA "controls_without_media" NoMedia Network doubtful {
        "无码流，对照摄像机当时也没有" "no media, and none from control cameras either"
        "已知能出图的对照摄像机在同一段时间里也是有应答、无码流：平台到检测方的路（含检测机自身的网络）当时不通，不能怪这一路，因此存疑。"
        "Control cameras, known to be good, were answered and sent no media either at that time: the way from the platform to us, our own network included, did not work. This camera is not to blame: doubtful."
        "检测前或检测后全部对照摄像机有应答无码流；本路的点播都在最早出图之前（或最晚出图之后），其间没有任何摄像机出图。"
        "All control cameras before (or after) the run were answered and sent nothing; every call of this camera lies before the first picture of the run (or after the last)."
        "查检测机的防火墙、收流地址（media_ip）和到平台的路由；对照摄像机恢复出图后复测。"
        "Check our firewall, the media address (media_ip) and the route to the platform; retest once the control cameras give pictures."
    }
    CONTROLS_WITHOUT_ANSWER "controls_without_answer" NoAnswer Network doubtful {
        "无应答，对照摄像机当时也没有" "no answer, and none for control cameras either"
        "已知能出图的对照摄像机在同一段时间里点播也没有应答：信令的路或平台整体有问题，不能怪这一路，因此存疑。"
        "Calls to control cameras, known to be good, were not answered either at that time: the way of signalling or the platform as a whole did not work. This camera is not to blame: doubtful."
        "检测前或检测后全部对照摄像机无应答；本路的点播都在最早出图之前（或最晚出图之后），其间没有任何摄像机出图。"
        "No control camera was answered before (or after) the run; every call of this camera lies before the first picture of the run (or after the last)."
        "查本工具与平台之间的信令（地址、端口、防火墙）和平台状态；对照摄像机恢复后复测。"
        "Check signalling between us and the platform (addresses, ports, firewalls) and the platform itself; retest once the control cameras answer."
    }
}

/// A control camera (对照摄像机): one known to be good, called beside the run.
#[derive(Debug, Clone, Copy)]
pub struct Control<'a> {
    /// What came of it.
    pub record: &'a ProbeRecord,
    /// Before the cameras of the run; else after them.
    pub before: bool,
}

/// What control cameras show of the way to us.
#[derive(Debug, Clone, Copy, Default)]
struct Shown<'a> {
    /// How all of them failed before the run, where they did.
    before: Option<Cause>,
    /// And after it.
    after: Option<Cause>,
    /// When the first and the last call began that gave a picture.
    first_picture: Option<&'a str>,
    last_picture: Option<&'a str>,
}

impl<'a> Shown<'a> {
    fn new(cameras: &[Looked<'a>], controls: &[Control<'a>]) -> Self {
        let of = |before: bool| {
            let mut ways = controls.iter().filter(|control| control.before == before).map(|control| failed(control.record));
            let first = ways.next()??;
            ways.all(|way| way == Some(first)).then_some(first)
        };
        let attempts = cameras.iter().flat_map(|camera| &camera.record.attempts);
        // Times of one run are written in one way: they sort as texts.
        let shown = || attempts.clone().filter(|a| a.first_visible_ms.is_some()).map(|a| a.started.as_str());
        Self { before: of(true), after: of(false), first_picture: shown().min(), last_picture: shown().max() }
    }

    /// Why a camera that failed in the same way, when nobody had a picture, is not to blame.
    fn excuses(&self, camera: &Looked<'_>) -> Option<&'static Why> {
        let way = failed(camera.record)?;
        let tries = || camera.record.attempts.iter().map(|attempt| attempt.started.as_str());
        let early = self.before == Some(way) && self.first_picture.is_none_or(|first| tries().all(|at| at < first));
        let late = self.after == Some(way) && self.last_picture.is_none_or(|last| tries().all(|at| at > last));
        (early || late).then_some(match way {
            Cause::NoAnswer => &CONTROLS_WITHOUT_ANSWER,
            _ => &CONTROLS_WITHOUT_MEDIA,
        })
    }
}

/// How every call of a code failed, where it says something of the way: no answer, or an answer and no media.
fn failed(record: &ProbeRecord) -> Option<Cause> {
    let way = |attempt: &Attempt| match attempt.cause {
        Some(Cause::NoAnswer) if attempt.status.is_none() => Some(Cause::NoAnswer),
        Some(Cause::NoMedia) if is_silent(attempt) => Some(Cause::NoMedia),
        _ => None,
    };
    let mut ways = record.attempts.iter().map(way);
    let first = ways.next()??;
    ways.all(|other| other == Some(first)).then_some(first)
}

/// One camera of a platform, with what is said of it by itself.
#[derive(Debug, Clone, Copy)]
pub struct Looked<'a> {
    /// What was tried with it.
    pub record: &'a ProbeRecord,
    /// The recorder it hangs under.
    pub recorder: Option<&'a str>,
    /// Why it gave no picture; nothing where it did.
    pub why: Option<&'static Why>,
}

/// What the cameras of one group show of the path they share.
#[derive(Debug, Clone, Copy, Default)]
struct Path {
    /// With media over UDP.
    udp: u64,
    /// Of these, with packets lost.
    lossy: u64,
    /// Without media over UDP, and with media over TCP.
    tcp_only: u64,
}

impl Path {
    fn add(&mut self, record: &ProbeRecord) {
        let tries = &record.attempts;
        let udp = tries.iter().any(came_by_udp);
        self.udp += u64::from(udp);
        self.lossy += u64::from(tries.iter().any(|a| is_udp(a) && is_lossy(a)));
        let silent = tries.iter().any(|a| is_udp(a) && is_silent(a));
        self.tcp_only += u64::from(!udp && silent && tries.iter().any(came_by_tcp));
    }

    const fn udp_is_closed(self) -> bool {
        self.udp == 0 && self.tcp_only >= MIN_WITNESSES
    }

    const fn is_lossy(self) -> bool {
        self.lossy >= MIN_WITNESSES && self.lossy.saturating_mul(2) >= self.udp
    }
}

/// What all cameras of one platform show together: for each that is to be put down to the network the cause that takes
/// the place of its own. In the order given; a code that stands on several lines bears witness once. Control cameras refute or
/// excuse: where their media came by UDP the way is open, where all of them failed the way was not.
#[must_use]
pub fn join(cameras: &[Looked<'_>], controls: &[Control<'_>]) -> Vec<Option<&'static Why>> {
    let mut platform = Path::default();
    let mut recorders: BTreeMap<&str, Path> = BTreeMap::new();
    let mut heard: HashSet<&str> = HashSet::new();
    for camera in cameras.iter().filter(|camera| heard.insert(&camera.record.device_id)) {
        platform.add(camera.record);
        if let Some(recorder) = camera.recorder {
            recorders.entry(recorder).or_default().add(camera.record);
        }
    }
    // A control camera's UDP media refutes that the way is closed: of the platform, and of the recorder it hangs under.
    for control in controls.iter().filter(|control| control.record.attempts.iter().any(came_by_udp)) {
        platform.udp += 1;
        let under = cameras.iter().find(|camera| camera.record.device_id == control.record.device_id).and_then(|c| c.recorder);
        if let Some(path) = under.and_then(|recorder| recorders.get_mut(recorder)) {
            path.udp += 1;
        }
    }
    let by_path = |camera: &Looked<'_>, why: &'static Why| {
        let shared = camera.recorder.and_then(|recorder| recorders.get(recorder)).copied().unwrap_or_default();
        let any = |is: fn(Path) -> bool| is(platform) || is(shared);
        let tries = &camera.record.attempts;
        let over_tcp = |shows: fn(&Attempt) -> bool| tries.iter().any(|a| !is_udp(a) && shows(a));
        if *why == no_media::NO_PACKET {
            (any(Path::udp_is_closed) && !over_tcp(is_answered)).then_some(&UDP_CLOSED)
        } else if *why == undecodable::KEY_FRAME_DAMAGED {
            (any(Path::is_lossy) && !over_tcp(has_packets)).then_some(&PATH_DAMAGES_KEY_FRAMES)
        } else if *why == no_key_frame::KEY_FRAME_LOST {
            (any(Path::is_lossy) && !over_tcp(has_packets)).then_some(&PATH_LOSES_KEY_FRAMES)
        } else {
            None
        }
    };
    let shown = Shown::new(cameras, controls);
    let joined = |camera: &Looked<'_>| {
        let why = camera.why?;
        // What was joined to the path rests on more than the word of the operator that a camera is good.
        by_path(camera, why).or_else(|| {
            let silent = *why == no_media::NO_PACKET || *why == no_answer::SILENCE || *why == no_answer::PROVISIONAL_ONLY;
            shown.excuses(camera).filter(|_| silent)
        })
    };
    cameras.iter().map(joined).collect()
}

fn is_udp(attempt: &Attempt) -> bool {
    attempt.transport == MediaTransport::Udp
}

fn is_answered(attempt: &Attempt) -> bool {
    attempt.status.is_some_and(|code| (200..300).contains(&code))
}

const fn has_packets(attempt: &Attempt) -> bool {
    attempt.media.packets > 0
}

/// Something came by UDP, media or not: the way is open.
fn came_by_udp(attempt: &Attempt) -> bool {
    let instead = attempt.oddities.iter().any(|id| id == oddity::UDP_INSTEAD_OF_TCP.id);
    (is_udp(attempt) && (has_packets(attempt) || attempt.media.rtcp > 0)) || instead
}

fn came_by_tcp(attempt: &Attempt) -> bool {
    !is_udp(attempt) && has_packets(attempt) && !came_by_udp(attempt)
}

/// Answered, and no media until the limit; not because the peer hung up.
fn is_silent(attempt: &Attempt) -> bool {
    is_answered(attempt) && attempt.cause == Some(Cause::NoMedia) && !has_packets(attempt) && !says(attempt, detail::PEER_BYE)
}

const fn is_lossy(attempt: &Attempt) -> bool {
    let media = &attempt.media;
    media.lost > 0 && media.lost.saturating_mul(LOSSY_ONE_IN) >= media.packets.saturating_add(media.lost)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::cause::of;
    use crate::probe::outcome::Demand;
    use crate::probe::outcome::tests::attempt;
    use crate::probe::outcome::{Level, ProbeVerdict};

    const LIMIT: u64 = 10_000;

    fn answered(number: u32, transport: MediaTransport, cause: Option<Cause>) -> Attempt {
        Attempt { transport, status: Some(200), answer_ms: Some(20), ..attempt(number, cause) }
    }

    fn silent(number: u32, transport: MediaTransport) -> Attempt {
        answered(number, transport, Some(Cause::NoMedia))
    }

    fn picture(number: u32, transport: MediaTransport) -> Attempt {
        let mut seen = answered(number, transport, None);
        (seen.first_packet_ms, seen.first_picture_ms, seen.first_visible_ms) = (Some(30), Some(90), Some(90));
        seen.media.packets = 50;
        seen
    }

    fn lossy(number: u32, cause: Option<Cause>) -> Attempt {
        let mut seen = picture(number, MediaTransport::Udp);
        (seen.media.packets, seen.media.lost, seen.cause) = (300, 20, cause);
        if cause.is_some() {
            (seen.first_picture_ms, seen.first_visible_ms) = (None, None);
            seen.detail = detail::DAMAGED_IN_TRANSIT.into();
        }
        seen
    }

    fn busy(number: u32, transport: MediaTransport) -> Attempt {
        Attempt { transport, status: Some(486), ..attempt(number, Some(Cause::Capacity)) }
    }

    fn record(id: usize, attempts: Vec<Attempt>) -> ProbeRecord {
        ProbeRecord { device_id: format!("{id:020}"), attempts, untested: None, snapshot: None }
    }

    /// The ids of the joined causes, of cameras under these recorders.
    fn joined(cameras: &[(ProbeRecord, Option<&str>)]) -> Vec<Option<&'static str>> {
        let looked: Vec<_> = cameras
            .iter()
            .map(|(record, recorder)| {
                let why = of(record, &record.conclude(&Demand::new(Level::Visible, LIMIT), false));
                Looked { record, recorder: *recorder, why }
            })
            .collect();
        join(&looked, &[]).into_iter().map(|why| why.map(|why| why.id)).collect()
    }

    /// The same beside control cameras.
    fn beside(cameras: &[ProbeRecord], controls: &[(&ProbeRecord, bool)]) -> Vec<Option<&'static str>> {
        let looked: Vec<_> = cameras
            .iter()
            .map(|record| Looked {
                record,
                recorder: None,
                why: of(record, &record.conclude(&Demand::new(Level::Visible, LIMIT), false)),
            })
            .collect();
        let controls: Vec<_> = controls.iter().map(|(record, before)| Control { record, before: *before }).collect();
        join(&looked, &controls).into_iter().map(|why| why.map(|why| why.id)).collect()
    }

    /// All its calls at one minute.
    fn at(minute: u32, mut record: ProbeRecord) -> ProbeRecord {
        for attempt in &mut record.attempts {
            attempt.started = format!("2026-11-24T01:{minute:02}:00.000Z");
        }
        record
    }

    #[test]
    fn where_control_cameras_give_nothing_either_a_camera_called_before_any_picture_came_is_not_to_blame() {
        let dark = |id| record(id, vec![silent(1, Udp), silent(2, TcpPassive)]);
        let unanswered = |id| record(id, vec![attempt(1, Some(Cause::NoAnswer))]);
        let shown = |id| record(id, vec![picture(1, Udp)]);
        let (failed, good, deaf) = (dark(90), shown(91), unanswered(92));
        let cameras = [at(1, dark(1)), at(2, shown(2)), at(3, dark(3)), at(4, shown(4)), at(5, dark(5)), at(6, unanswered(6))];
        let none = || vec![None; 6];
        assert_eq!(beside(&cameras, &[(&good, true), (&good, false)]), none());
        let mut early = none();
        early[0] = Some("controls_without_media");
        assert_eq!(beside(&cameras, &[(&failed, true), (&good, false)]), early, "what came later is not excused by it");
        let mut late = none();
        late[4] = Some("controls_without_media");
        assert_eq!(beside(&cameras, &[(&good, true), (&failed, false)]), late, "and silence is not excused by missing media");
        let mut silence = none();
        silence[5] = Some("controls_without_answer");
        assert_eq!(beside(&cameras, &[(&deaf, false)]), silence);
        assert_eq!(beside(&cameras, &[(&failed, true), (&good, true)]), none(), "one good control shows that the way works");
        assert_eq!(beside(&cameras, &[(&failed, true), (&deaf, true)]), none(), "they failed in different ways");
        let all_dark: Vec<_> = (0..4).map(|id| at(2, dark(id))).collect();
        assert_eq!(beside(&all_dark, &[(&failed, true), (&failed, false)]), vec![Some("controls_without_media"); 4]);
        assert_eq!(beside(&all_dark, &[]), vec![None; 4]);
    }

    #[test]
    fn a_control_cameras_udp_media_refutes_that_the_way_is_closed() {
        let mut cameras: Vec<_> = tcp_only(3).into_iter().map(|(record, _)| record).collect();
        cameras.push(record(7, vec![silent(1, Udp)]));
        let good = record(90, vec![picture(1, Udp)]);
        let over_tcp = record(90, vec![silent(1, Udp), picture(2, TcpPassive)]);
        assert_eq!(beside(&cameras, &[])[3], Some("udp_closed"));
        assert_eq!(beside(&cameras, &[(&good, true)])[3], None);
        assert_eq!(beside(&cameras, &[(&over_tcp, true)])[3], Some("udp_closed"));
    }

    use MediaTransport::{TcpPassive, Udp};

    /// Cameras that give nothing over UDP and a picture over TCP.
    fn tcp_only(n: usize) -> Vec<(ProbeRecord, Option<&'static str>)> {
        (0..n).map(|id| (record(id, vec![silent(1, Udp), picture(2, TcpPassive)]), Some("r1"))).collect()
    }

    #[test]
    fn where_udp_never_arrives_and_tcp_does_a_camera_that_had_no_turn_over_tcp_is_not_to_blame() {
        let mut cameras = tcp_only(3);
        cameras.push((record(7, vec![silent(1, Udp), busy(2, TcpPassive)]), None));
        cameras.push((record(8, vec![silent(1, Udp), silent(2, TcpPassive)]), None));
        cameras.push((record(9, vec![busy(1, Udp)]), None));
        assert_eq!(joined(&cameras)[3..], [Some("udp_closed"), None, None], "one that failed over TCP too keeps its cause");
    }

    #[test]
    fn two_witnesses_are_too_few_and_one_udp_packet_refutes_them_all() {
        let unlucky = || (record(7, vec![silent(1, Udp)]), None);
        let mut two = tcp_only(2);
        two.push(unlucky());
        assert_eq!(joined(&two)[2], None);
        let mut twice = tcp_only(2);
        twice.push(twice[1].clone());
        twice.push(unlucky());
        assert_eq!(joined(&twice)[3], None, "a code on two lines is one witness");
        let mut refuted = tcp_only(5);
        refuted.push((record(8, vec![picture(1, Udp)]), Some("r2")));
        refuted.push(unlucky());
        assert_eq!(joined(&refuted)[6], None);
        refuted.push((record(9, vec![silent(1, Udp)]), Some("r1")));
        assert_eq!(joined(&refuted)[7], Some("udp_closed"), "the way from its own recorder is closed all the same");
    }

    #[test]
    fn where_nothing_arrives_at_all_no_path_is_shown() {
        let cameras: Vec<_> = (0..20).map(|id| (record(id, vec![silent(1, Udp), silent(2, TcpPassive)]), Some("r1"))).collect();
        assert!(joined(&cameras).iter().all(Option::is_none), "a platform that sends nothing is not excused");
        let udp: Vec<_> = (0..20).map(|id| (record(id, vec![silent(1, Udp)]), Some("r1"))).collect();
        assert!(joined(&udp).iter().all(Option::is_none));
    }

    #[test]
    fn key_frames_damaged_on_a_path_that_most_streams_lose_packets_on_are_the_networks() {
        let mut cameras: Vec<_> = (0..2).map(|id| (record(id, vec![lossy(1, None)]), Some("r1"))).collect();
        cameras.push((record(2, vec![lossy(1, Some(Cause::Undecodable))]), Some("r1")));
        cameras.push((record(3, vec![lossy(1, Some(Cause::NoKeyFrame))]), Some("r2")));
        cameras.push((record(4, vec![picture(1, Udp)]), Some("r2")));
        assert_eq!(joined(&cameras)[2..4], [Some("path_damages_key_frames"), Some("path_loses_key_frames")]);
        // Clean streams of the same platform beside them: it is these cameras' own links.
        cameras.extend((5..12).map(|id| (record(id, vec![picture(1, Udp)]), Some("r2"))));
        let found = joined(&cameras);
        assert_eq!(found[2..4], [Some("path_damages_key_frames"), None], "recorder r1 is lossy as before");
        let alone = [(record(1, vec![lossy(1, Some(Cause::Undecodable))]), None)];
        assert_eq!(joined(&alone), [None]);
    }

    #[test]
    fn over_tcp_nothing_is_lost_on_the_way() {
        let mut cameras: Vec<_> = (0..3).map(|id| (record(id, vec![lossy(1, None)]), None)).collect();
        let mut again = lossy(2, Some(Cause::Undecodable));
        again.transport = TcpPassive;
        cameras.push((record(3, vec![lossy(1, Some(Cause::Undecodable)), again]), None));
        assert_eq!(joined(&cameras)[3], None, "whose key frames are damaged over TCP too, sends them so");
        let mut few = lossy(1, Some(Cause::Undecodable));
        (few.media.packets, few.media.lost) = (100_000, 3);
        let few: Vec<_> = (0..5).map(|id| (record(id, vec![few.clone()]), None)).collect();
        assert!(joined(&few).iter().all(Option::is_none), "three of a hundred thousand are no lossy path");
    }

    proptest! {
        /// Whatever the cameras did: a joined cause stands under the same word of the contract, only where there was no
        /// picture, is doubtful and the network's, and takes three witnesses.
        #[test]
        fn joining_makes_doubtful_and_nothing_else(kinds in proptest::collection::vec((0..9_u8, 0..3_u8), 0..30)) {
            let cameras: Vec<_> = kinds.iter().enumerate().map(|(id, (kind, recorder))| {
                let attempts = match kind {
                    0 => vec![silent(1, Udp)],
                    1 => vec![silent(1, Udp), picture(2, TcpPassive)],
                    2 => vec![silent(1, Udp), silent(2, TcpPassive)],
                    3 => vec![silent(1, Udp), busy(2, TcpPassive)],
                    4 => vec![picture(1, Udp)],
                    5 => vec![lossy(1, None)],
                    6 => vec![lossy(1, Some(Cause::Undecodable))],
                    7 => vec![lossy(1, Some(Cause::NoKeyFrame)), silent(2, TcpPassive)],
                    _ => vec![busy(1, Udp)],
                };
                (record(id, attempts), *recorder)
            }).collect();
            let names = ["r0", "r1"];
            let looked: Vec<_> = cameras.iter().map(|(record, recorder)| {
                let why = of(record, &record.conclude(&Demand::new(Level::Visible, LIMIT), false));
                Looked { record, recorder: names.get(usize::from(*recorder)).copied(), why }
            }).collect();
            let joined = join(&looked, &[]);
            prop_assert_eq!(joined.len(), looked.len());
            for (camera, joined) in looked.iter().zip(&joined) {
                let Some(joined) = joined else { continue };
                let own = camera.why.expect("where there is a picture there is nothing to join");
                prop_assert_eq!((own.cause, joined.doubtful), (joined.cause, true));
                let concluded = camera.record.conclude(&Demand::new(Level::Visible, LIMIT), false);
                prop_assert_eq!(concluded.verdict, ProbeVerdict::NoPicture);
                let witnesses = kinds.iter().filter(|(kind, _)| matches!(kind, 1 | 5 | 6 | 7)).count();
                prop_assert!(witnesses as u64 >= MIN_WITNESSES);
            }
        }
    }
}
