-- Requests, decisions over them, and attempts to have their certificates made.

-- Every change of state that may happen, and no other.
create table allowed_transition (
    noun text not null,
    from_state text not null,
    to_state text not null,
    primary key (noun, from_state, to_state)
);
insert into allowed_transition (noun, from_state, to_state) values
    ('request', 'submitted', 'approved'),
    ('request', 'submitted', 'denied'),
    ('request', 'submitted', 'withdrawn'),
    ('request', 'submitted', 'expired'),
    ('request', 'approved', 'withdrawn'),
    ('request', 'approved', 'expired'),
    ('request', 'approved', 'issuing'),
    -- Nothing was sent, or Atlas provably refused.
    ('request', 'issuing', 'approved'),
    ('request', 'issuing', 'failed'),
    ('request', 'issuing', 'ready'),
    ('request', 'issuing', 'unknown'),
    ('request', 'unknown', 'lost'),
    -- Nothing was made, as far as Atlas lists: a person must click again.
    ('request', 'unknown', 'approved'),
    ('request', 'unknown', 'ambiguous'),
    ('request', 'ambiguous', 'lost'),
    ('request', 'ambiguous', 'approved'),
    ('request', 'ready', 'delivered'),
    ('request', 'ready', 'unconfirmed'),
    ('request', 'ready', 'uncollected'),
    ('issue_attempt', 'prepared', 'not_sent'),
    ('issue_attempt', 'prepared', 'calling'),
    ('issue_attempt', 'calling', 'issued'),
    ('issue_attempt', 'calling', 'rejected'),
    ('issue_attempt', 'calling', 'not_sent'),
    ('issue_attempt', 'calling', 'unknown'),
    ('issue_attempt', 'unknown', 'lost'),
    ('issue_attempt', 'unknown', 'not_issued'),
    ('issue_attempt', 'unknown', 'ambiguous'),
    ('issue_attempt', 'ambiguous', 'lost'),
    ('issue_attempt', 'ambiguous', 'not_issued');

-- Arguments: the state a row must begin in.
create function check_transition() returns trigger
language plpgsql security definer set search_path = pg_catalog
as $$
begin
    if tg_op = 'INSERT' then
        if new.state <> tg_argv[0] then
            raise exception 'a new % begins as %, not as %', tg_table_name, tg_argv[0], new.state
                using errcode = '23514', constraint = 'allowed_transition';
        end if;
    elsif new.state <> old.state and not exists (
        select 1 from public.allowed_transition
        where noun = tg_table_name and from_state = old.state and to_state = new.state
    ) then
        raise exception '% % cannot go from % to %', tg_table_name, new.id, old.state, new.state
            using errcode = '23514', constraint = 'allowed_transition';
    end if;
    return new;
end
$$;

create table request (
    id uuid primary key,
    project_id text not null references project (id),
    username text not null,
    -- As asked.
    months smallint not null check (months between 1 and 24),
    reason text not null check (length(reason) between 10 and 500),
    requester_id uuid not null references person (id),
    state text not null check (state in (
        'submitted', 'approved', 'denied', 'withdrawn', 'expired', 'issuing', 'unknown', 'ambiguous',
        'lost', 'failed', 'ready', 'delivered', 'unconfirmed', 'uncollected')),
    -- SHA-256 over what the approver sees; an approval names it.
    digest text not null,
    -- As approved; never more than asked.
    approved_months smallint check (approved_months between 1 and months),
    submitted_at timestamptz not null,
    changed_at timestamptz not null,
    -- When it stops waiting, in the states that wait for somebody.
    until timestamptz,
    -- Attempts so far.
    attempts smallint not null default 0 check (attempts between 0 and 4),
    -- So that a decision can hold on to the requester.
    unique (id, requester_id)
);
create index request_requester on request (requester_id, submitted_at desc, id desc);
create index request_project on request (project_id, submitted_at desc, id desc);
create index request_all on request (submitted_at desc, id desc);
create index request_waiting on request (project_id, submitted_at, id) where state = 'submitted';
create index request_until on request (until) where until is not null;
-- One open request per person and database user.
create unique index request_open on request (requester_id, project_id, username)
    where state in ('submitted', 'approved', 'issuing', 'unknown', 'ambiguous', 'ready');

create trigger request_transition before insert or update of state on request
    for each row execute function check_transition('submitted');
-- Any update: a longer lifetime or a later end matter as much as a state.
create constraint trigger request_is_audited after insert or update on request
    deferrable initially deferred for each row execute function audit.require_entry('request_id');

