//! The README of an export: how it is started, which secrets it wants, and all that is lost. And the same as comments
//! at the head of a file.

use std::fmt::Write as _;

use super::target::Target;
use super::{File, Group, Loss, gate, image, secret};

/// The README.
pub(super) fn file(target: Target, group: Group<'_>, losses: &[Loss]) -> File {
    let profile = &group.stack.profile;
    let mut text = format!(
        "# Juniper, profile {profile}, for {}\n\n\
         Written by `juniperctl export {}`. The next export replaces these files; what is to stay belongs into\n\
         /etc/juniper/juniper.toml.\n\n## Start it\n\n",
        target.title(),
        target.word()
    );
    for line in steps(target, group) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "    {line}");
    }
    text.push_str("\n## Secrets\n\n");
    let secrets = secret::all(group);
    if secrets.is_empty() {
        text.push_str(
            "None is set (`juniperctl secret list`): the services ask nobody for a key.\n",
        );
    } else {
        text.push_str("No value is in these files. Hand them over by yourself:\n\n");
    }
    for name in secrets {
        let _ = writeln!(text, "    {}", handed_over(target, name.as_str()));
    }
    text.push_str("\n## Not the same as under systemd\n\n");
    for loss in losses {
        let Loss { what, why, .. } = loss;
        let _ = writeln!(text, "- {}: {what}: {why}", loss.owners());
    }
    if losses.is_empty() {
        text.push_str("Nothing of this stack is lost.\n");
    }
    text.push_str(
        "\nWhatever asks systemd stays behind on every engine: the watchdog with its incidents, page, metrics and\n\
         notifications, `juniperctl status`, `why`, `logs`, `scale` and `learn`.\n",
    );
    File {
        name: "README.md".to_owned(),
        text,
    }
}

/// The losses as comments at the head of a file, and who wrote it.
pub(super) fn head(target: Target, losses: &[Loss]) -> String {
    let mut text = format!(
        "# Written by `juniperctl export {}`; README.md says how it is used.\n",
        target.word()
    );
    if !losses.is_empty() {
        text.push_str("#\n# Not the same as under systemd:\n");
    }
    for loss in losses {
        let Loss { what, why, .. } = loss;
        // Writing to a string cannot fail.
        let _ = writeln!(text, "#   {}: {what}: {why}", loss.owners());
    }
    text
}

fn steps(target: Target, group: Group<'_>) -> Vec<String> {
    let mut steps = Vec::new();
    if target.is_containers() {
        let tool = if target == Target::Compose {
            "docker"
        } else {
            "podman"
        };
        for (name, folder) in image::all(group) {
            let Some(folder) = folder else {
                steps.push(format!("# make the image {name}"));
                continue;
            };
            let stands_in = folder.ends_with("/standin");
            let also = if stands_in {
                " /usr/bin/juniper-standin"
            } else {
                ""
            };
            steps.push(format!("cp /usr/bin/juniperctl{also} {folder}/"));
            steps.push(format!("{tool} build -t {name} {folder}"));
        }
    }
    steps.extend(match target {
        Target::Kubernetes => vec![
            "# push the images to your registry and name them in kustomization.yaml (images:)"
                .to_owned(),
            "kubectl apply -k .".to_owned(),
            "kubectl get pods -l app.kubernetes.io/part-of=juniper --watch".to_owned(),
        ],
        Target::Compose => vec!["docker compose up --detach --wait".to_owned()],
        Target::Quadlet => vec![
            "sudo cp *.container *.network /etc/containers/systemd/".to_owned(),
            "sudo cp juniper-containers.target /etc/systemd/system/".to_owned(),
            "sudo systemctl daemon-reload".to_owned(),
            "sudo systemctl enable --now juniper-containers.target".to_owned(),
        ],
        Target::Supervisord => vec![
            "sudo sh make-directories.sh    # as root; the user juniper must be there".to_owned(),
            "sudo supervisord -c supervisord.conf".to_owned(),
            "supervisorctl -c supervisord.conf status".to_owned(),
        ],
        Target::Procfile => vec!["honcho start".to_owned()],
    });
    // Whoever asks for the health of a group means its units; here it is the endpoints that tell.
    let endpoints = gate::endpoints(group, target);
    if !endpoints.is_empty() {
        steps.push(format!("juniperctl gate ready --within 2min {endpoints}"));
    }
    steps
}

fn handed_over(target: Target, name: &str) -> String {
    match target {
        Target::Kubernetes => {
            format!("kubectl create secret generic juniper-{name} --from-file=value=/dev/stdin")
        }
        Target::Compose => format!(
            "install -D -m 0400 -o {} /dev/stdin secrets/{name}",
            image::USER
        ),
        Target::Quadlet => format!("sudo podman secret create juniper-{name} -"),
        Target::Supervisord => format!(
            "sudo install -D -m 0400 -o juniper /dev/stdin {}/{name}",
            secret::directory(target)
        ),
        Target::Procfile => format!(
            "sudo install -D -m 0400 -o \"$USER\" /dev/stdin {}/{name}",
            secret::directory(target)
        ),
    }
}
