//! 通报排名: responsible units by their rates. Ranked when the report is made; exporters only show it.

use crate::base::fraction::Fraction;
use crate::profile::RateId;

use super::units::{NamedBy, UnitRates};

/// Cameras below which a unit is shown and not ranked: one camera more or less would throw it from the top to the bottom.
pub const LEAST: u64 = 10;

/// One unit in the order of its rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ranked {
    /// Its place in [`super::Report::units`].
    pub unit: usize,
    /// Its rank by 出图率; equals share one.
    pub output: Option<u32>,
    /// Its rank by 合规率.
    pub compliance: Option<u32>,
}

impl Ranked {
    /// Its rank by a rate.
    #[must_use]
    pub const fn by(self, rate: RateId) -> Option<u32> {
        match rate {
            RateId::Output => self.output,
            RateId::Compliance => self.compliance,
            _ => None,
        }
    }
}

/// All units: those ranked by 出图率 (by 合规率 where nobody was called), then the others in the order of their names.
#[must_use]
pub fn ranking(units: &[UnitRates], probed: bool) -> Vec<Ranked> {
    let none = vec![None; units.len()];
    let output = if probed { ranks(units, |unit| unit.rates.output) } else { none };
    let compliance = ranks(units, |unit| unit.rates.compliance);
    let places = output.into_iter().zip(compliance).enumerate();
    let mut ranking: Vec<Ranked> = places.map(|(unit, (output, compliance))| Ranked { unit, output, compliance }).collect();
    let last = u32::MAX;
    ranking.sort_by_key(|r| (r.output.unwrap_or(last), r.compliance.unwrap_or(last), r.unit));
    ranking
}

/// The rank of every unit by one rate: 1, 2, 2, 4.
fn ranks(units: &[UnitRates], rate: fn(&UnitRates) -> Fraction) -> Vec<Option<u32>> {
    let value = |unit: &UnitRates| {
        let value = rate(unit);
        (unit.named_by != NamedBy::Nothing && value.denominator >= LEAST).then_some(value)
    };
    let values: Vec<Option<Fraction>> = units.iter().map(value).collect();
    let mut order: Vec<Fraction> = values.iter().copied().flatten().collect();
    order.sort_by(|a, b| compare(*b, *a));
    let rank = |value: Fraction| {
        let better = order.partition_point(|other| compare(*other, value).is_gt());
        u32::try_from(better + 1).unwrap_or(u32::MAX)
    };
    values.into_iter().map(|value| value.map(rank)).collect()
}

/// Exactly: no division.
fn compare(a: Fraction, b: Fraction) -> std::cmp::Ordering {
    let product = |n: u64, d: u64| u128::from(n) * u128::from(d);
    product(a.numerator, b.denominator).cmp(&product(b.numerator, a.denominator))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::report::GroupRates;

    fn unit(name: &str, named_by: NamedBy, output: (u64, u64), compliance: (u64, u64)) -> UnitRates {
        let rates =
            GroupRates { output: Fraction::new(output.0, output.1), compliance: Fraction::new(compliance.0, compliance.1) };
        UnitRates { unit: name.into(), named_by, rates, doubtful: 0, blames: BTreeMap::new() }
    }

    #[test]
    fn equals_share_a_rank_and_small_units_have_none() {
        let units = [
            unit("甲", NamedBy::Record, (8, 10), (9, 10)),
            unit("乙", NamedBy::Record, (20, 20), (9, 20)),
            unit("丙", NamedBy::Table, (16, 20), (18, 20)),
            unit("丁", NamedBy::Record, (9, 9), (9, 9)),
            unit("戊", NamedBy::Record, (1, 11), (11, 11)),
            unit("", NamedBy::Nothing, (30, 30), (30, 30)),
        ];
        let shown = |probed| {
            let rank = |r: Ranked| (units[r.unit].unit.as_str(), r.output.unwrap_or(0), r.compliance.unwrap_or(0));
            ranking(&units, probed).into_iter().map(rank).collect::<Vec<_>>()
        };
        assert_eq!(shown(true), [("乙", 1, 4), ("甲", 2, 2), ("丙", 2, 2), ("戊", 4, 1), ("丁", 0, 0), ("", 0, 0)]);
        assert_eq!(shown(false)[0], ("戊", 0, 1), "nobody was called: by the records");
    }
}
