//! 合规率: cameras whose code, name, region and coordinates are all in order, of all camera lines.
//!
//! N: cameras no field of which fails or is unjudged; exempt counts as in order. D: every camera line. Left out:
//! nodes and other devices. Unjudged stays in D and not in N, and is shown as the best case. Compared exactly;
//! printed cut to two decimals.
//! Source: indicator 4-3 of the Shandong smart-community indicators gives the threshold and the four fields; that
//! one wrong field fails the record is our reading, and the others stand beside it.

use super::{CameraFacts, Circumstances, Formula, RateResult, Reading, decide};
use crate::base::fraction::Fraction;
use crate::base::lang::Text;
use crate::profile::{Profile, RateId, Unit};
use crate::rules::FieldVerdict;

const FORMULA: Formula = Formula {
    id: "compliance.record",
    text: Text::new(
        "编码、名称、行政区划、经纬度全部合规的摄像机 ÷ 目录中的全部摄像机",
        "cameras with code, name, region and coordinates all in order / all cameras of the catalogue",
    ),
};

/// The reading in which waived failures do not count; read only where waivers were given.
pub const WITH_WAIVERS: &str = "compliance.with_waivers";

const PER_FIELD: Formula = Formula {
    id: "compliance.per_field",
    text: Text::new(
        "编码、名称、行政区划、经纬度分别计算，取最低：该项合规的摄像机 ÷ 摄像机",
        "each field by itself, the lowest: cameras whose field is in order / cameras",
    ),
};
const POOLED: Formula = Formula {
    id: "compliance.fields_pooled",
    text: Text::new("合规的字段 ÷ 全部字段（每台摄像机四个）", "fields in order / all fields, four of each camera"),
};

pub(super) fn rate(cameras: &[CameraFacts], profile: &Profile, circumstances: &Circumstances) -> RateResult {
    let online_only = profile.compliance.online_only;
    let counted = || cameras.iter().filter(|c| c.online || !online_only);
    let total = counted().count() as u64;
    let of_field = |slot: usize| {
        let field = |c: &CameraFacts| c.fields.get(slot).copied();
        let good = counted().filter(|c| field(c).is_some_and(FieldVerdict::is_good)).count() as u64;
        let open = counted().filter(|c| field(c) == Some(FieldVerdict::Unjudged)).count() as u64;
        (good, open)
    };
    let (value, doubtful, formula) = match profile.compliance.unit {
        Unit::Record => {
            let good = counted().filter(|c| c.is_compliant()).count() as u64;
            let open = |c: &&CameraFacts| !c.is_compliant() && c.fields.iter().all(|f| *f != FieldVerdict::Fail);
            (Fraction::new(good, total), counted().filter(open).count() as u64, FORMULA)
        }
        Unit::PerField => {
            // Of equally low fields the one with least left to hope for.
            let (good, open) = (0..4).map(of_field).min_by_key(|(good, open)| (*good, good + open)).unwrap_or_default();
            (Fraction::new(good, total), open, PER_FIELD)
        }
        Unit::Pooled => {
            let (good, open) = (0..4).map(of_field).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            (Fraction::new(good, 4 * total), open, POOLED)
        }
    };
    decide(RateId::Compliance, value, doubtful, formula, profile, circumstances.void)
}

pub(super) fn readings(cameras: &[CameraFacts], profile: &Profile, circumstances: &Circumstances) -> Vec<Reading> {
    let threshold = profile.threshold(RateId::Compliance);
    let total = cameras.len() as u64;
    let good = |slot: usize| cameras.iter().filter(|c| c.fields.get(slot).is_some_and(|f| f.is_good())).count() as u64;
    let by_field: [u64; 4] = std::array::from_fn(good);
    let online = || cameras.iter().filter(|c| c.online);
    let all: [(&'static str, Text, Fraction); 5] = [
        (
            WITH_WAIVERS,
            Text::new(
                "计入豁免：已豁免的问题不作数，全部合规的摄像机 ÷ 目录中的全部摄像机",
                "with waivers: waived failures do not count, cameras all in order / all cameras of the catalogue",
            ),
            Fraction::new(cameras.iter().filter(|c| c.compliant_with_waivers).count() as u64, total),
        ),
        (
            "compliance.clause_only",
            Text::new("仅按国标条文", "by clauses of the standard only"),
            Fraction::new(cameras.iter().filter(|c| c.compliant_by_clause).count() as u64, total),
        ),
        (
            "compliance.lowest_field",
            Text::new("四个字段分别计算，取最低", "each field by itself, the lowest"),
            Fraction::new(by_field.iter().copied().min().unwrap_or(0), total),
        ),
        ("compliance.pooled", Text::new("按字段合计", "all fields pooled"), Fraction::new(by_field.iter().sum(), 4 * total)),
        (
            "compliance.online",
            Text::new("仅状态在线的摄像机", "cameras on line only"),
            Fraction::new(online().filter(|c| c.is_compliant()).count() as u64, online().count() as u64),
        ),
    ];
    all.into_iter()
        .filter(|(id, ..)| *id != WITH_WAIVERS || circumstances.waivers)
        .map(|(id, text, value)| Reading { id, rate: RateId::Compliance, text, value, threshold })
        .collect()
}
