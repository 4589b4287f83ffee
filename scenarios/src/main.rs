//! The `simnet` command over the scenarios of this workspace.

simnet::main!(scenarios::all());
