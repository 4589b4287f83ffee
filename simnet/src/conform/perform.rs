//! One call of a program.

use std::io::{IoSlice, IoSliceMut};
use std::time::Duration;

use netcore::sys::{
    Domain, DupFlags, Epoll, EpollCreateFlags, EpollEvent, EpollEvents, EpollOp, Errno, EventfdFlags, Fd,
    FdFlags, MsgFlags, OFlags, SockFlags, SockType,
};

use super::answer::{Answer, Value};
use super::call::{Call, Op, Var};
use super::machine::{Machine, Platform, RECEIVED, SENT, TRANSFER_MAX, name};
use super::option::Opt;

/// How often [`Call::Fill`] and [`Call::Drain`] go round at most.
const ROUNDS_MAX: usize = 2000;
/// What each round of [`Call::Fill`] sends.
const ROUND: usize = 16_384;

impl<S: Platform> Machine<'_, S> {
    /// Makes the program's call number `at`.
    pub(super) fn call(&mut self, at: u64, call: &Call) -> Answer {
        let s = self.s;
        match *call {
            Call::Socket { makes, v6 } => {
                let domain = if v6 { Domain::Inet6 } else { Domain::Inet };
                let fd = s.socket(domain, SockType::Stream, SockFlags::NONBLOCK)?;
                let place = self.learn(makes, fd, None);
                self.is_socket(place);
                Ok(Value::Made([place, 0], 1))
            }
            Call::Pipe { makes } => {
                let (read, write) = s.pipe2(OFlags::NONBLOCK)?;
                let places = [(makes[0], read), (makes[1], write)].map(|(var, fd)| self.learn(var, fd, None));
                Ok(Value::Made(places, 2))
            }
            Call::Eventfd { makes, initial, semaphore } => {
                let semaphore = if semaphore { EventfdFlags::SEMAPHORE } else { EventfdFlags::empty() };
                self.made(makes, s.eventfd(initial, EventfdFlags::NONBLOCK | semaphore), None)
            }
            Call::EpollCreate { makes } => self.made(makes, s.epoll_create1(EpollCreateFlags::CLOEXEC), None),
            Call::Dup { makes, of } => self.made(makes, s.dup(self.fd(of)), Some(of)),
            Call::Dup2 { makes, of, onto } => {
                self.made(makes, s.dup2(self.fd(of), self.onto(onto)), Some(of))
            }
            Call::Dup3 { makes, of, onto, cloexec } => {
                let flags = if cloexec { DupFlags::CLOEXEC } else { DupFlags::empty() };
                self.made(makes, s.dup3(self.fd(of), self.onto(onto), flags), Some(of))
            }
            Call::Dupfd { makes, of, min } => {
                self.made(makes, s.fcntl_dupfd_cloexec(self.fd(of), self.onto(min)), Some(of))
            }
            Call::Close { fd } => done(s.close(self.fd(fd))),
            Call::Setfd { fd, cloexec } => {
                let flags = if cloexec { FdFlags::CLOEXEC } else { FdFlags::empty() };
                done(s.fcntl_setfd(self.fd(fd), flags))
            }
            Call::Getfd { fd } => int(s.fcntl_getfd(self.fd(fd)).map(|flags| flags.bits())),
            Call::Setfl { fd, nonblock } => {
                let flags = if nonblock { OFlags::NONBLOCK } else { OFlags::empty() };
                done(s.fcntl_setfl(self.fd(fd), flags))
            }
            Call::Start { call } => self.start(call),
            Call::Rest => self.ended(),
            Call::Getfl { fd } => s.fcntl_getfl(self.fd(fd)).map(Value::Flags),
            Call::Fionread { fd } => int(s.ioctl_fionread(self.fd(fd)).map(|len| len as u32)),
            Call::Rlimit { nth } => self.limit(nth),
            Call::EpollCtl { epfd, op, fd, events } => {
                let event = EpollEvent { events, data: at };
                done(s.epoll_ctl(self.fd(epfd), op.sys(), self.fd(fd), event))
            }
            Call::EpollWait { epfd, max } => wait(s, self.fd(epfd), max.into(), Some(Duration::ZERO)),
            Call::Poll { fd } => self.poll(fd),
            _ => self.send(call),
        }
    }

    fn send(&mut self, call: &Call) -> Answer {
        let s = self.s;
        match *call {
            Call::Send { fd, len, flags } => {
                let (fd, flags) = (self.fd(fd), flags | MsgFlags::NOSIGNAL);
                let sent = s.send(fd, self.few_bytes(fd, len as usize), flags);
                self.sent(fd, sent)
            }
            Call::Sendto { fd, len, to } => {
                let (fd, to) = (self.fd(fd), self.addr(to));
                let bytes = self.few_bytes(fd, len as usize);
                let sent = s.sendto(fd, bytes, MsgFlags::NOSIGNAL, &to);
                self.sent(fd, sent)
            }
            Call::Write { fd, len } => {
                let fd = self.fd(fd);
                let sent = s.write(fd, self.few_bytes(fd, len as usize));
                self.sent(fd, sent)
            }
            Call::Writev { fd, ref lens } => {
                let fd = self.fd(fd);
                let mut rest = self.few_bytes(fd, lens.iter().sum::<u32>() as usize);
                let slices: Vec<IoSlice<'_>> = lens
                    .iter()
                    .map(|&len| {
                        let (piece, after) = rest.split_at(rest.len().min(len as usize));
                        rest = after;
                        IoSlice::new(piece)
                    })
                    .collect();
                let sent = s.writev(fd, &slices);
                self.sent(fd, sent)
            }
            Call::Raise { fd, value } => {
                s.write(self.fd(fd), &value.to_ne_bytes()).map(|len| Value::Bytes(len as u32, true))
            }
            Call::Fill { fd } => self.until(|m| {
                let fd = m.fd(fd);
                let sent = m.s.write(fd, m.next_bytes(fd, SENT, ROUND));
                m.sent(fd, sent)
            }),
            _ => self.receive(call),
        }
    }

    fn receive(&mut self, call: &Call) -> Answer {
        let s = self.s;
        match *call {
            Call::Recv { fd, len, flags } => {
                let fd = self.fd(fd);
                let keep = flags.contains(MsgFlags::PEEK);
                let hidden = flags.contains(MsgFlags::TRUNC);
                self.received(fd, len as usize, keep, hidden, |buf| s.recv(fd, buf, flags))
            }
            Call::Read { fd, len } => {
                let fd = self.fd(fd);
                self.received(fd, len as usize, false, false, |buf| s.read(fd, buf))
            }
            Call::Readv { fd, ref lens } => {
                let fd = self.fd(fd);
                self.received(fd, lens.iter().sum::<u32>() as usize, false, false, |buf| {
                    let mut rest = buf;
                    let mut slices = Vec::new();
                    for &len in lens {
                        let (piece, after) = rest.split_at_mut(rest.len().min(len as usize));
                        slices.push(IoSliceMut::new(piece));
                        rest = after;
                    }
                    s.readv(fd, &mut slices)
                })
            }
            Call::Take { fd } => {
                let mut value = [0; 8];
                let len = s.read(self.fd(fd), &mut value)?;
                Ok(if len == 8 {
                    Value::Int(i64::from_ne_bytes(value))
                } else {
                    Value::Bytes(len as u32, true)
                })
            }
            Call::Drain { fd } => self.until(|m| {
                let fd = m.fd(fd);
                m.received(fd, TRANSFER_MAX / 2, false, false, |buf| m.s.read(fd, buf))
            }),
            _ => self.socket(call),
        }
    }

    fn socket(&mut self, call: &Call) -> Answer {
        let s = self.s;
        match *call {
            Call::Bind { fd, to } => {
                let answer = done(s.bind(self.fd(fd), &self.addr(to)));
                self.note_name(fd);
                answer
            }
            Call::Listen { fd, backlog } => {
                let answer = done(s.listen(self.fd(fd), backlog));
                self.note_name(fd);
                answer
            }
            Call::Connect { fd, to } => {
                let answer = done(s.connect(self.fd(fd), &self.addr(to)));
                self.note_name(fd);
                answer
            }
            Call::Accept { makes, fd, nonblock } => self.accept(makes, self.fd(fd), nonblock),
            Call::Shutdown { fd, how } => done(s.shutdown(self.fd(fd), how.sys())),
            Call::Getsockname { fd } => s.getsockname(self.fd(fd)).map(|addr| Value::Name(name(addr))),
            Call::Getpeername { fd } => s.getpeername(self.fd(fd)).map(|addr| Value::Name(name(addr))),
            Call::Getsockopt { fd, option } => s.getsockopt(self.fd(fd), option.sys()).map(Value::Option),
            Call::Setsockopt { fd, option, value } => done(self.set(self.fd(fd), option, value)),
            ref other => unreachable!("{other:?} is made elsewhere"),
        }
    }

    fn set(&self, fd: Fd, option: Opt, value: i32) -> Result<(), Errno> {
        self.s.setsockopt(fd, option.sys(), option.value(value))
    }

    fn accept(&mut self, makes: Var, fd: Fd, nonblock: bool) -> Answer {
        let flags = if nonblock { SockFlags::NONBLOCK } else { SockFlags::empty() };
        let (accepted, peer) = self.s.accept4(fd, flags)?;
        let place = self.learn(makes, accepted, None);
        self.is_socket(place);
        self.note_name(makes);
        let mut flags = None;
        if !nonblock {
            let before = self.s.fcntl_getfl(accepted)?;
            self.s.fcntl_setfl(accepted, before | OFlags::NONBLOCK)?;
            flags = Some(before);
        }
        Ok(Value::Accepted(place, name(peer), flags))
    }

    fn made(&mut self, var: Var, made: Result<Fd, Errno>, like: Option<Var>) -> Answer {
        let like = like.map(|like| self.fd(like));
        made.map(|fd| Value::Made([self.learn(var, fd, like), 0], 1))
    }

    fn sent(&mut self, fd: Fd, sent: Result<usize, Errno>) -> Answer {
        let sent = sent?;
        self.advance(fd, SENT, sent);
        Ok(Value::Bytes(sent as u32, true))
    }

    fn received(
        &mut self,
        fd: Fd,
        len: usize,
        keep: bool,
        hidden: bool,
        receive: impl FnOnce(&mut [u8]) -> Result<usize, Errno>,
    ) -> Answer {
        let mut buf = vec![0; len];
        let got = receive(&mut buf)?;
        let right = hidden || buf[..got.min(len)] == *self.next_bytes(fd, RECEIVED, got.min(len));
        if !keep {
            self.advance(fd, RECEIVED, got);
        }
        Ok(Value::Bytes(got as u32, right))
    }

    /// Goes round until nothing goes any more.
    fn until(&mut self, mut round: impl FnMut(&mut Self) -> Answer) -> Answer {
        let (mut any, mut right) = (false, true);
        for _ in 0..ROUNDS_MAX {
            match round(self) {
                Ok(Value::Bytes(0, _)) => return Ok(Value::Until(any, None, right)),
                Ok(Value::Bytes(_, is_right)) => {
                    any = true;
                    right &= is_right;
                }
                Ok(_) => unreachable!("bytes are what a round answers"),
                Err(errno) => return Ok(Value::Until(any, Some(errno), right)),
            }
        }
        Ok(Value::Until(any, None, right))
    }

    /// The readiness of a descriptor, from a new instance.
    fn poll(&self, fd: Var) -> Answer {
        let all = EpollEvents::IN | EpollEvents::PRI | EpollEvents::OUT | EpollEvents::RDHUP;
        let epfd = self.s.epoll_create1(EpollCreateFlags::CLOEXEC)?;
        let added = self.s.epoll_ctl(epfd, Op::Add.sys(), self.fd(fd), EpollEvent { events: all, data: 0 });
        let answer = added.and_then(|()| wait(self.s, epfd, 1, Some(Duration::ZERO)));
        let _ = self.s.epoll_ctl(epfd, EpollOp::Del, self.fd(fd), EpollEvent::default());
        self.s.close(epfd)?;
        answer
    }
}

pub(super) fn wait<S: Epoll>(s: &S, epfd: Fd, max: usize, timeout: Option<Duration>) -> Answer {
    let mut events = vec![EpollEvent::default(); max];
    let len = s.epoll_wait(epfd, &mut events, timeout)?;
    Ok(Value::Events(events[..len].iter().map(|event| (event.data, event.events)).collect()))
}

fn done(answer: Result<(), Errno>) -> Answer {
    answer.map(|()| Value::Done)
}

fn int(answer: Result<u32, Errno>) -> Answer {
    answer.map(|value| Value::Int(value.into()))
}
