//! Statements, staged specs, and services.

use spcs_plan::{Change, PlannedStatement, RenderedSpec};

use super::{Error, Progressing};
use crate::account::{RestSession, Session};
use crate::stage::{self, Put};

impl Progressing {
    /// Runs the statements of a file that are not unchanged.
    pub(super) async fn run_statements(
        &self,
        file: &str,
        statements: &[PlannedStatement],
    ) -> Result<Change, Error> {
        let change = Change::of(statements);
        if change == Change::Unchanged {
            return Ok(change);
        }
        let session = self.sessions.take().await?;
        let sent = self.send(&session, file, statements).await;
        self.sessions.give_back(session);
        sent?;
        Ok(change)
    }

    async fn send(
        &self,
        session: &Session,
        file: &str,
        statements: &[PlannedStatement],
    ) -> Result<(), Error> {
        for statement in statements.iter().filter(|s| s.change != Change::Unchanged) {
            if self.run.cancel.is_cancelled() {
                return Err(Error::Interrupted);
            }
            tracing::info!(file, line = statement.line, "{}", statement.summary);
            session.query(&statement.text, &self.run.secrets).await.map_err(|source| {
                let (line, change) = (statement.line, statement.change.word());
                let doing = format!("{file}:{line}: {change} {}", statement.summary);
                Error::Account { doing, source }
            })?;
        }
        Ok(())
    }

    /// Puts the spec of a service on the stage, unless it is there.
    pub(super) async fn put(&self, service: &str) -> Result<Change, Error> {
        let spec = self.rendered(service)?;
        if self.observed.staged.contains(&spec.file_name) {
            return Ok(Change::Unchanged);
        }
        let to = format!("@{}", self.run.desired.specs_stage);
        let failed = |source| {
            let (file, stage) = (spec.file_name.as_str().into(), to.as_str().into());
            Error::Put { file, stage, source }
        };
        let session = RestSession::open(
            self.sessions.connection()?,
            Some(&self.run.project.config.roles.system),
        );
        let session = session.await.map_err(|error| failed(error.into()))?;
        let bytes = spec.text.clone().into_bytes();
        let put = stage::put(&session, bytes, &to, &spec.file_name).await;
        session.close().await;
        Ok(match put.map_err(failed)? {
            Put::Uploaded => Change::Put,
            Put::Skipped => Change::Unchanged,
        })
    }

    /// Creates or rolls a service: only now are the digests of its images known.
    pub(super) async fn service(&self, service: &str) -> Result<Change, Error> {
        let spec = self.rendered(service)?;
        let name = self.service_name(service)?;
        let observed = self.observed.services.get(&name);
        let (project, target) = (&self.run.project, &self.run.target);
        let (file, statements) =
            spcs_plan::service_statements(project, target, service, &spec, observed)?;
        self.run_statements(&file, &statements).await
    }

    pub(super) fn service_name(&self, service: &str) -> Result<String, Error> {
        let found = self.run.desired.services.get(service);
        found.map(|found| found.name.clone()).ok_or_else(|| Error::Unplanned(service.to_owned()))
    }

    pub(super) fn pool_name(&self, pool: &str) -> Result<String, Error> {
        let found = self.run.desired.pools.get(pool);
        found.cloned().ok_or_else(|| Error::Unplanned(pool.to_owned()))
    }

    fn rendered(&self, service: &str) -> Result<RenderedSpec, Error> {
        let digests = self.digests(service)?;
        Ok(spcs_plan::render_spec(&self.run.project, &self.run.target, service, &digests)?)
    }
}
