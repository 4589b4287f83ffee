//! Which of several waiting threads an event wakes.

use super::*;

const ONE: [u8; 8] = 1_u64.to_ne_bytes();

#[test]
fn an_edge_wakes_one_waiter_the_last_to_come() {
    let mut m = Machine::new();
    let (epfd, e) = (m.epoll(), m.eventfd());
    m.add(epfd, e, IN | ET);
    let waiters = [m.waiter(epfd, None), m.waiter(epfd, None), m.waiter(epfd, None)];
    m.write(e, &ONE).expect("write");
    assert_eq!(finished(&m, &waiters), waiters[2..]);
    m.write(e, &ONE).expect("write");
    assert_eq!(finished(&m, &waiters), waiters[1..]);
}

#[test]
fn a_shot_wakes_one_waiter() {
    let mut m = Machine::new();
    let (epfd, e) = (m.epoll(), m.eventfd());
    m.add(epfd, e, IN | EpollEvents::ONESHOT);
    let waiters = [m.waiter(epfd, None), m.waiter(epfd, None)];
    m.write(e, &ONE).expect("write");
    m.write(e, &ONE).expect("write");
    assert_eq!(finished(&m, &waiters), waiters[1..]);
}

#[test]
fn an_unconsumed_level_wakes_them_all_in_a_chain() {
    let mut m = Machine::new();
    let (epfd, e) = (m.epoll(), m.eventfd());
    m.add(epfd, e, IN);
    let waiters = [m.waiter(epfd, None), m.waiter(epfd, None), m.waiter(epfd, None)];
    m.write(e, &ONE).expect("write");
    assert_eq!(finished(&m, &waiters), waiters);
}

#[test]
fn every_instance_that_watches_is_told() {
    let mut m = Machine::new();
    let (one, two, e) = (m.epoll(), m.epoll(), m.eventfd());
    m.add(one, e, IN | ET);
    m.add(two, e, IN | ET);
    let waiters = [m.waiter(one, None), m.waiter(two, None)];
    m.write(e, &ONE).expect("write");
    assert_eq!(finished(&m, &waiters), waiters);
}

#[test]
fn of_exclusive_instances_the_first_added_with_a_waiter_is_told() {
    let mut m = Machine::new();
    let (one, two, three) = (m.epoll(), m.epoll(), m.epoll());
    let (r, w) = m.pipe();
    for epfd in [one, two, three] {
        m.add(epfd, r, IN | EpollEvents::EXCLUSIVE);
    }
    let waiters = [m.waiter(two, None), m.waiter(three, None)];
    m.write(w, b"x").expect("write");
    assert_eq!(finished(&m, &waiters), waiters[..1]);
    let item = (IN, r.number as u64);
    assert_eq!(m.ready(one), [item], "it was listed there too, but nobody waited");
    assert_eq!(m.ready(three), [], "the wakeup ended before");
}

#[test]
fn adding_or_changing_to_something_ready_wakes() {
    let mut m = Machine::new();
    let (epfd, e) = (m.epoll(), m.eventfd());
    let first = m.waiter(epfd, None);
    m.add(epfd, e, OUT | ET);
    assert_eq!(m.take(first), Some(Ok(Done::Events(vec![(OUT, e.number as u64)]))));
    let second = m.waiter(epfd, None);
    assert!(m.is_blocked(second));
    m.control(epfd, EpollOp::Mod, e, OUT | ET).expect("EPOLL_CTL_MOD");
    assert_eq!(m.take(second), Some(Ok(Done::Events(vec![(OUT, e.number as u64)]))));
}

#[test]
fn a_wait_times_out_at_its_deadline_not_before() {
    let mut m = Machine::new();
    let epfd = m.epoll();
    let waiter = m.waiter(epfd, Some(Duration::from_millis(5)));
    m.pass(Duration::from_nanos(4_999_999));
    assert!(m.is_blocked(waiter));
    m.pass(Duration::from_nanos(1));
    assert_eq!(m.take(waiter), Some(Ok(Done::Events(vec![]))));
}

#[test]
fn a_waiter_whose_event_was_drained_goes_on_waiting() {
    let mut m = Machine::new();
    let (epfd, (r, w)) = (m.epoll(), m.nonblocking_pipe());
    m.add(epfd, r, IN);
    let waiter = m.waiter(epfd, Some(Duration::from_millis(5)));
    // The thread that writes goes on to read before the waiter runs.
    m.call(|k, call| {
        k.write(call, w, b"x")?;
        let mut call = k.begin(call.process, call.thread);
        let read = k.read(&mut call, r, &mut [0; 8]);
        k.end_call(call);
        read
    })
    .expect("write and read");
    assert!(m.is_blocked(waiter));
    m.pass(Duration::from_millis(5));
    assert_eq!(m.take(waiter), Some(Ok(Done::Events(vec![]))));
}

#[test]
fn a_waiter_that_was_woken_as_its_time_ran_out_takes_the_event() {
    let mut m = Machine::new();
    let (epfd, e) = (m.epoll(), m.eventfd());
    m.add(epfd, e, IN | ET);
    let waiter = m.waiter(epfd, Some(Duration::from_millis(5)));
    let mut call = m.kernel.begin(m.process, Tid(0));
    m.kernel.write(&mut call, e, &ONE).expect("write");
    m.kernel.end_call(call);
    m.kernel.woken.clear();
    m.pass(Duration::from_millis(5));
    assert_eq!(m.take(waiter), Some(Ok(Done::Events(vec![(IN, e.number as u64)]))));
}

#[test]
fn an_event_deep_down_wakes_the_waiter_on_top() {
    let mut m = Machine::new();
    let e = m.eventfd();
    let mut top = m.epoll();
    m.add(top, e, IN);
    for _ in 0..4 {
        let outer = m.epoll();
        m.add(outer, top, IN);
        top = outer;
    }
    let waiter = m.waiter(top, None);
    m.write(e, &ONE).expect("write");
    assert!(!m.is_blocked(waiter));
}

#[test]
fn blocked_eventfd_readers_share_a_wakeup_and_the_first_takes_it() {
    let mut m = Machine::new();
    let e = m.eventfd();
    let readers = [m.reader(e, 8), m.reader(e, 8)];
    m.write(e, &ONE).expect("write");
    assert_eq!(finished(&m, &readers), readers[..1]);
    m.write(e, &ONE).expect("write");
    assert_eq!(finished(&m, &readers), readers);
}

#[test]
fn a_blocked_eventfd_writer_goes_on_when_there_is_room() {
    let mut m = Machine::new();
    let e = m.eventfd();
    m.write(e, &(u64::MAX - 1).to_ne_bytes()).expect("write");
    let writer = m.writer(e, ONE.to_vec());
    assert!(m.is_blocked(writer));
    assert_eq!(m.read(e, 8), Ok((u64::MAX - 1).to_ne_bytes().to_vec()));
    assert_eq!(m.take(writer), Some(Ok(Done::Count(8))));
    assert_eq!(m.read(e, 8), Ok(ONE.to_vec()));
}
