//! The memory that the bodies of all requests share.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The maximum size of all bodies together, without the small part that each body may always have.
const TOTAL: usize = 16 << 20;

/// The memory that is left. One permit is one byte.
#[derive(Clone)]
pub(crate) struct BodyBudget(Arc<Semaphore>);

impl Default for BodyBudget {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(TOTAL)))
    }
}

/// A body's share of the memory, released on drop.
#[derive(Default)]
pub(crate) struct Share(Option<OwnedSemaphorePermit>);

impl Share {
    /// Grows the share to this many bytes; `false` if not enough is left.
    pub(crate) fn grow(&mut self, budget: &BodyBudget, bytes: usize) -> bool {
        let has = self.0.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let Ok(more) = u32::try_from(bytes.saturating_sub(has)) else { return false };
        if more == 0 {
            return true;
        }
        let Ok(taken) = Arc::clone(&budget.0).try_acquire_many_owned(more) else { return false };
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
        let budget = BodyBudget::default();
        let (mut first, mut second) = (Share::default(), Share::default());
        assert!(first.grow(&budget, TOTAL / 2) && first.grow(&budget, TOTAL - 10));
        assert!(second.grow(&budget, 10) && !second.grow(&budget, 11));
        drop(first);
        assert!(second.grow(&budget, TOTAL));
    }
}
