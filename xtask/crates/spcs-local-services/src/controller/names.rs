//! Names of the controller's objects in the engine.
//!
//! Each name ends with a prefix of the platform id, because names must be unique in the engine and
//! two platforms on one machine may run the same service.

use super::Context;

/// A service key as a part of object names.
pub(super) fn slug(key: &str) -> String {
    let replace_special = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    key.to_ascii_lowercase().chars().map(replace_special).collect()
}

impl Context {
    fn object_name(&self, name: &str) -> String {
        let short = &self.dirs.platform_id[..self.dirs.platform_id.len().min(6)];
        format!("spcs-{name}-{short}")
    }

    /// `spcs-<db>-<schema>-<id>`
    pub(super) fn network_name(&self, key: &str) -> String {
        let schema = key.rsplit_once('.').map_or(key, |(schema, _)| schema);
        self.object_name(&slug(schema))
    }

    /// The platform's network with internet access.
    pub(super) fn egress_network_name(&self) -> String {
        self.object_name("egress")
    }

    /// `spcs-<db>-<schema>-<service>-<instance>-<container>-<id>`
    pub(super) fn container_name(&self, key: &str, instance: u32, container: &str) -> String {
        self.object_name(&format!("{}-{instance}-{container}", slug(key)))
    }

    /// `spcs-<db>-<schema>-<service>-<instance>-<volume>-<id>`
    pub(super) fn volume_name(&self, key: &str, instance: u32, volume: &str) -> String {
        self.object_name(&format!("{}-{instance}-{volume}", slug(key)))
    }

    /// `registry/db/schema/repo/image@sha256:…`
    pub(super) fn image_name(&self, image: &crate::service::PinnedImage) -> Option<String> {
        let path = spcs_local_spec::ImagePath::parse(&image.path)?;
        let (registry, digest) = (&self.login.registry, &image.digest);
        Some(format!("{registry}/{}/{}@{digest}", path.repository, path.image))
    }
}
