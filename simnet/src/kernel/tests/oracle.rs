//! Descriptors used after their number was closed are reported, and answered by number.

use super::*;
use crate::kernel::report::Misuse;

fn found(m: &mut Machine) -> Vec<(Misuse, Option<u32>)> {
    m.kernel.reports.drain(..).map(|report| (report.misuse, report.found)).collect()
}

#[test]
fn a_stale_number_is_reported_and_honoured() {
    let mut m = Machine::new();
    let old = m.eventfd();
    m.close(old).expect("close");
    let new = m.eventfd();
    assert_eq!(old.number, new.number);
    assert_eq!(m.write(old, &[1; 8]), Ok(8));
    assert_eq!(found(&mut m), [(Misuse::StaleDescriptor, Some(new.open))]);
    assert_eq!(m.close(old), Ok(()));
    assert_eq!(found(&mut m), [(Misuse::DoubleClose, Some(new.open))]);
    assert_eq!(m.close(old), Err(Errno::EBADF));
    assert_eq!(found(&mut m), [(Misuse::DoubleClose, None)]);
}

#[test]
fn del_after_close_is_reported() {
    let mut m = Machine::new();
    let (epfd, e) = (m.epoll(), m.eventfd());
    m.add(epfd, e, IN);
    m.close(e).expect("close");
    assert_eq!(m.control(epfd, EpollOp::Del, e, IN), Err(Errno::EBADF));
    assert_eq!(found(&mut m), [(Misuse::StaleControl(EpollOp::Del), None)]);
}

#[test]
fn a_number_without_identity_is_not_checked() {
    let mut m = Machine::new();
    let e = m.eventfd();
    assert_eq!(m.close(Fd::raw(e.number)), Ok(()));
    assert_eq!(m.close(Fd::raw(e.number)), Err(Errno::EBADF));
    assert_eq!(found(&mut m), []);
}

#[test]
fn a_call_that_began_before_the_close_is_no_misuse() {
    let mut m = Machine::new();
    let (r, w) = m.pipe();
    let reader = m.reader(r, 1);
    m.close(r).expect("close");
    m.pipe();
    m.write(w, b"x").expect("write");
    assert!(!m.is_blocked(reader));
    assert_eq!(found(&mut m), []);
}

#[test]
fn a_number_replaced_by_dup2_is_another_open() {
    let mut m = Machine::new();
    let (one, two) = (m.eventfd(), m.eventfd());
    let copy = m.call(|k, call| k.dup2(call, one, two.number)).expect("dup2");
    assert_eq!(copy.number, two.number);
    m.write(copy, &[1; 8]).expect("write");
    assert_eq!(found(&mut m), []);
    m.write(two, &[1; 8]).expect("write");
    assert_eq!(found(&mut m), [(Misuse::StaleDescriptor, Some(copy.open))]);
}

#[test]
fn a_state_table_line_tells_flags_readiness_and_who_watches() {
    let mut m = Machine::new();
    let (epfd, (r, w)) = (m.epoll(), m.nonblocking_pipe());
    m.add(epfd, r, IN | ET);
    m.write(w, b"abc").expect("write");
    let line = |number| m.kernel.describe_fd(m.process, number);
    assert_eq!(
        line(r.number).as_deref(),
        Some("1 pipe reader, 3 bytes NONBLOCK [IN] (E0 watches 1 for IN ERR HUP ET, ready)")
    );
    assert_eq!(
        line(epfd.number).as_deref(),
        Some("0 epoll E0 watches [1], ready [1], sleepers [] CLOEXEC [IN]")
    );
    assert_eq!(line(9), None);
}
