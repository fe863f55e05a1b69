//! Renders and checks service specs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::canonical;
use crate::config::Service;
use crate::error::Error;
use crate::project::{Project, SourceFile};
use crate::template::{self, Syntax};
use crate::variables::{Value, Variables};
use crate::yaml;

mod check;

/// A rendered spec, ready to be put on the stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenderedSpec {
    /// `milvus-<spec_digest>.yaml`: a changed spec gets a new name.
    pub file_name: String,
    /// The text, with the comments and the order of the template.
    pub text: String,
    /// 16 hex digits over the parsed content: comments and formatting do not matter.
    pub spec_digest: String,
    /// The names of the public endpoints.
    pub public: Vec<String>,
}

/// The tag of an image: the first 12 hex digits of its manifest digest.
pub fn image_tag(digest: &str) -> &str {
    let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
    hex.get(..12).unwrap_or(hex)
}

/// The reference of an image in a spec: `/milvus_demo/public/milvus_repo/milvus:<tag>`.
fn image_reference(project: &Project, image: &str, digest: &str) -> String {
    let d = &project.config.deployment;
    let repository = format!("/{}/{}/{}", d.database, d.schema, d.repository).to_lowercase();
    format!("{repository}/{image}:{}", image_tag(digest))
}

/// Renders the spec of a service. `digests` holds the manifest digests of the built images.
pub fn render_spec(
    project: &Project,
    target: &str,
    service: &str,
    digests: &BTreeMap<String, String>,
) -> Result<RenderedSpec, Error> {
    project.target(target)?;
    let config = find(project, service)?;
    let file = project.spec(config)?;
    for image in images_of(project, file)? {
        if !digests.contains_key(&image) {
            return Err(Error::new(format!("the image `{image}` is not built"))
                .at(&file.path, None)
                .with_hint("build it with `cargo xtask build`"));
        }
    }
    let render = |spec_digest: &str| {
        let mut variables = Variables::of_spec(&project.config, config);
        for (image, digest) in digests {
            let reference = Value::Text(image_reference(project, image, digest));
            variables.set(format!("{image}_image"), reference);
        }
        variables.set("spec_digest", Value::Text(spec_digest.to_owned()));
        template::render(file, Syntax::Yaml, &variables)
    };
    let blank = render("")?;
    let parsed = yaml::parse(&file.path, &blank)?;
    check::check(project, file, &parsed, digests)?;
    let spec_digest = canonical::short_digest(&canonical::json(&parsed));
    let text = render(&spec_digest)?;
    let file_name = format!("{service}-{spec_digest}.yaml");
    Ok(RenderedSpec { file_name, text, spec_digest, public: public_endpoints(&parsed) })
}

fn public_endpoints(spec: &Json) -> Vec<String> {
    let endpoints = spec.pointer("/spec/endpoints").and_then(Json::as_array);
    let is_public = |endpoint: &&Json| endpoint.get("public").and_then(Json::as_bool) == Some(true);
    let public = endpoints.into_iter().flatten().filter(is_public);
    public.filter_map(|endpoint| Some(endpoint.get("name")?.as_str()?.to_owned())).collect()
}

/// The images that a spec uses, by their variables.
pub(crate) fn images_of(project: &Project, file: &SourceFile) -> Result<Vec<String>, Error> {
    let used = template::used(file)?;
    let images = project.config.images.keys().filter(|key| used.contains(&format!("{key}_image")));
    Ok(images.map(ToString::to_string).collect())
}

pub(crate) fn find<'p>(project: &'p Project, service: &str) -> Result<&'p Service, Error> {
    project.config.services.get(service).ok_or_else(|| {
        let known: Vec<&str> = project.config.services.keys().map(|key| &**key).collect();
        Error::new(format!("there is no service `{service}`"))
            .at("spcs.toml", None)
            .with_hint(format!("choose one of {}", known.join(", ")))
    })
}
