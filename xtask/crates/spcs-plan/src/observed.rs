//! The observed state of a target: plain values that `spcs-apply` reads with SHOW and DESCRIBE.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::sql::{Grant, ObjectKind};

/// The environment variable that holds a spec's digest, readable through DESCRIBE SERVICE.
pub const SPEC_DIGEST_VARIABLE: &str = "SPCS_SPEC_DIGEST";

/// Everything about a target that a plan depends on. The default is an empty target.
///
/// Names are in catalog form: upper case, `DB.SCHEMA.NAME` for objects in a schema.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// All objects except pools and services: those of [`crate::Desired::objects`], and all others in
    /// the deployment's database, because those keep `clean` from dropping it.
    pub objects: Vec<ObservedObject>,
    /// The grants to the roles and users that [`crate::Desired::grantees`] lists.
    pub grants: BTreeSet<Grant>,
    /// Compute pools by name.
    pub pools: BTreeMap<String, ObservedPool>,
    /// Services by `DB.SCHEMA.NAME`, including those of others: they keep `clean` from dropping a pool.
    pub services: BTreeMap<String, ObservedService>,
    /// File names on the stage for specs, without the stage's own name.
    pub staged: BTreeSet<String>,
    /// Images in the repository: name -> tag -> manifest digest (`sha256:…`).
    pub images: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedObject {
    pub kind: ObjectKind,
    /// Its full name.
    pub name: String,
    /// Its COMMENT, empty if it has none. It identifies the owner of the object.
    pub comment: String,
    /// Columns of SHOW or DESCRIBE by lower-case name (`size`, `auto_suspend`, `value_list` …).
    /// A setting whose column is missing counts as having its desired value.
    pub properties: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedPool {
    /// `ACTIVE`, `IDLE`, `STARTING`, `SUSPENDED` …
    pub state: String,
    pub min_nodes: u32,
    pub max_nodes: u32,
    pub auto_suspend_secs: Option<u32>,
    pub instance_family: String,
    pub comment: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedService {
    /// `RUNNING`, `PENDING`, `SUSPENDED` …
    pub status: String,
    pub compute_pool: String,
    pub comment: String,
    /// The value of [`SPEC_DIGEST_VARIABLE`] in the `spec` of DESCRIBE SERVICE.
    pub spec_digest: Option<String>,
    /// Columns of SHOW SERVICES, lower case: `min_instances`, `max_instances`,
    /// `external_access_integrations` (as shown: a JSON list or text).
    pub properties: BTreeMap<String, String>,
}

impl ObservedObject {
    /// Describes the comment of an object that does not belong to the deployment.
    pub(crate) fn foreign_comment(&self) -> String {
        foreign_comment(&self.comment)
    }
}

/// Describes the comment of an object that does not belong to the deployment.
pub(crate) fn foreign_comment(comment: &str) -> String {
    match comment {
        "" => "it has no comment".to_owned(),
        comment => format!("its comment is `{comment}`"),
    }
}

impl Observed {
    /// Finds an object of any kind by its full name.
    pub fn find(&self, kind: ObjectKind, name: &str) -> Option<ObservedObject> {
        let seen = |comment: &str, properties: BTreeMap<String, String>| ObservedObject {
            kind,
            name: name.to_owned(),
            comment: comment.to_owned(),
            properties,
        };
        match kind {
            ObjectKind::ComputePool => self.pools.get(name).map(|pool| {
                let properties = [
                    ("min_nodes", Some(pool.min_nodes.to_string())),
                    ("max_nodes", Some(pool.max_nodes.to_string())),
                    ("auto_suspend_secs", pool.auto_suspend_secs.map(|secs| secs.to_string())),
                    ("instance_family", Some(pool.instance_family.clone())),
                    ("state", Some(pool.state.clone())),
                ];
                let shown = properties.into_iter().filter_map(|(k, v)| Some((k.to_owned(), v?)));
                seen(&pool.comment, shown.collect())
            }),
            ObjectKind::Service => self.services.get(name).map(|service| {
                let mut properties = service.properties.clone();
                properties.insert("status".to_owned(), service.status.clone());
                seen(&service.comment, properties)
            }),
            _ => self.objects.iter().find(|o| o.kind == kind && o.name == name).cloned(),
        }
    }
}
