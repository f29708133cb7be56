//! Ports, memory, GPUs, how many and how long: quantities of a container as juniperctl writes them.

use crate::gpu::GpuName;
use crate::import::draft::Gpus;
use crate::import::gathering::Gathering;
use crate::import::known::is_platform;
use crate::import::yaml::{Entry, Node};
use crate::spec::duration;
use crate::spec::stack::MAX_INSTANCES;

use super::probe::span;
use super::service::Container;

/// Takes the port at which others reach it.
pub(super) fn ports(container: &Container<'_>, entry: &Entry, gathering: &mut Gathering) {
    for (index, item) in entry.node.items().iter().enumerate() {
        let what = format!("{}.ports[{index}]", container.written);
        let at = container.at(item.line);
        let number = |key: &str| item.get(key).and_then(Node::text)?.parse().ok();
        let mapped = item.text().map_or_else(
            || Mapped {
                address: item
                    .get("host_ip")
                    .and_then(Node::text)
                    .unwrap_or_default()
                    .to_owned(),
                outside: number("published").or_else(|| number("target")),
                inside: number("target"),
            },
            mapped,
        );
        if index > 0 {
            gathering.loss(&at, &what, "a service has one port");
            continue;
        }
        // What others know of the platform's own is kept; another program listens where its command says.
        let wanted = if is_platform(&container.name) {
            mapped.outside
        } else {
            mapped.inside
        };
        match wanted {
            Some(port) => gathering.port(&container.name, port),
            None => gathering.loss(&at, &what, "it does not say one port"),
        }
        if wanted != mapped.outside {
            gathering.loss(
                &at,
                &what,
                "others reached it at another port than the program listens on",
            );
        }
        if !matches!(mapped.address.as_str(), "127.0.0.1" | "[::1]" | "::1") {
            gathering.loss(&at, &what, "it was open to other machines; services listen on 127.0.0.1, read `host` in the README before you open one");
        }
    }
}

/// How a port is reached.
#[derive(Debug, PartialEq, Eq)]
struct Mapped {
    address: String,
    outside: Option<u16>,
    inside: Option<u16>,
}

/// Reads `127.0.0.1:8201:8200/tcp`.
fn mapped(text: &str) -> Mapped {
    let text = text.split('/').next().unwrap_or_default();
    let mut parts = text.rsplitn(3, ':');
    let inside = parts.next().unwrap_or_default();
    let outside = parts.next().unwrap_or(inside);
    Mapped {
        address: parts.next().unwrap_or_default().to_owned(),
        outside: outside.parse().ok(),
        inside: inside.parse().ok(),
    }
}

/// Takes one of the keys that say how much of something.
pub(super) fn resources(container: &Container<'_>, entry: &Entry, gathering: &mut Gathering) {
    match entry.key.as_str() {
        "deploy" => deploy(container, entry, gathering),
        "mem_limit" => memory(container, &entry.node, &entry.key, gathering),
        "gpus" => gpus(container, &entry.node, &entry.key, gathering),
        "scale" => replicas(container, &entry.node, &entry.key, gathering),
        "stop_grace_period" => match entry
            .node
            .text()
            .and_then(span)
            .filter(|span| !span.is_zero())
        {
            Some(span) => {
                gathering.draft(&container.name).stop_timeout = Some(duration::written(span));
            }
            None => lose(
                container,
                entry.line,
                &entry.key,
                "no span of time",
                gathering,
            ),
        },
        key => lose(
            container,
            entry.line,
            key,
            "juniperctl sets no limit for processors",
            gathering,
        ),
    }
}

fn lose(container: &Container<'_>, line: usize, key: &str, why: &str, gathering: &mut Gathering) {
    let what = format!("{}.{key}", container.written);
    gathering.loss(&container.at(line), &what, why);
}

fn deploy(container: &Container<'_>, entry: &Entry, gathering: &mut Gathering) {
    for one in entry.node.entries() {
        match one.key.as_str() {
            "replicas" => replicas(container, &one.node, "deploy.replicas", gathering),
            "resources" => {
                for (kind, key, value) in one.node.entries().iter().flat_map(|kind| {
                    kind.node
                        .entries()
                        .iter()
                        .map(move |entry| (kind.key.as_str(), entry.key.as_str(), entry))
                }) {
                    let path = format!("deploy.resources.{kind}.{key}");
                    match (kind, key) {
                        ("limits", "memory") => memory(container, &value.node, &path, gathering),
                        ("limits", "cpus") => lose(
                            container,
                            value.line,
                            &path,
                            "juniperctl sets no limit for processors",
                            gathering,
                        ),
                        ("reservations", "devices") => {
                            devices(container, &value.node, &path, gathering);
                        }
                        ("reservations", _) => lose(
                            container,
                            value.line,
                            &path,
                            "nothing is set aside for a service",
                            gathering,
                        ),
                        _ => lose(
                            container,
                            value.line,
                            &path,
                            "juniperctl has no counterpart",
                            gathering,
                        ),
                    }
                }
            }
            key => lose(
                container,
                one.line,
                &format!("deploy.{key}"),
                "juniperctl has no counterpart",
                gathering,
            ),
        }
    }
}

