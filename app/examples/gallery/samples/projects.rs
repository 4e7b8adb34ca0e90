//! Made-up projects.

#[expect(
    clippy::wildcard_imports,
    reason = "samples are made of the other samples"
)]
use super::*;

pub fn projects() -> Vec<ProjectRow> {
    let row =
        |project, you_own, users, managed_users, live, next: Option<i64>, obstacle| ProjectRow {
            project,
            you_own,
            you_may_request: true,
            users,
            managed_users,
            live_certificates: live,
            next_end: next.map(|days| ahead(Duration::days(days))),
            obstacle,
            synced_at: ago(Duration::seconds(40)),
        };
    let mut rows = vec![
        row(catalog(), false, 8, 6, 4, Some(92), None),
        row(lake(), false, 21, 17, 11, Some(19), None),
        row(
            project_ref(4, "Legacy billing"),
            false,
            4,
            0,
            0,
            None,
            Some(Obstacle::CustomerManagedOn),
        ),
        row(payments(), true, 12, 9, 14, Some(3), None),
    ];
    for number in 5..9 {
        let name = format!("Sandbox {}", number - 4);
        rows.push(row(project_ref(number, &name), false, 2, 2, 0, None, None));
    }
    rows
}

pub fn project() -> ProjectPage {
    let user = |name: &str, x509_type, obstacle, live, latest: Option<i64>| DatabaseUserRow {
        username: username(name),
        x509_type,
        roles: vec![role("readWrite", "orders", None)],
        clusters: Vec::new(),
        obstacle,
        live_certificates: live,
        latest_end: latest.map(|days| ahead(Duration::days(days))),
        open_request: None,
    };
    let mut users = vec![
        user(
            "admin-breakglass",
            X509Type::None,
            Some(Obstacle::NotX509),
            0,
            None,
        ),
        user("ledger-batch", X509Type::Managed, None, 1, Some(23)),
        user("orders-api", X509Type::Managed, None, 2, Some(95)),
        user(
            "partner-feed",
            X509Type::Customer,
            Some(Obstacle::CustomerUser),
            0,
            None,
        ),
        user("refunds-worker", X509Type::Managed, None, 0, None),
    ];
    users[1].clusters = vec!["payments".to_owned()];
    users[1].open_request = Some(RequestId(Uuid::from_u128(9)));
    users[2].roles.push(role("read", "catalog", Some("prices")));
    ProjectPage {
        row: projects().remove(3),
        slug: "payments-prod".to_owned(),
        owners: vec![person(4, "Olga Lindt"), person(5, "Otto Brandt")],
        policy: PolicyView {
            longest_months: 6,
            request_waits_days: 14,
            approval_valid_hours: 48,
        },
        clusters: clusters(),
        may_view_x509: true,
        may_change_users: true,
        may_sweep: true,
        certificates_read_at: Some(NOW - time::Duration::minutes(4)),
        may_read_audit: true,
        users,
        now: NOW,
    }
}
