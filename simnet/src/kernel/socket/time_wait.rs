//! Connections in TIME-WAIT (`inet_timewait_sock`), and who may take their addresses over.

use core::net::SocketAddr;
use core::time::Duration;

use super::flows::{Flow, hash};
use super::ports::{Claim, Class};
use crate::kernel::ids::{HostId, SocketId, TimeWaitId};
use crate::kernel::tcp::sysctl::TwReuse;
use crate::kernel::tcp::{Segment, Seq, State, TimeWait, TimeWaitVerdict};
use crate::kernel::{Event, Kernel};

/// What is left of a connection, and of its hold on its port.
#[derive(Debug)]
pub(super) struct Remains {
    time_wait: TimeWait,
    host: HostId,
    claim: Claim,
    serial: u32,
}

impl Remains {
    pub(super) fn ends(&self) -> (&SocketAddr, &SocketAddr) {
        (&self.time_wait.local, &self.time_wait.peer)
    }
}

impl Kernel {
    /// A connection goes on without its socket (`inet_twsk_hashdance`).
    pub(super) fn leave_remains(&mut self, socket: SocketId, time_wait: TimeWait) {
        let state = &mut self.sockets[socket];
        debug_assert!(state.is_hashed, "only a connection leaves remains");
        state.is_hashed = false;
        let host = state.host;
        let class =
            Class { reuse_addr: time_wait.reuse_addr, reuse_port: time_wait.reuse_port, listens: false };
        let is_bound = state.claim.is_some_and(|claim| claim.is_bound);
        let local = time_wait.local;
        let v6_only = state.tcp.options.v6_only;
        let claim = Claim { port: local.port(), addr: local.ip(), v6_only, class, is_bound };
        let key = hash(local, time_wait.peer);
        let expires = time_wait.expires;
        self.net.serials = self.net.serials.wrapping_add(1);
        let serial = self.net.serials;
        let id = self.net.time_waits.insert(Remains { time_wait, host, claim, serial });
        let stack = &mut self.hosts[host.index()];
        stack.ports.acquire(&claim);
        stack.flows.replace(key, Flow::Socket(socket), Flow::TimeWait(id));
        self.timers.schedule(expires, Event::TimeWait { time_wait: id, serial });
    }

    fn drop_remains(&mut self, id: TimeWaitId) -> Remains {
        let remains = self.net.time_waits.remove(id);
        self.transitions.note(remains.time_wait.substate, State::Closed);
        let stack = &mut self.hosts[remains.host.index()];
        stack.flows.remove(hash(remains.time_wait.local, remains.time_wait.peer), Flow::TimeWait(id));
        stack.ports.release(&remains.claim);
        remains
    }

    /// A segment for a connection in TIME-WAIT (`tcp_timewait_state_process`).
    pub(super) fn on_remains_segment(&mut self, host: HostId, id: TimeWaitId, segment: Segment) {
        let time_wait = &mut self.net.time_waits[id].time_wait;
        let before = time_wait.substate;
        let verdict = time_wait.on_segment(&segment, self.now);
        if before != time_wait.substate {
            self.transitions.note(before, time_wait.substate);
        }
        match verdict {
            TimeWaitVerdict::Ignore => {}
            TimeWaitVerdict::End => drop(self.drop_remains(id)),
            TimeWaitVerdict::Acknowledge => {
                let answer = time_wait.acknowledgment(&segment);
                self.transmit(host, answer);
            }
            TimeWaitVerdict::Reset => {
                self.drop_remains(id);
                if let Some(reset) = segment.reset() {
                    self.transmit(host, reset);
                }
            }
            TimeWaitVerdict::Renew(iss) => match self.find_listener(host, segment.dst, segment.src) {
                Some(listener) => {
                    self.drop_remains(id);
                    if !self.is_accept_queue_full(listener) {
                        self.answer_syn(host, listener, &segment, iss);
                    }
                }
                None => {
                    let answer = self.net.time_waits[id].time_wait.acknowledgment(&segment);
                    self.transmit(host, answer);
                }
            },
        }
        self.recycle(segment);
    }

    /// The first number of a new connection between two addresses, if none is in the way. One in TIME-WAIT
    /// gives way at once to a socket that was bound by hand, else after `patience`, and only where
    /// tcp_tw_reuse says so (`__inet_check_established`, `tcp_twsk_unique`).
    pub(super) fn take_over(
        &mut self,
        host: HostId,
        local: SocketAddr,
        peer: SocketAddr,
        patience: Option<Duration>,
    ) -> Option<Seq> {
        match self.find_flow(host, local, peer) {
            None => Some(self.hosts[host.index()].new_iss(local, peer, self.now.as_nanos())),
            Some(Flow::TimeWait(id)) => {
                let time_wait = &self.net.time_waits[id].time_wait;
                let reuse = match self.hosts[host.index()].sysctl.tw_reuse {
                    TwReuse::Never => false,
                    TwReuse::Always => true,
                    TwReuse::Loopback => local.ip().is_loopback() && peer.ip().is_loopback(),
                };
                let may = patience.is_none_or(|time| reuse && self.now - time_wait.heard >= time);
                let iss = time_wait.next_iss();
                may.then(|| self.drop_remains(id)).map(|_| iss)
            }
            Some(_) => None,
        }
    }

    /// The time of a connection in TIME-WAIT may be over.
    pub(in crate::kernel) fn on_remains_time(&mut self, id: TimeWaitId, serial: u32) {
        match self.net.time_waits.get(id) {
            Some(remains) if remains.serial == serial => {
                let expires = remains.time_wait.expires;
                if expires <= self.now {
                    self.drop_remains(id);
                } else {
                    self.timers.schedule(expires, Event::TimeWait { time_wait: id, serial });
                }
            }
            _ => {}
        }
    }

    /// The host of a connection in TIME-WAIT.
    pub(in crate::kernel) fn remains_host(&self, id: TimeWaitId) -> Option<HostId> {
        self.net.time_waits.get(id).map(|remains| remains.host)
    }

    /// What has no socket on a host, in words: connections in TIME-WAIT, and those not complete.
    pub(super) fn remains_of(&self, host: HostId) -> impl Iterator<Item = String> {
        let time_waits = self.net.time_waits.iter().map(|(_, remains)| remains);
        let time_waits = time_waits
            .filter(move |remains| remains.host == host)
            .map(|remains| (remains.ends(), remains.time_wait.substate));
        let requests = self.net.requests.iter().map(|(_, pending)| pending);
        let requests = requests
            .filter(move |pending| pending.host() == host)
            .map(|pending| (pending.ends(), State::SynReceived));
        time_waits
            .chain(requests)
            .map(|((local, peer), state)| format!("tcp {local} > {peer} {}", state.name()))
    }

    /// The host has crashed.
    pub(super) fn forget_remains(&mut self, host: HostId) {
        let here = |remains: &Remains| remains.host == host;
        let ids: Vec<TimeWaitId> =
            self.net.time_waits.iter().filter(|(_, remains)| here(remains)).map(|(id, _)| id).collect();
        for id in ids {
            self.drop_remains(id);
        }
        self.forget_requests(host);
        self.net.loopback.retain(|(from, _)| *from != host);
    }
}
