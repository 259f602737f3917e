//! A place among those who wait for a flight.

use std::sync::Arc;

use super::flight::Flight;
use super::shelf::Shelf;

/// A place among those who wait for a flight; dropped, it is free again.
pub(super) struct Seat {
    shelf: Arc<Shelf>,
    flight: Arc<Flight>,
}

impl Seat {
    /// The place of one who was let in.
    pub(super) fn new(shelf: Arc<Shelf>, flight: Arc<Flight>) -> Self {
        Self { shelf, flight }
    }

    /// What is waited for.
    pub(super) fn flight(&self) -> &Flight {
        &self.flight
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.shelf.leave(&self.flight);
    }
}
