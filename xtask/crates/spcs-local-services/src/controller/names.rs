//! Names of the controller's objects in the engine. They are made of the ids of services and
//! schemas, which no other object of the platform has. Each ends with the platform's id, because a
//! copy of the state directory has the same ids.

use super::Context;
use crate::service::Deployment;

/// The longest part of a container's name that only people read.
const MAX_READABLE: usize = 60;

/// A service's name as people recognise it. Different names can have the same.
fn readable(name: &str) -> String {
    let replace_special = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    name.to_ascii_lowercase().chars().map(replace_special).take(MAX_READABLE).collect()
}

/// The ids of a service's schema and of the service.
fn ids(key: &str) -> (&str, &str) {
    key.split_once('.').unwrap_or((key, key))
}

impl Context {
    /// `spcs-<schema id>-<platform id>`
    pub(super) fn network_name(&self, key: &str) -> String {
        format!("spcs-{}-{}", ids(key).0, self.dirs.platform_id)
    }

    /// The platform's network with internet access.
    pub(super) fn egress_network_name(&self) -> String {
        format!("{}{}", crate::runtime::EGRESS_NETWORK, self.dirs.platform_id)
    }

    /// `spcs-<db>-<schema>-<service>-<instance>-<container>-<service id>-<platform id>`
    pub(super) fn container_name(
        &self,
        deployment: &Deployment,
        instance: u32,
        container: &str,
    ) -> String {
        let (name, (_, id)) = (readable(&deployment.name), ids(&deployment.key));
        format!("spcs-{name}-{instance}-{container}-{id}-{}", self.dirs.platform_id)
    }

    /// `spcs-<service id>-<instance>-<volume>-<platform id>`
    pub(super) fn volume_name(&self, key: &str, instance: u32, volume: &str) -> String {
        format!("spcs-{}-{instance}-{volume}-{}", ids(key).1, self.dirs.platform_id)
    }

    /// `registry/db/schema/repo/image@sha256:…`
    pub(super) fn image_name(&self, image: &crate::service::PinnedImage) -> Option<String> {
        let path = spcs_local_spec::ImagePath::parse(&image.path)?;
        let (registry, digest) = (&self.login.registry, &image.digest);
        Some(format!("{registry}/{}/{}@{digest}", path.repository, path.image))
    }
}
