//! Connections that are being made to a listener (`tcp_conn_request`, `tcp_check_req`).

use core::net::SocketAddr;

use super::Phase;
use super::flows::{Flow, hash};
use crate::kernel::ids::{HostId, RequestId, SocketId};
use crate::kernel::tcp::{Context, Request, RequestVerdict, Retry, Segment, Seq, State, Tcp, Wakes};
use crate::kernel::{Event, Kernel};

/// A request, and whose it is. A listener that has gone does not look for its requests: they look for it.
#[derive(Debug)]
pub(super) struct Pending {
    request: Request,
    host: HostId,
    listener: SocketId,
    listener_serial: u32,
    serial: u32,
}

impl Pending {
    pub(super) fn host(&self) -> HostId {
        self.host
    }

    pub(super) fn ends(&self) -> (&SocketAddr, &SocketAddr) {
        (&self.request.local, &self.request.peer)
    }
}

impl Kernel {
    /// A SYN for a listener. With a full accept queue it is dropped without a word.
    pub(super) fn on_syn(&mut self, host: HostId, listener: SocketId, syn: &Segment) {
        if !self.is_accept_queue_full(listener) {
            let iss = self.hosts[host.index()].new_iss(syn.dst, syn.src, self.now.as_nanos());
            self.answer_syn(host, listener, syn, iss);
        }
    }

    /// Answers a SYN with numbers from `iss` on.
    pub(super) fn answer_syn(&mut self, host: HostId, listener: SocketId, syn: &Segment, iss: Seq) {
        let Ok(route) = self.route(host, syn.dst.ip(), syn.src.ip()) else { return };
        let state = &self.sockets[listener];
        let request = Request::new(syn, iss, route.mtu, &state.tcp.options, self.now);
        let answer = request.syn_ack(route.mtu, self.now, &state.tcp.options);
        let (key, timeout) = (hash(syn.dst, syn.src), request.timeout());
        self.net.serials = self.net.serials.wrapping_add(1);
        let serial = self.net.serials;
        let listener_serial = state.serial;
        let id = self.net.requests.insert(Pending { request, host, listener, listener_serial, serial });
        self.hosts[host.index()].flows.insert(key, Flow::Request(id));
        self.timers.schedule(self.now + timeout, Event::Request { request: id, serial });
        self.transitions.note(State::Listen, State::SynReceived);
        self.transmit(host, answer);
    }

    /// The listener of a request, if it still listens.
    fn listener_of(&self, request: RequestId) -> Option<SocketId> {
        let pending = &self.net.requests[request];
        let state = self.sockets.get(pending.listener)?;
        let is_same = state.serial == pending.listener_serial && state.tcp.state == State::Listen;
        is_same.then_some(pending.listener)
    }

    fn syn_ack_again(&self, request: RequestId, listener: SocketId) -> Option<Segment> {
        let Pending { request, host, .. } = &self.net.requests[request];
        let route = self.route(*host, request.local.ip(), request.peer.ip()).ok()?;
        Some(request.syn_ack(route.mtu, self.now, &self.sockets[listener].tcp.options))
    }

    pub(super) fn drop_request(&mut self, request: RequestId) {
        let Pending { request: state, host, .. } = self.net.requests.remove(request);
        self.hosts[host.index()].flows.remove(hash(state.local, state.peer), Flow::Request(request));
    }

    /// A segment for a connection whose handshake is not complete.
    pub(super) fn on_request_segment(&mut self, host: HostId, request: RequestId, segment: Segment) {
        let listener = self.listener_of(request);
        let again = listener.and_then(|listener| self.syn_ack_again(request, listener));
        let (Some(listener), Some(again)) = (listener, again) else {
            self.drop_request(request);
            return self.on_strange_segment(host, segment);
        };
        let mut replies = Vec::new();
        let defer = self.sockets[listener].tcp.options.defer_accept;
        let verdict = self.net.requests[request].request.on_segment(defer, &segment, &mut replies, again);
        for reply in replies {
            self.transmit(host, reply);
        }
        match verdict {
            RequestVerdict::Ignore => {}
            RequestVerdict::Drop => {
                self.transitions.note(State::SynReceived, State::Listen);
                self.drop_request(request);
            }
            RequestVerdict::Reset => {
                if let Some(reset) = segment.reset() {
                    self.transmit(host, reset);
                }
            }
            // Without room the segment is lost, and the SYN and ACK will be sent again.
            RequestVerdict::Open if self.is_accept_queue_full(listener) => {}
            RequestVerdict::Open => return self.complete(request, listener, segment),
        }
        self.recycle(segment);
    }

    /// The handshake is complete: a socket is made, queued, and given the segment (`tcp_child_process`).
    fn complete(&mut self, request: RequestId, listener: SocketId, segment: Segment) {
        let pending = self.net.requests.remove(request);
        let parent = &self.sockets[listener];
        let (host, domain, is_addr_bound) = (parent.host, parent.domain, parent.is_addr_bound);
        let (options, shutdown) = (parent.tcp.options.clone(), parent.tcp.shutdown);
        let Kernel { hosts, net, now, .. } = self;
        let sysctl = &hosts[host.index()].sysctl;
        let mut cx =
            Context { now: *now, pool: &mut net.pool, effects: &mut net.effects, sysctl, has_route: true };
        // A clone of its parent, in this respect too (`sk_clone_lock`).
        let mut tcp = Tcp::open(&pending.request, options, &mut cx);
        tcp.shutdown = shutdown;
        let key = hash(tcp.local, tcp.peer);
        let child = self.add_socket(host, domain, tcp);
        let state = &mut self.sockets[child];
        state.phase = Phase::Connected;
        state.is_hashed = true;
        state.is_addr_bound = is_addr_bound;
        self.hosts[host.index()].flows.replace(key, Flow::Request(request), Flow::Socket(child));
        self.acquire_claim(child, false);
        self.queue_child(listener, child);
        self.drive(child, |tcp, cx| tcp.on_segment(segment, cx));
        self.wake(listener, Wakes::DATA);
    }

    /// The answer to a SYN has waited for its own answer (`reqsk_timer_handler`).
    pub(in crate::kernel) fn on_request_time(&mut self, id: RequestId, serial: u32) {
        let most = match self.net.requests.get(id) {
            Some(pending) if pending.serial == serial => {
                self.hosts[pending.host.index()].sysctl.synack_retries
            }
            _ => return,
        };
        let Some(listener) = self.listener_of(id) else { return self.drop_request(id) };
        let pending = &mut self.net.requests[id];
        let host = pending.host;
        let retry = pending.request.retry(most, self.sockets[listener].tcp.options.defer_accept);
        if retry == Retry::Drop {
            return self.drop_request(id);
        }
        let timeout = pending.request.timeout();
        self.timers.schedule(self.now + timeout, Event::Request { request: id, serial });
        if retry == Retry::Send
            && let Some(again) = self.syn_ack_again(id, listener)
        {
            self.transmit(host, again);
        }
    }

    /// The host of a request that waits, if it does.
    pub(in crate::kernel) fn request_host(&self, id: RequestId) -> Option<HostId> {
        self.net.requests.get(id).map(|pending| pending.host)
    }

    /// The host has crashed.
    pub(super) fn forget_requests(&mut self, host: HostId) {
        let here = |pending: &Pending| pending.host == host;
        let ids: Vec<RequestId> =
            self.net.requests.iter().filter(|(_, pending)| here(pending)).map(|(id, _)| id).collect();
        for id in ids {
            self.drop_request(id);
        }
    }
}
