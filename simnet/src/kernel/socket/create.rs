//! socket(2).

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use netcore::sys::{Domain, Errno, Fd, Instant, OFlags, SockFlags, SockType};

use super::{Phase, Socket};
use crate::kernel::file::{File, FileKind};
use crate::kernel::ids::{FileId, HostId, SocketId};
use crate::kernel::tcp::{Options, Tcp};
use crate::kernel::{Answer, Call, Kernel};

impl Kernel {
    /// socket(2) with protocol 0: a TCP socket.
    pub fn socket(&mut self, call: &mut Call, domain: Domain, ty: SockType, flags: SockFlags) -> Answer<Fd> {
        let ip = match domain {
            Domain::Inet => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            Domain::Inet6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
            other => {
                self.unmodelled = Some(format!("socket: {other:?}"));
                return Err(Errno::EAFNOSUPPORT.into());
            }
        };
        if ty != SockType::Stream {
            if ty != SockType::SeqPacket {
                self.unmodelled = Some(format!("socket: {ty:?}"));
            }
            return Err(Errno::ESOCKTNOSUPPORT.into());
        }
        let host = self.process(call.process).host;
        let tcp = Tcp::new(SocketAddr::new(ip, 0), Options::default());
        let socket = self.add_socket(host, domain, tcp);
        let file = self.add_file(socket, flags);
        Ok(self.install(call.process, file, flags.contains(SockFlags::CLOEXEC))?)
    }

    pub(super) fn add_socket(&mut self, host: HostId, domain: Domain, tcp: Tcp) -> SocketId {
        self.net.serials = self.net.serials.wrapping_add(1);
        self.sockets.insert(Socket {
            host,
            domain,
            file: None,
            tcp,
            phase: Phase::Unconnected,
            claim: None,
            is_addr_bound: false,
            is_port_bound: false,
            is_mapped: false,
            is_hashed: false,
            is_queued: false,
            listener: None,
            armed: Instant::MAX,
            serial: self.net.serials,
        })
    }

    pub(super) fn add_file(&mut self, socket: SocketId, flags: SockFlags) -> FileId {
        let mut mode = OFlags::RDWR;
        mode.set(OFlags::NONBLOCK, flags.contains(SockFlags::NONBLOCK));
        let file = self.files.insert(File::new(FileKind::Socket(socket), mode));
        self.sockets[socket].file = Some(file);
        file
    }
}
