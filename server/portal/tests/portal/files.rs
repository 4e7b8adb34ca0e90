//! The files a key is collected in: each holds the same certificate and the same key, and the programs
//! they are for can open them.

use std::{
    io::{Cursor, Read as _, Write as _},
    process::{Command, Stdio},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use portal::{
    Actor, Error,
    certificates::{self, Begun, Delivery, Wanted},
    model::{DeliveryFormat, Event, Field, FieldError, Problem, RequestId},
    requests,
    testing::TestPortal,
};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer, pem::PemObject as _};
use sqlx::PgPool;
use strum::IntoEnumIterator as _;

const PASSPHRASE: &str = "correct horse: 'battery' \"staple\"";

async fn ready(test: &TestPortal) -> (Actor, RequestId, Begun) {
    let dana = test.dana().await;
    let id = test.submitted(&dana, "orders-api").await;
    test.approve(&test.olga().await, id).await;
    let begun = test.issue(&dana, id).await.expect("begun");
    (dana, id, begun)
}

/// The PEM of a key that waits, and the same key in another form.
async fn both(test: &TestPortal, format: DeliveryFormat) -> (String, Delivery) {
    let (dana, id, begun) = ready(test).await;
    let secret = Some(begun.secret.as_str());
    let wanted = Wanted::parse(format.into(), PASSPHRASE).expect("a form and a pass-phrase");
    let pem = certificates::deliver(&test.portal, &dana, id, secret, Wanted::Pem)
        .await
        .expect("their key");
    let other = certificates::deliver(&test.portal, &dana, id, secret, wanted)
        .await
        .expect("their key");
    let page = requests::get(&test.portal, &dana, id, None)
        .await
        .expect("visible");
    let formats: Vec<_> = page
        .story
        .into_iter()
        .filter_map(|row| match row.event {
            Event::CertDeliveryStarted {
                delivery, format, ..
            } => Some((delivery, format)),
            _ => None,
        })
        .collect();
    let expected = [(1, DeliveryFormat::Pem), (2, format)]
        .map(|(count, format)| (count.to_string(), format.to_string()));
    assert_eq!(formats, expected, "each download is on record as it was");
    let pem = String::from_utf8(pem.body.to_vec()).expect("PEM is text");
    (pem, other)
}

fn key_in(pem: &str) -> Vec<u8> {
    let key = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).expect("a key");
    key.secret_pkcs8_der().to_vec()
}

fn certificate_in(pem: &str) -> Vec<u8> {
    CertificateDer::from_pem_slice(pem.as_bytes())
        .expect("a certificate")
        .to_vec()
}

