//! Running the past: clocks are moved, and the real operations run under them.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use anyhow::{Context as _, Result, anyhow};
use portal::{
    Actor, Client, Parts, Portal, SignedIn,
    atlas::{AtlasClient, AtlasSettings},
    certificates::{self, Begun, Wanted, pickup::Keyring},
    clock::{Clock as _, FakeClock, Random, SystemClock},
    model::{GroupId, Months, NewRequest, PersonId, Reason, RequestId, Username},
    policy::RoleGroups,
    projects, requests,
};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use url::Url;

use crate::{
    past::{BEFORE, BEHIND, End, INSTALLED, Key, LAKE, Made, REQUESTS, Request},
    people::PEOPLE,
};

/// What the past is made up in.
pub(crate) struct Surroundings {
    pub(crate) pool: PgPool,
    pub(crate) owner: PgPool,
    pub(crate) atlas: AtlasSettings,
    pub(crate) control: Url,
    pub(crate) issuer: String,
    pub(crate) key_dir: PathBuf,
}

/// A portal whose clocks are moved through the past.
pub(crate) struct Rehearsal {
    portal: Portal,
    clock: FakeClock,
    present: OffsetDateTime,
    owner: PgPool,
    control: Url,
    http: reqwest::Client,
    issuer: String,
}

/// Something that happens at one moment to one request.
#[derive(Clone, Copy)]
enum Step {
    Ask,
    Decide,
    Issue,
    TakeBack,
    Look,
}

