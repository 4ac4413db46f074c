//! Waits for the platform, shows who knocks, writes whoever is accepted into the settings, and asks it for one catalogue and one
//! picture.

use std::collections::VecDeque;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, interval, sleep_until};

use super::super::audit::{alone, interruptible, not_opened, run_id, taken};
use super::super::progress::Screen;
use super::super::{Failure, Outcome, output, terminal};
use super::ask::{self, Asker};
use crate::audit::run::{Keeper, Memory, Observer, Order, Progress, run_on};
use crate::base::clock::{Clock as _, SystemClock};
use crate::base::lang::{Lang, say};
use crate::base::text::excerpt;
use crate::config::Settings;
use crate::evidence::heard::Heard;
use crate::evidence::measured::MeasureSetting;
use crate::evidence::{Header, Message, ProbePlan};
use crate::media::jpeg::Snapshots;
use crate::net::endpoint::{ALLOW, Endpoint, Event, Incoming, bind};
use crate::net::{Stop, Stopper, peer, random};
use crate::pairing::Plan;
use crate::pairing::brought::{Brought, MAX_CALLS};
use crate::pairing::door::{Answer, Door, Expected, Knock, MAX_CODES, News, Reach};
use crate::pairing::settings::{UNKNOWN, accepted};
use crate::pairing::trouble::Trouble;
use crate::platform::hub::is_keepalive;
use crate::platform::registrar::Registration;
use crate::platform::{CatalogSetting, PlatformSetting, Role};
use crate::probe::outcome::{Demand, ProbeRecord};
use crate::probe::setting::{OfflinePolicy, ProbeSetting, TapePolicy, TapeSetting};
use crate::sip::message::Method;
use crate::sip::transaction::Hop;
use crate::store::ledger::Ledger;
use crate::store::{KeptCapacity, KeptRegistration, Store};

/// How often it is said that we still wait.
const SAY_EVERY: Duration = Duration::from_secs(30);
/// How long an accepted platform that is gone again is waited for.
const BACK: Duration = Duration::from_mins(1);

/// What is waited for.
pub(super) struct Waiting<'a> {
    /// The settings.
    pub(super) file: &'a Path,
    /// How long.
    pub(super) wait: Duration,
    pub(super) lang: Lang,
}

/// Waits for the platform of the settings that registers with us.
pub(super) fn wait(waiting: Waiting<'_>, asker: Asker) -> Outcome {
    let lang = waiting.lang;
    let settings = crate::config::load(waiting.file, lang).map_err(|p| Failure::problems(&p))?;
    let subordinates = || settings.platforms.iter().filter(|p| p.role == Role::Subordinate);
    let unknown = subordinates().find(|p| p.party.id == UNKNOWN);
    let Some(platform) = unknown.or_else(|| subordinates().next()).cloned() else {
        return Err(Failure::usage(say!(
            lang,
            "设置中没有向本工具注册的平台（role = \"subordinate\"），不需要对接；请用 gbaudit audit",
            "no platform in the settings registers with us (role = \"subordinate\"): there is nothing to pair with, use gbaudit audit"
        )));
    };
    if asker.is_silent() && platform.party.id == UNKNOWN && platform.password.is_none() {
        return Err(Failure::usage(say!(
            lang,
            "既没有密码也不知道平台的编码，不能自动接受；请写 password_file，或写明平台的 id",
            "without a password and the platform's code nobody can be accepted unseen: write password_file, or the platform's id"
        )));
    }
    let clock = Arc::new(SystemClock::default());
    let order = order(&settings, &clock);
    let _alone = alone(&settings, &order, lang)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::usage(say!(lang, "无法启动：{e}", "cannot start: {e}")))?;
    let outcome = runtime.block_on(pair(waiting, platform, order, asker, clock));
    // A line that is still waited for is nobody's any more.
    runtime.shutdown_background();
    outcome
}

