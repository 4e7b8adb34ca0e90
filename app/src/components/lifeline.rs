//! The lifeline: how much of a certificate's life is gone and how much is left, the same everywhere.

use leptos::prelude::*;
use portal::model::{CertificateRow, Life, Timestamp, gone_percent};

use crate::{texts::locale, time};

/// Bar and words of a certificate.
#[component]
pub fn Lifeline(
    /// Whose life.
    row: CertificateRow,
    /// When the page was made.
    now: Timestamp,
    /// The exact end too: for a page about one certificate.
    #[prop(optional)]
    exact: bool,
) -> impl IntoView {
    view! { <Lifespan begin=row.not_before end=row.not_after now exact /> }
}

/// Bar and words of anything that begins and ends.
#[component]
pub fn Lifespan(
    /// When it began.
    begin: Timestamp,
    /// When it ends.
    end: Timestamp,
    /// When the page was made.
    now: Timestamp,
    /// The exact end too.
    #[prop(optional)]
    exact: bool,
) -> impl IntoView {
    let (life, gone) = (Life::until(end, now), gone_percent(begin, end, now));
    view! {
        <div class=format!("lifeline {life}")>
            <LifelineBar life gone />
            <time datetime=time::machine(end) title=time::title(end)>
                {time::ends(locale(), now, end)}
                {exact.then(|| format!(" · {}", time::exact(locale(), end)))}
            </time>
        </div>
    }
}

/// The bar alone. A picture of what the words beside it say, so it says nothing by itself.
///
/// Drawn with attributes: the content security policy takes no `style` attribute.
#[component]
pub fn LifelineBar(
    /// How near the end.
    life: Life,
    /// How much is gone, in percent.
    gone: u8,
) -> impl IntoView {
    // Something of the remaining life stays visible until it is over.
    let gone = if life == Life::Over {
        100
    } else {
        gone.min(97)
    };
    view! {
        <svg class="bar" width="100%" height="6" aria-hidden="true" focusable="false">
            <rect class="left" x="0" y="0" width="100%" height="6" />
            <rect class="gone" x="0" y="0" width=format!("{gone}%") height="6" />
        </svg>
    }
}