fn replicas(container: &Container<'_>, node: &Node, key: &str, gathering: &mut Gathering) {
    let count = node
        .text()
        .and_then(|text| text.parse::<u32>().ok())
        .filter(|count| *count <= MAX_INSTANCES);
    match count {
        Some(1) if container.name != "worker" => {}
        Some(count) if container.name == "worker" => {
            if count != 1 {
                gathering.draft("worker").instances = Some(count);
            }
        }
        _ => lose(
            container,
            node.line,
            key,
            "only workers have instances; see `instances`",
            gathering,
        ),
    }
}

/// A size as Compose writes it (`512m`, `2gb`) in systemd's form.
fn memory(container: &Container<'_>, node: &Node, key: &str, gathering: &mut Gathering) {
    let size = node.text().and_then(size);
    match size {
        Some(size) => gathering.draft(&container.name).memory_max = Some(size),
        None => lose(
            container,
            node.line,
            key,
            "no size from 1M on in whole numbers",
            gathering,
        ),
    }
}

fn size(text: &str) -> Option<String> {
    let lower = text.trim().to_ascii_lowercase();
    let digits = lower.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = lower.split_at_checked(digits)?;
    let suffix = match unit.trim_end_matches('b').trim_end_matches('i') {
        "" => "",
        "k" => "K",
        "m" => "M",
        "g" => "G",
        "t" => "T",
        _ => return None,
    };
    let number: u64 = number.parse().ok()?;
    let text = format!("{number}{suffix}");
    crate::spec::size::parse(&text).ok().map(|_| text)
}

fn devices(container: &Container<'_>, node: &Node, key: &str, gathering: &mut Gathering) {
    for item in node.items() {
        let is_gpu = item.get("driver").and_then(Node::text) == Some("nvidia")
            || item
                .get("capabilities")
                .is_some_and(|all| all.items().iter().any(|one| one.text() == Some("gpu")));
        let ids = item.get("device_ids").map_or(&[][..], Node::items);
        let names: Option<Vec<String>> = ids
            .iter()
            .map(|id| {
                id.text()
                    .filter(|id| GpuName::parse(id).is_ok())
                    .map(str::to_owned)
            })
            .collect();
        let counted = item.get("count").and_then(Node::text);
        let count = counted
            .and_then(|count| count.parse().ok())
            .filter(|count| (1..=64).contains(count));
        let wanted = match (is_gpu, ids.is_empty(), names, counted, count) {
            (true, false, Some(names), _, _) => Some(Gpus::Named(names)),
            (true, true, _, None | Some("all" | "-1"), _) => Some(Gpus::All),
            (true, true, _, _, Some(count)) => Some(Gpus::Count(count)),
            _ => None,
        };
        match wanted {
            Some(gpus) => gathering.draft(&container.name).gpu = Some(gpus),
            None => lose(
                container,
                item.line,
                key,
                "numbers of GPUs change with each card: write services.NAME.gpu = true, how many, or their names",
                gathering,
            ),
        }
    }
}

fn gpus(container: &Container<'_>, node: &Node, key: &str, gathering: &mut Gathering) {
    if node.text() == Some("all") {
        gathering.draft(&container.name).gpu = Some(Gpus::All);
    } else {
        lose(
            container,
            node.line,
            key,
            "numbers of GPUs change with each card: write services.NAME.gpu = true, how many, or their names",
            gathering,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::{Mapped, mapped, size};

    #[test]
    fn ports_and_sizes() {
        for (text, address, outside, inside) in [
            (
                "127.0.0.1:8201:8200/tcp",
                "127.0.0.1",
                Some(8201),
                Some(8200),
            ),
            ("8201:8200", "", Some(8201), Some(8200)),
            ("8200", "", Some(8200), Some(8200)),
            ("[::1]:1:2", "[::1]", Some(1), Some(2)),
            ("8000-8010:8000-8010", "", None, None),
        ] {
            let address = address.to_owned();
            assert_eq!(
                mapped(text),
                Mapped {
                    address,
                    outside,
                    inside
                },
                "{text}"
            );
        }
        for (text, wanted) in [
            ("2G", "2G"),
            ("512m", "512M"),
            ("8gb", "8G"),
            ("4GiB", "4G"),
            ("1048576", "1048576"),
        ] {
            assert_eq!(size(text).as_deref(), Some(wanted));
        }
        for text in ["", "1.5G", "5k", "x", "99999999999999T"] {
            assert_eq!(size(text), None, "{text}");
        }
    }
}
