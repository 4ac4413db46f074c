//! What the answers beside the rates come to: recordings, statuses, clocks. Pure.
//!
//! Three answers are kept apart: measured (right or wrong), not to be told from what was answered, and not asked or heard by our
//! own doing. Only what was measured stands in a fraction.

use std::collections::HashMap;

use crate::base::fraction::Fraction;
use crate::base::time::Timestamp;
use crate::catalog::item::Status;
use crate::catalog::{Catalog, Item};
use crate::evidence::measured::{Ended, MAX_SPANS, Measure, Measured, RecordsAnswer, SnapshotAnswer, StatusAnswer};
use crate::evidence::{Header, PlatformFacts};
use crate::manscdp::item::Element;
use crate::report::measures::{
    AGREES, CLOCK_OFF, CLOCK_UNCLEAR, COVERED, DIFFERS, Found, GAPS, GIVEN_UP, Gap, IN_TIME, INTERRUPTED, LIST_OVER, LIST_SHORT,
    Line, Measures, NO_ANSWER, NO_TIME, NO_TOTAL, NOT_OF_2022, NOT_TAKEN, NOTHING_RECORDED, OTHER_DEVICE, REFUSED, Reason,
    SNAPSHOT_BROKEN, SNAPSHOT_DARK, SNAPSHOT_REFUSED, SNAPSHOT_SHOWS, SNAPSHOT_TOO_LARGE, STATUS_UNREADABLE, Sum,
    TIMES_UNREADABLE, TOO_MANY,
};

/// Recordings so near to each other are one: a recorder that begins a new file loses seconds.
const JOIN_S: i64 = 5;
const SECOND: i64 = 1_000_000;

/// What was measured of a run; nothing where nothing was to be.
pub(super) fn measures(header: &Header, catalog: &Catalog, tolerance_s: u64) -> Option<Measures> {
    let measured = header.measured.as_ref()?;
    let items: HashMap<&str, &Item> = catalog.items.iter().rev().map(|item| (item.id(), item)).collect();
    let named = |id: &str| name(id, &items, &header.platform);
    let mut lines = Vec::new();
    for measure in measured.measures() {
        let line = |device_id: &str, judged: Judged| Line {
            measure,
            device_id: device_id.to_owned(),
            name: named(device_id),
            reason: judged.reason,
            value: judged.value,
            measured: judged.measured,
            gaps: judged.gaps,
        };
        match measure {
            Measure::Records => {
                lines.extend(measured.records.iter().map(|answer| line(&answer.device_id, records(answer, measured))));
            }
            // Of itself a platform says nothing in its catalogue that could be compared.
            Measure::Status => {
                let cameras = measured.status.iter().filter(|answer| answer.device_id != header.platform.id);
                lines.extend(
                    cameras.map(|answer| line(&answer.device_id, status(answer, items.get(answer.device_id.as_str()).copied()))),
                );
            }
            Measure::Snapshot => {
                lines.extend(measured.snapshots.iter().map(|answer| line(&answer.device_id, snapshot(answer))));
            }
            Measure::Clock => {
                lines.extend(measured.status.iter().map(|answer| line(&answer.device_id, clock(answer, tolerance_s))));
            }
        }
    }
    let sums = measured.measures().map(|measure| sum(measure, &lines)).collect();
    let window = (Timestamp::from_micros(measured.from), Timestamp::from_micros(measured.to));
    Some(Measures { window, beyond: measured.beyond, tolerance_s, sums, lines })
}

fn name(id: &str, items: &HashMap<&str, &Item>, platform: &PlatformFacts) -> String {
    let known = items.get(id).and_then(|item| item.text(Element::Name));
    known.unwrap_or(if id == platform.id { platform.name.as_str() } else { "" }).to_owned()
}

fn sum(measure: Measure, lines: &[Line]) -> Sum {
    let mut sum = Sum { measure, value: Fraction::default(), devices: [0; 4] };
    for line in lines.iter().filter(|line| line.measure == measure) {
        if let Some(value) = line.value {
            sum.value.numerator += value.numerator;
            sum.value.denominator += value.denominator;
        }
        let place = Found::ALL.iter().position(|found| *found == line.reason.found);
        if let Some(count) = place.and_then(|place| sum.devices.get_mut(place)) {
            *count += 1;
        }
    }
    sum
}

/// What one answer comes to.
struct Judged {
    reason: Reason,
    value: Option<Fraction>,
    measured: String,
    gaps: Vec<Gap>,
}

