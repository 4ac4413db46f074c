//! Questions: printed on standard error, answered by a line of standard input, typed or scripted.

use std::io::{BufRead as _, Read as _};

use tokio::sync::mpsc;

use super::super::{Failure, terminal};
use crate::base::charset::{self, Charset};
use crate::base::lang::{Lang, say};
use crate::base::text::trim;

/// Octets of an answer; the rest of a longer line is taken for the next.
const MAX_ANSWER: u64 = 4_096;
/// Wrong answers to one question.
const MAX_TRIES: usize = 5;

/// Whoever asks.
pub(super) struct Asker {
    silent: bool,
    lang: Lang,
    lines: Option<mpsc::Receiver<String>>,
}

impl Asker {
    /// `silent`: nothing may be asked.
    pub(super) const fn new(silent: bool, lang: Lang) -> Self {
        Self { silent, lang, lines: None }
    }

    pub(super) const fn is_silent(&self) -> bool {
        self.silent
    }

    /// Lines are read by a thread of their own: while one is waited for, the network goes on.
    fn lines(&mut self) -> &mut mpsc::Receiver<String> {
        self.lines.get_or_insert_with(|| {
            let (sender, lines) = mpsc::channel(1);
            std::thread::spawn(move || {
                let mut input = std::io::stdin().lock();
                loop {
                    let mut octets = Vec::new();
                    match input.by_ref().take(MAX_ANSWER).read_until(b'\n', &mut octets) {
                        Ok(1..) => (),
                        Ok(0) | Err(_) => return,
                    }
                    let text = charset::decode(&octets, Some(Charset::Utf8), None).text;
                    if sender.blocking_send(trim(&text).to_owned()).is_err() {
                        return;
                    }
                }
            });
            lines
        })
    }

    /// Asks until the answer can be read. Not inside of a runtime. `option`: what gives the answer without a question.
    pub(super) fn ask<T>(
        &mut self,
        question: &str,
        option: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, Failure> {
        let lang = self.lang;
        for _ in 0..MAX_TRIES {
            terminal::ask(question);
            let Some(line) = self.lines().blocking_recv() else {
                // Behind the question.
                terminal::complain("\n");
                return Err(Failure::usage(say!(
                    lang,
                    "输入已结束，这个问题没有回答；可用 {option} 给出，脚本中请加 --yes，见 gbaudit init --help",
                    "the input ended before this question was answered; {option} gives it, scripts use --yes, see gbaudit init --help"
                )));
            };
            match read(&line) {
                Ok(answer) => return Ok(answer),
                Err(why) => terminal::complain(&say!(lang, "  {why}", "  {why}")),
            }
        }
        Err(Failure::usage(say!(
            lang,
            "连续 {MAX_TRIES} 次都不能识别，已停止，没有写任何文件；可用 {option} 给出，见 gbaudit init --help",
            "{MAX_TRIES} answers could not be read; nothing was written. {option} gives it, see gbaudit init --help"
        )))
    }

    /// The next line; nothing when the input has ended.
    pub(super) async fn line(&mut self) -> Option<String> {
        self.lines().recv().await
    }
}

/// Yes or no; nothing typed is `default`.
pub(super) fn agreed(text: &str, default: bool) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "" => Some(default),
        "y" | "yes" | "ｙ" | "是" | "是的" | "好" | "对" | "接受" => Some(true),
        "n" | "no" | "ｎ" | "否" | "不" | "不是" | "不接受" | "拒绝" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_and_no_in_both_languages_and_nothing_typed() {
        for (text, answer) in [("Y", Some(true)), ("是", Some(true)), ("n", Some(false)), ("不接受", Some(false)), ("也许", None)]
        {
            assert_eq!(agreed(text, false), answer, "{text}");
        }
        assert_eq!((agreed("", true), agreed("", false)), (Some(true), Some(false)));
    }
}
