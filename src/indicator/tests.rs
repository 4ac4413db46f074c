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
        public: true,
        exempt: false,
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
    let rates = rates(&cameras, &KeyFacts::default(), &profile(), &Circumstances::default());
    let output = &rates[3];
    assert_eq!((output.value, output.verdict, output.needs()), (Some(Fraction::new(5, 9)), RateVerdict::Fail, 3));
    assert_eq!(output.value.unwrap().percent().unwrap(), "55.55");
    let compliance = &rates[4];
    assert_eq!((compliance.value, compliance.verdict, compliance.needs()), (Some(Fraction::new(6, 9)), RateVerdict::Fail, 3));
    assert_eq!(compliance.value.unwrap().percent().unwrap(), "66.66");

    let others = readings(&cameras, &KeyFacts::default(), &profile(), &Circumstances::default());
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
    let output = rates(&cameras, &KeyFacts::default(), &profile(), &Circumstances::default()).remove(3);
    assert_eq!((output.value, output.doubtful, output.verdict), (Some(Fraction::new(7, 10)), 2, RateVerdict::Retest));
    assert_eq!(output.best(), Some(Fraction::new(9, 10)));
    cameras[8] = without(Cause::Black, Level::Decoded);
    cameras[7] = without(Cause::NoUsableCode, Level::Nothing);
    assert_eq!(rates(&cameras, &KeyFacts::default(), &profile(), &Circumstances::default())[3].verdict, RateVerdict::Fail);
}

#[test]
fn a_void_catalogue_has_numbers_and_no_verdict() {
    let circumstances = Circumstances { void: Some(CATALOG_INCOMPLETE), ..Circumstances::default() };
    for rate in rates(&worked_example(), &KeyFacts::default(), &profile(), &circumstances).iter().skip(3) {
        assert_eq!((rate.verdict, rate.why.as_slice()), (RateVerdict::NotMeasurable, &[CATALOG_INCOMPLETE][..]));
        assert!(rate.value.is_some());
    }
}

#[test]
fn nothing_to_count_is_never_a_hundred_percent() {
    let rates = rates(&[], &KeyFacts::default(), &profile(), &Circumstances::default());
    assert!(rates.iter().all(|r| r.verdict == RateVerdict::NotMeasurable));
    assert_eq!(rates[3].why, [NO_CAMERAS]);
}

#[test]
fn unjudged_stays_in_the_denominator_and_is_the_best_case() {
    let mut cameras = vec![camera(); 8];
    let mut unjudged = camera();
    unjudged.fields[3] = FieldVerdict::Unjudged;
    cameras.extend([unjudged, failing(0)]);
    let compliance = rates(&cameras, &KeyFacts::default(), &profile(), &Circumstances::default()).remove(4);
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
        assert_eq!(Level::of(profile.output.gate), level, "{gate}");
        // One camera at each level, one at none; what assessing gives for each of them under this gate.
        let cameras: Vec<CameraFacts> = [Level::Nothing]
            .into_iter()
            .chain(levels)
            .map(|got| if got >= level { CameraFacts { level: got, ..camera() } } else { without(Cause::NoMedia, got) })
            .collect();
        let looked = Circumstances { looked: true, ..Circumstances::default() };
        let output = rates(&cameras, &KeyFacts::default(), &profile, &looked).remove(3);
        assert_eq!(output.value, Some(Fraction::new(5 - place as u64, 6)), "{gate}");
        assert!(output.formula.id.starts_with(&format!("output.{gate}")), "{}", output.formula.id);
        // Everything above the gate, and below it, is a reading beside it.
        let others = readings(&cameras, &KeyFacts::default(), &profile, &looked);
        for (other, n) in
            [("output.signalling.all", 5), ("output.rtp.all", 4), ("output.decoded.all", 3), ("output.visible.all", 2)]
        {
            assert!(output.formula.id == other || reading(&others, other).0 == n, "{gate}: {other}");
        }
        assert_eq!(others.iter().any(|r| r.id == "output.quality.all"), gate != "quality");
        assert!(
            !readings(&cameras, &KeyFacts::default(), &profile, &Circumstances::default())
                .iter()
                .any(|r| r.id == "output.quality.all")
        );
    }
}

