//! Words to and from people.

use core::time::Duration;

use super::Refusal;
use crate::near;

/// `; did you mean …?`, or where all the names are to be found.
pub(super) fn near(wrong: &str, names: &[&str]) -> String {
    near::offer(wrong, names).unwrap_or_else(|| "; `simnet list` lists all".to_owned())
}

/// The command that runs something again: this program, as it was called.
pub(super) fn replay(what: &impl core::fmt::Display) -> String {
    let program = std::env::args().next();
    format!("{} replay {what}", program.as_deref().unwrap_or("simnet"))
}

/// `90`, `90s`, `10m`, `2h`.
pub(super) fn duration(text: &str) -> Result<Duration, Refusal> {
    let (digits, unit) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(digits) => (digits, &text[digits.len()..]),
        None => (text, "s"),
    };
    let seconds = match unit {
        "h" => 3600,
        "m" => 60,
        _ => 1,
    };
    let count: u64 =
        digits.parse().map_err(|_| Refusal(format!("`{text}` is no time: write 90s, 10m or 2h")))?;
    count
        .checked_mul(seconds)
        .map(Duration::from_secs)
        .ok_or_else(|| Refusal(format!("`{text}` is longer than any hunt")))
}

/// 12345678 as `12.3M`.
pub(super) fn short(count: f64) -> String {
    match count {
        ..1e4 => format!("{count:.0}"),
        ..1e6 => format!("{:.1}k", count / 1e3),
        ..1e9 => format!("{:.1}M", count / 1e6),
        _ => format!("{:.1}G", count / 1e9),
    }
}

/// Virtual time: `3.2 s`, `5.0 h`, `12.1 d`.
pub(super) fn span(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        ..120.0 => format!("{seconds:.1} s"),
        ..7200.0 => format!("{:.1} min", seconds / 60.0),
        ..172_800.0 => format!("{:.1} h", seconds / 3600.0),
        _ => format!("{:.1} d", seconds / 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(duration("90").unwrap(), Duration::from_secs(90));
        assert_eq!(duration("10m").unwrap(), Duration::from_secs(600));
        assert_eq!(duration("2h").unwrap(), Duration::from_secs(7200));
        for wrong in ["", "m", "-1s", "1d", "1.5h", "99999999999999999999"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
        assert!(duration("9999999999999999h").is_err());
    }

    #[test]
    fn a_wrong_name_is_answered_with_the_near_ones() {
        assert_eq!(near("ecoh", &["echo", "partition"]), "; did you mean `echo`?");
        assert_eq!(near("zzz", &["echo", "partition"]), "; `simnet list` lists all");
    }
}
