//! What is done so that a point is reached.

use std::{fs, time::Duration};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{
    LOOK_EVERY, PACE, PATIENCE, Scene, Struck,
    changes::{ROLE, act_on_change, prepare_change},
    strike,
};
use crate::{
    arena::{Arena, Jobs, User},
    commands::approved,
    history::Answer,
    people::Person,
};

/// An attempt counts as left alone once Atlas has had its time to answer; at the pace of this run, and a
/// little more.
const LEFT_ALONE: Duration = Duration::from_millis(50_000 / PACE as u64 + 500);
/// How often a point is tried that was not reached.
const TRIES: usize = 3;

/// A scene with everything in place.
pub(super) struct Stage {
    scene: Scene,
    /// The request it is about, where there is one before.
    request: Option<Uuid>,
    /// The change it is about, where there is one before.
    change: Option<Uuid>,
    /// The certificate it is about, where there is one before.
    certificate: Option<Uuid>,
    /// Its user, or one to ask for.
    user: User,
    /// Who says what was made, where somebody has to.
    security: Option<Person>,
}

/// Strikes every point but those that need what a dead process left.
pub(super) async fn without_leftovers(
    arena: &mut Arena,
    points: &[(&'static str, Scene)],
) -> Result<Vec<Struck>> {
    let mut struck = Vec::new();
    for (point, scene) in points {
        if matches!(scene, Scene::LeftPrepared | Scene::LeftCalling) {
            continue;
        }
        struck.push(strike_in(arena, point, *scene).await?);
    }
    Ok(struck)
}

/// Sets the scene and strikes. A machine with too much to do may be too late for the point, as the
/// portal sees it: then once more.
async fn strike_in(arena: &mut Arena, point: &'static str, scene: Scene) -> Result<Struck> {
    let (mut tries, mut missed) = (0, Vec::new());
    loop {
        let stage = Stage::set(arena, scene)
            .await
            .with_context(|| format!("nothing could be prepared for {point}"))?;
        let mut one = strike(arena, point, &stage).await?;
        one.requests
            .extend(stage.recover(arena, &one.requests).await);
        one.requests.append(&mut missed);
        tries += 1;
        if one.after.is_some() || tries == TRIES {
            return Ok(one);
        }
        missed = one.requests;
    }
}

/// Strikes the points of the job that settles what a dead process left, in an order in which each still
/// finds something. On a machine with too much to do it may have been settled by then: then once more.
pub(super) async fn with_leftovers(
    arena: &mut Arena,
    points: &[(&'static str, Scene)],
) -> Result<Vec<Struck>> {
    // The first one left is the first one settled.
    let of = |scene: Scene| points.iter().copied().filter(move |(_, one)| *one == scene);
    let mut open: Vec<_> = of(Scene::LeftPrepared)
        .chain(of(Scene::LeftCalling))
        .collect();
    let (mut struck, mut tries) = (Vec::new(), 0);
    while !open.is_empty() {
        tries += 1;
        let requests = leave_alone(arena).await?;
        let mut missed = Vec::new();
        for (point, scene) in open {
            let stage = Stage {
                scene,
                request: None,
                change: None,
                certificate: None,
                user: arena.users.next(),
                security: None,
            };
            let mut one = strike(arena, point, &stage).await?;
            one.requests.clone_from(&requests);
            if one.after.is_some() || tries == TRIES {
                struck.push(one);
            } else {
                missed.push((point, scene));
            }
        }
        open = missed;
    }
    Ok(struck)
}

/// Leaves an attempt before its call and one in it, and waits until they count as left alone.
async fn leave_alone(arena: &mut Arena) -> Result<Vec<Uuid>> {
    let mut requests = Vec::new();
    for point in ["attempt.fenced", "call.committed"] {
        requests.extend(strike_in(arena, point, Scene::Lost).await?.requests);
    }
    arena.replicas[0].kill()?;
    sleep(LEFT_ALONE).await;
    Ok(requests)
}

impl Stage {
    /// Puts everything in place, at portal `b`.
    async fn set(arena: &mut Arena, scene: Scene) -> Result<Self> {
        let (request, user) = begin(arena, scene).await?;
        let database = arena.database.clone();
        match (scene, request) {
            (Scene::Overdue, Some(id)) => {
                database
                    .force(&format!(
                        "update request set until = now() - interval '1 minute' where id = '{id}'"
                    ))
                    .await?;
            }
            (Scene::KeyOverdue, Some(id)) => {
                arena.dana.collect(arena.door(1), id).await;
                database
                    .force(&format!(
                        "update issue_attempt set pickup_until = now() - interval '1 minute'
                         where request_id = '{id}' and sealed is not null"
                    ))
                    .await?;
            }
            (Scene::Refused, _) => {
                let fault = json!({ "fault": "status", "status": 400, "errorCode": "CANNOT_GENERATE_CERT" });
                arena.atlas.spoil_certificate(&user, &fault).await?;
            }
            (Scene::Lost, _) => {
                arena
                    .atlas
                    .spoil_certificate(&user, &json!({ "fault": "reset_after" }))
                    .await?;
            }
            (
                Scene::Unsettled
                | Scene::Unreadable
                | Scene::Nothing
                | Scene::Ambiguous
                | Scene::Resolve,
                Some(id),
            ) => lose_answer(arena, scene, id, &user).await?,
            (Scene::Away, _) => {
                let fault = json!({ "fault": "status", "status": 503, "count": 10 });
                arena.atlas.spoil_list(&user, &fault).await?;
            }
            (Scene::FirstKey, _) => begin_a_day(arena)?,
            (Scene::Foreign | Scene::Explain, _) => arena.atlas.make_behind(&user).await?,
            // As if nobody had had them read for a while.
            (Scene::Sweep, _) => database.force("update project set swept_at = null").await?,
            (Scene::NewProject, _) => {
                let spare = arena.users.spare_project();
                database
                    .force(&format!("delete from project where id = '{spare}'"))
                    .await?;
            }
            (Scene::Use, _) => {
                database
                    .force("update session set last_used_at = now() - interval '5 minutes'")
                    .await?;
            }
            _ => {}
        }
        let change = prepare_change(arena, scene, &user).await?;
        let certificate = match scene {
            Scene::Explain => Some(have_found(arena, &user).await?),
            _ => None,
        };
        let security = match (scene, request) {
            (Scene::Resolve, Some(id)) => Some(call_security(arena, id).await?),
            _ => None,
        };
        Ok(Self {
            scene,
            request,
            change,
            certificate,
            user,
            security,
        })
    }

    /// The requests there are before anything is done.
    pub(super) fn requests(&self) -> Vec<Uuid> {
        self.request.into_iter().collect()
    }

    /// Does it, at portal `a`. It may die at any moment, so no answer is worth an error. Answers the
    /// requests that were made.
    pub(super) async fn act(&self, arena: &mut Arena) -> Vec<Uuid> {
        let (dana, olga) = (arena.dana.clone(), arena.olga.clone());
        let door = arena.door(0).clone();
        if let Some(change) = self.change {
            act_on_change(arena, self.scene, change).await;
            return Vec::new();
        }
        match (self.scene, self.request) {
            (Scene::Change, _) => {
                if let Some(change) = olga.ask_for_roles(&door, &self.user, ROLE).await {
                    arena.otto.approve_change(&door, change).await;
                }
            }
            (Scene::Way | Scene::FirstKey, _) => {
                let (_, request) = dana.ask(&door, &self.user).await;
                if let Some(request) = request {
                    olga.approve(&door, request).await;
                    way_on(arena, 0, request).await;
                }
                return request.into_iter().collect();
            }
            (Scene::Refused | Scene::Lost | Scene::Away, Some(request)) => {
                dana.issue(&door, request).await;
            }
            (Scene::WrongBrowser, Some(request)) => {
                dana.reach_for(&door, request).await;
            }
            (Scene::Resolve, Some(request)) => self.resolve(arena, 0, request).await,
            (Scene::Explain, _) => self.explain(arena, 0).await,
            (Scene::Sweep, _) => olga.sweep(&door, &self.user.project).await,
            (Scene::Deny, Some(request)) => {
                olga.deny(&door, request).await;
            }
            (Scene::Withdraw, Some(request)) => {
                dana.withdraw(&door, request).await;
            }
            (Scene::SignIn, _) => {
                let _ = Person::sign_in(&door.url, "otto", &arena.clients).await;
            }
            (Scene::SignOut, _) => {
                if let Ok(otto) = Person::sign_in(&door.url, "otto", &arena.clients).await {
                    otto.sign_out(&door).await;
                }
            }
            (Scene::Use, _) => {
                dana.projects(&door).await;
            }
            _ => {}
        }
        Vec::new()
    }

    /// People go on at portal `b`, as far as that is possible at once. Answers requests that were made
    /// only now.
    async fn recover(&self, arena: &mut Arena, known: &[Uuid]) -> Vec<Uuid> {
        if self.scene == Scene::Unreadable {
            let _ = arena.atlas.forget_faults().await;
        }
        if let (Scene::Resolve, Some(request)) = (self.scene, self.request) {
            self.resolve(arena, 1, request).await;
        }
        self.explain(arena, 1).await;
        if !matches!(self.scene, Scene::Way | Scene::FirstKey) {
            return Vec::new();
        }
        let mut made = Vec::new();
        let request = if let Some(request) = known.first() {
            *request
        } else {
            // Whether it was asked for is not known: asking again tells.
            let (_, Some(request)) = arena.dana.ask(arena.door(1), &self.user).await else {
                return made;
            };
            made.push(request);
            request
        };
        if arena.dana.state(arena.door(1), request).await.as_deref() == Some("submitted") {
            arena.olga.approve(arena.door(1), request).await;
        }
        way_on(arena, 1, request).await;
        made
    }

    /// An owner says what the certificate is that was made behind the portal's back.
    async fn explain(&self, arena: &Arena, place: usize) {
        if let Some(certificate) = self.certificate {
            arena.olga.explain(arena.door(place), certificate).await;
        }
    }

    /// Security says which certificate is the attempt's: the one that was not made behind its back.
    async fn resolve(&self, arena: &Arena, place: usize, request: Uuid) {
        let made = arena.atlas.made().await.unwrap_or_default();
        let own = made
            .iter()
            .find(|one| one.username == self.user.username && !one.out_of_band);
        if let (Some(sam), Some(own)) = (&self.security, own) {
            sam.resolve(arena.door(place), request, own.serial).await;
        }
    }
}

/// How far the request is that a scene needs, at portal `b`; and its user, or one to ask for.
async fn begin(arena: &mut Arena, scene: Scene) -> Result<(Option<Uuid>, User)> {
    Ok(match scene {
        Scene::Deny | Scene::Withdraw | Scene::Overdue => {
            let user = arena.users.next();
            let (answer, request) = arena.dana.ask(arena.door(1), &user).await;
            let request = request.with_context(|| format!("not asked: {answer:?}"))?;
            (Some(request), user)
        }
        Scene::Refused
        | Scene::Lost
        | Scene::Away
        | Scene::Unsettled
        | Scene::Unreadable
        | Scene::Nothing
        | Scene::Ambiguous
        | Scene::Resolve => {
            let (request, user) = approved(arena, arena.door(1)).await?;
            (Some(request), user)
        }
        Scene::WrongBrowser | Scene::KeyOverdue => {
            let (request, user) = approved(arena, arena.door(1)).await?;
            arena.dana.issue(arena.door(1), request).await;
            wait_while_issuing(arena, 1, request).await;
            (Some(request), user)
        }
        _ => (None, arena.users.next()),
    })
}

/// Loses the answer of an attempt at portal `b`, and makes it due to be found out about.
async fn lose_answer(arena: &Arena, scene: Scene, request: Uuid, user: &User) -> Result<()> {
    let fault = match scene {
        Scene::Nothing => "reset_before",
        _ => "reset_after",
    };
    let fault = json!({ "fault": fault });
    arena.atlas.spoil_certificate(user, &fault).await?;
    arena.dana.issue(arena.door(1), request).await;
    wait_while_issuing(arena, 1, request).await;
    let due = match scene {
        // As if the whole window had passed.
        Scene::Nothing => "next_poll_at = now(), deadline = deadline - interval '11 minutes'",
        _ => "next_poll_at = now()",
    };
    let lost = format!("request_id = '{request}' and state = 'unknown'");
    arena
        .database
        .force(&format!("update issue_attempt set {due} where {lost}"))
        .await?;
    match scene {
        Scene::Ambiguous | Scene::Resolve => arena.atlas.make_behind(user).await?,
        Scene::Unreadable => {
            let fault = json!({ "fault": "status", "status": 503, "count": 40 });
            arena.atlas.spoil_list(user, &fault).await?;
        }
        _ => {}
    }
    Ok(())
}

/// Has portal `a` find out that only security can tell, and calls security.
async fn call_security(arena: &mut Arena, request: Uuid) -> Result<Person> {
    arena.replicas[0].kill()?;
    arena.replicas[0].start(Jobs::With)?;
    let began = Instant::now();
    while arena.database.request_state(request).await? != "ambiguous" && began.elapsed() < PATIENCE
    {
        sleep(LOOK_EVERY).await;
    }
    Person::sign_in(&arena.door(0).url, "sam", &arena.clients).await
}

/// Has portal `a` find the certificate that was made behind its back.
async fn have_found(arena: &mut Arena, user: &User) -> Result<Uuid> {
    arena.replicas[0].kill()?;
    arena.replicas[0].start(Jobs::With)?;
    let began = Instant::now();
    loop {
        if let Some(certificate) = arena.database.unexplained(&user.username).await? {
            return Ok(certificate);
        }
        ensure!(
            began.elapsed() < PATIENCE,
            "the certificate made for {user:?} behind the portal's back was not found"
        );
        sleep(LOOK_EVERY).await;
    }
}

/// Forgets the key of the day, as if the day had just begun. Nobody may have it in memory.
fn begin_a_day(arena: &mut Arena) -> Result<()> {
    for replica in &mut arena.replicas {
        replica.kill()?;
    }
    for key in fs::read_dir(arena.path("keys"))? {
        fs::remove_file(key?.path())?;
    }
    arena.replicas[1].start(Jobs::Without)
}

/// Issues what is approved, collects what was issued, and says that it is saved.
pub(super) async fn way_on(arena: &Arena, place: usize, request: Uuid) {
    let door = arena.door(place);
    if arena.dana.state(door, request).await.as_deref() == Some("approved") {
        arena.dana.issue(door, request).await;
        wait_while_issuing(arena, place, request).await;
    }
    if arena.dana.state(door, request).await.as_deref() == Some("ready") {
        let answer = arena.dana.collect(door, request).await;
        if matches!(answer, Answer::Key { .. } | Answer::Refused { .. }) {
            arena.dana.acknowledge(door, request).await;
        }
    }
}

/// Waits for the end of an attempt that its process is at; for one whose process is dead, not long.
async fn wait_while_issuing(arena: &Arena, place: usize, request: Uuid) {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        let state = arena.dana.state(arena.door(place), request).await;
        // No answer: it has died.
        if state.as_deref() != Some("issuing") {
            return;
        }
        sleep(LOOK_EVERY).await;
    }
}
