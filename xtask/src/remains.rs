//! The images of this project that remain in the container engine after `clean` and `local reset`.

use anyhow::Result;
use spcs_apply::build::{self, StoredImage};
use spcs_apply::engine::{self, Engine};
use spcs_apply::error::Kind;
use spcs_plan::Project;

use crate::context::Context;
use crate::failure::Failure;

/// The engine that builds images, and the ones of this project that it has.
pub(crate) struct Remains {
    engine: Engine,
    pub(crate) images: Vec<StoredImage>,
}

/// Removes what ended builds of this checkout have left in the engine.
pub(crate) fn end_builds(context: &Context) -> Result<()> {
    Ok(build::remove_ended(&context.work_dir()?)?)
}

/// Finds the images. Without an engine that works there is nothing to say.
pub(crate) fn find(context: &Context, project: &Project) -> Result<Option<Remains>> {
    let work_dir = context.work_dir()?;
    let Ok(engine) = engine::detect(context.engine(project)?, &work_dir) else { return Ok(None) };
    match build::stored_images(&engine, &work_dir) {
        Ok(images) => Ok(Some(Remains { engine, images })),
        Err(said) => {
            context.console.say(format!("note: the engine does not list its images: {said}"));
            Ok(None)
        }
    }
}

/// Prints what remains and how to remove it.
pub(crate) fn report(context: &Context, project: &Project) -> Result<()> {
    let Some(Remains { engine, images }) = find(context, project)? else { return Ok(()) };
    if images.is_empty() {
        return Ok(());
    }
    let engine = engine.kind.program();
    context
        .console
        .say(format!("these images, and the layers that builds reuse, remain in {engine}:"));
    for image in &images {
        context.console.say(format!("  = {}", described(image)));
    }
    if images.iter().any(|image| !image.shared) {
        let advice = "`cargo xtask local reset --images` removes those of this checkout";
        context.console.say(advice);
    }
    Ok(())
}

/// An image's name and size, and whether other checkouts use it.
fn described(image: &StoredImage) -> String {
    let shared = if image.shared { ", shared by all checkouts" } else { "" };
    format!("{} ({}{shared})", image.name, image.size)
}

impl Remains {
    /// The images of this checkout only.
    fn own(&self) -> impl Iterator<Item = &StoredImage> {
        self.images.iter().filter(|image| !image.shared)
    }

    /// Prints which images will be removed.
    pub(crate) fn announce(&self, context: &Context) {
        for image in self.own() {
            context.console.say(format!("  - image {}", described(image)));
        }
    }

    /// Removes the images of this checkout, and returns their names.
    pub(crate) fn remove(&self) -> Result<Vec<&str>> {
        self.own()
            .map(|image| match build::remove_images(&self.engine, image) {
                Ok(()) => Ok(image.name.as_str()),
                Err(said) => {
                    let message = format!("removing the image `{}`: {said}", image.name);
                    Err(Failure::new(Kind::Machine, message).into())
                }
            })
            .collect()
    }
}
