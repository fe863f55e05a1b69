//! Volumes in a specification.

use crate::error::SpecError;
use crate::fields::{Field, Fields};
use crate::{names, resources};

/// A volume that the containers of one instance can mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    pub name: String,
    pub source: VolumeSource,
    /// The owner of the mount; root by default.
    pub uid: Option<u32>,
    /// The group of the mount.
    pub gid: Option<u32>,
}

/// Where a volume stores its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VolumeSource {
    /// On the node; deleted with the instance.
    Local,
    /// In memory; deleted with the instance.
    Memory {
        /// Bytes.
        size: u64,
    },
    /// A block device for each instance; it survives suspension and upgrades.
    Block {
        /// Bytes.
        size: u64,
    },
    /// The files of a stage: `@stage[/path]` as written.
    Stage(String),
}

pub(crate) fn read(field: Field) -> Result<Volume, SpecError> {
    let mut fields = field.mapping()?;
    let name = names::name(&fields.require("name")?)?;
    let source_field = fields.require("source")?;
    let id = |field: Option<Field>| -> Result<Option<u32>, SpecError> {
        let Some(field) = field else { return Ok(None) };
        let id = field.integer(0..=u64::from(u32::MAX))?;
        Ok(Some(u32::try_from(id).expect("the range ends at u32::MAX")))
    };
    let uid = id(fields.take("uid"))?;
    let gid = id(fields.take("gid"))?;
    let written = source_field.text()?;
    let source = match written.as_str() {
        "local" => VolumeSource::Local,
        "memory" => VolumeSource::Memory { size: resources::memory(&fields.require("size")?)? },
        "block" => block(&mut fields)?,
        "stage" => stage(&mut fields)?,
        at if at.starts_with('@') && at.len() > 1 => {
            VolumeSource::Stage(stage_path(&source_field)?)
        }
        _ => {
            return Err(source_field.error(format!(
                "{} has the invalid value '{written}': one of local, memory, block, stage",
                source_field.path
            )));
        }
    };
    fields.finish()?;
    Ok(Volume { name, source, uid, gid })
}

fn block(fields: &mut Fields) -> Result<VolumeSource, SpecError> {
    let size = resources::block_size(&fields.require("size")?)?;
    if let Some(config) = fields.take("blockConfig") {
        let mut config = config.mapping()?;
        // The performance options of a cloud disk are validated and ignored. Snapshots do not
        // exist here, so asking for one is an error.
        if let Some(iops) = config.take("iops") {
            iops.integer(3000..=80000)?;
        }
        if let Some(throughput) = config.take("throughput") {
            throughput.integer(125..=1200)?;
        }
        if let Some(snapshot) = config.take("snapshotOnDelete")
            && snapshot.boolean()?
        {
            return Err(snapshot.unsupported());
        }
        config.reject(&["initialContents", "encryption", "snapshotDeleteAfter"])?;
        config.finish()?;
    }
    Ok(VolumeSource::Block { size })
}

fn stage(fields: &mut Fields) -> Result<VolumeSource, SpecError> {
    let mut config = fields.require("stageConfig")?.mapping()?;
    let name = stage_path(&config.require("name")?)?;
    // The cache only affects performance, so it is ignored.
    if let Some(cache) = config.take("metadataCache") {
        cache.text()?;
    }
    config.reject(&["resources"])?;
    config.finish()?;
    Ok(VolumeSource::Stage(name))
}

fn stage_path(field: &Field) -> Result<String, SpecError> {
    let text = field.text()?;
    if text.len() > 1 && text.starts_with('@') && !text.split('/').any(|part| part == "..") {
        Ok(text)
    } else {
        Err(field.error(format!(
            "{} has the invalid stage '{text}': expected @[<db>.<schema>.]<stage>[/<path>]",
            field.path
        )))
    }
}
