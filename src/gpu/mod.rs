//! NVIDIA GPUs: what they are called, what the driver tells of them, who is given which, what a start
//! lacks, and who really uses one.
//!
//! Pure: the texts of the driver below /proc come in, values go out. `host::gpu` reads them. Nothing here
//! knows a unit file.

pub mod assignment;
pub mod driver;
pub mod lack;
pub mod machine_faults;
pub mod name;
pub mod usage;

pub use assignment::{Assigned, Given, assigned};
pub use driver::{FoundGpu, Gpus, Partition};
pub use name::{GpuName, Uuid};
