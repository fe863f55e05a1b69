//! The memory that the bodies of all requests share.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The maximum size of all bodies together, without the small part that each body may always have.
const ALL: usize = 16 << 20;

/// The memory that is left. One permit is one byte.
#[derive(Clone)]
pub(crate) struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(ALL)))
    }
}

/// A body's share of the memory, released on drop.
#[derive(Default)]
pub(super) struct Place(Option<OwnedSemaphorePermit>);

impl Place {
    /// Grows the share to this many bytes; `false` if not enough is left.
    pub(super) fn grow(&mut self, room: &Room, bytes: usize) -> bool {
        let has = self.0.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let Ok(more) = u32::try_from(bytes.saturating_sub(has)) else { return false };
        if more == 0 {
            return true;
        }
        let Ok(taken) = Arc::clone(&room.0).try_acquire_many_owned(more) else { return false };
        match &mut self.0 {
            Some(permit) => permit.merge(taken),
            None => self.0 = Some(taken),
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_share_the_memory_and_release_it() {
        let room = Room::default();
        let (mut first, mut second) = (Place::default(), Place::default());
        assert!(first.grow(&room, ALL / 2) && first.grow(&room, ALL - 10));
        assert!(second.grow(&room, 10) && !second.grow(&room, 11));
        drop(first);
        assert!(second.grow(&room, ALL));
    }
}
