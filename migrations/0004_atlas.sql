-- What Atlas last told: projects, database users, certificates. Atlas forgets a certificate once it
-- has ended, and everything about it once it is away; these tables do not.

create table project (
    id text primary key check (id ~ '^[a-f0-9]{24}$'),
    name text not null,
    -- Stands for the project in group names. Given when the project is first seen and kept: renaming
    -- a project at Atlas must not move anybody's rights.
    slug text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]*$'),
    -- Customer-managed X.509 is on: Atlas makes no managed certificates.
    customer_x509 boolean not null default false,
    -- The customer's authorities as Atlas holds them: PEM, all of it public.
    customer_cas text,
    -- Users may sign in by LDAP.
    ldap_authentication boolean not null default false,
    -- LDAP authorization is on: users with managed certificates could not connect.
    ldap_authorization boolean not null default false,
    -- Whether Atlas told the settings above at the last reading: that needs more power than the lists.
    security_told boolean not null default false,
    -- [{"name": …, "state": …, "srv": …}]
    clusters jsonb not null default '[]',
    -- Whether Atlas told the clusters at the last reading.
    clusters_told boolean not null default false,
    longest_months smallint not null default 12 check (longest_months between 1 and 24),
    request_waits_days smallint not null default 14 check (request_waits_days between 1 and 90),
    approval_valid_hours smallint not null default 72 check (approval_valid_hours between 1 and 720),
    first_seen_at timestamptz not null,
    seen_at timestamptz not null,
    -- When somebody last had its certificates listed without waiting for the timer.
    swept_at timestamptz,
    -- Set while Atlas does not list it.
    gone_at timestamptz
);

create table database_user (
    project_id text not null references project (id),
    -- '$external' for X.509 users, 'admin' for those with a password.
    database_name text not null,
    username text not null,
    x509_type text not null check (x509_type in ('NONE', 'MANAGED', 'CUSTOMER')),
    -- [{"role": …, "database": …, "collection": …}]
    roles jsonb not null default '[]',
    -- Clusters it is limited to; empty means the whole project.
    clusters text[] not null default '{}',
    seen_at timestamptz not null,
    gone_at timestamptz,
    -- When its certificates were last listed.
    certificates_seen_at timestamptz,
    -- When and where it was last seen signing in.
    last_seen_at timestamptz,
    last_seen_cluster text,
    check ((last_seen_at is null) = (last_seen_cluster is null)),
    primary key (project_id, database_name, username)
);

-- How far back a cluster's sign-ins have been read without a gap. A cluster that keeps no history, or
-- whose history may not be read, has no `since`: of its users nothing is known.
create table cluster_sign_ins (
    project_id text not null references project (id),
    cluster text not null,
    since timestamptz,
    read_at timestamptz not null,
    primary key (project_id, cluster)
);

create table certificate (
    id uuid primary key,
    project_id text not null references project (id),
    username text not null,
    -- Atlas's _id, which is the serial number.
    serial bigint not null check (serial > 0),
    subject text not null,
    -- SHA-256 over the DER form, where the portal saw the certificate itself.
    sha256 bytea check (length(sha256) = 32),
    not_before timestamptz not null,
    not_after timestamptz not null check (not_after > not_before),
    origin text not null check (origin in ('portal', 'preexisting', 'unexplained', 'lost')),
    -- Who collected it.
    holder_id uuid references person (id),
    request_id uuid,
    attempt_id uuid,
    first_seen_at timestamptz not null,
    -- When Atlas last listed it.
    seen_at timestamptz,
    unique (project_id, serial),
    -- What the portal made, it made by an attempt for a request, and whoever collects that is its holder.
    constraint certificate_maker check (
        (origin in ('portal', 'lost')) = (attempt_id is not null)
        and (attempt_id is null) = (request_id is null)
        and (origin = 'portal') = (holder_id is not null)),
    -- So that an explanation can hold on to the origin.
    unique (id, origin)
);
-- Lists are paged by (not_after, id) within a holder, a project or everything.
create index certificate_ends on certificate (not_after, id);
create index certificate_holder_ends on certificate (holder_id, not_after, id);
create index certificate_project_ends on certificate (project_id, not_after, id);
create index certificate_user_ends on certificate (project_id, username, not_after);
-- Searching by a part of a name.
create extension if not exists pg_trgm;
create index certificate_username_parts on certificate using gin (username gin_trgm_ops);
create index certificate_serial on certificate (serial);
-- At most one certificate per approval, and one per attempt.
create unique index certificate_request on certificate (request_id);
create unique index certificate_attempt on certificate (attempt_id);
-- Those Atlas has not listed yet since it made them.
create index certificate_unlisted on certificate (first_seen_at) where origin = 'portal' and seen_at is null;
create index certificate_unexplained on certificate (not_after, id) where origin = 'unexplained';

create constraint trigger certificate_is_audited after insert on certificate
    deferrable initially deferred for each row execute function audit.require_entry('certificate_id');

-- What a person knows about a certificate that nothing in the log explains. Once said, it stays.
create table explanation (
    -- The certificate.
    id uuid primary key,
    origin text not null default 'unexplained' check (origin = 'unexplained'),
    person_id uuid not null references person (id),
    reason text not null check (length(reason) between 10 and 500),
    explained_at timestamptz not null,
    foreign key (id, origin) references certificate (id, origin)
);
create constraint trigger explanation_is_audited after insert on explanation
    deferrable initially deferred for each row execute function audit.require_entry('certificate_id');

grant select, insert on project to certdesk_app;
grant update (name, customer_x509, customer_cas, ldap_authentication, ldap_authorization, security_told, clusters,
    clusters_told, seen_at, swept_at, gone_at) on project to certdesk_app;
grant select, insert on database_user to certdesk_app;
grant update (x509_type, roles, clusters, seen_at, gone_at, certificates_seen_at, last_seen_at, last_seen_cluster)
    on database_user to certdesk_app;
grant select, insert on cluster_sign_ins to certdesk_app;
grant update (since, read_at) on cluster_sign_ins to certdesk_app;
grant select, insert on certificate to certdesk_app;
grant update (seen_at) on certificate to certdesk_app;
grant select, insert on explanation to certdesk_app;
