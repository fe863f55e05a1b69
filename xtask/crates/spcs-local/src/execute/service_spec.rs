//! Resolves a service's specification: the images, stages and service roles that it names.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};

use sha2::{Digest, Sha256};
use spcs_local_files::FilePath;
use spcs_local_registry::{RepositoryAccess, RepositoryAction};
use spcs_local_spec::{self as spec, Ports, ServiceSpec};

use super::Executor;
use crate::catalog::Actor;
use crate::clock;
use crate::kind::{EndpointRecord, ImageRecord, Kind, MountRecord, Object, ServiceRecord};
use crate::password::hex;
use crate::sql::SqlError;
use crate::statement::Specification;

/// The service role that every service has.
const ALL_ENDPOINTS: &str = "ALL_ENDPOINTS_USAGE";

/// A specification with its images and stages resolved.
pub(super) struct Resolved {
    pub(super) spec: ServiceSpec,
    images: BTreeMap<String, ImageRecord>,
    stages: BTreeMap<String, MountRecord>,
}

impl Executor {
    /// Parses a specification and pins its images. The owner needs privileges on the objects that
    /// it names; the session's user needs them on the specification file.
    pub(super) fn resolve_specification(
        &self,
        specification: &Specification,
        owner: &Actor,
    ) -> Result<Resolved, SqlError> {
        let text = match specification {
            Specification::Inline(text) => text.clone(),
            Specification::Staged { stage, file } => self.read_staged(stage, file)?,
        };
        let spec = spec::parse(&text).map_err(|error| {
            SqlError::new("395018", "22023", format!("SQL compilation error:\n{error}"))
        })?;
        let mut images = BTreeMap::new();
        for container in &spec.containers {
            let digest = self.digest(&container.image, owner)?;
            let path = container.image.written.clone();
            images.insert(container.name.clone(), ImageRecord { path, digest });
        }
        let mut stages = BTreeMap::new();
        for stage in spec.stages() {
            let location = self.resolve_location(stage)?;
            self.account.catalog.read(|state| {
                let object =
                    state.require(owner, Kind::Stage, &location.stage, &["READ", "WRITE"])?;
                check_mountable(object)
            })?;
            let path = location.path.shown();
            stages.insert(stage.to_owned(), MountRecord { stage: location.stage, path });
        }
        Ok(Resolved { spec, images, stages })
    }

    fn read_staged(&self, stage: &str, file: &str) -> Result<String, SqlError> {
        if stage.is_empty() {
            return Err(SqlError::unsupported("SPECIFICATION_FILE without a stage"));
        }
        let location = self.location(stage, "READ")?;
        let file = file.trim_start_matches('/');
        let path = FilePath::parse(&format!("{}/{file}", location.at.path.shown()));
        let path = path.map_err(|error| {
            SqlError::invalid(format!("invalid specification file '{file}': {error}."))
        })?;
        let failed = |error: io::Error| {
            SqlError::execution(format!("the specification could not be read: {error}"))
        };
        let stage = self.open_stage(&location)?;
        let opened = stage.map_or(Ok(None), |stage| stage.file(&path)).map_err(failed)?;
        let opened = opened.ok_or_else(|| {
            SqlError::new(
                "395019",
                "22023",
                format!(
                    "SQL compilation error:\nFile '{file}' was not found on stage '{}'.",
                    location.at.stage.join(".")
                ),
            )
        })?;
        read(opened).map_err(failed)
    }

