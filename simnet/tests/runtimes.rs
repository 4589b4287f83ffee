//! Several runtimes in one room.

use netcore::rt::{Config, Runtime, Trigger};
use simnet::Scenario;
use simnet::choice::Tape;
use simnet::world::{self, Source};

/// Nothing that machines draw at random tells two runtimes apart: where every draw is the same, a worker of the one is
/// still none of the other, which may have fewer.
#[test]
fn a_worker_is_a_stranger_to_other_runtimes() {
    let scenario = Scenario::new("strangers", "", &["linux"], |world| {
        let process = world.host("machine").process("machine");
        let [many, one] = [3, 1].map(|workers| {
            let config = Config { workers, trigger: Trigger::Edge };
            Runtime::new(process, config).expect("nothing fails on an empty tape")
        });
        let others = one.handle().clone();
        let tasks: Vec<_> = (0..6)
            .map(|_| {
                let others = others.clone();
                many.spawn(async move {
                    others.spawn(async {}).await.expect("a task that does nothing");
                })
            })
            .collect();
        many.block_on(async {
            for task in tasks {
                task.await.expect("a task that waits for one of the other runtime");
            }
        });
        many.shutdown();
        one.shutdown();
    });
    // Nothing but preemptions: kind 0 is the schedule of the first thread.
    for step in 1..100 {
        let preemptions: Vec<u8> = (0..200_u8).flat_map(|nth| [0, step, 0, 1 + nth % 5]).collect();
        let report = scenario.run(&world::Config::new(Source::Tape(Tape::from_bytes(&preemptions))));
        assert!(report.finding.is_none(), "a preemption every {step} steps: {:?}", report.finding);
    }
}
