//! Every case in the simulated room, under as many seeds as `SIMNET_SEEDS` says.

use scenarios::cases;
use simnet::choice::Seed;
use simnet::hunt::{Conditions, Repro};
use simnet::plan::Plan;
use simnet::world::{Config, Source};

macro_rules! cases {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                simnet::check(stringify!($name), cases::$name::run);
            }
        )*

        /// What `cargo test` runs is what the command hunts through.
        #[test]
        fn every_case_is_here() {
            let here = [$(stringify!($name).replace('_', "-")),*];
            let listed: Vec<_> = scenarios::all().iter().map(|scenario| scenario.name.to_owned()).collect();
            assert_eq!(here.as_slice(), listed);
        }
    };
}

cases! {
    echo close_races churn deadlines rebind relay slow_reader dial dial_any lifecycle drops fd_program partition crash pool fairness
}

/// What was found once is not found again: each file is a finding that `simnet promote` has put there.
#[test]
fn what_was_mended_stays_mended() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/regressions");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).expect("the regressions") {
        let path = entry.expect("a regression").path();
        let repro = Repro::load(&path).unwrap_or_else(|error| panic!("{error}"));
        let all = scenarios::all();
        let scenario = all.iter().find(|scenario| scenario.name == repro.scenario);
        let scenario =
            scenario.unwrap_or_else(|| panic!("{}: no scenario {}", path.display(), repro.scenario));
        assert_eq!(scenario.run(&repro.config()).finding, None, "{}", path.display());
        files += 1;
    }
    assert!(files > 0, "nothing in {folder}");
}

/// Every plan that comes with the scenarios can be read, and nothing is wrong under it.
#[test]
fn no_plan_makes_a_case_fail() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/plans");
    let mut plans = 0;
    for entry in std::fs::read_dir(folder).expect("the plans") {
        let path = entry.expect("a plan").path();
        let plan = Plan::load(&path).unwrap_or_else(|error| panic!("{error}"));
        let conditions = Conditions { plan, ..Conditions::default() };
        plans += 1;
        for scenario in scenarios::all() {
            for seed in (0..5).map(Seed) {
                let report = scenario.run(&conditions.config(seed));
                assert_eq!(report.finding, None, "{}, seed {seed}, {}", scenario.name, path.display());
            }
        }
    }
    assert!(plans >= 3, "{plans} plans in {folder}");
}

/// A tape is the run that it was recorded from. One that ends answers 0, the dull answer, for ever: every case still ends
/// then, wherever that is.
#[test]
fn a_case_is_its_tape_and_ends_wherever_that_does() {
    for scenario in scenarios::all() {
        for seed in (0..20).map(Seed) {
            let config = Config { record: true, ..Config::new(Source::Seed(seed)) };
            let report = scenario.run(&config);
            let whole = report.tape;
            let again = scenario.run(&Config::new(Source::Tape(whole.clone())));
            assert_eq!(
                (again.hash, again.steps),
                (report.hash, report.steps),
                "{}, seed {seed}",
                scenario.name
            );
            for part in 0..4 {
                let report = scenario.run(&Config::new(Source::Tape(whole.cut(part, 4))));
                assert_eq!(report.finding, None, "{}, seed {seed}, {part} quarters of it", scenario.name);
            }
        }
    }
}
