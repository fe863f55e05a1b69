//! Names of what the controller makes in the engine.
//!
//! They end in a part of the platform's id: two platforms on one machine may well run the same
//! service, and engines know no two objects of one name.

use super::Context;

/// `DATABASE.SCHEMA.SERVICE` as parts of names.
pub(super) fn slug(key: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    key.to_ascii_lowercase().chars().map(plain).collect()
}

impl Context {
    fn named(&self, name: &str) -> String {
        let short = &self.dirs.platform_id[..self.dirs.platform_id.len().min(6)];
        format!("spcs-{name}-{short}")
    }

    /// `spcs-<db>-<schema>-<id>`
    pub(super) fn network_name(&self, key: &str) -> String {
        let schema = key.rsplit_once('.').map_or(key, |(schema, _)| schema);
        self.named(&slug(schema))
    }

    /// The network of the platform that leads out of this machine.
    pub(super) fn egress_network_name(&self) -> String {
        self.named("egress")
    }

    /// `spcs-<db>-<schema>-<service>-<instance>-<container>-<id>`
    pub(super) fn container_name(&self, key: &str, instance: u32, container: &str) -> String {
        self.named(&format!("{}-{instance}-{container}", slug(key)))
    }

    /// `spcs-<db>-<schema>-<service>-<instance>-<volume>-<id>`
    pub(super) fn volume_name(&self, key: &str, instance: u32, volume: &str) -> String {
        self.named(&format!("{}-{instance}-{volume}", slug(key)))
    }

    /// `registry/db/schema/repo/image@sha256:…`
    pub(super) fn image_name(&self, image: &crate::service::PinnedImage) -> Option<String> {
        let path = spcs_local_spec::ImagePath::parse(&image.path)?;
        let (registry, digest) = (&self.login.registry, &image.digest);
        Some(format!("{registry}/{}/{}@{digest}", path.repository, path.image))
    }
}
