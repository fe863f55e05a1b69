//! Parses SHOW.

use super::{Scope, Show, Shown, Statement};
use crate::kind::Kind;
use crate::sql::{Parser, SqlError, TokenKind};

/// The clauses that a list accepts, in addition to IN.
struct Clauses {
    like: bool,
    /// STARTS WITH and LIMIT.
    part: bool,
}

impl Clauses {
    fn of(what: &Shown) -> Clauses {
        match what {
            Shown::Parameters | Shown::InstanceFamilies | Shown::Images { .. } => {
                Clauses { like: true, part: false }
            }
            Shown::Objects(kinds) => Clauses { like: true, part: kinds[0].facts().is_paged },
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
        if let Shown::Objects(kinds) = &show.what
            && let Some(words) = kinds[0].facts().show_words
        {
            self.phrase(words);
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
        let placeholder = || crate::sql::ObjectName(Vec::new());
        let forms: [(&[&str], Shown); 6] = [
            (&["PARAMETERS"], Shown::Parameters),
            (&["COMPUTE", "POOL", "INSTANCE", "FAMILIES"], Shown::InstanceFamilies),
            (&["IMAGES"], Shown::Images { repository: placeholder() }),
            (&["ENDPOINTS"], Shown::Endpoints { service: placeholder() }),
            (&["SERVICE", "INSTANCES"], Shown::ServiceInstances { service: placeholder() }),
            (&["SERVICE", "CONTAINERS"], Shown::ServiceContainers { service: placeholder() }),
        ];
        for (words, shown) in forms {
            if self.words(words) {
                return Ok(shown);
            }
        }
        let mark = self.mark();
        if self.words(&["ROLES", "IN", "SERVICE"]) {
            self.back_to(mark + 1);
            return Ok(Shown::ServiceRoles { service: placeholder() });
        }
        if let Some(kind) = Kind::ALL.iter().find(|kind| self.phrase(&kind.plural())) {
            return Ok(Shown::Objects(vec![*kind]));
        }
        let shared =
            Kind::creatable().map(Kind::label).find(|label| self.phrase(&format!("{label}S")));
        shared.map(|label| Shown::Objects(Kind::with_label(label))).ok_or_else(|| self.unexpected())
    }

    fn scope(&mut self, what: &Shown) -> Result<Scope, SqlError> {
        if self.words(&["ACCOUNT"]) {
            return Ok(Scope::Account);
        }
        let outer: &[Kind] = match what {
            Shown::Parameters if self.words(&["SESSION"]) => return Ok(Scope::Session),
            Shown::Parameters => return Err(SqlError::unsupported("SHOW PARAMETERS of an object")),
            Shown::Objects(kinds) if kinds[0].depth() == 2 => &[Kind::Database],
            Shown::Objects(kinds) if kinds[0].depth() == 3 => &[Kind::Database, Kind::Schema],
            _ => return Err(self.unexpected()),
        };
        let other = match what {
            Shown::Objects(kinds) => kinds[0].facts().shown_in,
            _ => None,
        };
        for kind in outer.iter().chain(&other) {
            if self.phrase(kind.words()) {
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
            return Ok(Shown::GrantsToCurrentUser);
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
