//! Which port each service listens on.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context, Result, bail, ensure};

/// The portal's usual port. The others of a demo follow from it.
pub const USUAL: u16 = 3000;

/// Where [`lasting`] ports begin: demos are below.
const LASTING: u16 = 10_000;
/// Where Linux begins to take ports for outgoing connections (`ip_local_port_range`).
const OUTGOING: u16 = 32_768;

/// The ports of one running set of services.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// The portal.
    pub portal: u16,
    /// The portal's health and metrics.
    pub admin: u16,
    /// The sign-in stand-in.
    pub identity: u16,
    /// The Atlas stand-in.
    pub atlas: u16,
    /// Postgres.
    pub postgres: u16,
}

impl Ports {
    /// The ports of a demo: 3000, 3001, 4000 and 4100 unless `--port` moves them all.
    /// Postgres takes any free one, because nobody types it.
    ///
    /// # Errors
    /// When one of them is taken.
    pub fn of_demo(portal: u16) -> Result<Self> {
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
    ///
    /// # Errors
    /// When there are none.
    pub fn any() -> Result<Self> {
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

/// Ports to listen on again and again: they lie below those the system gives to outgoing connections, so
/// that none of these is in the way of a program that is started once more.
///
/// # Errors
/// When there are not so many.
pub fn lasting(count: usize) -> Result<Vec<u16>> {
    // Another run at the same time begins its search elsewhere.
    let start = u16::try_from(std::process::id() % u32::from(OUTGOING - LASTING))?;
    let ports: Vec<u16> = (0..OUTGOING - LASTING)
        .map(|step| LASTING + (start + step) % (OUTGOING - LASTING))
        .filter(|port| !is_taken(*port))
        .take(count)
        .collect();
    ensure!(
        ports.len() == count,
        "found no {count} free ports below {OUTGOING}"
    );
    Ok(ports)
}

/// A port that nobody uses.
///
/// # Errors
/// When there is none.
pub fn free() -> Result<u16> {
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
    fn lasting_ports_are_not_those_of_outgoing_connections() {
        let mut ports = lasting(20).unwrap();
        assert!(ports.iter().all(|port| (LASTING..OUTGOING).contains(port)));
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 20);
    }

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
