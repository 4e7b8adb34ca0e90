//! Asking for one page again and again, from several places at once.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow, ensure};

use crate::{browser::Browser, interrupt};

/// What came of it.
pub(super) struct Load {
    /// Pages per second.
    pub(super) per_second: f64,
    /// Half of the answers took no longer.
    pub(super) p50: Duration,
    /// 99 of 100 answers took no longer.
    pub(super) p99: Duration,
    /// Bytes of one page.
    pub(super) bytes: usize,
}

/// Asks for `url` from `places` at once for `time`, with the cookies of `browser`.
pub(super) fn run(browser: &Browser, url: &str, places: usize, time: Duration) -> Result<Load> {
    let began = Instant::now();
    let askers: Vec<_> = (0..places)
        .map(|_| {
            let (mut browser, url) = (browser.another(), url.to_owned());
            thread::spawn(move || -> Result<(Vec<Duration>, usize)> {
                let (mut took, mut bytes) = (Vec::new(), 0);
                while began.elapsed() < time && !interrupt::requested() {
                    let asked = Instant::now();
                    let page = browser.open(&url)?.ok()?;
                    took.push(asked.elapsed());
                    ensure!(page.url.as_str() == url, "{url} led to {}", page.url);
                    bytes = page.body.len();
                }
                Ok((took, bytes))
            })
        })
        .collect();
    let (mut took, mut bytes) = (Vec::new(), 0);
    for asker in askers {
        let (times, size) = asker.join().map_err(|_| anyhow!("an asker panicked"))??;
        took.extend(times);
        bytes = size;
    }
    let whole = began.elapsed();
    took.sort_unstable();
    ensure!(!took.is_empty(), "{url} was never answered");
    let at = |hundredths: usize| took[(took.len() - 1) * hundredths / 100];
    #[expect(
        clippy::cast_precision_loss,
        reason = "a count of answers in a few seconds"
    )]
    let per_second = took.len() as f64 / whole.as_secs_f64();
    Ok(Load {
        per_second,
        p50: at(50),
        p99: at(99),
        bytes,
    })
}
