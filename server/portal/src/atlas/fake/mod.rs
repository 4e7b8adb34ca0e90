//! An Atlas in memory, for tests of everything above the client.

mod answers;
mod gate;
mod pem;
mod powers;
mod writes;

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

use time::{Duration, Month, OffsetDateTime};

use self::gate::Gate;
pub use self::{
    gate::Hold,
    powers::FakePowers,
    writes::{NextWrite, Write, WriteCall},
};
use super::{
    ListedCertificate, ListedCluster, ListedSignIn, ListedUser, Purpose, ReadError, UnknownClass,
    UserSecurity, WhyNotSent,
};
use crate::{
    clock::{Clock, Random},
    model::{DatabaseRole, GroupId, Months, Refusal, Serial, Username, X509Type},
};

/// An Atlas in memory. Cheap to clone; clones are the same Atlas.
///
/// Certificates are kept per project and name and survive their user, as Atlas's do.
#[derive(Clone)]
pub struct FakeAtlas(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    random: Random,
    world: Mutex<World>,
}

#[derive(Default)]
struct World {
    projects: BTreeMap<GroupId, Project>,
    certificates: BTreeMap<(GroupId, Username), Vec<ListedCertificate>>,
    next_creates: VecDeque<NextCreate>,
    next_failures: HashMap<ReadCall, VecDeque<ReadError>>,
    next_writes: VecDeque<NextWrite>,
    unreachable: bool,
    gate: Option<Arc<Gate>>,
    write_gate: Option<Arc<Gate>>,
    prepared: HashSet<Purpose>,
    prepares: usize,
    creates: Vec<CreateCall>,
    writes: Vec<WriteCall>,
    reads: HashMap<ReadCall, usize>,
    powers: HashMap<Purpose, FakePowers>,
    answered_at: Option<OffsetDateTime>,
    unlisted: HashSet<Serial>,
    hides_new: bool,
}

#[derive(Default)]
struct Project {
    name: String,
    users: Vec<ListedUser>,
    security: UserSecurity,
    clusters: Option<Vec<ListedCluster>>,
    /// What was said about a cluster's users; applied where nothing was.
    applied: BTreeMap<String, Option<bool>>,
    sign_ins: BTreeMap<String, Vec<ListedSignIn>>,
    /// When certificates were made; `None` as if the credential might not know.
    cert_events: Option<Vec<OffsetDateTime>>,
}

/// What the next certificate call comes to, when it is not to succeed.
#[derive(Clone, Debug)]
pub enum NextCreate {
    /// Success, as if nothing had been said.
    Succeed,
    /// Atlas refuses.
    Refused(Refusal),
    /// No byte leaves.
    NotSent(WhyNotSent),
    /// The answer is lost, and nothing was made.
    Unknown(UnknownClass),
    /// The answer is lost, and a certificate was made.
    UnknownButMade(UnknownClass),
    /// The answer is lost, a certificate was made, and Atlas lists it only once it is told so by
    /// [`FakeAtlas::hide_certificate`].
    UnknownButMadeLate(UnknownClass),
    /// A success whose text is no PEM that could be read, though it begins like one.
    MalformedPem,
    /// A certificate for somebody else.
    WrongCommonName(String),
    /// A certificate with another pair's key.
    WrongKey,
    /// A certificate that ends this much later than asked for.
    WrongEnd(Duration),
}

/// One certificate call as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateCall {
    /// In which project.
    pub group: GroupId,
    /// For which user.
    pub username: Username,
    /// For how long.
    pub months: Months,
    /// When.
    pub at: OffsetDateTime,
}

