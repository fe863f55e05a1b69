//! Acting on a plan: engines, images, the registry, sessions, stages and services, and the order
//! in which they are taken. Decisions are made in `plan`; nothing here builds DDL.

pub mod error;
