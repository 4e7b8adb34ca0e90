//! Database users as their owners change them.

use super::*;

fn form() -> DatabaseUserForm {
    DatabaseUserForm {
        project: payments(),
        user: None,
        held: Vec::new(),
        in_use: vec![
            role("dbAdmin", "admin", None),
            role("read", "catalog", Some("prices")),
            role("read", "orders", None),
            role("readWrite", "ledger", None),
            role("readWrite", "orders", None),
        ],
        role_names: ["dbAdmin", "read", "readWrite"].map(str::to_owned).into(),
        databases: ["admin", "catalog", "ledger", "orders"]
            .map(str::to_owned)
            .into(),
        clusters: ["payments", "payments-analytics"].map(str::to_owned).into(),
        name: None,
        approvers: vec![person(4, "Olga Lindt"), person(5, "Otto Brandt")],
        security_decides: false,
        open: None,
        now: NOW,
    }
}

/// A new user before anything is known of its name.
pub fn nameless() -> DatabaseUserForm {
    form()
}

/// A new user, and what is known of its name.
pub fn named(name: &str, verdict: NameVerdict) -> DatabaseUserForm {
    let stem: String = name.chars().take(59).collect();
    DatabaseUserForm {
        name: Some(NameCheck {
            username: username(name),
            verdict,
            suggestion: username(&format!("{stem}-7k2m")),
        }),
        ..form()
    }
}

/// Certificates of an earlier user of the name live.
pub fn still_lives() -> DatabaseUserForm {
    let verdict = NameVerdict::StillLives {
        certificates: 2,
        ends: ahead(Duration::days(95)),
    };
    named("orders-api", verdict)
}

/// A project with many grants, no cluster known, and one owner.
pub fn large() -> DatabaseUserForm {
    let mut form = named(&"x".repeat(64), NameVerdict::HadBefore);
    for number in 0..12 {
        form.in_use
            .push(role("readWrite", &format!("tenant-{number}"), None));
    }
    form.clusters = Vec::new();
    form.approvers = Vec::new();
    form.security_decides = true;
    form
}

/// Somebody has asked for the name.
pub fn asked_for() -> DatabaseUserForm {
    DatabaseUserForm {
        open: Some(ChangeId(Uuid::from_u128(7))),
        ..named("jdoe", NameVerdict::Free)
    }
}

/// A user that is there, and two certificates of it that live.
pub fn there() -> (DatabaseUserForm, DatabaseUserRow) {
    let user = DatabaseUserRow {
        username: username("orders-api"),
        x509_type: X509Type::Managed,
        roles: vec![
            role("read", "catalog", Some("prices")),
            role("readWrite", "orders", None),
        ],
        clusters: Vec::new(),
        obstacle: None,
        live_certificates: 2,
        latest_end: Some(ahead(Duration::days(95))),
        open_request: None,
    };
    let held = [
        (1, 2_558_523_591_213_958_694, 2, 95),
        (2, 1_976_722_359_483_124_370, 88, 3),
    ]
    .map(|(number, serial, began, ends)| {
        let holder = Some(person(2, "Devon Park"));
        certificate_row(
            number,
            serial,
            "orders-api",
            payments(),
            began,
            ends,
            holder,
        )
    })
    .into();
    let form = DatabaseUserForm {
        user: Some(user.clone()),
        held,
        ..form()
    };
    (form, user)
}

fn changed(change: impl FnOnce(&mut DatabaseUserRow)) -> (DatabaseUserForm, DatabaseUserRow) {
    let (mut form, mut user) = there();
    change(&mut user);
    form.user = Some(user.clone());
    (form, user)
}

/// A user with a name as Atlas takes it, on one cluster, without a certificate.
pub fn strange() -> (DatabaseUserForm, DatabaseUserRow) {
    let (mut form, user) = changed(|user| {
        user.username =
            username("reports/nightly “<b>” 100% 日本語 and a name that goes on and on");
        user.clusters = vec!["payments-analytics".to_owned()];
        user.live_certificates = 0;
        user.latest_end = None;
    });
    form.held = Vec::new();
    (form, user)
}

/// A change of the user is under way.
pub fn under_way() -> (DatabaseUserForm, DatabaseUserRow) {
    let (mut form, user) = there();
    form.open = Some(ChangeId(Uuid::from_u128(7)));
    (form, user)
}

/// Atlas no longer lists the user.
pub fn gone() -> (DatabaseUserForm, DatabaseUserRow) {
    changed(|user| user.obstacle = Some(Obstacle::UserGone))
}

/// The user's certificates are not Atlas's.
pub fn customers() -> (DatabaseUserForm, DatabaseUserRow) {
    changed(|user| {
        user.username = username("CN=partner-feed,O=Acme");
        user.x509_type = X509Type::Customer;
        user.obstacle = Some(Obstacle::CustomerUser);
        user.live_certificates = 0;
        user.latest_end = None;
    })
}
