//! Builds an image and stores it as an OCI layout. If no input has changed, the engine is not
//! called.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use spcs_plan::config::TargetKind;

use crate::child;
use crate::engine::{Engine, EngineKind};
use crate::layout::Layout;
use crate::progress::Progress;

mod base;
mod bootstrap;
mod disk_space;
mod error;
mod host;
mod ignore;
mod images;
mod inputs;
mod processes;
mod reach;
mod record;
mod run;
mod save;
mod working;

pub use disk_space::NotEnoughSpace;
pub(crate) use disk_space::check as check_disk_space;
pub use error::BuildError;
pub use images::{StoredImage, remove as remove_images, stored as stored_images};
use record::Record;
pub use working::{remove_ended, remove_running};

/// What an image is built from.
#[derive(Debug, Clone)]
pub struct BuildRequest {
    /// The image's key in spcs.toml, such as `milvus`.
    pub name: String,
    /// The kind of target that the image is for. Each kind has its own image of this name.
    pub kind: TargetKind,
    pub context: PathBuf,
    pub dockerfile: PathBuf,
    /// The value of the Dockerfile's `ARG BASE`, such as `docker.io/library/debian:bookworm-slim`.
    pub base: Option<String>,
    /// Additional build arguments.
    pub args: BTreeMap<String, String>,
    /// The directory for images, layers and logs: `target/spcs`.
    pub work_dir: PathBuf,
}

/// A built image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltImage {
    pub layout: PathBuf,
    /// The digest of its manifest, `sha256:…`.
    pub digest: String,
    /// Whether the engine was called.
    pub rebuilt: bool,
}

/// Whether an image needs building, determined without calling an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildState {
    /// The layout was built from the current inputs.
    Built(BuiltImage),
    /// The image must be built.
    Stale { reason: String },
}

impl BuildRequest {
    fn kind_word(&self) -> &'static str {
        match self.kind {
            TargetKind::Local => "local",
            TargetKind::Snowflake => "snowflake",
        }
    }

    /// The directory with the layouts and build records for this kind of target.
    fn folder(&self) -> PathBuf {
        self.work_dir.join("images").join(self.kind_word())
    }

    fn layout_dir(&self) -> PathBuf {
        self.folder().join(&self.name)
    }

    /// The tag in the engine's store. It depends on the work directory, so that two checkouts can
    /// build at the same time without overwriting each other's image.
    fn tag(&self) -> String {
        let (kind, checkout) = (self.kind_word(), images::checkout(&self.work_dir));
        format!("{}{kind}/{}:{checkout}", images::PREFIX, self.name)
    }
}

/// Checks whether an image's layout is up to date, without calling an engine.
pub fn state(request: &BuildRequest) -> Result<BuildState, BuildError> {
    Ok(compare(request, &read_inputs(request)?))
}

fn read_inputs(request: &BuildRequest) -> Result<inputs::Inputs, BuildError> {
    inputs::read(request).map_err(BuildError::Inputs)
}

fn compare(request: &BuildRequest, inputs: &inputs::Inputs) -> BuildState {
    let stale = |reason: &str| BuildState::Stale { reason: reason.to_owned() };
    let Some(record) = Record::read(request) else { return stale("it was not built yet") };
    if let Some(difference) = inputs::difference(&record.inputs, inputs) {
        return stale(&difference);
    }
    if let (Some(base), Some(reference)) = (&record.base, &request.base)
        && !base.is_current(reference)
    {
        return stale("this machine's settings in the base image changed");
    }
    match Layout::open(&request.layout_dir()) {
        Ok(layout) if layout.digest == record.digest => BuildState::Built(BuiltImage {
            layout: request.layout_dir(),
            digest: record.digest,
            rebuilt: false,
        }),
        Ok(_) | Err(_) => stale("its layout is not complete"),
    }
}

