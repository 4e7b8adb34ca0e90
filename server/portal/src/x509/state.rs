//! How a project stands, as Atlas last told.

use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use super::authority::Authorities;
use crate::{
    Error, Result,
    model::{ANY_CLUSTER, ClusterCondition, DisableBlock, GroupId},
};

/// A project's clusters restart once a day for this, at most.
const ONCE_IN: Duration = Duration::days(1);

/// How a project stands.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// Whether customer-managed X.509 is on; none while Atlas does not tell.
    pub(super) on: Option<bool>,
    /// The customer's authorities as Atlas holds them.
    pub(super) pem: Option<String>,
    /// What they are.
    pub(super) authorities: Authorities,
    pub(super) ldap_authentication: bool,
    pub(super) ldap_authorization: bool,
    /// When it was last switched off.
    pub(super) disabled_at: Option<OffsetDateTime>,
    /// When Atlas last told.
    pub(super) seen_at: OffsetDateTime,
}

impl State {
    pub(super) async fn load(db: &mut PgConnection, project: &GroupId) -> Result<Self> {
        let row = sqlx::query!(
            "select customer_x509, customer_cas, security_told, ldap_authentication, ldap_authorization, seen_at,
                (select max(c.applied_at) from change c
                    where c.project_id = project.id and c.kind = 'disable_x509') as disabled_at
             from project where id = $1",
            project.as_str()
        )
        .fetch_optional(db)
        .await?
        .ok_or(Error::NotFound)?;
        Ok(Self {
            on: row.security_told.then_some(row.customer_x509),
            authorities: Authorities::parse(row.customer_cas.as_deref().unwrap_or_default()),
            pem: row.customer_cas,
            ldap_authentication: row.ldap_authentication,
            ldap_authorization: row.ldap_authorization,
            disabled_at: row.disabled_at,
            seen_at: row.seen_at,
        })
    }

    /// What stands in the way of switching it off, apart from somebody being at it already.
    pub(super) fn block(&self, now: OffsetDateTime) -> Option<DisableBlock> {
        let again = self.disabled_at.map(|at| at + ONCE_IN);
        match (self.on, again) {
            (None, _) => Some(DisableBlock::NotKnown),
            (Some(false), _) => Some(DisableBlock::NothingToDisable),
            (Some(true), Some(until)) if until > now => Some(DisableBlock::Recently { until }),
            (Some(true), _) => None,
        }
    }
}

/// The clusters that are not known to be idle, by name; [`ANY_CLUSTER`] where Atlas does not tell which
/// there are.
pub(super) fn busy(clusters: Option<&[ClusterCondition]>) -> Vec<String> {
    let Some(clusters) = clusters else {
        return vec![ANY_CLUSTER.to_owned()];
    };
    clusters
        .iter()
        .filter(|cluster| !cluster.is_idle())
        .map(|cluster| cluster.name.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_nobody_knows_to_be_idle_counts_as_busy() {
        let cluster = |name: &str, state: Option<&str>| ClusterCondition {
            name: name.to_owned(),
            state: state.map(str::to_owned),
        };
        let clusters = [
            cluster("idle", Some("IDLE")),
            cluster("repairing", Some("REPAIRING")),
            cluster("silent", None),
        ];
        assert_eq!(busy(Some(&clusters)), ["repairing", "silent"]);
        assert_eq!(busy(Some(&[])), [""; 0]);
        assert_eq!(busy(None), [ANY_CLUSTER]);
    }
}
