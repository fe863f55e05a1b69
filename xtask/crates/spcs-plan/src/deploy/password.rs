//! Whether a deployment sets the user's password again.

use serde::{Deserialize, Serialize};

use crate::deploy::sql;
use crate::desired::Desired;
use crate::observed::Observed;
use crate::plan::{Step, StepId};
use crate::sql::ObjectKind;

/// What this machine knows about the password of the deployment's user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserPassword {
    /// It was passed in: an existing user is assumed to have it.
    Given,
    /// It was saved when it was set.
    Kept,
    /// It was generated, and no run has succeeded since: an existing user may have another one.
    Fresh,
    /// It is not known here: an existing user keeps the password that others know.
    Unknown,
}

/// The steps that set a newly generated password for an existing user.
pub(super) fn reset(
    desired: &Desired,
    observed: &Observed,
    password: UserPassword,
    needs: Vec<StepId>,
) -> Vec<Step> {
    let exists = observed.find(ObjectKind::User, &desired.user).is_some();
    if password != UserPassword::Fresh || !exists {
        return Vec::new();
    }
    sql::chain(desired, observed, super::files(desired, "password").iter(), needs)
}
