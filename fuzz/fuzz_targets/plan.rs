//! Any text as a plan: either a reason on one line that says where, or a plan that is the same from the text it is
//! written as.

#![no_main]

use libfuzzer_sys::fuzz_target;
use simnet::choice::Seed;
use simnet::plan::Plan;

fuzz_target!(|text: &str| {
    match Plan::parse("plan.toml", text) {
        Ok(plan) => {
            (0..4).for_each(|seed| drop(plan.rates(Seed(seed))));
            let written = toml::to_string(&plan).expect("a plan that was read can be written");
            assert_eq!(Plan::parse("plan.toml", &written).expect(&written), plan, "{written}");
        }
        Err(error) => {
            let said = error.to_string();
            assert!(!said.contains(char::is_control), "{said:?}");
            let line = said.strip_prefix("plan.toml, line ").and_then(|rest| rest.split_once(": "));
            let is_placed = match line {
                Some((line, _)) => {
                    line.parse().is_ok_and(|line| (1..=text.lines().count() + 1).contains(&line))
                }
                // What has the form and is no plan all the same is named by its key.
                None => said.starts_with("plan.toml: `"),
            };
            assert!(is_placed, "{said}");
        }
    }
});
