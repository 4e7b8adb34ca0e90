//! The world of the demo: three believable projects of one company.

use time::{Duration, OffsetDateTime};

use crate::world::{
    AccessLog, Cluster, CustomerX509, DatabaseUser, Label, Ldap, Member, Project, Scope, Team,
    TeamGrant, World, X509Type,
};

const ORG: &str = "5f0c0a1e4b0a1b2c3d4e5f60";
const PLATFORM_TEAM: &str = "5f0c0a1e4b0a1b2c3d4e7001";

impl World {
    /// The world there is when none is given, with logins that happened shortly before `now`.
    pub fn demo(now: OffsetDateTime) -> Self {
        let mut projects = vec![payments(), catalog(), data_lake()];
        for (project, user, minutes_ago) in LOGINS {
            let found = projects[project]
                .database_users
                .iter()
                .find(|u| u.username == user);
            let Some(username) = found.map(DatabaseUser::stored_name) else {
                continue;
            };
            projects[project].clusters[0].access_logs.push(AccessLog {
                username,
                timestamp: (now - Duration::minutes(minutes_ago)).truncate_to_second(),
                auth_result: true,
                ip_address: format!("192.0.2.{}", 10 + minutes_ago % 40),
                failure_reason: None,
            });
        }
        Self {
            projects,
            teams: vec![Team {
                id: PLATFORM_TEAM.to_owned(),
                org_id: ORG.to_owned(),
                name: "Payments platform".to_owned(),
                members: vec![member(2, "otto", "Otto", "Brandt", &[])],
            }],
            org_owners: vec![member(9, "orla", "Orla", "Quinn", &[])],
            certificate_limit: None,
        }
    }
}

/// Project, database user, minutes since its last login. Who is missing has not logged in of late, which is what
/// an owner wants to see before a renewal.
const LOGINS: [(usize, &str, i64); 8] = [
    (0, "orders-api", 3),
    (0, "payouts.worker", 12),
    (0, "ledger-batch", 317),
    (0, "CN=Legacy Billing,O=Example,C=DE", 1_122),
    (1, "catalog-web", 1),
    (1, "search-indexer", 44),
    (2, "etl-nightly", 486),
    (2, "bi-reader", 29),
];

fn payments() -> Project {
    let scoped = |mut user: DatabaseUser| {
        user.scopes.push(Scope {
            name: "payments-prod".to_owned(),
            kind: "CLUSTER".to_owned(),
        });
        user
    };
    Project {
        database_users: vec![
            managed(
                "orders-api",
                "readWrite",
                "orders",
                "Checkout and order history",
            ),
            managed(
                "ledger-batch",
                "readWrite",
                "ledger",
                "Nightly double-entry postings",
            ),
            scoped(managed(
                "payouts.worker",
                "readWrite",
                "payouts",
                "Bank transfers to merchants",
            )),
            managed(
                "fraud-scoring",
                "read",
                "orders",
                "Reads orders, scores them elsewhere",
            ),
            customer("CN=Legacy Billing,O=Example,C=DE", "readWrite", "billing"),
            password("admin-scram", "atlasAdmin", "admin"),
        ],
        // Otto owns the project by way of a team only: a list that does not flatten teams misses him.
        members: vec![
            member(1, "olga", "Olga", "Lindt", &["GROUP_OWNER"]),
            member(4, "dana", "Dana", "Reyes", &["GROUP_READ_ONLY"]),
        ],
        teams: vec![TeamGrant {
            team_id: PLATFORM_TEAM.to_owned(),
            role_names: vec!["GROUP_OWNER".to_owned()],
        }],
        ..project(
            "64f0c0a1e4b0a1b2c3d4e501",
            "Payments prod",
            &["payments-prod", "payments-analytics"],
        )
    }
}

