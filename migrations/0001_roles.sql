-- Roles. Migrations run as the owner; the process runs as a member of certdesk_app, which owns
-- nothing and may only what each migration grants it.
--
-- Roles belong to the whole cluster, so another database's migration may be making them too.
do $$
begin
    create role certdesk_app nologin;
exception
    when duplicate_object or unique_violation then null;
end
$$;

-- The app role makes no objects: neither tables nor functions that could shadow ours.
revoke create on schema public from public;
grant usage on schema public to certdesk_app;

-- Functions are for whom they are granted to, not for everybody.
alter default privileges revoke execute on functions from public;

-- The process says when it is newer than the schema. The table is the migration tool's own.
do $$
begin
    if to_regclass('_sqlx_migrations') is not null then
        grant select on _sqlx_migrations to certdesk_app;
    end if;
end
$$;
