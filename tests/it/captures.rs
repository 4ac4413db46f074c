//! The samples of `fixtures/captures`: what each gives, what the program writes of them, and what damage does to them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use gbaudit::capture::container::{Frame, Frames, Link};
use gbaudit::capture::watch::Terms;
use gbaudit::capture::{CaptureError, Captured, read};
use gbaudit::evidence::{Incomplete, ProbePlan};
use gbaudit::media::jpeg::Snapshots;
use gbaudit::probe::decode::Looking;
use gbaudit::probe::outcome::{Cause, MediaTransport, ProbeRecord, Untested};
use gbaudit::profile::Black;
use serde_json::Value;

use crate::support::folder;

const TERMS: Terms = Terms {
    limit: Duration::from_secs(10),
    listen: Duration::from_secs(20),
    looking: Looking { snapshots: Snapshots::Off, black: Black { mean_x100: 1_600, sigma_x100: 400 } },
};
const SAMPLES: [&str; 2] = ["two_platforms.pcapng", "wrong_password.pcap"];

fn captures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/captures")
}

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(captures().join(name)).unwrap()
}

fn given(files: &[&[u8]]) -> Captured {
    read(files, TERMS, None).unwrap()
}

/// A frame that can be changed.
#[derive(Clone)]
struct Own {
    at: i64,
    link: u32,
    octets: Vec<u8>,
    length: usize,
}

fn frames(octets: &[u8]) -> Vec<Own> {
    let link = |frame: &Frame<'_>| match frame.link {
        Link::Ethernet => 1,
        Link::Ip => 101,
        Link::LinuxSll2 => 276,
        other => panic!("{other:?}"),
    };
    let own = |frame: Frame<'_>| Own {
        at: frame.at.unwrap(),
        link: link(&frame),
        octets: frame.octets.to_vec(),
        length: frame.octets.len() + usize::from(!frame.whole),
    };
    Frames::new(octets).unwrap().map(own).collect()
}

/// Classic captures, one a link type: the format has room for one only.
fn pcaps(frames: &[Own]) -> Vec<Vec<u8>> {
    let mut files: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    for frame in frames {
        let number = |n: i64| u32::try_from(n).unwrap().to_le_bytes();
        let size = |n: usize| u32::try_from(n).unwrap().to_le_bytes();
        let file = files.entry(frame.link).or_insert_with(|| {
            let head: [[u8; 4]; 6] =
                [[0xD4, 0xC3, 0xB2, 0xA1], [2, 0, 4, 0], [0; 4], [0; 4], [0, 0, 4, 0], frame.link.to_le_bytes()];
            head.concat()
        });
        let head = [number(frame.at / 1_000_000), number(frame.at % 1_000_000), size(frame.octets.len()), size(frame.length)];
        file.extend(head.concat());
        file.extend(&frame.octets);
    }
    files.into_values().collect()
}

fn read_again(frames: &[Own]) -> Captured {
    let files = pcaps(frames);
    given(&files.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// Code, cause and why it was not tested of every camera that was called.
fn verdicts(probes: &[ProbeRecord]) -> Vec<(u8, Option<Cause>, Option<Untested>)> {
    let last = |probe: &ProbeRecord| probe.device_id.bytes().last().unwrap() - b'0';
    probes.iter().map(|p| (last(p), p.attempts.last().unwrap().cause, p.untested)).collect()
}

fn oddities(captured: &Captured) -> Vec<(&str, u64)> {
    captured.platforms[0].signalling.iter().map(|n| (n.kind.as_str(), n.count)).collect()
}

fn gbaudit(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gbaudit")).args(arguments).current_dir(folder).env_remove("GBAUDIT_LANG").output().unwrap()
}

/// The same numbers every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap()
    }
}

#[test]
fn the_samples_are_what_their_script_makes() {
    let made = folder("captures-made");
    let script = captures().join("make.py");
    assert!(Command::new("python3").arg(script).arg(&made).status().unwrap().success());
    for name in SAMPLES {
        assert!(std::fs::read(made.join(name)).unwrap() == sample(name), "{name} differs from what make.py writes");
    }
}

