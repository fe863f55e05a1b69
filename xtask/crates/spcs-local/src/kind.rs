//! The kinds of objects an account holds: this list, and a file for each.
//!
//! Everything about a kind is in its file: its words, privileges, properties and columns, what it
//! holds, how it is checked, altered and dropped. Statements ask for that and know no kind by
//! name. A new kind is a new file and a line here.

mod column;
mod definition;
mod facts;
mod list;
mod listed;
mod lookup;
mod object;
mod privileges;
mod properties;

pub(crate) use column::Place;
pub(crate) use facts::{Creation, DropWord, Facts, Outside, SessionPart, Verb};
pub(crate) use lookup::{Lookup, RoleCounts};
pub(crate) use object::Object;
pub(crate) use privileges::account_privileges;
pub(crate) use service::{EndpointRecord, ImageRecord, ServiceRecord};

// The containers come first: what is in them is named by them.
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
