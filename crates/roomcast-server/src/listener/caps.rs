//! How many connections may be open, in all and from one address. Counted over all shards.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Why a connection is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// All places are taken.
    Full,
    /// This address has its share.
    Address,
}

/// What was counted until now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections that are open.
    pub open: u32,
    /// Connections that were taken.
    pub taken: u64,
    /// Connections that were refused with [`Refused::Full`].
    pub refused_full: u64,
    /// Connections that were refused with [`Refused::Address`].
    pub refused_address: u64,
}

/// The caps, and what counts against them.
#[derive(Debug)]
pub struct Caps {
    total: u32,
    per_address: u32,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    counts: Counts,
    by_network: HashMap<IpAddr, u32>,
}

impl Caps {
    /// Nothing is open.
    pub fn new(total: NonZeroU32, per_address: NonZeroU32) -> Arc<Self> {
        Arc::new(Self { total: total.get(), per_address: per_address.get(), state: Mutex::default() })
    }

    /// Takes a place in all, and one of an address unless that is not known yet.
    ///
    /// # Errors
    /// When there is none.
    pub fn admit(self: &Arc<Self>, ip: Option<IpAddr>) -> Result<Ticket, Refused> {
        let network = ip.map(network);
        let mut state = self.state();
        state.take(self.total, self.per_address, network)?;
        Ok(Ticket { caps: self.clone(), network, counts_in_all: true })
    }

    /// Takes a place of an address that a connection turned out to come from; in all, that one is counted already.
    ///
    /// # Errors
    /// When there is none.
    pub fn admit_forwarded(self: &Arc<Self>, ip: IpAddr) -> Result<Ticket, Refused> {
        let network = network(ip);
        self.state().take_network(self.per_address, network)?;
        Ok(Ticket { caps: self.clone(), network: Some(network), counts_in_all: false })
    }

    /// What was counted until now.
    pub fn counts(&self) -> Counts {
        self.state().counts
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // numbers alone: a panic elsewhere leaves them right
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self, total: u32, per_address: u32, network: Option<IpAddr>) -> Result<(), Refused> {
        if self.counts.open >= total {
            self.counts.refused_full += 1;
            return Err(Refused::Full);
        }
        if let Some(network) = network {
            self.take_network(per_address, network)?;
        }
        self.counts.open += 1;
        self.counts.taken += 1;
        Ok(())
    }

    fn take_network(&mut self, per_address: u32, network: IpAddr) -> Result<(), Refused> {
        let n = self.by_network.entry(network).or_default();
        if *n >= per_address {
            self.counts.refused_address += 1;
            return Err(Refused::Address);
        }
        *n += 1;
        Ok(())
    }

    fn give_back(&mut self, network: Option<IpAddr>, counts_in_all: bool) {
        if counts_in_all {
            self.counts.open = self.counts.open.saturating_sub(1);
        }
        let Some(network) = network else { return };
        if let Some(n) = self.by_network.get_mut(&network) {
            *n -= 1;
            if *n == 0 {
                self.by_network.remove(&network);
            }
        }
    }
}

/// A place under the caps; dropping it frees the place.
#[derive(Debug)]
pub struct Ticket {
    caps: Arc<Caps>,
    network: Option<IpAddr>,
    counts_in_all: bool,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.caps.state().give_back(self.network, self.counts_in_all);
    }
}

/// What counts as one address: of IPv6 a /64, which is what one customer has.
fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caps(total: u32, per_address: u32) -> Arc<Caps> {
        Caps::new(NonZeroU32::new(total).unwrap(), NonZeroU32::new(per_address).unwrap())
    }

    fn ip(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn s31_an_address_has_its_share_and_no_more() {
        let caps = caps(10, 2);
        let held = (caps.admit(ip("192.0.2.1")).unwrap(), caps.admit(ip("::ffff:192.0.2.1")).unwrap());
        assert_eq!(caps.admit(ip("192.0.2.1")).unwrap_err(), Refused::Address);
        assert!(caps.admit(ip("192.0.2.2")).is_ok());
        drop(held);
        assert!(caps.admit(ip("192.0.2.1")).is_ok());
        assert_eq!(caps.counts(), Counts { open: 0, taken: 4, refused_full: 0, refused_address: 1 });
        assert!(caps.state().by_network.is_empty(), "nothing is kept about those who left");
    }

    #[test]
    fn s31_of_ipv6_a_64_is_one_address() {
        let caps = caps(10, 1);
        let _held = caps.admit(ip("2001:db8::1")).unwrap();
        assert_eq!(caps.admit(ip("2001:db8::ffff:1")).unwrap_err(), Refused::Address);
        assert!(caps.admit(ip("2001:db8:0:1::1")).is_ok());
    }

    #[test]
    fn s31_behind_a_proxy_the_client_is_counted_not_the_proxy() {
        let caps = caps(3, 1);
        let places: Vec<_> = (0..3).map(|_| caps.admit(None).unwrap()).collect();
        assert_eq!(caps.admit(None).unwrap_err(), Refused::Full);
        let client = caps.admit_forwarded(ip("192.0.2.1").unwrap()).unwrap();
        assert_eq!(caps.admit_forwarded(ip("192.0.2.1").unwrap()).unwrap_err(), Refused::Address);
        drop(client);
        assert_eq!(caps.counts().open, 3);
        drop(places);
        assert_eq!(caps.counts().open, 0);
    }
}
