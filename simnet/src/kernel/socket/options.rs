//! getsockopt(2) and setsockopt(2): socket(7), tcp(7), ipv6(7).

use core::time::Duration;

use netcore::sys::{Domain, Errno, Fd, SockOpt, SockOptValue};

use crate::kernel::ids::SocketId;
use crate::kernel::tcp::{Options, RTO_MAX, State, Tcp};
use crate::kernel::{Answer, Call, Kernel};

/// net.core.wmem_max and rmem_max.
const BUFFER_MAX: i32 = 4_194_304;
/// `SOCK_MIN_SNDBUF`, `SOCK_MIN_RCVBUF`.
const BUFFER_MIN: (u32, u32) = (4608, 2304);
/// `MAX_TCP_KEEPIDLE` and `MAX_TCP_KEEPINTVL`; `MAX_TCP_KEEPCNT` and `MAX_TCP_SYNCNT`.
const KEEP_MAX: (i32, i32) = (32_767, 127);
/// `TCP_FIN_TIMEOUT_MAX` in seconds.
const LINGER2_MAX: i32 = 120;

impl Kernel {
    /// getsockopt(2). `SO_ERROR` is cleared by reading it.
    pub fn getsockopt(&mut self, call: &mut Call, fd: Fd, option: SockOpt) -> Answer<SockOptValue> {
        let socket = self.resolve_socket(call, fd)?;
        let domain = self.sockets[socket].domain;
        let tcp = &mut self.sockets[socket].tcp;
        Ok(match option {
            SockOpt::Error => SockOptValue::Error(tcp.take_error().or_else(|| tcp.soft_error.take())),
            SockOpt::Type => SockOptValue::Int(1),
            SockOpt::Domain => SockOptValue::Int(if domain == Domain::Inet { 2 } else { 10 }),
            SockOpt::AcceptConn => (tcp.state == State::Listen).into(),
            SockOpt::TcpMaxSeg => SockOptValue::Int(tcp.max_segment() as i32),
            SockOpt::V6Only if domain == Domain::Inet => return Err(Errno::EOPNOTSUPP.into()),
            _ => match get(&tcp.options, option) {
                Some(value) => value,
                None => return Err(self.unknown_option("getsockopt", option).into()),
            },
        })
    }

    /// setsockopt(2).
    pub fn setsockopt(
        &mut self,
        call: &mut Call,
        fd: Fd,
        option: SockOpt,
        value: SockOptValue,
    ) -> Answer<()> {
        let socket = self.resolve_socket(call, fd)?;
        self.check_option(socket, option)?;
        let options = &mut self.sockets[socket].tcp.options;
        let before = (options.no_delay, options.cork, options.keep_alive);
        if let Err(errno) = set(options, option, value) {
            return Err(match errno {
                Errno::ENOPROTOOPT => self.unknown_option("setsockopt", option),
                other => other,
            }
            .into());
        }
        let options = &self.sockets[socket].tcp.options;
        let after = (options.no_delay, options.cork, options.keep_alive);
        match option {
            SockOpt::ReuseAddr | SockOpt::ReusePort => self.renew_claim(socket),
            SockOpt::KeepAlive | SockOpt::TcpKeepIdle if after.2 => self.keep(socket),
            SockOpt::KeepAlive if before.2 => self.keep(socket),
            SockOpt::TcpNoDelay if after.0 => self.push(socket),
            SockOpt::TcpCork if before.1 && !after.1 => self.push(socket),
            _ => {}
        }
        Ok(())
    }

    /// What cannot be set on this socket, or not now.
    fn check_option(&self, socket: SocketId, option: SockOpt) -> Result<(), Errno> {
        let state = &self.sockets[socket];
        match option {
            SockOpt::V6Only if state.domain == Domain::Inet => Err(Errno::ENOPROTOOPT),
            SockOpt::V6Only if state.claim.is_some() => Err(Errno::EINVAL),
            SockOpt::Error | SockOpt::Type | SockOpt::Domain | SockOpt::AcceptConn => Err(Errno::ENOPROTOOPT),
            _ => Ok(()),
        }
    }

    fn unknown_option(&mut self, call: &str, option: SockOpt) -> Errno {
        self.unmodelled = Some(format!("{call}: {option:?}"));
        Errno::ENOPROTOOPT
    }

    fn keep(&mut self, socket: SocketId) {
        self.drive(socket, |tcp, cx| tcp.start_keeping(cx.now));
    }

    fn push(&mut self, socket: SocketId) {
        self.drive(socket, Tcp::push_pending);
        self.settle();
    }
}

fn get(options: &Options, option: SockOpt) -> Option<SockOptValue> {
    let int = |value: i64| SockOptValue::Int(i32::try_from(value).unwrap_or(i32::MAX));
    Some(match option {
        SockOpt::ReuseAddr => options.reuse_addr.into(),
        SockOpt::ReusePort => options.reuse_port.into(),
        SockOpt::KeepAlive => options.keep_alive.into(),
        SockOpt::Broadcast => options.broadcast.into(),
        SockOpt::TcpNoDelay => options.no_delay.into(),
        SockOpt::TcpCork => options.cork.into(),
        SockOpt::V6Only => options.v6_only.into(),
        SockOpt::TcpQuickAck => options.quick_ack.into(),
        SockOpt::SndBuf => int(options.send_buffer.into()),
        SockOpt::RcvBuf => int(options.receive_buffer.into()),
        SockOpt::RcvLowat => int(options.receive_lowat.into()),
        SockOpt::TcpNotSentLowat => int(options.not_sent_lowat.into()),
        SockOpt::TcpUserTimeout => int(options.user_timeout_ms.into()),
        SockOpt::TcpKeepIdle => int(options.keep_idle.into()),
        SockOpt::TcpKeepIntvl => int(options.keep_interval.into()),
        SockOpt::TcpKeepCnt => int(options.keep_count.into()),
        SockOpt::TcpSynCnt => int(if options.syn_count == 0 { 6 } else { options.syn_count.into() }),
        SockOpt::TcpLinger2 => int(if options.linger2 == 0 { 60 } else { options.linger2.into() }),
        SockOpt::TcpDeferAccept => int(seconds_of(options.defer_accept).into()),
        SockOpt::Linger => SockOptValue::Linger(options.linger),
        SockOpt::RcvTimeo => SockOptValue::Time(options.receive_timeout),
        SockOpt::SndTimeo => SockOptValue::Time(options.send_timeout),
        _ => return None,
    })
}

