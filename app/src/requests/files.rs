//! The files a key can be collected in: which one, for what, and how it is then used.

use leptos::{children::ChildrenFn, prelude::*};
use portal::model::{
    DeliveryFormat, Field, PASSPHRASE_MAX, PASSPHRASE_MIN, Pickup, RequestPage, Username,
};
use strum::IntoEnumIterator as _;

use crate::{
    components::{Connect, FieldShell, PostForm, Reveal, Submit, taken_as},
    here::here,
    tr, tr_view,
};

/// The choice, and for each what there is to know, the download and the lines that use it.
///
/// The choice is no field of the forms: it shows one of them, by the stylesheet alone. Where that cannot
/// be done, all of them stand there, and each works.
pub fn files(page: &RequestPage, pickup: Pickup) -> impl IntoView + use<> {
    // What was tried and not taken, or what was taken last; at first what most need.
    let chosen = here()
        .typed("format")
        .and_then(|format| format.parse().ok())
        .unwrap_or_else(|| taken_as(&page.story));
    let choices = DeliveryFormat::iter()
        .map(|format| choice(format, format == chosen))
        .collect_view();
    let ways = DeliveryFormat::iter()
        .map(|format| way(page, pickup, format))
        .collect_view();
    view! {
        <div class="files">
            <fieldset class="kinds">
                <legend>{tr!(pickup.which)}</legend>
                {choices}
            </fieldset>
            <div class="ways-of">{ways}</div>
        </div>
    }
}

fn choice(format: DeliveryFormat, checked: bool) -> impl IntoView {
    let name: &'static str = format.into();
    view! {
        <label>
            <input type="radio" name="kind" id=format!("as-{name}") value=name checked=checked />
            <span>
                <b>{used_by(format)}</b>
                <span class="faint">{format_name(format)}</span>
            </span>
        </label>
    }
}

/// What a format is called.
fn format_name(format: DeliveryFormat) -> &'static str {
    match format {
        DeliveryFormat::Pem => tr!(pickup.pem),
        DeliveryFormat::Split => tr!(pickup.split),
        DeliveryFormat::Pkcs12 => tr!(pickup.pkcs12),
        DeliveryFormat::Kubernetes => tr!(pickup.kubernetes),
    }
}

/// Who needs it.
fn used_by(format: DeliveryFormat) -> &'static str {
    match format {
        DeliveryFormat::Pem => tr!(pickup.pem_for),
        DeliveryFormat::Split => tr!(pickup.split_for),
        DeliveryFormat::Pkcs12 => tr!(pickup.pkcs12_for),
        DeliveryFormat::Kubernetes => tr!(pickup.kubernetes_for),
    }
}

/// One format: what it is, its form, and the lines that use it.
fn way(page: &RequestPage, pickup: Pickup, format: DeliveryFormat) -> impl IntoView + use<> {
    let name: &'static str = format.into();
    let username = page.row.username.clone();
    let download =
        (pickup.downloads_used < pickup.downloads_allowed).then(|| download(page, pickup, format));
    let what = what_it_is(format, &username);
    let clusters = page.clusters.clone();
    view! {
        <section class=format!("way {name}") aria-label=format_name(format)>
            <p>{what}</p>
            {download}
            <div class="lines">
                <Connect username clusters format />
            </div>
        </section>
    }
}

fn what_it_is(format: DeliveryFormat, username: &Username) -> AnyView {
    match format {
        DeliveryFormat::Pem => tr!(pickup.pem_what).into_any(),
        DeliveryFormat::Split => {
            let (certificate, key) = (username.file_name("crt"), username.file_name("key"));
            tr_view!(pickup.split_what, <m> = mono, certificate = certificate, key = key).into_any()
        }
        DeliveryFormat::Pkcs12 => {
            let name = username.to_string();
            tr_view!(pickup.pkcs12_what, <m> = mono, name = name).into_any()
        }
        DeliveryFormat::Kubernetes => tr_view!(pickup.kubernetes_what, <m> = mono).into_any(),
    }
}

/// A name as it stands in a file.
fn mono(children: ChildrenFn) -> impl IntoView {
    view! { <span class="mono">{children()}</span> }
}

/// The form. Its button is the page's primary one until something was downloaded.
fn download(page: &RequestPage, pickup: Pickup, format: DeliveryFormat) -> impl IntoView + use<> {
    let name: &'static str = format.into();
    let first = pickup.downloads_used == 0;
    let label = match format {
        _ if !first => tr!(requests.download_again),
        DeliveryFormat::Pem => tr!(requests.download),
        DeliveryFormat::Split => tr!(pickup.download_split),
        DeliveryFormat::Pkcs12 => tr!(pickup.download_pkcs12),
        DeliveryFormat::Kubernetes => tr!(pickup.download_kubernetes),
    };
    let class = if first { "primary" } else { "" };
    let file = format.file_name(&page.row.username);
    let passphrase = (format == DeliveryFormat::Pkcs12).then(|| view! { <Passphrase /> });
    view! {
        <PostForm to=format!("/requests/{}/certificate", page.row.id) class="stack">
            <input type="hidden" name="format" value=name />
            {passphrase}
            <div class="row">
                <Submit label class />
                <span class="faint mono">{file}</span>
            </div>
        </PostForm>
    }
}

/// The pass-phrase is never sent back: whoever is told that it is too short types it again.
#[component]
fn Passphrase() -> impl IntoView {
    let name: &'static str = Field::Passphrase.into();
    let wrong = here().problem(Field::Passphrase).is_some();
    view! {
        <FieldShell
            field=Field::Passphrase
            hint=tr!(pickup.passphrase_hint, least = PASSPHRASE_MIN)
        >
            <div class="revealed">
                <input
                    type="password"
                    id=name
                    name=name
                    required
                    minlength=PASSPHRASE_MIN
                    maxlength=PASSPHRASE_MAX
                    autocomplete="new-password"
                    autocapitalize="none"
                    spellcheck="false"
                    aria-describedby=format!("{name}-hint {name}-problem")
                    aria-invalid=wrong.then_some("true")
                />
                <Reveal
                    of=name.to_owned()
                    show=tr!(pickup.show).to_owned()
                    hide=tr!(pickup.hide).to_owned()
                />
            </div>
        </FieldShell>
    }
}
