//! A host: its addresses, the settings and tables of its network stack, and whether it is powered.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::collections::BTreeMap;

use netcore::sys::Errno;

use super::ids::{HostId, SocketId};
use super::socket::flows::{Flows, hash, mix};
use super::socket::ports::Ports;
use super::tcp::{Seq, Sysctl};
use super::{Event, Kernel};

/// The network stack of one host.
#[derive(Debug)]
pub struct Host {
    /// The name, for people.
    pub name: String,
    /// Its addresses beside the loopback's.
    pub addrs: Vec<IpAddr>,
    /// Its settings.
    pub sysctl: Sysctl,
    /// Whether it runs.
    pub power: Power,
    /// Whether its interface is up.
    pub(crate) is_plugged: bool,
    /// Routes that lead nowhere.
    routes: BTreeMap<IpAddr, RouteType>,
    pub(super) flows: Flows,
    pub(super) ports: Ports,
    pub(super) listeners: BTreeMap<u16, Vec<SocketId>>,
    /// What came up while it was paused, in order.
    pub(super) deferred: Vec<Event>,
    secret: u64,
    connections: u32,
}

/// Whether a host runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// It runs.
    Up,
    /// Nothing happens on it: packets and timers wait.
    Paused,
    /// It has crashed: packets to it are lost.
    Down,
}

/// A route by which a destination is not reached, ip-route(8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteType {
    /// connect(2) answers `EHOSTUNREACH`.
    Unreachable,
    /// connect(2) answers `EINVAL`.
    Blackhole,
    /// connect(2) answers `EACCES`.
    Prohibit,
    /// As if there were no route: `ENETUNREACH`.
    Throw,
}

impl RouteType {
    /// What the sender is told (`fib_props`).
    const fn errno(self) -> Errno {
        match self {
            RouteType::Unreachable => Errno::EHOSTUNREACH,
            RouteType::Blackhole => Errno::EINVAL,
            RouteType::Prohibit => Errno::EACCES,
            RouteType::Throw => Errno::ENETUNREACH,
        }
    }
}

/// How a destination is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Route {
    /// The address that a connection has by default.
    pub(super) source: IpAddr,
    /// The MTU of the first hop.
    pub(super) mtu: u32,
}

/// The MTU of the loopback.
const LOOPBACK_MTU: u32 = 65_536;

impl Host {
    fn new(name: &str, addrs: Vec<IpAddr>, secret: u64) -> Self {
        Host {
            name: name.to_owned(),
            addrs,
            sysctl: Sysctl::default(),
            power: Power::Up,
            is_plugged: true,
            routes: BTreeMap::new(),
            flows: Flows::default(),
            ports: Ports::default(),
            listeners: BTreeMap::new(),
            deferred: Vec::new(),
            secret,
            connections: 0,
        }
    }

    /// Whether the address is this host's own (`RTN_LOCAL`).
    #[inline]
    pub fn owns(&self, ip: IpAddr) -> bool {
        ip.is_loopback() || self.addrs.contains(&ip)
    }

    /// Why nothing goes out to that address, if nothing does.
    #[inline]
    pub(crate) fn refusal(&self, dst: IpAddr) -> Option<Errno> {
        if self.is_plugged && self.routes.is_empty() || self.owns(dst) {
            return None;
        }
        if !self.is_plugged {
            return Some(Errno::ENETUNREACH);
        }
        self.routes.get(&dst).map(|route| route.errno())
    }

    /// The first sequence number of a new connection (RFC 6528, `secure_tcp_seq`): a function of the
    /// addresses plus a clock of 64 ns. Each connection counts as 4 ms of it, so that two in one instant
    /// of virtual time differ as two on a real machine do.
    pub(super) fn new_iss(&mut self, local: SocketAddr, peer: SocketAddr, nanos: u64) -> Seq {
        self.connections = self.connections.wrapping_add(1);
        let clock = ((nanos >> 6) as u32).wrapping_add(self.connections << 16);
        Seq((mix(self.secret ^ u64::from(hash(local, peer))) as u32).wrapping_add(clock))
    }

    /// All the tables of a stack that has just been started.
    pub(super) fn reset(&mut self) {
        let sysctl = self.sysctl.clone();
        *self = Host { sysctl, ..Host::new(&self.name, core::mem::take(&mut self.addrs), mix(self.secret)) };
    }
}

