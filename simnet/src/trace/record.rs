//! One line of a trace.

use core::fmt;
use std::rc::Rc;

use netcore::sys::{Instant, Layer};

use super::CallName;

/// What kind of step a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A system call, with its answer.
    Call(CallName),
    /// A layer of the stack said what it did.
    Probe(Layer),
    /// A packet on a link, or something that happened to a host.
    Network,
    /// Another thread runs, though the last one could have gone on.
    Preempted,
    /// Something was decided that was not dull, before what comes next.
    Decision,
    /// The scenario says something.
    Note,
}

/// One step of a run, as a person reads it.
#[derive(Clone, Debug)]
pub struct Record {
    /// Scheduling points passed since the run began.
    pub step: u64,
    /// Virtual time.
    pub at: Instant,
    /// The name of the process, which is its host's where it has no other; `net` for the network's own steps.
    pub host: Rc<str>,
    /// The thread's name; empty for the network's own steps.
    pub thread: Rc<str>,
    /// The task that the thread runs; 0 is none.
    pub task: u64,
    /// What it is.
    pub kind: Kind,
    /// The step itself: `recv(7, 64) = EAGAIN`.
    pub text: String,
}

impl Kind {
    /// The name in files.
    fn key(self) -> &'static str {
        match self {
            Kind::Call(_) => "call",
            Kind::Probe(_) => "probe",
            Kind::Network => "network",
            Kind::Preempted => "preempted",
            Kind::Decision => "decision",
            Kind::Note => "note",
        }
    }
}

impl Record {
    /// As a JSON object on one line: `step`, `at` in nanoseconds, `host`, `thread`, `task`, `kind` (`call`, `probe`,
    /// `network`, `preempted`, `decision`, `note`), the `call` or the `layer`, and the `text`.
    pub fn json(&self) -> String {
        let Record { step, at, host, thread, task, kind, text } = self;
        let mut object = serde_json::json!({
            "step": step, "at": at.as_nanos(), "host": **host, "thread": **thread, "task": task,
            "kind": kind.key(), "text": text,
        });
        match kind {
            Kind::Call(name) => object["call"] = name.name().into(),
            Kind::Probe(layer) => object["layer"] = layer_name(*layer).into(),
            _ => {}
        }
        object.to_string()
    }
}

impl fmt::Display for Record {
    /// `  step  seconds.nanoseconds  host/thread  #task  text`, in columns.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>7} {:>15?} ", self.step, self.at)?;
        let who = if self.thread.is_empty() {
            String::from(&*self.host)
        } else {
            format!("{}/{}", self.host, self.thread)
        };
        let task = if self.task == 0 { String::new() } else { format!("#{}", self.task) };
        write!(f, "{who:<18} {task:<4} ")?;
        match self.kind {
            Kind::Probe(layer) => write!(f, "  {}: {}", layer_name(layer), self.text),
            Kind::Network => write!(f, "~ {}", self.text),
            Kind::Preempted => write!(f, "-- {}", self.text),
            Kind::Decision => write!(f, "?? {}", self.text),
            Kind::Note => write!(f, "## {}", self.text),
            Kind::Call(_) => f.write_str(&self.text),
        }
    }
}

/// The layer's name as in the sources.
pub(crate) fn layer_name(layer: Layer) -> &'static str {
    match layer {
        Layer::Net => "net",
        Layer::FdMutex => "fd_mutex",
        Layer::PollDesc => "poll_desc",
        Layer::Netpoll => "netpoll",
        Layer::Rt => "rt",
    }
}
