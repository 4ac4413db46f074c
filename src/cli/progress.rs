//! What a person sees while a run goes on: bars on a terminal, plain lines elsewhere, all on stderr.

use std::collections::HashMap;
use std::io::IsTerminal as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::terminal;
use crate::audit::run::{Observer, Progress};
use crate::base::lang::{Lang, say};
use crate::base::text::{excerpt, grouped};

/// Seconds between two lines of waiting where there is no terminal.
const PLAIN_EVERY: u64 = 15;

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
            Progress::CatalogDone { platform } => self.remove(&platform),
        }
    }
}
