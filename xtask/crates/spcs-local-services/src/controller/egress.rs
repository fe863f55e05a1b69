//! The way out of this machine, which an external access integration opens.

use super::Context;
use super::instance::Instance;

impl Context {
    /// Connects an instance that runs to the network that leads out, or takes it off, if it is
    /// not as its deployment says. What fails is tried again with the next step.
    pub(super) async fn reconcile_egress(&self, instance: &mut Instance) {
        let Some(deployment) = &instance.deployment else { return };
        let egress = deployment.egress;
        let network = self.egress_network_name();
        let owner = instance.containers.first_mut().filter(|container| container.running());
        let Some(state) = owner.and_then(|container| container.state.as_mut()) else { return };
        if state.networks.contains(&network) == egress {
            return;
        }
        let done = async {
            if egress {
                self.runtime.ensure_network(&network, false).await?;
            }
            self.runtime.connect(&state.id, &network, egress).await
        };
        match done.await {
            Ok(()) if egress => state.networks.push(network),
            Ok(()) => state.networks.retain(|name| *name != network),
            Err(error) => {
                tracing::warn!(container = state.name, %error, egress, "egress is as before");
            }
        }
    }
}
