//! The `simnet` command.

fn main() {}