impl Judged {
    const fn untold(reason: Reason, measured: String) -> Self {
        Self { reason, value: None, measured, gaps: Vec::new() }
    }
}

/// A question without an answer.
fn unanswered(ended: Ended) -> Option<Judged> {
    Some(match ended {
        Ended::Answered => return None,
        Ended::Silent => Judged::untold(NO_ANSWER, String::new()),
        Ended::Refused(code) => Judged::untold(REFUSED, code.to_string()),
        Ended::NotTaken => Judged::untold(NOT_TAKEN, String::new()),
        Ended::Unsupported => Judged::untold(NOT_OF_2022, String::new()),
        Ended::GivenUp => Judged::untold(GIVEN_UP, String::new()),
        Ended::Interrupted => Judged::untold(INTERRUPTED, String::new()),
    })
}

fn records(answer: &RecordsAnswer, measured: &Measured) -> Judged {
    if let Some(judged) = unanswered(answer.ended) {
        return judged;
    }
    let window = (measured.from, measured.to);
    let mut unreadable = false;
    let spans = answer.spans.iter().filter_map(|(from, to)| {
        let read = |text: &str| Timestamp::from_device(text).map(Timestamp::micros);
        let span = read(from).zip(read(to)).filter(|(from, to)| from <= to);
        unreadable |= span.is_none();
        span
    });
    let gaps = gaps(spans.collect(), window);
    let seconds = |span: i64| u64::try_from(span / SECOND).unwrap_or(0);
    let whole = seconds(window.1 - window.0);
    let missing: u64 = gaps.iter().map(|(from, to)| seconds(to - from)).sum();
    let covered = whole.saturating_sub(missing);
    let reason = match answer.declared {
        None => NO_TOTAL,
        Some(declared) if answer.received < declared => LIST_SHORT,
        Some(declared) if answer.received > declared => LIST_OVER,
        Some(_) if answer.foreign > 0 => OTHER_DEVICE,
        Some(_) if unreadable => TIMES_UNREADABLE,
        Some(_) if answer.received > MAX_SPANS as u64 => TOO_MANY,
        Some(0) => NOTHING_RECORDED,
        Some(_) if gaps.is_empty() => COVERED,
        Some(_) => GAPS,
    };
    Judged {
        reason,
        value: matches!(reason.found, Found::Right | Found::Wrong).then(|| Fraction::new(covered, whole)),
        measured: format!("{covered}/{whole} s"),
        gaps: gaps.into_iter().map(|(from, to)| (Timestamp::from_micros(from), Timestamp::from_micros(to))).collect(),
    }
}

/// The parts of a window that no span covers.
fn gaps(mut spans: Vec<(i64, i64)>, (from, to): (i64, i64)) -> Vec<(i64, i64)> {
    spans.sort_unstable();
    let mut gaps = Vec::new();
    let mut until = from;
    for (begin, end) in spans.into_iter().chain([(to, to)]) {
        let begin = begin.clamp(from, to);
        if begin - until > JOIN_S * SECOND {
            gaps.push((until, begin));
        }
        until = until.max(end.min(to));
    }
    gaps
}

/// A snapshot of a camera without a live picture: it changes no verdict on that.
fn snapshot(answer: &SnapshotAnswer) -> Judged {
    if let Some(judged) = unanswered(answer.ended) {
        return judged;
    }
    let octets = answer.octets;
    let (reason, measured) = match (&answer.picture, answer.wrong.as_deref()) {
        (Some(picture), _) => {
            let measured = format!("{}x{}, {octets} B", picture.width, picture.height);
            (if picture.visible { SNAPSHOT_SHOWS } else { SNAPSHOT_DARK }, measured)
        }
        (None, Some("too_large")) => (SNAPSHOT_TOO_LARGE, String::new()),
        (None, Some(wrong)) => (SNAPSHOT_BROKEN, format!("{wrong}, {octets} B")),
        (None, None) => (SNAPSHOT_REFUSED, answer.result.clone().unwrap_or_default()),
    };
    let value = match reason.found {
        Found::Right => Some(Fraction::new(1, 1)),
        Found::Wrong => Some(Fraction::new(0, 1)),
        Found::CannotTell | Found::Failed => None,
    };
    Judged { reason, value, measured, gaps: Vec::new() }
}

