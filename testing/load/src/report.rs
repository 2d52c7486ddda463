//! What was measured, for people, for tables and for programs.

mod figures;
mod machine;
mod markdown;
mod plot;
mod results;
mod targets;

pub(crate) use figures::{Cost, Figure, Figures};
pub(crate) use machine::Machine;
pub(crate) use markdown::{insert, table_of, whole};
pub(crate) use plot::svg;
pub(crate) use results::{Contender, Results};
