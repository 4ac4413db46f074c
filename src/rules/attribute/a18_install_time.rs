//! `A18`

use std::collections::HashMap;

use super::enumeration::QUOTED;
use super::moment::{self, BEIJING_S, Form, YEAR_1990};
use super::placeholder;
use crate::base::lang::Text;
use crate::base::text::excerpt;
use crate::manscdp::item::Element;
use crate::rules::{Basis, Case, Context, Finding, Severity, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 安装时间错误
    /// ## 查什么
    /// InstallTime 是真实的日期时间（如 2020-05-01T08:30:00）：不早于 1990 年，不在将来，不是公开填表脚本写入的常量（
    /// 2017-10-01T10:30:59、10:31:00），也没有很多路（默认 30 路）写着同一秒。只有日期、或用空格代替 T 的，只作说明；零
    /// 点等于没有时刻，不参加同一秒的比较。一类点位必须填写。
    /// ## 为什么
    /// 整批同一秒说明是脚本填的，其余档案也不可信。
    /// ## 依据
    /// GB/T 28181—2022 附录A 目录项：InstallTime 为日期时间（dateTime），一类点位必选；2016 版没有这一项。常量与同一秒
    /// 按公开填表脚本。规则表只查错值，一类点位缺失按条文一并提示。
    /// ## 示例
    /// 提示：`2020/5/1`、`2099-01-01T08:00:00`、`2017-10-01T10:31:00`。对：`2020-05-01T08:30:00`。
    /// ## 怎么改
    /// 按验收资料填写各路实际启用时间；查不到的向建设单位核实，不要批量填同一个值。
    ///
    /// # A wrong install time
    /// ## What it checks
    /// InstallTime is a true time (such as 2020-05-01T08:30:00): not before 1990, not in the future, none of the
    /// constants of public filling scripts (2017-10-01T10:30:59 and 10:31:00), and no second that many cameras share
    /// (30 by default). A date alone, or a blank instead of T, is a note; midnight is no time of day and is not counted
    /// as a shared second. Class 1 points must have one.
    /// ## Why it matters
    /// A whole batch in one second was filled by a script, and the rest of the archive is no better.
    /// ## Source
    /// GB/T 28181—2022 annex A, catalogue item: InstallTime is a dateTime and mandatory for class 1; 2016 has no such
    /// element. Constants and shared seconds: a public filling script. The register asks for wrong values only; a class
    /// 1 point without one is remarked by the clause.
    /// ## Examples
    /// Remarked: `2020/5/1`, `2099-01-01T08:00:00`, `2017-10-01T10:31:00`. Right: `2020-05-01T08:30:00`.
    /// ## How to put it right
    /// Enter when each camera was put into service, from the acceptance papers; ask the builder where they are lost,
    /// and do not fill in one value for all.
    A18 {
        field: Attributes, elements: [InstallTime], severity: Warn, core: Profile, editions: From2022,
        step: Step::Always, basis: Practice, autofix: None,
    }
}

/// Seconds in which many cameras were installed, with how many.
pub type Seconds = HashMap<i64, u32>;

const WHAT: Text = Text::new("安装使用时间", "install time");

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let Some(text) = case.text(Element::InstallTime) else {
        let asked = super::is_class_one(case.item);
        return if asked { super::missing(case, context, WHAT, Basis::Clause) } else { Verdict::Exempt };
    };
    let lang = context.lang;
    let Some(moment) = moment::read(text) else {
        let shown = excerpt(text, QUOTED);
        let message = say!(
            lang,
            "“{shown}”不是日期时间，应如 2020-05-01T08:30:00",
            "\"{shown}\" is no date and time such as 2020-05-01T08:30:00"
        );
        return Verdict::Fail(Finding::new(text, message).on(Basis::Clause));
    };
    let wrong = |message: String| Verdict::Fail(Finding::new(text, message));
    if let Some(what) = placeholder::fingerprint(Element::InstallTime, text) {
        let told = what.told(lang);
        return wrong(say!(lang, "安装时间是{told}", "the install time is {told}"));
    }
    if moment.seconds < YEAR_1990 {
        return wrong(say!(lang, "安装时间早于 1990 年", "installed before 1990"));
    }
    if moment.seconds > context.at.micros().div_euclid(1_000_000) + BEIJING_S {
        return wrong(say!(lang, "安装时间在将来", "installed in the future"));
    }
    let seconds = context.index.install_seconds.get_or_init(|| shared_seconds(context));
    if let Some(count) = seconds.get(&moment.seconds) {
        return wrong(say!(lang, "有 {count} 路摄像机写着同一秒", "{count} cameras were installed in this one second"));
    }
    let note = match moment.form {
        Form::DateTime => return Verdict::Pass,
        Form::Blank => say!(lang, "日期与时间之间应为字母 T", "date and time are joined by the letter T"),
        Form::DateOnly => say!(lang, "只有日期，没有时间", "a date without a time"),
    };
    Verdict::Advice(Severity::Info, Finding::new(text, note))
}

fn shared_seconds(context: &Context<'_>) -> Seconds {
    let moments = context.cameras().filter_map(|(_, item)| moment::read(item.text(Element::InstallTime)?));
    let mut seconds: Vec<i64> = moments.filter(|m| m.has_time_of_day()).map(|m| m.seconds).collect();
    seconds.sort_unstable();
    let runs = seconds.chunk_by(|a, b| a == b).filter_map(|run| Some((*run.first()?, u32::try_from(run.len()).ok()?)));
    runs.filter(|(_, count)| *count >= context.profile.same_install_second).collect()
}
