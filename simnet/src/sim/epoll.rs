//! epoll(7) and eventfd(2).

use core::fmt;
use core::time::Duration;

use netcore::sys::{Epoll, EpollCreateFlags, EpollEvent, EpollOp, EventfdFlags, Fd, Result};

use super::Sim;
use super::bits::Bits;
use super::call::Value;
use crate::trace::CallName;
use crate::world::state;

impl Epoll for Sim {
    fn epoll_create1(&self, flags: EpollCreateFlags) -> Result<Fd> {
        self.call(CallName::EpollCreate1, Fd::NONE, format_args!("{}", Bits(flags)), |k, c| {
            k.epoll_create1(c, flags)
        })
    }

    fn epoll_ctl(&self, epfd: Fd, op: EpollOp, fd: Fd, event: EpollEvent) -> Result<()> {
        let args = format_args!("{epfd}, {op:?}, {fd}, {}", Shown(event));
        self.call(CallName::EpollCtl, fd, args, |k, c| k.epoll_ctl(c, epfd, op, fd, event))
    }

    fn epoll_wait(&self, epfd: Fd, events: &mut [EpollEvent], timeout: Option<Duration>) -> Result<usize> {
        let max = events.len();
        let args = format_args!("{epfd}, {max}, {timeout:?}");
        let ready = self.call(CallName::EpollWait, epfd, args, |k, c| {
            let len = k.epoll_wait(c, epfd, events, timeout)?;
            let mut head = [EpollEvent::default(); SHOWN];
            head[..len.min(SHOWN)].copy_from_slice(&events[..len.min(SHOWN)]);
            state::keep_reported(&mut k.reported);
            Ok(Ready { len, head })
        })?;
        Ok(ready.len)
    }

    fn eventfd(&self, initval: u32, flags: EventfdFlags) -> Result<Fd> {
        let args = format_args!("{initval}, {}", Bits(flags));
        self.call(CallName::Eventfd, Fd::NONE, args, |k, c| k.eventfd(c, initval, flags))
    }
}

/// How many of the events of one epoll_wait a trace shows.
const SHOWN: usize = 4;

/// What epoll_wait answers: how many events, and the first of them.
struct Ready {
    len: usize,
    head: [EpollEvent; SHOWN],
}

impl Value for Ready {
    fn code(&self) -> u64 {
        let bits = self.head.iter().fold(0_u64, |bits, event| bits << 14 ^ u64::from(event.events.bits()));
        bits << 8 ^ self.len as u64
    }

    fn text(&self) -> String {
        let shown: Vec<String> =
            self.head[..self.len.min(SHOWN)].iter().map(|&event| Shown(event).to_string()).collect();
        let more = if self.len > SHOWN { ", ..." } else { "" };
        format!("{} [{}{more}]", self.len, shown.join(", "))
    }
}

/// An event as strace shows it: `{IN|OUT, 0x7}`.
struct Shown(EpollEvent);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}, {:#x}}}", Bits(self.0.events), self.0.data)
    }
}