fn status(answer: &StatusAnswer, item: Option<&Item>) -> Judged {
    if let Some(judged) = unanswered(answer.ended) {
        return judged;
    }
    let online = answer.text("Online");
    let said = online.and_then(|text| match text.to_ascii_uppercase().as_str() {
        "ONLINE" | "ON" | "1" => Some(Status::On),
        "OFFLINE" | "OFF" | "0" => Some(Status::Off),
        _ => None,
    });
    let claimed = item.and_then(|item| item.status().value().copied());
    let sent = item.and_then(|item| item.text(Element::Status)).unwrap_or("-");
    let mut measured = format!("{sent} / {}", online.unwrap_or("-"));
    for name in ["Status", "Record"] {
        if let Some(text) = answer.text(name) {
            measured.push_str(&format!(" {name}={text}"));
        }
    }
    match (said, claimed) {
        (Some(said), Some(claimed)) => {
            let agrees = said == claimed;
            let value = Some(Fraction::new(u64::from(agrees), 1));
            Judged { reason: if agrees { AGREES } else { DIFFERS }, value, measured, gaps: Vec::new() }
        }
        _ => Judged::untold(STATUS_UNREADABLE, measured),
    }
}

/// How far a clock is from ours, and within what: half of the way there and back, and what it leaves out below a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Offset {
    micros: i64,
    within: i64,
}

impl Offset {
    /// Of a time told between two moments of ours.
    const fn of(told: i64, (sent, got): (i64, i64), is_cut: bool) -> Self {
        let half = (got - sent) / 2;
        // What is cut to seconds lies within the second it names.
        let cut = if is_cut { SECOND / 2 } else { 0 };
        Self { micros: told + cut - (sent + half), within: half + cut }
    }
}

