//! Each way a pairing goes wrong, as `gbaudit init` meets it and says it: one test a way, against the simulator, the peer, or a socket that
//! says what it is told to.

use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gbaudit::pairing::trouble::Trouble;
use serde_json::json;

use crate::command::{Ended, Running, ended};
use crate::pairing::{CAMERAS, Caller, LONG, OWN, Place};
use crate::peers::Peer;
use crate::support::{MACHINE, PLATFORM};

/// The test of each way; a new one does not compile without.
const fn test_of(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::NobodyKnocked => "nobody_knocked",
        Trouble::NoRegistration => "something_came_and_no_registration",
        Trouble::KeepaliveOnly => "only_keepalives",
        Trouble::ChallengeUnanswered => "a_challenge_nobody_comes_back_to",
        Trouble::WrongPassword => "a_wrong_password",
        Trouble::Stranger => "a_stranger",
        Trouble::WrongDomain => "another_domain_for_us",
        Trouble::WrongServer => "another_code_for_us",
        Trouble::BehindNat => "a_platform_behind_nat_is_paired_with_and_its_address_not_written",
        Trouble::CatalogRefused => "a_catalogue_that_is_refused",
        Trouble::CatalogSilent => "a_catalogue_query_without_an_answer",
        Trouble::CatalogEmpty => "a_catalogue_of_nothing",
        Trouble::NoCameras => "a_catalogue_without_a_camera",
        Trouble::CatalogShort => "a_catalogue_that_comes_short",
        Trouble::CatalogDisputed => "a_catalogue_of_more_than_was_declared",
        Trouble::MediaClosed => "no_media_and_waiting_once_more_with_settings_of_an_earlier_day",
        Trouble::NoPicture => "cameras_that_give_no_picture",
        Trouble::Unfinished => "what_we_end_ourselves_is_not_the_platforms_doing",
        Trouble::PlatformLost => "a_platform_that_leaves_meanwhile",
    }
}

#[test]
fn every_way_of_going_wrong_has_its_test() {
    let source = include_str!("pairing_troubles.rs");
    for trouble in Trouble::ALL {
        let name = test_of(*trouble);
        let begin = source.find(&format!("#[test]\nfn {name}()")).unwrap_or_else(|| panic!("no test {name}"));
        let test = &source[begin..];
        let (test, wanted) = (&test[..test.find("\n}\n").unwrap()], format!("Trouble::{trouble:?}"));
        assert!(test.contains(&wanted), "{name} says nothing of {wanted}");
    }
}

/// What is seen of a trouble as far as it stands without a detail, and what to do about it.
fn sentences(trouble: Trouble) -> [&'static str; 2] {
    let seen = trouble.sentence().zh;
    [seen.split_once("（{}").map_or(seen, |(before, _)| before).split("（监听").next().unwrap(), trouble.remedy().zh]
}

/// That `init` ended with this trouble, and said what to do.
fn blames(ended: &Ended, trouble: Trouble) {
    assert_eq!(ended.code, 3, "{}{}", ended.out, ended.said);
    for wanted in sentences(trouble) {
        assert!(ended.out.contains(wanted), "no {wanted} in {}{}", ended.out, ended.said);
    }
}

/// And with no other.
fn blames_only(ended: &Ended, trouble: Trouble) {
    blames(ended, trouble);
    for other in Trouble::ALL.iter().filter(|other| **other != trouble) {
        let [seen, _] = sentences(*other);
        assert!(!ended.out.contains(seen), "{seen} in {}", ended.out);
    }
}

/// Waits until a trouble is said of a platform that cannot be paired with, then ends both.
fn told(place: &Place, options: &[&str], mut platform: impl FnMut() -> Running, trouble: Trouble) -> Ended {
    let mut init = place.init(options);
    let platform = platform();
    init.says(sentences(trouble)[0]);
    init.interrupt();
    let ended = init.end();
    platform.interrupt();
    platform.end();
    blames_only(&ended, trouble);
    assert!(ended.out.contains("没有对接成功"), "{}", ended.out);
    ended
}

/// Pairs with a platform that has a trouble of the simulator's; what `init` came to.
fn paired(place: &Place, options: &[&str], trouble: &str, rest: &str) -> Ended {
    let init = place.init(options);
    let platform = place.platform(PLATFORM, &format!("troubles = [{trouble}]"), rest);
    let ended = init.end();
    platform.interrupt();
    platform.end();
    ended
}

/// Ends `init` as a person does.
fn stopped(init: Running) -> Ended {
    init.interrupt();
    init.end()
}

#[test]
fn nobody_knocked() {
    let place = Place::new("pairing-nobody");
    let listen = place.listen();
    let out = ["--out", "the county's folder"];
    let arguments = [&["init", "--yes", "--county", "371723", "--listen", &listen, "--wait", "1s"][..], &out].concat();
    let ended = ended(&place.folder, &arguments);
    blames_only(&ended, Trouble::NobodyKnocked);
    // What is printed can be typed.
    for wanted in [&listen, "1 秒 的时限已到", "gbaudit init --resume --out 'the county'\\''s folder'"] {
        assert!(ended.out.contains(wanted), "no {wanted} in {}", ended.out);
    }
}

