//! The protocol of a Snowflake account: connections, login, SQL sessions and session tokens.

pub mod connection;
mod error;
mod login;
mod rest;
mod session;
mod token;

pub use connection::{Auth, Connection, ConnectionError};
pub use error::AccountError;
pub use rest::RestSession;
pub use session::{Row, Rows, Session};
pub use token::IssuedToken;