/// One catalogue, and calls until one gives a picture. Nothing of it is kept as a run.
fn order(settings: &Settings, clock: &SystemClock) -> Order {
    let mut audit = settings.audit.clone();
    // Somebody sits there and waits: each transport once, and no listening for pictures that come too late.
    let output = &mut audit.profile.output;
    output.attempts = u32::try_from(settings.probe.transports.len()).unwrap_or(1);
    output.retry_delay_s = vec![0];
    output.listen_ms = output.first_frame_ms;
    Order {
        run_id: run_id(clock.wall()),
        local: settings.local.clone(),
        platforms: Vec::new(),
        audit,
        plan: ProbePlan::Limit(MAX_CALLS),
        named: Vec::new(),
        probe: ProbeSetting {
            parallel: 1,
            parallel_per_platform: 1,
            offline: OfflinePolicy::Skip,
            snapshots: Snapshots::Off,
            tape: TapeSetting { policy: TapePolicy::Off, ..settings.probe.tape },
            stop_when_certain: None,
            ..settings.probe.clone()
        },
        catalog: CatalogSetting { subscribe: false, ..CatalogSetting::default() },
        measure: MeasureSetting::default(),
        wait: BACK,
    }
}

async fn pair(waiting: Waiting<'_>, platform: PlatformSetting, order: Order, asker: Asker, clock: Arc<SystemClock>) -> Outcome {
    let Waiting { file, wait, lang } = waiting;
    // Before anybody is told of Ctrl+C.
    let stop = interruptible();
    let bound = bind(&order.local).map_err(|e| taken(&e, lang))?;
    let (endpoint, events) = Endpoint::start(order.local.clone(), bound, clock.clone()).map_err(|e| taken(&e, lang))?;
    let listening = order.local.listen.iter().map(ToString::to_string).collect::<Vec<_>>().join(say!(lang, "、", ", ").as_str());
    let (limit, id) = (span(wait, lang), platform.party.id.clone());
    terminal::complain(&say!(
        lang,
        "正在监听 {listening}，等待平台注册（最多 {limit}，按 Ctrl+C 结束）……",
        "listening on {listening}, waiting for the platform to register ({limit} at most, Ctrl+C ends it) ..."
    ));
    let known = (id != UNKNOWN).then(|| id.clone());
    let expected = Expected {
        own: order.local.party.clone(),
        // Where it comes from is what is to be found out.
        setting: PlatformSetting { address: None, ..platform.clone() },
        id: known,
        open: !asker.is_silent(),
    };
    let mut watch = Watch {
        door: Door::new(expected),
        endpoint: endpoint.clone(),
        events,
        asker,
        clock: clock.clone(),
        listening,
        again: resume(file),
        asked: None,
        knocks: VecDeque::new(),
        password: platform.password.is_some(),
        lang,
    };
    let left = watch.run(wait, stop.clone()).await;
    let Watch { mut door, events, listening, .. } = watch;
    let left = left?;
    let met = match &left {
        Left::Met(knock) => door.registration(&knock.id, clock.mono()).cloned().map(|registration| (registration, knock.clone())),
        _ => None,
    };
    let Some((registration, knock)) = met else {
        endpoint.stop().await;
        nobody(&left, &door, &listening, file, lang);
        return Ok(3);
    };
    let who = excerpt(&knock.id, 40);
    let settings = keep(file, &id, &knock, lang)?;
    terminal::complain(&say!(
        lang,
        "已接受 {who}，正在收取目录并试点播（最多 {MAX_CALLS} 路，出图即止）……",
        "{who} is accepted; asking for its catalogue and for a picture (of {MAX_CALLS} cameras at most) ..."
    ));
    let written = settings.platforms.iter().find(|p| p.party.id == knock.id).cloned();
    // What could not be written holds all the same.
    let platform = written.unwrap_or_else(|| PlatformSetting { party: Plan::party(&knock.id), address: None, ..platform });
    let demand = Demand::of(&settings.audit.profile.output);
    let order = Order { platforms: vec![platform], ..order };
    let brought = bring(order, &settings, (endpoint, events), (knock.id.clone(), registration), (stop, clock), lang).await?;
    let brought = Brought::of(&brought, &demand, lang);
    Ok(told(&brought, file, lang))
}

