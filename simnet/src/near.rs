//! Names that are near to a wrong one.

/// Names within this distance are offered instead of a wrong one.
const NEAR: f64 = 0.6;

/// `; did you mean …?`, if any name is near.
pub(crate) fn offer(wrong: &str, names: &[&str]) -> Option<String> {
    let mut close: Vec<(f64, &str)> = names
        .iter()
        .map(|&name| (strsim::jaro_winkler(wrong, name), name))
        .filter(|&(likeness, _)| likeness > NEAR)
        .collect();
    close.sort_by(|a, b| b.0.total_cmp(&a.0));
    let likest = close.first()?.0;
    let close: Vec<String> = close
        .iter()
        .take(3)
        .filter(|(likeness, _)| *likeness > likest - 0.1)
        .map(|(_, name)| format!("`{name}`"))
        .collect();
    Some(format!("; did you mean {}?", close.join(" or ")))
}

/// A message on one line, whatever it quotes.
pub(crate) fn one_line(message: &str) -> String {
    message.chars().fold(String::new(), |mut line, c| {
        if c.is_control() {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
        line
    })
}