create table decision (
    request_id uuid not null,
    requester_id uuid not null,
    decider_id uuid not null references person (id),
    verdict text not null check (verdict in ('approved', 'denied')),
    reason text,
    decided_at timestamptz not null,
    primary key (request_id, decider_id),
    foreign key (request_id, requester_id) references request (id, requester_id),
    -- Two people, always.
    constraint four_eyes check (decider_id <> requester_id)
);
create index decision_decider on decision (decider_id, decided_at desc);

-- A request is decided by a decision, not by an update: four eyes hold for whatever changes the state.
create function check_decision() returns trigger
language plpgsql security definer set search_path = pg_catalog
as $$
begin
    if old.state = 'submitted' and new.state in ('approved', 'denied') and not exists (
        select 1 from public.decision where request_id = new.id and verdict = new.state
    ) then
        raise exception 'request % cannot be % without a decision', new.id, new.state
            using errcode = '23514', constraint = 'four_eyes';
    end if;
    return new;
end
$$;
create trigger request_is_decided before update of state on request
    for each row execute function check_decision();

create table issue_attempt (
    id uuid primary key,
    request_id uuid not null references request (id),
    project_id text not null,
    username text not null,
    months smallint not null check (months between 1 and 24),
    state text not null check (state in (
        'prepared', 'calling', 'issued', 'rejected', 'not_sent', 'unknown', 'lost', 'not_issued', 'ambiguous')),
    -- The run of the process that began it: only that run may make the call.
    boot_id uuid not null,
    -- SHA-256 of the pickup secret, which only the requester's browser has.
    secret_hash bytea not null check (length(secret_hash) = 32),
    began_at timestamptz not null,
    -- Serial numbers Atlas listed for the user just before the call.
    baseline bigint[],
    call_started_at timestamptz,
    deadline timestamptz,
    settled_at timestamptz,
    -- {"reason", "status", "code", "retry_after"} of a provable refusal.
    refusal jsonb,
    certificate_id uuid references certificate (id),
    -- The PEM as Atlas gave it, sealed under a key that needs the requester's cookie.
    sealed bytea,
    nonce bytea,
    key_epoch text,
    pickup_until timestamptz,
    downloads smallint not null default 0 check (downloads between 0 and 3),
    check ((sealed is null) = (nonce is null))
);
create index issue_attempt_request on issue_attempt (request_id, began_at);
-- At most one certificate is being made for a database user at a time, over all replicas.
create unique index issue_attempt_open on issue_attempt (project_id, username)
    where state in ('prepared', 'calling', 'unknown');
create index issue_attempt_unsettled on issue_attempt (began_at) where state in ('prepared', 'calling', 'unknown');
create index issue_attempt_sealed on issue_attempt (pickup_until) where sealed is not null;

-- At most one of a request's attempts can have led to a certificate.
create unique index issue_attempt_once on issue_attempt (request_id)
    where state in ('prepared', 'calling', 'unknown', 'ambiguous', 'issued', 'lost');

-- An attempt makes what was approved, and nothing else.
create function check_attempt() returns trigger
language plpgsql security definer set search_path = pg_catalog
as $$
begin
    if not exists (
        select 1 from public.request r
        where r.id = new.request_id and r.state = 'approved' and r.project_id = new.project_id
            and r.username = new.username and new.months <= r.approved_months
    ) then
        raise exception 'attempt % is not what request % was approved for', new.id, new.request_id
            using errcode = '23514', constraint = 'as_approved';
    end if;
    return new;
end
$$;
create trigger issue_attempt_is_as_approved before insert on issue_attempt
    for each row execute function check_attempt();

create trigger issue_attempt_transition before insert or update of state on issue_attempt
    for each row execute function check_transition('prepared');
create constraint trigger issue_attempt_is_audited after insert or update on issue_attempt
    deferrable initially deferred for each row execute function audit.require_entry('attempt_id');

alter table certificate
    add foreign key (request_id) references request (id),
    add foreign key (attempt_id) references issue_attempt (id);

-- How each job went last; shown to the operator.
create table job_run (
    name text primary key,
    ended_at timestamptz not null,
    took_ms bigint not null,
    failure text
);

grant select on allowed_transition to certdesk_app;
grant select, insert on request to certdesk_app;
grant update (state, approved_months, changed_at, until, attempts) on request to certdesk_app;
grant select, insert on decision to certdesk_app;
grant select, insert on issue_attempt to certdesk_app;
grant update (state, baseline, call_started_at, deadline, settled_at, refusal, certificate_id, sealed, nonce,
    key_epoch, pickup_until, downloads) on issue_attempt to certdesk_app;
grant select, insert, update on job_run to certdesk_app;
