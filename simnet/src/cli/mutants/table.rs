//! What came of it, as a table.

use core::fmt::Write;

use super::catalogue::Mutant;
use crate::hunt::Repro;

/// One mutant and the finding that gave it away.
pub(super) struct Row<'a> {
    pub(super) mutant: &'a Mutant,
    pub(super) found: Option<Repro>,
}

impl Row<'_> {
    /// For the terminal.
    pub(super) fn line(&self) -> String {
        let Mutant { bug, name, .. } = self.mutant;
        match &self.found {
            Some(found) => {
                let note = if self.is_expected() { "" } else { "  (another oracle than expected)" };
                format!(
                    "{bug:4} {name:26} {:>6} runs, {:>3} decisions  {}: {}{note}",
                    found.runs,
                    found.tape.len(),
                    found.scenario,
                    found.signature
                )
            }
            None => format!("{bug:4} {name:26} SURVIVED"),
        }
    }

    /// Whether one of the expected oracles has spoken.
    fn is_expected(&self) -> bool {
        let code = self.found.as_ref().and_then(|found| found.signature.split(' ').next());
        code.is_some_and(|code| self.mutant.oracles.iter().any(|expected| expected == code))
    }
}

/// For `docs/mutants.md`.
pub(super) fn markdown(rows: &[Row<'_>], runs: u64) -> String {
    let mut text = format!(
        "# Mutants\n\n\
         Bugs that real stacks had, brought back into netcore one at a time (`scenarios/mutants.toml`), and how many\n\
         runs of the scenarios, taken in turn from seed 0 on, it takes until an oracle speaks. At most {runs} are made.\n\
         A finding is then shrunk: \"decisions\" is how many that are not dull it still takes.\n\
         The table is written by `cargo run --release -- mutants --write docs/mutants.md`.\n\n\
         | bug | upstream | what is wrong | runs | decisions | scenario | finding |\n|---|---|---|---|---|---|---|\n"
    );
    for Row { mutant, found } in rows {
        let Mutant { bug, name, upstream, about, .. } = mutant;
        let (runs, size, scenario, signature) = match found {
            Some(Repro { runs, tape, scenario, signature, .. }) => {
                (runs.to_string(), tape.len().to_string(), scenario.as_str(), signature.as_str())
            }
            None => ("**survived**".to_owned(), String::new(), "", ""),
        };
        let _ = writeln!(
            text,
            "| {bug} `{name}` | {upstream} | {about} | {runs} | {size} | {scenario} | {signature} |"
        );
    }
    text
}
