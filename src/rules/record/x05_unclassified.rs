//! `X05`

use super::EXAMPLES;
use crate::catalog::Kind;
use crate::edition::TypeClass;
use crate::rules::{BatchFinding, Case, Context, Finding, Severity, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 不可分类项
    /// ## 查什么
    /// 从编码看不出是行政区划、目录节点、设备还是摄像机的目录项：编码不是 20 位数字，或类型编码没有定义。带有摄像机特征的，
    /// 仍按摄像机计入分母；没有的单独计数，列在节点表里。
    /// ## 为什么
    /// 若把编码错误的都当作目录丢掉，编码越乱，合规率反而越高。
    /// ## 依据
    /// 本工具的方法，类型编码依据 GB/T 28181—2022 附录E、2016 附录D。摄像机特征：摄像机才有的元素（如 PTZType），
    /// 或 Parental 为 0，或有型号（Model）。
    /// ## 示例
    /// 提示：编码 `9B0212345678`，有型号，按摄像机计入。对：`37172300011320000001`。
    /// ## 怎么改
    /// 是摄像机的，按编码规则编 20 位编码；是目录、分组的，用 2、4、6、8 位区划或 215、216 类型的编码；不用的删去。
    ///
    /// # It cannot be told what the item is
    /// ## What it checks
    /// Items whose code does not tell region, node, device or camera: not 20 digits, or of a type nobody defined. What
    /// looks like a camera stays in the denominator as one; the others are counted and listed among the nodes.
    /// ## Why it matters
    /// If bad codes were dropped as folders, the worse the codes, the better the rate.
    /// ## Source
    /// Our method; types by GB/T 28181—2022 annex E and 2016 annex D. It looks like a camera with an element only a camera
    /// has (PTZType and others), with Parental 0, or with a Model.
    /// ## Examples
    /// Remarked: code `9B0212345678` with a model, counted as a camera. Right: `37172300011320000001`.
    /// ## How to put it right
    /// Give a camera a code of 20 digits; give folders a region of 2, 4, 6 or 8 digits or a code of type 215 or 216;
    /// delete what nobody uses.
    X05 {
        field: Record, elements: [DeviceID], severity: Warn, core: No, editions: All,
        step: Step::Always, basis: Ours, autofix: None,
        asks: Both,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let class = case.code.and_then(|code| context.edition.type_code(code.kind())).map(|t| t.class);
    if matches!(class, Some(TypeClass::Camera | TypeClass::Other | TypeClass::Maybe)) {
        return Verdict::Pass;
    }
    let message = say!(
        context.lang,
        "从编码看不出是什么，有摄像机的特征，按摄像机计入",
        "the code does not tell what it is; it looks like a camera and is counted as one"
    );
    Verdict::Fail(Finding::new(case.id, message))
}

fn check_catalogue(context: &Context<'_>) -> Vec<BatchFinding> {
    let unclassified = || context.items.iter().zip(context.kinds).filter(|(_, kind)| **kind == Kind::Unclassified);
    let count = unclassified().count();
    if count == 0 {
        return Vec::new();
    }
    vec![BatchFinding {
        rule: X05.id,
        severity: Severity::Warn,
        about: Kind::Unclassified.name().to_owned(),
        message: say!(
            context.lang,
            "{count} 个目录项不可分类，没有摄像机的特征，未计入摄像机",
            "{count} items cannot be classified; nothing says camera, so they are not counted as such"
        ),
        cameras: 0,
        examples: unclassified().take(EXAMPLES).map(|(item, _)| item.id().to_owned()).collect(),
    }]
}
