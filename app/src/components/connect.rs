//! How a certificate is used: the lines to paste.

use leptos::prelude::*;
use portal::model::{AuditRow, ClusterView, DeliveryFormat, Event, Username, secret_name};

use super::CodeBlock;
use crate::tr;

/// What stands where the address is not known.
const SOME_CLUSTER: &str = "mongodb+srv://CLUSTER";
/// What every driver needs to be told; `$external` is written as a query demands it.
const OPTIONS: &str = "authMechanism=MONGODB-X509&authSource=%24external";
/// Where a pod finds the files of its Secret.
const MOUNT: &str = "/etc/mongodb-client";

/// The lines that use what was downloaded: a shell line for each cluster, options, a manifest.
#[component]
pub fn Connect(
    /// The database user, whose file it is.
    username: Username,
    /// Where to connect to.
    clusters: Vec<ClusterView>,
    /// What the file is.
    #[prop(optional)]
    format: DeliveryFormat,
) -> impl IntoView {
    let file = format.file_name(&username);
    match format {
        DeliveryFormat::Pem => view! {
            <EachCluster clusters label=tr!(common.mongosh) line=move |srv| shell_line(srv, &file) />
            <CodeBlock
                text=driver_options(&username.pem_file_name())
                label=tr!(common.driver_options)
            />
        }
        .into_any(),
        DeliveryFormat::Split => view! {
            <CodeBlock text=format!("unzip {file}") label=tr!(pickup.l_unpack) />
            <CodeBlock text=proxy_lines(&username) label=tr!(pickup.l_nginx) />
        }
        .into_any(),
        DeliveryFormat::Pkcs12 => view! {
            <CodeBlock
                text=format!("keytool -list -keystore {file}")
                label=tr!(pickup.l_check)
            />
            <CodeBlock text=java_options(&file) label=tr!(pickup.l_java) />
            <CodeBlock
                text=format!("new X509Certificate2(\"{file}\", passphrase)")
                label=tr!(pickup.l_csharp)
            />
            <EachCluster clusters label=tr!(pickup.l_address) line=|srv| address(srv) />
        }
        .into_any(),
        DeliveryFormat::Kubernetes => view! {
            <CodeBlock
                text=format!("kubectl apply --server-side -n NAMESPACE -f {file}")
                label=tr!(pickup.l_apply)
            />
            <CodeBlock text=mount_lines(&secret_name(&username)) label=tr!(pickup.l_mount) />
            <EachCluster clusters label=tr!(pickup.l_address) line=|srv| pod_address(srv) />
        }
        .into_any(),
    }
}

/// The form a key was last downloaded in, as far as its story tells.
pub fn taken_as(story: &[AuditRow]) -> DeliveryFormat {
    story
        .iter()
        .rev()
        .find_map(|row| match &row.event {
            Event::CertDeliveryStarted { format, .. } => format.parse().ok(),
            _ => None,
        })
        .unwrap_or_default()
}

/// A line for each cluster.
#[component]
fn EachCluster(
    clusters: Vec<ClusterView>,
    label: &'static str,
    /// The line, given the cluster's address.
    line: impl Fn(&str) -> String,
) -> impl IntoView {
    let mut addresses: Vec<(String, String)> = clusters
        .into_iter()
        .filter_map(|cluster| Some((cluster.name, cluster.srv?)))
        .collect();
    let none_known = addresses.is_empty();
    if none_known {
        addresses.push((String::new(), SOME_CLUSTER.to_owned()));
    }
    // Which is which need only be said where there are several.
    let several = addresses.len() > 1;
    let lines = addresses
        .into_iter()
        .map(|(name, srv)| {
            let label = if several {
                format!("{label} · {name}")
            } else {
                label.to_owned()
            };
            view! { <CodeBlock text=line(srv.trim_end_matches('/')) label /> }
        })
        .collect_view();
    view! {
        {none_known.then(|| view! { <p class="faint">{tr!(common.no_cluster)}</p> })}
        {lines}
    }
}

fn shell_line(srv: &str, file: &str) -> String {
    format!("mongosh \"{srv}/?{OPTIONS}\" \\\n  --tls --tlsCertificateKeyFile {file}")
}

/// What a driver's connection string needs after its `?`.
fn driver_options(file: &str) -> String {
    format!("{OPTIONS}&tls=true&tlsCertificateKeyFile={file}")
}

/// For a program that finds the key elsewhere.
fn address(srv: &str) -> String {
    format!("{srv}/?{OPTIONS}&tls=true")
}

fn pod_address(srv: &str) -> String {
    let options = driver_options(&format!("{MOUNT}/certificate.pem"));
    format!("{srv}/?{options}")
}

fn proxy_lines(username: &Username) -> String {
    format!(
        "proxy_ssl_certificate     {};\nproxy_ssl_certificate_key {};",
        username.file_name("crt"),
        username.file_name("key")
    )
}

fn java_options(file: &str) -> String {
    format!(
        "java -Djavax.net.ssl.keyStore={file} \\\n  -Djavax.net.ssl.keyStoreType=PKCS12 \\\n  \
         -Djavax.net.ssl.keyStorePassword=\"$PASSPHRASE\" …"
    )
}

fn mount_lines(secret: &str) -> String {
    format!(
        "containers:\n  - volumeMounts:\n      - name: mongodb-client\n        mountPath: {MOUNT}\n        \
         readOnly: true\nvolumes:\n  - name: mongodb-client\n    secret:\n      secretName: \"{secret}\""
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orders() -> Username {
        "orders-api".parse().expect("a name")
    }

    #[test]
    fn the_lines_can_be_pasted() {
        let file = orders().pem_file_name();
        assert_eq!(
            shell_line("mongodb+srv://payments.example.net", &file),
            "mongosh \"mongodb+srv://payments.example.net/?authMechanism=MONGODB-X509&\
             authSource=%24external\" \\\n  --tls --tlsCertificateKeyFile orders-api.pem"
        );
        assert_eq!(
            pod_address("mongodb+srv://payments.example.net"),
            "mongodb+srv://payments.example.net/?authMechanism=MONGODB-X509&authSource=%24external\
             &tls=true&tlsCertificateKeyFile=/etc/mongodb-client/certificate.pem"
        );
        assert_eq!(
            proxy_lines(&orders()),
            "proxy_ssl_certificate     orders-api.crt;\nproxy_ssl_certificate_key orders-api.key;"
        );
    }

    #[test]
    fn a_pod_mounts_the_secret_that_was_downloaded() {
        assert_eq!(
            mount_lines(&secret_name(&orders())),
            r#"containers:
  - volumeMounts:
      - name: mongodb-client
        mountPath: /etc/mongodb-client
        readOnly: true
volumes:
  - name: mongodb-client
    secret:
      secretName: "orders-api""#
        );
    }
}
