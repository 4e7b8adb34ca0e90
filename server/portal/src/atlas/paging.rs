//! Reading a list to its end, or failing.
//!
//! What is concluded from a list depends on what is *not* in it, so a list that lacks a page is
//! worse than none. Atlas's pages are not a snapshot: something made or removed between two pages
//! shifts the rest. Where the pages contradict each other, all of them are read again.

use std::{collections::HashSet, hash::Hash};

use futures::future::BoxFuture;

use super::{ReadError, Unanswered, wire::Page};

/// The largest page Atlas gives.
pub(super) const ITEMS_PER_PAGE: usize = 500;
/// Far more than Atlas allows of anything that is listed here; ends a server's endless list.
const PAGES_MAX: u32 = 200;
/// How often a list is read again from its start.
const READINGS: u32 = 3;

/// All items of a list. `page` gets a page by its number, from 1; `key` names an item.
pub(super) async fn all<'a, T, K: Eq + Hash>(
    mut page: impl FnMut(u32) -> BoxFuture<'a, Result<Page<T>, ReadError>>,
    key: impl Fn(&T) -> K,
) -> Result<Vec<T>, ReadError> {
    for _ in 0..READINGS {
        if let Some(items) = read_once(&mut page, &key).await? {
            return Ok(items);
        }
    }
    Err(Unanswered::Unsteady.into())
}

/// `None` where the pages contradict each other.
async fn read_once<'a, T, K: Eq + Hash>(
    page: &mut impl FnMut(u32) -> BoxFuture<'a, Result<Page<T>, ReadError>>,
    key: &impl Fn(&T) -> K,
) -> Result<Option<Vec<T>>, ReadError> {
    let mut items = Vec::new();
    let mut keys = HashSet::new();
    let mut first_total = None;
    for number in 1..=PAGES_MAX {
        let page = page(number).await?;
        let total = page.total();
        if number == 1 {
            first_total = total;
        } else if total != first_total && !page.results.is_empty() {
            return Ok(None);
        }
        let has_next = page.has_next();
        let is_full = page.results.len() >= ITEMS_PER_PAGE;
        let is_empty = page.results.is_empty();
        if has_next && is_empty {
            return Ok(None);
        }
        for item in page.results {
            if !keys.insert(key(&item)) {
                return Ok(None);
            }
            items.push(item);
        }

        let count = items.len() as u64;
        // Where links are missing, the count tells whether there is more, also of a server whose pages
        // are smaller than asked for. Without either, a full page may be the last one, and only the
        // next page can tell, by being empty.
        let by_count = match total {
            Some(total) => count < total,
            None => is_full,
        };
        if has_next || by_count && !is_empty {
            continue;
        }
        // Atlas calls its count an estimate. Too low a count of a single page does no harm: nothing
        // can have shifted.
        let complete =
            first_total.is_none_or(|total| total == count || number == 1 && total < count);
        return Ok(complete.then_some(items));
    }
    Err(Unanswered::TooLong.into())
}
