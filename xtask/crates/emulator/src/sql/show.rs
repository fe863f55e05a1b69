//! SHOW in all its forms.

use super::error::SqlError;
use super::parser::Parser;
use super::statement::{Scope, Show, Shown, Statement};
use super::token::TokenKind;
use crate::absent::ABSENT;
use crate::kind::Kind;

impl Parser<'_> {
    pub(super) fn show(&mut self) -> Result<Statement, SqlError> {
        self.words(&["TERSE"]);
        if self.words(&["GRANTS"]) {
            let what = self.show_grants()?;
            return Ok(Statement::Show(Show {
                what,
                like: None,
                scope: None,
                starts_with: None,
                limit: None,
                from: None,
            }));
        }
        let mut what = self.shown()?;
        self.words(&["EXCLUDE", "JOBS"]);
        let like = if self.words(&["LIKE"]) { Some(self.text()?) } else { None };
        let mut scope = None;
        if let Shown::ServiceRoles { service: of }
        | Shown::ServiceInstances { service: of }
        | Shown::ServiceContainers { service: of }
        | Shown::Endpoints { service: of } = &mut what
        {
            self.expect(&["IN", "SERVICE"])?;
            *of = self.name()?;
        } else if let Shown::Images { repository } = &mut what {
            self.expect(&["IN", "IMAGE", "REPOSITORY"])?;
            *repository = self.name()?;
        } else if self.words(&["IN"]) || self.words(&["FOR"]) {
            scope = Some(self.scope()?);
        }
        let starts_with = if self.words(&["STARTS", "WITH"]) { Some(self.text()?) } else { None };
        let mut limit = None;
        let mut from = None;
        if self.words(&["LIMIT"]) {
            let TokenKind::Number(number) = &self.peek().kind else {
                return Err(self.unexpected());
            };
            limit = Some(number.parse().map_err(|_| self.unexpected())?);
            self.advance();
            if self.words(&["FROM"]) {
                from = Some(self.text()?);
            }
        }
        Ok(Statement::Show(Show { what, like, scope, starts_with, limit, from }))
    }

    fn shown(&mut self) -> Result<Shown, SqlError> {
        let nothing = || super::value::ObjectName(Vec::new());
        let forms: [(&[&str], Shown); 9] = [
            (&["INTEGRATIONS"], Shown::Integrations),
            (&["PARAMETERS"], Shown::Parameters),
            (&["COMPUTE", "POOL", "INSTANCE", "FAMILIES"], Shown::InstanceFamilies),
            (&["IMAGES"], Shown::Images { repository: nothing() }),
            (&["ENDPOINTS"], Shown::Endpoints { service: nothing() }),
            (&["SERVICE", "INSTANCES"], Shown::ServiceInstances { service: nothing() }),
            (&["SERVICE", "CONTAINERS"], Shown::ServiceContainers { service: nothing() }),
            (
                &["EXTERNAL", "ACCESS", "INTEGRATIONS"],
                Shown::Objects(Kind::ExternalAccessIntegration),
            ),
            (&["API", "INTEGRATIONS"], Shown::Integrations),
        ];
        for (words, shown) in forms {
            if self.words(words) {
                return Ok(shown);
            }
        }
        if let Some(absent) = ABSENT.iter().find(|absent| self.words(absent.plural)) {
            return Ok(Shown::Absent(absent));
        }
        let mark = self.mark();
        if self.words(&["ROLES", "IN", "SERVICE"]) {
            self.back_to(mark + 1);
            return Ok(Shown::ServiceRoles { service: nothing() });
        }
        Kind::ALL
            .into_iter()
            .find(|kind| self.words(kind.plural()))
            .map(Shown::Objects)
            .ok_or_else(|| self.unexpected())
    }

    fn scope(&mut self) -> Result<Scope, SqlError> {
        if self.words(&["ACCOUNT"]) || self.words(&["SESSION"]) {
            return Ok(Scope::Account);
        }
        for kind in [
            Kind::Database,
            Kind::Schema,
            Kind::ComputePool,
            Kind::Service,
            Kind::Warehouse,
            Kind::User,
        ] {
            if self.words(kind.words()) {
                let named = !self.at_end()
                    && matches!(self.peek().kind, TokenKind::Word(_) | TokenKind::Quoted(_))
                    && !self.at_tail();
                let name = if named { Some(self.name()?) } else { None };
                return Ok(Scope::Inside(kind, name));
            }
        }
        Ok(Scope::Name(self.name()?))
    }

    fn at_tail(&mut self) -> bool {
        let mark = self.mark();
        let there = self.words(&["STARTS", "WITH"]) || self.words(&["LIMIT"]);
        self.back_to(mark);
        there
    }

    fn show_grants(&mut self) -> Result<Shown, SqlError> {
        if self.at_end() {
            return Ok(Shown::GrantsMine);
        }
        if self.words(&["ON"]) {
            return Ok(Shown::GrantsOn { target: self.grant_target()? });
        }
        let of = self.words(&["OF"]);
        if !of {
            self.expect(&["TO"])?;
        }
        if self.words(&["SERVICE", "ROLE"]) {
            let (service, role) = self.service_role()?;
            return Ok(if of {
                Shown::GrantsOfServiceRole { service, role }
            } else {
                Shown::GrantsToServiceRole { service, role }
            });
        }
        if of {
            self.expect(&["ROLE"])?;
            return Ok(Shown::GrantsOfRole { role: self.name()? });
        }
        if self.words(&["USER"]) {
            return Ok(Shown::GrantsToUser { user: self.name()? });
        }
        self.expect(&["ROLE"])?;
        Ok(Shown::GrantsToRole { role: self.name()? })
    }
}