#[test]
fn pictures_that_several_cameras_show_leave_the_headline_and_are_a_reading() {
    let mut cameras = vec![camera(); 7];
    cameras.extend(vec![CameraFacts { withdrawn: true, ..camera() }; 2]);
    cameras.push(CameraFacts { withdrawn: true, ..without(Cause::Black, Level::Decoded) });
    let shared = Circumstances { withdrawn: true, ..Circumstances::default() };
    for circumstances in [&shared, &Circumstances::default()] {
        assert_eq!(rates(&cameras, &KeyFacts::default(), &profile(), circumstances)[3].value, Some(Fraction::new(9, 10)));
    }
    assert_eq!(reading(&readings(&cameras, &KeyFacts::default(), &profile(), &shared), "output.not_withdrawn"), (7, 10, "fail"));
    assert!(
        !readings(&cameras, &KeyFacts::default(), &profile(), &Circumstances::default())
            .iter()
            .any(|r| r.id == "output.not_withdrawn")
    );
}

#[test]
fn waivers_are_a_reading_beside_the_headline_and_only_where_there_are_any() {
    let mut cameras = vec![camera(); 8];
    cameras.extend([failing(0), CameraFacts { compliant_with_waivers: false, ..failing(1) }]);
    let given = Circumstances { waivers: true, ..Circumstances::default() };
    for circumstances in [&given, &Circumstances::default()] {
        assert_eq!(rates(&cameras, &KeyFacts::default(), &profile(), circumstances)[4].value, Some(Fraction::new(8, 10)));
    }
    assert_eq!(
        reading(&readings(&cameras, &KeyFacts::default(), &profile(), &given), "compliance.with_waivers"),
        (9, 10, "pass")
    );
    assert!(
        !readings(&cameras, &KeyFacts::default(), &profile(), &Circumstances::default())
            .iter()
            .any(|r| r.id == "compliance.with_waivers")
    );
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
    let output = rates(&cameras, &KeyFacts::default(), &profile(), &circumstances).remove(3);
    assert_eq!((output.value, output.interval), (Some(Fraction::new(8, 10)), Some(Interval { low: 4901, high: 9434, of: None })));
    let all = readings(&cameras, &KeyFacts::default(), &profile(), &circumstances);
    assert_eq!(reading(&all, "output.sample.weighted"), (80, 96, "pass"), "8 of 9 of 90, and none of 6");
}

