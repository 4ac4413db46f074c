//! `G13`

use crate::base::datum::Shift;
use crate::base::lang::Text;
use crate::rules::{BatchFinding, Context, Step, declare_rule};

declare_rule! {
    /// # 疑似坐标系偏移
    /// ## 查什么
    /// 整批坐标是否像 GCJ-02、BD-09，或像被误当 GCJ-02 又转换了一次。按整个目录、单位、录像机、编码连续的一批
    /// 分别检验，只对整组下结论，不对单路下结论。
    /// 一、与《已知点位表》比：组内有 3 个以上已知点，换算后偏差的中位数不到其他各种情形的三分之一。
    /// 二、没有足够的已知点时与区县边界（或社区范围）比：组内 30 路以上，按公里格计，原样在界外、换算后落入界内的格数
    /// 显著多于相反的（3 倍标准差，至少 11 格），并占界外的半数以上。
    /// 坐标颠倒、量纲、度分秒、多机同点、微调、默认点涉及一组中九成以上（5 路以上）时，也在此按组说明，
    /// 列在各自的规则代码下；口径关闭 G13 时不作这些说明。
    /// ## 为什么
    /// GCJ-02 在山东约偏东 500 米，BD-09 约偏东北 1200 米，单看一路看不出来，整批一比就清楚。
    /// ## 依据
    /// 2022 版规定经纬度为 WGS-84；2016 版的公开工具也按 WGS-84。换算用公开流传的公式，检验方法为本工具所定。
    /// 自备的边界如果本身就是 GCJ-02，结论会相反。
    /// ## 示例
    /// 提示：8 个已知点按原样偏差 503 米，按 GCJ-02 换算后 2 米。对：WGS-84 坐标。
    /// ## 怎么改
    /// 与建档或平台厂商核对来源的坐标系，整批只转换一次。说明中的换算值仅供核对，本工具从不自动修改。
    ///
    /// # Coordinates of another datum
    /// ## What it checks
    /// Whether a batch looks like GCJ-02, like BD-09, or like WGS-84 that was taken for GCJ-02 and converted. Tested
    /// on the catalogue, on units, recorders and runs of consecutive codes; it speaks of groups, never of one camera.
    /// First against the table `reference_points`: with 3 or more known cameras, the median distance under one
    /// reading is below a third of every other. Where there are too few, against the outlines of counties (or
    /// communities): with 30 or more cameras, squares of a kilometre that come inside when converted outnumber those
    /// that leave (three standard deviations, so at least 11) and are at least half of those outside.
    /// Where nine tenths of a group (and 5 cameras) are swapped, scaled, in degrees and minutes, on one point, spread by
    /// hand or on a default point, that is told here of the group too, under the code of that rule; a profile that
    /// turns G13 off turns this off.
    /// ## Why it matters
    /// In Shandong GCJ-02 is some 500 m to the east, BD-09 some 1,200 m to the north-east: invisible on one camera,
    /// plain on a batch.
    /// ## Source
    /// 2022 asks for WGS-84, and public tools of 2016 use it. The formulas are those in public use; the test is ours.
    /// With outlines of one's own that are in GCJ-02 the answer is turned round.
    /// ## Examples
    /// Remarked: 8 known points are 503 m off as sent and 2 m when read as GCJ-02. Right: WGS-84.
    /// ## How to put it right
    /// Ask who made the records which datum they are in, and convert the batch once. Converted values are shown to
    /// be checked; nothing is ever converted by itself.
    G13 {
        field: Coordinates, elements: [Longitude, Latitude], severity: Warn, core: Profile, editions: All,
        step: Step::Always, basis: Ours, autofix: Suggest,
        asks: Catalogue,
    }
}

fn check(context: &Context<'_>) -> Vec<BatchFinding> {
    super::forensics::findings(context)
}

/// What a shift is called.
pub(super) const fn name(shift: Shift) -> Text {
    match shift {
        Shift::Gcj02 => Text::new("为 GCJ-02（国测局坐标）", "GCJ-02"),
        Shift::Bd09 => Text::new("为 BD-09（百度坐标）", "BD-09"),
        Shift::Reconverted => {
            Text::new("被误当 GCJ-02 多转换了一次", "WGS-84 that was taken for GCJ-02 and converted once too often")
        }
    }
}
