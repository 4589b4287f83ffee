//! What is seen of a run: its hash, its trace, and what the stack says it does.

use core::cell::Cell;
use core::fmt;
use std::rc::Rc;

use netcore::sys::{Errno, Fd, Instant, ProbeEvent, What};

use super::state::{site, step};
use super::verdict;
use crate::choice::Decision;
use crate::fabric::PacketNote;
use crate::kernel::Kernel;
use crate::kernel::ids::{Pid, Tid};
use crate::oracle::{Deadlines, Direction, Finding, Oracle, Parked, Progress, Waiter};
use crate::thread::{Thread, Threads};
use crate::trace::{CallName, Hash, Kind, Record, sentence};

/// One process, as its calls and probes show it.
struct View {
    name: Rc<str>,
    parked: Parked,
    deadlines: Deadlines,
    progress: Progress,
    /// Tasks spawned and not yet ended.
    tasks: i64,
    /// A runtime runs in it.
    has_runtime: bool,
    /// Its host is paused.
    paused: bool,
    /// Its host was paused: time has passed while its threads were ready.
    overslept: bool,
}

/// The observer of one run.
pub(crate) struct Observer {
    pub(crate) hash: Hash,
    pub(crate) calls: u64,
    /// How many calls there had been when parked tasks were last examined.
    pub(super) examined: Cell<u64>,
    trace: Option<Vec<Record>>,
    /// What happened to packets, if there is a trace.
    pub(crate) packets: Vec<PacketNote>,
    views: Vec<View>,
}

/// A call and its answer, as the observer is told.
pub(crate) struct Answered<'a> {
    /// The process that called; the thread may be another's, when a scenario prepares one.
    pub(crate) process: Pid,
    pub(crate) name: CallName,
    pub(crate) fd: Fd,
    pub(crate) args: fmt::Arguments<'a>,
    /// A number that stands for the answer.
    pub(crate) code: Result<u64, Errno>,
    /// The answer in words.
    pub(crate) text: &'a dyn Fn() -> String,
}

impl Observer {
    pub(crate) fn new(trace: bool) -> Self {
        Observer {
            hash: Hash::default(),
            calls: 0,
            examined: Cell::new(0),
            trace: trace.then(Vec::new),
            packets: Vec::new(),
            views: Vec::new(),
        }
    }

    /// A process has been made; they are numbered in order.
    pub(crate) fn process(&mut self, process: Pid, name: Rc<str>) {
        debug_assert_eq!(process.index(), self.views.len());
        self.views.push(View {
            name,
            parked: Parked::default(),
            deadlines: Deadlines::default(),
            progress: Progress::default(),
            tasks: 0,
            has_runtime: false,
            paused: false,
            overslept: false,
        });
    }

    pub(crate) fn name_of(&self, process: Pid) -> Rc<str> {
        self.views.get(process.index()).map_or_else(|| "".into(), |view| view.name.clone())
    }

    pub(crate) fn paused(&mut self, process: Pid) {
        let view = &mut self.views[process.index()];
        view.paused = true;
        view.overslept = true;
    }

    pub(crate) fn resumed(&mut self, process: Pid) {
        self.views[process.index()].paused = false;
    }

    /// The process is gone, and its tasks with it.
    pub(crate) fn killed(&mut self, process: Pid) {
        let view = &mut self.views[process.index()];
        view.parked = Parked::default();
        view.tasks = 0;
    }

    pub(crate) fn take_trace(&mut self) -> Vec<Record> {
        self.trace.take().unwrap_or_default()
    }

    pub(crate) fn tracing(&self) -> bool {
        self.trace.is_some()
    }

    /// A call has been answered. Says what an oracle has against it.
    pub(crate) fn call(
        &mut self,
        kernel: &Kernel,
        threads: &Threads,
        thread: Tid,
        answered: &Answered<'_>,
    ) -> Option<Finding> {
        self.calls += 1;
        let code = answered.code.unwrap_or_else(|errno| u64::MAX - u64::from(errno_code(errno)));
        self.hash.mix(u64::from(thread.0) << 32 | (answered.name as u64) << 16);
        self.hash.mix(kernel.now.as_nanos() ^ code.rotate_left(32) ^ answered.fd.number as u64);
        if self.trace.is_some() {
            let text = format!("{}({}) = {}", answered.name.name(), answered.args, (answered.text)());
            self.line(kernel.now, threads, Some(thread), Kind::Call(answered.name), text);
        }
        let view = &mut self.views[answered.process.index()];
        if view.progress.call(answered.name, answered.code, kernel.now) {
            let place = format!("{} again and again", answered.name.name());
            return Some(Finding::new(Oracle::BusyLoop, place, format!("on descriptor {}", answered.fd)));
        }
        view.late(answered, kernel.now).or_else(|| view.misregistered(answered))
    }

    /// Whether the last call of `process` was one of so many without progress that its thread gives way.
    pub(crate) fn gives_way(&self, process: Pid) -> bool {
        self.views[process.index()].progress.gives_way()
    }

