//! What a person sees while a run goes on: bars on a terminal, plain lines elsewhere, all on stderr.

use std::collections::HashMap;
use std::io::IsTerminal as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::terminal;
use crate::audit::run::{Hold, Observer, Progress};
use crate::base::lang::{Lang, say};
use crate::base::text::{excerpt, grouped};

/// Seconds between two lines of waiting where there is no terminal.
const PLAIN_EVERY: u64 = 15;

/// Cameras between two lines of probing where there is no terminal.
const PLAIN_CAMERAS: usize = 100;

/// A time for people: seconds below two minutes, minutes above.
fn span(seconds: u64, lang: Lang) -> String {
    if seconds < 120 {
        say!(lang, "{seconds} 秒", "{seconds} s")
    } else {
        let minutes = seconds.div_ceil(60);
        say!(lang, "{minutes} 分钟", "{minutes} min")
    }
}

/// Shows a run.
pub(super) struct Screen {
    lang: Lang,
    bars: Option<MultiProgress>,
    by_name: Mutex<HashMap<String, ProgressBar>>,
}

impl Screen {
    pub(super) fn new(lang: Lang) -> Self {
        let bars = std::io::stderr().is_terminal().then(MultiProgress::new);
        Self { lang, bars, by_name: Mutex::default() }
    }

    /// A line that stays.
    pub(super) fn line(&self, text: &str) {
        match &self.bars {
            Some(bars) => {
                let _ = bars.println(text);
            }
            None => terminal::complain(text),
        }
    }

    /// Takes every bar off the screen.
    pub(super) fn clear(&self) {
        for (_, bar) in self.by_name.lock().unwrap_or_else(PoisonError::into_inner).drain() {
            bar.finish_and_clear();
        }
    }

    fn bar(&self, name: &str, update: impl FnOnce(&ProgressBar)) {
        let Some(bars) = &self.bars else { return };
        let mut by_name = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = by_name.entry(name.to_owned()).or_insert_with(|| {
            let bar = bars.add(ProgressBar::new_spinner());
            let style = ProgressStyle::with_template("{spinner} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
            bar.set_style(style);
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        update(bar);
    }

    fn remove(&self, name: &str) {
        if let Some(bar) = self.by_name.lock().unwrap_or_else(PoisonError::into_inner).remove(name) {
            bar.finish_and_clear();
        }
    }
}

impl Observer for Screen {
    fn told(&self, progress: Progress) {
        let lang = self.lang;
        match progress {
            Progress::Waiting { waited, limit, missing } => {
                let names = missing.iter().map(|n| excerpt(n, 24)).collect::<Vec<_>>().join(say!(lang, "、", ", ").as_str());
                let text = say!(
                    lang,
                    "正在等待平台注册：{names}（已等 {waited} 秒，最多 {limit} 秒）……",
                    "waiting for {names} to register ({waited} s of at most {limit} s) ..."
                );
                if self.bars.is_some() {
                    self.bar("waiting", |bar| bar.set_message(text));
                } else if waited % PLAIN_EVERY == 0 {
                    self.line(&text);
                }
            }
            Progress::Heard(heard) => self.line(&format!("  {}", heard.render(lang))),
            Progress::Catalog { platform, received, declared } => {
                self.remove("waiting");
                let (name, received) = (excerpt(&platform, 24), grouped(received));
                let declared = declared.map_or_else(|| "?".to_owned(), grouped);
                let text = say!(lang, "{name}：正在收取目录 {received}/{declared}", "{name}: catalogue {received}/{declared}");
                self.bar(&platform, |bar| bar.set_message(text));
            }
            Progress::CatalogDone { platform } | Progress::ProbeDone { platform } => self.remove(&platform),
            Progress::Measuring { platform, cameras } => {
                let (name, cameras) = (excerpt(&platform, 24), grouped(cameras));
                self.line(&say!(
                    lang,
                    "{name}：另测录像、状态、时钟，询问 {cameras} 路（不计入指标4）",
                    "{name}: measuring besides, {cameras} cameras are asked (no part of indicator 4)"
                ));
            }
            Progress::Replayed { platform, replayed } => {
                let name = excerpt(&platform, 24);
                let (calls, ended) = (grouped(replayed.calls), grouped(replayed.calls - replayed.unanswered));
                self.line(&say!(
                    lang,
                    "{name}：上次检测中断时遗留 {calls} 路会话，已挂断 {ended} 路",
                    "{name}: a killed run had left {calls} calls open, {ended} of them are ended now"
                ));
            }
            Progress::Planned { platform, cameras, sessions, seconds, mbit } => {
                let (name, cameras, time) = (excerpt(&platform, 24), grouped(cameras), span(seconds, lang));
                self.line(&say!(
                    lang,
                    "{name}：将点播 {cameras} 路，同时点播 {sessions} 路，顺利时约需 {time}，最多占用带宽约 {mbit} Mbit/s",
                    "{name}: {cameras} cameras to call, {sessions} at once, about {time} if all goes well, up to {mbit} Mbit/s"
                ));
            }
            Progress::Held { platform, hold } => {
                let name = excerpt(&platform, 24);
                self.line(&match hold {
                    Hold::Quiet(until) => {
                        let until = until.beijing("%H:%M");
                        say!(
                            lang,
                            "{name}：安静时段，{until}（北京时间）之前不发起新的点播",
                            "{name}: quiet hours, no new call before {until} Beijing time"
                        )
                    }
                    Hold::Line { mbit, most } => say!(
                        lang,
                        "{name}：收流已占 {mbit} Mbit/s，上限 {most} Mbit/s，等有余量再发起新的点播",
                        "{name}: {mbit} Mbit/s on the line, {most} at most: new calls wait for room"
                    ),
                });
            }
            Progress::Probed { platform, tally, left } => {
                let name = excerpt(&platform, 24);
                let (done, total) = (grouped(tally.settled as u64), grouped(tally.total as u64));
                let (pictures, flying) = (grouped(tally.pictures as u64), tally.in_flight);
                let left = left.map_or_else(String::new, |seconds| span(seconds, lang));
                let text = say!(
                    lang,
                    "{name}：已点播 {done}/{total} 路，出图 {pictures} 路，正在点播 {flying} 路，还需约 {left}",
                    "{name}: {done}/{total} called, {pictures} pictures, {flying} under way, about {left} left"
                );
                if self.bars.is_some() {
                    self.bar(&platform, |bar| bar.set_message(text));
                } else if tally.settled == tally.total || tally.settled % PLAIN_CAMERAS == 0 {
                    self.line(&text);
                }
            }
        }
    }
}
