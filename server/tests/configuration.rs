//! What a person is told about a configuration that does not work.

use std::{fs, path::Path};

use secrecy::ExposeSecret as _;
use server::config::{Config, Problems, Sources};

/// Enough to start.
const ENOUGH: &[(&str, &str)] = &[
    ("CERTDESK_PUBLIC_URL", "https://certdesk.example.com"),
    (
        "CERTDESK_DATABASE__URL",
        "postgres://certdesk:secret@db.example.com/certdesk",
    ),
    ("CERTDESK_OIDC__ISSUER", "https://id.example.com"),
    ("CERTDESK_OIDC__CLIENT_ID", "certdesk"),
    ("CERTDESK_OIDC__CLIENT_SECRET", "0123"),
    ("CERTDESK_ATLAS__READER__CLIENT_ID", "mdb_sa_id_1"),
    ("CERTDESK_ATLAS__READER__CLIENT_SECRET", "mdb_sa_sk_1"),
];

fn load(change: &[(&str, &str)], file: Option<&Path>) -> Result<Config, Problems> {
    let mut environment: Vec<(String, String)> = ENOUGH
        .iter()
        .filter(|(name, _)| !change.iter().any(|(changed, _)| changed == name))
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let given = change.iter().filter(|(_, value)| *value != "(not given)");
    environment.extend(given.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    Config::load(&Sources {
        file: file.map(Path::to_owned),
        environment,
    })
}

fn problems(change: &[(&str, &str)]) -> String {
    load(change, None).expect_err("problems").to_string()
}

#[test]
fn everything_that_is_missing_is_named_at_once() {
    let nothing = Config::load(&Sources::default()).expect_err("problems");
    insta::assert_snapshot!(nothing);
}

#[test]
fn a_wrong_value_is_named_with_what_it_should_be() {
    insta::assert_snapshot!(problems(&[
        ("CERTDESK_PUBLIC_URL", "http://certdesk.example.com"),
        ("CERTDESK_LISTEN", "3000"),
        ("CERTDESK_TRUSTED_PROXIES", "10.0.0.0/8, everybody"),
        ("CERTDESK_DATABASE__URL", "mysql://root:hunter2@db"),
        ("CERTDESK_DATABASE__POOL", "0"),
        ("CERTDESK_OIDC__ISSUER", "id.example.com"),
        ("CERTDESK_OIDC__CLIENT_SECRET", ""),
        ("CERTDESK_OIDC__STEP_UP_SECONDS", "five minutes"),
        ("CERTDESK_OIDC__ASSUME_S256", "yes please"),
        ("CERTDESK_ATLAS__API", "v3"),
        ("CERTDESK_ROLES__OWNER_GROUP_PATTERN", "{project}"),
        ("CERTDESK_ROLES__REQUESTER_GROUP_PATTERN", "developers"),
        ("CERTDESK_AUDIT__ORIGIN", "https://certdesk.example.com"),
        ("CERTDESK_LIMITS__CONCURRENCY", "-1"),
        ("CERTDESK_LOG", "loud=="),
        ("CERTDESK_LOG_FORMAT", "xml"),
    ]));
}

#[test]
fn a_name_that_is_no_setting_is_named() {
    insta::assert_snapshot!(problems(&[
        ("CERTDESK_OIDC__CLIENT", "certdesk"),
        ("CERTDESK_PUBLIC_ULR", "https://certdesk.example.com"),
        ("CERTDESK_ATLAS__READER__KEY", "x"),
    ]));
}

#[test]
fn a_secret_is_given_once() {
    insta::assert_snapshot!(problems(&[
        ("CERTDESK_OIDC__CLIENT_SECRET_FILE", "/run/secrets/oidc"),
        ("CERTDESK_DATABASE__URL", "(not given)"),
        ("CERTDESK_DATABASE__URL_FILE", "/does/not/exist"),
        ("CERTDESK_ATLAS__READER__PUBLIC_KEY", "abcdefgh"),
        ("CERTDESK_ATLAS__ISSUER__PUBLIC_KEY", "abcdefgh"),
    ]));
}

#[test]
fn the_environment_comes_before_the_file_and_the_file_before_defaults() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("certdesk.toml");
    fs::write(
        &file,
        "listen = \"0.0.0.0:8080\"\nadmin_listen = \"127.0.0.1:9000\"\ntrusted_proxies = [\"10.0.0.0/8\"]\n\
         [roles]\nsecurity_groups = [\"sec-one\", \"sec-two\"]\n[limits]\nconcurrency = 7\n",
    )
    .expect("a file");
    let change = [
        ("CERTDESK_LISTEN", "127.0.0.1:4000"),
        ("CERTDESK_ROLES__OPERATOR_GROUPS", "a, b ,,c"),
    ];
    let config = load(&change, Some(&file)).expect("a configuration");
    assert_eq!(config.public.listen.to_string(), "127.0.0.1:4000");
    assert_eq!(config.public.admin_listen.to_string(), "127.0.0.1:9000");
    assert_eq!(config.roles.0.security, ["sec-one", "sec-two"]);
    assert_eq!(config.roles.0.operator, ["a", "b", "c"]);
    assert_eq!(config.limits.concurrency, 7);
    assert_eq!(config.roles.0.owner_pattern, "atlas-{project}-owners");
    assert_eq!(config.audit.origin, "certdesk.example.com/audit");
    assert_eq!(
        config.oidc.client_secret.expose_secret(),
        "0123",
        "text stays text"
    );
}

