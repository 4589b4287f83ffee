//! Findings as they are kept: one folder for each signature, a count, a report, and a run that is the same again.

use std::fs;
use std::path::PathBuf;

use simnet::choice::Seed;
use simnet::hunt::{Archive, Conditions, Found, Repro, Scenario};
use simnet::world::World;
use simnet::{Oracle, Scenario as Case};

fn sums(world: &World) {
    let (a, b) = (world.choose(10), world.choose(10));
    if a + b > 15 {
        world.fail(Oracle::WrongAnswer, "a sum is too large", a + b);
    }
    if a == 0 && b == 3 {
        world.fail(Oracle::WrongAnswer, "nothing and three", "");
    }
}

fn folder(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    path
}

fn found(scenario: &Scenario, place: &str) -> Found {
    let conditions = Conditions::default();
    let runs = (0..1000).map(|seed| (seed, conditions.config(Seed(seed))));
    let mut found = runs.filter_map(|(seed, config)| {
        let report = scenario.run(&config);
        let finding = report.finding.filter(|finding| finding.place == place)?;
        let hash = report.hash.value();
        Some(Found { scenario: 0, seed: Seed(seed), run: seed + 1, config: Box::new(config), finding, hash })
    });
    found.next().expect("one of a thousand seeds")
}

#[test]
fn a_finding_has_a_folder_that_another_hunt_knows() {
    let out = folder("findings");
    let scenario = Case::new("sums", "", &["linux"], sums);
    let large = found(&scenario, "a sum is too large");
    let mut archive = Archive::open(&out);
    assert!(archive.count("sums", &large.finding.signature()));
    let (repro, report) = Repro::record(&scenario, &large);
    assert_eq!(report.hash.value(), large.hash);
    let kept = archive.keep(&scenario, repro.clone()).expect("the test's own folder");
    assert_eq!(kept, out.join("sums-WE-a-sum-is-too-large"));
    assert!(!archive.count("sums", &large.finding.signature()), "it is known");
    archive.save_counts().expect("the test's own folder");

    let loaded = Repro::load(&kept).expect("a folder is a finding");
    assert_eq!((loaded.times, &loaded.tape), (2, &repro.tape));
    assert_eq!(scenario.run(&loaded.config()).hash, report.hash);
    let text = fs::read_to_string(kept.join("report.md")).expect("the report");
    for part in
        ["# WE a sum is too large", "2 decisions of the scenario", "replay ", "?? the scenario decides"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let trace = fs::read_to_string(kept.join("trace.txt")).expect("the trace");
    let json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(kept.join("trace.json")).expect("the trace")).expect("JSON");
    assert_eq!(json.as_array().expect("of steps").len(), trace.lines().count());
    assert_eq!(json[0]["kind"], "decision");

    let mut later = Archive::open(&out);
    assert!(!later.count("sums", &loaded.signature), "known from its folder");
    let other = found(&scenario, "nothing and three");
    assert!(later.count("sums", &other.finding.signature()));
    let kept = later.keep(&scenario, Repro::record(&scenario, &other).0).expect("the test's own folder");
    assert_eq!(kept, out.join("sums-WE-nothing-and-three"));
    later.save_counts().expect("the test's own folder");
    let counts: Vec<_> = later.counts().map(|(_, signature, times)| (signature.to_owned(), times)).collect();
    assert_eq!(counts, [("WE a sum is too large".to_owned(), 3), ("WE nothing and three".to_owned(), 1)]);
}
