//! Which port each service listens on.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context, Result, bail};

/// The portal's usual port. The others of a demo follow from it.
pub(crate) const USUAL: u16 = 3000;

/// The ports of one running set of services.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub portal: u16,
    pub admin: u16,
    pub identity: u16,
    pub atlas: u16,
    pub postgres: u16,
}

impl Ports {
    /// The ports of a demo: 3000, 3001, 4000 and 4100 unless `--port` moves them all.
    /// Postgres takes any free one, because nobody types it.
    pub(crate) fn of_demo(portal: u16) -> Result<Self> {
        if portal == 0 || portal > u16::MAX - 1100 {
            bail!("--port {portal} leaves no room for the other services; use 1 to 64435");
        }
        let ports = Self {
            portal,
            admin: portal + 1,
            identity: portal + 1000,
            atlas: portal + 1100,
            postgres: free()?,
        };
        let services = [
            (ports.portal, "the portal"),
            (ports.admin, "the portal's health and metrics"),
            (ports.identity, "the sign-in stand-in"),
            (ports.atlas, "the Atlas stand-in"),
        ];
        for (port, service) in services {
            if is_taken(port) {
                bail!(
                    "port {port}, meant for {service}, is taken by another program. Stop that \
                     one, or move the whole demo: cargo demo --port {}",
                    portal.saturating_add(50)
                );
            }
        }
        Ok(ports)
    }

    /// Ports that nobody uses, for a world that must not meet another one.
    pub(crate) fn any() -> Result<Self> {
        // All listeners are held until the last port is known, so that no port comes twice.
        let listeners: Vec<TcpListener> = (0..5).map(|_| listener()).collect::<Result<_>>()?;
        let port = |index: usize| -> Result<u16> { Ok(listeners[index].local_addr()?.port()) };
        Ok(Self {
            portal: port(0)?,
            admin: port(1)?,
            identity: port(2)?,
            atlas: port(3)?,
            postgres: port(4)?,
        })
    }
}

/// A port that nobody uses.
pub(crate) fn free() -> Result<u16> {
    Ok(listener()?.local_addr()?.port())
}

fn listener() -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("found no free port on 127.0.0.1")
}

fn is_taken(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_named_together_with_the_way_out() {
        let taken = listener().unwrap();
        let port = taken.local_addr().unwrap().port();
        if port > u16::MAX - 1100 {
            return;
        }
        let message = Ports::of_demo(port).unwrap_err().to_string();
        assert!(message.contains(&port.to_string()), "{message}");
        assert!(message.contains("--port"), "{message}");
    }
}
