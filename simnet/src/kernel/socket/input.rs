//! Segments and whom they are for (`tcp_v4_rcv`).

use core::net::SocketAddr;

use super::flows::{Flow, hash};
use crate::fabric::Unreachable;
use crate::kernel::Kernel;
use crate::kernel::ids::{HostId, SocketId};
use crate::kernel::tcp::{Flags, Segment, Seq};

impl Kernel {
    /// A segment has arrived at a host.
    #[inline]
    pub(crate) fn receive(&mut self, host: HostId, segment: Segment) {
        match self.find_flow(host, segment.dst, segment.src) {
            Some(Flow::Socket(socket)) => self.drive(socket, |tcp, cx| tcp.on_segment(segment, cx)),
            Some(Flow::Request(request)) => self.on_request_segment(host, request, segment),
            Some(Flow::TimeWait(remains)) => self.on_remains_segment(host, remains, segment),
            None => self.on_strange_segment(host, segment),
        }
    }

    /// Who has that pair of addresses (`__inet_lookup_established`).
    #[inline]
    pub(super) fn find_flow(&self, host: HostId, local: SocketAddr, peer: SocketAddr) -> Option<Flow> {
        self.hosts[host.index()].flows.find(hash(local, peer), |flow| {
            let ends = match flow {
                Flow::Socket(socket) => {
                    let tcp = &self.sockets[socket].tcp;
                    (&tcp.local, &tcp.peer)
                }
                Flow::Request(request) => self.net.requests[request].ends(),
                Flow::TimeWait(remains) => self.net.time_waits[remains].ends(),
            };
            (*ends.0, *ends.1) == (local, peer)
        })
    }

    /// A segment that belongs to no connection: a listener's, or nobody's.
    pub(super) fn on_strange_segment(&mut self, host: HostId, segment: Segment) {
        let listener = self.find_listener(host, segment.dst, segment.src);
        let is_syn = segment.flags & (Flags::SYN | Flags::ACK | Flags::RST) == Flags::SYN;
        match listener {
            Some(listener) if is_syn && !segment.has(Flags::FIN) => self.on_syn(host, listener, &segment),
            Some(_) if !segment.has(Flags::ACK) => {}
            _ => {
                if let Some(reset) = segment.reset() {
                    self.transmit(host, reset);
                }
            }
        }
        self.recycle(segment);
    }

    /// The listener for an address: the one that is bound to it, else one to any address, IPv4 before
    /// IPv6 (`__inet_lookup_listener`). Of several with `SO_REUSEPORT` the peer's address decides.
    pub(super) fn find_listener(
        &self,
        host: HostId,
        local: SocketAddr,
        peer: SocketAddr,
    ) -> Option<SocketId> {
        let sockets = self.hosts[host.index()].listeners.get(&local.port())?;
        let best = sockets.iter().map(|&socket| self.score(socket, local)).max()?;
        if best == 0 {
            return None;
        }
        let group = || sockets.iter().copied().filter(|&socket| self.score(socket, local) == best);
        let count = group().count() as u64;
        let nth = (u64::from(hash(local, peer)) * count) >> 32;
        group().nth(nth as usize)
    }

    /// How well a listener fits an address; 0 is not at all.
    fn score(&self, socket: SocketId, local: SocketAddr) -> u32 {
        let tcp = &self.sockets[socket].tcp;
        match (tcp.local, local) {
            (own, local) if own.ip() == local.ip() => 3,
            (SocketAddr::V4(own), SocketAddr::V4(_)) if own.ip().is_unspecified() => 2,
            (SocketAddr::V6(own), SocketAddr::V6(_)) if own.ip().is_unspecified() => 2,
            (SocketAddr::V6(own), SocketAddr::V4(_)) if own.ip().is_unspecified() && !tcp.options.v6_only => {
                1
            }
            _ => 0,
        }
    }

    /// ICMP says that the segment `seq` from `local` to `peer` could not be delivered.
    pub(crate) fn on_unreachable(
        &mut self,
        host: HostId,
        local: SocketAddr,
        peer: SocketAddr,
        seq: Seq,
        code: Unreachable,
    ) {
        match self.find_flow(host, local, peer) {
            Some(Flow::Socket(socket)) => self.drive(socket, |tcp, cx| tcp.on_unreachable(seq, code, cx)),
            // `tcp_req_err`.
            Some(Flow::Request(request)) if code.may_pass() => self.drop_request(request),
            Some(Flow::Request(_) | Flow::TimeWait(_)) | None => {}
        }
    }
}
