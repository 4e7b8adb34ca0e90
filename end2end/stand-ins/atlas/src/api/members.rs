//! People: who is in a project, and by which teams.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};
use time::Date;
use time::macros::date;

use crate::auth::Caller;
use crate::clock::iso;
use crate::errors::ApiError;
use crate::input::Segments;
use crate::state::StandIn;
use crate::storage::Stored;
use crate::version::FIRST;
use crate::view::{View, deprecate};
use crate::world::{Member, Project, created_from_id};

/// Both lists of people have a second version that knows invitations.
const VERSIONS: [Date; 2] = [FIRST, date!(2025 - 02 - 19)];

/// `GET /groups/{group}/users`. Left to its defaults it misses those who own the project by way of a team
/// (`flattenTeams`) or as owners of the organisation (`includeOrgUsers`).
pub(super) async fn of_project(
    State(stand_in): State<Arc<StandIn>>,
    caller: Caller,
    view: View,
    Segments(group): Segments<String>,
) -> Result<Response, ApiError> {
    let flag = |name| {
        view.value(name, |text| text.parse::<bool>().ok())
            .map(|flag| flag.unwrap_or(false))
    };
    let (flatten, include_org) = (flag("flattenTeams")?, flag("includeOrgUsers")?);
    let people = stand_in.stored(|stored| {
        let project = stored.project(&group)?;
        caller.may_read(&group)?;
        Ok::<_, ApiError>(people_of(stored, project, flatten, include_org))
    })?;
    let (statuses, names) = (
        view.values("orgMembershipStatuses"),
        view.values("username"),
    );
    let wanted = |person: &Member| {
        (statuses.is_empty() || statuses.contains(&person.org_membership_status.as_str()))
            && (names.is_empty() || names.contains(&person.username.as_str()))
    };
    let people: Vec<_> = people.into_iter().filter(wanted).collect();
    answer(
        &view,
        &people,
        |person| json!(person.roles),
        |role| json!({"groupId": group, "roleName": role}),
    )
}

/// `GET /groups/{group}/teams`.
pub(super) async fn teams(
    State(stand_in): State<Arc<StandIn>>,
    caller: Caller,
    view: View,
    Segments(group): Segments<String>,
) -> Result<Response, ApiError> {
    let items = stand_in.stored(|stored| {
        let project = stored.project(&group)?;
        caller.may_read(&group)?;
        let present = |team: &crate::world::TeamGrant| {
            let links = view.self_link(&["groups", &group, "teams", &team.team_id]);
            json!({"links": links, "roleNames": team.role_names, "teamId": team.team_id})
        };
        Ok::<_, ApiError>(project.teams.iter().map(present).collect())
    })?;
    Ok(view.list(items))
}

/// `GET /orgs/{org}/teams/{team}/users`.
pub(super) async fn of_team(
    State(stand_in): State<Arc<StandIn>>,
    _: Caller,
    view: View,
    Segments((org, team)): Segments<(String, String)>,
) -> Result<Response, ApiError> {
    let people = stand_in.stored(|stored| {
        let found = stored
            .world
            .teams
            .iter()
            .find(|t| t.id == team && t.org_id == org);
        found
            .map(|team| team.members.clone())
            .ok_or_else(|| ApiError::resource_not_found(&team))
    })?;
    let roles = |_: &Member| json!({"groupRoleAssignments": [], "orgRoles": ["ORG_MEMBER"]});
    answer(
        &view,
        &people,
        roles,
        |role| json!({"orgId": org, "roleName": role}),
    )
}

fn people_of(stored: &Stored, project: &Project, flatten: bool, include_org: bool) -> Vec<Member> {
    let mut people: BTreeMap<&str, Member> = project
        .members
        .iter()
        .map(|member| (member.id.as_str(), member.clone()))
        .collect();
    let mut grant = |member, roles: &[String]| {
        let member: &Member = member;
        let person = people.entry(&member.id).or_insert_with(|| Member {
            roles: Vec::new(),
            ..member.clone()
        });
        for role in roles {
            if !person.roles.contains(role) {
                person.roles.push(role.clone());
            }
        }
    };
    for team in project.teams.iter().filter(|_| flatten) {
        let members = stored
            .world
            .teams
            .iter()
            .filter(|t| t.id == team.team_id)
            .flat_map(|t| &t.members);
        members.for_each(|member| grant(member, &team.role_names));
    }
    for owner in stored.world.org_owners.iter().filter(|_| include_org) {
        grant(owner, &["GROUP_OWNER".to_owned()]);
    }
    people.into_values().collect()
}

/// The list in the version asked for. The first one shows active people only, in another form.
fn answer(
    view: &View,
    people: &[Member],
    roles: impl Fn(&Member) -> Value,
    assignment: impl Fn(&str) -> Value,
) -> Result<Response, ApiError> {
    if view.resolve(&VERSIONS)? == Some(VERSIONS[1]) {
        let items = people
            .iter()
            .map(|person| present(person, &roles(person)))
            .collect();
        return Ok(view.list_of(items, VERSIONS[1], true));
    }
    let active = people
        .iter()
        .filter(|person| person.org_membership_status == "ACTIVE");
    let items = active
        .map(|person| {
            let assignments: Vec<_> = person.roles.iter().map(|role| assignment(role)).collect();
            json!({
                "country": "DE",
                "createdAt": iso(created_from_id(&person.id)),
                "emailAddress": person.username,
                "firstName": person.first_name,
                "id": person.id,
                "lastName": person.last_name,
                "links": view.self_link(&["users", &person.id]),
                "mobileNumber": Value::Null,
                "roles": assignments,
                "teamIds": [],
                "username": person.username,
            })
        })
        .collect();
    let mut response = view.list(items);
    deprecate(response.headers_mut());
    Ok(response)
}

fn present(person: &Member, roles: &Value) -> Value {
    let created = iso(created_from_id(&person.id));
    let mut object = json!({
        "id": person.id,
        "orgMembershipStatus": person.org_membership_status,
        "roles": roles,
        "username": person.username,
    });
    if person.org_membership_status == "ACTIVE" {
        object["country"] = json!("DE");
        object["createdAt"] = json!(created);
        object["firstName"] = json!(person.first_name);
        object["lastAuth"] = json!(created);
        object["lastName"] = json!(person.last_name);
        object["mobileNumber"] = Value::Null;
    } else {
        object["invitationCreatedAt"] = json!(created);
        object["invitationExpiresAt"] = json!(created);
        object["inviterUsername"] = json!("orla@example.com");
    }
    object
}