#[test]
fn what_is_wrong_in_the_file_is_named_as_it_stands_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("certdesk.toml");
    let told = |text: &str| {
        fs::write(&file, text).expect("a file");
        let problems = load(&[], Some(&file)).expect_err("problems").to_string();
        problems.replace(&file.display().to_string(), "certdesk.toml")
    };
    insta::assert_snapshot!(told(
        "listen = 3000\n[oidc]\nclient = \"x\"\n[roles]\nsecurity_groups = [1, [2]]\n"
    ));
    insta::assert_snapshot!(told("listen = \n"));
    let missing = load(&[], Some(Path::new("/does/not/exist.toml"))).expect_err("problems");
    insta::assert_snapshot!(missing);
}

#[test]
fn a_secret_in_a_file_is_read_without_the_line_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("secret");
    fs::write(&file, "from-a-file\n").expect("a file");
    let path = file.display().to_string();
    let config = load(
        &[
            ("CERTDESK_OIDC__CLIENT_SECRET", "(not given)"),
            ("CERTDESK_OIDC__CLIENT_SECRET_FILE", &path),
        ],
        None,
    )
    .expect("a configuration");
    assert_eq!(config.oidc.client_secret.expose_secret(), "from-a-file");
}

#[test]
fn no_secret_is_shown() {
    let config =
        load(&[("CERTDESK_OIDC__CLIENT_SECRET", "swordfish")], None).expect("a configuration");
    let shown = format!("{config:?}");
    for secret in ["swordfish", "mdb_sa_sk_1", "certdesk:secret@"] {
        assert!(!shown.contains(secret), "{secret}");
    }
    let lines: Vec<_> = config
        .effective
        .iter()
        .map(|key| format!("{} = {} ({})", key.variable, key.value, key.source))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn plain_http_is_for_this_machine_only() {
    for fine in [
        "http://localhost:3000",
        "http://127.0.0.1",
        "http://[::1]:3000",
        "https://certdesk.example.com",
    ] {
        assert!(
            load(&[("CERTDESK_PUBLIC_URL", fine)], None).is_ok(),
            "{fine}"
        );
    }
    for wrong in [
        "http://certdesk.example.com",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "https://user@certdesk.example.com",
        "https://certdesk.example.com/portal",
        "ftp://localhost",
        "localhost",
    ] {
        assert!(
            load(&[("CERTDESK_PUBLIC_URL", wrong)], None).is_err(),
            "{wrong}"
        );
    }
}

#[test]
fn migrations_need_the_owner_and_nothing_else() {
    let owner = (
        "CERTDESK_DATABASE__OWNER_URL".to_owned(),
        "postgres://owner:pw@db/certdesk".to_owned(),
    );
    let sources = Sources {
        file: None,
        environment: vec![owner],
    };
    assert!(Config::load_owner_database(&sources).is_ok());
    let problems = Config::load_owner_database(&Sources::default()).expect_err("problems");
    insta::assert_snapshot!(problems);
}

#[test]
fn the_help_promises_no_part_that_does_not_run() {
    let told = std::process::Command::new(env!("CARGO_BIN_EXE_certdesk"))
        .args(["serve", "--help"])
        .output()
        .expect("a program");
    let help = String::from_utf8(told.stdout).expect("text");
    assert!(
        help.contains("signer: Reserved: nothing runs under this name yet"),
        "{help}"
    );
}
