//! The password of the deployment's user: whether it is set again.

use serde::{Deserialize, Serialize};

use crate::deploy::sql;
use crate::desired::Desired;
use crate::observed::Observed;
use crate::plan::{Step, StepId};
use crate::sql::ObjectKind;

/// What is known here of the password of the deployment's user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserPassword {
    /// Whoever runs this has given it: a user who is there is taken to have it.
    Given,
    /// It was kept when it was set.
    Kept,
    /// It was generated, and no run has ended well since: a user who is there may have another.
    Fresh,
    /// There is none: a user who is there keeps the one that others know.
    Unknown,
}

/// The steps that give a user who is there already a password that was generated anew.
pub(super) fn reset(
    desired: &Desired,
    observed: &Observed,
    password: UserPassword,
    needs: Vec<StepId>,
) -> Vec<Step> {
    let there = observed.find(ObjectKind::User, &desired.user).is_some();
    if password != UserPassword::Fresh || !there {
        return Vec::new();
    }
    sql::chain(desired, observed, super::files(desired, "password").iter(), needs)
}
