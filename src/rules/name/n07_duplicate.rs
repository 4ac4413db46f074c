//! `N07`

use crate::manscdp::item::Element;
use crate::rules::context::Scope;
use crate::rules::{Case, Context, Finding, Severity, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 名称重复
    /// ## 查什么
    /// 同一社区内没有两路摄像机同名。社区由基层组织编码（GrassrootsCode）或所属虚拟组织（216）确定；确定不了社区时，
    /// 在整个目录内同名只作提示。口径的命名模板写有 unique 的，按其范围（社区、县区、平台）比较。已按 N01 至 N04 不合规的名称不参与比较。
    /// ## 为什么
    /// 同名的两路画面无法区分，通报和整改会找错设备。
    /// ## 依据
    /// 通行做法：标注规则普遍要求同一系统内名称不重复。
    /// ## 示例
    /// 错：同一小区两路都叫“北门枪机”。对：“北门枪机1”“北门枪机2”。
    /// ## 怎么改
    /// 加方位或序号区分。
    ///
    /// # The name is used twice
    /// ## What it checks
    /// No two cameras of one community have the same name. The community is known by GrassrootsCode or by the
    /// virtual organisation (216) above; where it is not known, the same name in the catalogue is a remark only.
    /// Where the camera's name template says unique, the place it says (community, county, platform) is taken. Names that already fail N01 to N04 take no part.
    /// ## Why it matters
    /// Two pictures of one name cannot be told apart, and repairs go to the wrong device.
    /// ## Source
    /// Common practice: labelling rules forbid identical labels in one system.
    /// ## Examples
    /// Wrong: two cameras of one compound are both 北门枪机. Right: 北门枪机1 and 北门枪机2.
    /// ## How to put it right
    /// Add a direction or a number.
    N07 {
        field: Name, elements: [Name], severity: Error, core: Profile, editions: All,
        step: Step::Always, basis: Practice, autofix: None,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let (scope, count) = context.namesakes(case);
    if count < 2 || super::is_bad_case(case) {
        return Verdict::Pass;
    }
    let sent = case.sent(Element::Name).unwrap_or_default();
    let (counts, message) = match scope {
        Scope::Community(community) => {
            let message = say!(
                context.lang,
                "社区 {community} 内有 {count} 路摄像机同名",
                "{count} cameras of community {community} have this name"
            );
            (true, message)
        }
        Scope::County(county) => {
            let message = say!(
                context.lang,
                "县区 {county} 内有 {count} 路摄像机同名",
                "{count} cameras of county {county} have this name"
            );
            (true, message)
        }
        Scope::Platform => {
            (true, say!(context.lang, "平台内有 {count} 路摄像机同名", "{count} cameras of the platform have this name"))
        }
        Scope::Catalogue => {
            (false, say!(context.lang, "目录内有 {count} 路摄像机同名", "{count} cameras of the catalogue have this name"))
        }
    };
    let finding = Finding::new(sent, message);
    if counts { Verdict::Fail(finding) } else { Verdict::Advice(Severity::Warn, finding) }
}