impl Rehearsal {
    pub(crate) fn new(surroundings: Surroundings) -> Result<Self> {
        let present = SystemClock.now();
        let clock = FakeClock::at(present);
        let random = Random::from_system();
        let atlas = AtlasClient::new(surroundings.atlas, Arc::new(clock.clone()))?;
        let portal = Portal::new(Parts {
            pool: surroundings.pool,
            atlas: Arc::new(atlas),
            clock: Arc::new(clock.clone()),
            keyring: Keyring::open(&surroundings.key_dir, random.clone())
                .context("the folder of keys")?,
            boot_id: random.id(present),
            random,
            role_groups: RoleGroups {
                security: vec!["certdesk-security".into()],
                operator: vec!["certdesk-operators".into()],
                owner_pattern: "atlas-{project}-owners".into(),
                requester_pattern: Some("atlas-{project}-developers".into()),
            },
            step_up_s: None,
            pace: portal::pace::Pace::default(),
            tasks: tokio_util::task::TaskTracker::new(),
        });
        #[expect(
            clippy::disallowed_methods,
            reason = "it only ever talks to the stand-in's controls"
        )]
        let http = reqwest::Client::new();
        Ok(Self {
            portal,
            clock,
            present,
            owner: surroundings.owner,
            control: surroundings.control,
            http,
            issuer: surroundings.issuer,
        })
    }

    /// Lets everything happen, in order.
    pub(crate) async fn run(&self) -> Result<()> {
        for made in BEFORE {
            self.travel(made.made).await?;
            self.make_by_hand(made.project, made.username, made.months)
                .await?;
        }
        self.travel(INSTALLED).await?;
        let people = self.sign_everybody_in().await?;
        projects::sync(&self.portal).await?;
        sqlx::query("update project set longest_months = 24 where id = $1")
            .bind(LAKE)
            .execute(&self.owner)
            .await?;
        certificates::sync(&self.portal).await?;

        let mut steps: Vec<(f64, usize, Step)> = REQUESTS
            .iter()
            .enumerate()
            .flat_map(|(place, request)| steps_of(place, request))
            .collect();
        // The longest ago first.
        steps.sort_by(|(a, ..), (b, ..)| b.total_cmp(a));
        let mut ids = HashMap::new();
        for (days_ago, place, step) in steps {
            self.travel(days_ago).await?;
            requests::expire_due(&self.portal).await?;
            certificates::end_pickups(&self.portal).await?;
            certificates::reconcile(&self.portal).await?;
            let request = &REQUESTS[place];
            self.take(step, request, ids.entry(place).or_insert(None), &people)
                .await
                .with_context(|| {
                    format!(
                        "{} of {}, {days_ago} days ago",
                        request.username, request.who
                    )
                })?;
        }
        for made in BEHIND {
            self.travel(made.made).await?;
            self.make_by_hand(made.project, made.username, made.months)
                .await?;
        }
        self.back_to_the_present().await?;
        projects::sync(&self.portal).await?;
        certificates::sync(&self.portal).await?;
        Ok(())
    }

    async fn take(
        &self,
        step: Step,
        request: &Request,
        id: &mut Option<RequestId>,
        people: &HashMap<&str, Actor>,
    ) -> Result<()> {
        let who = &people[request.who];
        if matches!(step, Step::Ask) {
            *id = Some(requests::submit(&self.portal, who, new_request(request)?).await?);
            return Ok(());
        }
        let id = id.ok_or_else(|| anyhow!("decided before it was asked"))?;
        match (step, request.end) {
            (Step::Decide, End::Denied { by, reason }) => {
                requests::deny(&self.portal, &people[by], id, reason.parse::<Reason>()?).await?;
            }
            (
                Step::Decide,
                End::Approved { by }
                | End::NeverUsed { by }
                | End::Issued { by, .. }
                | End::Refused { by }
                | End::AnswerLost { by, .. },
            ) => {
                let page = requests::get(&self.portal, &people[by], id, None).await?;
                requests::approve(
                    &self.portal,
                    &people[by],
                    id,
                    page.months_asked,
                    &page.digest,
                )
                .await?;
            }
            (Step::Issue, End::Issued { key, .. }) => {
                let begun = self.issue(who, id).await?;
                self.collect(who, id, &begun, key).await?;
            }
            (Step::Issue, End::Refused { .. }) => {
                for _ in 0..3 {
                    self.arm(&json!({
                        "fault": "status", "status": 400, "errorCode": "ATLAS_GENERATED_CERTS_LIMIT_EXCEEDED",
                        "match": { "method": "POST", "pathContains": "/certs" },
                    }))
                    .await?;
                    self.issue(who, id).await?;
                }
            }
            (Step::Issue, End::AnswerLost { made, .. }) => {
                let fault = match made {
                    Made::Nothing => "reset_before",
                    Made::One | Made::Two => "reset_after",
                };
                self.arm(&json!({
                    "fault": fault, "match": { "method": "POST", "pathContains": "/certs" },
                }))
                .await?;
                self.issue(who, id).await?;
                if let Made::Two = made {
                    self.make_by_hand(request.project, request.username, request.months)
                        .await?;
                }
            }
            (Step::TakeBack, _) => requests::withdraw(&self.portal, who, id).await?,
            // Time alone does the rest: what was due has ended before this step.
            _ => {}
        }
        Ok(())
    }

    async fn issue(&self, who: &Actor, id: RequestId) -> Result<Begun> {
        let begun = certificates::issue(&self.portal, who, id).await?;
        portal::testing::tasks_done(&self.portal).await;
        begun.ok_or_else(|| anyhow!("somebody else was issuing it"))
    }

    async fn collect(&self, who: &Actor, id: RequestId, begun: &Begun, key: Key) -> Result<()> {
        if matches!(key, Key::Saved | Key::NeverConfirmed) {
            certificates::deliver(&self.portal, who, id, Some(&begun.secret), Wanted::Pem).await?;
        }
        if matches!(key, Key::Saved) {
            self.clock.advance(Duration::seconds(40));
            certificates::acknowledge(&self.portal, who, id).await?;
        }
        Ok(())
    }

    /// Everybody as a person the portal has seen before.
    async fn sign_everybody_in(&self) -> Result<HashMap<&'static str, Actor>> {
        let mut people = HashMap::new();
        for person in PEOPLE {
            let groups: Vec<String> = person
                .groups
                .iter()
                .map(|&group| group.to_owned())
                .collect();
            let id = self.portal.new_id();
            sqlx::query(
                "insert into person (id, iss, sub, name, email, groups, created_at, signed_in_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $7)",
            )
            .bind(id)
            .bind(&self.issuer)
            .bind(person.sub)
            .bind(person.name)
            .bind(format!("{}@example.com", person.sub))
            .bind(&groups)
            .bind(self.clock.now())
            .execute(&self.portal.pool)
            .await?;
            let actor = Actor::Person(Box::new(SignedIn {
                id: PersonId(id),
                iss: self.issuer.clone(),
                sub: person.sub.to_owned(),
                name: person.name.to_owned(),
                groups: groups.into_iter().collect(),
                auth_time: None,
                session: "0".repeat(64),
                client: Client::default(),
            }));
            people.insert(person.sub, actor);
        }
        Ok(people)
    }

    /// Moves every clock: ours, the log's and Atlas's.
    async fn travel(&self, days_ago: f64) -> Result<()> {
        let ago = Duration::seconds_f64(days_ago * 86_400.0);
        self.clock.set(self.present - ago);
        // The log's clock is a function of the owner's. It runs on from the moved moment, so that
        // entries of one step keep their order.
        sqlx::query(sqlx::AssertSqlSafe(format!(
            "create or replace function audit.now() returns timestamptz
             language sql volatile set search_path = pg_catalog
             as 'select clock_timestamp() - interval ''{} seconds'''",
            ago.whole_seconds()
        )))
        .execute(&self.owner)
        .await?;
        self.control("clock", &json!({ "offsetSeconds": -ago.whole_seconds() }))
            .await
    }

    /// Puts every clock right.
    pub(crate) async fn back_to_the_present(&self) -> Result<()> {
        self.clock.set(SystemClock.now());
        sqlx::query(
            "create or replace function audit.now() returns timestamptz
             language sql volatile set search_path = pg_catalog
             as 'select clock_timestamp()'",
        )
        .execute(&self.owner)
        .await?;
        self.control("clock", &json!({ "offsetSeconds": 0 })).await
    }

    async fn make_by_hand(&self, project: &str, username: &str, months: u8) -> Result<()> {
        let order = json!({ "groupId": project, "username": username, "months": months });
        self.control("certs", &order).await
    }

    async fn arm(&self, fault: &Value) -> Result<()> {
        self.control("faults", fault).await
    }

    async fn control(&self, what: &str, body: &Value) -> Result<()> {
        let url = self.control.join(&format!("/_control/{what}"))?;
        let answer = self.http.post(url).json(body).send().await?;
        answer
            .error_for_status()
            .with_context(|| format!("the stand-in refused {what}"))?;
        Ok(())
    }
}

