//! Starting missing containers, with their images, networks, volumes and tokens.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{self, Duration};

use spcs_local_spec::Container;
use tokio::time::Instant;

use super::firewall::Placement;
use super::instance::{ContainerRun, Instance, ProbeRun, Waiting};
use super::task::ServiceTask;
use super::{Context, files};
use crate::runtime::{self, ContainerNetwork, ContainerRequest, Labels, Mount, RuntimeError};
use crate::service::Deployment;

impl ServiceTask {
    /// Starts the missing containers of every instance that is due.
    pub(super) async fn launch_missing(&mut self) {
        let ids: Vec<u32> = self.instances.keys().copied().collect();
        for id in ids {
            let Some(instance) = self.instances.get_mut(&id) else { continue };
            let missing =
                !instance.terminating && instance.containers.iter().any(|c| c.state.is_none());
            let Some(deployment) = instance.deployment.clone() else { continue };
            if !missing || instance.retry_at > Instant::now() {
                continue;
            }
            let wait = deployment.node_ready_at.saturating_duration_since(time::Instant::now());
            if !wait.is_zero() {
                instance.waiting = Waiting::Node;
                instance.retry_at = Instant::now() + wait.min(Duration::from_secs(1));
                continue;
            }
            if instance.waiting == Waiting::Node {
                instance.waiting = Waiting::Start;
            }
            self.report();
            match self.pull_all(&deployment).await {
                None => return,
                Some(Ok(())) => {}
                Some(Err(error)) => {
                    tracing::warn!(service = self.key, instance = id, %error, "pull failed");
                    if let Some(instance) = self.instances.get_mut(&id) {
                        instance.set_start_error(Some(&error));
                    }
                    self.record_failure(id, Waiting::Image);
                    continue;
                }
            }
            let Some(instance) = self.instances.get_mut(&id) else { continue };
            instance.waiting = Waiting::Start;
            match self.context.launch(&self.key, instance, &deployment).await {
                Ok(()) => instance.attempts = 0,
                Err(error) => {
                    tracing::warn!(service = self.key, instance = id, %error, "start failed");
                    self.record_failure(id, Waiting::Start);
                }
            }
            self.report();
        }
    }

    pub(super) fn record_failure(&mut self, id: u32, waiting: Waiting) {
        let timing = self.context.timing;
        if let Some(instance) = self.instances.get_mut(&id) {
            instance.waiting = waiting;
            instance.attempts += 1;
            instance.retry_at = Instant::now() + timing.backoff(instance.attempts);
        }
    }

    /// Pulls all images of a deployment. `None` if the goal changed in the meantime.
    pub(super) async fn pull_all(
        &mut self,
        deployment: &Deployment,
    ) -> Option<Result<(), RuntimeError>> {
        for pinned in deployment.images.values() {
            let Some(image) = self.context.image_name(pinned) else {
                let doing = format!("pulling {}", pinned.path);
                let message = "Provided image name uses an invalid format".to_owned();
                return Some(Err(RuntimeError { doing, message }));
            };
            tokio::select! {
                biased;
                _ = self.goal.changed() => return None,
                pulled = self.context.runtime.pull(&image, &self.context.login) => {
                    if let Err(error) = pulled {
                        return Some(Err(error));
                    }
                }
            }
        }
        Some(Ok(()))
    }
}

impl super::ControllerTiming {
    /// The backoff after this many consecutive failures.
    pub(super) fn backoff(&self, failures: u32) -> Duration {
        let factor = 2u32.saturating_pow(failures.saturating_sub(1).min(16));
        self.first_backoff.saturating_mul(factor).min(self.last_backoff)
    }
}

