//! The job the product exists for, gone through over HTTP as three people would: ask, approve,
//! issue, save the key; then see it in the list and in the log.

use std::{
    fs,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    browser::{Browser, Page},
    children::output_of,
    form::Form,
    progress,
    world::World,
};

const PROJECT: &str = "Payments prod";
const DATABASE_USER: &str = "orders-api";
const MONTHS: &str = "3";
const REASON: &str = "Rotation before the release, ticket PAY-2291.";
/// How long Atlas may take for one certificate.
const ISSUING_PATIENCE: Duration = Duration::from_mins(1);

const DAY: u32 = 24 * 60 * 60;
/// Three months from now are never fewer days than this, nor more.
const LIFETIME_DAYS: (u32, u32) = (85, 96);

/// Goes through it; an error says which step failed and what the page said.
pub(crate) fn run(world: &World) -> Result<()> {
    let portal = world.portal_url();
    let mut dana = Browser::new();
    let mut olga = Browser::new();

    let form_page = progress::quiet("Dana signs in", || {
        sign_in(&mut dana, &portal, "dana", "/requests/new")
    })?;
    let request = progress::quiet(
        "Dana asks for a certificate for orders-api, 3 months",
        || ask(&mut dana, form_page),
    )?;
    progress::quiet("Olga signs in and approves", || {
        let page = sign_in(&mut olga, &portal, "olga", &request)?;
        let form = Form::find(&page, "/api/requests/approve")?;
        olga.submit(&form)?.ok()
    })?;
    progress::quiet("Dana has it issued", || {
        let page = dana.open(&format!("{portal}{request}"))?.ok()?;
        let form = Form::find(&page, "/api/requests/issue")?;
        dana.submit(&form)?.ok()
    })?;
    let download = progress::quiet("Atlas answers", || {
        wait_for_the_key(&mut dana, &format!("{portal}{request}"))
    })?;
    let serial = progress::quiet("Dana saves the key, and openssl agrees with it", || {
        let pem = save(&mut dana, &download)?;
        verify(world, &pem)
    })?;
    progress::quiet(
        "Dana says that she has it, and the key is destroyed here",
        || {
            let page = dana.open(&format!("{portal}{request}"))?.ok()?;
            let form = Form::find(&page, "/api/requests/acknowledge")?;
            dana.submit(&form)?.ok()
        },
    )?;
    progress::quiet("Dana sees it among her certificates", || {
        let page = dana.open(&format!("{portal}/certificates"))?.ok()?;
        ensure_says(&page, &[DATABASE_USER])
    })?;
    progress::quiet("Sam signs in and sees it in the log", || {
        let page = sign_in(&mut Browser::new(), &portal, "sam", "/audit")?;
        let id = request.rsplit('/').next().unwrap_or_default();
        ensure_says(&page, &[id, &serial])
    })
}

/// Signs in through the company's sign-in and answers the page one comes back to.
pub(super) fn sign_in(browser: &mut Browser, portal: &str, name: &str, then: &str) -> Result<Page> {
    let login = format!("{portal}/auth/login?return_to={then}");
    let page = browser.open(&login)?.ok()?;
    let mut form = Form::all(&page)
        .into_iter()
        .find(|form| form.has("username") && form.has("password"))
        .with_context(|| format!("{} shows no sign-in form:\n{}", page.url, page.readable()))?;
    form.set("username", name)?;
    form.set("password", name)?;
    let page = browser.submit(&form)?.ok()?;
    ensure!(
        page.url.as_str().starts_with(&format!("{portal}{then}")),
        "signing in as {name} led to {} in place of {then}:\n{}",
        page.url,
        page.readable()
    );
    Ok(page)
}

/// Fills in the request form and answers the request's path. The page may ask for the project and
/// the database user first, with a form of their own or with links.
fn ask(dana: &mut Browser, mut page: Page) -> Result<String> {
    const STEPS: usize = 4;
    for _ in 0..STEPS {
        let mut forms = Form::all(&page);
        if let Some(form) = forms.iter_mut().find_map(fill_in_request) {
            let page = dana.submit(form)?.ok()?;
            let path = page.url.path();
            ensure!(
                path.starts_with("/requests/") && path != "/requests/new",
                "the request was not accepted; {path} says:\n{}",
                page.readable()
            );
            return Ok(path.to_owned());
        }
        let questions = forms.iter_mut().filter(|form| !form.is_post());
        let answered = questions
            .map(|form| (form.choose(PROJECT) | form.choose(DATABASE_USER), form))
            .find_map(|(chosen, form)| chosen.then_some(form));
        page = if let Some(form) = answered {
            dana.submit(form)?.ok()?
        } else if let Some(link) = [PROJECT, DATABASE_USER]
            .iter()
            .find_map(|text| page.link("/requests/new?", text))
        {
            dana.open(link.as_str())?.ok()?
        } else {
            break;
        };
    }
    bail!(
        "{} does not let Dana ask for {DATABASE_USER} in {PROJECT}:\n{}",
        page.url,
        page.readable()
    )
}

