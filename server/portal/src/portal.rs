//! The assembled product: what every operation works with.

use std::{ops::Deref, sync::Arc};

use sqlx::PgPool;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::{
    atlas::Atlas,
    certificates::pickup::Keyring,
    clock::{Clock, Random},
    pace::Pace,
    policy::RoleGroups,
};

/// The assembled product. Cheap to clone.
#[derive(Clone)]
pub struct Portal(Arc<Parts>);

/// What a [`Portal`] is made of.
pub struct Parts {
    /// Postgres, as the runtime role.
    pub pool: PgPool,
    /// MongoDB Atlas.
    pub atlas: Arc<dyn Atlas>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Random,
    /// Keys that seal private keys until they are collected.
    pub keyring: Keyring,
    /// Which groups mean which role.
    pub role_groups: RoleGroups,
    /// How old a sign-in may be for approving and issuing, in seconds; `None` where the provider
    /// cannot be asked for a fresh one.
    pub step_up_s: Option<i64>,
    /// Names this run of the process: only the run that began an attempt may finish it.
    pub boot_id: Uuid,
    /// How fast waiting passes: one, but in a torture run.
    pub pace: Pace,
    /// Calls to Atlas that outlive the browser's connection.
    pub tasks: TaskTracker,
}

impl Portal {
    /// Assembles it.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// A new id.
    pub fn new_id(&self) -> Uuid {
        self.random.id(self.clock.now())
    }
}

impl Deref for Portal {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
