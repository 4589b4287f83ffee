//! Files live as long as a descriptor or a call holds them.

use super::*;

#[test]
fn close_wakes_nobody_and_the_call_in_progress_still_gets_its_data() {
    let mut m = Machine::new();
    let (r, w) = m.pipe();
    let reader = m.reader(r, 8);
    assert_eq!(m.close(r), Ok(()));
    assert!(m.is_blocked(reader));
    assert_eq!(m.write(w, b"late"), Ok(4), "the blocked reader keeps the pipe alive");
    assert_eq!(m.take(reader), Some(Ok(Done::Bytes(b"late".to_vec()))));
    assert_eq!(m.write(w, b"more"), Err(Errno::EPIPE), "now it is gone");
}

#[test]
fn a_number_that_is_given_again_does_not_redirect_a_blocked_call() {
    let mut m = Machine::new();
    let (r, w) = m.pipe();
    let reader = m.reader(r, 8);
    m.close(r).expect("close");
    let (other, other_w) = m.pipe();
    assert_eq!(other.number, r.number);
    m.write(other_w, b"other").expect("write");
    assert!(m.is_blocked(reader));
    m.write(w, b"own").expect("write");
    assert_eq!(m.take(reader), Some(Ok(Done::Bytes(b"own".to_vec()))));
}

#[test]
fn a_blocked_epoll_wait_survives_the_close_of_its_epoll_descriptor() {
    let mut m = Machine::new();
    let (epfd, e) = (m.epoll(), m.eventfd());
    m.add(epfd, e, IN);
    let waiter = m.waiter(epfd, None);
    m.close(epfd).expect("close");
    assert!(m.is_blocked(waiter));
    m.write(e, &1_u64.to_ne_bytes()).expect("write");
    assert_eq!(m.take(waiter), Some(Ok(Done::Events(vec![(IN, e.number as u64)]))));
    assert!(m.kernel.epolls.is_empty() && m.kernel.items.is_empty(), "the instance has died");
}

#[test]
fn nonblock_set_meanwhile_does_not_wake() {
    let mut m = Machine::new();
    let (r, _w) = m.pipe();
    let reader = m.reader(r, 1);
    m.call(|k, call| k.fcntl_setfl(call, r, OFlags::NONBLOCK)).expect("F_SETFL");
    assert!(m.is_blocked(reader));
}

#[test]
fn an_interrupted_call_leaves_the_queue_and_gives_up_its_file() {
    let mut m = Machine::new();
    let (r, w) = m.pipe();
    let (first, second) = (m.reader(r, 1), m.reader(r, 1));
    let Blocked { call, .. } = m.blocked.remove(&first).expect("it is blocked");
    m.kernel.end_call(call);
    assert_eq!(m.write(w, b"x"), Ok(1));
    assert_eq!(m.take(second), Some(Ok(Done::Bytes(b"x".to_vec()))));
    m.close(r).expect("close");
    assert_eq!(m.write(w, b"x"), Err(Errno::EPIPE));
}

#[test]
fn exit_closes_everything_and_leaves_nothing_behind() {
    let mut m = Machine::new();
    let (r, _w) = m.nonblocking_pipe();
    let (epfd, outer, e) = (m.epoll(), m.epoll(), m.eventfd());
    m.add(epfd, e, IN | ET);
    m.add(epfd, r, IN);
    m.add(outer, epfd, IN);
    let copy = m.call(|k, call| k.dup(call, e)).expect("dup");
    m.add(epfd, copy, IN);
    m.kernel.set_path(HostId(0), "/etc/hosts", Some(b"127.0.0.1 localhost"));
    m.call(|k, call| k.open(call, "/etc/hosts", OFlags::empty())).expect("open");
    assert_eq!(m.kernel.leaks(m.process).len(), 7);
    m.kernel.exit_process(m.process);
    assert_eq!(m.kernel.leaks(m.process), []);
    let k = &m.kernel;
    assert!(k.files.is_empty() && k.pipes.is_empty() && k.eventfds.is_empty() && k.open_paths.is_empty());
    assert!(k.epolls.is_empty() && k.items.is_empty());
}

#[test]
fn a_reserved_number_is_taken_but_not_open() {
    let mut m = Machine::new();
    let e = m.eventfd();
    let mut call = m.kernel.begin(m.process, Tid(9));
    m.kernel.reserve(&mut call).expect("a number is free");
    let reserved = e.number + 1;
    assert_eq!(m.eventfd().number, reserved + 1);
    assert_eq!(m.close(Fd::raw(reserved)), Err(Errno::EBADF));
    assert_eq!(m.call(|k, call| k.dup2(call, e, reserved)), Err(Errno::EBUSY));
    m.kernel.end_call(call);
    assert_eq!(m.eventfd().number, reserved, "a call that fails gives it back");
}