#[test]
fn two_platforms_each_with_its_catalogue_and_its_calls() {
    let captured = given(&[&sample("two_platforms.pcapng")]);
    let [a, b] = captured.platforms.as_slice() else { panic!("{} platforms", captured.platforms.len()) };
    assert_eq!((a.facts.id.as_str(), a.facts.transport.as_str()), ("37172300002000000002", "UDP"));
    assert_eq!((a.facts.address.as_str(), a.superior.as_str()), ("192.0.2.20:7060", "37172300002000000001"));
    assert_eq!((a.facts.edition.as_str(), a.facts.user_agent.as_str()), ("2016", "ACME VMS 3"));
    // Three messages, one of them sent twice and two in fragments; a password in each item.
    assert_eq!((a.messages.len(), a.masked, a.queries.len()), (3, 7, 1));
    assert_eq!((a.queries[0].end.as_str(), a.probing, a.incomplete), ("answered", ProbePlan::Captured, None));
    assert_eq!(
        verdicts(&a.probes),
        [
            (1, None, None),
            (2, Some(Cause::Black), None),
            (3, Some(Cause::Capacity), None),
            (4, Some(Cause::NoMedia), None),
            (5, Some(Cause::NoMedia), Some(Untested::CallerHungUp)),
            (7, Some(Cause::NoMedia), Some(Untested::NotCaptured)),
        ]
    );
    let heard: Vec<&str> = a.heard.iter().map(|h| h.kind.id()).collect();
    assert_eq!(heard, ["other_calls", "registered", "stream_without_call"]);
    assert_eq!(oddities(&captured), [("capture_cut", 4)]);

    assert_eq!((b.facts.id.as_str(), b.facts.transport.as_str()), ("37172300002000000003", "TCP"));
    assert_eq!((b.messages.len(), b.masked, verdicts(&b.probes)), (1, 1, vec![(8, None, None)]));
    assert_eq!(b.probes[0].attempts[0].transport, MediaTransport::TcpPassive);
}

#[test]
fn a_refused_registration_is_no_empty_catalogue() {
    let captured = given(&[&sample("wrong_password.pcap")]);
    let [platform] = captured.platforms.as_slice() else { panic!("{captured:?}") };
    assert_eq!((platform.incomplete, platform.probing), (Some(Incomplete::NeverRegistered), ProbePlan::No));
    assert_eq!(platform.heard.iter().map(|h| h.kind.id()).collect::<Vec<_>>(), ["wrong_password"]);
}

#[test]
fn signalling_and_media_of_two_captures_come_together() {
    let whole = given(&[&sample("two_platforms.pcapng")]);
    let all = frames(&sample("two_platforms.pcapng"));
    let again = read_again(&all);
    let of = |captured: &Captured| captured.platforms.iter().map(|p| (p.messages.len(), verdicts(&p.probes))).collect::<Vec<_>>();
    assert_eq!(of(&again), of(&whole), "one file a link type, one of them with all of TCP");
    let (even, odd): (Vec<_>, Vec<_>) = all.iter().enumerate().partition(|(n, _)| n % 2 == 0);
    let own = |part: Vec<(usize, &Own)>| pcaps(&part.into_iter().map(|(_, frame)| frame.clone()).collect::<Vec<_>>());
    let files = [own(odd), own(even)].concat();
    let torn = given(&files.iter().map(Vec::as_slice).collect::<Vec<_>>());
    assert_eq!(of(&torn), of(&whole), "every other packet in another file");
}

#[test]
fn every_packet_twice_is_every_packet_once() {
    let all = frames(&sample("two_platforms.pcapng"));
    let whole = read_again(&all);
    let twice: Vec<Own> = all.iter().flat_map(|frame| [frame.clone(), frame.clone()]).collect();
    let captured = read_again(&twice);
    for (one, two) in whole.platforms.iter().zip(&captured.platforms) {
        assert_eq!((two.messages.len(), verdicts(&two.probes)), (one.messages.len(), verdicts(&one.probes)));
    }
    assert!(oddities(&captured).iter().all(|(kind, _)| *kind == "capture_cut"), "{:?}", oddities(&captured));
}

#[test]
fn a_clock_that_was_set_back_and_a_capture_that_ends_early_blame_no_camera() {
    let all = frames(&sample("two_platforms.pcapng"));
    let whole = read_again(&all);
    let mut back = all.clone();
    let half = back.iter().position(|f| f.at > all[0].at + 10_000_000).unwrap();
    for frame in &mut back[half..] {
        frame.at -= 3_600_000_000;
    }
    // Within one file time stands still at the step and goes on; the calls after it are judged as before.
    let ethernet: Vec<Own> = back.into_iter().filter(|f| f.link == 1).collect();
    let captured = read_again(&ethernet);
    assert_eq!(verdicts(&captured.platforms[0].probes)[2..], verdicts(&whole.platforms[0].probes)[2..]);
    assert_eq!(oddities(&captured)[0].0, "capture_cut");
    assert!(oddities(&captured).contains(&("capture_time", 1)));

    let answered = all.iter().position(|f| f.octets.windows(14).any(|w| w == b"call4Play\r\nCSe")).unwrap();
    let captured = read_again(&all[..answered + 4]);
    let verdicts = verdicts(&captured.platforms[0].probes);
    assert_eq!(verdicts.last(), Some(&(4, Some(Cause::NoMedia), Some(Untested::CaptureEnded))));
}

