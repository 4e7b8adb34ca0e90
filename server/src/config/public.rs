//! Addresses: where people go, and where the process listens.

use std::net::SocketAddr;

use ipnet::IpNet;
use url::Url;

use super::reader::Reader;

/// Addresses.
///
/// - `PUBLIC_URL`: where people go; `https`, or `http` on this machine only.
/// - `LISTEN`: where the portal listens; TLS is a proxy's business.
/// - `ADMIN_LISTEN`: where `/livez`, `/readyz` and `/metrics` are; not for the public.
/// - `TRUSTED_PROXIES`: networks whose `X-Forwarded-For` and `X-Request-Id` are believed.
#[derive(Clone, Debug)]
pub struct Public {
    /// Where people go.
    pub url: Url,
    /// Where the portal listens.
    pub listen: SocketAddr,
    /// Where health and metrics are.
    pub admin_listen: SocketAddr,
    /// Whose word about a client's address counts.
    pub trusted_proxies: Vec<IpNet>,
}

impl Public {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let url = reader.required(
            "public_url",
            "the address people go to, such as https://certdesk.example.com: https (http only for \
             localhost), without a path",
            |text| web_address(text).filter(|url| url.path() == "/" && url.query().is_none()),
        );
        let socket = "an address and a port, such as 127.0.0.1:3000";
        let listen = reader.with_default("listen", "127.0.0.1:3000", socket, parse);
        let admin_listen = reader.with_default("admin_listen", "127.0.0.1:3001", socket, parse);
        let proxies = reader.list("trusted_proxies", "");
        let trusted_proxies = proxies.and_then(|proxies| {
            let parsed: Vec<Option<IpNet>> = proxies.iter().map(|text| network(text)).collect();
            let wrong = proxies
                .iter()
                .zip(&parsed)
                .find(|(_, parsed)| parsed.is_none());
            if let Some((text, _)) = wrong {
                let what = format!("contains {text:?}: it should hold networks such as 10.0.0.0/8");
                reader.conflict("trusted_proxies", &what);
            }
            parsed.into_iter().collect()
        });
        Some(Self {
            url: url?,
            listen: listen?,
            admin_listen: admin_listen?,
            trusted_proxies: trusted_proxies?,
        })
    }

    /// Scheme, host and port, as browsers write them in `Origin`.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Whether people come over TLS; if not, this is a try-out on one machine.
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The address of a path.
    pub fn address_of(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }
}

fn parse<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn network(text: &str) -> Option<IpNet> {
    text.parse()
        .ok()
        .or_else(|| text.parse().ok().map(|ip: std::net::IpAddr| ip.into()))
}

/// An absolute `https` address, or an `http` one of this machine; without credentials or fragment.
pub(super) fn web_address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (plain && is_safe(&url)).then_some(url)
}

/// Whether what is sent there stays secret.
pub(crate) fn is_safe(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.host().is_some(),
        "http" => is_loopback(url),
        _ => false,
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