/// A time, for people.
fn span(time: Duration, lang: Lang) -> String {
    let seconds = time.as_secs();
    if seconds.is_multiple_of(60) && seconds > 60 {
        let minutes = seconds / 60;
        return say!(lang, "{minutes} 分钟", "{minutes} min");
    }
    say!(lang, "{seconds} 秒", "{seconds} s")
}

/// How a command is told of a folder that is not the current one.
fn option(name: &str, path: &Path) -> String {
    let here = path.as_os_str().is_empty() || path == Path::new(".");
    if here { String::new() } else { format!(" {name} {}", terminal::argument(path)) }
}

/// The command that waits once more.
pub(super) fn resume(file: &Path) -> String {
    format!("gbaudit init --resume{}", option("--out", file.parent().unwrap_or(Path::new(""))))
}

/// A catalogue and a picture of a platform that is registered.
async fn bring(
    order: Order,
    settings: &Settings,
    door: (Endpoint, mpsc::Receiver<Event>),
    present: (String, Registration),
    (mut stop, clock): (Stop, Arc<SystemClock>),
    lang: Lang,
) -> Result<crate::evidence::Evidence, Failure> {
    let opened = |e| not_opened(&e, lang);
    let store = Store::open(&settings.store).map_err(opened)?;
    let (ledger, left_open) = Ledger::open(&settings.store, &order.run_id, clock.wall()).map_err(opened)?;
    let memory = Memory { present: vec![present], ledger, left_open, ..Memory::default() };
    // The first picture ends it, and Ctrl+C.
    let (stopper, enough) = Stop::new();
    let stopper = Arc::new(stopper);
    let by_hand = stopper.clone();
    tokio::spawn(async move {
        stop.stopped().await;
        by_hand.stop();
    });
    let observer = Arc::new(Enough { screen: Screen::new(lang), stopper });
    let keeper = Arc::new(Kept { own: order.local.party.id.clone(), store: Mutex::new(store) });
    let evidence = run_on(order, door, memory, enough, clock, (observer.clone(), keeper)).await.map_err(|e| taken(&e, lang))?;
    observer.screen.clear();
    evidence.into_iter().next().ok_or_else(|| Failure::usage(say!(lang, "没有结果", "there are no results")))
}

/// Writes the platform into the settings; gives them as they are then.
fn keep(file: &Path, old: &str, knock: &Knock, lang: Lang) -> Result<Settings, Failure> {
    let (address, shown) = (knock.reach.address(), file.display());
    let line = address.map(|address| address.to_string());
    let text = std::fs::read_to_string(file)
        .map_err(|e| Failure::usage(say!(lang, "读不到设置文件 {shown}：{e}", "the settings {shown} cannot be read: {e}")))?;
    let folder = file.parent().unwrap_or(Path::new(""));
    // What is written has to be what the other commands read.
    let is_meant = |settings: &Settings| {
        settings.platforms.iter().any(|platform| platform.party.id == knock.id && platform.address == address)
    };
    let changed = accepted(&text, old, &knock.id, line.as_deref()).and_then(|text| {
        let settings = crate::config::read(&shown.to_string(), &text, folder, lang).ok().filter(is_meant)?;
        Some((text, settings))
    });
    let settings = match changed {
        Some((text, settings)) => {
            rewrite(file, &text).map_err(|e| output::unwritten(&e, file, lang))?;
            terminal::complain(&say!(lang, "已写入设置文件 {shown}", "written into the settings {shown}"));
            settings
        }
        None => {
            let line = line.map_or_else(String::new, |address| format!("\n    address = \"{address}\""));
            let id = excerpt(&knock.id, 64);
            terminal::complain(&say!(
                lang,
                "设置文件 {shown} 的写法已改，没有自动写入；请在该平台的 [[platform]] 中写（原有的 id、address 改掉，不要重复）：\n    id = \"{id}\"{line}",
                "the settings {shown} are written in another way and were not changed; write into the platform's [[platform]], instead of the id and address there:\n    id = \"{id}\"{line}"
            ));
            crate::config::load(file, lang).map_err(|p| Failure::problems(&p))?
        }
    };
    if let Some(why) = knock.reach.why_not(lang) {
        terminal::complain(&say!(
            lang,
            "平台的地址没有写入设置：{why}；不影响检测，平台每次注册时按实际来源应答",
            "its address is not in the settings: {why}; audits go without it, each registration is answered where it comes from"
        ));
    }
    Ok(settings)
}