/// What openssl says about a file.
fn openssl(args: &[&str], input: &[u8]) -> (bool, String) {
    let mut child = Command::new("openssl")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("openssl");
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(input)
        .expect("a reader");
    let output = child.wait_with_output().expect("an end");
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn two_files_hold_what_the_one_does(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (pem, archive) = both(&test, DeliveryFormat::Split).await;
    assert_eq!(
        (archive.file_name.as_str(), archive.content_type),
        ("orders-api.zip", "application/zip")
    );
    let mut zip = zip::ZipArchive::new(Cursor::new(archive.body.to_vec())).expect("an archive");
    let mut files = Vec::new();
    for place in 0..zip.len() {
        let mut file = zip.by_index(place).expect("a file");
        let mut text = String::new();
        file.read_to_string(&mut text).expect("text");
        let mode = file.unix_mode().expect("a mode") & 0o777;
        let made = file.last_modified().expect("a time").to_string();
        let name = file.name().expect("a name").into_owned();
        files.push((name, mode, made, text));
    }
    let [certificate, key] = files.as_slice() else {
        panic!("two files, not {}", files.len());
    };
    let made = "2026-11-22 09:00:00".to_owned();
    assert_eq!(
        (&certificate.0[..], certificate.1, &certificate.2),
        ("orders-api.crt", 0o644, &made)
    );
    assert_eq!(
        (&key.0[..], key.1, &key.2),
        ("orders-api.key", 0o600, &made)
    );
    assert_eq!(certificate_in(&certificate.3), certificate_in(&pem));
    assert_eq!(key_in(&key.3), key_in(&pem));
    assert!(!certificate.3.contains("PRIVATE"));
    assert!(!key.3.contains("CERTIFICATE"));
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_pkcs12_file_opens_with_its_pass_phrase_alone(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (pem, file) = both(&test, DeliveryFormat::Pkcs12).await;
    assert_eq!(
        (file.file_name.as_str(), file.content_type),
        ("orders-api.p12", "application/x-pkcs12")
    );
    let store = KeyStore::from_pkcs12(&file.body, PASSPHRASE, Pkcs12ImportPolicy::Strict)
        .expect("the right pass-phrase");
    let (name, chain) = store.private_key_chain().expect("a key");
    assert_eq!(name, "orders-api");
    assert_eq!(chain.key().as_der(), key_in(&pem));
    assert_eq!(chain.certs().len(), 1);
    assert_eq!(chain.certs()[0].as_der(), certificate_in(&pem));

    let pass = format!("pass:{PASSPHRASE}");
    let (opens, said) = openssl(&["pkcs12", "-info", "-nodes", "-passin", &pass], &file.body);
    assert!(opens, "{said}");
    for line in [
        "MAC: sha256, Iteration 100000",
        "Shrouded Keybag: PBES2, PBKDF2, AES-256-CBC, Iteration 100000, PRF hmacWithSHA256",
        "PKCS7 Encrypted data: PBES2, PBKDF2, AES-256-CBC, Iteration 100000, PRF hmacWithSHA256",
        "friendlyName: orders-api",
    ] {
        assert!(said.contains(line), "{line}");
    }
    let (opens, _) = openssl(
        &["pkcs12", "-nodes", "-passin", "pass:another pass-phrase"],
        &file.body,
    );
    assert!(!opens);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_secret_holds_the_parts_and_the_whole(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let (pem, file) = both(&test, DeliveryFormat::Kubernetes).await;
    assert_eq!(
        (file.file_name.as_str(), file.content_type),
        ("orders-api.yaml", "application/yaml")
    );
    let manifest = std::str::from_utf8(&file.body).expect("text");
    let (head, data) = manifest.split_once("\ndata:\n").expect("data");
    assert_eq!(
        head,
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: \"orders-api\"\ntype: Opaque"
    );
    let texts: Vec<(&str, String)> = data
        .lines()
        .map(|line| {
            let (name, text) = line.trim().split_once(": ").expect("a value");
            let text = STANDARD.decode(text).expect("base64");
            (name, String::from_utf8(text).expect("PEM is text"))
        })
        .collect();
    let [(crt, certificate), (key_name, key), (whole_name, whole)] = texts.as_slice() else {
        panic!("three values, not {}", texts.len());
    };
    assert_eq!(
        [*crt, *key_name, *whole_name],
        ["tls.crt", "tls.key", "certificate.pem"]
    );
    assert_eq!(certificate_in(certificate), certificate_in(&pem));
    assert_eq!(key_in(key), key_in(&pem));
    assert_eq!(*whole, pem);
    assert!(!certificate.contains("PRIVATE"));
}

#[test]
fn what_cannot_be_made_is_refused_before_anything_is_touched() {
    let refused = |format: &str, passphrase: &str| match Wanted::parse(format, passphrase) {
        Err(Error::Invalid(errors)) => errors,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("{format} with {} characters", passphrase.len()),
    };
    let format = FieldError {
        field: Field::Format,
        problem: Problem::NotAChoice,
    };
    for name in ["", "PEM", "floppy", "jks"] {
        assert_eq!(refused(name, PASSPHRASE), [format], "{name}");
    }
    for (passphrase, problem) in [
        ("", Problem::Missing),
        ("eleven char", Problem::TooShort { least: 12 }),
        (&"x".repeat(129), Problem::TooLong { most: 128 }),
        ("twelve chars\n", Problem::Malformed),
        ("비밀번호비밀번호비밀번호", Problem::Malformed),
        ("zwölf Zeichen", Problem::Malformed),
    ] {
        let field = Field::Passphrase;
        assert_eq!(
            refused("pkcs12", passphrase),
            [FieldError { field, problem }],
            "{passphrase:?}"
        );
    }
    for format in DeliveryFormat::iter() {
        let wanted = Wanted::parse(format.into(), PASSPHRASE).expect("both are fine");
        assert_eq!(wanted.format(), format);
    }
    // Nobody needs a pass-phrase for a file that has none.
    assert!(Wanted::parse("pem", "short").is_ok());
}
