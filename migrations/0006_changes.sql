-- Changes of a project at Atlas: one person asks, another says yes, the portal carries them out.

insert into allowed_transition (noun, from_state, to_state) values
    ('change', 'submitted', 'approved'),
    ('change', 'submitted', 'denied'),
    ('change', 'submitted', 'withdrawn'),
    ('change', 'submitted', 'expired'),
    ('change', 'approved', 'calling'),
    ('change', 'approved', 'withdrawn'),
    ('change', 'approved', 'expired'),
    -- Nothing was sent, for certain. The only way back: a change is sent once.
    ('change', 'calling', 'approved'),
    ('change', 'calling', 'rejected'),
    ('change', 'calling', 'unknown'),
    ('change', 'calling', 'applying'),
    -- Settled by reading Atlas, never by a second call.
    ('change', 'unknown', 'applying'),
    ('change', 'unknown', 'not_applied'),
    -- The process that made the call lives after all, and knows that Atlas refused.
    ('change', 'unknown', 'rejected'),
    ('change', 'applying', 'done');

create table change (
    id uuid primary key,
    project_id text not null references project (id),
    kind text not null check (kind in ('disable_x509', 'create_user', 'update_user', 'delete_user')),
    -- Which database user; none where the whole project is changed.
    username text check ((username is null) = (kind = 'disable_x509')),
    -- What was there when it was asked for, and what will be there.
    plan jsonb not null check (plan ->> 'kind' = kind),
    -- The customer's authorities, which Atlas is told to forget: as they were when it was asked for, and
    -- once more right before the call.
    authorities text check (authorities is null or kind = 'disable_x509'),
    reason text not null check (length(reason) between 10 and 500),
    requester_id uuid not null references person (id),
    state text not null check (state in (
        'submitted', 'approved', 'calling', 'unknown', 'applying', 'done', 'denied', 'withdrawn', 'expired',
        'rejected', 'not_applied')),
    -- SHA-256 over what the second person sees; a yes names it.
    digest text not null,
    submitted_at timestamptz not null,
    changed_at timestamptz not null,
    -- When it stops waiting, in the states that wait for somebody.
    until timestamptz,
    -- Who said yes or no.
    second_id uuid references person (id),
    -- Clusters that were not idle when the second person said that it should be done all the same.
    overridden text[] not null default '{}',
    -- The last try to carry it out. It alone makes the call, and records what came of it.
    try_id uuid,
    call_started_at timestamptz,
    deadline timestamptz,
    -- Why nothing was sent the last time.
    not_sent text,
    -- {"reason", "status", "code", "retry_after", "address"} of a provable refusal.
    refusal jsonb,
    -- When Atlas took it, or was first seen to have taken it.
    applied_at timestamptz,
    -- Whether Atlas tells how its clusters follow; unknown until it has been asked.
    follows boolean,
    -- Two people, always.
    constraint four_eyes check (
        second_id is distinct from requester_id
        and (second_id is not null or state in ('submitted', 'withdrawn', 'expired'))),
    constraint call_is_on_record check (
        (state in ('submitted', 'approved', 'denied', 'withdrawn', 'expired')) = (call_started_at is null)
        and (call_started_at is null) = (deadline is null)
        and (call_started_at is null or try_id is not null)),
    constraint applied_is_dated check ((state in ('applying', 'done')) = (applied_at is not null))
);
create index change_project on change (project_id, submitted_at desc, id desc);
create index change_all on change (submitted_at desc, id desc);
create index change_waiting on change (project_id, submitted_at, id) where state = 'submitted';
create index change_until on change (until) where state in ('submitted', 'approved');
create index change_unsettled on change (call_started_at) where state in ('calling', 'unknown');
create index change_applying on change (applied_at) where state = 'applying';
create index change_user on change (project_id, username) where username is not null;
-- A day passes between two times that a project's clusters restart for this.
create index change_disabled on change (project_id, applied_at) where kind = 'disable_x509';
-- One change of the same thing at a time, over all replicas: so at most one call about it is under way.
create unique index change_of_project_open on change (project_id)
    where kind = 'disable_x509' and state in ('submitted', 'approved', 'calling', 'unknown', 'applying');
create unique index change_of_user_open on change (project_id, username)
    where username is not null and state in ('submitted', 'approved', 'calling', 'unknown', 'applying');

-- A decision stands, and a call that was begun is forgotten only with the reason why nothing was sent.
create function check_change() returns trigger
language plpgsql security definer set search_path = pg_catalog
as $$
begin
    if old.second_id is not null
        and (new.second_id is distinct from old.second_id or new.overridden <> old.overridden)
    then
        raise exception 'change % has been decided', new.id using errcode = '23514', constraint = 'four_eyes';
    end if;
    if old.state = 'calling' and new.state = 'approved' and new.not_sent is null then
        raise exception 'change % may have been sent', new.id using errcode = '23514', constraint = 'sent_once';
    end if;
    return new;
end
$$;
create trigger change_keeps_its_word before update on change
    for each row execute function check_change();

create trigger change_transition before insert or update of state on change
    for each row execute function check_transition('submitted');
-- Any update: which clusters were overridden, or until when it counts, matters as much as a state.
create constraint trigger change_is_audited after insert or update on change
    deferrable initially deferred for each row execute function audit.require_entry('change_id');

-- How far the clusters are, as last read: what Atlas says, not what the portal did, so not audited.
create table change_cluster (
    change_id uuid not null references change (id),
    cluster text not null,
    -- Atlas's word.
    state text not null,
    -- Whether it was seen doing anything since Atlas took the change.
    was_busy boolean not null,
    done boolean not null,
    read_at timestamptz not null,
    primary key (change_id, cluster)
);

-- When it was last tried to read at Atlas how a change stands: whoever has waited longest is next. Not
-- audited, as what was read.
create table change_look (
    change_id uuid primary key references change (id),
    looked_at timestamptz not null
);

grant select, insert on change to certdesk_app;
-- Never what it is, who asked or why: a yes is to what was seen.
grant update (state, changed_at, until, second_id, overridden, authorities, try_id, call_started_at, deadline,
    not_sent, refusal, applied_at, follows) on change to certdesk_app;
grant select, insert, delete on change_cluster to certdesk_app;
grant update (state, was_busy, done, read_at) on change_cluster to certdesk_app;
grant select, insert on change_look to certdesk_app;
grant update (looked_at) on change_look to certdesk_app;
