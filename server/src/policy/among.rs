//! A caller among all that rules may ask for. It takes as much room as all actions together, so it is kept for those who were last
//! decided about anew; what was decided is kept for many more.

use std::sync::Arc;

use cedar_policy::Entities;
use quick_cache::sync::Cache;

use super::held::{Held, Reads};

/// For how many callers it is kept.
pub(super) const CALLERS: usize = 32;

/// What is the same for all, and callers beside it.
#[derive(Debug)]
pub(super) struct Among {
    common: Entities,
    callers: Cache<Box<[u8]>, Arc<Entities>>,
}

impl Among {
    /// Nobody yet.
    pub(super) fn new(common: Entities) -> Self {
        Self { common, callers: Cache::new(CALLERS) }
    }

    /// What is the same for all.
    pub(super) fn common(&self) -> &Entities {
        &self.common
    }

    /// This caller beside it.
    pub(super) fn with(&self, held: &Held) -> Arc<Entities> {
        let mut key = Vec::new();
        held.write(Reads::ALL, &mut key);
        if let Some(entities) = self.callers.get(key.as_slice()) {
            return entities;
        }
        let joined = self.common.clone().add_entities([held.entity()], None);
        let entities = Arc::new(joined.expect("no caller is one of what is common"));
        self.callers.insert(key.into_boxed_slice(), Arc::clone(&entities));
        entities
    }

    /// For how many callers it is kept now.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.callers.len()
    }
}