    /// A layer of the stack says what it does. Says what an oracle has against it.
    pub(crate) fn probe(
        &mut self,
        now: Instant,
        threads: &mut Threads,
        thread: Tid,
        process: Pid,
        event: ProbeEvent,
    ) -> Option<Finding> {
        self.hash
            .mix(u64::from(thread.0) << 32 | (event.what as u64) << 16 | event.fd.number as u64 & 0xffff);
        self.hash.mix(event.arg);
        if event.what == What::Run {
            threads.get_mut(thread).task = event.arg;
        }
        if self.trace.is_some() {
            let text = probe_text(event);
            self.line(now, threads, Some(thread), Kind::Probe(event.what.layer()), text);
        }
        if let Some(finding) = misdelivered(threads.get(thread), event) {
            return Some(finding);
        }
        let task = threads.get(thread).task;
        if matches!(event.what, What::Wait | What::Done | What::Cancelled | What::Panicked) {
            threads.get_mut(thread).task = 0;
        }
        self.views[process.index()].probe(event, task, now)
    }

    /// The running thread could have gone on, but another runs.
    pub(crate) fn preempted(&mut self, kernel: &Kernel, threads: &Threads, from: Tid, to: Tid) {
        self.hash.mix(step() << 16 | u64::from(to.0));
        if self.trace.is_some() {
            let text = format!("preempted {}; {} runs", site(), threads.get(to).name);
            self.line(kernel.now, threads, Some(from), Kind::Preempted, text);
        }
    }

    /// Something was decided, by the running thread's call or by the network.
    pub(crate) fn decision(
        &mut self,
        now: Instant,
        threads: &Threads,
        running: Option<Tid>,
        decision: Decision,
    ) {
        self.line(now, threads, running, Kind::Decision, sentence(decision));
    }

    /// A packet was sent, lost or delivered.
    pub(crate) fn packet(&mut self, threads: &Threads, note: &PacketNote) {
        self.line(note.at, threads, None, Kind::Network, note.to_string());
        self.packets.push(*note);
    }

    /// The scenario says something.
    pub(crate) fn note(&mut self, now: Instant, threads: &Threads, thread: Option<Tid>, text: String) {
        if self.trace.is_some() {
            self.line(now, threads, thread, Kind::Note, text);
        }
    }

    fn line(&mut self, at: Instant, threads: &Threads, thread: Option<Tid>, kind: Kind, text: String) {
        let (host, name, task) = match thread.map(|thread| threads.get(thread)) {
            Some(thread) => (self.name_of(thread.process), thread.name.clone(), thread.task),
            None => ("net".into(), "".into(), 0),
        };
        if let Some(trace) = &mut self.trace {
            trace.push(Record { step: step(), at, host, thread: name, task, kind, text });
        }
    }

    /// Parked tasks in all processes.
    pub(crate) fn parked(&self) -> usize {
        self.views.iter().map(|view| view.parked.count()).sum()
    }

    /// Every parked task: its process, descriptor, direction and whether the kernel says that it is ready.
    pub(crate) fn parked_tasks<'a>(&'a self, kernel: &'a Kernel) -> impl Iterator<Item = ParkedTask<'a>> {
        let views = self.views.iter().enumerate().filter(|(_, view)| !view.paused);
        views.flat_map(move |(index, view)| {
            view.parked.iter().map(move |(direction, Waiter { fd, task }, evicted)| {
                let process = Pid(index as u32);
                let why = if evicted {
                    Some(Forgotten::Closing)
                } else if verdict::ready(kernel, process, fd, direction) {
                    Some(Forgotten::Ready)
                } else if view.deadlines.passed(fd, direction, kernel.now).is_some() && !view.overslept {
                    Some(Forgotten::Expired)
                } else {
                    None
                };
                ParkedTask { process, name: &view.name, task, fd, direction, why }
            })
        })
    }

    /// Tasks that were spawned and never ended, by host.
    pub(crate) fn task_leaks(&self) -> Option<Finding> {
        let left = self.views.iter().find(|view| view.tasks != 0)?;
        let detail = format!("{} of them on {}", left.tasks, left.name);
        Some(Finding::new(Oracle::Leak, "tasks are left", detail))
    }
}

/// A task that waits for a descriptor.
pub(crate) struct ParkedTask<'a> {
    pub(crate) process: Pid,
    pub(crate) name: &'a str,
    pub(crate) task: u64,
    pub(crate) fd: Fd,
    pub(crate) direction: Direction,
    /// Why it should not be parked any more.
    pub(crate) why: Option<Forgotten>,
}

/// Why a parked task should have been woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forgotten {
    /// What it waits for is there.
    Ready,
    /// Its descriptor closes.
    Closing,
    /// Its deadline has passed.
    Expired,
}