fn set(options: &mut Options, option: SockOpt, value: SockOptValue) -> Result<(), Errno> {
    match (option, value) {
        (SockOpt::Linger, SockOptValue::Linger(linger)) => options.linger = linger,
        (SockOpt::RcvTimeo, SockOptValue::Time(time)) => options.receive_timeout = in_jiffies(time),
        (SockOpt::SndTimeo, SockOptValue::Time(time)) => options.send_timeout = in_jiffies(time),
        (_, SockOptValue::Int(value)) => return set_int(options, option, value),
        _ => return Err(Errno::EINVAL),
    }
    Ok(())
}

fn set_int(options: &mut Options, option: SockOpt, value: i32) -> Result<(), Errno> {
    let on = value != 0;
    match option {
        SockOpt::ReuseAddr => options.reuse_addr = on,
        SockOpt::ReusePort => options.reuse_port = on,
        SockOpt::KeepAlive => options.keep_alive = on,
        SockOpt::Broadcast => options.broadcast = on,
        SockOpt::TcpNoDelay => options.no_delay = on,
        SockOpt::TcpCork => options.cork = on,
        SockOpt::V6Only => options.v6_only = on,
        SockOpt::TcpQuickAck => options.quick_ack = on,
        SockOpt::SndBuf => {
            options.send_buffer = doubled(value, BUFFER_MIN.0);
            options.send_buffer_locked = true;
        }
        SockOpt::RcvBuf => {
            options.receive_buffer = doubled(value, BUFFER_MIN.1);
            options.receive_buffer_locked = true;
        }
        SockOpt::RcvLowat => {
            let all = if value < 0 { i32::MAX } else { value.max(1) };
            options.receive_lowat = (all as u32).min(options.receive_buffer / 2);
        }
        SockOpt::TcpNotSentLowat => options.not_sent_lowat = value as u32,
        SockOpt::TcpUserTimeout => {
            options.user_timeout_ms = u32::try_from(value).map_err(|_| Errno::EINVAL)?;
        }
        SockOpt::TcpKeepIdle => options.keep_idle = in_range(value, KEEP_MAX.0)? as u16,
        SockOpt::TcpKeepIntvl => options.keep_interval = in_range(value, KEEP_MAX.0)? as u16,
        SockOpt::TcpKeepCnt => options.keep_count = in_range(value, KEEP_MAX.1)? as u8,
        SockOpt::TcpSynCnt => options.syn_count = in_range(value, KEEP_MAX.1)? as u8,
        SockOpt::TcpLinger2 => {
            options.linger2 = if value > LINGER2_MAX { LINGER2_MAX } else { value.max(-1) }
        }
        SockOpt::TcpDeferAccept => options.defer_accept = retransmissions_in(value),
        SockOpt::TcpMaxSeg if value == 0 => options.max_segment = 0,
        SockOpt::TcpMaxSeg if (88..=32_767).contains(&value) => options.max_segment = value as u16,
        SockOpt::TcpMaxSeg | SockOpt::Linger | SockOpt::RcvTimeo | SockOpt::SndTimeo => {
            return Err(Errno::EINVAL);
        }
        _ => return Err(Errno::ENOPROTOOPT),
    }
    Ok(())
}

/// How many retransmissions of the answer to a SYN so many seconds are good for (`secs_to_retrans`).
fn retransmissions_in(seconds: i32) -> u8 {
    (0..u8::MAX).find(|&count| i64::from(seconds) <= i64::from(seconds_of(count))).unwrap_or(u8::MAX)
}

/// How long so many retransmissions take (`retrans_to_secs`).
fn seconds_of(retransmissions: u8) -> u32 {
    (0..retransmissions).map(|nth| (1 << nth.min(7)).min(RTO_MAX.as_secs() as u32)).sum()
}

/// What the kernel makes of a buffer size: twice as much, for bookkeeping (`sock_setsockopt`).
fn doubled(value: i32, min: u32) -> u32 {
    // A negative size is a huge one, as in C.
    let asked = if value < 0 { BUFFER_MAX } else { value.min(BUFFER_MAX) };
    (asked as u32 * 2).max(min)
}

fn in_range(value: i32, max: i32) -> Result<i32, Errno> {
    if (1..=max).contains(&value) { Ok(value) } else { Err(Errno::EINVAL) }
}

/// `1/HZ`, in which the kernel counts timeouts of sockets (`CONFIG_HZ=250`).
const JIFFY: Duration = Duration::from_millis(4);

/// Rounded up to whole jiffies, as `sock_set_timeout` does.
fn in_jiffies(time: Duration) -> Duration {
    let jiffies = time.as_nanos().div_ceil(JIFFY.as_nanos());
    JIFFY.saturating_mul(u32::try_from(jiffies).unwrap_or(u32::MAX))
}
