//! Socket options.

use core::mem::{MaybeUninit, size_of};
use core::time::Duration;

use super::{check, errno};
use crate::sys::{Fd, Result, SockOpt, SockOptValue};

pub(super) fn get(fd: Fd, option: SockOpt) -> Result<SockOptValue> {
    match option {
        SockOpt::Linger => {
            let linger: libc::linger = raw_get(fd, option)?;
            Ok(SockOptValue::Linger((linger.l_onoff != 0).then_some(linger.l_linger as u16)))
        }
        SockOpt::RcvTimeo | SockOpt::SndTimeo => {
            let time: libc::timeval = raw_get(fd, option)?;
            let micros = Duration::from_micros(time.tv_usec as u64);
            Ok(SockOptValue::Time(Duration::from_secs(time.tv_sec as u64) + micros))
        }
        SockOpt::Error => {
            let number: libc::c_int = raw_get(fd, option)?;
            Ok(SockOptValue::Error((number != 0).then(|| errno::name(number))))
        }
        _ => raw_get::<libc::c_int>(fd, option).map(SockOptValue::Int),
    }
}

pub(super) fn set(fd: Fd, option: SockOpt, value: SockOptValue) -> Result<()> {
    match value {
        SockOptValue::Int(value) => raw_set(fd, option, &value),
        SockOptValue::Error(_) => raw_set(fd, option, &0),
        SockOptValue::Linger(seconds) => {
            let l_onoff = libc::c_int::from(seconds.is_some());
            raw_set(fd, option, &libc::linger { l_onoff, l_linger: seconds.unwrap_or(0).into() })
        }
        SockOptValue::Time(time) => {
            let tv_sec = libc::time_t::try_from(time.as_secs()).unwrap_or(libc::time_t::MAX);
            raw_set(fd, option, &libc::timeval { tv_sec, tv_usec: time.subsec_micros().into() })
        }
    }
}

/// `T` is the C type of the option: an int, a linger or a timeval, for all of which any bytes are a value.
fn raw_get<T: Copy>(fd: Fd, option: SockOpt) -> Result<T> {
    let (level, name) = number(option);
    let mut value = MaybeUninit::<T>::zeroed();
    let mut len = size_of::<T>() as libc::socklen_t;
    // SAFETY: `value` is a place for `len` bytes.
    check(unsafe { libc::getsockopt(fd.number, level, name, value.as_mut_ptr().cast(), &mut len) })?;
    // SAFETY: zeroed and then written at most; any bytes are a value of these C types.
    Ok(unsafe { value.assume_init() })
}

fn raw_set<T>(fd: Fd, option: SockOpt, value: &T) -> Result<()> {
    let (level, name) = number(option);
    let (data, len) = (core::ptr::from_ref(value).cast(), size_of::<T>() as libc::socklen_t);
    // SAFETY: `data` is readable for `len` bytes.
    check(unsafe { libc::setsockopt(fd.number, level, name, data, len) }).map(drop)
}

fn number(option: SockOpt) -> (i32, i32) {
    use libc::{IPPROTO_IPV6, IPPROTO_TCP, SOL_SOCKET};
    match option {
        SockOpt::ReuseAddr => (SOL_SOCKET, libc::SO_REUSEADDR),
        SockOpt::ReusePort => (SOL_SOCKET, libc::SO_REUSEPORT),
        SockOpt::KeepAlive => (SOL_SOCKET, libc::SO_KEEPALIVE),
        SockOpt::Broadcast => (SOL_SOCKET, libc::SO_BROADCAST),
        SockOpt::Error => (SOL_SOCKET, libc::SO_ERROR),
        SockOpt::Type => (SOL_SOCKET, libc::SO_TYPE),
        SockOpt::Domain => (SOL_SOCKET, libc::SO_DOMAIN),
        SockOpt::AcceptConn => (SOL_SOCKET, libc::SO_ACCEPTCONN),
        SockOpt::SndBuf => (SOL_SOCKET, libc::SO_SNDBUF),
        SockOpt::RcvBuf => (SOL_SOCKET, libc::SO_RCVBUF),
        SockOpt::RcvLowat => (SOL_SOCKET, libc::SO_RCVLOWAT),
        SockOpt::Linger => (SOL_SOCKET, libc::SO_LINGER),
        SockOpt::RcvTimeo => (SOL_SOCKET, libc::SO_RCVTIMEO),
        SockOpt::SndTimeo => (SOL_SOCKET, libc::SO_SNDTIMEO),
        SockOpt::TcpNoDelay => (IPPROTO_TCP, libc::TCP_NODELAY),
        SockOpt::TcpCork => (IPPROTO_TCP, libc::TCP_CORK),
        SockOpt::TcpKeepIdle => (IPPROTO_TCP, libc::TCP_KEEPIDLE),
        SockOpt::TcpKeepIntvl => (IPPROTO_TCP, libc::TCP_KEEPINTVL),
        SockOpt::TcpKeepCnt => (IPPROTO_TCP, libc::TCP_KEEPCNT),
        SockOpt::TcpUserTimeout => (IPPROTO_TCP, libc::TCP_USER_TIMEOUT),
        SockOpt::TcpSynCnt => (IPPROTO_TCP, libc::TCP_SYNCNT),
        SockOpt::TcpLinger2 => (IPPROTO_TCP, libc::TCP_LINGER2),
        SockOpt::TcpDeferAccept => (IPPROTO_TCP, libc::TCP_DEFER_ACCEPT),
        SockOpt::TcpMaxSeg => (IPPROTO_TCP, libc::TCP_MAXSEG),
        SockOpt::TcpQuickAck => (IPPROTO_TCP, libc::TCP_QUICKACK),
        SockOpt::TcpNotSentLowat => (IPPROTO_TCP, libc::TCP_NOTSENT_LOWAT),
        SockOpt::V6Only => (IPPROTO_IPV6, libc::IPV6_V6ONLY),
    }
}