fn new_request(request: &Request) -> Result<NewRequest> {
    Ok(NewRequest {
        project: request.project.parse::<GroupId>()?,
        username: request.username.parse::<Username>()?,
        months: Months::try_from(request.months)?,
        reason: request.reason.parse::<Reason>()?,
    })
}

/// When what happens to a request, in days before the present.
fn steps_of(place: usize, request: &Request) -> Vec<(f64, usize, Step)> {
    let after =
        |part: f64, hours: f64| (request.asked - (hours / 24.0).min(request.asked * part)).max(0.0);
    let mut steps = vec![(request.asked, place, Step::Ask)];
    let (decided, issued) = (after(0.4, 3.0), after(0.7, 5.0));
    match request.end {
        End::Waits => {}
        End::NobodyDecided
        | End::NeverUsed { .. }
        | End::TakenBack
        | End::Denied { .. }
        | End::Approved { .. } => {
            steps.push(match request.end {
                End::TakenBack => (decided, place, Step::TakeBack),
                End::NobodyDecided => (request.asked - 15.0, place, Step::Look),
                _ => (decided, place, Step::Decide),
            });
            if matches!(request.end, End::NeverUsed { .. }) {
                steps.push((request.asked - 4.0, place, Step::Look));
            }
        }
        End::Issued { .. } | End::Refused { .. } | End::AnswerLost { .. } => {
            steps.push((decided, place, Step::Decide));
            steps.push((issued, place, Step::Issue));
            if let End::Issued {
                key: Key::NeverCollected | Key::NeverConfirmed,
                ..
            }
            | End::AnswerLost { .. } = request.end
            {
                steps.push((issued - 0.02, place, Step::Look));
            }
        }
    }
    steps
}
