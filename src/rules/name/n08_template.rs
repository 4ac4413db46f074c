//! `N08`

use super::naming::Asked;
use super::{n12_direction, template::NameProblem};
use crate::base::lang::Text;
use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Finding, Severity, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 名称不符合命名模板
    /// ## 查什么
    /// 口径写有 `[[name.template]]` 时，名称是否由模板的各部分依次组成，字数、字符和禁用词是否符合；第一个适用于该摄像机的模板有效，
    /// 没有适用模板的不适用，口径没有模板则不问。部分的写法：`{county:short}` 及 province、city、town、community、compound（地名，
    /// full、short、any），org、any（文字，最少,最多），road、cross（道路、路口），spot、landmark（部位词），building、unit、floor、
    /// lane、stake，`{dir:8}`（方位），`{serial:1,3}`（序号），pointno（点位编号），kind（摄像机类型），tag（括号内标签）；
    /// 加 `?` 可省略，`( 甲 | 乙 )` 任选其一，固定文字加引号。没有名单的地名，任何文字都算符合。
    /// ## 为什么
    /// 名称按一个格式写，才能检索、对账和派单。
    /// ## 依据
    /// 地方要求：本地的命名规则，写在口径里；国标没有规定名称的格式。
    /// ## 示例
    /// 模板 `{county:short} {community} {spot} {serial:1,3}?`。错：`成武幸福社区枪机`（第 3 部分不是部位词）。对：`成武幸福社区东门1`。
    /// ## 怎么改
    /// 按提示逐个部分改：提示写明第几部分不符、此处写的是什么。只差分隔符、地名全称简称或唯一可写的文字时给出建议值，请核对。
    ///
    /// # The name does not match the city's template
    /// ## What it checks
    /// Where the profile has a `[[name.template]]`: whether the name is made of its parts in their order, and whether
    /// length, characters and forbidden words are right. The first template that is for the camera holds; without one
    /// for it the rule does not apply, and without any in the profile it is not asked. The parts: `{county:short}` and
    /// province, city, town, community, compound (names of places: full, short, any), org, any (text: fewest,most), road,
    /// cross (roads, crossings), spot, landmark (words for the part of the place), building, unit, floor, lane, stake,
    /// `{dir:8}` (direction), `{serial:1,3}` (number), pointno (point number), kind (kind of camera), tag (in brackets);
    /// `?` behind what may be left out, `( a | b )` for a choice, fixed text in quotes. Where no list of places is
    /// known any text is right.
    /// ## Why it matters
    /// Names of one make can be searched, held against ledgers and sent out as orders.
    /// ## Source
    /// Local rules: the city's own, written into the profile; the standard sets no form of names.
    /// ## Examples
    /// Template `{county:short} {community} {spot} {serial:1,3}?`. Wrong: 成武幸福社区枪机 (part 3 is no word for a
    /// part of the place). Right: 成武幸福社区东门1.
    /// ## How to put it right
    /// Part by part: the finding says which part does not match and what stands there. Where only a separator, the
    /// full or short form of a place's name or the one possible text is missing, the name is proposed; check it.
    N08 {
        field: Name, elements: [Name], severity: Error, core: Yes, editions: All,
        step: Step::Chain(9), basis: Local, autofix: Suggest,
    }
}

/// The templates of the profile cannot be used. Whoever loads a profile refuses that before.
const UNUSABLE: Text = Text::new("口径的命名模板无法使用", "the name templates of the profile cannot be used");

/// The limits of a search were reached.
const UNDECIDED: Text = Text::new("名称过长或模板过于宽松，未能判定", "the name is too long or the template too loose to decide");

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let template = match context.naming.asked(case.item) {
        Asked::None => return Verdict::Off,
        Asked::Unusable => return Verdict::Unjudged(&UNUSABLE),
        Asked::Other => return Verdict::Exempt,
        Asked::Template(template) => template,
    };
    let lang = context.lang;
    let places = context.naming.places(case.item);
    let (message, proposal) = match template.check(&case.name, &places) {
        Ok(matched) => {
            let region =
                || if template.region_must_match { context.naming.other_region(case.item, &case.name, lang) } else { None };
            let direction = || {
                let said = matched.direction.filter(|_| template.direction_must_match)?;
                n12_direction::disagreement(said, case.item, lang)
            };
            match region().or_else(direction) {
                None => return Verdict::Pass,
                Some(message) => (message, None),
            }
        }
        Err(problem) if problem.is_undecided() => return Verdict::Unjudged(&UNDECIDED),
        Err(problem) => {
            let repaired = match &problem {
                NameProblem::Template(_) => template.repair(&case.name, &places),
                NameProblem::Length { .. } | NameProblem::Charset { .. } | NameProblem::Forbidden { .. } => None,
            };
            (problem.message(lang), repaired)
        }
    };
    let id = &template.id;
    let message = say!(lang, "不符合命名模板“{id}”：{message}", "not as the template \"{id}\" wants it: {message}");
    let finding = Finding::new(case.sent(Element::Name).unwrap_or_default(), message).propose(Element::Name, proposal);
    if template.error { Verdict::Fail(finding) } else { Verdict::Advice(Severity::Warn, finding) }
}
