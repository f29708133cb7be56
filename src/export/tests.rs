//! Exports against the stack that they come of.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Export, Group, Target, export};
use crate::import;
use crate::spec::builtin::{self, stack_of};
use crate::spec::effective::configuration as configuration_of;
use crate::spec::name::{ProfileName, SecretName, ServiceName};
use crate::spec::probe::Probe;
use crate::spec::resolve::derivations;
use crate::spec::stack::Managed;
use crate::spec::{Faults, Sources, Stack};

/// The export of a text over the built-in stack.
fn exported(text: &str, profile: &str, target: Target) -> (Stack, Export) {
    let stack = stack_of(text, profile);
    let (mut sources, mut faults) = (Sources::default(), Faults::default());
    let merged = builtin::read_with([("site", text)], &mut sources, &mut faults);
    let derivations = derivations(&merged, &ProfileName::parse(profile).unwrap());
    let secrets: BTreeSet<SecretName> = ["data-api-key", "cascor-api-key"]
        .iter()
        .map(|name| SecretName::parse(name).unwrap())
        .collect();
    let group = Group {
        stack: &stack,
        derivations: &derivations,
        secrets: &secrets,
    };
    let made = export(target, group).unwrap();
    assert_eq!(export(target, group).unwrap(), made, "not deterministic");
    (stack.clone(), made)
}

fn file<'e>(made: &'e Export, name: &str) -> &'e str {
    let found = made.files.iter().find(|file| file.name == name);
    &found.unwrap_or_else(|| panic!("no {name}")).text
}

/// The objects of a group's manifests, as the types wrote them.
fn objects(stack: &Stack, text: &str, profile: &str) -> Vec<Value> {
    let (mut sources, mut faults) = (Sources::default(), Faults::default());
    let merged = builtin::read_with([("site", text)], &mut sources, &mut faults);
    let derivations = derivations(&merged, &ProfileName::parse(profile).unwrap());
    let group = Group {
        stack,
        derivations: &derivations,
        secrets: &BTreeSet::new(),
    };
    super::managed(group)
        .flat_map(|(service, managed)| super::kubernetes::service::objects(service, managed, group))
        .collect()
}

fn of_kind<'o>(objects: &'o [Value], kind: &str) -> Vec<&'o Value> {
    objects
        .iter()
        .filter(|object| object["kind"] == kind)
        .collect()
}

fn managed<'s>(stack: &'s Stack, name: &str) -> &'s Managed {
    let name = ServiceName::parse(name).unwrap();
    stack.service(&name).unwrap().managed().unwrap()
}

/// The pods of a group by service.
fn pods(objects: &[Value]) -> BTreeMap<String, &Value> {
    let sets = of_kind(objects, "StatefulSet");
    let workloads = of_kind(objects, "Deployment").into_iter().chain(sets);
    workloads
        .map(|object| {
            let name = object["metadata"]["name"].as_str().unwrap().to_owned();
            (name, &object["spec"]["template"]["spec"])
        })
        .collect()
}

const SITE: &str =
    "[services.cascor]\nmemory_max = \"64G\"\ngpu = 2\n[services.worker]\ninstances = 3\n";

