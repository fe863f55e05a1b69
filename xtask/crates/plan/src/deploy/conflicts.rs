//! What the target has that the files cannot be brought in line with: refused, with the way out,
//! before anything is changed.

use crate::deploy::UserPassword;
use crate::desired::Desired;
use crate::error::{Error, ErrorKind};
use crate::observed::Observed;
use crate::sql::{Effect, ObjectKind};

/// Roles and users that grants go to must be ours: who else holds them would be let in.
pub(super) fn check_grantees(
    desired: &Desired,
    observed: &Observed,
    password: UserPassword,
) -> Result<(), Error> {
    for file in desired.sets.values().flatten() {
        for statement in &file.statements {
            let Effect::Create { kind, name, .. } = &statement.effect else { continue };
            if !matches!(kind, ObjectKind::Role | ObjectKind::User) {
                continue;
            }
            let foreign =
                observed.find(*kind, name).filter(|seen| seen.comment != desired.owner_comment);
            // Who knows a user's password may let that user in.
            let allowed = *kind == ObjectKind::User && password == UserPassword::Given;
            let Some(seen) = foreign.filter(|_| !allowed) else { continue };
            let whose = seen.whose();
            let message =
                format!("the {kind} `{name}` is there and not of this deployment: {whose}");
            let hint = match kind {
                ObjectKind::User => {
                    "set SPCS_USER_PASSWORD to this user's password to let the user in as it is, or choose another `user` in [deployment] of spcs.toml"
                }
                _ => {
                    "choose another name for it in [deployment] of spcs.toml: whoever has this one would get what the files grant"
                }
            };
            return Err(Error::new(ErrorKind::Config, message)
                .at(&file.path, statement.line)
                .with_hint(hint));
        }
    }
    Ok(())
}
