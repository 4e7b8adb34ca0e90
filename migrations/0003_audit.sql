-- The audit log: append-only, written by one function, in the transaction of the change it records.
create schema audit;
grant usage on schema audit to certdesk_app;

-- How many entries there are. Appending locks this row until commit, so that numbers have no gaps
-- and follow the order of commits. A sequence would give neither.
create table audit.head (
    only_row boolean primary key default true check (only_row),
    size bigint not null check (size >= 0)
);
insert into audit.head (size) values (0);

create table audit.entry (
    seq bigint primary key,
    -- The canonical bytes, verbatim. Never jsonb, which would put keys in another order.
    body bytea not null check (octet_length(body) <= 65535),
    -- RFC 6962, 2.1: SHA-256(0x00 || body).
    leaf_hash bytea not null check (octet_length(leaf_hash) = 32),
    -- What follows repeats the body, for searching.
    at timestamptz not null,
    type text not null,
    person_id uuid,
    project_id text,
    request_id uuid,
    change_id uuid,
    attempt_id uuid,
    certificate_id uuid,
    -- Which transaction wrote it: see audit.require_entry().
    transaction xid8 not null
);
create index entry_type on audit.entry (type, seq);
create index entry_person on audit.entry (person_id, seq);
create index entry_project on audit.entry (project_id, seq);
create index entry_request on audit.entry (request_id, seq);
create index entry_change on audit.entry (change_id, seq);
create index entry_attempt on audit.entry (attempt_id, seq);
create index entry_certificate on audit.entry (certificate_id, seq);
create index entry_at on audit.entry (at);

-- Free text (a reason) stands here; the entry holds SHA-256("certdesk/commit/v1" || salt || text).
-- It can be redacted without breaking a hash, and not changed without breaking one.
create table audit.detail (
    seq bigint not null references audit.entry (seq),
    field text not null,
    salt bytea not null check (octet_length(salt) = 32),
    value text not null,
    primary key (seq, field)
);

-- The log's clock. A function of its own, so that a rehearsal can be given another clock by the
-- owner role; the runtime role cannot.
create function audit.now() returns timestamptz
language sql volatile set search_path = pg_catalog
as 'select clock_timestamp()';

-- Appends one entry. `entry` is a canonical JSON object (keys sorted, no spaces); `details` maps
-- field names to [salt in hexadecimal, text]. Returns the entry's number.
create function audit.append(entry text, details jsonb) returns bigint
language plpgsql security definer set search_path = pg_catalog
as $$
declare
    fields constant jsonb := entry::jsonb;
    next_seq bigint;
    written_at timestamptz;
    bytes bytea;
begin
    if fields ->> 'type' is null then
        raise exception 'an audit entry needs a type' using errcode = '22023';
    end if;
    update audit.head set size = size + 1 returning size - 1 into next_seq;
    written_at := audit.now();
    bytes := convert_to(
        '{"at":"' || to_char(written_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        || '","entry":' || entry
        || ',"seq":"' || next_seq || '","v":"1"}', 'UTF8');
    insert into audit.entry
        (seq, body, leaf_hash, at, type, person_id, project_id, request_id, change_id, attempt_id, certificate_id,
         transaction)
    values
        (next_seq, bytes, sha256('\x00'::bytea || bytes), written_at, fields ->> 'type',
         (fields #>> '{actor,id}')::uuid, fields ->> 'project', (fields ->> 'request')::uuid,
         (fields ->> 'change')::uuid, (fields ->> 'attempt')::uuid, (fields ->> 'certificate')::uuid,
         pg_current_xact_id());
    insert into audit.detail (seq, field, salt, value)
    select next_seq, key, decode(value ->> 0, 'hex'), value ->> 1
    from jsonb_each(coalesce(details, '{}'::jsonb));
    return next_seq;
end
$$;

-- Nobody edits the log. ENABLE ALWAYS: also under session_replication_role = replica.
create function audit.refuse() returns trigger
language plpgsql set search_path = pg_catalog
as $$
begin
    raise exception 'the audit log is append-only' using errcode = '42501';
end
$$;
create trigger entry_is_append_only before update or delete or truncate on audit.entry
    for each statement execute function audit.refuse();
alter table audit.entry enable always trigger entry_is_append_only;
create trigger detail_is_append_only before update or truncate on audit.detail
    for each statement execute function audit.refuse();
alter table audit.detail enable always trigger detail_is_append_only;

-- For a deferred constraint trigger: a row may only change its state in a transaction that also
-- wrote an entry about that row. The argument names the entry's column that holds the row's id.
create function audit.require_entry() returns trigger
language plpgsql security definer set search_path = pg_catalog
as $$
declare
    written boolean;
begin
    execute format(
        'select exists (select 1 from audit.entry where %I = $1 and transaction = pg_current_xact_id())',
        tg_argv[0])
    into written using new.id;
    if not written then
        raise exception '% % changed without an audit entry', tg_table_name, new.id
            using errcode = '23514', constraint = 'audited_or_not_at_all';
    end if;
    return null;
end
$$;

grant select on audit.head, audit.entry, audit.detail to certdesk_app;
grant execute on function audit.append(text, jsonb) to certdesk_app;