#[test]
fn a_strict_sample_reaches_the_threshold_with_its_lower_bound_or_tells_nothing() {
    let text = Profile::embedded("sd-2022-basic").unwrap().replace("sample = \"share\"", "sample = \"lower_bound\"");
    let strict = Profile::parse("p", &text, Lang::Zh).unwrap();
    let output = |lit: usize, part: Part, profile: &Profile| {
        let mut cameras = vec![camera(); lit];
        cameras.extend(vec![without(Cause::NoMedia, Level::Nothing); 100 - lit]);
        let circumstances = Circumstances { part, ..Circumstances::default() };
        let rate = rates(&cameras, &KeyFacts::default(), profile, &circumstances).remove(3);
        (rate.verdict, rate.why)
    };
    // Wilson's lower bound of 88 of 100 is 80.19 %, of 87 it is 79.02 %.
    assert_eq!(output(88, Part::Sample, &strict), (RateVerdict::Pass, vec![]));
    assert_eq!(output(87, Part::Sample, &strict), (RateVerdict::Retest, vec![SAMPLE_TOO_SMALL]));
    assert_eq!(output(87, Part::Sample, &profile()), (RateVerdict::Pass, vec![]));
    assert_eq!(output(87, Part::Census, &strict), (RateVerdict::Pass, vec![]), "all were called");
    assert_eq!(output(99, Part::Mixed, &strict), (RateVerdict::Retest, vec![SAMPLE_TOO_SMALL]), "there is no bound of parts");
    assert_eq!(output(79, Part::Sample, &strict), (RateVerdict::Fail, vec![]));
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

mod whole {
    //! The worked example of the indicator's reference, section 7, with its plan and its ledger.

    use super::*;
    use crate::indicator::key_positions::{InstalledFacts, PositionFacts, by_class};
    use crate::position::seen::Alive;
    use crate::profile::PositionClass;

    const CLASSES: [PositionClass; 10] = {
        use PositionClass::{Fire, Gate, Parking, Road};
        [Gate, Gate, Gate, Parking, Parking, Road, Road, Road, Fire, Fire]
    };

    /// K01 to K10; K08 has no camera, that of K10 is in no catalogue.
    fn key_facts() -> KeyFacts {
        let cameras = worked_example();
        let position = |index: usize| {
            let (covered, listed) = (index != 7, index != 7 && index != 9);
            PositionFacts {
                class: CLASSES[index],
                applies: true,
                covered,
                by_catalogue: listed,
                networked: if listed { Alive::Yes } else { Alive::No },
            }
        };
        // C01 to C10: the catalogue has C01 to C08 and C10.
        let camera = |index: usize| {
            let mut classes = [false; 5];
            let of = match index {
                0..=6 => Some(index),
                7 => Some(8),
                8 => Some(9),
                _ => None,
            };
            if let Some(of) = of {
                classes[CLASSES[of].slot()] = true;
            }
            let mut facts = InstalledFacts {
                label: format!("C{:02}", index + 1).into(),
                codes: Box::default(),
                in_ledger: true,
                classes,
                key: of.is_some(),
                listed: false,
                // C05 is off line for five days, and was seen before.
                alive: if index == 8 { Alive::No } else { Alive::Yes },
                online: false,
                probe: ProbeVerdict::Untested,
                level: Level::Nothing,
                doubtful: false,
                recording: None,
                exempt: false,
                public: true,
            };
            match index {
                8 => (),
                9 => facts.see(&cameras[8]),
                _ => facts.see(&cameras[index]),
            }
            facts
        };
        KeyFacts {
            positions: Some((0..10).map(position).collect()),
            installed: Some((0..10).map(camera).collect()),
            ledger: true,
            ..KeyFacts::default()
        }
    }

    fn rate_of(id: RateId, facts: &KeyFacts, profile: &Profile) -> RateResult {
        rates(&worked_example(), facts, profile, &Circumstances::default()).into_iter().find(|rate| rate.id == id).unwrap()
    }

    #[test]
    fn the_three_rates_of_key_positions_come_out_number_for_number() {
        let wanted = [
            (RateId::Coverage, 9, 10, "90.00", RateVerdict::Pass, 0),
            (RateId::Networking, 8, 9, "88.88", RateVerdict::Fail, 1),
            (RateId::Intactness, 5, 9, "55.55", RateVerdict::Fail, 4),
            (RateId::Output, 5, 9, "55.55", RateVerdict::Fail, 3),
            (RateId::Compliance, 6, 9, "66.66", RateVerdict::Fail, 3),
        ];
        for (id, n, d, percent, verdict, needs) in wanted {
            let rate = rate_of(id, &key_facts(), &profile());
            assert_eq!((rate.value, rate.verdict, rate.needs()), (Some(Fraction::new(n, d)), verdict, needs), "{id:?}");
            assert_eq!(rate.value.unwrap().percent().unwrap(), percent);
        }
        let classes: Vec<_> = by_class(&key_facts(), &profile())
            .into_iter()
            .map(|(class, values)| (class.key(), values.map(|value| (value.numerator, value.denominator))))
            .collect();
        assert_eq!(
            classes,
            [
                ("gate", [(3, 3), (3, 3), (2, 3)]),
                ("parking", [(2, 2), (2, 2), (1, 2)]),
                ("road", [(2, 3), (2, 2), (1, 2)]),
                ("fire", [(2, 2), (1, 2), (1, 2)]),
            ]
        );
    }

    #[test]
    fn the_other_readings_come_out_number_for_number() {
        let mut cameras = worked_example();
        cameras[8].exempt = true;
        let others = readings(&cameras, &key_facts(), &profile(), &Circumstances::default());
        for (id, n, d, verdict) in [
            ("coverage.catalogue", 8, 10, "fail"),
            ("networking.planned", 8, 10, "fail"),
            ("networking.catalogue", 8, 8, "pass"),
            ("intactness.image.networked", 5, 8, "fail"),
            ("intactness.online.networked", 7, 8, "fail"),
            ("intactness.online.installed", 7, 9, "fail"),
            ("output.decoded.all", 6, 9, "fail"),
            ("output.visible.online", 5, 7, "fail"),
            ("output.decoded.online", 6, 7, "pass"),
            ("output.visible.no_exempt", 5, 8, "fail"),
            ("output.decoded.no_exempt", 6, 8, "fail"),
            ("output.visible.ledger", 5, 10, "fail"),
            ("output.decoded.ledger", 6, 10, "fail"),
            ("compliance.lowest_field", 8, 9, "fail"),
            ("compliance.pooled", 33, 36, "pass"),
            ("compliance.online", 5, 7, "fail"),
        ] {
            assert_eq!(reading(&others, id), (n, d, verdict), "{id}");
        }
    }

    #[test]
    fn a_ledger_s_camera_that_is_no_public_video_is_not_divided_by() {
        let mut facts = key_facts();
        facts.installed.as_mut().unwrap()[9].public = false;
        let others = readings(&worked_example(), &facts, &profile(), &Circumstances::default());
        assert_eq!(reading(&others, "output.visible.ledger"), (5, 9, "fail"));
    }

    fn with(from: &str, to: &str) -> Profile {
        let text = Profile::embedded("sd-2022-basic").unwrap().replacen(from, to, 1);
        assert_ne!(text, *Profile::embedded("sd-2022-basic").unwrap(), "{from}");
        Profile::parse("p", &text, Lang::En).unwrap()
    }

    #[test]
    fn every_choice_of_the_profile_flips_what_it_says() {
        use RateVerdict::{Fail, Pass};
        let of = |id, profile: &Profile| {
            let rate = rate_of(id, &key_facts(), profile);
            (rate.value.unwrap().numerator, rate.value.unwrap().denominator, rate.verdict)
        };
        let each = with("per_class_required = false", "per_class_required = true");
        assert_eq!(of(RateId::Coverage, &each), (9, 10, Fail), "roads are at two of three");
        let planned = with(
            "[networking]
denominator = \"installed\"",
            "[networking]
denominator = \"planned\"",
        );
        assert_eq!(of(RateId::Networking, &planned), (8, 10, Fail));
        assert_eq!(of(RateId::Intactness, &with("level = \"image\"", "level = \"online\"")), (7, 9, Fail));
        let networked = with(
            "level = \"image\"                      # online | image | image_and_recording
denominator = \"installed\"",
            "level = \"image\"
denominator = \"networked\"",
        );
        assert_eq!(of(RateId::Intactness, &networked), (5, 8, Fail));
        assert_eq!(
            of(
                RateId::Output,
                &with(
                    "[output]
denominator = \"catalogue\"",
                    "[output]
denominator = \"ledger\""
                )
            ),
            (5, 10, Fail)
        );
        assert_eq!(
            of(
                RateId::Output,
                &with(
                    "[output]
denominator = \"catalogue\"",
                    "[output]
denominator = \"online\""
                )
            ),
            (5, 7, Fail)
        );
        assert_eq!(of(RateId::Compliance, &with("unit = \"record\"", "unit = \"pooled\"")), (33, 36, Pass));
        assert_eq!(of(RateId::Compliance, &with("unit = \"record\"", "unit = \"per_field\"")), (8, 9, Fail));
        let recordings = rate_of(RateId::Intactness, &key_facts(), &with("level = \"image\"", "level = \"image_and_recording\""));
        assert_eq!((recordings.verdict, recordings.why[0].id), (RateVerdict::NotMeasurable, "no_recordings"));
    }

    #[test]
    fn what_cannot_be_told_is_neither_reached_nor_missed() {
        let mut facts = key_facts();
        // Nobody watched C05 long enough.
        facts.installed.as_mut().unwrap()[4].alive = Alive::Unknown;
        let networking = rate_of(RateId::Networking, &facts, &profile());
        assert_eq!(
            (networking.value, networking.doubtful, networking.verdict),
            (Some(Fraction::new(7, 9)), 1, RateVerdict::Fail)
        );
        facts.undeclared = true;
        let coverage = rate_of(RateId::Coverage, &facts, &profile());
        assert_eq!((coverage.verdict, coverage.why[0].id), (RateVerdict::NotMeasurable, "class_undeclared"));
        assert_eq!(rate_of(RateId::Networking, &facts, &profile()).verdict, RateVerdict::Fail, "what is missed stays missed");
        let mut none = KeyFacts { positions: Some(vec![]), installed: Some(vec![]), ..KeyFacts::default() };
        assert_eq!(rate_of(RateId::Coverage, &none, &profile()).why[0].id, "no_plan");
        let declared = PositionFacts {
            class: PositionClass::Parking,
            applies: false,
            covered: false,
            by_catalogue: false,
            networked: Alive::No,
        };
        none.positions = Some(vec![declared]);
        assert_eq!(rate_of(RateId::Coverage, &none, &profile()).verdict, RateVerdict::NotApplicable);
        let without = |id| rate_of(id, &KeyFacts::default(), &profile()).why[0].id;
        assert_eq!([without(RateId::Coverage), without(RateId::Networking)], ["no_plan", "no_ledger"]);
    }

    #[test]
    fn two_platforms_show_one_camera_once() {
        let mut one = key_facts();
        one.one_of_several = true;
        assert_eq!(rate_of(RateId::Coverage, &one, &profile()).why[0].id, "counted_together");
        // The other platform has the camera of K10, and it gives a picture.
        let mut other = key_facts();
        for camera in other.installed.iter_mut().flatten() {
            let own = InstalledFacts {
                listed: false,
                alive: Alive::No,
                probe: ProbeVerdict::Untested,
                level: Level::Nothing,
                ..camera.clone()
            };
            *camera = own;
        }
        other.installed.as_mut().unwrap()[8].see(&super::camera());
        other.installed.as_mut().unwrap()[8].alive = Alive::Yes;
        one.add(&other);
        let of = |id| rate_of(id, &one, &profile()).value.unwrap();
        assert_eq!([of(RateId::Networking), of(RateId::Intactness)], [Fraction::new(9, 9), Fraction::new(6, 9)]);
    }
}
