//! The `simnet` command over the scenarios of this workspace.

use std::process::ExitCode;

fn main() -> ExitCode {
    simnet::main(&scenarios::all())
}
