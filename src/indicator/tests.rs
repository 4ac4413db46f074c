use super::*;
use crate::base::lang::Lang;

fn profile() -> Profile {
    Profile::parse("p", Profile::embedded("sd-2022-basic").unwrap(), Lang::Zh).unwrap()
}

fn camera() -> CameraFacts {
    CameraFacts {
        others: FieldVerdict::Pass,
        fields: [FieldVerdict::Pass; 4],
        compliant_by_clause: true,
        compliant_with_waivers: true,
        online: true,
        drawn: true,
        probe: ProbeVerdict::Picture,
        cause: None,
        doubtful: false,
        level: Level::Visible,
        late_level: Level::Visible,
        first_level: Level::Visible,
        withdrawn: false,
    }
}

fn without(cause: Cause, level: Level) -> CameraFacts {
    let (probe, doubtful) = (ProbeVerdict::NoPicture, cause.is_doubtful());
    CameraFacts { probe, cause: Some(cause), doubtful, level, late_level: level, first_level: level, ..camera() }
}

fn failing(slot: usize) -> CameraFacts {
    let mut c = camera();
    c.fields[slot] = FieldVerdict::Fail;
    c
}

/// The catalogue of the worked example in the indicator's reference, section 7: nine records.
fn worked_example() -> Vec<CameraFacts> {
    let c02 = CameraFacts { first_level: Level::Nothing, ..camera() };
    let c03 = without(Cause::NoMedia, Level::Signalling);
    let c05 = CameraFacts { online: false, ..without(Cause::Offline, Level::Nothing) };
    let c06 = without(Cause::Black, Level::Decoded);
    let c10 = CameraFacts { online: false, fields: failing(2).fields, ..without(Cause::Offline, Level::Nothing) };
    vec![camera(), c02, c03, camera(), c05, c06, failing(1), failing(3), c10]
}

fn reading(readings: &[Reading], id: &str) -> (u64, u64, &'static str) {
    let r = readings.iter().find(|r| r.id == id).unwrap_or_else(|| panic!("no reading {id}"));
    (r.value.numerator, r.value.denominator, r.verdict().key())
}

#[test]
fn the_worked_example_comes_out_number_for_number() {
    let cameras = worked_example();
    let rates = rates(&cameras, &profile(), &Circumstances::default());
    let output = &rates[3];
    assert_eq!((output.value, output.verdict, output.needs()), (Some(Fraction::new(5, 9)), RateVerdict::Fail, 3));
    assert_eq!(output.value.unwrap().percent().unwrap(), "55.55");
    let compliance = &rates[4];
    assert_eq!((compliance.value, compliance.verdict, compliance.needs()), (Some(Fraction::new(6, 9)), RateVerdict::Fail, 3));
    assert_eq!(compliance.value.unwrap().percent().unwrap(), "66.66");

    let others = readings(&cameras, &profile(), &Circumstances::default());
    assert_eq!(reading(&others, "output.decoded.all"), (6, 9, "fail"));
    assert_eq!(reading(&others, "output.visible.online"), (5, 7, "fail"));
    assert_eq!(reading(&others, "output.decoded.online"), (6, 7, "pass"));
    assert_eq!(reading(&others, "output.visible.first_attempt"), (4, 9, "fail"));
    assert_eq!(reading(&others, "compliance.lowest_field"), (8, 9, "fail"));
    assert_eq!(reading(&others, "compliance.pooled"), (33, 36, "pass"));
    assert_eq!(reading(&others, "compliance.online"), (5, 7, "fail"));
    assert!(!others.iter().any(|r| r.id == "output.visible.all"), "the headline is no other reading");
}

#[test]
fn doubtful_cameras_make_a_miss_a_retest_and_never_leave_the_denominator() {
    let mut cameras = vec![camera(); 7];
    cameras.extend([
        without(Cause::Capacity, Level::Nothing),
        without(Cause::OurFault, Level::Nothing),
        without(Cause::NoMedia, Level::Nothing),
    ]);
    let output = rates(&cameras, &profile(), &Circumstances::default()).remove(3);
    assert_eq!((output.value, output.doubtful, output.verdict), (Some(Fraction::new(7, 10)), 2, RateVerdict::Retest));
    assert_eq!(output.best(), Some(Fraction::new(9, 10)));
    cameras[8] = without(Cause::Black, Level::Decoded);
    cameras[7] = without(Cause::NoUsableCode, Level::Nothing);
    assert_eq!(rates(&cameras, &profile(), &Circumstances::default())[3].verdict, RateVerdict::Fail);
}

#[test]
fn a_void_catalogue_has_numbers_and_no_verdict() {
    let circumstances = Circumstances { void: Some(CATALOG_INCOMPLETE), ..Circumstances::default() };
    for rate in rates(&worked_example(), &profile(), &circumstances).iter().skip(3) {
        assert_eq!((rate.verdict, rate.why.as_slice()), (RateVerdict::NotMeasurable, &[CATALOG_INCOMPLETE][..]));
        assert!(rate.value.is_some());
    }
}

#[test]
fn nothing_to_count_is_never_a_hundred_percent() {
    let rates = rates(&[], &profile(), &Circumstances::default());
    assert!(rates.iter().all(|r| r.verdict == RateVerdict::NotMeasurable));
    assert_eq!(rates[3].why, [NO_CAMERAS]);
}

