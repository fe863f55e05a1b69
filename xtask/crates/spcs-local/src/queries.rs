//! Running and finished queries, by id and by request.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use axum::body::Bytes;
use serde_json::Value as Json;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::access::Identity;
use crate::session::Session;

/// How many finished queries are kept, in addition to the running ones.
const MAX_FINISHED: usize = 1000;
/// How many bytes the finished queries may take; the newest is kept whatever its size.
const MAX_BYTES: usize = 32 << 20;
/// Roughly what a query takes in addition to its text and its response.
const OVERHEAD: usize = 1 << 10;

#[derive(Clone)]
pub(crate) struct Query {
    pub(crate) id: String,
    pub(crate) session: i64,
    pub(crate) identity: Identity,
    /// The text without secrets.
    pub(crate) text: Arc<str>,
    request: Option<Request>,
    answer: watch::Receiver<Option<Answer>>,
    sender: Arc<watch::Sender<Option<Answer>>>,
    /// Cancelled when the query is aborted.
    pub(crate) abort_token: CancellationToken,
    table: Weak<Mutex<QueryTable>>,
}

/// A session, and the request id that its client chose.
type Request = (i64, String);

/// The response envelope of a finished query, kept as the text that is sent: parsed JSON would take
/// several times the memory.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) success: bool,
    pub(crate) text: Bytes,
}

impl Answer {
    fn new(envelope: &Json) -> Self {
        let mut text = envelope.to_string().into_bytes();
        text.shrink_to_fit();
        Self { success: envelope["success"] == true, text: text.into() }
    }

    pub(crate) fn json(&self) -> Json {
        serde_json::from_slice(&self.text).expect("the text was written from JSON")
    }
}

impl Query {
    /// Waits for the response envelope; `None` if the time elapses first.
    pub(crate) async fn answer(&self, within: Duration) -> Option<Answer> {
        let mut answer = self.answer.clone();
        let waited = tokio::time::timeout(within, answer.wait_for(Option::is_some)).await;
        waited.ok()?.ok()?.clone()
    }

    /// The response envelope, if the query has finished.
    pub(crate) fn finished(&self) -> Option<Answer> {
        self.answer.borrow().clone()
    }

    /// Sets the response envelope, unless the query has finished.
    pub(crate) fn finish(&self, envelope: &Json) {
        let envelope = Answer::new(envelope);
        let size = envelope.text.len() + self.text.len() + OVERHEAD;
        let finishes = self.sender.send_if_modified(|answer| {
            let open = answer.is_none();
            if open {
                *answer = Some(envelope);
            }
            open
        });
        if finishes && let Some(table) = self.table.upgrade() {
            lock(&table).keep(self.id.clone(), size);
        }
    }
}

#[derive(Default)]
pub(crate) struct Queries(Arc<Mutex<QueryTable>>);

#[derive(Default)]
struct QueryTable {
    by_id: HashMap<String, Query>,
    by_request: HashMap<Request, String>,
    /// The finished queries and their sizes, in the order in which they finished.
    finished: VecDeque<(String, usize)>,
    /// The sum of these sizes.
    bytes: usize,
}

fn lock(table: &Mutex<QueryTable>) -> MutexGuard<'_, QueryTable> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

impl QueryTable {
    /// Keeps a finished query. Removes the oldest finished queries if there are too many or they
    /// take too many bytes.
    fn keep(&mut self, id: String, size: usize) {
        self.finished.push_back((id, size));
        self.bytes += size;
        while self.finished.len() > 1
            && (self.finished.len() > MAX_FINISHED || self.bytes > MAX_BYTES)
        {
            let Some((id, size)) = self.finished.pop_front() else { return };
            self.bytes -= size;
            let query = self.by_id.remove(&id);
            if let Some(request) = query.and_then(|query| query.request) {
                self.by_request.remove(&request);
            }
        }
    }
}