impl Kernel {
    /// Adds a host with one address.
    pub fn add_host(&mut self, name: &str, addr: IpAddr) -> HostId {
        let host = HostId(self.hosts.len() as u32);
        self.hosts.push(Host::new(name, Vec::new(), mix(u64::from(host.0))));
        self.add_addr(host, addr);
        let somaxconn = format!("{}\n", self.hosts[host.index()].sysctl.somaxconn);
        self.set_path(host, "/proc/sys/net/core/somaxconn", Some(somaxconn.as_bytes()));
        host
    }

    /// Gives a host another address.
    pub fn add_addr(&mut self, host: HostId, addr: IpAddr) {
        self.hosts[host.index()].addrs.push(addr);
        self.fabric.add_addr(addr, host);
    }

    /// The name of a host.
    pub fn host_name(&self, host: HostId) -> &str {
        &self.hosts[host.index()].name
    }

    /// How `dst` is reached from `host`, a socket there being bound to `source` (or unspecified).
    pub(super) fn route(&self, host: HostId, source: IpAddr, dst: IpAddr) -> Result<Route, Errno> {
        let state = &self.hosts[host.index()];
        let bound = (!source.is_unspecified()).then_some(source);
        if state.owns(dst) {
            let own = match dst {
                IpAddr::V4(ip) if ip.is_loopback() => IpAddr::V4(Ipv4Addr::LOCALHOST),
                other => other,
            };
            return Ok(Route { source: bound.unwrap_or(own), mtu: LOOPBACK_MTU });
        }
        if dst.is_multicast() || dst == IpAddr::V4(Ipv4Addr::BROADCAST) {
            return Err(Errno::ENETUNREACH);
        }
        if let Some(errno) = state.refusal(dst) {
            return Err(errno);
        }
        let mtu = self.fabric.mtu(host, dst).ok_or(Errno::ENETUNREACH)?;
        match bound {
            // "martian source".
            Some(ip) if ip.is_loopback() => Err(Errno::EINVAL),
            Some(source) => Ok(Route { source, mtu }),
            None => {
                let own = state.addrs.iter().find(|addr| addr.is_ipv4() == dst.is_ipv4());
                own.map(|&source| Route { source, mtu }).ok_or(Errno::ENETUNREACH)
            }
        }
    }

    /// Sets a route of a host that leads nowhere; `None` takes it away. Connections that there are go on sending, in
    /// vain.
    pub fn set_route(&mut self, host: HostId, dst: IpAddr, route: Option<RouteType>) {
        let routes = &mut self.hosts[host.index()].routes;
        match route {
            Some(route) => drop(routes.insert(dst, route)),
            None => drop(routes.remove(&dst)),
        }
    }

    /// Takes the interface of a host down, or up again. While it is down there are no routes but the loopback's, and
    /// nothing goes out or comes in.
    pub fn set_plugged(&mut self, host: HostId, is_plugged: bool) {
        self.hosts[host.index()].is_plugged = is_plugged;
    }

    pub(crate) fn host(&self, host: HostId) -> &Host {
        &self.hosts[host.index()]
    }

    /// Stops everything on a host: its packets and timers wait. Its threads are the scheduler's to stop.
    pub fn pause_host(&mut self, host: HostId) {
        if self.hosts[host.index()].power == Power::Up {
            self.hosts[host.index()].power = Power::Paused;
        }
    }

    /// Lets a paused host go on: what has waited happens now, in order.
    pub fn resume_host(&mut self, host: HostId) {
        let state = &mut self.hosts[host.index()];
        if state.power != Power::Paused {
            return;
        }
        state.power = Power::Up;
        for event in core::mem::take(&mut state.deferred) {
            self.fire(event);
        }
    }

    /// A host loses its power: its connections are gone without a word. Its processes are the caller's to
    /// end, before or after.
    pub fn crash_host(&mut self, host: HostId) {
        self.vanish_sockets(host);
        let deferred = core::mem::take(&mut self.hosts[host.index()].deferred);
        self.hosts[host.index()].reset();
        self.hosts[host.index()].power = Power::Down;
        for event in deferred {
            // Packets are forgotten; nothing else is there any more.
            self.fire(event);
        }
    }

    /// A host that has crashed comes back, with the same addresses and no memory: what it is sent for old
    /// connections it answers with a reset.
    pub fn restart_host(&mut self, host: HostId) {
        if self.hosts[host.index()].power == Power::Down {
            self.hosts[host.index()].power = Power::Up;
        }
    }
}

/// The address of the family that means any.
pub(super) fn unspecified_like(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
}