#[test]
fn unjudged_stays_in_the_denominator_and_is_the_best_case() {
    let mut cameras = vec![camera(); 8];
    let mut unjudged = camera();
    unjudged.fields[3] = FieldVerdict::Unjudged;
    cameras.extend([unjudged, failing(0)]);
    let compliance = rates(&cameras, &profile(), &Circumstances::default()).remove(4);
    assert_eq!((compliance.value, compliance.doubtful, compliance.verdict), (Some(Fraction::new(8, 10)), 1, RateVerdict::Retest));
}

#[test]
fn every_gate_counts_what_reaches_it() {
    let read = |gate: &str| {
        let text = Profile::embedded("sd-2022-basic").unwrap().replace("gate = \"visible\"", &format!("gate = \"{gate}\""));
        Profile::parse("p", &text, Lang::Zh).unwrap()
    };
    let gates = ["signalling", "rtp", "decoded", "visible", "quality"];
    let levels = [Level::Signalling, Level::Rtp, Level::Decoded, Level::Visible, Level::Quality];
    for (place, (gate, level)) in gates.into_iter().zip(levels).enumerate() {
        let profile = read(gate);
        assert_eq!(output::needed(profile.output.gate), level, "{gate}");
        // One camera at each level, one at none; what assessing gives for each of them under this gate.
        let cameras: Vec<CameraFacts> = [Level::Nothing]
            .into_iter()
            .chain(levels)
            .map(|got| if got >= level { CameraFacts { level: got, ..camera() } } else { without(Cause::NoMedia, got) })
            .collect();
        let looked = Circumstances { looked: true, ..Circumstances::default() };
        let output = rates(&cameras, &profile, &looked).remove(3);
        assert_eq!(output.value, Some(Fraction::new(5 - place as u64, 6)), "{gate}");
        assert!(output.formula.id.starts_with(&format!("output.{gate}")), "{}", output.formula.id);
        // Everything above the gate, and below it, is a reading beside it.
        let others = readings(&cameras, &profile, &looked);
        for (other, n) in
            [("output.signalling.all", 5), ("output.rtp.all", 4), ("output.decoded.all", 3), ("output.visible.all", 2)]
        {
            assert!(output.formula.id == other || reading(&others, other).0 == n, "{gate}: {other}");
        }
        assert_eq!(others.iter().any(|r| r.id == "output.quality.all"), gate != "quality");
        assert!(!readings(&cameras, &profile, &Circumstances::default()).iter().any(|r| r.id == "output.quality.all"));
    }
}

#[test]
fn pictures_that_several_cameras_show_leave_the_headline_and_are_a_reading() {
    let mut cameras = vec![camera(); 7];
    cameras.extend(vec![CameraFacts { withdrawn: true, ..camera() }; 2]);
    cameras.push(CameraFacts { withdrawn: true, ..without(Cause::Black, Level::Decoded) });
    let shared = Circumstances { withdrawn: true, ..Circumstances::default() };
    for circumstances in [&shared, &Circumstances::default()] {
        assert_eq!(rates(&cameras, &profile(), circumstances)[3].value, Some(Fraction::new(9, 10)));
    }
    assert_eq!(reading(&readings(&cameras, &profile(), &shared), "output.not_withdrawn"), (7, 10, "fail"));
    assert!(!readings(&cameras, &profile(), &Circumstances::default()).iter().any(|r| r.id == "output.not_withdrawn"));
}

#[test]
fn waivers_are_a_reading_beside_the_headline_and_only_where_there_are_any() {
    let mut cameras = vec![camera(); 8];
    cameras.extend([failing(0), CameraFacts { compliant_with_waivers: false, ..failing(1) }]);
    let given = Circumstances { waivers: true, ..Circumstances::default() };
    for circumstances in [&given, &Circumstances::default()] {
        assert_eq!(rates(&cameras, &profile(), circumstances)[4].value, Some(Fraction::new(8, 10)));
    }
    assert_eq!(reading(&readings(&cameras, &profile(), &given), "compliance.with_waivers"), (9, 10, "pass"));
    assert!(!readings(&cameras, &profile(), &Circumstances::default()).iter().any(|r| r.id == "compliance.with_waivers"));
}

#[test]
fn a_sample_divides_by_its_draw_and_shows_its_interval() {
    let mut cameras = vec![camera(); 8];
    cameras.extend(vec![without(Cause::NoMedia, Level::Nothing); 2]);
    cameras.extend(vec![CameraFacts { drawn: false, ..without(Cause::Untested, Level::Nothing) }; 90]);
    let circumstances = Circumstances {
        part: Part::Sample,
        strata: vec![Stratum { cameras: 90, called: 9, pictures: 8 }, Stratum { cameras: 6, called: 1, pictures: 0 }],
        ..Circumstances::default()
    };
    let output = rates(&cameras, &profile(), &circumstances).remove(3);
    assert_eq!((output.value, output.interval), (Some(Fraction::new(8, 10)), Some(Interval { low: 4901, high: 9434, of: None })));
    let all = readings(&cameras, &profile(), &circumstances);
    assert_eq!(reading(&all, "output.sample.weighted"), (80, 96, "pass"), "8 of 9 of 90, and none of 6");
}

#[test]
fn overall_follows_the_worst() {
    use RateVerdict::{Fail, NotApplicable, NotMeasurable, Pass, Retest};
    let overall = |verdicts: &[RateVerdict]| Overall::of(verdicts.iter());
    assert_eq!(overall(&[Pass, NotApplicable]), Overall::Pass);
    assert_eq!(overall(&[Pass, Retest]), Overall::Undecided);
    assert_eq!(overall(&[NotMeasurable, Pass]), Overall::Undecided);
    assert_eq!(overall(&[NotMeasurable, Fail]), Overall::Fail);
}
