//! A configuration of supervisord: one program for each service or instance.
//!
//! Its parser takes `%` for a name, and a semicolon or hash after white space for a comment, even between quotes; its
//! list of variables knows no escapes. Commands are written so that neither matters, and a variable that the list cannot
//! carry is set by env(1) in the command.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::spec::stack::{Managed, Member, Output, Service};

use super::directories::Directories;
use super::loss::seconds;
use super::target::Target;
use super::{File, Group, Loss, environment, gate, managed, readme, shell};

/// How often a start is tried again, as by systemd.
const RETRIES: u32 = 5;

pub(super) fn files(group: Group<'_>, losses: &[Loss]) -> Vec<File> {
    let mut text = readme::head(Target::Supervisord, losses);
    text.push_str(
        "\n[supervisord]\nlogfile=/var/log/juniper/supervisord.log\npidfile=/run/juniper-supervisord.pid\n\
         nodaemon=false\n\n[unix_http_server]\nfile=/run/juniper-supervisord.sock\nchmod=0700\n\n\
         [rpcinterface:supervisor]\n\
         supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n\n\
         [supervisorctl]\nserverurl=unix:///run/juniper-supervisord.sock\n",
    );
    let mut directories = Vec::new();
    for (position, (service, managed)) in managed(group).enumerate() {
        for member in service.members() {
            program(&mut text, service, managed, &member, position, group);
            let own = Directories::of(
                service,
                managed,
                Target::Supervisord,
                member.instance.unwrap_or(1),
            );
            directories.extend(own.wanted(managed));
        }
    }
    let script = format!(
        "#!/bin/sh\n# Written by juniperctl: the directories of the services, once, as root.\nset -eu\n\
         install -d -m 0755 /var/lib/juniper /var/log/juniper /var/cache/juniper\n\
         install -d -o juniper -g juniper -m 0750 {}\n",
        shell::words(&directories)
    );
    vec![
        File {
            name: "make-directories.sh".to_owned(),
            text: script,
        },
        File {
            name: "supervisord.conf".to_owned(),
            text,
        },
    ]
}

fn program(
    text: &mut String,
    service: &Service,
    managed: &Managed,
    member: &Member<'_>,
    position: usize,
    group: Group<'_>,
) {
    let instance = member.instance.unwrap_or(1);
    let name = member.label().replace('@', "-");
    let directories = Directories::of(service, managed, Target::Supervisord, instance);
    let all = environment::variables(service, managed, group, Target::Supervisord, instance);
    let (listed, odd): (BTreeMap<_, _>, BTreeMap<_, _>) = all
        .into_iter()
        .map(|(name, value)| (name, value.text().to_owned()))
        .partition(|(_, value)| fits_the_list(value));
    let mut words = Vec::new();
    if !odd.is_empty() {
        words.push("/usr/bin/env".to_owned());
        words.extend(odd.iter().map(|(name, value)| format!("{name}={value}")));
    }
    let working = directories.working(managed).text().to_owned();
    // The setting would lose what looks like a comment.
    if !fits_the_list(&working) {
        words.extend(["/usr/bin/env", "-C"].map(str::to_owned));
        words.push(working.clone());
    }
    words.extend(gate::exec(
        service,
        managed,
        group,
        Target::Supervisord,
        instance,
    ));
    let command: Vec<String> = words.iter().map(|text| word(text)).collect();
    let listed: Vec<String> = listed
        .iter()
        .map(|(name, value)| format!("{name}={}", entry(value)))
        .collect();
    // Writing to a string cannot fail.
    let _ = write!(text, "\n[program:{name}]\ncommand={}\n", command.join(" "));
    if fits_the_list(&working) {
        let _ = writeln!(text, "directory={}", working.replace('%', "%%"));
    }
    if !listed.is_empty() {
        let _ = writeln!(text, "environment={}", listed.join(","));
    }
    let _ = write!(
        text,
        "user=juniper\numask=077\npriority={}\nautostart=true\nautorestart=unexpected\nexitcodes=0\n\
         startsecs=1\nstartretries={RETRIES}\nstopsignal=TERM\nstopwaitsecs={}\nstopasgroup=true\nkillasgroup=true\n",
        100 + position,
        seconds(managed.stop_timeout)
    );
    let output = match managed.standard_output {
        Output::Journal => format!("/var/log/juniper/{name}.out"),
        Output::Discard => "NONE".to_owned(),
    };
    let _ = write!(
        text,
        "stdout_logfile={output}\nstderr_logfile=/var/log/juniper/{name}.err\n"
    );
}

/// Whether a value survives the list of variables: its quotes cannot be escaped, those at its ends are taken away, and
/// what follows white space may be a comment.
fn fits_the_list(value: &str) -> bool {
    let quotes = ['"', '\''];
    let comment = value
        .split(|c: char| c.is_whitespace())
        .skip(1)
        .any(|rest| rest.starts_with([';', '#']));
    let both = quotes.iter().all(|quote| value.contains(*quote));
    !(comment || both || value.starts_with(quotes) || value.ends_with(quotes))
        && value.trim() == value
}

/// A value of the list.
fn entry(value: &str) -> String {
    let quote = if value.contains('"') { '\'' } else { '"' };
    format!("{quote}{}{quote}", value.replace('%', "%%"))
}

/// A word of a command.
fn word(text: &str) -> String {
    let quoted = shell::word(text).replace('%', "%%");
    if quoted.starts_with('\'') {
        // Closed and opened again, so that no white space stands before it.
        quoted.replace(';', "'';").replace('#', "''#")
    } else {
        quoted
    }
}

#[cfg(test)]
mod tests {
    use super::{entry, fits_the_list, word};

    #[test]
    fn words_are_quoted_against_shell_and_parser() {
        for (text, written) in [
            ("/a-b", "/a-b"),
            ("100%", "'100%%'"),
            ("a ; b", "'a ''; b'"),
            ("#", "'''#'"),
        ] {
            assert_eq!(word(text), written, "{text}");
        }
    }

    #[test]
    fn the_list_carries_what_it_can() {
        for text in ["a b", "a;b", "", "100%", "a\"b", "a'b", "\\"] {
            assert!(fits_the_list(text), "{text}");
        }
        for text in ["a ;b", "a #b", "'a", "a\"", "\"", "a\"b'c", " a"] {
            assert!(!fits_the_list(text), "{text}");
        }
        assert_eq!(entry("a\"%"), "'a\"%%'");
    }
}
