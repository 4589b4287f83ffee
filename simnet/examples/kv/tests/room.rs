//! The service in its machine room: what is wrong with it is found, by a walk that `docs/your-service.md` tells.

use kv::scenario;
use simnet::choice::Seed;
use simnet::hunt::Conditions;

/// Runs in which the bug is sure to have shown: it does in one of some 600.
const RUNS: u64 = 5000;

#[test]
fn an_answer_that_comes_late_goes_to_the_next_who_asks() {
    let [scenario] = <[_; 1]>::try_from(scenario::all()).expect("there is one scenario");
    let conditions = Conditions::default();
    let mut findings = (0..RUNS).filter_map(|seed| scenario.run(&conditions.config(Seed(seed))).finding);
    let finding = findings.next().expect("one run of some thousand");
    assert_eq!(finding.signature(), "WE answers that nobody alone would get");
    assert!(finding.detail.contains("after which none of these has its answer"), "{finding}");
}
