//! The simulated kernel: descriptors, files, sockets and epoll of every process of every host.
//!
//! It is a state machine without threads. A system call is a method that takes a [`Call`] and either
//! answers or says [`Stop::Block`] after queueing the caller; then the scheduler runs others and calls the
//! same method again when the caller was woken, its deadline passed or a signal came. Whatever time
//! brings (segments, retransmissions, deadlines) is an [`Event`] in one queue.
//!
//! It behaves like Linux; every rule cites where it is from.
//!
//! | module | what it is |
//! |---|---|
//! | `call` | a call in progress and its answer |
//! | [`process`], `numbers`, `descriptor` | descriptor tables and the calls on them |
//! | [`file`], `io` | open file descriptions; read(2), write(2) and poll by kind |
//! | `wait` | wait queues: who is woken, in which order |
//! | `pipe`, `eventfd`, `path` | kinds of files |
//! | [`socket`] | sockets |
//! | `epoll` | epoll instances |
//! | [`report`], `describe` | what the oracles and the state tables read |

mod call;
mod describe;
mod descriptor;
mod epoll;
mod eventfd;
pub mod file;
pub mod ids;
mod io;
mod numbers;
mod path;
mod pipe;
pub mod process;
mod refused;
pub mod report;
pub mod socket;
mod table;
#[cfg(test)]
mod tests;
pub mod timer;
mod wait;

pub use call::{Answer, Attempt, Call, Stop};
pub use table::Table;

use netcore::sys::{Errno, Instant};

use crate::choice::{Choices, Point};
use epoll::{Epoll, Item};
use eventfd::Eventfd;
use file::File;
use ids::{EpollId, EventfdId, FileId, HostId, ItemId, OpenPathId, Pid, PipeId, Tid};
use path::{OpenPath, Paths};
use pipe::Pipe;
use process::Process;
use report::Report;
use timer::Timers;

/// What time brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The deadline of a thread's wait; stale unless the thread still waits for the `generation`th time.
    Wake {
        /// The thread that waits.
        thread: Tid,
        /// Which of its waits this is about.
        generation: u64,
    },
}

/// The kernels of all hosts.
#[derive(Debug)]
pub struct Kernel {
    /// Virtual time.
    pub now: Instant,
    /// Every decision.
    pub choices: Choices,
    /// What is still to come.
    pub timers: Timers<Event>,
    /// Every process, by its id; those that ended keep their place.
    pub processes: Vec<Process>,
    /// Open file descriptions.
    pub files: Table<FileId, File>,
    /// Threads whose calls are to be attempted again, in the order of their wakeups; drained by the
    /// scheduler after each call and event. A thread named here is on no wait queue any more.
    pub woken: Vec<Tid>,
    /// What the oracles found.
    pub reports: Vec<Report>,
    pipes: Table<PipeId, Pipe>,
    eventfds: Table<EventfdId, Eventfd>,
    epolls: Table<EpollId, Epoll>,
    items: Table<ItemId, Item>,
    open_paths: Table<OpenPathId, OpenPath>,
    paths: Paths,
    /// The identity of the last open; see [`netcore::sys::Fd`].
    opens: u32,
}

impl Kernel {
    /// A kernel without processes.
    pub fn new(choices: Choices) -> Self {
        Kernel {
            now: Instant::ZERO,
            choices,
            timers: Timers::default(),
            processes: Vec::new(),
            files: Table::default(),
            woken: Vec::new(),
            reports: Vec::new(),
            pipes: Table::default(),
            eventfds: Table::default(),
            epolls: Table::default(),
            items: Table::default(),
            open_paths: Table::default(),
            paths: Paths::default(),
            opens: 0,
        }
    }

    /// A host; the network stack behind it comes with the fabric.
    pub fn add_host(&mut self, _name: &str, _addr: core::net::IpAddr) -> HostId {
        HostId(0)
    }
    /// A host; the network stack behind it comes with the fabric.
    pub fn host_name(&self, _host: HostId) -> &str {
        "host"
    }
    /// A host; the network stack behind it comes with the fabric.
    pub fn fire(&mut self, _event: Event) {}
    /// Starts a process on `host`, with an empty descriptor table.
    pub fn add_process(&mut self, host: HostId) -> Pid {
        self.processes.push(Process::new(host));
        Pid((self.processes.len() - 1) as u32)
    }

    /// A call begins.
    pub fn begin(&mut self, process: Pid, thread: Tid) -> Call {
        Call::new(process, thread)
    }

    /// A call ends, with an answer or because it was interrupted or its thread killed: gives up whatever
    /// it holds. If that is the last reference to a file that was closed meanwhile, the file dies now,
    /// without waiting (`SO_LINGER` goes on in the background, as in exit(2)).
    pub fn end_call(&mut self, mut call: Call) {
        self.unqueue(&mut call);
        if let Some(number) = call.reserved.take() {
            self.process_mut(call.process).unreserve(number);
        }
        if let Some(file) = call.file.take() {
            self.put(file);
        }
    }

    /// The process of that id.
    pub fn process(&self, process: Pid) -> &Process {
        &self.processes[process.index()]
    }

    /// The process of that id.
    pub fn process_mut(&mut self, process: Pid) -> &mut Process {
        &mut self.processes[process.index()]
    }

    /// How many of `len` bytes a call moves: all of them, unless the fault at `point` strikes.
    pub fn shorten(&mut self, point: Point, len: usize) -> usize {
        match self.choices.stray(point, u32::try_from(len).unwrap_or(u32::MAX)) {
            0 => len,
            fewer => fewer as usize,
        }
    }

    /// Closes every descriptor of a process in ascending order, as exit(2) does (`close_files`). Threads
    /// that are in a call keep its file until [`Kernel::end_call`].
    pub fn exit_process(&mut self, process: Pid) {
        for number in 0..self.process(process).size() {
            if let Some(file) = self.process_mut(process).take(number) {
                self.put(file);
            }
        }
    }

    /// Whether calls on `file` answer `EAGAIN` rather than wait.
    pub fn is_nonblocking(&self, file: FileId) -> bool {
        self.files[file].flags.contains(netcore::sys::OFlags::NONBLOCK)
    }

    /// A new file as a new descriptor; see [`Kernel::install`].
    fn create(&mut self, process: Pid, file: File, cloexec: bool) -> Result<netcore::sys::Fd, Errno> {
        let file = self.files.insert(file);
        self.install(process, file, cloexec)
    }
}