/// Writes the settings anew. Somebody may have put a password in: nobody else may read them who could not before.
fn rewrite(file: &Path, text: &str) -> std::io::Result<()> {
    let permissions = std::fs::metadata(file)?.permissions();
    output::privately(file, |out| out.write_all(text.as_bytes()))?;
    std::fs::set_permissions(file, permissions)
}

/// Nobody was accepted: how it ended, what was seen, and what to do.
fn nobody(left: &Left, door: &Door, listening: &str, file: &Path, lang: Lang) {
    let how = match left {
        Left::Stopped(waited) => {
            let waited = span(*waited, lang);
            say!(lang, "等了 {waited}，已按要求停止", "stopped after {waited}")
        }
        Left::TimeOver(limit) => {
            let limit = span(*limit, lang);
            say!(lang, "{limit} 的时限已到，可用 --wait 延长", "the {limit} are over, --wait takes more")
        }
        // It left between the answer and its acceptance.
        Left::Met(_) => say!(lang, "平台在接受时已离线", "the platform left as it was accepted"),
    };
    terminal::line(&say!(lang, "没有对接成功（{how}）：", "no platform was paired with ({how}):"));
    if door.knocked() {
        terminal::line(&say!(lang, "  有平台注册，但没有接受", "  somebody registered and was not accepted"));
    }
    for (trouble, detail) in door.verdict(listening) {
        terminal::line(&rendered(trouble, &detail, lang));
    }
    let again = resume(file);
    terminal::line(&say!(lang, "改好后继续等待：{again}", "to wait once more: {again}"));
}

fn rendered(trouble: Trouble, detail: &str, lang: Lang) -> String {
    let (said, remedy) = (trouble.said(detail, lang), trouble.remedy().get(lang));
    format!("  {said}\n    → {remedy}")
}

/// What came, and what is wrong; gives the exit code.
fn told(brought: &Brought, file: &Path, lang: Lang) -> u8 {
    brought.lines(lang).iter().for_each(|line| terminal::line(line));
    let troubles = brought.troubles(lang);
    for (trouble, detail) in &troubles {
        terminal::line(&rendered(*trouble, detail, lang));
    }
    let elsewhere = !option("-c", file.parent().unwrap_or(Path::new(""))).is_empty();
    let settings = if elsewhere { option("-c", file) } else { String::new() };
    if troubles.is_empty() {
        terminal::line(&say!(
            lang,
            "对接成功。下一步：gbaudit doctor{settings} 检查本机，gbaudit audit{settings} 开始检测",
            "Paired. Next: gbaudit doctor{settings} checks this machine, gbaudit audit{settings} begins"
        ));
        return 0;
    }
    let again = resume(file);
    terminal::line(&say!(
        lang,
        "平台已登记在设置中；改好后重试：{again}",
        "the platform stands in the settings; to try once more: {again}"
    ));
    3
}

