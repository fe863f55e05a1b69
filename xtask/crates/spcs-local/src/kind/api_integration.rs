//! API integrations, which can only be listed.

use super::column::{Column, comment, created_on, name};
use super::definition::Definition;
use super::list_only::{self, Nothing, text};
use super::security_integration::integration;

pub(super) type Data = Nothing;

pub(super) static KIND: Definition<Data> = list_only::of(integration("API INTEGRATION"), COLUMNS);

const COLUMNS: &[Column<Data>] =
    &[name(), text("type"), text("category"), text("enabled"), comment(), created_on()];
