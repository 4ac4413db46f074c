//! One rate with two figures. Notices of several communities have a figure each: only what names the same community is compared.

use std::collections::HashMap;

use super::claim::{Claim, name};
use super::percent::plain;
use super::{Answer, Draft, Finding};
use crate::base::lang::{Lang, say};
use crate::profile::RateId;

pub(super) fn check(draft: &Draft<'_>, lang: Lang, found: &mut Vec<Finding>) {
    let mut seen: HashMap<(&str, RateId, Option<&str>), &Claim> = HashMap::new();
    for claim in &draft.claims {
        let Some(b) = claim.percent.as_deref() else { continue };
        let whose = draft.readings.get(claim.block).map_or("", |reading| reading.whose.as_str());
        let earlier = *seen.entry((whose, claim.id, claim.part.as_deref())).or_insert(claim);
        let a = earlier.percent.as_deref().unwrap_or_default();
        if plain(a) == plain(b) {
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

#[cfg(test)]
mod tests {
    use crate::notice::tests::found;

    #[test]
    fn one_rate_has_one_figure() {
        assert_eq!(found("agreement", "出图率85.00%。\n出图率86.00%。\n"), 1);
        assert_eq!(found("agreement", "出图率85.00%。\n出图率85%。\n"), 0);
        assert_eq!(found("agreement", "东苑社区出图率85.00%。\n西苑社区出图率86.00%。\n"), 0);
        assert_eq!(found("agreement", "社区\t出图率\t合规率\n东苑\t85%\t90%\n西苑\t86%\t91%\n"), 0);
        assert_eq!(found("agreement", "小区出入口覆盖率100%,消防通道覆盖率90%,关键位置覆盖率95%。\n"), 0);
    }
}
