//! A page's data, and what stands there when it cannot be had.

use leptos::prelude::*;

use super::{TroubleView, sentence_of, trouble::TroubleTitle};
use crate::{error::PortalError, here::here, texts::locale};

/// Waits for a page's data and shows it; or says why it cannot, with the status that goes with it.
///
/// Pages are rendered whole (`SsrMode::Async`), so status and redirects set here still count.
pub fn load<T, D, V>(data: D, show: impl FnOnce(T) -> V + Send + 'static) -> impl IntoView
where
    T: Send + 'static,
    D: Future<Output = Result<T, PortalError>> + Send + 'static,
    V: IntoView + 'static,
{
    Suspend::new(async move {
        match data.await {
            Ok(data) => show(data).into_any(),
            Err(error) => {
                (here().failed)(&error);
                let sentence = sentence_of(locale(), &error);
                view! {
                    <TroubleTitle title=sentence.title.clone() />
                    <TroubleView sentence status=error.status() />
                }
                .into_any()
            }
        }
    })
}
