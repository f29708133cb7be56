//! What podman needs in the machine, and the image of the stand-in, built from the exported Containerfile.
//!
//! No registry is reached: the base image is made of what the machine has.

use juniper_lab::Machine;

use crate::lab::{Outcome, exits};

/// Storage without a file system of its own kind, and no limit that the machine has no controller for.
const PREPARED: &str = r#"
mkdir -p /etc/containers
printf '[storage]\ndriver="vfs"\nrunroot="/run/containers/storage"\ngraphroot="/run/containers/graph"\n' > /etc/containers/storage.conf
printf '[containers]\npids_limit=0\n' > /etc/containers/containers.conf
echo nameserver 127.0.0.1 > /etc/resolv.conf
"#;

const IMAGE: &str = r#"
set -eu
mkdir -p /run/base && cd /run/base
mkdir -p usr/bin usr/lib usr/lib64 etc tmp var
ln -s usr/bin bin; ln -s usr/lib lib; ln -s usr/lib64 lib64
cp /usr/bin/curl /usr/bin/mkdir /usr/bin/install /usr/bin/ln /usr/bin/dirname /usr/bin/cat usr/bin/
cp /usr/bin/dash usr/bin/sh
for program in usr/bin/* /usr/bin/juniperctl /usr/bin/juniper-standin; do ldd $program | grep -o '/[^ ]*'; done | sort -u > /run/libraries
while read -r library; do mkdir -p ".$(dirname "$library")"; cp -L "$library" ".$library"; done < /run/libraries
tar c . | podman import - docker.io/library/debian:trixie-slim
cp /usr/bin/juniperctl /usr/bin/juniper-standin /run/kubernetes/images/standin/
podman build --pull=never --layers=false --network=none --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 \
    -t "$1" /run/kubernetes/images/standin
podman network create juniper
"#;

/// The name that the exports give it.
pub(super) fn name() -> String {
    format!("localhost/juniper-standin:{}", env!("CARGO_PKG_VERSION"))
}

pub(super) fn image(machine: &Machine) -> Outcome {
    exits(machine, PREPARED, 0)?;
    machine.write("/run/image.sh", IMAGE, 0o755)?;
    exits(machine, &format!("sh /run/image.sh {}", name()), 0)?;
    Ok(())
}
