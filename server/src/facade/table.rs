//! What is kept for a while and taken once, in bounded room. While the room is full of what is still good, newcomers are refused,
//! so that a flood takes nothing from those who came before; and one address has a part of the room at most.

use std::collections::HashMap;
use std::net::IpAddr;

use tokio::time::Instant;

use super::unguessable::Hash;

/// There is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Full;

/// What is kept.
pub(super) struct Table<T> {
    entries: HashMap<Hash, Entry<T>>,
    most: usize,
    most_of_site: usize,
}

struct Entry<T> {
    value: T,
    site: Option<IpAddr>,
    until: Instant,
}

impl<T> Table<T> {
    /// Room for so many, and for so many of one address.
    pub(super) fn new(most: usize, most_of_site: usize) -> Self {
        Self { entries: HashMap::new(), most, most_of_site }
    }

    /// Keeps a value of somebody at this address until then.
    pub(super) fn put(
        &mut self,
        name: Hash,
        value: T,
        site: Option<IpAddr>,
        until: Instant,
        now: Instant,
    ) -> Result<(), Full> {
        if self.is_full_for(site) {
            self.entries.retain(|_, entry| now < entry.until);
        }
        if self.is_full_for(site) {
            return Err(Full);
        }
        self.entries.insert(name, Entry { value, site, until });
        Ok(())
    }

    /// Takes a value, if it is still good.
    pub(super) fn take(&mut self, name: &Hash, now: Instant) -> Option<T> {
        self.entries.remove(name).filter(|entry| now < entry.until).map(|entry| entry.value)
    }

    fn is_full_for(&self, site: Option<IpAddr>) -> bool {
        let of_site = || self.entries.values().filter(|entry| entry.site == site).count();
        self.entries.len() >= self.most || (site.is_some() && of_site() >= self.most_of_site)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn name(number: u8) -> Hash {
        [number; 32]
    }

    #[test]
    fn t_27_a_full_table_refuses_one_more_and_keeps_what_it_has() {
        let (mut table, now) = (Table::new(3, 2), Instant::now());
        let later = now + Duration::from_secs(60);
        let [one, other] = ["192.0.2.1", "192.0.2.2"].map(|site| site.parse().ok());
        assert_eq!(table.put(name(1), 1, one, later, now), Ok(()));
        assert_eq!(table.put(name(2), 2, one, later, now), Ok(()));
        assert_eq!(table.put(name(3), 3, one, later, now), Err(Full), "one address has a part");
        assert_eq!(table.put(name(3), 3, other, later, now), Ok(()));
        assert_eq!(table.put(name(4), 4, other, later, now), Err(Full), "all of it is taken");
        assert_eq!(table.take(&name(1), now), Some(1));
        assert_eq!(table.put(name(4), 4, other, later, now), Ok(()));
    }

    #[test]
    fn what_is_kept_is_taken_once_and_in_time() {
        let (mut table, now) = (Table::new(2, 2), Instant::now());
        let until = now + Duration::from_secs(60);
        let before = until - Duration::from_nanos(1);
        table.put(name(1), 1, None, until, now).expect("room");
        table.put(name(2), 2, None, until, now).expect("room");
        assert_eq!(table.take(&name(1), before), Some(1));
        assert_eq!(table.take(&name(1), before), None, "once");
        assert_eq!(table.take(&name(2), until), None, "too late");
        for number in 3..5 {
            table.put(name(number), 0, None, until, now).expect("room");
        }
        assert_eq!(table.put(name(5), 5, None, until, before), Err(Full));
        assert_eq!(
            table.put(name(5), 5, None, until + Duration::from_secs(1), until),
            Ok(()),
            "they are over"
        );
    }
}
