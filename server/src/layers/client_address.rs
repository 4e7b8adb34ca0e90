//! Where a request comes from.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, header};
use ipnet::IpNet;
use portal::Client;
use sha2::{Digest, Sha256};

use crate::Web;

/// Whether the request was passed on by a proxy whose word counts.
#[derive(Clone, Copy, Debug)]
pub struct FromTrustedProxy(pub bool);

/// Puts the [`Client`] into the request.
pub async fn layer(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|peer| peer.0.ip());
    let proxies = &web.public.trusted_proxies;
    let from_proxy = peer.is_some_and(|peer| is_trusted(proxies, peer));
    let client = Client {
        ip: if from_proxy {
            forwarded(proxies, request.headers()).or(peer)
        } else {
            peer
        },
        user_agent_hash: request
            .headers()
            .get(header::USER_AGENT)
            .map(|agent| hex::encode(Sha256::digest(agent.as_bytes()))),
    };
    request.extensions_mut().insert(client);
    request
        .extensions_mut()
        .insert(FromTrustedProxy(from_proxy));
    next.run(request).await
}

fn is_trusted(proxies: &[IpNet], address: IpAddr) -> bool {
    let address = address.to_canonical();
    proxies.iter().any(|network| network.contains(&address))
}

/// The last address in `X-Forwarded-For` that no trusted proxy has: what stands before it, anybody
/// could have written.
fn forwarded(proxies: &[IpNet], headers: &HeaderMap) -> Option<IpAddr> {
    let values: Vec<_> = headers.get_all("x-forwarded-for").iter().collect();
    for value in values.iter().rev() {
        for hop in value.to_str().ok()?.rsplit(',') {
            let address: IpAddr = hop.trim().parse().ok()?;
            if !is_trusted(proxies, address) {
                return Some(address.to_canonical());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&'static str]) -> HeaderMap {
        values
            .iter()
            .map(|value| {
                (
                    "x-forwarded-for".parse().expect("a name"),
                    value.parse().expect("a value"),
                )
            })
            .collect()
    }

    #[test]
    fn the_last_hop_that_is_no_proxy_of_ours_is_the_client() {
        let proxies = ["10.0.0.0/8".parse().expect("a network")];
        let client = |values| forwarded(&proxies, &headers(values)).map(|ip| ip.to_string());
        assert_eq!(client(&["203.0.113.9"]), Some("203.0.113.9".to_owned()));
        assert_eq!(
            client(&["127.0.0.1, 203.0.113.9, 10.1.2.3"]),
            Some("203.0.113.9".to_owned())
        );
        assert_eq!(
            client(&["6.6.6.6", "203.0.113.9"]),
            Some("203.0.113.9".to_owned())
        );
        assert_eq!(client(&["203.0.113.9, nonsense"]), None);
        assert_eq!(client(&[]), None);
    }
}