/// The form, filled in, if it is the one that submits a request and offers what Dana wants.
fn fill_in_request(form: &mut Form) -> Option<&Form> {
    if form.action.path() != "/api/requests/submit" {
        return None;
    }
    form.choose(PROJECT);
    let for_the_right_user = form.choose(DATABASE_USER) || form.sends("username", DATABASE_USER);
    form.write(REASON);
    (for_the_right_user && form.set("months", MONTHS).is_ok()).then_some(form)
}

/// Reloads the request's page, as a person without JavaScript does, until the key can be saved.
fn wait_for_the_key(dana: &mut Browser, request: &str) -> Result<Form> {
    let asked = Instant::now();
    loop {
        let page = dana.open(request)?.ok()?;
        let offered = Form::all(&page).into_iter().find_map(|mut form| {
            let is_download = form.action.path().starts_with("/requests/")
                && form.action.path().ends_with("/certificate");
            (is_download && (form.sends("format", "pem") || form.set("format", "pem").is_ok()))
                .then_some(form)
        });
        if let Some(form) = offered {
            return Ok(form);
        }
        ensure!(
            asked.elapsed() < ISSUING_PATIENCE,
            "no key to save after {} s; the page says:\n{}",
            ISSUING_PATIENCE.as_secs(),
            page.readable()
        );
        thread::sleep(Duration::from_millis(300));
    }
}

fn save(dana: &mut Browser, download: &Form) -> Result<String> {
    let file = dana.submit(download)?.ok()?;
    let header = |name: &str| file.headers.get(name).and_then(|value| value.to_str().ok());
    ensure!(
        header("content-disposition").is_some_and(|value| value.starts_with("attachment")),
        "the download is shown in place of saved: {:?}",
        file.headers
    );
    ensure!(
        header("cache-control").is_some_and(|value| value.contains("no-store")),
        "the download may be cached: {:?}",
        file.headers
    );
    Ok(file.body)
}

/// Has openssl look at key and certificate; answers the serial number in decimal, as Atlas and the
/// portal write it.
fn verify(world: &World, pem: &str) -> Result<String> {
    let file = world.path("orders-api.pem");
    fs::write(&file, pem)?;
    let openssl = |arguments: &[&str]| {
        let (command, options) = arguments.split_first().context("an openssl command")?;
        output_of(
            Command::new("openssl")
                .arg(command)
                .arg("-in")
                .arg(&file)
                .args(options),
        )
    };
    let of_certificate = openssl(&["x509", "-noout", "-pubkey"])?;
    let of_key = openssl(&["pkey", "-pubout"])?;
    ensure!(
        of_certificate == of_key,
        "the key does not belong to the certificate"
    );

    let subject = openssl(&["x509", "-noout", "-subject", "-nameopt", "RFC2253"])?;
    ensure!(
        subject
            .trim_start_matches("subject=")
            .trim()
            .split(',')
            .any(|part| part.trim() == format!("CN={DATABASE_USER}")),
        "the certificate is for someone else: {subject}"
    );
    let ends_within = |days: u32| {
        let seconds = (days * DAY).to_string();
        // openssl answers with its exit code: 0 when the certificate outlives the time.
        openssl(&["x509", "-noout", "-checkend", &seconds]).is_err()
    };
    ensure!(
        !ends_within(LIFETIME_DAYS.0) && ends_within(LIFETIME_DAYS.1),
        "the certificate does not live for {MONTHS} months: {}",
        openssl(&["x509", "-noout", "-dates"])?
    );
    let serial = openssl(&["x509", "-noout", "-serial"])?;
    let serial = serial.trim().trim_start_matches("serial=");
    fs::remove_file(&file)?;
    Ok(u128::from_str_radix(serial, 16)
        .with_context(|| format!("the serial number {serial} is no number"))?
        .to_string())
}

/// Passes when the page says at least one of these.
fn ensure_says(page: &Page, any_of: &[&str]) -> Result<()> {
    ensure!(
        any_of.iter().any(|text| page.body.contains(text)),
        "{} says nothing of {}:\n{}",
        page.url,
        any_of.join(" or "),
        page.readable()
    );
    Ok(())
}
