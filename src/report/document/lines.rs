//! Where lines of pages end: by the algorithm of Unicode (UAX 14), and within a word that is wider than its line.

use std::ops::Range;

use unicode_linebreak::{BreakOpportunity, linebreaks};

use super::typeface::{Letter, Letters};

/// A line: the letters it shows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Set {
    /// Letters of the text.
    pub(super) letters: Vec<Letter>,
    /// Their width together, of the size of the letters.
    pub(super) width: f32,
    /// The paragraph, or its part, ends here.
    pub(super) is_last: bool,
}

/// Lines of a printable text. The widths, of the first line and of the others, are of the size of the letters.
pub(super) fn lines(letters: &Letters<'_>, text: &str, first: f32, other: f32) -> Vec<Set> {
    let all = letters.of(text);
    let mut breaks = linebreaks(text).peekable();
    let mut lines: Vec<Set> = Vec::new();
    // Letters of the line being filled; where it may end; how wide it is.
    let (mut begin, mut may_end, mut width) = (0, None, 0.0_f32);
    let mut add = |range: Range<usize>, is_last| {
        let shown = all.get(range).unwrap_or_default();
        let end = shown.iter().rposition(|letter| !letter.blank).map_or(0, |last| last + 1);
        let letters = shown.get(..end).unwrap_or_default().to_vec();
        let width = letters.iter().map(|letter| letter.width).sum();
        lines.push(Set { letters, width, is_last });
    };
    let mut room = first;
    for (index, letter) in all.iter().enumerate() {
        // What ends in front of this letter.
        while let Some(&(at, kind)) = breaks.peek() {
            if at > letter.at.start {
                break;
            }
            breaks.next();
            if kind == BreakOpportunity::Mandatory {
                add(begin..index, true);
                (begin, may_end, width, room) = (index, None, 0.0, other);
            } else {
                may_end = Some(index);
            }
        }
        if !letter.blank && width + letter.width > room && index > begin {
            let end = may_end.filter(|&end| end > begin).unwrap_or(index);
            add(begin..end, false);
            width = all.get(end..index).unwrap_or_default().iter().map(|letter| letter.width).sum();
            (begin, may_end, room) = (end, None, other);
        }
        width += letter.width;
    }
    add(begin..all.len(), true);
    if text.ends_with('\n') {
        add(all.len()..all.len(), true);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::Typeface;
    use super::*;

    fn set(text: &str, first: f32, other: f32) -> Vec<String> {
        let typeface = Typeface::default();
        let shown = |line: Set| line.letters.iter().map(|letter| &text[letter.at.clone()]).collect();
        lines(&typeface.letters().unwrap(), text, first, other).into_iter().map(shown).collect()
    }

    #[test]
    fn no_line_begins_with_what_ends_a_phrase_nor_ends_with_what_opens_one() {
        assert_eq!(set("共检测摄像机，其中出图", 6.0, 6.0), ["共检测摄像", "机，其中出图"]);
        assert_eq!(set("结论（达标）为准", 3.0, 5.0), ["结论", "（达标）为", "准"]);
    }

    #[test]
    fn words_and_numbers_stay_whole_unless_they_are_wider_than_the_line() {
        assert_eq!(set("见 report.xlsx 的表", 6.5, 6.5), ["见", "report.xlsx", "的表"]);
        let code = "37172300001320000001";
        let cut = set(code, 4.0, 4.0);
        assert!(cut.len() > 2 && cut.concat() == code, "{cut:?}");
    }

    #[test]
    fn breaks_that_are_asked_for_are_made_and_nothing_is_lost() {
        assert_eq!(set("一\n\n二", 9.0, 9.0), ["一", "", "二"]);
        assert_eq!(set("一\n", 9.0, 9.0), ["一", ""]);
        assert_eq!(set("", 9.0, 9.0), [""]);
        assert_eq!(set("宽", 0.1, 0.1), ["宽"]);
    }

    proptest::proptest! {
        #[test]
        fn lines_put_together_are_the_text(text in "[国A1 ，（）—/.\n]{0,60}", first in 0.0_f32..12.0, other in 0.0_f32..12.0) {
            let seen: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            let got: String = set(&text, first, other).concat().chars().filter(|c| !c.is_whitespace()).collect();
            proptest::prop_assert_eq!(seen, got);
        }
    }
}
