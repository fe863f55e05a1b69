//! SHOW in all its forms.

use super::{Scope, Show, Shown, Statement};
use crate::absent::ABSENT;
use crate::kind::Kind;
use crate::sql::{Parser, SqlError, TokenKind};

/// Which clauses a list can be narrowed with, besides IN.
struct Clauses {
    like: bool,
    /// STARTS WITH and LIMIT.
    part: bool,
}

impl Clauses {
    fn of(what: &Shown) -> Clauses {
        match what {
            Shown::Objects(Kind::ExternalAccessIntegration | Kind::SecurityIntegration)
            | Shown::Integrations
            | Shown::Parameters
            | Shown::InstanceFamilies
            | Shown::Images { .. } => Clauses { like: true, part: false },
            Shown::Objects(_) | Shown::Absent(_) => Clauses { like: true, part: true },
            _ => Clauses { like: false, part: false },
        }
    }
}

impl Parser<'_> {
    pub(super) fn show(&mut self) -> Result<Statement, SqlError> {
        if self.words(&["TERSE"]) {
            return Err(SqlError::unsupported("SHOW TERSE"));
        }
        if self.words(&["GRANTS"]) {
            let mut show = Show::all(self.show_grants()?);
            show.limit = self.limit()?;
            return Ok(Statement::Show(show));
        }
        let mut show = Show::all(self.shown()?);
        let clauses = Clauses::of(&show.what);
        if show.what == Shown::Objects(Kind::Service) {
            self.words(&["EXCLUDE", "JOBS"]);
        }
        if clauses.like && self.words(&["LIKE"]) {
            show.like = Some(self.text()?);
        }
        if let Shown::ServiceRoles { service: of }
        | Shown::ServiceInstances { service: of }
        | Shown::ServiceContainers { service: of }
        | Shown::Endpoints { service: of } = &mut show.what
        {
            self.expect(&["IN", "SERVICE"])?;
            *of = self.name()?;
        } else if let Shown::Images { repository } = &mut show.what {
            self.expect(&["IN", "IMAGE", "REPOSITORY"])?;
            *repository = self.name()?;
        } else if self.words(&["IN"]) || show.what == Shown::Parameters && self.words(&["FOR"]) {
            show.scope = Some(self.scope(&show.what)?);
        }
        if clauses.part {
            if self.words(&["STARTS", "WITH"]) {
                show.starts_with = Some(self.text()?);
            }
            show.limit = self.limit()?;
            if show.limit.is_some() && self.words(&["FROM"]) {
                show.from = Some(self.text()?);
            }
        }
        Ok(Statement::Show(show))
    }

    fn limit(&mut self) -> Result<Option<usize>, SqlError> {
        if !self.words(&["LIMIT"]) {
            return Ok(None);
        }
        let TokenKind::Number(number) = &self.peek().kind else { return Err(self.unexpected()) };
        let limit = number.parse().map_err(|_| self.unexpected())?;
        self.advance();
        Ok(Some(limit))
    }

    fn shown(&mut self) -> Result<Shown, SqlError> {
        let nothing = || crate::sql::ObjectName(Vec::new());
        let forms: [(&[&str], Shown); 8] = [
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
        ];
        for (words, shown) in forms {
            if self.words(words) {
                return Ok(shown);
            }
        }
        if let Some(absent) = ABSENT.iter().find(|absent| self.phrase(absent.plural)) {
            return Ok(Shown::Absent(absent));
        }
        let mark = self.mark();
        if self.words(&["ROLES", "IN", "SERVICE"]) {
            self.back_to(mark + 1);
            return Ok(Shown::ServiceRoles { service: nothing() });
        }
        Kind::ALL
            .into_iter()
            .find(|kind| self.phrase(&kind.plural()))
            .map(Shown::Objects)
            .ok_or_else(|| self.unexpected())
    }

    fn scope(&mut self, what: &Shown) -> Result<Scope, SqlError> {
        if self.words(&["ACCOUNT"]) {
            return Ok(Scope::Account);
        }
        let outer: &[Kind] = match what {
            Shown::Parameters if self.words(&["SESSION"]) => return Ok(Scope::Session),
            Shown::Parameters => return Err(SqlError::unsupported("SHOW PARAMETERS of an object")),
            Shown::Objects(Kind::Service) => &[Kind::Database, Kind::Schema, Kind::ComputePool],
            Shown::Objects(Kind::Schema) => &[Kind::Database],
            Shown::Objects(kind) if kind.depth() == 3 => &[Kind::Database, Kind::Schema],
            Shown::Absent(_) => &[Kind::Database, Kind::Schema],
            _ => return Err(self.unexpected()),
        };
        for kind in outer {
            if self.phrase(kind.name()) {
                let named = !self.at_end()
                    && matches!(self.peek().kind, TokenKind::Word(_) | TokenKind::Quoted(_))
                    && !self.at_tail();
                let name = if named { Some(self.name()?) } else { None };
                return Ok(Scope::Inside(*kind, name));
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
        if self.at_end() || self.at_tail() {
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