/// How the waiting ended.
enum Left {
    /// Somebody is accepted.
    Met(Knock),
    /// We were stopped, after so long.
    Stopped(Duration),
    /// The time is over.
    TimeOver(Duration),
}

/// The listening itself.
struct Watch {
    door: Door,
    endpoint: Endpoint,
    events: mpsc::Receiver<Event>,
    asker: Asker,
    clock: Arc<SystemClock>,
    listening: String,
    /// The command that waits once more.
    again: String,
    /// Whom the question on the screen is about: the answer is meant for it and for nobody else, whoever knocks meanwhile.
    asked: Option<Knock>,
    /// Asked about afterwards, one after the other.
    knocks: VecDeque<Knock>,
    /// There is one to be right about.
    password: bool,
    lang: Lang,
}

impl Watch {
    /// Until somebody is accepted, the time is over, or we are stopped.
    async fn run(&mut self, wait: Duration, mut stop: Stop) -> Result<Left, Failure> {
        let (begun, silent) = (Instant::now(), self.asker.is_silent());
        let mut every = interval(SAY_EVERY);
        every.tick().await;
        let mut hinted = false;
        loop {
            if self.asked.is_none() {
                self.next();
            }
            if let Some(knock) = self.asked.take_if(|_| silent) {
                return Ok(Left::Met(knock));
            }
            tokio::select! {
                event = self.events.recv() => match event {
                    Some(event) => self.event(event).await,
                    None => return Ok(Left::Stopped(begun.elapsed())),
                },
                // Also while there is no question: what was typed before one is no answer to it.
                line = self.asker.line(), if !silent => {
                    let Some(line) = line else { return Err(self.input_over()) };
                    if let Some(knock) = self.answered(&line) {
                        return Ok(Left::Met(knock));
                    }
                }
                _ = every.tick(), if self.asked.is_none() => {
                    let (waited, limit, lang) = (begun.elapsed().as_secs(), wait.as_secs(), self.lang);
                    terminal::complain(&say!(
                        lang,
                        "正在等待平台注册（已等 {waited} 秒，最多 {limit} 秒）……",
                        "waiting for the platform to register ({waited} s of at most {limit} s) ..."
                    ));
                    if let ([(Trouble::NobodyKnocked, detail)], false) = (self.door.verdict(&self.listening).as_slice(), hinted) {
                        terminal::complain(&rendered(Trouble::NobodyKnocked, detail, lang));
                        hinted = true;
                    }
                }
                // Nobody sits there where a question stands for so long.
                () = sleep_until(begun + wait) => return Ok(Left::TimeOver(wait)),
                () = stop.stopped() => return Ok(Left::Stopped(begun.elapsed())),
            }
        }
    }

    /// Nobody is left to say whether a platform is to be accepted.
    fn input_over(&self) -> Failure {
        let (lang, again) = (self.lang, &self.again);
        if self.asked.is_some() {
            terminal::complain("\n");
        }
        Failure::usage(say!(
            lang,
            "输入已结束，无人能回答是否接受来注册的平台；设置和各表已写好，请在终端中执行 {again}，或用 {again} --yes 自动接受密码正确的平台",
            "the input ended and nobody is left to accept a platform; settings and sheets are written: use {again} at a terminal, or {again} --yes, which accepts whoever has the password"
        ))
    }

    async fn event(&mut self, event: Event) {
        match event {
            Event::Request(incoming) => self.request(incoming).await,
            Event::Heard(kind, peer, detail) => {
                let detail = if detail.contains(&peer.ip().to_string()) { detail } else { format!("{peer} {detail}") };
                if let Some(news) = self.door.heard(kind, peer.ip(), detail, self.clock.mono()) {
                    self.tell(news);
                }
            }
            Event::Ack(_) | Event::Unasked(..) | Event::LinkLost(_) => (),
        }
    }

