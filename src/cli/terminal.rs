//! What is printed: the only place that writes to standard output and standard error.

use std::io::{BufRead as _, Read as _, Write as _};
use std::path::Path;

use crate::base::charset::{self, Charset};
use crate::base::text::visible;

/// Answers in a row that cannot be read, after which nobody is there.
const MAX_TRIES: usize = 20;
/// Octets of an answer.
const MAX_ANSWER: u64 = 4_096;

/// Prints a text. A reader that has gone away (`gbaudit rules | head`) is no failure.
pub(super) fn out(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Prints a line.
pub(super) fn line(text: &str) {
    out(&format!("{text}\n"));
}

/// Prints lines of complaint or progress to standard error. Names of files and arguments cannot repaint the screen.
pub(super) fn complain(text: &str) {
    let mut err = std::io::stderr().lock();
    for line in text.lines() {
        let _ = writeln!(err, "{}", visible(line));
    }
}

/// Prints a question to standard error; the answer is written behind it.
pub(super) fn ask(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = write!(err, "{} ", visible(text)).and_then(|()| err.flush());
}

/// A path as it is typed into a command: quoted where the shell would take it apart.
pub(super) fn argument(path: &Path) -> String {
    quoted(&path.display().to_string(), cfg!(windows))
}

/// The shells of Windows know double quotes, which no path there can hold; all others take single quotes literally.
fn quoted(text: &str, windows: bool) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+=:,@%".contains(c) || (windows && c == '\\');
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    if windows { format!("\"{text}\"") } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// An answer that can be read; nothing when the input has ended, or nobody answers sensibly.
pub(super) fn asked<T>(question: &str, read: impl Fn(&str) -> Result<T, String>) -> Option<T> {
    for _ in 0..MAX_TRIES {
        ask(question);
        let mut octets = Vec::new();
        if std::io::stdin().lock().take(MAX_ANSWER).read_until(b'\n', &mut octets).ok()? == 0 {
            return None;
        }
        let text = charset::decode(&octets, Some(Charset::Utf8), None).text;
        match read(text.trim()) {
            Ok(answer) => return Some(answer),
            Err(why) => complain(&why),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_quoted_where_a_shell_would_take_it_apart() {
        for plain in ["out", "./out/2026-11-24", "检测结果/成武县", "C:"] {
            assert_eq!((quoted(plain, false), quoted(plain, true)), (plain.to_owned(), plain.to_owned()));
        }
        assert_eq!(quoted("my out", false), "'my out'");
        assert_eq!(quoted("it's $HOME", false), "'it'\\''s $HOME'");
        assert_eq!((quoted("", false), quoted("a;b", false)), ("''".to_owned(), "'a;b'".to_owned()));
        assert_eq!(
            (quoted("C:\\检测 结果", true), quoted("C:\\out", true)),
            ("\"C:\\检测 结果\"".to_owned(), "C:\\out".to_owned())
        );
    }
}
