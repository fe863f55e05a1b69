//! The LIKE, STARTS WITH, LIMIT and IN clauses of SHOW.

use super::Executor;
use crate::catalog::{Actor, State};
use crate::kind::{Kind, Object};
use crate::sql::SqlError;
use crate::statement::{Scope, Show};

/// SQL's LIKE, ignoring case: `%`, `_`, and `\` to escape them.
pub(super) fn like(pattern: &str, text: &str) -> bool {
    enum Piece {
        Any,
        One,
        Literal(char),
    }
    let mut pieces = Vec::new();
    let pattern = pattern.to_lowercase();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        pieces.push(match character {
            '%' => Piece::Any,
            '_' => Piece::One,
            '\\' => Piece::Literal(characters.next().unwrap_or('\\')),
            other => Piece::Literal(other),
        });
    }
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let (mut piece, mut at) = (0, 0);
    // The last `%`, and the end of what it matches. Only this match is ever extended on a mismatch,
    // so the time is at most the product of the two lengths.
    let mut any: Option<(usize, usize)> = None;
    while at < text.len() {
        match pieces.get(piece) {
            Some(Piece::Any) => {
                any = Some((piece, at));
                piece += 1;
                continue;
            }
            Some(Piece::One) => {}
            Some(Piece::Literal(literal)) if *literal == text[at] => {}
            _ => {
                let Some((last, covered)) = any else { return false };
                any = Some((last, covered + 1));
                (piece, at) = (last + 1, covered + 1);
                continue;
            }
        }
        (piece, at) = (piece + 1, at + 1);
    }
    pieces[piece..].iter().all(|piece| matches!(piece, Piece::Any))
}

/// Whether a name matches LIKE, STARTS WITH and LIMIT … FROM.
pub(super) fn matches_clauses(show: &Show, name: &str) -> bool {
    show.like.as_ref().is_none_or(|pattern| like(pattern, name))
        && show.starts_with.as_ref().is_none_or(|start| name.starts_with(start))
        && show.from.as_ref().is_none_or(|from| name > from.as_str())
}

impl Executor {
    /// The objects of a kind that SHOW lists.
    pub(super) fn listed<'a>(
        &self,
        state: &'a State,
        actor: &Actor,
        show: &Show,
        kind: Kind,
    ) -> Result<Vec<&'a Object>, SqlError> {
        let prefix = self.scope(state, actor, show, kind)?;
        let pool = self.pool_scope(state, actor, show)?;
        let found = state.below(kind, &prefix).filter(|object| {
            state.sees(actor, object)
                && matches_clauses(show, object.name())
                && pool
                    .as_ref()
                    .is_none_or(|pool| object.service().is_some_and(|record| record.pool == *pool))
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

    /// The path prefix of all listed objects.
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
                // For a list of schemas, the name is a database, otherwise a schema.
                let outer = if kind == Kind::Schema { Kind::Database } else { Kind::Schema };
                exists(outer, namespace.resolve(outer, name)?)
            }
            Some(Scope::Session | Scope::Inside(..)) => Err(SqlError::no_operation()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn like_ignores_case_and_matches_escaped_wildcards_literally() {
        assert!(like("%%", "anything") && like("milvus%", "MILVUS_POOL") && like("a_c", "ABC"));
        assert!(like(r"MILVUS\_POOL", "milvus_pool") && !like(r"MILVUS\_POOL", "MILVUSXPOOL"));
        assert!(!like("pool", "MILVUS_POOL") && like("%_POOL%", "MILVUS_POOL") && !like("_", ""));
        assert!(like("%a%b", "aXbXb") && !like("%a%b", "aXbXc") && like("%", ""));
    }

    #[test]
    fn like_is_fast_with_many_wildcards() {
        assert!(!like(&"%a".repeat(40), &"a".repeat(39)));
        assert!(!like(&("%a".repeat(30) + "b"), &"a".repeat(5000)));
    }
}
