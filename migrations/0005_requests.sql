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
    -- Nothing was made, as far as Atlas lists: a person must click again. Once; the second time it ends.
    ('request', 'unknown', 'approved'),
    ('request', 'unknown', 'failed'),
    ('request', 'unknown', 'ambiguous'),
    ('request', 'ambiguous', 'lost'),
    ('request', 'ambiguous', 'approved'),
    ('request', 'ambiguous', 'failed'),
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
create index request_ambiguous on request (changed_at, id) where state = 'ambiguous';
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
    -- In the order they were begun, which the clock need not tell.
    number bigint not null generated always as identity,
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
    -- Serial numbers Atlas listed for the user just before the call, and when each of them ends: what has
    -- not ended must be listed later, too.
    baseline bigint[],
    baseline_ends timestamptz[],
    call_started_at timestamptz,
    deadline timestamptz,
    -- When its answer counted as lost.
    unknown_at timestamptz,
    -- How far finding out has come: lists read, SHA-256 over the last, and when the next is due.
    polls smallint not null default 0 check (polls >= 0),
    list_sha256 bytea check (length(list_sha256) = 32),
    next_poll_at timestamptz,
    -- Certificates each of which could be the one, where that is for security to decide:
    -- [{"serial", "not_before", "not_after", "subject"}].
    candidates jsonb,
    -- The approval was given back because Atlas's list showed that nothing had been made.
    rearmed boolean not null default false check (not rearmed or state = 'not_issued'),
    settled_at timestamptz,
    -- {"reason", "status", "code", "retry_after", "address"} of a provable refusal.
    refusal jsonb,
    certificate_id uuid references certificate (id),
    -- The PEM as Atlas gave it, sealed under a key that needs the requester's cookie.
    sealed bytea,
    nonce bytea,
    key_epoch text,
    pickup_until timestamptz,
    downloads smallint not null default 0 check (downloads between 0 and 3),
    check ((sealed is null) = (nonce is null)),
    -- What an attempt in a state must know.
    constraint call_is_whole check (
        (call_started_at is null) = (baseline is null)
        and (call_started_at is null) = (baseline_ends is null)
        and (call_started_at is null) = (deadline is null)
        and cardinality(baseline) = cardinality(baseline_ends)
        and (call_started_at is not null or state in ('prepared', 'not_sent'))),
    constraint unknown_is_dated check (
        (unknown_at is not null) = (state in ('unknown', 'ambiguous', 'lost', 'not_issued'))),
    constraint unknown_is_looked_after check ((next_poll_at is not null) = (state = 'unknown')),
    -- That nothing was made is only said by somebody who has read a list.
    constraint not_issued_was_read check (state <> 'not_issued' or (polls > 0 and list_sha256 is not null)),
    constraint ambiguous_names_candidates check (state <> 'ambiguous' or candidates is not null),
    constraint certificate_is_named check ((certificate_id is not null) = (state in ('issued', 'lost'))),
    constraint only_issued_is_sealed check (sealed is null or state = 'issued')
);
create unique index issue_attempt_request on issue_attempt (request_id, number);
-- At most one certificate is being made for a database user at a time, over all replicas.
create unique index issue_attempt_open on issue_attempt (project_id, username)
    where state in ('prepared', 'calling', 'unknown');
create index issue_attempt_unsettled on issue_attempt (began_at) where state in ('prepared', 'calling', 'unknown');
create index issue_attempt_sealed on issue_attempt (pickup_until) where sealed is not null;
create index issue_attempt_poll on issue_attempt (next_poll_at) where state = 'unknown';
create index issue_attempt_unknown on issue_attempt (unknown_at desc) where unknown_at is not null;
create index issue_attempt_ambiguous on issue_attempt (project_id, username) where state = 'ambiguous';

-- At most one of a request's attempts can have led to a certificate.
create unique index issue_attempt_once on issue_attempt (request_id)
    where state in ('prepared', 'calling', 'unknown', 'ambiguous', 'issued', 'lost');
-- A certificate is what one attempt led to.
create unique index issue_attempt_certificate on issue_attempt (certificate_id);
-- An approval is given back at most once after an answer was lost.
create unique index rearmed_once on issue_attempt (request_id) where rearmed;

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
create constraint trigger issue_attempt_is_audited after insert on issue_attempt
    deferrable initially deferred for each row execute function audit.require_entry('attempt_id');
-- Any update but that a list was read.
create constraint trigger issue_attempt_change_is_audited
    after update of state, baseline, baseline_ends, call_started_at, deadline, unknown_at, candidates, rearmed, settled_at,
        refusal, certificate_id, sealed, nonce, key_epoch, pickup_until, downloads on issue_attempt
    deferrable initially deferred for each row execute function audit.require_entry('attempt_id');

-- What was committed before a call is what its answer is judged by.
create function keep_call() returns trigger
language plpgsql security definer set search_path = pg_catalog
as $$
begin
    if old.call_started_at is not null
        and (new.baseline, new.baseline_ends, new.call_started_at, new.deadline)
            is distinct from (old.baseline, old.baseline_ends, old.call_started_at, old.deadline)
        or old.unknown_at is not null and new.unknown_at is distinct from old.unknown_at
        or old.rearmed and not new.rearmed
    then
        raise exception 'what attempt % was begun with does not change', new.id
            using errcode = '23514', constraint = 'call_is_kept';
    end if;
    return new;
end
$$;
create trigger issue_attempt_is_kept before update on issue_attempt
    for each row execute function keep_call();

-- After a lost answer a request is approved again by its last attempt having made nothing, and not by an
-- update.
create function check_rearmed() returns trigger
language plpgsql security definer set search_path = pg_catalog
as $$
begin
    if old.state in ('unknown', 'ambiguous') and new.state = 'approved' and not exists (
        select 1 from public.issue_attempt a
        where a.request_id = new.id and a.rearmed and not exists (
            select 1 from public.issue_attempt later
            where later.request_id = new.id and later.number > a.number)
    ) then
        raise exception 'nothing shows that request % made nothing', new.id
            using errcode = '23514', constraint = 'rearmed_once';
    end if;
    return new;
end
$$;
create trigger request_is_rearmed before update of state on request
    for each row execute function check_rearmed();

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
grant update (state, baseline, baseline_ends, call_started_at, deadline, unknown_at, polls, list_sha256, next_poll_at,
    candidates, rearmed, settled_at, refusal, certificate_id, sealed, nonce, key_epoch, pickup_until, downloads)
    on issue_attempt to certdesk_app;
grant select, insert, update on job_run to certdesk_app;
