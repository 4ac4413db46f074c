//! Rows that do not say 达标 or 未达标.

use super::claim::{is_title, names_a_rate, percents, result, verdict};
use super::{Answer, Draft, Finding};
use crate::base::lang::{Lang, say};
use crate::notice::text::Place;

pub(super) fn check(draft: &Draft<'_>, lang: Lang, found: &mut Vec<Finding>) {
    let titled: Vec<usize> = draft.blocks.iter().filter(|block| is_title(block)).filter_map(|block| table(block.place)).collect();
    for (number, block) in draft.blocks.iter().enumerate().filter(|(_, block)| !is_title(block)) {
        let Some(own) = table(block.place) else { continue };
        let text = result(block);
        let asks = titled.contains(&own) || names_a_rate(text) && !percents(text).is_empty();
        if asks && verdict(text).is_none() {
            found.push(Finding {
                check: "verdict",
                answer: Answer::Missing,
                block: number,
                says: text.to_owned(),
                wrong: say!(lang, "本行没有写达标或未达标", "the row does not say whether it is reached"),
                instead: say!(lang, "写“达标”或“未达标”；测不了的写“无法测量”和原因", "达标 or 未达标, or 无法测量 and why"),
            });
        }
    }
}

const fn table(place: Place) -> Option<usize> {
    match place {
        Place::Row { table, .. } => Some(table),
        Place::Paragraph(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::notice::tests::found;

    #[test]
    fn a_row_says_reached_or_missed() {
        assert_eq!(found("verdict", "序号\t标准要求\t本社区完成情况\n4\t≥90%\t已完成\n5\t有\t达标\n"), 1);
    }
}