impl fmt::Display for ParkedTask<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = match self.direction {
            Direction::Read => "readable",
            Direction::Write => "writable",
        };
        let why = match self.why {
            Some(Forgotten::Ready) => "AND IT IS",
            Some(Forgotten::Closing) => "AND IT IS CLOSING",
            Some(Forgotten::Expired) => "AND ITS DEADLINE HAS PASSED",
            None => "and it is not",
        };
        let ParkedTask { name, task, fd, .. } = self;
        write!(f, "{name}: task {task} waits until descriptor {fd} is {direction}, {why}")
    }
}

impl View {
    fn probe(&mut self, event: ProbeEvent, task: u64, now: Instant) -> Option<Finding> {
        use Direction::{Read, Write};
        match event.what {
            What::ParkRead => self.parked.park(event.fd, Read, task),
            What::ParkWrite => self.parked.park(event.fd, Write, task),
            What::UnparkRead => self.parked.unpark(event.fd, Read),
            What::UnparkWrite => self.parked.unpark(event.fd, Write),
            What::Evict => self.parked.evict(event.fd),
            What::ReadDeadline => self.deadlines.set(event.fd, Read, deadline(event), now),
            What::WriteDeadline => self.deadlines.set(event.fd, Write, deadline(event), now),
            What::Start => self.has_runtime = true,
            What::ReadExpired => return self.early(event.fd, Read, now),
            What::WriteExpired => return self.early(event.fd, Write, now),
            What::Spawn => self.tasks += 1,
            What::Done | What::Cancelled | What::Panicked => self.tasks -= 1,
            _ => {}
        }
        None
    }

    fn early(&self, fd: Fd, direction: Direction, now: Instant) -> Option<Finding> {
        let due = self.deadlines.early(fd, direction, now)?;
        let detail = format!("descriptor {fd} failed at {now:?}, its deadline is {due:?}");
        Some(Finding::new(Oracle::Deadline, format!("early: {direction:?}"), detail))
    }

    /// A runtime knows what it has registered: what a plain program may ask in doubt is a mistake of it.
    fn misregistered(&self, answered: &Answered<'_>) -> Option<Finding> {
        let place = match (answered.name, answered.code) {
            (CallName::EpollCtl, Err(Errno::ENOENT)) => "a registration is changed that is not there",
            (CallName::EpollCtl, Err(Errno::EEXIST)) => "a number is registered twice",
            _ => return None,
        };
        let finding = || Finding::new(Oracle::BadDescriptor, place, format!("on descriptor {}", answered.fd));
        self.has_runtime.then(finding)
    }

    /// A transfer that should have failed, since its deadline had passed.
    fn late(&self, answered: &Answered<'_>, now: Instant) -> Option<Finding> {
        use CallName::{Accept4, Read, Readv, Recv, Recvfrom, Send, Sendmsg, Sendto, Write, Writev};
        let direction = match answered.name {
            Read | Readv | Recv | Recvfrom | Accept4 => Direction::Read,
            Write | Writev | Send | Sendmsg | Sendto => Direction::Write,
            _ => return None,
        };
        if self.overslept {
            return None;
        }
        let due = self.deadlines.ignored(answered.fd, direction, now)?;
        let detail = format!("descriptor {}: deadline {due:?}, called at {now:?}", answered.fd);
        Some(Finding::new(Oracle::Deadline, format!("ignored by {}", answered.name.name()), detail))
    }
}

/// The deadline that an event is about.
fn deadline(event: ProbeEvent) -> Option<Instant> {
    (event.arg != ProbeEvent::CLEARED).then(|| Instant::from_nanos(event.arg))
}

/// Readiness for a descriptor that the kernel did not report: the event was for another one.
fn misdelivered(thread: &Thread, event: ProbeEvent) -> Option<Finding> {
    let is_ready = matches!(event.what, What::ReadyRead | What::ReadyWrite | What::ReadyBoth);
    if !is_ready || thread.reported.contains(&event.fd) {
        return None;
    }
    let detail = format!("{} was not reported; reported were {:?}", event.fd, thread.reported);
    Some(Finding::new(Oracle::CrossTalk, "an event reached a descriptor that it is not about", detail))
}

fn probe_text(event: ProbeEvent) -> String {
    use What::{ReadDeadline, ReadExpired, Sleep, WriteDeadline, WriteExpired};
    let fd = if event.fd == Fd::NONE { String::new() } else { format!(" {}", event.fd) };
    let arg = match event.what {
        ReadDeadline | WriteDeadline if event.arg == ProbeEvent::CLEARED => " none".to_owned(),
        ReadDeadline | WriteDeadline | ReadExpired | WriteExpired | Sleep => {
            format!(" {:?}", Instant::from_nanos(event.arg))
        }
        _ if event.arg == 0 => String::new(),
        _ => format!(" {}", event.arg),
    };
    format!("{}{fd}{arg}", event.what.text())
}

/// A small number for the hash that no address or order of compilation changes.
fn errno_code(errno: Errno) -> u32 {
    Errno::ALL.iter().position(|&known| known == errno).map_or(1 << 16, |at| at as u32)
}
