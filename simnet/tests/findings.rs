//! Findings as they are kept: one folder for each signature, a count, a report, and a run that is the same again.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use simnet::choice::{Point, Seed, Tape};
use simnet::hunt::{Archive, Conditions, Found, Origin, Repro, Scenario};
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
    let kept = archive
        .keep(&scenario, repro.clone(), |folder| format!("again {}", folder.display()))
        .expect("the test's own folder");
    assert_eq!(kept, out.join("sums-WE-a-sum-is-too-large"));
    assert!(!archive.count("sums", &large.finding.signature()), "it is known");
    archive.save_counts().expect("the test's own folder");

    let loaded = Repro::load(&kept).expect("a folder is a finding");
    assert_eq!((loaded.times, &loaded.tape), (2, &repro.tape));
    assert_eq!(scenario.run(&loaded.config()).hash, report.hash);
    let text = fs::read_to_string(kept.join("report.md")).expect("the report");
    for part in
        ["# WE a sum is too large", "2 decisions of the scenario", "again ", "?? the scenario decides"]
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
    let kept = later
        .keep(&scenario, Repro::record(&scenario, &other).0, |_| String::new())
        .expect("the test's own folder");
    assert_eq!(kept, out.join("sums-WE-nothing-and-three"));
    later.save_counts().expect("the test's own folder");
    let counts: Vec<_> = later.counts().map(|(_, signature, times)| (signature.to_owned(), times)).collect();
    assert_eq!(counts, [("WE a sum is too large".to_owned(), 3), ("WE nothing and three".to_owned(), 1)]);
}

/// A tape for [`sums`] from two bytes, which are its numbers.
fn digits(bytes: &[u8]) -> Tape {
    let answers: Vec<u32> = bytes.iter().map(|&byte| (byte % 10).into()).collect();
    Tape::default().led_by(Point::Workload.into(), &answers)
}

#[test]
fn a_fuzzers_bytes_are_a_finding_without_a_seed() {
    let nothing = Case::new("nothing", "", &["linux"], |_| {});
    let all = [nothing, Case::new("sums", "", &["linux"], sums).read_by(digits)];
    let (scenario, tape) = Scenario::from_bytes(&all, &[3, 109, 8, 7, 7]).expect("not empty");
    assert_eq!((scenario.name, tape.len()), ("sums", 4));
    let repro = Repro::import(scenario, &tape).expect("9 and 8 are too much");
    assert_eq!((repro.origin, &*repro.signature), (Origin::Bytes, "WE a sum is too large"));
    assert_eq!(repro.tape.len(), 2, "what nobody asked for is left out");
    let small = repro.smaller(scenario, || true);
    assert!(small.tape.weight() <= 16, "{:?}", small.tape);

    let out = folder("imported");
    let again = |folder: &Path| format!("again {}", folder.display());
    let kept = Archive::open(&out).keep(scenario, small.clone(), again).expect("the test's own folder");
    assert_eq!(Repro::load(&kept).expect("a finding"), small);
    let text = fs::read_to_string(kept.join("report.md")).expect("the report");
    assert!(text.contains("Found in scenario `sums` by a fuzzer's bytes."), "{text}");
    let file = fs::read_to_string(kept.join(Repro::FILE)).expect("the finding");
    assert!(!file.contains("seed") && !file.contains("strategy"), "{file}");
    let torn = file.replace("\"times\"", "\"runs\":3,\"times\"");
    let error = Repro::parse(Path::new("torn"), &torn).expect_err("a run of no campaign").to_string();
    assert_eq!(error, "torn: not a finding: `seed`, `runs` and `strategy` go together");

    assert!(Repro::import(scenario, &digits(&[1, 2])).is_none(), "nothing is wrong with 3");
    assert!(Scenario::from_bytes(&all, &[]).is_none() && Scenario::from_bytes(&[], &[1]).is_none());
}

/// Not for itself: [`a_test_that_fails_says_how_to_see_it_again`] runs it.
#[test]
#[ignore = "fails, for another test"]
fn sums_that_are_checked() {
    simnet::check("sums_that_are_checked", sums);
}

/// Runs the test above in `folder`: what it says.
fn checked(folder: &Path, variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(env::current_exe().expect("this program"));
    command.args(["--exact", "sums_that_are_checked", "--ignored", "--nocapture"]).current_dir(folder);
    command.env_remove("SIMNET_SEEDS").env_remove("SIMNET_SEED");
    let output = command.envs(variables.iter().copied()).output().expect("this program can be started");
    assert!(!output.status.success(), "the test fails");
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The part of `text` between two others.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let from = text.split_once(begin).unwrap_or_else(|| panic!("no `{begin}` in {text}")).1;
    from.split_once(end).unwrap_or_else(|| panic!("no `{end}` in {text}")).0
}

#[test]
fn a_test_that_fails_says_how_to_see_it_again() {
    let folder = folder("checked");
    fs::create_dir_all(&folder).expect("a folder for a test");
    let said = checked(&folder, &[]);
    let test = "cargo test sums_that_are_checked -- --nocapture";
    let seed = between(&said, "SIMNET_SEED=", " cargo");
    assert!(said.contains(&format!("found by seed {seed}: SIMNET_SEED={seed} {test}")), "{said}");
    let kept = between(&said, "SIMNET_REPRO=", " cargo");
    assert!(
        said.contains(&format!("needs 2 decisions of the scenario: SIMNET_REPRO={kept} {test}")),
        "{said}"
    );
    assert!(folder.join(kept).join("report.md").exists());
    for again in [("SIMNET_SEED", seed), ("SIMNET_REPRO", kept)] {
        let said = checked(&folder, &[again]);
        assert!(
            said.contains("?? the scenario decides") && said.contains("WE: a sum is too large"),
            "{said}"
        );
    }
    assert!(checked(&folder, &[("SIMNET_SEED", "x")]).contains("SIMNET_SEED: `x`"));
    assert!(checked(&folder, &[("SIMNET_REPRO", "none")]).contains("SIMNET_REPRO: none: "));
}
