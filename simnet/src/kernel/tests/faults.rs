//! Faults strike where they may, and never where Linux rules them out.

use super::*;
use crate::choice::{Point, Seed};

fn only(point: Point) -> Choices {
    Choices::from_seed(Seed(7), Rates::without_faults().with(point, 1))
}

#[test]
fn a_short_read_brings_fewer_bytes_and_the_rest_comes_later() {
    let mut m = Machine::with(only(Point::ShortRead));
    let (r, w) = m.nonblocking_pipe();
    m.write(w, b"content").expect("write");
    let mut got = Vec::new();
    let mut reads = 0;
    while got.len() < 7 {
        got.extend(m.read(r, 100).expect("there is something"));
        reads += 1;
    }
    assert_eq!(got, b"content");
    assert!(reads > 1);
}

#[test]
fn a_short_write_happens_only_above_the_atomic_size() {
    let mut m = Machine::with(only(Point::ShortWrite));
    let (_r, w) = m.nonblocking_pipe();
    assert_eq!(m.write(w, &[0; 4096]), Ok(4096));
    assert!(m.write(w, &[0; 8192]).expect("there is room") < 8192);
}

#[test]
fn an_eventfd_knows_no_short_reads_and_writes() {
    let mut rates = Rates::without_faults();
    for point in [Point::ShortRead, Point::ShortWrite] {
        rates = rates.with(point, 1);
    }
    let mut m = Machine::with(Choices::from_seed(Seed(7), rates));
    let e = m.eventfd();
    assert_eq!(m.write(e, &[1; 8]), Ok(8));
    assert_eq!(m.read(e, 8), Ok(vec![1; 8]));
}

#[test]
fn emfile_leaves_nothing_behind() {
    let mut m = Machine::with(only(Point::Emfile));
    let refused = m.call(|k, call| k.pipe2(call, OFlags::empty()));
    assert_eq!(refused, Err(Errno::EMFILE));
    assert_eq!(m.call(|k, call| k.eventfd(call, 0, EventfdFlags::empty())), Err(Errno::EMFILE));
    assert!(m.kernel.files.is_empty() && m.kernel.pipes.is_empty() && m.kernel.eventfds.is_empty());
}

#[test]
fn enospc_refuses_an_add_and_nothing_else() {
    let mut m = Machine::with(only(Point::Enospc));
    let (epfd, e) = (m.epoll(), m.eventfd());
    assert_eq!(m.control(epfd, EpollOp::Add, e, IN), Err(Errno::ENOSPC));
    assert_eq!(m.control(epfd, EpollOp::Del, e, IN), Err(Errno::ENOENT));
}

#[test]
fn a_spurious_report_is_about_what_was_asked_and_uses_up_a_shot() {
    let mut m = Machine::with(only(Point::Spurious));
    let (epfd, e) = (m.epoll(), m.eventfd());
    m.add(epfd, e, IN | EpollEvents::ONESHOT);
    assert_eq!(m.ready(epfd), [(IN, e.number as u64)]);
    assert_eq!(m.ready(epfd), [], "it is disarmed");
    m.write(e, &[1; 8]).expect("write");
    assert_eq!(m.ready(epfd), []);
}