fn clock(answer: &StatusAnswer, tolerance_s: u64) -> Judged {
    if let Some(judged) = unanswered(answer.ended) {
        return judged;
    }
    let told = answer.text("DeviceTime");
    let read = |text: &str| Timestamp::from_device(text).map(|at| (at.micros(), !text.contains('.')));
    let by_body = told.and_then(read).zip(answer.answered).map(|((at, cut), got)| Offset::of(at, (answer.sent, got), cut));
    let date = answer.taken.as_ref().and_then(|(got, date)| Some((read(date.as_deref()?)?, *got)));
    let by_date = date.map(|((at, cut), got)| Offset::of(at, (answer.sent, got), cut));
    // Of two the one that says more.
    let Some(offset) = by_body.into_iter().chain(by_date).min_by_key(|offset| offset.within) else {
        return Judged::untold(NO_TIME, told.unwrap_or_default().to_owned());
    };
    let tolerance = i64::try_from(tolerance_s).unwrap_or(i64::MAX / SECOND).saturating_mul(SECOND);
    let reason = match offset.micros.abs() {
        far if far - offset.within > tolerance => CLOCK_OFF,
        far if far + offset.within <= tolerance => IN_TIME,
        _ => CLOCK_UNCLEAR,
    };
    let (seconds, within) = (offset.micros.div_euclid(SECOND), offset.within.div_euclid(SECOND) + 1);
    let value = match reason.found {
        Found::Right => Some(Fraction::new(1, 1)),
        Found::Wrong => Some(Fraction::new(0, 1)),
        Found::CannotTell | Found::Failed => None,
    };
    Judged { reason, value, measured: format!("{seconds:+} s ± {within} s"), gaps: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600 * SECOND;

    fn at(clock: &str) -> i64 {
        Timestamp::from_device(&format!("2026-11-24T{clock}")).unwrap().micros()
    }

    fn asked() -> Measured {
        Measured { from: at("08:00:00"), to: at("12:00:00"), ..Measured::default() }
    }

    fn answer(declared: Option<u64>, spans: &[(&str, &str)]) -> RecordsAnswer {
        RecordsAnswer {
            device_id: "1".into(),
            ended: Ended::Answered,
            declared,
            received: spans.len() as u64,
            messages: 1,
            foreign: 0,
            spans: spans.iter().map(|(from, to)| (format!("2026-11-24T{from}"), format!("2026-11-24T{to}"))).collect(),
        }
    }

    #[track_caller]
    fn says(answer: &RecordsAnswer, reason: &str, measured: &str) -> Judged {
        let judged = records(answer, &asked());
        assert_eq!((judged.reason.id, judged.measured.as_str()), (reason, measured));
        judged
    }

    #[test]
    fn spans_are_merged_and_cut_to_the_window_whatever_their_order() {
        let whole = [("11:00:00", "13:00:00"), ("07:00:00", "09:59:58"), ("10:00:00", "10:59:59"), ("09:00:00", "10:30:00")];
        let judged = says(&answer(Some(4), &whole), "covered", "14400/14400 s");
        assert_eq!(judged.value, Some(Fraction::new(14_400, 14_400)));
        let judged = says(&answer(Some(2), &[("08:00:00", "09:00:00"), ("10:00:00", "11:30:00")]), "gaps", "9000/14400 s");
        let gaps: Vec<_> = judged.gaps.iter().map(|(a, b)| (a.micros(), b.micros())).collect();
        assert_eq!(gaps, [(at("09:00:00"), at("10:00:00")), (at("11:30:00"), at("12:00:00"))]);
        says(&answer(Some(1), &[("01:00:00", "02:00:00")]), "gaps", "0/14400 s");
        says(&answer(Some(0), &[]), "nothing_recorded", "0/14400 s");
    }

    #[test]
    fn what_does_not_prove_itself_stands_in_no_fraction() {
        let one = [("08:00:00", "12:00:00")];
        for (answer, reason) in [
            (answer(Some(2), &one), "list_short"),
            (answer(None, &one), "no_total"),
            (answer(Some(0), &one), "list_over"),
            (RecordsAnswer { foreign: 1, ..answer(Some(1), &one) }, "other_device"),
            (answer(Some(1), &[("12:00:00", "08:00:00")]), "times_unreadable"),
            (RecordsAnswer { ended: Ended::Refused(403), ..answer(Some(1), &one) }, "refused"),
            (RecordsAnswer { ended: Ended::Interrupted, ..answer(Some(1), &one) }, "interrupted"),
        ] {
            let judged = records(&answer, &asked());
            assert_eq!((judged.reason.id, judged.value), (reason, None));
        }
    }

    fn told(time: &str, round_ms: i64) -> StatusAnswer {
        let sent = at("09:00:00");
        StatusAnswer {
            device_id: "1".into(),
            ended: Ended::Answered,
            sent,
            taken: None,
            answered: Some(sent + round_ms * 1_000),
            texts: vec![("DeviceTime".into(), format!("2026-11-24T{time}"))],
        }
    }

    #[test]
    fn a_clock_is_judged_with_half_of_the_way_there_and_back() {
        for (answer, reason, measured) in [
            (told("09:00:00", 200), "in_time", "+0 s ± 1 s"),
            (told("10:00:00", 200), "clock_off", "+3600 s ± 1 s"),
            (told("08:58:00", 200), "clock_off", "-120 s ± 1 s"),
            (told("09:01:00", 200), "clock_unclear", "+60 s ± 1 s"),
            // Ten seconds there and back: five of them are in doubt.
            (told("09:01:02", 10_000), "clock_unclear", "+57 s ± 6 s"),
            (told("nonsense", 200), "no_time", "2026-11-24Tnonsense"),
        ] {
            let judged = clock(&answer, 60);
            assert_eq!((judged.reason.id, judged.measured.as_str()), (reason, measured), "{answer:?}");
        }
        // The Date of a quick 200 says more than the body of a slow answer.
        let sent = at("09:00:00");
        let quick = StatusAnswer {
            taken: Some((sent + 20_000, Some("2026-11-24T09:00:00.010".into()))),
            ..told("09:03:00", HOUR / 1_000)
        };
        assert_eq!(clock(&quick, 60).reason.id, "in_time");
    }

    #[test]
    fn a_status_is_held_against_the_catalogue_and_what_is_no_status_tells_nothing() {
        use crate::manscdp::item::ItemBuilder;
        let item = |text: &str| {
            let mut builder = ItemBuilder::default();
            builder.push("DeviceID", false, "1");
            builder.push("Status", false, text);
            Item::new(builder.finish(false))
        };
        let says = |online: &str, claimed: &str| {
            let answer = StatusAnswer { texts: vec![("Online".into(), online.into())], ..told("", 1) };
            status(&answer, Some(&item(claimed))).reason.id
        };
        assert_eq!(
            [says("ONLINE", "ON"), says("OFFLINE", "ON"), says("offline", "OFF"), says("?", "ON"), says("ONLINE", "")],
            ["agrees", "differs", "agrees", "status_unreadable", "status_unreadable"]
        );
    }
}
