//! A value that is read for every call and exchanged, rarely, while calls are made: a limit that an operator changes.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;

/// The value. Copies are handles of the same.
pub struct Changing<T>(Arc<ArcSwap<T>>);

impl<T: Copy> Changing<T> {
    /// This value, until another takes its place.
    pub fn new(value: T) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(value)))
    }

    /// The value as it is now; whoever uses it twice and must not see two keeps it.
    pub fn now(&self) -> T {
        **self.0.load()
    }

    /// Puts another in its place, for whoever reads it from now on.
    pub(crate) fn put(&self, value: T) {
        self.0.store(Arc::new(value));
    }
}

impl<T> Clone for Changing<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Copy + fmt::Debug> fmt::Debug for Changing<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.now().fmt(out)
    }
}

impl<T: Copy> From<T> for Changing<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}
