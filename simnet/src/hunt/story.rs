//! A finding told: what has to go wrong, in words.

use core::fmt::Write as _;

use super::{Repro, Scenario};
use crate::choice::{Point, Tape};
use crate::trace::{Kind, Record};
use crate::world::{Config, Report};

/// Trace lines that a report ends with.
const TAIL: usize = 60;

/// A finding's run, with its trace.
#[derive(Debug)]
pub struct Story<'a> {
    repro: &'a Repro,
    report: Report,
}

impl<'a> Story<'a> {
    /// Runs it once more to hear it.
    pub fn of(scenario: &Scenario, repro: &'a Repro) -> Self {
        Story { repro, report: scenario.run(&Config { trace: true, ..repro.config() }) }
    }

    /// How much of what has to go wrong, then each decision where it is made, then what comes of it.
    pub fn short(&self) -> String {
        let mut text = format!("needs      {}\n", self.needs());
        self.decisions().for_each(|record| text += &format!("{record}\n"));
        if let Some(finding) = &self.report.finding {
            text += &format!("{finding}\n");
        }
        text
    }

    /// All that a bug report needs, as Markdown; `again` is the command that replays it.
    pub fn report(&self, again: &str) -> String {
        let Repro { scenario, origin, tape, signature, hash, simnet, .. } = self.repro;
        let mut text = format!("# {signature}\n\n");
        if let Some(finding) = &self.report.finding {
            let _ = writeln!(text, "```text\n{finding}\n```\n");
        }
        let _ = writeln!(text, "Found in scenario `{scenario}` by {origin}.\n");
        let _ = writeln!(text, "## What it needs\n\n{}\n", self.needs());
        if !tape.is_empty() {
            let _ = writeln!(text, "```text");
            self.decisions().for_each(|record| text += &format!("{record}\n"));
            let _ = writeln!(text, "```\n");
        }
        let _ = writeln!(
            text,
            "## How to see it again\n\n```sh\n{again}\n```\n\n\
             Hash {hash}, simnet {simnet}. `trace.txt` has all steps, `trace.json` has them for programs.\n"
        );
        let trace = &self.report.trace;
        let tail = trace.len().saturating_sub(TAIL);
        let _ = writeln!(text, "## The last {} of {} steps\n\n```text", trace.len() - tail, trace.len());
        trace[tail..].iter().for_each(|record| text += &format!("{record}\n"));
        text + "```\n"
    }

    /// How many decisions of which kinds: `1 preemption, 2 faults`.
    pub fn needs(&self) -> String {
        needs(&self.repro.tape)
    }

    /// Every step, as text.
    pub fn trace(&self) -> String {
        self.report.trace.iter().map(|record| format!("{record}\n")).collect()
    }

    /// Every step, as a JSON array, one step a line.
    pub fn json(&self) -> String {
        let lines: Vec<String> = self.report.trace.iter().map(Record::json).collect();
        format!("[\n{}\n]\n", lines.join(",\n"))
    }

    fn decisions(&self) -> impl Iterator<Item = &Record> {
        let is_one = |record: &&Record| matches!(record.kind, Kind::Decision | Kind::Preempted);
        self.report.trace.iter().filter(is_one)
    }
}

/// How many decisions of which kinds: `1 preemption, 2 faults`.
fn needs(tape: &Tape) -> String {
    let mut counts = [0; 4];
    for point in Point::ALL {
        let class = match point {
            Point::Schedule => 0,
            point if Point::FAULTS.contains(&point) || Point::LINK_FAULTS.contains(&point) => 1,
            Point::Workload => 2,
            _ => 3,
        };
        counts[class] += tape.count(point);
    }
    let words = [
        ("preemption", "preemptions"),
        ("fault", "faults"),
        ("decision of the scenario", "decisions of the scenario"),
        ("other decision", "other decisions"),
    ];
    let parts: Vec<String> = counts
        .iter()
        .zip(words)
        .filter(|(count, _)| **count > 0)
        .map(|(&count, (one, more))| format!("{count} {}", if count == 1 { one } else { more }))
        .collect();
    if parts.is_empty() {
        "nothing: it fails when every decision is dull".to_owned()
    } else {
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_tape_needs_is_counted_by_kind() {
        let tape = |text: &str| serde_json::from_str::<Tape>(text).expect("the form of a tape");
        assert_eq!(needs(&Tape::default()), "nothing: it fails when every decision is dull");
        let mixed = r#"[{"point":"schedule","answers":[[1,1],[4,1]]},{"point":"eintr","answers":[[0,1]]},
            {"point":"loss","answers":[[3,1]]},{"point":"port","answers":[[3,1]]}]"#;
        assert_eq!(needs(&tape(mixed)), "2 preemptions, 2 faults, 1 other decision");
    }
}
