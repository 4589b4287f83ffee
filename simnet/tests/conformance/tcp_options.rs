//! getsockopt(2) and setsockopt(2).

use core::time::Duration;

use netcore::sys::{Errno, SockOpt, SockOptValue};

use crate::tcp_verbs::*;
use crate::verbs::*;

pub(crate) fn a_fresh_socket_has_these<S: Machine>(s: &S) {
    let fd = tcp(s);
    for (option, value) in [
        (SockOpt::ReuseAddr, 0),
        (SockOpt::KeepAlive, 0),
        (SockOpt::Broadcast, 0),
        (SockOpt::Type, 1),
        (SockOpt::Domain, 2),
        (SockOpt::AcceptConn, 0),
        (SockOpt::RcvLowat, 1),
        (SockOpt::TcpNoDelay, 0),
        (SockOpt::TcpCork, 0),
        (SockOpt::TcpKeepIdle, 7200),
        (SockOpt::TcpKeepIntvl, 75),
        (SockOpt::TcpKeepCnt, 9),
        (SockOpt::TcpUserTimeout, 0),
        (SockOpt::TcpSynCnt, 6),
        (SockOpt::TcpLinger2, 60),
    ] {
        assert_eq!(get(s, fd, option), value, "{option:?}");
    }
    assert_eq!(s.getsockopt(fd, SockOpt::Linger), Ok(SockOptValue::Linger(None)));
    for timeout in [SockOpt::RcvTimeo, SockOpt::SndTimeo] {
        assert_eq!(s.getsockopt(fd, timeout), Ok(SockOptValue::Time(Duration::ZERO)));
    }
}

pub(crate) fn booleans_are_one_or_zero<S: Machine>(s: &S) {
    let fd = tcp(s);
    let all = [
        SockOpt::ReuseAddr,
        SockOpt::ReusePort,
        SockOpt::KeepAlive,
        SockOpt::Broadcast,
        SockOpt::TcpNoDelay,
        SockOpt::TcpCork,
    ];
    for option in all {
        for (value, told) in [(1, 1), (0, 0), (7, 1), (-1, 1), (0, 0)] {
            set(s, fd, option, value);
            assert_eq!(get(s, fd, option), told, "{option:?} {value}");
        }
    }
}

pub(crate) fn numbers_have_their_ranges<S: Machine>(s: &S) {
    let fd = tcp(s);
    for (option, low, high) in [
        (SockOpt::TcpKeepIdle, 1, 32_767),
        (SockOpt::TcpKeepIntvl, 1, 32_767),
        (SockOpt::TcpKeepCnt, 1, 127),
        (SockOpt::TcpSynCnt, 1, 127),
        (SockOpt::TcpUserTimeout, 0, i32::MAX),
    ] {
        for value in [low, high, (low + high / 2).max(1)] {
            set(s, fd, option, value);
            assert_eq!(get(s, fd, option), value, "{option:?}");
        }
        for value in [low - 1, -1, high.wrapping_add(1)] {
            let answer = s.setsockopt(fd, option, SockOptValue::Int(value));
            assert_eq!(answer, Err(Errno::EINVAL), "{option:?} {value}");
        }
        assert_eq!(get(s, fd, option), (low + high / 2).max(1), "what was refused changes nothing");
    }
    for (value, told) in [(-5, -1), (0, 60), (7, 7), (120, 120), (121, 120)] {
        set(s, fd, SockOpt::TcpLinger2, value);
        assert_eq!(get(s, fd, SockOpt::TcpLinger2), told, "{value}");
    }
}

pub(crate) fn buffers_are_doubled_within_their_bounds<S: Machine>(s: &S) {
    let fd = tcp(s);
    for (option, min) in [(SockOpt::SndBuf, 4608), (SockOpt::RcvBuf, 2304)] {
        for (value, told) in [(1, min), (0, min), (10_000, 20_000), (100_000, 200_000)] {
            set(s, fd, option, value);
            assert_eq!(get(s, fd, option), told, "{option:?} {value}");
        }
    }
}

pub(crate) fn what_is_only_told_cannot_be_set<S: Machine>(s: &S) {
    let fd = tcp(s);
    for option in [SockOpt::Error, SockOpt::Type, SockOpt::Domain, SockOpt::AcceptConn, SockOpt::V6Only] {
        let answer = s.setsockopt(fd, option, SockOptValue::Int(1));
        assert_eq!(answer, Err(Errno::ENOPROTOOPT), "{option:?}");
    }
    assert_eq!(s.getsockopt(fd, SockOpt::V6Only), Err(Errno::EOPNOTSUPP));
}

pub(crate) fn linger_and_timeouts_are_read_back<S: Machine>(s: &S) {
    let fd = tcp(s);
    for linger in [Some(0), Some(5), None] {
        let value = SockOptValue::Linger(linger);
        assert_eq!(s.setsockopt(fd, SockOpt::Linger, value), Ok(()));
        let told = s.getsockopt(fd, SockOpt::Linger);
        assert_eq!(told, Ok(value));
    }
    for option in [SockOpt::RcvTimeo, SockOpt::SndTimeo] {
        for time in [Duration::from_millis(20), Duration::from_secs(9), Duration::ZERO] {
            let value = SockOptValue::Time(time);
            assert_eq!(s.setsockopt(fd, option, value), Ok(()));
            assert_eq!(s.getsockopt(fd, option), Ok(value));
        }
    }
}

pub(crate) fn options_of_the_socket_are_those_of_all_its_copies<S: Machine>(s: &S) {
    let fd = tcp(s);
    let copy = s.dup(fd).unwrap();
    set(s, fd, SockOpt::TcpNoDelay, 1);
    assert_eq!(get(s, copy, SockOpt::TcpNoDelay), 1);
}
