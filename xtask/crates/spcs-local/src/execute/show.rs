//! SHOW and DESCRIBE.

use spcs_local_files::Id;
use spcs_local_registry::ImageRow;

use super::Executor;
use super::filter::{like, matches_clauses};
use super::parameters::PARAMETERS;
use crate::clock;
use crate::kind::compute_pool::FAMILIES;
use crate::kind::{Kind, Listing};
use crate::rows::{Rows, cell, moment};
use crate::sql::{ObjectName, SqlError, Value};
use crate::statement::{Scope, Show, Shown};

impl Executor {
    pub(super) fn show(&self, show: Show) -> Result<Rows, SqlError> {
        match &show.what {
            Shown::Objects(kinds) => self.show_objects(&show, kinds),
            Shown::Parameters => Ok(self.show_parameters(&show)),
            Shown::InstanceFamilies => Ok(self.show_families(&show)),
            Shown::Images { repository } => self.show_images(&show, repository),
            Shown::Endpoints { service } => self.show_endpoints(service),
            Shown::ServiceInstances { service } => self.show_instances(service),
            Shown::ServiceContainers { service } => self.show_containers(service),
            Shown::ServiceRoles { service } => self.show_service_roles(service),
            Shown::GrantsToCurrentUser
            | Shown::GrantsOn { .. }
            | Shown::GrantsToRole { .. }
            | Shown::GrantsToUser { .. }
            | Shown::GrantsOfRole { .. }
            | Shown::GrantsOfServiceRole { .. }
            | Shown::GrantsToServiceRole { .. } => self.show_grants(&show),
        }
    }

    fn show_objects(&self, show: &Show, kinds: &[Kind]) -> Result<Rows, SqlError> {
        self.account.catalog.read(|state| {
            let actor = self.actor(state);
            let lookup = self.lookup(state);
            let mut rows = kinds[0].rows(Listing::Show);
            for kind in kinds {
                for object in self.listed(state, &actor, show, *kind)? {
                    rows.push(object.row(&lookup));
                }
            }
            Ok(rows)
        })
    }

    pub(super) fn describe(&self, kind: Kind, name: &ObjectName) -> Result<Rows, SqlError> {
        let path = self.session_state().namespace.resolve(kind, name)?;
        self.account.catalog.read(|state| {
            let object = state.visible(&self.actor(state), kind, &path);
            let object = object.ok_or_else(SqlError::no_operation)?;
            Ok(object.describe(&self.lookup(state)))
        })
    }

    fn show_parameters(&self, show: &Show) -> Rows {
        let mut rows = Rows::new(&["key", "value", "default", "level", "description", "type"]);
        let set = self.session_state().parameters;
        let in_session = matches!(show.scope, None | Some(Scope::Session));
        for (name, default, kind) in PARAMETERS {
            if !matches_clauses(show, name) {
                continue;
            }
            let value = set.get(*name).filter(|_| in_session).map(Value::shown);
            let level = if value.is_some() { "SESSION" } else { "" };
            let value = value.unwrap_or_else(|| (*default).to_owned());
            rows.push(vec![
                cell(name),
                cell(value),
                cell(default),
                cell(level),
                cell(""),
                cell(kind),
            ]);
        }
        rows
    }

    fn show_families(&self, show: &Show) -> Rows {
        let mut rows = Rows::new(&[
            "name",
            "description",
            "vcpu#",
            "memory_gib#",
            "storage_gib#",
            "gpu",
            "gpu_count#",
            "gpu_memory_gib#",
            "current_node_usage#",
            "message",
        ]);
        let used = self.account.catalog.read(|state| {
            let actor = self.actor(state);
            let pools = state.all(Kind::ComputePool).filter(|pool| state.sees(&actor, pool));
            pools.map(|p| (p.shown("INSTANCE_FAMILY"), p.number("MIN_NODES"))).collect()
        });
        let used: Vec<(String, i64)> = used;
        for family in FAMILIES.iter().filter(|family| matches_clauses(show, family.name)) {
            let nodes: i64 =
                used.iter().filter(|(name, _)| name == family.name).map(|(_, nodes)| nodes).sum();
            rows.push(vec![
                cell(family.name),
                cell(format!("{} vCPU, {} GiB", family.vcpu, family.memory_gib)),
                cell(family.vcpu),
                cell(family.memory_gib),
                cell(100),
                family.gpu.map(|(name, ..)| name.to_owned()),
                cell(family.gpu.map_or(0, |(_, count, _)| count)),
                cell(family.gpu.map_or(0, |(.., memory)| memory)),
                cell(nodes),
                cell(""),
            ]);
        }
        rows
    }

    /// The images in a repository.
    pub(super) fn images(&self, repository: &Id) -> Result<Vec<ImageRow>, SqlError> {
        self.account
            .registry
            .images(repository)
            .map_err(|error| SqlError::execution(format!("listing images failed: {error}")))
    }

    fn show_images(&self, show: &Show, repository: &ObjectName) -> Result<Rows, SqlError> {
        let path = self.session_state().namespace.resolve(Kind::ImageRepository, repository)?;
        let id = self.account.catalog.read(|state| {
            let actor = self.actor(state);
            state
                .visible(&actor, Kind::ImageRepository, &path)
                .ok_or_else(SqlError::no_operation)?;
            let privileges = ["READ", "WRITE"];
            let found = state.require(&actor, Kind::ImageRepository, &path, &privileges)?;
            Ok(found.id.clone())
        })?;
        let key = path.join("/").to_lowercase();
        let mut rows = Rows::new(&["created_on@", "image_name", "tags", "digest", "image_path"]);
        for image in self.images(&id)? {
            if show.like.as_ref().is_some_and(|pattern| !like(pattern, &image.name)) {
                continue;
            }
            let tag = image
                .tags
                .first()
                .map_or_else(|| format!("@{}", image.digest), |tag| format!(":{tag}"));
            rows.push(vec![
                moment(clock::of(image.created)),
                cell(&image.name),
                cell(image.tags.join(",")),
                cell(&image.digest),
                cell(format!("{key}/{}{tag}", image.name)),
            ]);
        }
        Ok(rows)
    }
}
