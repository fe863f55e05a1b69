//! Files of the platform's state directory: writes that survive a crash, and the stages, where
//! containers write too and no link is followed.

pub mod durable;
pub mod stages;
