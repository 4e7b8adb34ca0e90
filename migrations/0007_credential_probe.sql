-- What the portal's credentials at Atlas may do, as far as it could last be found out; one row for what
-- each is for. No secret is in here: a credential's public half tells whether a row is still about it.

create table credential_probe (
    purpose text primary key check (purpose in ('reader', 'issuer', 'disabler')),
    kind text not null check (kind in ('service_account', 'api_key')),
    -- Client id or public key.
    name text not null,
    tried_at timestamptz not null,
    -- What it may do, by project; or why Atlas refused; or what happened instead of an answer.
    found jsonb,
    refusal jsonb,
    silence jsonb,
    check (num_nonnulls(found, refusal, silence) = 1)
);

grant select, insert on credential_probe to certdesk_app;
grant update (kind, name, tried_at, found, refusal, silence) on credential_probe to certdesk_app;