/// Builds the image if its inputs have changed. Blocks the calling thread.
pub fn build(
    engine: &Engine,
    request: &BuildRequest,
    progress: &dyn Progress,
) -> Result<BuiltImage, BuildError> {
    let inputs = read_inputs(request)?;
    match compare(request, &inputs) {
        BuildState::Built(image) => return Ok(image),
        BuildState::Stale { reason } => {
            tracing::info!(image = request.name, %reason, "building");
        }
    }
    let base = match &request.base {
        Some(reference) => Some(base::provide(engine, request, reference, progress)?),
        None => None,
    };
    run_dockerfile(engine, request, base.as_ref(), progress)?;
    let image_id = image_id(engine, request)?;
    let digest = match unchanged(request, &image_id) {
        Some(digest) => digest,
        None => {
            progress.line(&request.name, "keeping its layers");
            save::save(engine, request)?
        }
    };
    let replaced = Record::read(request).map(|old| old.image_id).filter(|old| *old != image_id);
    let record = Record { inputs, base, image_id, digest: digest.clone() };
    record.write(request).map_err(|source| error::files(&request.work_dir, source))?;
    if let Some(replaced) = replaced {
        save::remove_replaced(engine, &replaced);
    }
    Ok(BuiltImage { layout: request.layout_dir(), digest, rebuilt: true })
}

fn run_dockerfile(
    engine: &Engine,
    request: &BuildRequest,
    base: Option<&base::Base>,
    progress: &dyn Progress,
) -> Result<(), BuildError> {
    let mut args: Vec<OsString> = Vec::new();
    args.extend(["build", "--platform", "linux/amd64", "--tag"].map(OsString::from));
    args.extend([request.tag().into(), "--file".into(), request.dockerfile.clone().into()]);
    let mut build_args = request.args.clone();
    build_args.extend(base.map(|base| ("BASE".to_owned(), base.image())));
    for (name, value) in build_args {
        args.extend(["--build-arg".into(), format!("{name}={value}").into()]);
    }
    // A proxy URL may contain a password. Without a value here, the engine takes it from its
    // environment.
    for name in host::proxies() {
        args.extend(["--build-arg".into(), name.into()]);
    }
    let files = |source| error::files(&request.work_dir, source);
    let working = working::begin(engine, &request.work_dir).map_err(files)?;
    if engine.kind == EngineKind::Podman {
        let id = format!("{}={}", working::ARGUMENT, working.id);
        args.extend(["--build-arg".into(), id.into()]);
    }
    args.push(request.context.clone().into());
    // With attestations the build produces an image index, which a service cannot run.
    let call = engine
        .command(args)
        .env("BUILDX_NO_DEFAULT_ATTESTATIONS", "1")
        .env("TMPDIR", &working.folder)
        .env(working::ARGUMENT, &working.id);
    let log = base::log_path(&request.work_dir, &request.name);
    let ran = run::logged(&call, &request.name, &log, progress).map_err(files)?;
    working.end(engine);
    match ran.ok {
        true => Ok(()),
        false if error::is_disk_full(&ran.tail) => Err(error::disk_full(&request.work_dir)),
        false => Err(BuildError::Dockerfile { tail: ran.tail, log }),
    }
}

fn image_id(engine: &Engine, request: &BuildRequest) -> Result<String, BuildError> {
    let call = engine.command(["image", "inspect", "--format", "{{.Id}}", &request.tag()]);
    quiet(request, "find what was built", &call)
}

/// The layout's digest, if the build produced the image that the layout already holds.
fn unchanged(request: &BuildRequest, image_id: &str) -> Option<String> {
    let record = Record::read(request).filter(|record| record.image_id == image_id)?;
    let layout = Layout::open(&request.layout_dir()).ok()?;
    (layout.digest == record.digest).then_some(record.digest)
}

/// Runs a short command and returns its trimmed output.
fn quiet(
    request: &BuildRequest,
    doing: &'static str,
    call: &duct::Expression,
) -> Result<String, BuildError> {
    let failed = |said: String| match error::is_disk_full(&said) {
        true => error::disk_full(&request.work_dir),
        false => BuildError::Engine { doing, said },
    };
    let output = child::output(call).map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
