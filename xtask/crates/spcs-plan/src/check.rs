//! Checks the variables of `spcs.toml`: no name clashes, no invalid values, none unused.

use std::collections::BTreeSet;

use toml::Spanned;

use crate::config::{Config, Key, Variable, line_at, table_line};
use crate::error::Error;
use crate::project::Project;
use crate::secret;
use crate::template;
use crate::variables::{POOL_VARIABLES, SERVICE_VARIABLES, Variables};

/// Checks that no variable shadows a built-in one, and that every value can be rendered.
///
/// In a spec, a service's own variables take precedence over `[variables]`. They may shadow those
/// and the built-in ones of the deployment, but not the ones set only while a file is rendered.
pub(crate) fn variables(project: &Project) -> Result<(), Error> {
    let config = &project.config;
    let mut without = config.clone();
    without.variables.clear();
    let fixed = Variables::of(&without);
    let later = |name: &str| {
        let names =
            ["target", "spec_digest"].into_iter().chain(SERVICE_VARIABLES).chain(POOL_VARIABLES);
        names.into_iter().any(|other| other == name) || names_an_entry(config, name)
    };
    for (key, variable) in &config.variables {
        variable_fits(project, key, variable, fixed.get(key).is_some() || later(key))?;
    }
    for service in config.services.values() {
        for (key, variable) in &service.variables {
            variable_fits(project, key, variable, later(key))?;
        }
    }
    Ok(())
}

/// Whether a name is the `<key>_image` of an image or the `<key>_host` of a service.
fn names_an_entry(config: &Config, name: &str) -> bool {
    name.strip_suffix("_image").is_some_and(|image| config.images.contains_key(image))
        || name.strip_suffix("_host").is_some_and(|service| config.services.contains_key(service))
}

fn variable_fits(
    project: &Project,
    key: &Key,
    variable: &Spanned<Variable>,
    is_defined: bool,
) -> Result<(), Error> {
    let message = match variable.get_ref() {
        _ if is_defined => format!("the variable `{key}` is already defined"),
        Variable::Number(number) if *number < 0 => {
            format!("the variable `{key}` is negative: only whole numbers from 0 are allowed")
        }
        Variable::Text(text) if text.chars().any(char::is_control) => {
            format!("the variable `{key}` contains a control character")
        }
        Variable::Text(text) if secret::has_marker(text) => {
            format!("the variable `{key}` contains a secret marker")
        }
        _ => return Ok(()),
    };
    Err(Error::new(message).at("spcs.toml", line_at(&project.config_text, variable.span().start)))
}

/// Checks that some template uses each image and variable: an unused one is probably a typo.
pub(crate) fn all_used(project: &Project) -> Result<(), Error> {
    let config = &project.config;
    let text = &project.config_text;
    let mut used = BTreeSet::new();
    for file in project.sql.values().flatten() {
        used.extend(template::used(file)?);
    }
    for service in config.services.values() {
        let mut in_spec = template::used(project.spec(service)?)?;
        for (key, variable) in &service.variables {
            if !in_spec.remove(&**key) {
                return Err(Error::new(format!("`{}` does not use `<% {key} %>`", service.spec))
                    .at("spcs.toml", line_at(text, variable.span().start))
                    .with_hint("use it there, or remove it from the service's variables"));
            }
        }
        used.append(&mut in_spec);
    }
    let images = config.images.keys();
    let images =
        images.map(|key| (format!("{key}_image"), table_line(text, &format!("images.{key}"))));
    let variables = config.variables.iter();
    let variables =
        variables.map(|(key, value)| (key.to_string(), Some(line_at(text, value.span().start))));
    for (name, line) in images.chain(variables) {
        if !used.contains(&name) {
            return Err(Error::new(format!("no template uses `<% {name} %>`"))
                .at("spcs.toml", line)
                .with_hint("use it in a file of sql/ or specs/, or remove it from spcs.toml"));
        }
    }
    Ok(())
}
