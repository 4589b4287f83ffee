//! Every case in the simulated room, under as many seeds as `SIMNET_SEEDS` says.

use scenarios::cases;

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
    echo close_races churn deadlines rebind relay slow_reader dial lifecycle drops partition crash pool
}
