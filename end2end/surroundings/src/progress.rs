//! Tells the person in front of the terminal what is going on and how long it took.

use std::{
    io::{self, Write as _},
    time::{Duration, Instant},
};

use anyhow::Result;

/// Runs a step that prints nothing itself; its line is completed with the time it took.
///
/// # Errors
/// Those of the step.
pub fn quiet<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    print!("  {what} … ");
    io::stdout().flush()?;
    let started = Instant::now();
    let result = work();
    match &result {
        Ok(_) => println!("{}", in_words(started.elapsed())),
        Err(_) => println!("failed after {}", in_words(started.elapsed())),
    }
    result
}

/// Runs a step whose own output passes through.
///
/// # Errors
/// Those of the step.
pub fn talkative<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("  {what} …");
    let started = Instant::now();
    let result = work();
    let outcome = if result.is_ok() { "done" } else { "failed" };
    println!("  {what}: {outcome}, {}", in_words(started.elapsed()));
    result
}

/// A duration for people: `0.3 s`, `42 s`, `3 min 07 s`.
pub fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

/// Lines in a frame.
pub fn frame(lines: &[String]) -> String {
    let width = lines
        .iter()
        .map(|line| line.chars().count())
        .max()
        .unwrap_or(0);
    let edge = "─".repeat(width + 4);
    let mut framed = vec![format!("╭{edge}╮")];
    framed.extend(lines.iter().map(|line| {
        let padding = " ".repeat(width - line.chars().count());
        format!("│  {line}{padding}  │")
    }));
    framed.push(format!("╰{edge}╯"));
    framed.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_a_person_would_say_them() {
        assert_eq!(in_words(Duration::from_millis(340)), "0.3 s");
        assert_eq!(in_words(Duration::from_secs(42)), "42 s");
        assert_eq!(in_words(Duration::from_secs(187)), "3 min 07 s");
    }

    #[test]
    fn a_frame_is_as_wide_as_its_longest_line() {
        let text = frame(&["ab".to_owned(), "äöü".to_owned()]);
        let widths: Vec<_> = text.lines().map(|line| line.chars().count()).collect();
        assert_eq!(widths, [9, 9, 9, 9]);
    }
}
