//! The `simnet` command as a user meets it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

fn simnet(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_simnet")).args(args).output().expect("the command can be started")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A refusal is one line, and exit code 2.
#[track_caller]
fn refused(args: &[&str], says: &str) {
    let output = simnet(args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
    assert!(stderr.contains(says), "{args:?}: {stderr}");
    assert_eq!(stderr.lines().count(), 1, "{args:?}: {stderr}");
}

/// A folder for one test.
fn folder(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a folder for a test");
    path
}

/// Saves a finding's file for `echo` by hand, changed by `edit`.
fn repro(name: &str, edit: impl FnOnce(&mut serde_json::Value)) -> String {
    let mut file: serde_json::Value =
        serde_json::from_str(include_str!("finding.json")).expect("the test's own file");
    edit(&mut file);
    let path = folder(name).join("finding.json");
    fs::write(&path, file.to_string()).expect("the test's own folder");
    path.display().to_string()
}

#[test]
fn list_names_every_scenario() {
    let output = simnet(&["list"]);
    let lines = stdout(&output);
    for scenario in scenarios::all() {
        assert!(lines.lines().any(|line| line.starts_with(scenario.name)), "{}: {lines}", scenario.name);
    }
}

#[test]
fn unknown_names_are_told_with_the_near_ones() {
    refused(&["replay", "ecko", "--seed", "1"], "`echo`");
    refused(&["hunt", "--scenario", "close-race"], "`close-races`");
    refused(&["replay", "echo", "--seed", "1", "--only", "acept4"], "`accept4`");
    refused(&["replay", "echo", "--seed", "1", "--host", "sever"], "`server`");
}

#[test]
fn what_is_no_seed_or_time_is_refused() {
    refused(&["replay", "echo", "--seed", "0xzz"], "0xzz");
    refused(&["replay", "echo"], "--seed");
    refused(&["hunt", "--time", "soon"], "soon");
    refused(&["hunt", "--first-seed", "-"], "-");
    refused(&["hunt", "--resume", "--out", "no-such-folder"], "no hunt to go on with");
}

#[test]
fn what_is_no_plan_is_refused() {
    refused(&["hunt", "--plan", "no-such-file"], "no-such-file");
    let path = folder("plan").join("plan.toml");
    fs::write(&path, "about = \"wrong\"\n[faults]\nemfil = [3]\n").expect("the test's own folder");
    let path = path.display().to_string();
    refused(
        &["replay", "echo", "--seed", "1", "--plan", &path],
        "line 3: unknown name `emfil`; did you mean `emfile`?",
    );
}

#[test]
fn a_hunt_is_gone_on_with_from_its_folder() {
    let out = folder("resume").display().to_string();
    let first = simnet(&["hunt", "--scenario", "dial", "--runs", "15", "--strategy", "pct", "--out", &out]);
    assert_eq!(first.status.code(), Some(0), "{}", stdout(&first));
    let second = simnet(&["hunt", "--resume", "--runs", "40", "--out", &out]);
    let text = stdout(&second);
    assert!(text.lines().any(|line| line.starts_with("dial") && line.contains(" 25 ")), "{text}");
}

#[test]
fn all_schedules_within_a_bound_are_gone_through_once() {
    let out = folder("exhaustive").display().to_string();
    let args = ["hunt", "--scenario", "rebind", "--exhaustive", "0", "--no-faults", "--out", &out];
    for _ in 0..2 {
        let output = simnet(&args);
        let text = stdout(&output);
        assert_eq!(output.status.code(), Some(0), "{text}");
        assert!(text.contains("rebind: 1 schedules with at most 0 deviations, all; 0 findings"), "{text}");
    }
}

#[test]
fn a_hunt_counts_its_runs_and_a_replay_repeats_them() {
    let out = folder("hunt");
    let out = out.display().to_string();
    let output = simnet(&["hunt", "--scenario", "echo", "--seeds", "20", "--out", &out]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert!(stdout(&output).lines().any(|line| line.starts_with("echo") && line.contains(" 20 ")));
    let replays: Vec<_> = (0..2).map(|_| stdout(&simnet(&["replay", "echo", "--seed", "0x2a"]))).collect();
    assert!(replays[0].contains("accept4("), "{}", replays[0]);
    assert_eq!(replays[0], replays[1]);
    let quiet = stdout(&simnet(&["replay", "echo", "--seed", "0x2a", "--quiet"]));
    assert!(replays[0].ends_with(&quiet), "{quiet}");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_simnet"))
        .args(["replay", "echo", "--seed", "0x2a"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command can be started");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_replay_is_cut_down_by_its_filters() {
    let only =
        stdout(&simnet(&["replay", "echo", "--seed", "7", "--only", "socket,close", "--host", "server"]));
    let steps: Vec<&str> = only.lines().take_while(|line| !line.is_empty()).collect();
    assert!(!steps.is_empty());
    for line in steps {
        assert!(line.contains("socket(") || line.contains("close("), "{line}");
        assert!(line.contains("server/") || line.contains("scenario/"), "{line}");
    }
}

#[test]
fn a_finding_of_another_format_or_damaged_is_refused() {
    refused(&["replay", &repro("version", |file| file["format"] = 99.into())], "99");
    refused(&["replay", &repro("scenario", |file| file["scenario"] = "ecko".into())], "`echo`");
    let order = serde_json::json!([{"point": "eintr", "answers": [[4, 1], [1, 1]]}]);
    refused(&["replay", &repro("order", |file| file["tape"] = order)], "out of order");
    let cut = folder("cut").join("finding.json");
    fs::write(&cut, &include_str!("finding.json")[..100]).expect("the test's own folder");
    refused(&["replay", &cut.display().to_string()], "finding.json");
}

#[test]
fn a_finding_is_replayed_from_its_file() {
    let output = simnet(&["replay", "--quiet", &repro("replay", |_| {})]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert!(stdout(&output).contains("found now: nothing"), "{}", stdout(&output));
}

#[test]
fn a_finding_is_shown_for_people_and_for_programs() {
    let file = repro("show", |_| {});
    let text = stdout(&simnet(&["show", &file, "--only", "accept4,close"]));
    assert!(text.contains("accept4(") && !text.contains("recv("), "{text}");
    let json = stdout(&simnet(&["show", &file, "--only", "accept4,close", "--as", "json"]));
    let steps: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let steps = steps.as_array().expect("of steps");
    assert_eq!(steps.len(), text.lines().count());
    assert!(steps.iter().all(|step| step["kind"] == "call" && step["step"].is_u64()), "{json}");
    refused(&["show", "no-such-folder"], "no-such-folder");
    refused(&["show", &file, "--only", "acept4"], "`accept4`");
}

#[test]
fn a_finding_becomes_a_regression_under_a_name() {
    let file = repro("promote", |_| {});
    let to = folder("regressions").display().to_string();
    let args = ["promote", &file, "--name", "made-up", "--to", &to];
    let output = simnet(&args);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert!(stdout(&output).contains("its test passes"), "{}", stdout(&output));
    let replayed = stdout(&simnet(&["replay", "--quiet", &format!("{to}/made-up.json")]));
    assert!(replayed.contains("the file says: LW made up for a test"), "{replayed}");
    refused(&args, "there already");
    refused(&["promote", &file, "--name", "../x", "--to", &to], "no name");
}

#[test]
fn a_fuzzers_bytes_that_find_nothing_are_refused() {
    let folder = folder("import");
    let [bytes, empty] = [("bytes", &[0, 1, 2, 3][..]), ("empty", &[])].map(|(name, bytes)| {
        let path = folder.join(name);
        fs::write(&path, bytes).expect("the test's own folder");
        path.display().to_string()
    });
    let out = folder.join("findings").display().to_string();
    refused(&["import", &bytes, "--out", &out], "nothing is found in `echo` by these bytes");
    refused(&["import", &bytes, "--target", "fd_program"], "nothing is found in `fd-program` by these bytes");
    refused(&["import", &bytes, "--target", "tapes"], "there is no scenario `tapes`");
    refused(&["import", &empty], "is empty");
    refused(&["import", "no-such-file"], "no-such-file: ");
    assert!(!folder.join("findings").exists(), "nothing is kept of nothing");
}

#[test]
fn every_walk_goes_through_its_layers_and_names_files_that_are_there() {
    let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    for (operation, steps) in [
        ("read", ["prepare(read)", "recv(", "park(read)", "epoll_pwait2(", "unpark(read)"]),
        ("accept", ["prepare(read)", "accept4(", "park(read)", "epoll_ctl(", "open"]),
        ("close", ["increfAndClose", "evict", "unpark(read)", "destroy", "close("]),
        ("dial", ["connect(", "epoll_ctl(", "park(write)", "getsockopt(", "getpeername("]),
        ("deadline", ["deadline", "recv(", "park(read)", "expired", "unpark(read)"]),
    ] {
        let text = stdout(&simnet(&["explain", operation]));
        let mut rest = text.as_str();
        for step in steps {
            let at = rest.find(step).unwrap_or_else(|| panic!("{operation}: no {step} in {rest}"));
            rest = &rest[at..];
        }
        let files: Vec<&str> = text.split_whitespace().filter(|word| word.starts_with("netcore/")).collect();
        assert!(files.len() > 5, "{operation}: {text}");
        for file in files {
            assert!(workspace.join(file).exists(), "{operation}: {file}");
        }
    }
    refused(&["explain", "raed"], "`read`");
}

#[test]
fn what_finds_nothing_is_not_shrunk() {
    let file = repro("shrink", |_| {});
    let before = fs::read_to_string(&file).expect("the test's own file");
    refused(&["shrink", &file], "LW made up for a test");
    assert_eq!(fs::read_to_string(&file).ok(), Some(before), "it is left as it was");
    refused(&["shrink", "no-such-file"], "no-such-file");
}

#[test]
fn the_kernels_are_compared_and_agree() {
    let output = simnet(&["conform", "--programs", "200", "--seed", "0x10", "--calls", "20"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert!(stdout(&output).starts_with("200 programs of 20 calls (4000 calls)"), "{}", stdout(&output));
}

#[test]
fn a_program_in_a_file_is_shown_with_both_answers() {
    let path = folder("conform").join("program.json");
    let program = r#"{"format":1,"seed":null,"calls":[
        {"pipe":{"makes":[0,1]}},{"write":{"fd":1,"len":3}},{"close":{"fd":1}},{"read":{"fd":0,"len":9}}]}"#;
    fs::write(&path, program).expect("the test's own folder");
    let output = simnet(&["conform", "--program", &path.display().to_string()]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    for line in ["#1   write(fd1, 3)", "#3   read(fd0, 9)", "no difference"] {
        assert!(text.contains(line), "{text}");
    }
    fs::write(&path, program.replace("write", "wrote")).expect("the test's own folder");
    refused(&["conform", "--program", &path.display().to_string()], "unknown variant `wrote`");
    refused(&["conform", "--program", "no-such-file"], "no-such-file");
    refused(&["conform", "--seed", "x"], "no seed");
    refused(&["conform", "--calls", "0"], "--calls");
}