    async fn request(&mut self, incoming: Incoming) {
        let Some(method) = incoming.message.method().cloned() else { return };
        let now = self.clock.mono();
        let plain = |code| Answer { code, headers: Vec::new(), news: Vec::new() };
        let answer = match method {
            Method::Register => self.door.register(&incoming.message, incoming.hop, now, self.clock.wall(), random()),
            Method::Message | Method::Notify => {
                self.door.message(&incoming.message, incoming.hop, is_keepalive(&incoming.message.body), now)
            }
            Method::Options => Answer { headers: vec![("Allow", ALLOW.to_owned())], ..plain(200) },
            Method::Ack | Method::Other(_) => return,
            // Nobody was called or asked for anything.
            _ => plain(481),
        };
        let mut builder = peer::response(&incoming.message, incoming.hop, answer.code);
        for (name, value) in &answer.headers {
            builder = builder.header(name, value);
        }
        let _ = self.endpoint.respond(incoming.id, answer.code, builder.build()).await;
        if answer.news.iter().any(|news| matches!(news, News::Knocked(_))) {
            // No stranger any more: it may send as much as it has to.
            self.endpoint.know([incoming.hop.peer.ip()]);
        }
        answer.news.into_iter().for_each(|news| self.tell(news));
    }

    fn tell(&mut self, news: News) {
        match news {
            News::Trouble(trouble, detail) => self.aside(&rendered(trouble, &detail, self.lang)),
            News::Heard(kind, detail) => {
                let heard = Heard { at: self.clock.wall().micros(), kind, detail };
                self.aside(&format!("  {}", heard.render(self.lang)));
            }
            News::Knocked(knock) => {
                match self.asked.as_mut().filter(|asked| asked.id == knock.id && is_same_place(asked.hop, knock.hop)) {
                    Some(asked) => *asked = knock,
                    None => {
                        self.knocks.retain(|other| other.id != knock.id);
                        // There are no more codes than that.
                        if self.knocks.len() < MAX_CODES {
                            self.knocks.push_back(knock);
                        }
                    }
                }
            }
        }
    }

    /// Says something while a question may stand on the screen.
    fn aside(&self, text: &str) {
        match &self.asked {
            Some(asked) => {
                terminal::complain(&format!("\n{text}"));
                self.ask(asked);
            }
            None => terminal::complain(text),
        }
    }

    fn introduced(&self, knock: &Knock) -> String {
        let (id, transport, peer) = (excerpt(&knock.id, 64), knock.hop.transport(), knock.hop.peer);
        let agent = if knock.user_agent.is_empty() { "—" } else { &knock.user_agent };
        let lang = self.lang;
        let password = if self.password {
            say!(lang, "密码正确", "the password is right")
        } else {
            say!(lang, "未设密码", "no password is set")
        };
        say!(
            lang,
            "收到注册：编码 {id}，地址 {transport} {peer}，User-Agent {agent}，{password}",
            "somebody registers: code {id}, address {transport} {peer}, User-Agent {agent}, {password}"
        )
    }

    /// Shows the next of those who knocked and are still there, and asks about it.
    fn next(&mut self) {
        let now = self.clock.mono();
        while let Some(knock) = self.knocks.pop_front() {
            if self.door.registration(&knock.id, now).is_some() {
                terminal::complain(&self.introduced(&knock));
                if !self.asker.is_silent() {
                    self.ask(&knock);
                }
                self.asked = Some(knock);
                return;
            }
        }
    }

    fn ask(&self, knock: &Knock) {
        let (id, lang) = (excerpt(&knock.id, 64), self.lang);
        terminal::ask(&if knock.expected {
            say!(lang, "是否接受 {id}？（Y/n，回车 = 接受）", "Accept {id}? (Y/n, Enter = yes)")
        } else {
            say!(
                lang,
                "{id} 不是所填的平台编码，是否接受？（y/N，回车 = 不接受）",
                "{id} is not the code given for the platform. Accept it? (y/N, Enter = no)"
            )
        });
    }