impl Queries {
    /// A new query and `true`, or, if this request is a retry, the query it started and `false`.
    pub(crate) fn begin(
        &self,
        session: &Session,
        request: Option<&str>,
        text: &str,
    ) -> (Query, bool) {
        let (session, identity) = (session.id, session.state().identity);
        let mut table = lock(&self.0);
        let request = request.map(|request| (session, request.to_owned()));
        let before = request.as_ref().and_then(|request| table.by_request.get(request));
        if let Some(query) = before.and_then(|id| table.by_id.get(id)) {
            return (query.clone(), false);
        }
        let (sender, answer) = watch::channel(None);
        let query = Query {
            id: uuid::Uuid::new_v4().to_string(),
            session,
            identity,
            text: text.into(),
            request: request.clone(),
            answer,
            sender: Arc::new(sender),
            abort_token: CancellationToken::new(),
            table: Arc::downgrade(&self.0),
        };
        table.by_id.insert(query.id.clone(), query.clone());
        if let Some(request) = request {
            table.by_request.insert(request, query.id.clone());
        }
        (query, true)
    }

    pub(crate) fn by_id(&self, id: &str) -> Option<Query> {
        lock(&self.0).by_id.get(id).cloned()
    }

    /// The query that a request started.
    pub(crate) fn by_request(&self, session: i64, request: &str) -> Option<Query> {
        let table = lock(&self.0);
        let id = table.by_request.get(&(session, request.to_owned()))?;
        table.by_id.get(id).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Timing;
    use crate::session::{SessionState, Sessions, TransferShape};

    fn session() -> Arc<Session> {
        let state = SessionState {
            identity: Identity::User("ADMIN".to_owned()),
            role: "PUBLIC".to_owned(),
            secondary: false,
            namespace: Default::default(),
            warehouse: None,
            parameters: Default::default(),
            last_query: None,
        };
        Sessions::new(Timing::default()).open(state, TransferShape::Token)
    }

    #[test]
    fn a_running_query_is_kept_when_finished_ones_are_removed() {
        let session = session();
        let queries = Queries::default();
        let (running, _) = queries.begin(&session, Some("request"), "SELECT 1");
        let mut finished = Vec::new();
        for _ in 0..MAX_FINISHED + 2 {
            let (query, _) = queries.begin(&session, None, "SELECT 2");
            query.finish(&Json::Null);
            finished.push(query.id);
        }
        assert_eq!(queries.by_id(&running.id).map(|query| query.id), Some(running.id.clone()));
        let (again, new) = queries.begin(&session, Some("request"), "SELECT 1");
        assert!(!new && again.id == running.id, "the request runs only once");
        assert!(queries.by_id(&finished[0]).is_none(), "the oldest finished query is removed");
        assert!(queries.by_id(&finished[2]).is_some());
    }

    #[test]
    fn finished_queries_are_removed_when_they_take_too_many_bytes() {
        let session = session();
        let queries = Queries::default();
        let (running, _) = queries.begin(&session, None, "SELECT 1");
        let large = Json::String("x".repeat(MAX_BYTES / 4));
        let mut finished = Vec::new();
        for _ in 0..8 {
            let request = format!("request {}", finished.len());
            let (query, _) = queries.begin(&session, Some(&request), "SELECT 2");
            query.finish(&large);
            finished.push(query);
        }
        let kept = finished.iter().filter(|query| queries.by_id(&query.id).is_some()).count();
        assert_eq!(kept, 3, "each takes a quarter and a little more");
        assert!(queries.by_id(&finished[7].id).is_some(), "the newest is among them");
        assert!(queries.by_request(session.id, "request 0").is_none(), "its query is removed");
        assert!(queries.by_id(&running.id).is_some());
        let (query, _) = queries.begin(&session, None, "SELECT 3");
        query.finish(&Json::String("x".repeat(2 * MAX_BYTES)));
        assert!(queries.by_id(&query.id).is_some(), "one that is too large is kept alone");
        assert!(queries.by_id(&finished[7].id).is_none());
    }
}
