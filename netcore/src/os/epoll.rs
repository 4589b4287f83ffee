//! epoll(7) and eventfd(2).

use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;

use super::files::fcntl;
use super::{Os, check, descriptor};
use crate::sys::{
    Epoll, EpollCreateFlags, EpollEvent, EpollEvents, EpollOp, Errno, EventfdFlags, Fd, Files, Result,
};

/// Events taken at once: more are left for the next call.
const EVENTS_MAX: usize = 256;

/// Where the kernel writes events: not cleared before, which would cost more than a call with one event.
type Room = [MaybeUninit<libc::epoll_event>];

/// The kernel is older than 5.11: epoll_pwait2(2) answers `ENOSYS`. Asked once; a lost race asks again.
static NO_PWAIT2: AtomicBool = AtomicBool::new(false);

impl Epoll for Os {
    fn epoll_create1(&self, flags: EpollCreateFlags) -> Result<Fd> {
        let cloexec = flags.contains(EpollCreateFlags::CLOEXEC);
        let system = if cloexec { libc::EPOLL_CLOEXEC } else { 0 };
        // SAFETY: takes numbers only.
        match descriptor(unsafe { libc::epoll_create1(system) }) {
            Err(Errno::ENOSYS | Errno::EINVAL) => epoll_create(cloexec),
            result => result,
        }
    }

    fn epoll_ctl(&self, epfd: Fd, op: EpollOp, fd: Fd, event: EpollEvent) -> Result<()> {
        let op = match op {
            EpollOp::Add => libc::EPOLL_CTL_ADD,
            EpollOp::Mod => libc::EPOLL_CTL_MOD,
            EpollOp::Del => libc::EPOLL_CTL_DEL,
        };
        let mut event = libc::epoll_event { events: event.events.bits(), u64: event.data };
        // SAFETY: `event` is one epoll_event, which the call reads.
        check(unsafe { libc::epoll_ctl(epfd.number, op, fd.number, &mut event) }).map(drop)
    }

    fn epoll_wait(&self, epfd: Fd, events: &mut [EpollEvent], timeout: Option<Duration>) -> Result<usize> {
        let mut system = [const { MaybeUninit::uninit() }; EVENTS_MAX];
        let room = &mut system[..events.len().min(EVENTS_MAX)];
        let count = match timeout {
            // No finer than milliseconds, so the older call does as well.
            None | Some(Duration::ZERO) => wait_ms(epfd, room, timeout)?,
            Some(_) if NO_PWAIT2.load(Ordering::Relaxed) => wait_ms(epfd, room, timeout)?,
            Some(timeout) => match wait_ns(epfd, room, timeout) {
                Err(Errno::ENOSYS) => {
                    NO_PWAIT2.store(true, Ordering::Relaxed);
                    wait_ms(epfd, room, Some(timeout))?
                }
                result => result?,
            },
        };
        for (event, system) in events.iter_mut().zip(&room[..count]) {
            // SAFETY: the call has written as many events as it said.
            let system = unsafe { system.assume_init_read() };
            *event = EpollEvent { events: EpollEvents::from_bits_retain(system.events), data: system.u64 };
        }
        Ok(count)
    }

    fn eventfd(&self, initval: u32, flags: EventfdFlags) -> Result<Fd> {
        let table = [
            (EventfdFlags::CLOEXEC, libc::EFD_CLOEXEC),
            (EventfdFlags::NONBLOCK, libc::EFD_NONBLOCK),
            (EventfdFlags::SEMAPHORE, libc::EFD_SEMAPHORE),
        ];
        let system =
            table.into_iter().filter(|&(flag, _)| flags.contains(flag)).fold(0, |all, (_, flag)| all | flag);
        // SAFETY: takes numbers only.
        descriptor(unsafe { libc::eventfd(initval, system) })
    }
}

/// epoll_create(2), for kernels before 2.6.27.
fn epoll_create(cloexec: bool) -> Result<Fd> {
    // The size is a hint that has been ignored since 2.6.8.
    // SAFETY: takes numbers only.
    let fd = descriptor(unsafe { libc::epoll_create(1024) })?;
    if cloexec && let Err(errno) = check(fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC)) {
        let _ = Os.close(fd);
        return Err(errno);
    }
    Ok(fd)
}

/// epoll_wait(2): milliseconds, rounded up, so that it is never early.
fn wait_ms(epfd: Fd, events: &mut Room, timeout: Option<Duration>) -> Result<usize> {
    let ms = match timeout {
        None => -1,
        Some(timeout) => i32::try_from(timeout.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX),
    };
    // SAFETY: `events` is a place for as many events as its length says.
    let answer =
        unsafe { libc::epoll_wait(epfd.number, events.as_mut_ptr().cast(), events.len() as i32, ms) };
    check(answer).map(|count| count as usize)
}

/// epoll_pwait2(2), which libc does not wrap everywhere.
fn wait_ns(epfd: Fd, events: &mut Room, timeout: Duration) -> Result<usize> {
    let timeout = libc::timespec {
        tv_sec: libc::time_t::try_from(timeout.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: timeout.subsec_nanos().into(),
    };
    let no_mask: *const libc::sigset_t = core::ptr::null();
    // SAFETY: `events` is a place for as many events as its length says, `timeout` is read, no mask is given.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_epoll_pwait2,
            epfd.number,
            events.as_mut_ptr(),
            events.len() as libc::c_int,
            &raw const timeout,
            no_mask,
            0_usize,
        )
    };
    check(answer).map(|count| count as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::Clock;

    #[test]
    fn both_ways_to_wait_are_never_early() {
        let epfd = Os.epoll_create1(EpollCreateFlags::CLOEXEC).unwrap();
        let mut events = [MaybeUninit::uninit()];
        let timeout = Duration::from_micros(1500);
        let coarse: fn(_, &mut [_], _) -> _ = |epfd, events, timeout| wait_ms(epfd, events, Some(timeout));
        for wait in [wait_ns, coarse] {
            let before = Os.now();
            assert_eq!(wait(epfd, &mut events, timeout), Ok(0));
            assert!(Os.now() - before >= timeout);
        }
        Os.close(epfd).unwrap();
    }

    #[test]
    fn the_old_way_to_create_closes_on_exec_too() {
        let fd = epoll_create(true).unwrap();
        assert_eq!(Os.fcntl_getfd(fd), Ok(crate::sys::FdFlags::CLOEXEC));
        Os.close(fd).unwrap();
    }
}
