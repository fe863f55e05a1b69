//! Running and finished queries, by id and by request.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value as Json;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::access::Identity;
use crate::session::Session;

/// How many finished queries are kept, in addition to the running ones.
const MAX_FINISHED: usize = 1000;

#[derive(Clone)]
pub(crate) struct Query {
    pub(crate) id: String,
    pub(crate) session: i64,
    pub(crate) identity: Identity,
    /// The text without secrets.
    pub(crate) text: String,
    answer: watch::Receiver<Option<Arc<Json>>>,
    sender: Arc<watch::Sender<Option<Arc<Json>>>>,
    /// Cancelled when the query is aborted.
    pub(crate) abort_token: CancellationToken,
}

impl Query {
    /// Waits for the response envelope; `None` if the time elapses first.
    pub(crate) async fn answer(&self, within: Duration) -> Option<Arc<Json>> {
        let mut answer = self.answer.clone();
        let waited = tokio::time::timeout(within, answer.wait_for(Option::is_some)).await;
        waited.ok()?.ok()?.clone()
    }

    /// The response envelope, if the query has finished.
    pub(crate) fn finished(&self) -> Option<Arc<Json>> {
        self.answer.borrow().clone()
    }

    /// Sets the response envelope, unless the query has finished.
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

#[derive(Default)]
pub(crate) struct Queries(Mutex<QueryTable>);

#[derive(Default)]
struct QueryTable {
    by_id: HashMap<String, Query>,
    by_request: HashMap<(i64, String), String>,
    order: VecDeque<String>,
}

impl QueryTable {
    /// Removes the oldest finished queries if there are too many.
    fn remove_oldest(&mut self) {
        let QueryTable { by_id, by_request, order } = self;
        let is_finished =
            |id: &String| by_id.get(id).is_none_or(|query| query.finished().is_some());
        let mut too_many =
            order.iter().filter(|id| is_finished(id)).count().saturating_sub(MAX_FINISHED);
        let mut removed = HashSet::new();
        order.retain(|id| {
            let remove = too_many > 0 && is_finished(id);
            if remove {
                too_many -= 1;
                removed.insert(id.clone());
            }
            !remove
        });
        if !removed.is_empty() {
            by_id.retain(|id, _| !removed.contains(id));
            by_request.retain(|_, id| !removed.contains(id));
        }
    }
}

impl Queries {
    fn known(&self) -> MutexGuard<'_, QueryTable> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new query and `true`, or, if this request is a retry, the query it started and `false`.
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
            abort_token: CancellationToken::new(),
        };
        known.by_id.insert(query.id.clone(), query.clone());
        known.order.push_back(query.id.clone());
        if let Some(request) = request {
            known.by_request.insert(request, query.id.clone());
        }
        known.remove_oldest();
        (query, true)
    }

    pub(crate) fn by_id(&self, id: &str) -> Option<Query> {
        self.known().by_id.get(id).cloned()
    }

    /// The query that a request started.
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
    fn a_running_query_is_kept_when_finished_ones_are_removed() {
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
        let mut finished_ids = Vec::new();
        for _ in 0..MAX_FINISHED + 2 {
            let (query, _) = queries.begin(&session, None, "SELECT 2");
            query.finish(Json::Null);
            finished_ids.push(query.id);
        }
        assert_eq!(queries.by_id(&running.id).map(|query| query.id), Some(running.id.clone()));
        let (again, new) = queries.begin(&session, Some("request"), "SELECT 1");
        assert!(!new && again.id == running.id, "the request runs only once");
        assert!(queries.by_id(&finished_ids[0]).is_none(), "the oldest finished query is removed");
        assert!(queries.by_id(&finished_ids[2]).is_some());
    }
}