fn catalog() -> Project {
    Project {
        database_users: vec![
            managed(
                "catalog-web",
                "readWrite",
                "catalog",
                "The shop's product pages",
            ),
            managed(
                "search-indexer",
                "read",
                "catalog",
                "Feeds the search cluster",
            ),
            managed("image-resizer", "readWrite", "media", "Thumbnails"),
            customer(
                "CN=Warehouse Scanner,OU=Logistics,O=Example,C=DE",
                "read",
                "stock",
            ),
            password("seed-script", "readWriteAnyDatabase", "admin"),
        ],
        members: vec![member(3, "olivia", "Olivia", "Santos", &["GROUP_OWNER"])],
        ..project(
            "64f0c0a1e4b0a1b2c3d4e502",
            "Catalog staging",
            &["catalog-staging"],
        )
    }
}

fn data_lake() -> Project {
    Project {
        database_users: vec![
            managed(
                "etl-nightly",
                "readWriteAnyDatabase",
                "admin",
                "Loads the warehouse at 02:00 UTC",
            ),
            managed("bi-reader", "readAnyDatabase", "admin", "Dashboards"),
            password("notebook-scram", "readAnyDatabase", "admin"),
        ],
        members: vec![
            member(1, "olga", "Olga", "Lindt", &["GROUP_OWNER"]),
            member(
                3,
                "olivia",
                "Olivia",
                "Santos",
                &["GROUP_DATA_ACCESS_READ_ONLY"],
            ),
        ],
        ..project(
            "64f0c0a1e4b0a1b2c3d4e503",
            "Data lake",
            &["lake-raw", "lake-serving"],
        )
    }
}

fn project(id: &str, name: &str, clusters: &[&str]) -> Project {
    let cluster = |name: &&str| Cluster {
        name: (*name).to_owned(),
        ..Cluster::default()
    };
    Project {
        id: id.to_owned(),
        name: name.to_owned(),
        org_id: ORG.to_owned(),
        clusters: clusters.iter().map(cluster).collect(),
        database_users: Vec::new(),
        customer_x509: CustomerX509::default(),
        ldap: Ldap::default(),
        members: Vec::new(),
        teams: Vec::new(),
        users_changed_at: None,
        security_changed_at: None,
    }
}

fn managed(name: &str, role: &str, database: &str, description: &str) -> DatabaseUser {
    DatabaseUser {
        description: Some(description.to_owned()),
        labels: vec![Label {
            key: "service".to_owned(),
            value: name.to_owned(),
        }],
        ..DatabaseUser::new(name, X509Type::Managed, role, database)
    }
}

fn customer(subject: &str, role: &str, database: &str) -> DatabaseUser {
    DatabaseUser::new(subject, X509Type::Customer, role, database)
}

fn password(name: &str, role: &str, database: &str) -> DatabaseUser {
    DatabaseUser::new(name, X509Type::None, role, database)
}

fn member(number: u8, account: &str, first: &str, last: &str, roles: &[&str]) -> Member {
    Member {
        id: format!("5f0c0a1e4b0a1b2c3d4e60{number:02x}"),
        username: format!("{account}@example.com"),
        first_name: first.to_owned(),
        last_name: last.to_owned(),
        roles: roles.iter().map(|&role| role.to_owned()).collect(),
        org_membership_status: "ACTIVE".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_world_is_well_formed_and_survives_json() {
        let json = serde_json::to_string(&World::demo(OffsetDateTime::UNIX_EPOCH)).unwrap();
        let world: World = serde_json::from_str(&json).unwrap();
        let ids = world
            .projects
            .iter()
            .map(|p| &p.id)
            .chain(world.teams.iter().map(|t| &t.id));
        for id in ids {
            assert!(
                id.len() == 24 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')),
                "{id}"
            );
        }
        let users: Vec<_> = world
            .projects
            .iter()
            .flat_map(|p| &p.database_users)
            .collect();
        for kind in [X509Type::Managed, X509Type::Customer, X509Type::None] {
            assert!(users.iter().any(|user| user.x509_type == kind));
        }
        assert!(users.len() >= 12);
    }
}
