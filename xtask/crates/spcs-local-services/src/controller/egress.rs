//! Egress, which an external access integration enables.

use super::Context;
use super::instance::Instance;

impl Context {
    /// Connects a running instance to the egress network, or disconnects it, as its deployment
    /// specifies. A failure is retried in the next step.
    pub(super) async fn reconcile_egress(&self, instance: &mut Instance) {
        let Some(deployment) = &instance.deployment else { return };
        let egress = !deployment.egress.is_empty();
        let network = self.egress_network_name();
        let first = instance.containers.first_mut().filter(|container| container.running());
        let Some(state) = first.and_then(|container| container.state.as_mut()) else { return };
        if state.networks.contains_key(&network) == egress {
            return;
        }
        let changed = async {
            if egress {
                self.ensure_network(&network, false).await?;
            }
            self.runtime.connect(&state.id, &network, egress).await?;
            // The firewall rules need the new address.
            self.runtime.inspect(std::slice::from_ref(&state.id)).await
        };
        match changed.await {
            Ok(found) => *state = found.into_iter().next().unwrap_or_else(|| state.clone()),
            Err(error) => {
                tracing::warn!(container = state.name, %error, egress, "cannot change egress");
            }
        }
    }
}