#[test]
fn media_without_signalling_and_signalling_without_media_are_told_apart() {
    let all = frames(&sample("two_platforms.pcapng"));
    let is_media = |frame: &&Own| frame.octets.windows(4).any(|w| w == b"\0\0\x01\xBA") || frame.octets.len() > 1_330;
    let media: Vec<Own> = all.iter().filter(|f| f.link == 1 && !holds_sip(f)).cloned().collect();
    let files = pcaps(&media);
    let refused = read(&[&files[0]], TERMS, None).unwrap_err();
    assert_eq!(refused, CaptureError::NoSip(media.len() as u64));
    assert!(media.iter().filter(is_media).count() > 4);
    // Nothing of any media: silence proves nothing, and a refusal still stands.
    let signalling: Vec<Own> = all.iter().filter(|f| holds_sip(f) || f.octets.len() < 700).cloned().collect();
    let signalling: Vec<Own> =
        signalling.into_iter().filter(|f| f.link == 1 && f.octets.get(38..40) != Some(&30_010_u16.to_be_bytes())).collect();
    let captured = read_again(&signalling);
    let proven: Vec<u8> = verdicts(&captured.platforms[0].probes).iter().filter(|v| v.2.is_none()).map(|v| v.0).collect();
    assert_eq!(proven, [3]);
}

fn holds_sip(frame: &Own) -> bool {
    frame.octets.windows(7).any(|w| w == b"SIP/2.0")
}

#[test]
fn reports_hold_no_password_and_no_credentials_in_either_language() {
    let folder = folder("captures-report");
    let path = captures().join("two_platforms.pcapng");
    let path = path.to_str().unwrap();
    for lang in ["zh", "en"] {
        let ended = gbaudit(&folder, &["check", path, "--jurisdiction", "371723", "--lang", lang, "--out", lang, "--exit-zero"]);
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        let out = folder.join(lang);
        let mut files = 0;
        let mut folders = vec![out.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                files += 1;
                let octets = std::fs::read(&path).unwrap();
                for secret in [b"swordfish".as_slice(), b"00112233445566778899aabbccddeeff", b"0123456789abcdef", b"Digest"] {
                    assert!(!octets.windows(secret.len()).any(|w| w == secret), "{}", path.display());
                }
            }
        }
        assert!(files > 10);
        let report = std::fs::read(out.join("37172300002000000002/report.json")).unwrap();
        let report: Value = serde_json::from_slice(&report).unwrap();
        // Six was called for a recording only, so that not everybody was called: the rate decides nothing.
        assert_eq!(report["rates"]["output"]["denominator"], 7);
        assert_eq!(report["rates"]["output"]["why"][0], "captured_only");
    }
    let plain = gbaudit(&folder, &["check", path, path.replace("two_platforms.pcapng", "make.py").as_str(), "--lang", "en"]);
    assert_eq!(plain.status.code(), Some(2), "captures and other files are not mixed");
}

/// Octets flipped, frames lost, doubled, swapped and cut: something is read or refused, never a panic, and no picture
/// comes out of nothing. Always the same damage.
#[test]
fn damage_never_breaks_the_reader() {
    let mut dice = Dice(0x5EED_2818_1000_0001);
    let [both, refused] = SAMPLES.map(sample);
    let silent = pcaps(&frames(&both).into_iter().filter(|f| f.octets.len() < 700 || holds_sip(f)).collect::<Vec<_>>());
    // Decoding takes its time, so that most rounds are without media.
    for (whole, rounds) in [(both, 12), (silent[0].clone(), 150), (silent[1].clone(), 150), (refused, 300)] {
        let all = frames(&whole);
        for round in 0..rounds {
            let files = if round % 2 == 0 {
                let mut octets = whole.clone();
                for _ in 0..=dice.below(40) {
                    let at = dice.below(octets.len());
                    octets[at] = u8::try_from(dice.below(256)).unwrap();
                }
                octets.truncate(octets.len() - dice.below(octets.len() / 4));
                vec![octets]
            } else {
                let mut frames = all.clone();
                for _ in 0..=dice.below(30) {
                    let (one, two) = (dice.below(frames.len()), dice.below(frames.len()));
                    match dice.below(5) {
                        0 if frames.len() > 1 => drop(frames.remove(one)),
                        1 => frames.insert(one, frames[two].clone()),
                        2 => frames.swap(one, two),
                        3 => {
                            let keep = dice.below(frames[one].octets.len() + 1);
                            frames[one].octets.truncate(keep);
                        }
                        _ if !frames[one].octets.is_empty() => {
                            let at = dice.below(frames[one].octets.len());
                            frames[one].octets[at] = u8::try_from(dice.below(256)).unwrap();
                        }
                        _ => (),
                    }
                }
                pcaps(&frames)
            };
            let files: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
            let Ok(captured) = read(&files, TERMS, None) else { continue };
            for probe in captured.platforms.iter().flat_map(|p| &p.probes) {
                for attempt in &probe.attempts {
                    let shown = attempt.picture.as_ref().is_some_and(|p| p.visible);
                    assert!(attempt.cause.is_some() || shown, "round {round}: {attempt:?}");
                }
            }
        }
    }
}
