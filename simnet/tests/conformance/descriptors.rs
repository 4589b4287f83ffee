//! The descriptor table: close(2), dup(2), fcntl(2), getrlimit(2).

use std::io::{IoSlice, IoSliceMut};

use netcore::sys::{DupFlags, EpollCreateFlags, Errno, EventfdFlags, Fd, FdFlags, OFlags, Rlimit};

use crate::verbs::*;

pub(crate) fn the_lowest_free_number_is_given<S: Machine>(s: &S) {
    let numbers = [eventfd(s), eventfd(s), eventfd(s)];
    assert!(numbers[0] < numbers[1] && numbers[1] < numbers[2]);
    s.close(numbers[1]).unwrap();
    s.close(numbers[0]).unwrap();
    assert_eq!(epoll(s).number, numbers[0].number);
    assert_eq!(s.dup(numbers[2]).unwrap().number, numbers[1].number);
}

pub(crate) fn closing_twice_or_nothing_is_ebadf<S: Machine>(s: &S) {
    let number = Fd::raw(eventfd(s).number);
    assert_eq!(s.close(number), Ok(()));
    assert_eq!(s.close(number), Err(Errno::EBADF));
    assert_eq!(s.close(Fd::NONE), Err(Errno::EBADF));
}

pub(crate) fn dup2_onto_itself_keeps_cloexec<S: Machine>(s: &S) {
    let fd = s.eventfd(0, EventfdFlags::CLOEXEC).unwrap();
    assert_eq!(s.dup2(fd, fd.number), Ok(fd));
    assert_eq!(s.fcntl_getfd(fd), Ok(FdFlags::CLOEXEC));
}

pub(crate) fn dup2_onto_another_closes_it<S: Machine>(s: &S) {
    let (reader, writer) = pipe(s);
    let counter = eventfd(s);
    let copy = s.dup2(counter, writer.number).unwrap();
    assert_eq!(copy.number, writer.number);
    assert_eq!(read(s, reader, 1), Ok(vec![]), "the only writer is gone");
    raise(s, copy);
    assert_eq!(drain(s, counter), Ok(1));
}

pub(crate) fn dup2_refuses_numbers_outside_the_limit_and_bad_sources<S: Machine>(s: &S) {
    let fd = eventfd(s);
    let limit = s.getrlimit_nofile().unwrap().soft as i32;
    assert_eq!(s.dup2(fd, -1), Err(Errno::EBADF));
    assert_eq!(s.dup2(fd, limit), Err(Errno::EBADF));
    s.close(fd).unwrap();
    let closed = Fd::raw(fd.number);
    assert_eq!(s.dup2(closed, fd.number), Err(Errno::EBADF));
    assert_eq!(s.dup2(closed, fd.number + 1), Err(Errno::EBADF));
}

pub(crate) fn dup3_refuses_the_same_number_before_it_looks<S: Machine>(s: &S) {
    let fd = eventfd(s);
    assert_eq!(s.dup3(fd, fd.number, DupFlags::empty()), Err(Errno::EINVAL));
    s.close(fd).unwrap();
    assert_eq!(s.dup3(Fd::raw(fd.number), fd.number, DupFlags::empty()), Err(Errno::EINVAL));
    let (other, number) = (eventfd(s), fd.number + 40);
    let copy = s.dup3(other, number, DupFlags::CLOEXEC).unwrap();
    assert_eq!((copy.number, s.fcntl_getfd(copy)), (number, Ok(FdFlags::CLOEXEC)));
    s.close(copy).unwrap();
}

pub(crate) fn a_copy_shares_nonblock_but_not_cloexec<S: Machine>(s: &S) {
    let fd = s.eventfd(0, EventfdFlags::CLOEXEC).unwrap();
    let copy = s.dup(fd).unwrap();
    assert_eq!(s.fcntl_getfd(copy), Ok(FdFlags::empty()));
    s.fcntl_setfl(copy, OFlags::NONBLOCK).unwrap();
    assert_eq!(s.fcntl_getfl(fd), Ok(OFlags::RDWR | OFlags::NONBLOCK));
    assert_eq!(drain(s, fd), Err(Errno::EAGAIN));
    s.fcntl_setfl(fd, OFlags::empty()).unwrap();
    assert_eq!(s.fcntl_getfl(copy), Ok(OFlags::RDWR));
    s.fcntl_setfd(copy, FdFlags::CLOEXEC).unwrap();
    s.fcntl_setfd(fd, FdFlags::empty()).unwrap();
    assert_eq!(s.fcntl_getfd(copy), Ok(FdFlags::CLOEXEC));
    assert_eq!(s.fcntl_getfd(fd), Ok(FdFlags::empty()));
}

pub(crate) fn f_dupfd_gives_the_lowest_number_from_its_minimum<S: Machine>(s: &S) {
    let fd = eventfd(s);
    let min = fd.number + 30;
    let copy = s.fcntl_dupfd_cloexec(fd, min).unwrap();
    let next = s.fcntl_dupfd_cloexec(fd, min).unwrap();
    assert_eq!((copy.number, next.number), (min, min + 1));
    assert_eq!(s.fcntl_getfd(copy), Ok(FdFlags::CLOEXEC));
    let limit = s.getrlimit_nofile().unwrap().soft as i32;
    assert_eq!(s.fcntl_dupfd_cloexec(fd, limit), Err(Errno::EINVAL));
    assert_eq!(s.fcntl_dupfd_cloexec(fd, -1), Err(Errno::EINVAL));
    assert_eq!(s.fcntl_dupfd_cloexec(Fd::NONE, -1), Err(Errno::EBADF));
}

