//! eventfd(2).

use std::io::{IoSlice, IoSliceMut};

use netcore::sys::{Errno, EventfdFlags};

use crate::verbs::*;

const MAX: u64 = u64::MAX - 1;

pub(crate) fn a_read_takes_the_sum<S: Machine>(s: &S) {
    let fd = s.eventfd(5, EventfdFlags::NONBLOCK).unwrap();
    raise(s, fd);
    s.write(fd, &10_u64.to_ne_bytes()).unwrap();
    s.write(fd, &[0; 8]).unwrap();
    assert_eq!(drain(s, fd), Ok(16));
    assert_eq!(drain(s, fd), Err(Errno::EAGAIN));
}

pub(crate) fn a_semaphore_gives_one_at_a_time<S: Machine>(s: &S) {
    let fd = s.eventfd(2, EventfdFlags::NONBLOCK | EventfdFlags::SEMAPHORE).unwrap();
    assert_eq!((drain(s, fd), drain(s, fd)), (Ok(1), Ok(1)));
    assert_eq!(drain(s, fd), Err(Errno::EAGAIN));
}

pub(crate) fn the_counter_stops_before_its_maximum<S: Machine>(s: &S) {
    let fd = eventfd(s);
    assert_eq!(s.write(fd, &u64::MAX.to_ne_bytes()), Err(Errno::EINVAL));
    assert_eq!(s.write(fd, &MAX.to_ne_bytes()), Ok(8));
    assert_eq!(s.write(fd, &ONE), Err(Errno::EAGAIN));
    assert_eq!(s.write(fd, &[0; 8]), Ok(8));
    assert_eq!(drain(s, fd), Ok(MAX));
}

pub(crate) fn only_eight_bytes_are_a_value<S: Machine>(s: &S) {
    let fd = eventfd(s);
    assert_eq!(s.read(fd, &mut [0; 7]), Err(Errno::EINVAL), "before it looks at the counter");
    assert_eq!(s.write(fd, &[1; 7]), Err(Errno::EINVAL));
    assert_eq!(s.write(fd, &[]), Err(Errno::EINVAL));
    raise(s, fd);
    assert_eq!(s.read(fd, &mut [0; 16]), Ok(8));
}

pub(crate) fn vectors_are_split_on_reading_and_written_one_by_one<S: Machine>(s: &S) {
    let fd = eventfd(s);
    assert_eq!(s.writev(fd, &[&ONE[..4], &ONE[4..]].map(IoSlice::new)), Err(Errno::EINVAL));
    assert_eq!(s.writev(fd, &[&ONE[..], &ONE, &ONE[..4]].map(IoSlice::new)), Ok(16));
    let (mut front, mut back) = ([0; 3], [0; 12]);
    assert_eq!(s.readv(fd, &mut [&mut front[..], &mut back].map(IoSliceMut::new)), Ok(8));
    let value = [&front[..], &back[..5]].concat();
    assert_eq!(value, 2_u64.to_ne_bytes());
    assert_eq!((s.readv(fd, &mut []), s.writev(fd, &[])), (Ok(0), Ok(0)));
}

pub(crate) fn the_readiness_of_a_counter<S: Machine>(s: &S) {
    let fd = eventfd(s);
    assert_eq!(state(s, fd), OUT);
    raise(s, fd);
    assert_eq!(state(s, fd), IN | OUT);
    s.write(fd, &(MAX - 1).to_ne_bytes()).unwrap();
    assert_eq!(state(s, fd), IN);
}
