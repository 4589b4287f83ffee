//! Addresses as the system has them.

use core::mem::{MaybeUninit, size_of};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

use crate::sys::{Errno, Result, SockAddr};

/// A `struct sockaddr` of any family, with its length.
pub(super) struct Storage {
    storage: MaybeUninit<libc::sockaddr_storage>,
    len: libc::socklen_t,
}

impl Storage {
    /// Room for an answer.
    pub(super) fn empty() -> Self {
        Storage {
            storage: MaybeUninit::zeroed(),
            len: size_of::<libc::sockaddr_storage>() as libc::socklen_t,
        }
    }

    pub(super) fn of(addr: &SockAddr) -> Self {
        let mut this = Storage::empty();
        match addr {
            SockAddr::Inet(v4) => this.put(libc::sockaddr_in {
                sin_family: libc::AF_INET as libc::sa_family_t,
                sin_port: v4.port().to_be(),
                sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(v4.ip().octets()) },
                sin_zero: [0; 8],
            }),
            SockAddr::Inet6(v6) => this.put(libc::sockaddr_in6 {
                sin6_family: libc::AF_INET6 as libc::sa_family_t,
                sin6_port: v6.port().to_be(),
                sin6_flowinfo: v6.flowinfo(),
                sin6_addr: libc::in6_addr { s6_addr: v6.ip().octets() },
                sin6_scope_id: v6.scope_id(),
            }),
            SockAddr::Unspec => {
                this.put(libc::sockaddr {
                    sa_family: libc::AF_UNSPEC as libc::sa_family_t,
                    sa_data: [0; 14],
                });
            }
        }
        this
    }

    /// `T` is one of the sockaddr structures, each of which fits the storage.
    fn put<T>(&mut self, addr: T) {
        const { assert!(size_of::<T>() <= size_of::<libc::sockaddr_storage>()) };
        self.len = size_of::<T>() as libc::socklen_t;
        // SAFETY: the storage is at least as large as `T` (asserted) and aligned for every sockaddr.
        unsafe { self.storage.as_mut_ptr().cast::<T>().write(addr) }
    }

    pub(super) fn as_ptr(&self) -> *const libc::sockaddr {
        self.storage.as_ptr().cast()
    }

    pub(super) fn as_mut_ptr(&mut self) -> *mut libc::sockaddr {
        self.storage.as_mut_ptr().cast()
    }

    pub(super) fn len(&self) -> libc::socklen_t {
        self.len
    }

    pub(super) fn len_mut(&mut self) -> &mut libc::socklen_t {
        &mut self.len
    }

    /// The address in here.
    pub(super) fn get(&self) -> Result<SockAddr> {
        // SAFETY: the storage was zeroed at first, and zero is a valid value of every field.
        let storage = unsafe { self.storage.assume_init_ref() };
        match i32::from(storage.ss_family) {
            libc::AF_INET => {
                // SAFETY: the family says that the storage holds a sockaddr_in.
                let v4 = unsafe { *self.storage.as_ptr().cast::<libc::sockaddr_in>() };
                let ip = Ipv4Addr::from(v4.sin_addr.s_addr.to_ne_bytes());
                Ok(SockAddr::Inet(SocketAddrV4::new(ip, u16::from_be(v4.sin_port))))
            }
            libc::AF_INET6 => {
                // SAFETY: the family says that the storage holds a sockaddr_in6.
                let v6 = unsafe { *self.storage.as_ptr().cast::<libc::sockaddr_in6>() };
                let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
                let port = u16::from_be(v6.sin6_port);
                Ok(SockAddr::Inet6(SocketAddrV6::new(ip, port, v6.sin6_flowinfo, v6.sin6_scope_id)))
            }
            libc::AF_UNSPEC => Ok(SockAddr::Unspec),
            _ => Err(Errno::EAFNOSUPPORT),
        }
    }
}