#[test]
fn probes_and_limits_are_those_of_the_units() {
    let stack = stack_of(SITE, "full");
    let objects = objects(&stack, SITE, "full");
    let pods = pods(&objects);
    assert_eq!(pods.len(), 4);
    for (name, pod) in pods {
        let managed = managed(&stack, &name);
        let container = &pod["containers"][0];
        let same = |asked: &Value, probe: &Probe, failures: u64| {
            assert_eq!(asked["periodSeconds"], probe.interval.as_secs(), "{name}");
            assert_eq!(asked["timeoutSeconds"], probe.timeout.as_secs(), "{name}");
            assert_eq!(asked["failureThreshold"], failures, "{name}");
        };
        let readiness = managed.readiness.as_ref().unwrap();
        same(
            &container["readinessProbe"],
            readiness,
            readiness.failure_threshold.into(),
        );
        let liveness = managed.liveness.as_ref().unwrap();
        // Only where work looks like a hang is the probe more patient: as long as the watchdog would be.
        let failures = if name == "cascor" {
            liveness.busy_limit.as_secs() / liveness.interval.as_secs()
        } else {
            liveness.failure_threshold.into()
        };
        same(&container["livenessProbe"], liveness, failures);
        let startup = &container["startupProbe"];
        let budget = startup["periodSeconds"].as_u64().unwrap()
            * startup["failureThreshold"].as_u64().unwrap();
        assert_eq!(budget, managed.startup.budget().as_secs(), "{name}");
        assert_eq!(
            pod["terminationGracePeriodSeconds"],
            managed.stop_timeout.as_secs()
        );
        let memory = container["resources"]["limits"]["memory"].as_str();
        assert_eq!(
            memory,
            managed.memory_max.map(|bytes| bytes.to_string()).as_deref()
        );
    }
    let cascor = &of_kind(&objects, "PodDisruptionBudget");
    assert_eq!(cascor.len(), 1);
    assert_eq!(cascor[0]["spec"]["maxUnavailable"], 0);
    let text = serde_json::to_string(&objects).unwrap();
    assert!(text.contains(r#""nvidia.com/gpu":"2""#));
    assert!(text.contains(r#""replicas":3"#));
}

#[test]
fn policies_open_exactly_the_edges() {
    let stack = stack_of("", "full");
    let objects = objects(&stack, "", "full");
    let name = |peer: &Value| {
        peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"]
            .as_str()
            .map(str::to_owned)
    };
    let mut out = BTreeSet::new();
    let mut into = BTreeSet::new();
    for policy in of_kind(&objects, "NetworkPolicy") {
        let owner = policy["metadata"]["name"].as_str().unwrap();
        for rule in policy["spec"]["egress"].as_array().unwrap() {
            for peer in rule["to"].as_array().unwrap() {
                out.extend(name(peer).map(|other| (owner.to_owned(), other)));
            }
        }
        for rule in policy["spec"]["ingress"].as_array().into_iter().flatten() {
            for peer in rule["from"].as_array().unwrap() {
                into.extend(name(peer).map(|other| (other, owner.to_owned())));
            }
        }
    }
    // The seed's graph: the dashboard to both, training to data, workers to training.
    let edges = [
        ("canopy", "data"),
        ("canopy", "cascor"),
        ("cascor", "data"),
        ("worker", "cascor"),
    ];
    let edges: BTreeSet<(String, String)> = edges
        .iter()
        .map(|(from, to)| ((*from).to_owned(), (*to).to_owned()))
        .collect();
    assert_eq!(out, edges);
    assert_eq!(into, edges);
}

/// The published standard `restricted` (pod security standards, 1.25 and later), as far as a pod can break it.
fn breaks_restricted(pod: &Value) -> Vec<String> {
    let mut broken = Vec::new();
    let mut claim = |holds: bool, what: &str| {
        if !holds {
            broken.push(what.to_owned());
        }
    };
    for key in ["hostNetwork", "hostPID", "hostIPC"] {
        claim(pod[key] != true, key);
    }
    let allowed = [
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "persistentVolumeClaim",
        "projected",
        "secret",
    ];
    for volume in pod["volumes"].as_array().into_iter().flatten() {
        let kinds = volume.as_object().unwrap().keys();
        claim(
            kinds
                .filter(|key| *key != "name")
                .all(|key| allowed.contains(&key.as_str())),
            "volumes",
        );
    }
    let context = &pod["securityContext"];
    claim(context["sysctls"].is_null(), "sysctls");
    let containers = ["initContainers", "containers"].map(|key| pod[key].as_array());
    for container in containers.into_iter().flatten().flatten() {
        let own = &container["securityContext"];
        let either = |key: &str| {
            if own[key].is_null() {
                &context[key]
            } else {
                &own[key]
            }
        };
        claim(own["privileged"] != true, "privileged");
        claim(own["allowPrivilegeEscalation"] == false, "escalation");
        claim(either("runAsNonRoot") == true, "runAsNonRoot");
        claim(*either("runAsUser") != 0, "runAsUser");
        let filter = &either("seccompProfile")["type"];
        claim(
            filter == "RuntimeDefault" || filter == "Localhost",
            "seccomp",
        );
        let dropped = own["capabilities"]["drop"].as_array();
        claim(
            dropped.is_some_and(|all| all.iter().any(|one| one == "ALL")),
            "capabilities",
        );
        claim(own["capabilities"]["add"].is_null(), "added capabilities");
        claim(own["procMount"].is_null(), "procMount");
        for port in container["ports"].as_array().into_iter().flatten() {
            claim(port["hostPort"].is_null(), "hostPort");
        }
    }
    broken
}

#[test]
fn pods_pass_the_standard_restricted() {
    let stack = stack_of("", "full");
    let objects = objects(&stack, "", "full");
    let mut pods = pods(&objects);
    for name in ["data", "canopy", "cascor", "worker"] {
        let pod = pods.remove(name).unwrap();
        assert_eq!(breaks_restricted(pod), Vec::<String>::new(), "{name}");
    }
    let relaxed = "services.data.relax.CapabilityBoundingSet = \"a test\"\n";
    let stack = stack_of(relaxed, "full");
    let objects = self::objects(&stack, relaxed, "full");
    let broken = breaks_restricted(self::pods(&objects)["data"]);
    assert!(broken.contains(&"capabilities".to_owned()), "{broken:?}");
}

/// What a Compose file becomes, resolved.
fn imported(text: &str) -> (String, import::Import) {
    let source = import::Source {
        path: "compose.yaml".to_owned(),
        kind: import::Kind::Compose,
        text: text.to_owned(),
    };
    let made = import::import(&[source], &BTreeMap::new()).unwrap();
    (made.text.clone(), made)
}

#[test]
fn a_round_trip_through_compose_keeps_services_gates_and_probes() {
    let upstream = include_str!("../../tests/import/01-compose/docker-compose.yml");
    let (configuration, _) = imported(upstream);
    let (stack, made) = exported(&configuration, "full", Target::Compose);
    let (back, import) = imported(file(&made, "compose.yaml"));
    let again = stack_of(&back, "full");
    for service in &stack.services {
        let Some(first) = service.managed() else {
            continue;
        };
        let other = again.service(&service.name).unwrap();
        let second = other.managed().unwrap();
        // Redis is no part of the export, which is listed.
        let edges = |service: &crate::spec::Service| {
            let kept = service
                .depends_on
                .iter()
                .filter(|edge| edge.on.as_str() != "redis");
            kept.cloned().collect::<Vec<_>>()
        };
        assert_eq!(edges(service), edges(other), "{}", service.name);
        assert_eq!(first.readiness, second.readiness, "{}", service.name);
        assert_eq!(first.liveness, second.liveness, "{}", service.name);
        assert_eq!(first.startup, second.startup, "{}", service.name);
        assert_eq!(first.endpoint, second.endpoint, "{}", service.name);
        assert_eq!(first.memory_max, second.memory_max, "{}", service.name);
        assert_eq!(first.instances, second.instances, "{}", service.name);
        assert_eq!(first.stop_timeout, second.stop_timeout, "{}", service.name);
    }
    // No other value in effect differs either; what the file could not say was named by one of the two.
    assert_eq!(configuration_of(&again), configuration_of(&stack));
    assert!(!import.losses.is_empty() && !made.losses.is_empty());
    let names: BTreeSet<&str> = import
        .secrets
        .iter()
        .map(|secret| secret.name.as_str())
        .collect();
    assert_eq!(names, BTreeSet::from(["cascor-api-key", "data-api-key"]));
}

#[test]
fn no_export_is_lossless_by_accident_and_one_can_be() {
    for target in Target::ALL {
        let (_, made) = exported(SITE, "full", target);
        assert!(!made.losses.is_empty(), "{}", target.word());
        for loss in &made.losses {
            let readme = file(&made, "README.md");
            assert!(readme.contains(&loss.what) && readme.contains(loss.why));
        }
    }
}

#[test]
fn secrets_are_named_and_nowhere_else() {
    for target in Target::ALL {
        let (_, made) = exported("", "full", target);
        let all: String = made.files.iter().map(|file| file.text.as_str()).collect();
        assert!(
            all.contains("data-api-key") && !all.contains("canopy-api-key"),
            "{}",
            target.word()
        );
        assert!(all.contains("JUNIPER_DATA_REQUIRE_AUTH"));
    }
}
