//! Operations and the close, with all that is between them.

use core::future::poll_fn;
use std::sync::Arc;

use loom::future::block_on;
use loom::thread::{JoinHandle, spawn};

use crate::loom::{Machine, model};
use crate::netpoll::{Driver, Trigger};
use crate::poll::{Descriptor, Error, Kind, Mode, Op};
use crate::sys::{Errno, Fd};

const FD: Fd = Fd::raw(9);

fn descriptor(machine: &Machine) -> Arc<Descriptor<Machine>> {
    let driver = Driver::new(machine.clone(), Trigger::Edge).unwrap();
    let descriptor = Descriptor::new(Arc::new(driver), FD, Kind::File);
    descriptor.init().unwrap();
    Arc::new(descriptor)
}

/// An operation whose every call answers `answer`.
fn operate(
    descriptor: &Arc<Descriptor<Machine>>,
    mode: Mode,
    answer: Result<(), Errno>,
) -> JoinHandle<Result<(), Error>> {
    let inner = descriptor.inner.clone();
    spawn(move || {
        let mut op = Op::default();
        let result = block_on(poll_fn(|cx| inner.poll_op(mode, &mut op, cx, |_, _| answer)));
        inner.end(mode, &mut op);
        result
    })
}

#[test]
fn a_close_ends_when_the_operation_has_and_closes_the_number_once() {
    model(|| {
        let machine = Machine::new();
        let descriptor = descriptor(&machine);
        let operation = operate(&descriptor, Mode::Read, Ok(()));
        assert_eq!(block_on(descriptor.close()), Ok(()));
        assert_eq!(machine.closed(), [FD]);
        let result = operation.join().unwrap();
        assert!(matches!(result, Ok(()) | Err(Error::Closing)), "{result:?}");
    });
}

#[test]
fn a_close_ends_an_operation_that_waits() {
    model(|| {
        let machine = Machine::new();
        let descriptor = descriptor(&machine);
        let operation = operate(&descriptor, Mode::Write, Err(Errno::EAGAIN));
        assert_eq!(block_on(descriptor.close()), Ok(()));
        assert_eq!(machine.closed(), [FD]);
        assert_eq!(operation.join().unwrap(), Err(Error::Closing));
    });
}
