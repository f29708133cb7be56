//! Stand-in
fn main(){}