pub(crate) fn f_getfl_tells_the_access_mode<S: Machine>(s: &S) {
    let (reader, writer) = s.pipe2(OFlags::empty()).unwrap();
    assert_eq!(s.fcntl_getfl(reader), Ok(OFlags::empty()));
    assert_eq!(s.fcntl_getfl(writer), Ok(OFlags::WRONLY));
    assert_eq!(s.fcntl_getfl(eventfd(s)), Ok(OFlags::RDWR | OFlags::NONBLOCK));
    let epfd = s.epoll_create1(EpollCreateFlags::empty()).unwrap();
    assert_eq!((s.fcntl_getfl(epfd), s.fcntl_getfd(epfd)), (Ok(OFlags::RDWR), Ok(FdFlags::empty())));
}

pub(crate) fn a_full_table_is_emfile_and_a_failed_pipe_leaks_nothing<S: Machine>(s: &S) {
    let before = s.getrlimit_nofile().unwrap();
    let first = eventfd(s);
    s.setrlimit_nofile(Rlimit { soft: first.number as u64 + 3, ..before }).unwrap();
    let mut open = vec![first];
    let full = loop {
        match s.eventfd(0, EventfdFlags::empty()) {
            Ok(fd) => open.push(fd),
            Err(errno) => break errno,
        }
    };
    let epoll = s.epoll_create1(EpollCreateFlags::empty());
    let dup = s.dup(first);
    let last = open.pop().unwrap();
    s.close(last).unwrap();
    let pipe = s.pipe2(OFlags::empty());
    let again = s.eventfd(0, EventfdFlags::empty());
    s.setrlimit_nofile(before).unwrap();
    assert_eq!((full, epoll, dup), (Errno::EMFILE, Err(Errno::EMFILE), Err(Errno::EMFILE)));
    assert_eq!(pipe, Err(Errno::EMFILE), "one number is left, two are needed");
    assert_eq!(again.map(|fd| fd.number), Ok(last.number));
}

pub(crate) fn a_lowered_limit_leaves_open_descriptors_usable<S: Machine>(s: &S) {
    let before = s.getrlimit_nofile().unwrap();
    let (low, high) = (eventfd(s), eventfd(s));
    s.setrlimit_nofile(Rlimit { soft: high.number as u64, ..before }).unwrap();
    let write = s.write(high, &ONE);
    let onto = s.dup2(low, high.number);
    let same = s.dup2(high, high.number);
    s.setrlimit_nofile(before).unwrap();
    assert_eq!((write, onto), (Ok(8), Err(Errno::EBADF)));
    assert_eq!(same, Ok(high));
}

pub(crate) fn a_soft_limit_above_the_hard_one_is_refused<S: Machine>(s: &S) {
    let before = s.getrlimit_nofile().unwrap();
    let above = Rlimit { soft: before.soft + 1, hard: before.soft };
    assert_eq!(s.setrlimit_nofile(above), Err(Errno::EINVAL));
    assert_eq!(s.getrlimit_nofile(), Ok(before));
}

pub(crate) fn the_wrong_direction_is_ebadf<S: Machine>(s: &S) {
    let (reader, writer) = pipe(s);
    assert_eq!(s.read(writer, &mut [0]), Err(Errno::EBADF));
    assert_eq!(s.write(reader, &[0]), Err(Errno::EBADF));
    assert_eq!(s.readv(writer, &mut []), Err(Errno::EBADF));
    assert_eq!(s.writev(reader, &[]), Err(Errno::EBADF));
}

pub(crate) fn an_epoll_descriptor_is_not_read_or_written<S: Machine>(s: &S) {
    let epfd = epoll(s);
    assert_eq!(s.read(epfd, &mut [0]), Err(Errno::EINVAL));
    assert_eq!(s.write(epfd, &[0]), Err(Errno::EINVAL));
    assert_eq!(s.readv(epfd, &mut []), Err(Errno::EINVAL));
    assert_eq!(s.writev(epfd, &[]), Err(Errno::EINVAL));
    assert_eq!(s.ioctl_fionread(epfd), Err(Errno::EINVAL));
}

pub(crate) fn vectors_are_checked_after_the_mode<S: Machine>(s: &S) {
    let (reader, writer) = pipe(s);
    let mut bytes = [0_u8; 1025];
    let out: Vec<IoSlice<'_>> = (0..1025).map(|_| IoSlice::new(b"x")).collect();
    assert_eq!(s.writev(reader, &out), Err(Errno::EBADF));
    assert_eq!(s.writev(writer, &out), Err(Errno::EINVAL));
    assert_eq!(s.writev(writer, &out[..1024]), Ok(1024));
    let mut into: Vec<IoSliceMut<'_>> = bytes.chunks_mut(1).map(IoSliceMut::new).collect();
    assert_eq!(s.readv(reader, &mut into), Err(Errno::EINVAL));
    assert_eq!(s.readv(reader, &mut into[..1024]), Ok(1024));
}

pub(crate) fn fionread_counts_what_a_read_would_find<S: Machine>(s: &S) {
    let (reader, writer) = pipe(s);
    assert_eq!(s.ioctl_fionread(reader), Ok(0));
    s.write(writer, b"abc").unwrap();
    s.write(writer, &[0; 5000]).unwrap();
    assert_eq!((s.ioctl_fionread(reader), s.ioctl_fionread(writer)), (Ok(5003), Ok(5003)));
    assert_eq!(s.ioctl_fionread(eventfd(s)), Err(Errno::ENOTTY));
}
