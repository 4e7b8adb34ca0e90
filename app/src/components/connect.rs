//! How a certificate is used: the lines to paste.

use leptos::prelude::*;
use portal::model::{ClusterView, Username};

use super::CodeBlock;
use crate::tr;

/// What stands where the address is not known.
const SOME_CLUSTER: &str = "mongodb+srv://CLUSTER";
/// What every driver needs to be told; `$external` is written as a query demands it.
const OPTIONS: &str = "authMechanism=MONGODB-X509&authSource=%24external";

/// A shell line for each cluster, and the options for drivers.
#[component]
pub fn Connect(
    /// The database user, whose PEM file it is.
    username: Username,
    /// Where to connect to.
    clusters: Vec<ClusterView>,
) -> impl IntoView {
    let file = username.pem_file_name();
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
    let shells = addresses
        .into_iter()
        .map(|(name, srv)| {
            let label = if several {
                format!("{} · {name}", tr!(common.mongosh))
            } else {
                tr!(common.mongosh).to_owned()
            };
            view! { <CodeBlock text=shell_line(&srv, &file) label /> }
        })
        .collect_view();
    view! {
        {none_known.then(|| view! { <p class="faint">{tr!(common.no_cluster)}</p> })}
        {shells}
        <CodeBlock text=driver_options(&file) label=tr!(common.driver_options) />
    }
}

fn shell_line(srv: &str, file: &str) -> String {
    let srv = srv.trim_end_matches('/');
    format!("mongosh \"{srv}/?{OPTIONS}\" \\\n  --tls --tlsCertificateKeyFile {file}")
}

/// What a driver's connection string needs after its `?`.
fn driver_options(file: &str) -> String {
    format!("{OPTIONS}&tls=true&tlsCertificateKeyFile={file}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_can_be_pasted() {
        let name: Username = "orders-api".parse().expect("a name");
        let file = name.pem_file_name();
        assert_eq!(
            shell_line("mongodb+srv://payments.example.net", &file),
            "mongosh \"mongodb+srv://payments.example.net/?authMechanism=MONGODB-X509&\
             authSource=%24external\" \\\n  --tls --tlsCertificateKeyFile orders-api.pem"
        );
    }
}
