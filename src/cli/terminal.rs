//! What is printed: the only place that writes to standard output and standard error.

use std::io::Write as _;

use crate::base::text::visible;

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
