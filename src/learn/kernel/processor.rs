//! What differs by processor in a system call as the kernel keeps it: where its registers are, and its number.
//!
//! Tables alone; which one holds is that of the processor that this program was built for.

/// How one processor's kernel keeps a system call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Processor {
    /// Where in `pt_regs` the six arguments still are as the call ends.
    pub(super) arguments: [i32; 6],
    /// Where the number of the call is, in 32 bits.
    pub(super) number: i32,
    /// `sendto(2)`, whose address is its fifth argument.
    pub(super) send_to: i32,
    /// `symlinkat(2)`, whose path is its third argument.
    pub(super) symbolic_link: i32,
    /// `linkat(2)`, whose path is its fourth.
    pub(super) hard_link: i32,
    /// Calls that make a process, by whatever name.
    pub(super) makes_process: &'static [i32],
}

/// The result of a call overwrites the register of its first argument there, which is kept once more
/// (`orig_x0`), beside the number. The calls are those of the kernel's common table: no fork(2).
pub(super) const ARM64: Processor = Processor {
    arguments: [272, 8, 16, 24, 32, 40],
    number: 280,
    send_to: 206,
    symbolic_link: 36,
    hard_link: 37,
    // clone, clone3.
    makes_process: &[220, 435],
};

/// The number is kept once more where the result is not (`orig_ax`).
pub(super) const X86_64: Processor = Processor {
    // di, si, dx, r10, r8, r9.
    arguments: [112, 104, 96, 56, 72, 64],
    number: 120,
    send_to: 44,
    symbolic_link: 266,
    hard_link: 265,
    // clone, fork, vfork, clone3.
    makes_process: &[56, 57, 58, 435],
};

impl Processor {
    /// The one that this program runs on, if its kernel's ways are known.
    #[must_use]
    pub const fn own() -> Option<Self> {
        if cfg!(target_arch = "x86_64") {
            Some(X86_64)
        } else if cfg!(target_arch = "aarch64") {
            Some(ARM64)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ARM64, Processor, X86_64};

    #[test]
    fn the_numbers_are_those_of_the_kernels_tables() {
        let arm64 = |number: i32| {
            syscalls::aarch64::Sysno::new(usize::try_from(number).unwrap())
                .unwrap()
                .name()
        };
        let x86_64 = |number: i32| {
            syscalls::x86_64::Sysno::new(usize::try_from(number).unwrap())
                .unwrap()
                .name()
        };
        let names = |of: &Processor, name: &dyn Fn(i32) -> &'static str| {
            let one = [of.send_to, of.symbolic_link, of.hard_link].map(name);
            let makes: Vec<&str> = of
                .makes_process
                .iter()
                .map(|number| name(*number))
                .collect();
            (one, makes)
        };
        let one = ["sendto", "symlinkat", "linkat"];
        assert_eq!(names(&ARM64, &arm64), (one, vec!["clone", "clone3"]));
        assert_eq!(
            names(&X86_64, &x86_64),
            (one, vec!["clone", "fork", "vfork", "clone3"])
        );
    }

    #[test]
    fn each_register_is_a_place_of_its_own() {
        for of in [ARM64, X86_64] {
            let mut places = of.arguments.to_vec();
            places.push(of.number);
            places.sort_unstable();
            places.dedup();
            assert_eq!(places.len(), 7);
            assert!(places.iter().all(|place| place % 8 == 0));
        }
    }
}
