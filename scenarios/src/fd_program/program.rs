//! What the tasks of a run do.

use core::time::Duration;

use simnet::choice::{Point, Tape};

/// A program: tasks on either end of a few connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// How many connections there are.
    pub connections: usize,
    /// The bytes of their sockets' buffers.
    pub buffers: i32,
    /// What runs at the same time.
    pub tasks: Vec<Task>,
}

/// An end of the connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The end that dialled.
    Client,
    /// The end that accepted.
    Server,
}

/// One task, which uses one end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Which.
    pub side: Side,
    /// One after the other.
    pub steps: Vec<Step>,
}

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// On which connection.
    pub connection: usize,
    /// On which of its descriptors at this end: the first, or a copy; modulo how many there are by then.
    pub handle: usize,
    /// What is done.
    pub operation: Operation,
    /// How long it is waited for.
    pub patience: Patience,
}

/// What can be done with a connection, and between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Reads up to so many bytes.
    Read(usize),
    /// Writes so many.
    Write(usize),
    /// Writes two buffers of so many.
    WriteVectored(usize, usize),
    /// Ends the stream to the other end.
    CloseWrite,
    /// Reads no more than what has arrived.
    CloseRead,
    /// Closes the descriptor.
    Close,
    /// Makes another descriptor.
    Duplicate,
    /// Sets the deadlines of some directions.
    Deadline {
        /// Of reading.
        read: bool,
        /// Of writing.
        write: bool,
        /// To when.
        when: When,
    },
    /// Waits.
    Sleep(Duration),
    /// Lets others go first.
    Yield,
}

/// A deadline, by when it is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// None.
    Never,
    /// It has passed.
    Past,
    /// It is to come.
    In(Duration),
}

/// How long an operation is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Until it answers.
    Endless,
    /// Until it answers, or the room says that its future is dropped.
    Droppable,
    /// So long; then its future is dropped.
    Within(Duration),
}

const TASKS_MIN: u32 = 2;
const TASKS_MAX: u32 = 4;
const CONNECTIONS_MAX: u32 = 3;
const STEPS_MAX: u32 = 10;
/// Which of an end's descriptors a step means at most.
const HANDLES: u32 = 3;
/// Bytes of one operation: from none to more than what all buffers hold.
const SIZES: [usize; 8] = [1, 0, 5, 64, 700, 3000, 12_000, 40_000];
/// Buffers of sockets: a large operation fills any of them.
const BUFFERS: [i32; 4] = [16_384, 2304, 4608, 9216];
/// Microseconds, of whatever takes time.
const TIMES_US: [u64; 6] = [50, 1, 10, 200, 1000, 3000];

impl Program {
    /// Any decisions as a program: `choose` answers a number below the one that it is given, 0 if in doubt.
    pub fn draw(choose: impl FnMut(u32) -> u32) -> Program {
        let mut draw = Draw(choose);
        let connections = 1 + draw.below(CONNECTIONS_MAX);
        let buffers = draw.one_of(&BUFFERS);
        let tasks = TASKS_MIN + draw.below(TASKS_MAX - TASKS_MIN + 1);
        let tasks = (0..tasks).map(|nth| draw.task(nth, connections)).collect();
        Program { connections: connections as usize, buffers, tasks }
    }
}

/// Any bytes as the tape of a run: the first are the program, a decision each, the rest all other decisions.
pub fn tape(bytes: &[u8]) -> Tape {
    let mut bytes = bytes.iter();
    let mut answers = Vec::new();
    Program::draw(|n| {
        let answer = bytes.next().map_or(0, |&byte| u32::from(byte) % n);
        answers.push(answer);
        answer
    });
    Tape::from_bytes(bytes.as_slice()).led_by(Point::Workload.into(), &answers)
}

struct Draw<C>(C);

impl<C: FnMut(u32) -> u32> Draw<C> {
    /// A number below `n`. Where there is nothing to decide nothing is asked, as in a world.
    fn below(&mut self, n: u32) -> u32 {
        if n > 1 { (self.0)(n) } else { 0 }
    }

    fn one_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u32) as usize]
    }

    fn size(&mut self) -> usize {
        self.one_of(&SIZES)
    }

    fn time(&mut self) -> Duration {
        Duration::from_micros(self.one_of(&TIMES_US))
    }

    /// The dull tasks are on either end in turn.
    fn task(&mut self, nth: u32, connections: u32) -> Task {
        let side = if (nth + self.below(2)).is_multiple_of(2) { Side::Client } else { Side::Server };
        let steps = 1 + self.below(STEPS_MAX);
        Task { side, steps: (0..steps).map(|_| self.step(connections)).collect() }
    }

    fn step(&mut self, connections: u32) -> Step {
        let operation = self.operation();
        Step {
            operation,
            connection: self.below(connections) as usize,
            handle: self.below(HANDLES) as usize,
            patience: self.patience(),
        }
    }

    fn operation(&mut self) -> Operation {
        match self.below(24) {
            0..7 => Operation::Read(self.size()),
            7..12 => Operation::Write(self.size()),
            12..14 => Operation::WriteVectored(self.size(), self.size()),
            14 => Operation::CloseWrite,
            15 => Operation::CloseRead,
            16 => Operation::Close,
            17 => Operation::Duplicate,
            18..21 => {
                let (read, write) = self.one_of(&[(true, false), (false, true), (true, true)]);
                Operation::Deadline { read, write, when: self.when() }
            }
            21 => Operation::Yield,
            _ => Operation::Sleep(self.time()),
        }
    }

    fn when(&mut self) -> When {
        match self.below(4) {
            0 => When::Never,
            1 => When::Past,
            _ => When::In(self.time()),
        }
    }

    fn patience(&mut self) -> Patience {
        match self.below(6) {
            0..3 => Patience::Endless,
            3 => Patience::Within(self.time()),
            _ => Patience::Droppable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bytes_are_the_dull_program() {
        let program = Program::draw(|_| 0);
        assert_eq!(program.tasks.len(), 2);
        assert_eq!(
            program.tasks.iter().map(|task| task.side).collect::<Vec<_>>(),
            [Side::Client, Side::Server]
        );
        assert!(tape(&[]).is_empty());
    }

    /// What a world asks, in this order, is answered by what was drawn from the bytes.
    #[test]
    fn a_program_is_the_same_from_its_tape() {
        let bytes: Vec<u8> = (0..200_u8).map(|nth| nth.wrapping_mul(37) ^ 0x5a).collect();
        let mut drawn = bytes.iter();
        let from_bytes = Program::draw(|n| drawn.next().map_or(0, |&byte| u32::from(byte) % n));
        let tape = tape(&bytes);
        let mut asked = 0..;
        let from_tape = Program::draw(|n| {
            let question = asked.next().expect("without end");
            let answers = tape.answers(Point::Workload);
            let answer = answers.iter().find(|&&(at, _)| at == question).map_or(0, |&(_, answer)| answer);
            answer.min(n - 1)
        });
        assert_eq!(from_bytes, from_tape);
        assert!(from_bytes.tasks.iter().any(|task| task.steps.len() > 3), "{from_bytes:?}");
    }
}
