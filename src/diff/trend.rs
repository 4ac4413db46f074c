//! Lines over runs: how the rates and the problems that stand open went from one to the next. Pure.

use crate::base::fraction::Fraction;
use crate::base::lang::{Lang, Text};
use crate::base::text::grouped;
use crate::evidence::problems::RunRates;
use crate::profile::RateId;

/// Width and height of a chart, in its own parts.
pub(super) const CHART: (u64, u64) = (10_000, 2_000);

/// A line: where it begins and ends, and its points as SVG writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) title: &'static str,
    pub(super) points: String,
    pub(super) first: String,
    pub(super) last: String,
    /// The days of its first and its last run.
    pub(super) days: [String; 2],
}

/// Runs that came to their end under the profile of the last of them: rates of two profiles are not compared.
pub(super) fn comparable(runs: &[RunRates]) -> impl DoubleEndedIterator<Item = &RunRates> {
    let profile = runs.iter().rev().find(|run| run.complete).map(|run| run.profile.as_str());
    runs.iter().filter(move |run| run.complete && Some(run.profile.as_str()) == profile)
}

/// A percentage for people.
pub(super) fn percent(value: Fraction) -> String {
    value.percent().map_or_else(|| "—".to_owned(), |percent| format!("{percent}%"))
}

/// The lines of the rates that two runs measured, and of the problems that stood open at the end of runs.
pub(super) fn lines(runs: &[RunRates], lang: Lang) -> Vec<Line> {
    let of_rate = |(slot, id): (usize, RateId)| {
        let values = comparable(runs).filter_map(|run| Some((run, run.rates.get(slot).copied().flatten()?))).collect();
        line(id.title().get(lang), values, percent)
    };
    let open: Vec<(&RunRates, u64)> = comparable(runs).filter_map(|run| Some((run, run.open()?))).collect();
    // Of as many as ever stood open.
    let most = open.iter().map(|(_, n)| *n).max().unwrap_or_default().max(1);
    let open = open.into_iter().map(|(run, n)| (run, Fraction::new(n, most))).collect();
    let title = Text::new("未销号问题", "problems that stand open").get(lang);
    let of_problems = line(title, open, |value| grouped(value.numerator));
    RateId::ALL.into_iter().enumerate().filter_map(of_rate).chain(of_problems).collect()
}

/// A run each, from left to right; the value from below.
fn line(title: &'static str, values: Vec<(&RunRates, Fraction)>, shown: fn(Fraction) -> String) -> Option<Line> {
    let steps = (values.len() as u64).checked_sub(1).filter(|steps| *steps > 0)?;
    let ((from, first), (to, last)) = (values.first()?, values.last()?);
    let point = |(place, (_, value)): (u64, &(&RunRates, Fraction))| {
        let up =
            (u128::from(value.numerator) * u128::from(CHART.1)).checked_div(u128::from(value.denominator)).unwrap_or_default();
        let y = u128::from(CHART.1).saturating_sub(up);
        format!("{},{y}", place * CHART.0 / steps)
    };
    let points = (0..).zip(&values).map(point).collect::<Vec<_>>().join(" ");
    let days = [from, to].map(|run| run.at.beijing("%m-%d"));
    Some(Line { title, points, first: shown(*first), last: shown(*last), days })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::Timestamp;

    fn run(day: i64, output: Option<u64>, open: Option<u64>, profile: &str) -> RunRates {
        RunRates {
            run: format!("r{day}"),
            at: Timestamp::from_beijing_date("2026-11-01").unwrap().plus_seconds(day * 86_400),
            complete: true,
            cameras: 10,
            rates: [None, None, None, output.map(|n| Fraction::new(n, 10)), None],
            profile: profile.into(),
            problems: open.map(|n| [0, 0, n, 0, 0]),
        }
    }

    #[test]
    fn a_line_is_drawn_of_runs_that_can_be_compared() {
        let stopped = RunRates { complete: false, ..run(3, Some(0), Some(99), "h") };
        let runs = [
            run(0, Some(1), Some(50), "other"),
            run(1, Some(5), None, "h"),
            run(2, None, Some(4), "h"),
            stopped,
            run(4, Some(8), Some(1), "h"),
        ];
        let lines = lines(&runs, Lang::Zh);
        let shown: Vec<(&str, &str, &str, &str)> =
            lines.iter().map(|line| (line.title, line.points.as_str(), line.first.as_str(), line.last.as_str())).collect();
        let expected = [("4-2 出图率", "0,1000 10000,400", "50.00%", "80.00%"), ("未销号问题", "0,0 10000,1500", "4", "1")];
        assert_eq!(shown, expected);
        assert_eq!(lines[0].days, ["11-02", "11-05"]);
        assert!(super::lines(&runs[..2], Lang::Zh).is_empty(), "of one run no line is drawn");
        assert!(super::lines(&[], Lang::Zh).is_empty());
    }
}