impl Context {
    /// Creates an instance's networks, volumes and stages, and starts its missing containers.
    async fn launch(
        &self,
        key: &str,
        instance: &mut Instance,
        deployment: &Arc<Deployment>,
    ) -> Result<(), RuntimeError> {
        let mut networks = vec![self.network_name(key)];
        let prepared = async {
            // The engine's objects of a service without a directory would never be found again.
            files::create_service(&self.dirs, key).map_err(|error| RuntimeError {
                doing: format!("creating the directory of {}", deployment.name),
                message: error.to_string(),
            })?;
            let names = self.open_network(deployment).await?;
            if !deployment.egress.is_empty() {
                networks.push(self.egress_network_name());
                self.ensure_network(&networks[1], false).await?;
            }
            self.create_volumes(key, instance.id, deployment).await?;
            let stages = self.prepare_stages(key, instance.id, deployment).await?;
            Ok((names, stages))
        };
        let prepared = prepared.await;
        instance.set_start_error(prepared.as_ref().err());
        let (names, stages) = prepared?;
        for (i, container) in deployment.spec.containers.iter().enumerate() {
            if instance.containers[i].state.is_some() {
                continue;
            }
            let first = instance.containers[0].state.as_ref().map(|state| state.id.clone());
            let network = match first {
                Some(container) if i > 0 => ContainerNetwork::Shared { container },
                _ => ContainerNetwork::Own {
                    networks: networks.clone(),
                    names: names.clone(),
                    ports: deployment.spec.published_ports(),
                },
            };
            let run = &mut instance.containers[i];
            let started = async {
                let mounts =
                    self.mounts(key, instance.id, deployment, container, &names, &stages)?;
                let request =
                    self.request(instance.id, deployment, container, run, network, mounts);
                let id = self.runtime.run(&request).await?;
                let found = self.runtime.inspect(std::slice::from_ref(&id)).await?;
                found.into_iter().next().ok_or_else(|| RuntimeError {
                    doing: format!("starting {}", request.name),
                    message: "the container disappeared after the start".to_owned(),
                })
            };
            match started.await {
                Ok(state) => {
                    run.state = Some(state);
                    run.start_error = None;
                    run.ready = false;
                    run.readiness = ProbeRun::new();
                    run.liveness = ProbeRun::new();
                    if i == 0 {
                        self.open(key, instance, deployment).await?;
                        if self.runtime.has_gate().await? {
                            // The engine may have made a new namespace, which has no rules yet.
                            self.firewall.enforce_again(Duration::ZERO).await?;
                        }
                    }
                }
                Err(error) => {
                    run.start_error = Some(format!("{error}\n"));
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Creates a network if it does not exist. Returns when it is closed, which it has to be before
    /// the first container is in it.
    pub(super) async fn ensure_network(
        &self,
        name: &str,
        internal: bool,
    ) -> Result<(), RuntimeError> {
        if self.runtime.ensure_network(name, internal).await? {
            self.firewall.networks_changed();
        }
        self.firewall.enforce().await
    }

    /// Opens what the firewall rules allow an instance. Returns when the rules are in force.
    pub(super) async fn open(
        &self,
        key: &str,
        instance: &Instance,
        deployment: &Deployment,
    ) -> Result<(), RuntimeError> {
        let placement = Placement::of(instance, deployment, &self.network_name(key));
        self.firewall.set(key, instance.id, placement).await
    }

    pub(super) fn labels(&self, key: &str, name: &str, instance: u32) -> Labels {
        Labels::from([
            (runtime::PLATFORM.to_owned(), self.dirs.platform_id.clone()),
            (runtime::SERVICE_KEY.to_owned(), key.to_owned()),
            (runtime::SERVICE.to_owned(), name.to_owned()),
            (runtime::INSTANCE.to_owned(), instance.to_string()),
        ])
    }

    fn request(
        &self,
        instance: u32,
        deployment: &Deployment,
        container: &Container,
        run: &ContainerRun,
        network: ContainerNetwork,
        mounts: Vec<Mount>,
    ) -> ContainerRequest {
        let mut labels = self.labels(&deployment.key, &deployment.name, instance);
        let mut label = |name: &str, value: &str| labels.insert(name.to_owned(), value.to_owned());
        label(runtime::CONTAINER, &container.name);
        label(runtime::SPEC_DIGEST, &deployment.spec_digest);
        label(runtime::IMAGE, &run.image.path);
        label(runtime::IMAGE_DIGEST, &run.image.digest);
        label(runtime::RESTARTS, &run.restarts.to_string());
        if let Some(code) = run.last_exit {
            label(runtime::LAST_EXIT, &code.to_string());
        }
        let mut env: BTreeMap<&str, &str> =
            deployment.environment.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        env.extend(container.env.iter().map(|(k, v)| (k.as_str(), v.as_str())));
        ContainerRequest {
            name: self.container_name(deployment, instance, &container.name),
            labels,
            image: self.image_name(&run.image).unwrap_or_default(),
            command: container.command.clone(),
            args: container.args.clone(),
            env: env.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
            mounts,
            network,
            memory: container.resources.limits.memory,
            cpus: container.resources.limits.cpu,
            stop_grace: self.timing.stop_grace,
        }
    }

    /// Writes new session tokens, and the current key, to the directories that containers have mounted.
    pub(super) fn replace_tokens(&self, key: &str, instance: u32, deployment: &Deployment) {
        for container in deployment.spec.containers.iter().filter(|c| c.token.mounted) {
            let written = files::write_session(&self.dirs, instance, container, deployment);
            if let Err(error) = written {
                tracing::warn!(service = key, %error, "cannot replace the session token");
            }
        }
    }
}
