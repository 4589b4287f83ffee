//! Random programs whose threads wait: which of them each step ends, and with what.
//!
//! One thread directs: it starts others, each of which makes one call that waits (read(2) of a pipe or
//! epoll_wait(2)), writes, registers and closes, and after each step lets everybody come to rest. Two kernels
//! that write the same log wake the same threads in the same order. What would be a race between woken threads
//! is left out: no pipe is both read and registered, and no instance watches another.

use core::fmt::Write;

use netcore::sys::{EpollEvent, EpollOp, Fd};

use crate::programs::Dice;
use crate::verbs::*;

/// Steps of a program.
const STEPS: usize = 25;

/// Runs the program made from `seed` and tells what each step did.
pub(crate) fn log<S: Machine>(s: &S, seed: u64) -> Vec<String> {
    let mut director = Director {
        s,
        dice: Dice(seed),
        crew: Crew::new(s),
        pipes: [(); 2].map(|()| blocking_pipe(s)),
        counters: [(); 3].map(|()| eventfd(s)),
        instances: [(); 3].map(|()| epoll(s)),
    };
    let mut log: Vec<String> = (0..STEPS).map(|_| director.step()).collect();
    log.push(director.finish());
    log
}

struct Director<'a, S: Machine> {
    s: &'a S,
    dice: Dice,
    crew: Crew<S, String>,
    pipes: [(Fd, Fd); 2],
    counters: [Fd; 3],
    instances: [Fd; 3],
}

impl<S: Machine> Director<'_, S> {
    fn step(&mut self) -> String {
        let mut text = match self.dice.below(20) {
            0..3 => self.start_reader(),
            3..8 => self.start_waiter(),
            8..10 => {
                let (which, len) = (self.dice.below(2), 1 + self.dice.below(4));
                format!("write {which} {len} = {:?}", self.s.write(self.pipes[which].1, &vec![1; len]))
            }
            10..15 => {
                let which = self.dice.below(3);
                raise(self.s, self.counters[which]);
                format!("raise {which}")
            }
            15 => {
                let which = self.dice.below(3);
                format!("drain {which} = {:?}", drain(self.s, self.counters[which]))
            }
            _ => self.control(),
        };
        for (index, answer) in self.sorted() {
            let _ = write!(text, "; {index}: {answer}");
        }
        text
    }

    fn start_reader(&mut self) -> String {
        let (fd, len) = (self.pipes[0].0, 1 + self.dice.below(3));
        self.crew.start(move |s: &S| Ok(format!("{:?}", again(|| read(s, fd, len)))));
        format!("start read {len}")
    }

    fn start_waiter(&mut self) -> String {
        let (which, max) = (self.dice.below(3), 1 + self.dice.below(2));
        let epfd = self.instances[which];
        self.crew.start(move |s: &S| {
            let mut events = vec![EpollEvent::default(); max];
            let len = again(|| s.epoll_wait(epfd, &mut events, None))?;
            let seen = events[..len].iter().map(|event| (event.data, event.events));
            Ok(format!("{:?}", seen.collect::<Vec<_>>()))
        });
        format!("start epoll_wait {which} {max}")
    }

    /// Registers a counter, or the other pipe as number 3.
    fn control(&mut self) -> String {
        let (which, target) = (self.dice.below(3), self.dice.below(4));
        let fd = self.counters.get(target).copied().unwrap_or(self.pipes[1].0);
        let op = self.dice.pick(&[EpollOp::Add, EpollOp::Add, EpollOp::Mod, EpollOp::Del]);
        let how = self.dice.pick(&[NONE, ET, ET, ONESHOT, EXCLUSIVE, ET | EXCLUSIVE]);
        let event = EpollEvent { events: IN | how, data: target as u64 };
        let answer = self.s.epoll_ctl(self.instances[which], op, fd, event);
        format!("epoll_ctl {which} {op:?} {target} {how:?} = {answer:?}")
    }

    /// Ends every thread that still waits.
    fn finish(mut self) -> String {
        for (_, writer) in self.pipes {
            self.s.close(writer).expect("it is open");
        }
        let poison = eventfd(self.s);
        raise(self.s, poison);
        for epfd in self.instances {
            add(self.s, epfd, poison, IN);
            settle(self.s);
        }
        let ended: Vec<usize> = self.sorted().into_iter().map(|(index, _)| index).collect();
        self.crew.join();
        let reads = self.pipes.map(|(reader, _)| reader);
        for fd in reads.iter().chain(&self.counters).chain(&self.instances).chain([&poison]) {
            self.s.close(*fd).expect("it is open");
        }
        format!("finish; {ended:?}")
    }

    /// Which threads have ended, by their numbers: the order of those that one step ends is not told.
    fn sorted(&mut self) -> Vec<(usize, String)> {
        let mut answers = self.crew.answers();
        answers.sort_by_key(|&(index, _)| index);
        answers
            .into_iter()
            .map(|(index, answer)| (index, answer.unwrap_or_else(|e| format!("{e:?}"))))
            .collect()
    }
}
