//! What a target says of itself: plain values that `spcs-apply` fills in from SHOW and DESCRIBE.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::sql::{Grant, ObjectKind};

/// The environment variable that carries a spec's fingerprint through DESCRIBE SERVICE.
pub const SPEC_DIGEST_VARIABLE: &str = "SPCS_SPEC_DIGEST";

/// Everything about a target that a plan depends on. The default is a target where nothing is.
///
/// All names are as the catalog has them: upper case, `DB.SCHEMA.NAME` for objects in a schema.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// Every object but pools and services: those that [`crate::Desired::objects`] lists, and the
    /// others that live in the deployment's database, because those keep `clean` from dropping it.
    pub objects: Vec<ObservedObject>,
    /// The grants to the roles and users that [`crate::Desired::grantees`] lists.
    pub grants: BTreeSet<Grant>,
    /// Compute pools by name.
    pub pools: BTreeMap<String, ObservedPool>,
    /// Services by `DB.SCHEMA.NAME`, those of others too: they keep `clean` from dropping a pool.
    pub services: BTreeMap<String, ObservedService>,
    /// File names on the stage for specs, without the stage's own name.
    pub staged: BTreeSet<String>,
    /// Pushed images: image name -> tag -> manifest digest (`sha256:…`).
    pub images: BTreeMap<String, BTreeMap<String, String>>,
}

/// One object of the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedObject {
    /// What it is.
    pub kind: ObjectKind,
    /// Its full name.
    pub name: String,
    /// Its COMMENT, empty when there is none. It says whose the object is.
    pub comment: String,
    /// Columns of SHOW or DESCRIBE, lower-case name -> text (`size`, `auto_suspend`, `value_list` …).
    /// A setting whose column is missing here is taken to be as wanted.
    pub properties: BTreeMap<String, String>,
}

/// One compute pool.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedPool {
    /// `ACTIVE`, `IDLE`, `STARTING`, `SUSPENDED` …
    pub state: String,
    /// As of MIN_NODES.
    pub min_nodes: u32,
    /// As of MAX_NODES.
    pub max_nodes: u32,
    /// As of AUTO_SUSPEND_SECS, if it is shown.
    pub auto_suspend_secs: Option<u32>,
    /// As of SHOW COMPUTE POOLS.
    pub instance_family: String,
    /// Its COMMENT.
    pub comment: String,
}

/// One service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedService {
    /// `RUNNING`, `PENDING`, `SUSPENDED` …
    pub status: String,
    /// The pool it runs in.
    pub compute_pool: String,
    /// Its COMMENT.
    pub comment: String,
    /// The value of [`SPEC_DIGEST_VARIABLE`] in DESCRIBE SERVICE's `spec`.
    pub spec_digest: Option<String>,
    /// Columns of SHOW SERVICES, lower case: `min_instances`, `max_instances`,
    /// `external_access_integrations` (as shown: a JSON list or text).
    pub properties: BTreeMap<String, String>,
}

impl ObservedObject {
    /// How it shows that it is somebody else's.
    pub(crate) fn whose(&self) -> String {
        whose(&self.comment)
    }
}

/// What the comment of somebody else's object says.
pub(crate) fn whose(comment: &str) -> String {
    match comment {
        "" => "it has no comment".to_owned(),
        comment => format!("its comment is `{comment}`"),
    }
}

impl Observed {
    /// The comment and properties of an object, whatever its kind; `None` when it is not there.
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
