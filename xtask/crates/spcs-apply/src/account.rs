//! The protocol of an account: how to reach it, log in, run SQL and get session tokens.

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
