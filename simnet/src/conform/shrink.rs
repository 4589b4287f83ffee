//! The smallest program that still shows a difference.

use super::call::Call;
use super::program::Program;

/// Takes calls away while `differs` still says so: blocks of half the program first, single calls last, until no
/// single one can go.
pub fn shrink(program: &Program, mut differs: impl FnMut(&Program) -> bool) -> Program {
    let mut best = program.clone();
    let mut size = best.calls.len().div_ceil(2);
    while size > 0 {
        let before = best.calls.len();
        let mut at = 0;
        while at < best.calls.len() {
            let fewer = without(&best, at, size);
            if differs(&fewer) {
                best = fewer;
            } else {
                at += size;
            }
        }
        if best.calls.len() == before || size > 1 {
            size /= 2;
        }
    }
    best
}

fn without(program: &Program, at: usize, size: usize) -> Program {
    let calls: Vec<Call> = program
        .calls
        .iter()
        .enumerate()
        .filter(|(index, _)| !(at..at + size).contains(index))
        .map(|(_, call)| call.clone())
        .collect();
    Program::new(program.seed, calls)
}

#[cfg(test)]
mod tests {
    use super::super::call::Var;
    use super::*;

    #[test]
    fn what_does_not_matter_goes() {
        let calls: Vec<Call> = (0..40).map(|at| Call::Close { fd: Var(at) }).collect();
        let program = Program::new(None, calls);
        let needs = [Call::Close { fd: Var(3) }, Call::Close { fd: Var(29) }];
        let mut tries = 0;
        let least = shrink(&program, |program| {
            tries += 1;
            needs.iter().all(|call| program.calls.contains(call))
        });
        assert_eq!(least.calls, needs);
        assert!(tries < 100, "{tries} tries");
    }
}
