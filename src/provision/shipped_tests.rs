//! The lock files of the package are ones, and say what they are for.

use super::lock::{Lock, Torch, file_names};
use super::python::OLDEST;

const SHIPPED: [(&str, Torch, &str); 7] = [
    (
        "data",
        Torch::None,
        include_str!("../../packaging/locks/data.txt"),
    ),
    (
        "cascor",
        Torch::Cpu,
        include_str!("../../packaging/locks/cascor-cpu.txt"),
    ),
    (
        "cascor",
        Torch::Cuda,
        include_str!("../../packaging/locks/cascor-cuda.txt"),
    ),
    (
        "canopy",
        Torch::Cpu,
        include_str!("../../packaging/locks/canopy-cpu.txt"),
    ),
    (
        "canopy",
        Torch::Cuda,
        include_str!("../../packaging/locks/canopy-cuda.txt"),
    ),
    (
        "worker",
        Torch::Cpu,
        include_str!("../../packaging/locks/worker-cpu.txt"),
    ),
    (
        "worker",
        Torch::Cuda,
        include_str!("../../packaging/locks/worker-cuda.txt"),
    ),
];

#[test]
fn each_is_read_and_is_that_of_its_service() {
    for (service, torch, text) in SHIPPED {
        let lock = Lock::parse(text).unwrap_or_else(|fault| panic!("{service}: {fault}"));
        assert_eq!(lock.service.as_str(), service);
        assert_eq!(lock.torch, torch);
        assert!(lock.pythons.contains(&OLDEST), "{service}");
        assert!(lock.installed > lock.shared);
        for processor in ["x86_64", "aarch64"] {
            assert!(lock.download_on(processor) > 1 << 20, "{service}");
        }
    }
}

#[test]
fn torch_for_the_processor_brings_nothing_for_gpus_and_comes_from_its_own_index() {
    for (service, torch, text) in SHIPPED {
        let lock = Lock::parse(text).unwrap();
        let parts = lock.parts();
        let pins = |name: &str| text.lines().any(|line| line.starts_with(name));
        assert_eq!(pins("nvidia-"), torch == Torch::Cuda, "{service}");
        assert_eq!(pins("torch=="), torch != Torch::None, "{service}");
        if torch == Torch::Cpu {
            assert!(
                parts[0].0.is_some() && parts[0].1.starts_with("torch=="),
                "{service}"
            );
            assert_eq!(parts.len(), 2);
        } else {
            assert_eq!(parts.len(), 1);
        }
    }
}

#[test]
fn the_more_telling_name_is_looked_for_first() {
    assert_eq!(file_names("data", Torch::Cpu), ["data-cpu.txt", "data.txt"]);
}
