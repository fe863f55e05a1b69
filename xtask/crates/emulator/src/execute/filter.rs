//! LIKE, STARTS WITH, LIMIT and IN of SHOW.

use super::Executor;
use crate::catalog::{Actor, Object, State};
use crate::kind::Kind;
use crate::sql::{Scope, Show, SqlError};

/// SQL's LIKE without regard to case: `%`, `_`, and `\` before either.
pub(super) fn like(pattern: &str, text: &str) -> bool {
    fn matches(pattern: &[char], text: &[char]) -> bool {
        match pattern {
            [] => text.is_empty(),
            ['%', rest @ ..] => (0..=text.len()).any(|skip| matches(rest, &text[skip..])),
            ['_', rest @ ..] => !text.is_empty() && matches(rest, &text[1..]),
            ['\\', literal, rest @ ..] | [literal, rest @ ..] => {
                text.first() == Some(literal) && matches(rest, &text[1..])
            }
        }
    }
    let fold = |text: &str| text.to_lowercase().chars().collect::<Vec<_>>();
    matches(&fold(pattern), &fold(text))
}

/// Whether a name passes LIKE and STARTS WITH.
pub(super) fn passes(show: &Show, name: &str) -> bool {
    show.like.as_ref().is_none_or(|pattern| like(pattern, name))
        && show.starts_with.as_ref().is_none_or(|start| name.starts_with(start))
        && show.from.as_ref().is_none_or(|from| name > from.as_str())
}

impl Executor {
    /// The objects of a kind that a SHOW lists.
    pub(super) fn listed<'a>(
        &self,
        state: &'a State,
        actor: &Actor,
        show: &Show,
        kind: Kind,
    ) -> Result<Vec<&'a Object>, SqlError> {
        let prefix = self.scope(state, actor, show, kind)?;
        let pool = self.pool_scope(state, actor, show)?;
        let found = state.all(kind).into_iter().filter(|object| {
            object.path.starts_with(&prefix)
                && state.sees(&actor.roles, object)
                && passes(show, object.name())
                && pool.as_ref().is_none_or(|pool| {
                    object.service.as_ref().is_some_and(|record| record.pool == *pool)
                })
        });
        Ok(found.take(show.limit.unwrap_or(usize::MAX)).collect())
    }

    fn pool_scope(
        &self,
        state: &State,
        actor: &Actor,
        show: &Show,
    ) -> Result<Option<String>, SqlError> {
        let Some(Scope::Inside(Kind::ComputePool, name)) = &show.scope else { return Ok(None) };
        let name = name.as_ref().ok_or_else(SqlError::no_operation)?;
        state
            .visible(actor, Kind::ComputePool, &name.0)
            .map(|pool| Some(pool.name().to_owned()))
            .ok_or_else(SqlError::no_operation)
    }

    /// The beginning that all listed names have.
    pub(super) fn scope(
        &self,
        state: &State,
        actor: &Actor,
        show: &Show,
        kind: Kind,
    ) -> Result<Vec<String>, SqlError> {
        let namespace = self.session_state().namespace;
        if kind.depth() == 1 {
            return Ok(Vec::new());
        }
        let exists = |outer: Kind, path: Vec<String>| match state.visible(actor, outer, &path) {
            Some(_) => Ok(path),
            None => Err(SqlError::no_operation()),
        };
        match &show.scope {
            None => Ok(namespace.database.into_iter().collect()),
            Some(Scope::Account | Scope::Inside(Kind::ComputePool, _)) => Ok(Vec::new()),
            Some(Scope::Inside(outer @ (Kind::Database | Kind::Schema), Some(name))) => {
                exists(*outer, namespace.resolve(*outer, name)?)
            }
            Some(Scope::Inside(Kind::Database, None)) => {
                let database = namespace.database.ok_or_else(crate::catalog::no_database)?;
                Ok(vec![database])
            }
            Some(Scope::Inside(Kind::Schema, None)) => {
                let database = namespace.database.ok_or_else(crate::catalog::no_database)?;
                let schema = namespace.schema.ok_or_else(crate::catalog::no_schema)?;
                Ok(vec![database, schema])
            }
            Some(Scope::Name(name)) => {
                // One part is a database where schemas are listed, else a schema.
                let outer = if kind == Kind::Schema { Kind::Database } else { Kind::Schema };
                exists(outer, namespace.resolve(outer, name)?)
            }
            Some(Scope::Inside(..)) => Err(SqlError::no_operation()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn like_ignores_case_and_takes_escaped_wildcards_literally() {
        assert!(like("%%", "anything") && like("milvus%", "MILVUS_POOL") && like("a_c", "ABC"));
        assert!(like(r"MILVUS\_POOL", "milvus_pool") && !like(r"MILVUS\_POOL", "MILVUSXPOOL"));
        assert!(!like("pool", "MILVUS_POOL"));
    }
}
