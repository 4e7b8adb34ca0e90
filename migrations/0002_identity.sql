-- People, sign-ins and sessions.

create table person (
    id uuid primary key,
    -- The identity: (iss, sub), never the e-mail address, which changes hands.
    iss text not null check (iss <> ''),
    -- At most 255 ASCII characters (OpenID Connect Core 1.0, section 2).
    sub text not null check (sub <> '' and length(sub) <= 255),
    name text not null check (name <> ''),
    email text,
    -- As of the last sign-in. Names the people who could approve; rights come from the session.
    groups text[] not null default '{}',
    language text check (language in ('en', 'ko', 'zh')),
    theme text not null default 'system' check (theme in ('system', 'light', 'dark')),
    created_at timestamptz not null,
    signed_in_at timestamptz not null,
    unique (iss, sub)
);
-- Eligible approvers are found by group.
create index person_groups on person using gin (groups);

-- One row per sign-in that has begun. Not in the session: a session is last-writer-wins, and a
-- row taken with DELETE ... RETURNING can be used once only.
create table login_attempt (
    -- SHA-256 of the __Host-login cookie: an answer counts only in the browser that asked.
    cookie_hash bytea not null check (length(cookie_hash) = 32),
    -- SHA-256 of the state. Part of the key, so that two tabs of one browser can sign in at once.
    state_hash bytea not null check (length(state_hash) = 32),
    nonce text not null,
    pkce_verifier text not null,
    issuer text not null,
    return_to text not null,
    -- Set when a fresh sign-in was demanded: the answer's auth_time is held against it.
    max_age_s integer,
    created_at timestamptz not null,
    primary key (cookie_hash, state_hash)
);
create index login_attempt_created_at on login_attempt (created_at);

create table session (
    -- SHA-256 of the cookie's id: a copy of this table opens nothing.
    id_hash bytea primary key check (length(id_hash) = 32),
    -- The public handle, by which a person ends one of their sessions.
    handle uuid not null unique,
    person_id uuid not null references person (id),
    groups text[] not null,
    csrf text not null,
    auth_time timestamptz,
    -- The provider's own session, for back-channel logout.
    provider_sid text,
    -- Hint for RP-initiated logout. Signed by the provider, accepted by nobody as a credential.
    id_token text,
    data jsonb not null default '{}',
    user_agent text not null default '',
    address inet,
    started_at timestamptz not null,
    last_used_at timestamptz not null,
    expires_at timestamptz not null,
    ends_at timestamptz not null,
    -- Once set, the session is over, whatever a slow request still writes.
    revoked_at timestamptz
);
create index session_person on session (person_id) where revoked_at is null;
create index session_provider_sid on session (provider_sid) where revoked_at is null;
create index session_ends_at on session (ends_at);

-- Logout tokens already seen: each is good once (OpenID Connect Back-Channel Logout 1.0, 2.6).
create table logout_token (
    jti text primary key,
    seen_at timestamptz not null
);

grant select, insert on person to certdesk_app;
-- Never (iss, sub): nobody becomes somebody else.
grant update (name, email, groups, language, theme, signed_in_at) on person to certdesk_app;
grant select, insert, delete on login_attempt to certdesk_app;
grant select, insert, delete on session to certdesk_app;
-- Never whose it is, its groups or its absolute end: those are as they were at the sign-in.
grant update (data, last_used_at, expires_at, revoked_at, id_token) on session to certdesk_app;
grant select, insert, delete on logout_token to certdesk_app;
