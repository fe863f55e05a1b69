//! Queries that run or have run, by id and by request.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value as Json;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::access::Identity;
use crate::session::Session;

/// How many queries that have ended are remembered, beside those that run.
const REMEMBERED: usize = 1000;

/// One query.
#[derive(Clone)]
pub(crate) struct Query {
    pub(crate) id: String,
    pub(crate) session: i64,
    pub(crate) identity: Identity,
    /// Its text without the secrets in it.
    pub(crate) text: String,
    answer: watch::Receiver<Option<Arc<Json>>>,
    sender: Arc<watch::Sender<Option<Arc<Json>>>>,
    /// Cancelled when the query is given up.
    pub(crate) given_up: CancellationToken,
}

impl Query {
    /// Its envelope, if it is there within this time.
    pub(crate) async fn answer(&self, within: Duration) -> Option<Arc<Json>> {
        let mut answer = self.answer.clone();
        let waited = tokio::time::timeout(within, answer.wait_for(Option::is_some)).await;
        waited.ok()?.ok()?.clone()
    }

    /// Its envelope, if it is there.
    pub(crate) fn finished(&self) -> Option<Arc<Json>> {
        self.answer.borrow().clone()
    }

    /// Ends it with this envelope, unless it has ended.
    pub(crate) fn finish(&self, envelope: Json) {
        self.sender.send_if_modified(|answer| {
            let open = answer.is_none();
            if open {
                *answer = Some(Arc::new(envelope));
            }
            open
        });
    }
}

/// All queries.
#[derive(Default)]
pub(crate) struct Queries(Mutex<Known>);

#[derive(Default)]
struct Known {
    by_id: HashMap<String, Query>,
    by_request: HashMap<(i64, String), String>,
    order: VecDeque<String>,
}

impl Known {
    /// Forgets the oldest of the queries that have ended, as far as there are too many.
    fn forget(&mut self) {
        let Known { by_id, by_request, order } = self;
        let has_ended = |id: &String| by_id.get(id).is_none_or(|query| query.finished().is_some());
        let mut too_many =
            order.iter().filter(|id| has_ended(id)).count().saturating_sub(REMEMBERED);
        let mut forgotten = HashSet::new();
        order.retain(|id| {
            let goes = too_many > 0 && has_ended(id);
            if goes {
                too_many -= 1;
                forgotten.insert(id.clone());
            }
            !goes
        });
        if !forgotten.is_empty() {
            by_id.retain(|id, _| !forgotten.contains(id));
            by_request.retain(|_, id| !forgotten.contains(id));
        }
    }
}

impl Queries {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new query; or, when the session sent this request before, the one it started then.
    pub(crate) fn begin(
        &self,
        session: &Session,
        request: Option<&str>,
        text: &str,
    ) -> (Query, bool) {
        let (session, identity) = (session.id, session.state().identity);
        let mut known = self.known();
        let request = request.map(|request| (session, request.to_owned()));
        let before = request.as_ref().and_then(|request| known.by_request.get(request));
        if let Some(query) = before.and_then(|id| known.by_id.get(id)) {
            return (query.clone(), false);
        }
        let (sender, answer) = watch::channel(None);
        let query = Query {
            id: uuid::Uuid::new_v4().to_string(),
            session,
            identity,
            text: text.to_owned(),
            answer,
            sender: Arc::new(sender),
            given_up: CancellationToken::new(),
        };
        known.by_id.insert(query.id.clone(), query.clone());
        known.order.push_back(query.id.clone());
        if let Some(request) = request {
            known.by_request.insert(request, query.id.clone());
        }
        known.forget();
        (query, true)
    }

    /// A query by its id.
    pub(crate) fn by_id(&self, id: &str) -> Option<Query> {
        self.known().by_id.get(id).cloned()
    }

    /// A query by the request that started it.
    pub(crate) fn by_request(&self, session: i64, request: &str) -> Option<Query> {
        let known = self.known();
        let id = known.by_request.get(&(session, request.to_owned()))?;
        known.by_id.get(id).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Timing;
    use crate::session::{SessionState, Sessions, TransferShape};

    #[test]
    fn a_running_query_is_kept_however_many_have_ended_since() {
        let state = SessionState {
            identity: Identity::User("ADMIN".to_owned()),
            role: "PUBLIC".to_owned(),
            secondary: false,
            namespace: Default::default(),
            warehouse: None,
            parameters: Default::default(),
            last_query: None,
        };
        let session = Sessions::new(Timing::default()).open(state, TransferShape::Token);
        let queries = Queries::default();
        let (running, _) = queries.begin(&session, Some("request"), "SELECT 1");
        let mut ended = Vec::new();
        for _ in 0..REMEMBERED + 2 {
            let (query, _) = queries.begin(&session, None, "SELECT 2");
            query.finish(Json::Null);
            ended.push(query.id);
        }
        assert_eq!(queries.by_id(&running.id).map(|query| query.id), Some(running.id.clone()));
        let (again, new) = queries.begin(&session, Some("request"), "SELECT 1");
        assert!(!new && again.id == running.id, "the request is not carried out twice");
        assert!(queries.by_id(&ended[0]).is_none(), "the oldest that has ended is forgotten");
        assert!(queries.by_id(&ended[2]).is_some());
    }
}
