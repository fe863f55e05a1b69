//! Setting the user's password again, when the one that is kept was lost.

use crate::deploy::run_set;
use crate::desired::Desired;
use crate::error::Error;
use crate::observed::Observed;
use crate::plan::Plan;

/// The statements of `sql/password`, all of them to be sent.
pub fn reset_password(desired: &Desired) -> Result<Plan, Error> {
    run_set(desired, &Observed::default(), "password")
}
