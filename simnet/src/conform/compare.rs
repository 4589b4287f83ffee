//! What counts as the same answer.

use core::fmt;

use netcore::sys::{Errno, SockOpt, SockOptValue};

use super::answer::{Answer, Name, Value};
use super::call::Call;
use super::program::Program;

/// Where two kernels part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The call.
    pub at: usize,
    /// What the real kernel answered.
    pub real: Answer,
    /// What the simulated one did.
    pub simulated: Answer,
}

/// The first difference between the answers of the real kernel and of the simulated one.
///
/// # Panics
///
/// Unless there are as many answers as calls.
pub fn compare(program: &Program, real: &[Answer], simulated: &[Answer]) -> Option<Difference> {
    assert_eq!([real.len(), simulated.len()], [program.calls.len(); 2], "one answer per call");
    let mut ports = Ports::default();
    let mut is_filled = false;
    for (at, (call, (real, simulated))) in program.calls.iter().zip(real.iter().zip(simulated)).enumerate() {
        is_filled |= matches!(call, Call::Fill { .. });
        if !alike(call, real, simulated, &mut ports) {
            // How much goes until a stream is full is each kernel's own affair, and what comes of it too.
            let (real, simulated) = (real.clone(), simulated.clone());
            let is_own_affair = is_filled && is_amount(&real, &simulated);
            return (!is_own_affair).then_some(Difference { at, real, simulated });
        }
    }
    None
}

/// Whether the answers differ in amounts only, or in what comes of them: how much went, whether there was room, what
/// was to be reported.
fn is_amount(real: &Answer, simulated: &Answer) -> bool {
    let is_one = |answer: &Answer| match answer {
        Ok(Value::Bytes(..) | Value::Int(_) | Value::Events(_)) | Err(Errno::EAGAIN) => true,
        Ok(Value::Until(_, end, right)) => end.is_none_or(|errno| errno == Errno::EAGAIN) && *right,
        _ => false,
    };
    // A reset is told as either, depending on whether the FIN behind what went has come before it.
    let is_reset = |answer: &Answer| {
        let reset = [Errno::EPIPE, Errno::ECONNRESET];
        match answer {
            Ok(Value::Option(SockOptValue::Error(Some(errno)))) | Err(errno) => reset.contains(errno),
            _ => false,
        }
    };
    (is_one(real) && is_one(simulated)) || (is_reset(real) && is_reset(simulated))
}

fn alike(call: &Call, real: &Answer, simulated: &Answer, ports: &mut Ports) -> bool {
    match (real, simulated) {
        (Ok(Value::Name(real)), Ok(Value::Name(simulated))) => ports.alike(real, simulated),
        (Ok(Value::Accepted(a, real, flags)), Ok(Value::Accepted(b, simulated, others))) => {
            a == b && flags == others && ports.alike(real, simulated)
        }
        (Ok(Value::Until(_, real, true)), Ok(Value::Until(_, simulated, true)))
            if matches!(call, Call::Fill { .. }) =>
        {
            real == simulated
        }
        (Ok(Value::Option(real)), Ok(Value::Option(simulated))) => same_option(call, *real, *simulated),
        _ => real == simulated,
    }
}

/// Sizes that the kernel tunes by itself are not compared.
fn same_option(call: &Call, real: SockOptValue, simulated: SockOptValue) -> bool {
    let is_tuned = matches!(
        call,
        Call::Getsockopt { option, .. }
            if matches!(option.sys(), SockOpt::SndBuf | SockOpt::RcvBuf | SockOpt::TcpMaxSeg)
    );
    is_tuned || real == simulated
}

/// Which ports of the simulated kernel stand for those of the real one: names that have one port there have one here.
/// The other way round it need not be so, since connections to different places may share a port or not.
#[derive(Debug, Default)]
struct Ports {
    pairs: Vec<(u16, u16)>,
}

impl Ports {
    fn alike(&mut self, real: &Name, simulated: &Name) -> bool {
        if real.ip != simulated.ip {
            return false;
        }
        let known = self.pairs.iter().find(|pair| pair.0 == real.port);
        match known {
            Some(pair) => pair.1 == simulated.port,
            None => {
                self.pairs.push((real.port, simulated.port));
                // Whoever binds gets an odd one, whoever connects an even one, while there are any.
                (real.port == 0) == (simulated.port == 0) && real.port % 2 == simulated.port % 2
            }
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |answer: &Answer| match answer {
            Ok(value) => value.to_string(),
            Err(errno) => format!("{errno:?}"),
        };
        write!(f, "Linux: {}; simulated: {}", text(&self.real), text(&self.simulated))
    }
}
