//! epoll_ctl(2): which registrations there are.

use core::time::Duration;

use netcore::sys::{EpollEvent, EpollEvents, EpollOp, Errno, Fd};

use crate::verbs::*;

pub(crate) fn adding_twice_is_eexist_changing_nothing_is_enoent<S: Machine>(s: &S) {
    let (epfd, fd) = (epoll(s), eventfd(s));
    assert_eq!(control(s, epfd, EpollOp::Mod, fd, IN), Err(Errno::ENOENT));
    assert_eq!(delete(s, epfd, fd), Err(Errno::ENOENT));
    add(s, epfd, fd, IN);
    assert_eq!(control(s, epfd, EpollOp::Add, fd, OUT), Err(Errno::EEXIST));
    assert_eq!(events(s, epfd), NONE, "the first registration is unchanged");
    assert_eq!(delete(s, epfd, fd), Ok(()));
    assert_eq!(delete(s, epfd, fd), Err(Errno::ENOENT));
}

pub(crate) fn bad_descriptors_come_before_bad_arguments<S: Machine>(s: &S) {
    let (epfd, fd) = (epoll(s), eventfd(s));
    let closed = Fd::raw(fd.number + 50);
    assert_eq!(control(s, epfd, EpollOp::Add, closed, IN), Err(Errno::EBADF));
    assert_eq!(control(s, closed, EpollOp::Add, fd, IN), Err(Errno::EBADF));
    assert_eq!(control(s, fd, EpollOp::Add, closed, IN), Err(Errno::EBADF));
    assert_eq!(control(s, fd, EpollOp::Add, epfd, IN), Err(Errno::EINVAL), "that is no epoll instance");
    assert_eq!(s.epoll_wait(fd, &mut [EpollEvent::default()], None), Err(Errno::EINVAL));
    assert_eq!(s.epoll_wait(closed, &mut [EpollEvent::default()], None), Err(Errno::EBADF));
}

pub(crate) fn no_room_for_events_is_einval<S: Machine>(s: &S) {
    assert_eq!(s.epoll_wait(epoll(s), &mut [], Some(Duration::ZERO)), Err(Errno::EINVAL));
    assert_eq!(s.epoll_wait(Fd::NONE, &mut [], None), Err(Errno::EBADF), "that comes first");
}

pub(crate) fn exclusive_is_for_adding_and_for_few_flags<S: Machine>(s: &S) {
    let (epfd, fd, inner) = (epoll(s), eventfd(s), epoll(s));
    for with in [ONESHOT, EpollEvents::RDHUP, EpollEvents::PRI] {
        assert_eq!(control(s, epfd, EpollOp::Add, fd, IN | EXCLUSIVE | with), Err(Errno::EINVAL));
    }
    assert_eq!(control(s, epfd, EpollOp::Add, inner, IN | EXCLUSIVE), Err(Errno::EINVAL));
    add(s, epfd, fd, IN | ET | EXCLUSIVE);
    assert_eq!(control(s, epfd, EpollOp::Mod, fd, IN | EXCLUSIVE), Err(Errno::EINVAL));
    assert_eq!(control(s, epfd, EpollOp::Mod, fd, IN), Err(Errno::EINVAL));
    assert_eq!(delete(s, epfd, fd), Ok(()));
    assert_eq!(control(s, epfd, EpollOp::Mod, fd, IN | EXCLUSIVE), Err(Errno::EINVAL), "before ENOENT");
}

pub(crate) fn a_file_is_known_by_number_and_description<S: Machine>(s: &S) {
    let (epfd, fd) = (epoll(s), eventfd(s));
    let copy = s.dup(fd).unwrap();
    add(s, epfd, fd, IN);
    assert_eq!(delete(s, epfd, copy), Err(Errno::ENOENT));
    add(s, epfd, copy, IN);
    raise(s, fd);
    let mut both = order(s, epfd, 16);
    both.sort_unstable();
    assert_eq!(both, [fd.number, copy.number]);
}

pub(crate) fn the_last_close_removes_the_registration<S: Machine>(s: &S) {
    let (epfd, fd) = (epoll(s), eventfd(s));
    add(s, epfd, fd, IN);
    raise(s, fd);
    s.close(fd).unwrap();
    assert_eq!(ready(s, epfd), [], "also from the ready list");
    let next = eventfd(s);
    assert_eq!(next.number, fd.number);
    assert_eq!(control(s, epfd, EpollOp::Mod, next, IN), Err(Errno::ENOENT));
}

pub(crate) fn a_copy_keeps_a_closed_registration_alive<S: Machine>(s: &S) {
    let (epfd, fd) = (epoll(s), eventfd(s));
    let copy = s.dup(fd).unwrap();
    add(s, epfd, fd, IN);
    s.close(Fd::raw(fd.number)).unwrap();
    raise(s, copy);
    assert_eq!(ready(s, epfd), [(IN, fd.number as u64)], "with the data of a number that is closed");
    assert_eq!(delete(s, epfd, Fd::raw(fd.number)), Err(Errno::EBADF));
    assert_eq!(delete(s, epfd, copy), Err(Errno::ENOENT));
    let next = eventfd(s);
    assert_eq!(next.number, fd.number);
    add(s, epfd, next, OUT);
    assert_eq!(ready(s, epfd).len(), 2, "both registrations of one number");
    assert_eq!(delete(s, epfd, next), Ok(()));
    assert_eq!(ready(s, epfd), [(IN, fd.number as u64)]);
    s.close(copy).unwrap();
    assert_eq!(ready(s, epfd), []);
}

pub(crate) fn a_number_given_back_by_dup2_removes_it_again<S: Machine>(s: &S) {
    let (epfd, fd) = (epoll(s), eventfd(s));
    let copy = s.dup(fd).unwrap();
    add(s, epfd, fd, OUT);
    s.close(Fd::raw(fd.number)).unwrap();
    let back = s.dup2(copy, fd.number).unwrap();
    assert_eq!(delete(s, epfd, back), Ok(()));
    assert_eq!(ready(s, epfd), []);
}

pub(crate) fn dup2_over_a_registered_number_removes_it<S: Machine>(s: &S) {
    let (epfd, fd, other) = (epoll(s), eventfd(s), eventfd(s));
    add(s, epfd, fd, OUT);
    let fd = s.dup2(other, fd.number).unwrap();
    assert_eq!(ready(s, epfd), []);
    assert_eq!(delete(s, epfd, fd), Err(Errno::ENOENT));
}

pub(crate) fn a_copied_epoll_descriptor_shares_the_set<S: Machine>(s: &S) {
    let (epfd, fd) = (epoll(s), eventfd(s));
    let copy = s.dup(epfd).unwrap();
    add(s, epfd, fd, OUT);
    assert_eq!(control(s, copy, EpollOp::Add, fd, OUT), Err(Errno::EEXIST));
    s.close(epfd).unwrap();
    assert_eq!(events(s, copy), OUT);
}

pub(crate) fn errors_and_hangups_need_no_asking<S: Machine>(s: &S) {
    let (epfd, (reader, writer)) = (epoll(s), pipe(s));
    add(s, epfd, reader, NONE);
    s.write(writer, b"x").unwrap();
    assert_eq!(events(s, epfd), NONE);
    s.close(writer).unwrap();
    assert_eq!(events(s, epfd), HUP);
    let (reader, writer) = pipe(s);
    let epfd = epoll(s);
    add(s, epfd, writer, NONE);
    s.close(reader).unwrap();
    assert_eq!(events(s, epfd), ERR);
}