    /// Takes an answer to the question on the screen.
    fn answered(&mut self, line: &str) -> Option<Knock> {
        let (lang, now) = (self.lang, self.clock.mono());
        let Some(mut knock) = self.asked.take() else {
            terminal::complain(&say!(
                lang,
                "还没有平台注册，不用输入；有平台注册时会提问，按 Ctrl+C 结束",
                "no platform has registered yet and there is nothing to answer; you will be asked, Ctrl+C ends it"
            ));
            return None;
        };
        let id = excerpt(&knock.id, 64);
        match ask::agreed(line, knock.expected) {
            Some(true) => match self.door.registration(&knock.id, now).map(|registration| registration.hop) {
                Some(hop) if is_same_place(hop, knock.hop) => {
                    let from = hop.peer.port();
                    if !hop.is_reliable() && from != knock.hop.peer.port() {
                        knock.reach = Reach::Unsettled { says: knock.reach.address().map(|address| address.socket.port()), from };
                    }
                    return Some(knock);
                }
                Some(hop) => {
                    let peer = hop.peer;
                    terminal::complain(&say!(
                        lang,
                        "{id} 已改从 {peer} 注册，与刚才显示的不同，没有接受",
                        "{id} registers from {peer} now, which is not what was shown, and was not accepted"
                    ));
                }
                None => terminal::complain(&say!(
                    lang,
                    "{id} 已离线或注册已过期，没有接受；等它再来注册",
                    "{id} has left or its registration has run out, and it was not accepted; waiting for it to register again"
                )),
            },
            Some(false) => {
                self.door.refuse(&knock.id);
                self.knocks.retain(|other| other.id != knock.id);
                let again = &self.again;
                terminal::complain(&say!(
                    lang,
                    "已拒绝 {id}，继续等待；若是误答，请按 Ctrl+C，再执行 {again}",
                    "{id} is refused, still waiting; if that was a slip: Ctrl+C, then {again}"
                ));
            }
            None => {
                terminal::complain(&say!(
                    lang,
                    "  请写 y（接受）或 n（不接受），再按回车",
                    "  write y (accept) or n (do not), then Enter"
                ));
                self.ask(&knock);
                self.asked = Some(knock);
            }
        }
        None
    }
}

/// Whether somebody is still where it was: its port may change with every connection.
fn is_same_place(one: Hop, other: Hop) -> bool {
    one.transport() == other.transport() && one.peer.ip() == other.peer.ip()
}

/// Shows what happens, and ends it at the first picture.
struct Enough {
    screen: Screen,
    stopper: Arc<Stopper>,
}

impl Observer for Enough {
    fn told(&self, progress: Progress) {
        match progress {
            Progress::Probed { ref tally, .. } if tally.pictures > 0 => self.stopper.stop(),
            // What would be called at most was said before.
            Progress::Planned { .. } => (),
            progress => self.screen.told(progress),
        }
    }
}

/// Keeps the registration, so that the first audit need not wait for the next one, and nothing else.
struct Kept {
    own: String,
    store: Mutex<Store>,
}

impl Keeper for Kept {
    fn catalogued(&self, _: &Header, _: &[Message]) {}
    fn resumed(&self, _: &Header) {}
    fn probed(&self, _: &str, _: &ProbeRecord) {}
    fn snapshot(&self, _: &str, _: &str, _: &[u8]) {}
    fn tape(&self, _: &str, _: &str, _: u32, _: Vec<u8>) {}
    fn untape(&self, _: &str, _: &str) {}
    fn registration(&self, platform: &str, kept: Option<KeptRegistration>) {
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = store.put_registration(&self.own, platform, kept.as_ref()) {
            tracing::warn!(%error, "the registration was not kept; the next run waits for another one");
        }
    }
    fn capacities(&self, _: Vec<KeptCapacity>) {}
}