/// The calls of [`Atlas`](crate::atlas::Atlas) that change nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReadCall {
    /// [`Atlas::list_projects`](crate::atlas::Atlas::list_projects).
    ListProjects,
    /// [`Atlas::list_database_users`](crate::atlas::Atlas::list_database_users).
    ListDatabaseUsers,
    /// [`Atlas::user_security`](crate::atlas::Atlas::user_security).
    UserSecurity,
    /// [`Atlas::list_clusters`](crate::atlas::Atlas::list_clusters).
    ListClusters,
    /// [`Atlas::list_certificates`](crate::atlas::Atlas::list_certificates).
    ListCertificates,
    /// [`Atlas::prepare_write`](crate::atlas::Atlas::prepare_write).
    PrepareWrite,
    /// [`Atlas::cluster_applied`](crate::atlas::Atlas::cluster_applied).
    ClusterApplied,
    /// [`Atlas::list_sign_ins`](crate::atlas::Atlas::list_sign_ins).
    ListSignIns,
    /// [`Atlas::list_cert_events`](crate::atlas::Atlas::list_cert_events).
    ListCertEvents,
    /// [`Atlas::probe`](crate::atlas::Atlas::probe).
    Probe,
}

impl FakeAtlas {
    /// An Atlas with nothing in it.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner {
            clock,
            random: Random::from_seed(0x00A7_1A50),
            world: Mutex::default(),
        }))
    }

    /// Adds a project, or renames it.
    pub fn add_project(&self, group: &GroupId, name: &str) {
        name.clone_into(&mut self.world().projects.entry(group.clone()).or_default().name);
    }

    /// Removes a project. Its certificates stay valid.
    pub fn remove_project(&self, group: &GroupId) {
        self.world().projects.remove(group);
    }

    /// Adds a user to a project, replacing one of the same name and database.
    pub fn add_user(&self, group: &GroupId, user: ListedUser) {
        self.remove_user_of(group, &user.username, &user.database);
        self.change(group, |project| project.users.push(user));
    }

    /// Adds a user that can have certificates, with `readWrite` on `sales`.
    pub fn add_managed_user(&self, group: &GroupId, username: &Username) {
        self.add_user(
            group,
            ListedUser {
                username: username.clone(),
                database: "$external".to_owned(),
                x509_type: X509Type::Managed,
                roles: vec![DatabaseRole {
                    role: "readWrite".to_owned(),
                    database: "sales".to_owned(),
                    collection: None,
                }],
                scopes: Vec::new(),
            },
        );
    }

    /// Removes an X.509 user. Its certificates stay valid and listed.
    pub fn remove_user(&self, group: &GroupId, username: &Username) {
        self.remove_user_of(group, username, "$external");
    }

    /// Sets what stands between a project's users and certificates.
    pub fn set_user_security(&self, group: &GroupId, security: UserSecurity) {
        self.change(group, |project| project.security = security);
    }

    /// Sets a project's clusters; `None` as if the credential might not know them.
    pub fn set_clusters(&self, group: &GroupId, clusters: Option<Vec<ListedCluster>>) {
        self.change(group, |project| project.clusters = clusters);
    }

    /// Makes a certificate behind the portal's back.
    pub fn make_certificate(
        &self,
        group: &GroupId,
        username: &Username,
        months: Months,
    ) -> ListedCertificate {
        let made = self.new_certificate(username.as_str(), months);
        self.keep(group, username, made.clone());
        made
    }

    /// From now on, whether a certificate is missing from the lists, though it is there.
    pub fn hide_certificate(&self, serial: Serial, hidden: bool) {
        let mut world = self.world();
        if hidden {
            world.unlisted.insert(serial);
        } else {
            world.unlisted.remove(&serial);
        }
    }

    /// From now on, whether certificates that are made are missing from the lists at first.
    pub fn hide_new(&self, hidden: bool) {
        self.world().hides_new = hidden;
    }

    /// From now on, whether Atlas's own trail tells of certificates made in a project.
    pub fn tell_cert_events(&self, group: &GroupId, told: bool) {
        self.change(group, |project| {
            project.cert_events = told.then(Vec::new);
        });
    }

    /// Every certificate of a name that was ever made, listed or not.
    pub fn made(&self, group: &GroupId, username: &Username) -> Vec<ListedCertificate> {
        self.world()
            .certificates
            .get(&(group.clone(), username.clone()))
            .cloned()
            .unwrap_or_default()
    }

    /// Says what the next certificate call comes to that nothing was said about yet.
    pub fn next_create(&self, next: NextCreate) {
        self.world().next_creates.push_back(next);
    }

    /// Takes back what was said about certificate calls to come.
    pub fn forget_next_create(&self) {
        self.world().next_creates.clear();
    }

    /// Makes the next call of this kind fail.
    pub fn fail_next(&self, call: ReadCall, error: ReadError) {
        self.world()
            .next_failures
            .entry(call)
            .or_default()
            .push_back(error);
    }

    /// From now on, whether nothing can be reached.
    pub fn set_unreachable(&self, unreachable: bool) {
        self.world().unreachable = unreachable;
    }

    /// Lets certificate calls that arrive from now on hang until the [`Hold`] is released or dropped.
    pub fn hold_creates(&self) -> Hold {
        let (gate, hold) = gate::new();
        self.world().gate = Some(gate);
        hold
    }

    /// Every certificate call that arrived, whatever came of it.
    pub fn creates(&self) -> Vec<CreateCall> {
        self.world().creates.clone()
    }

    /// How often a writing call was prepared.
    pub fn prepares(&self) -> usize {
        self.world().prepares
    }

    /// How often a reading call of this kind arrived.
    pub fn reads(&self, call: ReadCall) -> usize {
        self.world().reads.get(&call).copied().unwrap_or_default()
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0
            .world
            .lock()
            .expect("nothing panics while it holds the lock")
    }

    fn change(&self, group: &GroupId, change: impl FnOnce(&mut Project)) {
        change(self.world().projects.entry(group.clone()).or_default());
    }

    fn remove_user_of(&self, group: &GroupId, username: &Username, database: &str) {
        self.change(group, |project| {
            project
                .users
                .retain(|user| user.username != *username || user.database != database);
        });
    }

    fn keep(&self, group: &GroupId, username: &Username, certificate: ListedCertificate) {
        let now = self.0.clock.now();
        let mut world = self.world();
        if world.hides_new {
            world.unlisted.insert(certificate.serial);
        }
        world
            .certificates
            .entry((group.clone(), username.clone()))
            .or_default()
            .push(certificate);
        if let Some(events) = world
            .projects
            .get_mut(group)
            .and_then(|project| project.cert_events.as_mut())
        {
            events.push(now);
        }
    }

    fn new_certificate(&self, common_name: &str, months: Months) -> ListedCertificate {
        let now = self.0.clock.now();
        let now = now.replace_nanosecond(0).unwrap_or(now);
        // A positive 63-bit integer that no JavaScript number can hold.
        let random = i64::from_be_bytes(self.0.random.bytes());
        ListedCertificate {
            serial: Serial((random & (i64::MAX >> 1)) | (1 << 60)),
            created_at: now - Duration::HOUR,
            not_after: add_months(now, months.get()),
            subject: subject(common_name),
        }
    }
}

/// RFC 4514 section 2.4: `CN=` and the name with its special characters escaped.
fn subject(common_name: &str) -> String {
    let mut subject = String::from("CN=");
    for c in common_name.chars() {
        if matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=') {
            subject.push('\\');
        }
        subject.push(c);
    }
    subject
}

/// The same day and time some calendar months later; the month's last day where it has no such day.
fn add_months(from: OffsetDateTime, months: u8) -> OffsetDateTime {
    let count = u8::from(from.month()) - 1 + months;
    let year = from.year() + i32::from(count / 12);
    let month = Month::try_from(count % 12 + 1).expect("is 1 to 12");
    let day = from.day().min(month.length(year));
    from.replace_day(1)
        .and_then(|date| date.replace_year(year))
        .and_then(|date| date.replace_month(month))
        .and_then(|date| date.replace_day(day))
        .expect("the day is in the month")
}
