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
//! | [`mod@file`], `io` | open file descriptions; read(2), write(2) and poll by kind |
//! | `wait` | wait queues: who is woken, in which order |
//! | `pipe`, `eventfd`, `path` | kinds of files |
//! | [`socket`], [`tcp`] | sockets; the protocol behind them |
//! | [`host`] | the network stack of one host: addresses, tables, settings |
//! | `epoll` | epoll instances |
//! | [`report`], `describe` | what the oracles and the state tables read |

mod call;
mod describe;
mod descriptor;
mod epoll;
mod eventfd;
pub mod file;
pub mod host;
pub mod ids;
mod io;
mod numbers;
mod path;
mod pipe;
pub mod process;
pub mod report;
pub mod socket;
mod table;
pub mod tcp;
#[cfg(test)]
mod tests;
pub mod timer;
mod wait;

pub use call::{Answer, Attempt, Call, Stop};
pub use table::Table;

use netcore::sys::{Errno, Fd, Instant};

use crate::choice::{Choices, Point};
use crate::fabric::Fabric;
use epoll::{Epoll, Item};
use eventfd::Eventfd;
use file::File;
use host::{Host, Power};
use ids::{
    EpollId, EventfdId, FileId, HostId, ItemId, OpenPathId, PacketId, Pid, PipeId, RequestId, SocketId, Tid,
    TimeWaitId,
};
use path::{OpenPath, Paths};
use pipe::Pipe;
use process::Process;
use report::Report;
use socket::{Net, Socket};
use tcp::Transitions;
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
    /// A deadline of a socket's connection.
    Socket(SocketId),
    /// A SYN has been answered, and the answer not yet.
    Request {
        /// The request.
        request: RequestId,
        /// Unique in the run: ids are used again.
        serial: u32,
    },
    /// The end of a TIME-WAIT.
    TimeWait {
        /// What is left of the connection.
        time_wait: TimeWaitId,
        /// Unique in the run: ids are used again.
        serial: u32,
    },
    /// A packet arrives.
    Packet(PacketId),
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
    /// What a call asked for that is not modelled.
    pub unmodelled: Option<String>,
    /// The descriptors that the last epoll_wait(2) reported, as they were added.
    pub reported: Vec<Fd>,
    /// Sockets, with a file or without.
    pub sockets: Table<SocketId, Socket>,
    /// The hosts, by their ids.
    pub hosts: Vec<Host>,
    /// The links between them.
    pub fabric: Fabric,
    /// How the states of connections changed.
    pub transitions: Transitions,
    net: Net,
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
            unmodelled: None,
            reported: Vec::new(),
            sockets: Table::default(),
            hosts: Vec::new(),
            fabric: Fabric::default(),
            transitions: Transitions::default(),
            net: Net::default(),
            pipes: Table::default(),
            eventfds: Table::default(),
            epolls: Table::default(),
            items: Table::default(),
            open_paths: Table::default(),
            paths: Paths::default(),
            opens: 0,
        }
    }

    /// An event has come up: time is `now`. What is for a paused host waits until it goes on.
    pub fn fire(&mut self, event: Event) {
        if let Some(host) = self.host_of(event)
            && self.hosts[host.index()].power == Power::Paused
        {
            return self.hosts[host.index()].deferred.push(event);
        }
        match event {
            Event::Wake { .. } => debug_assert!(false, "threads are woken by the scheduler"),
            Event::Socket(socket) => self.on_socket_time(socket),
            Event::Request { request, serial } => self.on_request_time(request, serial),
            Event::TimeWait { time_wait, serial } => self.on_remains_time(time_wait, serial),
            Event::Packet(packet) => self.arrive(packet),
        }
        self.settle();
    }

    /// Whose event it is, if it is still anybody's.
    fn host_of(&self, event: Event) -> Option<HostId> {
        match event {
            Event::Wake { .. } => None,
            Event::Socket(socket) => self.sockets.get(socket).map(|state| state.host),
            Event::Request { request, .. } => self.request_host(request),
            Event::TimeWait { time_wait, .. } => self.remains_host(time_wait),
            Event::Packet(packet) => self.fabric.destination(packet),
        }
    }

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