#[test]
fn something_came_and_no_registration() {
    let place = Place::new("pairing-garbage");
    let mut init = place.init(&[]);
    Caller::new(&place, PLATFORM).raw(b"GET / HTTP/1.1\r\n\r\n");
    init.says("收到不是 SIP 的数据");
    blames_only(&stopped(init), Trouble::NoRegistration);
}

#[test]
fn only_keepalives() {
    let place = Place::new("pairing-keepalive");
    told(&place, &[], || place.platform(PLATFORM, "troubles = [\"keepalive_only\"]", CAMERAS), Trouble::KeepaliveOnly);
}

#[test]
fn a_challenge_nobody_comes_back_to() {
    let place = Place::new("pairing-challenge");
    let init = place.init(&["--platform-id", PLATFORM]);
    let mut caller = Caller::new(&place, PLATFORM);
    caller.send("REGISTER", "Expires: 3600\r\n", "");
    assert!(caller.hears("SIP/2.0 ").starts_with("SIP/2.0 401"));
    blames_only(&stopped(init), Trouble::ChallengeUnanswered);
}

#[test]
fn a_wrong_password() {
    let place = Place::new("pairing-password");
    let wrong = || {
        std::fs::write(place.folder.join("gbaudit.secret"), "anothersecret").unwrap();
        place.platform(PLATFORM, "", CAMERAS)
    };
    let ended = told(&place, &["--platform-id", PLATFORM], wrong, Trouble::WrongPassword);
    assert!(!ended.said.contains("anothersecret"));
}

#[test]
fn a_wrong_password_that_is_put_right_is_forgotten() {
    let place = Place::new("pairing-right");
    let mut init = place.init(&[]);
    let mut caller = Caller::new(&place, PLATFORM);
    assert!(caller.registers("wrong", 3600).starts_with("SIP/2.0 401"));
    init.says(sentences(Trouble::WrongPassword)[0]);
    assert!(caller.registers(&place.password(), 3600).starts_with("SIP/2.0 200"));
    init.says("已接受 37172300002000000002");
    let ended = stopped(init);
    assert!(!ended.out.contains(sentences(Trouble::WrongPassword)[0]), "{}", ended.out);
}

#[test]
fn a_stranger() {
    let place = Place::new("pairing-stranger");
    let stranger = "37172300002000000009";
    let ended = told(&place, &["--platform-id", PLATFORM], || place.platform(stranger, "", CAMERAS), Trouble::Stranger);
    assert!(ended.out.contains(stranger) && ended.out.contains(PLATFORM), "{}", ended.out);
    assert_eq!(place.settings().platforms[0].party.id, PLATFORM);
}

#[test]
fn another_domain_for_us() {
    let place = Place::new("pairing-domain");
    let mut init = place.init(&[]);
    let mut caller = Caller::new(&place, PLATFORM);
    caller.uri = format!("sip:{OWN}@3402000000");
    assert!(caller.registers("wrong", 3600).starts_with("SIP/2.0 401"));
    init.says(sentences(Trouble::WrongDomain)[0]);
    let ended = stopped(init);
    blames(&ended, Trouble::WrongDomain);
    assert!(ended.out.contains("3402000000 ≠ 3717230000"), "{}", ended.out);
}

#[test]
fn another_code_for_us() {
    let place = Place::new("pairing-server");
    let mut init = place.init(&[]);
    let mut caller = Caller::new(&place, PLATFORM);
    caller.uri = "sip:34020000002000000001@3717230000".into();
    caller.registers("wrong", 3600);
    init.says(sentences(Trouble::WrongServer)[0]);
    let ended = stopped(init);
    blames(&ended, Trouble::WrongServer);
    assert!(ended.out.contains(&format!("34020000002000000001 ≠ {OWN}")), "{}", ended.out);
}

#[test]
fn a_platform_behind_nat_is_paired_with_and_its_address_not_written() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::new("pairing-nat");
    let ended = paired(&place, &["--media-ports", "36120-36127"], "\"private_contact\"", CAMERAS);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.said);
    for wanted in sentences(Trouble::BehindNat) {
        assert!(ended.said.contains(wanted), "no {wanted} in {}", ended.said);
    }
    assert!(ended.said.contains("平台的地址没有写入设置"), "{}", ended.said);
    assert_eq!(place.settings().platforms[0].address, None);
}

#[test]
fn a_catalogue_that_is_refused() {
    let place = Place::new("pairing-refused");
    let ended = paired(&place, &[], "\"refused\"", CAMERAS);
    blames_only(&ended, Trouble::CatalogRefused);
    assert!(ended.out.contains("（403）"), "{}", ended.out);
}

