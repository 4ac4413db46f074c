//! One rate with two figures. Notices of several communities have a figure each: only what names the same community is compared.

use super::claim::{Claim, Pattern, all, name};
use super::{Answer, Draft, Finding};
use crate::base::lang::{Lang, say};
use regex::Regex;
use std::sync::LazyLock;

static COMMUNITY: Pattern = LazyLock::new(|| Regex::new(r"(\p{Han}{2,10}?)社区").ok());

pub(super) fn check(draft: &Draft<'_>, lang: Lang, found: &mut Vec<Finding>) {
    let mut seen: Vec<(String, &Claim)> = Vec::new();
    for claim in draft.claims.iter().filter(|claim| claim.percent.is_some() && !claim.bound) {
        let whose = draft.blocks.get(claim.block).map_or_else(String::new, |block| {
            all(&COMMUNITY, &block.cells.join("|"))
                .filter_map(|c| c.get(1))
                .map(|c| c.as_str().to_owned())
                .next()
                .unwrap_or_default()
        });
        let earlier = seen.iter().find(|(other, one)| *other == whose && one.id == claim.id).map(|(_, one)| *one);
        let Some(earlier) = earlier else {
            seen.push((whose, claim));
            continue;
        };
        let (a, b) = (earlier.percent.as_deref().unwrap_or_default(), claim.percent.as_deref().unwrap_or_default());
        if value(a) == value(b) {
            continue;
        }
        let rate = name(claim.id);
        found.push(Finding {
            check: "agreement",
            answer: Answer::Contradicts,
            block: claim.block,
            says: claim.text.clone(),
            wrong: say!(lang, "{rate}前面写 {a}%，这里写 {b}%", "{rate} is {a}% above and {b}% here"),
            instead: say!(
                lang,
                "两处写同一个实测数值；不同社区的请写明社区名称",
                "one figure in both places, or the name of the community in each"
            ),
        });
    }
}

fn value(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

#[cfg(test)]
mod tests {
    use crate::notice::tests::found;

    #[test]
    fn one_rate_has_one_figure() {
        assert!(super::COMMUNITY.is_some());
        assert_eq!(found("agreement", "出图率85.00%。\n出图率86.00%。\n"), 1);
        assert_eq!(found("agreement", "出图率85.00%。\n出图率85%。\n"), 0);
        assert_eq!(found("agreement", "东苑社区出图率85.00%。\n西苑社区出图率86.00%。\n"), 0);
    }
}
