//! The kinds of objects in an account: a list, and one file for each kind.
//!
//! The file of a kind defines everything about it: its SQL name, privileges, properties and
//! columns, its data, and how it is validated, altered and dropped. The code of the statements
//! uses these definitions and names no kind. To add a kind, add a file and a line to this list.

mod column;
mod definition;
mod facts;
mod list;
mod list_only;
mod lookup;
mod object;
mod privileges;
mod properties;

pub(crate) use column::Listing;
pub(crate) use facts::{Creation, DropWord, ExternalData, Facts, SessionPart, Verb};
pub(crate) use lookup::{Lookup, RoleCounts};
pub(crate) use object::Object;
pub(crate) use privileges::account_privileges;
pub(crate) use service::{EndpointRecord, ImageRecord, MountRecord, ServiceRecord};

// Containers come before the objects that they contain.
list::kinds! {
    role: Role,
    user: User,
    warehouse: Warehouse,
    database: Database,
    schema: Schema,
    stage: Stage,
    image_repository: ImageRepository,
    network_rule: NetworkRule,
    security_integration: SecurityIntegration,
    external_access_integration: ExternalAccessIntegration,
    compute_pool: ComputePool,
    secret: Secret,
    service: Service,
    api_integration: ApiIntegration,
    file_format: FileFormat,
    pipe: Pipe,
    procedure: Procedure,
    sequence: Sequence,
    stream: Stream,
    table: Table,
    task: Task,
    user_function: UserFunction,
    view: View,
}
