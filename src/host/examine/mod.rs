//! The machine looked at for `doctor`: each module brings one kind of facts, and none judges them.

pub mod machine;
pub mod ports;
pub mod trial;
