//! Sessions can be used only from where they were opened.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::AUTHORIZATION;

use super::body;
use crate::access::Origin;
use crate::account::Account;

/// Removes the token of a session that was opened elsewhere. So the session does not exist for this
/// request, whatever it is.
pub(super) async fn bind_session(
    State(account): State<Arc<Account>>,
    Extension(origin): Extension<Origin>,
    mut request: Request,
    next: Next,
) -> Response {
    let session = body::token(request.headers()).and_then(|it| account.sessions.by_master(it));
    if session.is_some_and(|session| !origin.admits(&session.state().identity)) {
        request.headers_mut().remove(AUTHORIZATION);
    }
    next.run(request).await
}
