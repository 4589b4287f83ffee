//! `simnet explain`: one operation of the stack, layer by layer, as it happens in a run made for it.

mod walks;

use std::process::ExitCode;

use netcore::sys::Layer;

use super::Refusal;
use super::words::near;
use crate::choice::{Rates, Tape};
use crate::trace::{Kind, Record};
use crate::world::{Config, Source, run};
use walks::{WALKS, Walk};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The operation: read, accept, close, dial, deadline.
    #[arg(value_name = "OPERATION")]
    operation: String,
}

pub(super) fn explain(args: &Args) -> Result<ExitCode, Refusal> {
    let names: Vec<&str> = WALKS.iter().map(|walk| walk.name).collect();
    let walk = WALKS.iter().find(|walk| walk.name == args.operation).ok_or_else(|| {
        Refusal(format!("there is no walk through `{}`{}", args.operation, near(&args.operation, &names)))
    })?;
    print!("{}", walk.text());
    Ok(ExitCode::SUCCESS)
}

impl Walk {
    /// The walk in words: what it is about, then each step with the source file of its layer.
    fn text(&self) -> String {
        let mut text = format!("{}\n\n", self.about);
        let mut last = "";
        for record in self.steps() {
            let source = self.source(&record);
            let shown = if source == last { "" } else { source };
            last = source;
            let mark = if matches!(record.kind, Kind::Call(_)) { "" } else { "  " };
            let line = format!("{:>12?} {:<9} {shown:<34} {mark}{}", record.at, record.thread, record.text);
            text += line.trim_end();
            text += "\n";
        }
        text
    }

    /// What happens on the server and on the wire between the two notes of a run in which nothing goes wrong.
    fn steps(&self) -> Vec<Record> {
        let config = Config {
            trace: true,
            rates: Rates::without_faults(),
            ..Config::new(Source::Tape(Tape::default()))
        };
        let trace = run(&config, self.body).trace;
        let begins = trace.iter().position(|record| record.kind == Kind::Note);
        let ends = trace.iter().rposition(|record| record.kind == Kind::Note);
        let is_of_it = |record: &Record| *record.host == *"server" || record.kind == Kind::Network;
        match (begins, ends) {
            (Some(begins), Some(ends)) => {
                trace[begins + 1..ends].iter().filter(|record| is_of_it(record)).cloned().collect()
            }
            _ => Vec::new(),
        }
    }

    /// Where the step is made.
    fn source(&self, record: &Record) -> &'static str {
        match record.kind {
            Kind::Call(_) => "system call",
            Kind::Network => "the wire",
            Kind::Probe(Layer::Net) => self.source,
            Kind::Probe(Layer::FdMutex) => "netcore/src/poll/fd_mutex.rs",
            Kind::Probe(Layer::PollDesc) => "netcore/src/poll/desc.rs",
            Kind::Probe(Layer::Netpoll) => "netcore/src/netpoll/driver.rs",
            Kind::Probe(Layer::Rt) => "netcore/src/rt/worker.rs",
            Kind::Preempted | Kind::Decision | Kind::Note => "",
        }
    }
}
