//! Runs statements, uploads specs to the stage, and creates services.

use spcs_plan::{Change, Planned, PlannedStatement, RenderedSpec};

use super::{Error, Run, RunState, lock};
use crate::account::{RestSession, Session};
use crate::stage::{self, Put};

impl RunState {
    /// Runs those statements of a file that change something.
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
            tracing::info!(file, line = statement.line, "{}", statement.summary());
            session.query(&statement.text, &self.run.secrets).await.map_err(|source| {
                let (line, change) = (statement.line, statement.change.word());
                let doing = format!("{file}:{line}: {change} {}", statement.summary());
                Error::Account { doing, source }
            })?;
        }
        Ok(())
    }

    /// Uploads a service's spec to the stage, unless the stage already has it.
    pub(super) async fn put(
        &self,
        service: &str,
        stage: &str,
        spec: &Planned<RenderedSpec>,
    ) -> Result<Change, Error> {
        let spec = match spec {
            Planned::Known(spec) => spec.clone(),
            Planned::Deferred => self.rendered(service)?,
        };
        if self.observed.staged.contains(&spec.file_name) {
            return Ok(Change::Unchanged);
        }
        let to = format!("@{stage}");
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

    /// Creates or upgrades a service.
    pub(super) async fn service(
        &self,
        service: &str,
        file: &str,
        statements: &Planned<Vec<PlannedStatement>>,
    ) -> Result<Change, Error> {
        match statements {
            Planned::Known(statements) => self.run_statements(file, statements).await,
            Planned::Deferred => {
                let spec = self.rendered(service)?;
                let Run { project, target, .. } = &self.run;
                let observed = &self.observed;
                let statements =
                    spcs_plan::service_statements(project, target, service, file, &spec, observed)?;
                self.run_statements(file, &statements).await
            }
        }
    }

    /// Renders, once, the spec of a service whose images were not built when the run started.
    fn rendered(&self, service: &str) -> Result<RenderedSpec, Error> {
        if let Some(spec) = lock(&self.rendered).get(service) {
            return Ok(spec.clone());
        }
        let digests = self.digests(service)?;
        let Run { project, target, .. } = &self.run;
        let spec = spcs_plan::render_spec(project, target, service, &digests)?;
        lock(&self.rendered).insert(service.to_owned(), spec.clone());
        Ok(spec)
    }
}