#[test]
fn a_catalogue_query_without_an_answer() {
    let place = Place::new("pairing-silent");
    let mut init = place.init(&[]);
    let mut caller = Caller::new(&place, PLATFORM);
    // Its address is not settled: it may move.
    caller.contact = "127.0.0.1".into();
    assert!(caller.registers(&place.password(), 3600).starts_with("SIP/2.0 200"));
    init.says("正在收取目录");
    // It answers nothing and is somewhere else each time, so that nobody has to be waited for.
    let over = AtomicBool::new(false);
    let ended = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                let mut moved = Caller::new(&place, PLATFORM);
                moved.socket.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
                moved.keepalive();
                moved.try_hear("SIP/2.0 ");
            }
        });
        let ended = init.end();
        over.store(true, Ordering::Relaxed);
        ended
    });
    blames_only(&ended, Trouble::CatalogSilent);
}

#[test]
fn a_catalogue_of_nothing() {
    let place = Place::new("pairing-empty");
    let ended = paired(&place, &[], "\"empty_with_list\"", CAMERAS);
    blames_only(&ended, Trouble::CatalogEmpty);
    assert!(ended.out.contains("已注册，但目录为 0 条：请检查是否已做“通道共享”"), "{}", ended.out);
    // It is the right platform all the same.
    assert_eq!(place.settings().platforms[0].party.id, PLATFORM);
}

#[test]
fn a_catalogue_without_a_camera() {
    let place = Place::new("pairing-folders");
    let init = place.init(&[]);
    let folder = json!({"DeviceID": "37172300002150000001", "Name": "文亭街道", "ParentID": PLATFORM});
    let peer = Peer::start(
        "pairing-folders",
        json!({
            "id": PLATFORM, "superior_id": OWN, "password": place.password(), "charset": "gb18030", "superior": place.listen(),
            "local": "udp:127.0.0.1:0", "channels": {}, "catalog": {"items": [folder], "per_message": 3},
        }),
    );
    let ended = init.end();
    peer.end();
    blames_only(&ended, Trouble::NoCameras);
    assert!(ended.out.contains("收到 1 条，其中摄像机 0 路"), "{}", ended.out);
}

#[test]
fn a_catalogue_that_comes_short() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::new("pairing-short");
    let ended = paired(&place, &["--media-ports", "36180-36187"], "\"sum_num_missing\"", CAMERAS);
    blames_only(&ended, Trouble::CatalogShort);
    assert!(ended.out.contains("应答没有声明总数") && !ended.out.contains("声明 0 条"), "{}", ended.out);
}

#[test]
fn a_catalogue_of_more_than_was_declared() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::new("pairing-disputed");
    let ended = paired(&place, &["--media-ports", "36190-36197"], "\"sum_num_small\"", CAMERAS);
    blames_only(&ended, Trouble::CatalogDisputed);
}

#[test]
fn no_media_and_waiting_once_more_with_settings_of_an_earlier_day() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::new("pairing-media");
    let listen = place.listen();
    let arguments = ["init", "--yes", "--county", "371723", "--listen", &listen, "--media-ports", "36130-36137", "--no-listen"];
    assert_eq!(ended(&place.folder, &arguments).code, 0);
    let text = place.file("gbaudit.toml") + "\n[probe]\ntransports = [\"udp\"]\n";
    std::fs::write(place.folder.join("gbaudit.toml"), text).unwrap();
    let mut init = Running::start(&place.folder, &["init", "--yes", "--resume", "--wait", LONG]);
    init.says("正在监听");
    let platform = place.platform(PLATFORM, "", "[catalog]\ncameras = 1\n[[channel]]\nbehaviour = \"silence\"\ncameras = 1\n");
    let ended = init.end();
    platform.interrupt();
    platform.end();
    blames_only(&ended, Trouble::MediaClosed);
    let settings = place.settings();
    assert_eq!((settings.platforms[0].party.id.as_str(), settings.probe.transports.len()), (PLATFORM, 1));
}

#[test]
fn cameras_that_give_no_picture() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::new("pairing-dark");
    let dark = "[catalog]\ncameras = 1\n[[channel]]\nbehaviour = \"not_found\"\ncameras = 1\n";
    let ended = paired(&place, &["--media-ports", "36200-36207"], "", dark);
    blames_only(&ended, Trouble::NoPicture);
}

#[test]
fn what_we_end_ourselves_is_not_the_platforms_doing() {
    let place = Place::new("pairing-unfinished");
    let mut init = place.init(&[]);
    let mut caller = Caller::new(&place, PLATFORM);
    assert!(caller.registers(&place.password(), 3600).starts_with("SIP/2.0 200"));
    init.says("正在收取目录");
    assert!(caller.hears("MESSAGE ").contains("Catalog"));
    let ended = stopped(init);
    blames_only(&ended, Trouble::Unfinished);
    assert!(ended.out.contains("检测被中止") && ended.out.contains("gbaudit init --resume"), "{}", ended.out);
}

#[test]
fn a_platform_that_leaves_meanwhile() {
    let place = Place::new("pairing-lost");
    let ended = paired(&place, &[], "\"unregisters\"", "[catalog]\ncameras = 40\n");
    blames_only(&ended, Trouble::PlatformLost);
}
