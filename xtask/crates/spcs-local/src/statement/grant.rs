//! Parses GRANT and REVOKE.

use super::{Grant, GrantTarget, Granted, Grantee, Statement};
use crate::kind::account_privileges;
use crate::sql::{ObjectName, Parser, SqlError};

impl Parser<'_> {
    pub(super) fn grant(&mut self, revoke: bool) -> Result<Statement, SqlError> {
        let option_for = revoke && self.words(&["GRANT", "OPTION", "FOR"]);
        let mark = self.mark();
        let what = self.granted()?;
        // Only privileges can have the grant option, not roles.
        let has_option = matches!(what, Granted::Privileges { .. });
        if option_for && !has_option {
            self.back_to(mark);
            return Err(self.unexpected());
        }
        self.expect(&[if revoke { "FROM" } else { "TO" }])?;
        let to = self.grantee(&what)?;
        let with_option = !revoke && has_option && self.words(&["WITH", "GRANT", "OPTION"]);
        if revoke && self.words(&["CASCADE"]) {
            return Err(SqlError::unsupported("REVOKE … CASCADE"));
        }
        // RESTRICT has no effect: grants do not depend on each other here.
        let _restrict = revoke && self.words(&["RESTRICT"]);
        let with_grant_option = option_for || with_option;
        Ok(Statement::Grant(Grant { revoke, what, to, with_grant_option }))
    }

    /// The name of a role or user, which has one part.
    fn account_name(&mut self) -> Result<ObjectName, SqlError> {
        let name = self.name()?;
        if name.0.len() == 1 { Ok(name) } else { Err(self.unexpected_before()) }
    }

    fn grantee(&mut self, what: &Granted) -> Result<Grantee, SqlError> {
        if matches!(what, Granted::Role(_)) {
            if self.words(&["USER"]) {
                return Ok(Grantee::User(self.account_name()?));
            }
            self.expect(&["ROLE"])?;
        } else {
            // `ROLE` is optional here.
            self.words(&["ROLE"]);
        }
        Ok(Grantee::Role(self.account_name()?))
    }

    fn granted(&mut self) -> Result<Granted, SqlError> {
        let mark = self.mark();
        if self.words(&["SERVICE", "ROLE"]) {
            let (service, role) = self.service_role()?;
            return Ok(Granted::ServiceRole { service, role });
        }
        if self.words(&["ROLE"]) {
            return Ok(Granted::Role(self.account_name()?));
        }
        if self.words(&["ALL"]) {
            self.words(&["PRIVILEGES"]);
            self.expect(&["ON"])?;
            return Ok(Granted::Privileges { privileges: Vec::new(), on: self.grant_target()? });
        }
        let mut privileges = vec![self.privilege()?];
        while self.symbol(",") {
            privileges.push(self.privilege()?);
        }
        self.expect(&["ON"])?;
        let on = self.grant_target()?;
        let (ownership, all) = match &on {
            GrantTarget::Account => (false, account_privileges()),
            GrantTarget::OneOf(kinds, _) => (true, kinds[0].privileges()),
        };
        let known = |privilege| all.contains(privilege) || ownership && privilege == "OWNERSHIP";
        if !privileges.iter().all(known) {
            self.back_to(mark);
            return Err(self.unexpected());
        }
        Ok(Granted::Privileges { privileges, on })
    }

    /// `service!role`.
    pub(super) fn service_role(&mut self) -> Result<(ObjectName, String), SqlError> {
        let service = self.name()?;
        self.expect_symbol("!")?;
        Ok((service, self.identifier()?))
    }

    /// The words of a privilege, up to `,` or `ON`.
    fn privilege(&mut self) -> Result<String, SqlError> {
        let mut words = vec![self.word()?];
        while !self.at_on_or_comma() {
            words.push(self.word()?);
        }
        Ok(words.join(" "))
    }

    fn at_on_or_comma(&mut self) -> bool {
        let mark = self.mark();
        let there = self.words(&["ON"]) || self.symbol(",");
        self.back_to(mark);
        there
    }

    /// The target after `ON`.
    pub(super) fn grant_target(&mut self) -> Result<GrantTarget, SqlError> {
        if self.words(&["ACCOUNT"]) {
            return Ok(GrantTarget::Account);
        }
        let kinds = self.kinds()?;
        Ok(GrantTarget::OneOf(kinds, self.name()?))
    }
}