    /// The digest of an image. The owner must be allowed to read it.
    fn digest(&self, image: &spec::ImagePath, owner: &Actor) -> Result<String, SqlError> {
        let refused = |why: &str| {
            SqlError::new(
                "395017",
                "22023",
                format!(
                    "SQL compilation error:\nFailed to retrieve image {} from the image \
                     repository: {why}.",
                    image.written
                ),
            )
        };
        let registry = self.account.registry_host();
        // The registry accepts both host names.
        let local = format!("localhost:{}", self.account.port);
        let here = |host: &str| [&registry, &local].iter().any(|it| it.eq_ignore_ascii_case(host));
        if let Some(host) = image.host.as_ref().filter(|host| !here(host)) {
            return Err(refused(&format!(
                "'{host}' is not the registry of this account, which is '{registry}'; use \
                 /<database>/<schema>/<repository>/<image>:<tag> without a host"
            )));
        }
        let action = RepositoryAction::Read;
        let repository =
            match self.account.repository(&owner.clone().into(), &image.repository, action) {
                RepositoryAccess::Allowed(id) => id,
                RepositoryAccess::Denied => {
                    let name = image.repository.to_uppercase().replace('/', ".");
                    return Err(SqlError::insufficient(&format!("image repository '{name}'")));
                }
                RepositoryAccess::NotFound => {
                    let name = image.repository.to_uppercase().replace('/', ".");
                    return Err(SqlError::missing("Image Repository", &name));
                }
            };
        self.account
            .registry
            .resolve(&repository, &image.image, &image.reference)
            .map_err(|error| SqlError::execution(format!("looking up an image failed: {error}")))?
            .ok_or_else(|| refused("image not found"))
    }
}

/// Checks that containers can read the stage's files: client-side encryption prevents that.
fn check_mountable(stage: &Object) -> Result<(), SqlError> {
    let encryption = stage.option("ENCRYPTION", "TYPE");
    if encryption.is_some_and(|kind| kind.shown() == "SNOWFLAKE_SSE") {
        return Ok(());
    }
    Err(SqlError::new(
        "395018",
        "22023",
        format!(
            "SQL compilation error:\nInvalid spec: stage '{}' cannot be mounted: a volume needs \
             ENCRYPTION = (TYPE = 'SNOWFLAKE_SSE').",
            stage.full_name()
        ),
    ))
}

impl Resolved {
    /// Stores the specification in a service's record. Existing endpoints keep their creation time.
    pub(super) fn fill(
        &self,
        record: &mut ServiceRecord,
        platform: &str,
        path: &[String],
        now: clock::Millis,
    ) {
        let mut digest = Sha256::new().chain_update(self.spec.text());
        for (container, image) in &self.images {
            digest = digest.chain_update(container).chain_update(&image.digest);
        }
        record.spec_digest = hex(&digest.finalize());
        record.spec.clone_from(&self.spec);
        record.images.clone_from(&self.images);
        record.stages.clone_from(&self.stages);
        let before = std::mem::take(&mut record.endpoints);
        for endpoint in &self.spec.endpoints {
            let old = before
                .iter()
                .find(|old| old.name == endpoint.name && old.public == endpoint.public);
            let (port, port_range) = match &endpoint.ports {
                Ports::One(port) => (Some(*port), None),
                Ports::Range(range) => (None, Some(format!("{}-{}", range.start(), range.end()))),
            };
            record.endpoints.push(EndpointRecord {
                name: endpoint.name.clone(),
                port,
                port_range,
                protocol: endpoint.protocol.as_str().to_owned(),
                public: endpoint.public,
                label: label(platform, &record.host_seed, path, &endpoint.name),
                since: old.map_or(now, |old| old.since),
            });
        }
        record.roles.clear();
        let all = self.spec.endpoints.iter().map(|endpoint| endpoint.name.clone()).collect();
        record.roles.insert(ALL_ENDPOINTS.to_owned(), all);
        for role in &self.spec.service_roles {
            record.roles.insert(role.name.to_uppercase(), role.endpoints.clone());
        }
    }
}

/// The label in an endpoint's host name: seven letters, stable for the life of the service.
fn label(platform: &str, service: &str, path: &[String], endpoint: &str) -> String {
    let digest = Sha256::new()
        .chain_update(platform)
        .chain_update(service)
        .chain_update(path.join("."))
        .chain_update(endpoint)
        .finalize();
    digest.iter().take(7).map(|byte| char::from(b'a' + byte % 26)).collect()
}

/// A staged specification, if it is not too large to be one.
fn read(file: File) -> io::Result<String> {
    let mut bytes = Vec::new();
    file.take(spec::MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > spec::MAX_BYTES {
        let message = format!("it is larger than {} bytes", spec::MAX_BYTES);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}
