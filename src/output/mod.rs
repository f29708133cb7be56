//! Values to text: tables, ages, sizes, colours. Pure; printing is `host::terminal`'s work.

pub mod audit;
pub mod chain;
pub mod configuration_page;
pub mod curl;
pub mod doctor;
pub mod gpu;
pub mod graph;
pub mod health;
pub mod incidents;
pub mod installed;
pub mod journal_line;
pub mod learn;
pub mod moment;
pub mod notification;
pub mod secrets;
pub mod status;
pub mod style;
pub mod table;
pub mod told;
pub mod user_mode;
pub mod why;
