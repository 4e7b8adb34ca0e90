//! Database users: creating, changing and deleting them.

mod asking;
mod carrying_out;
mod following;
mod looking_first;
mod names;
mod settling;

use portal::{
    Actor, Result, changes, database_users,
    model::{
        ChangeId, ChangePage, ChangeState, DatabaseRole, DatabaseUserForm, DatabaseUserRow,
        EventKind, GroupId, NewRoles, NewUser, UserDeletion, Username,
    },
    projects,
    testing::{PAYMENTS, TestPortal, parse},
};

const WHY: &str = "The new service goes live, PAY-2314";

fn payments() -> GroupId {
    parse(PAYMENTS)
}

fn roles(texts: &[&str]) -> Vec<DatabaseRole> {
    texts.iter().map(|text| parse(text)).collect()
}

fn new_user(name: &str) -> NewUser {
    NewUser {
        project: payments(),
        username: parse(name),
        roles: roles(&["readWrite@orders", "read@orders.invoices"]),
        clusters: Vec::new(),
        reason: parse(WHY),
    }
}

fn new_roles(name: &str, texts: &[&str]) -> NewRoles {
    NewRoles {
        project: payments(),
        username: parse(name),
        roles: roles(texts),
        reason: parse(WHY),
    }
}

fn deletion(name: &str) -> UserDeletion {
    UserDeletion {
        project: payments(),
        username: parse(name),
        typed: name.to_owned(),
        reason: parse(WHY),
    }
}

/// A change as security sees it.
async fn page(test: &TestPortal, id: ChangeId) -> ChangePage {
    changes::get(&test.portal, &test.sam().await, id)
        .await
        .expect("visible")
}

async fn state(test: &TestPortal, id: ChangeId) -> ChangeState {
    page(test, id).await.row.state
}

async fn story(test: &TestPortal, id: ChangeId) -> Vec<EventKind> {
    let page = page(test, id).await;
    page.story.iter().map(|line| line.event.kind()).collect()
}

/// Says yes to what the page shows, and waits for what comes of it.
async fn approve(test: &TestPortal, second: &Actor, id: ChangeId, typed: &str) -> Result<()> {
    let digest = page(test, id).await.digest;
    let said = changes::approve(&test.portal, second, id, &digest, typed, &[]).await;
    test.tasks_done().await;
    said
}

/// Olga asks for a new user.
async fn asked_for(test: &TestPortal, name: &str) -> ChangeId {
    database_users::create(&test.portal, &test.olga().await, new_user(name))
        .await
        .expect("a user that may be asked for")
}

/// Olga asks, Otto says yes, and Atlas has answered.
async fn approved(test: &TestPortal, name: &str) -> ChangeId {
    let id = asked_for(test, name).await;
    approve(test, &test.otto().await, id, "")
        .await
        .expect("a yes");
    id
}

/// A user that was created and is known to every cluster.
async fn created(test: &TestPortal, name: &str) {
    let id = approved(test, name).await;
    changes::follow(&test.portal).await.expect("done");
    applied(test, true);
    changes::follow(&test.portal).await.expect("done");
    assert_eq!(state(test, id).await, ChangeState::Done);
}

/// A user deleted by Olga and Otto.
async fn deleted(test: &TestPortal, name: &str) {
    let olga = test.olga().await;
    let id = database_users::delete(&test.portal, &olga, deletion(name))
        .await
        .expect("a user that may be deleted");
    approve(test, &test.otto().await, id, name)
        .await
        .expect("a yes");
    changes::follow(&test.portal).await.expect("done");
    applied(test, true);
    changes::follow(&test.portal).await.expect("done");
    assert_eq!(state(test, id).await, ChangeState::Done);
}

/// Says whether the cluster of *Payments prod* knows the latest change of its users.
fn applied(test: &TestPortal, applied: bool) {
    test.atlas
        .set_cluster_applied(&payments(), "payments", Some(applied));
}

/// A user as the project's page shows it.
async fn row(test: &TestPortal, name: &str) -> Option<DatabaseUserRow> {
    let name: Username = parse(name);
    projects::get(&test.portal, &test.olga().await, &payments())
        .await
        .expect("theirs")
        .users
        .into_iter()
        .find(|user| user.username == name)
}

/// The form for a new user that could be called `name`.
async fn form(test: &TestPortal, name: &str) -> DatabaseUserForm {
    let olga = test.olga().await;
    database_users::form(&test.portal, &olga, &payments(), None, Some(&parse(name)))
        .await
        .expect("their project")
}
