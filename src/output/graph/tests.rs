//! Each form of the graph, whole.

use super::example::{graph, hostile, troubled};
use super::{Graph, State, dot, json, mermaid, text};
use crate::readiness::Verdict;
use crate::readiness::unit_state::UnitState;
use std::fmt::Write as _;

fn plain(graph: &Graph) -> String {
    anstream::adapter::strip_str(&text(graph)).to_string()
}

#[test]
fn a_terminal_is_shown_lanes_and_words() {
    assert_eq!(
        plain(&troubled()),
        "\
profile full
            SERVICE           STATE                 GATE     WHEN LOST
*           data              ready
+--~        cascor            degraded
|  |          <- data                               ready    keep
|  |  .     redis (optional)  not installed
+--+--+--!  canopy            not ready
   |          <- cascor       degraded              ready    keep
   |          <- data                               ready    keep
   |          <- redis                              started  keep
x--+        worker x4         3 of 4 ready, 1 down
              <- cascor       degraded              ready    keep
"
    );
}

#[test]
fn a_graph_without_states_has_no_column_for_them() {
    assert_eq!(
        plain(&graph("", "demo", &[])),
        "\
profile demo
         SERVICE      GATE   WHEN LOST
o        data
+--o     cascor
|  |       <- data    ready  keep
+--+--o  canopy
           <- cascor  ready  keep
           <- data    ready  keep
"
    );
    for form in [
        mermaid(&graph("", "demo", &[])),
        text(&graph("", "demo", &[])),
    ] {
        assert!(
            !form.contains("not asked") && !form.contains("class "),
            "{form}"
        );
    }
}

#[test]
fn colour_says_what_the_word_says() {
    let red = State::Down.style();
    let coloured = text(&troubled());
    for words in [
        format!("{red}x{red:#}"),
        format!("{red}3 of 4 ready, 1 down{red:#}"),
    ] {
        assert!(coloured.contains(&words), "{coloured}");
    }
}

/// `count` services of which each waits for the `back` before it.
fn many(count: usize, back: usize) -> Graph {
    let (mut text, mut names) = (String::new(), Vec::new());
    for number in 10..10 + count {
        writeln!(text, "[services.s{number}]\ncommand = [\"/bin/true\"]").unwrap();
        for on in number.saturating_sub(back).max(10)..number {
            writeln!(text, "depends_on.s{on} = {{}}").unwrap();
        }
        names.push(format!("\"s{number}\""));
    }
    write!(text, "[profiles.site]\nservices = [{}]\n", names.join(", ")).unwrap();
    graph(&text, "site", &[])
}

#[test]
fn many_services_stay_readable() {
    for (graph, has_lanes) in [
        (many(30, 1), true),
        (many(30, 4), true),
        (many(30, 20), false),
    ] {
        let shown = plain(&graph);
        assert_eq!(shown.contains("--o"), has_lanes, "{shown}");
        assert!(shown.lines().all(|line| line.len() < 80), "{shown}");
        assert_eq!(shown.lines().count(), 2 + 30 + graph.edges.len());
    }
}

#[test]
fn mermaid_draws_a_flowchart() {
    assert_eq!(
        mermaid(&troubled()),
        "\
flowchart LR
    %% profile full
    service0[\"data<br/>Juniper dataset service<br/>ready\"]
    service1[\"cascor<br/>Juniper cascade correlation training service<br/>degraded\"]
    service2([\"redis (optional)<br/>Redis, from Debian#39;s own package<br/>not installed\"])
    service3[\"canopy<br/>Juniper dashboard<br/>not ready\"]
    service4[\"worker x4<br/>Juniper cascade correlation worker<br/>3 of 4 ready, 1 down\"]
    service0 -->|\"ready, keep\"| service1
    service1 -->|\"ready, keep\"| service3
    service0 -->|\"ready, keep\"| service3
    service2 -.->|\"started, keep\"| service3
    service1 -->|\"ready, keep\"| service4
    classDef ready fill:#c8e6c9,stroke:#2e7d32,color:#000000
    classDef not_installed fill:#eeeeee,stroke:#757575,color:#000000
    classDef degraded fill:#fff3c4,stroke:#b28704,color:#000000
    classDef not_ready fill:#ffd8b8,stroke:#bf5b04,color:#000000
    classDef down fill:#ffcdd2,stroke:#c62828,color:#000000
    class service0 ready
    class service1 degraded
    class service2 not_installed
    class service3 not_ready
    class service4 down
"
    );
}

#[test]
fn graphviz_draws_a_digraph() {
    assert_eq!(
        dot(&troubled()),
        r##"digraph juniper {
    label="profile full";
    rankdir=LR;
    node [shape=box, fontname="sans-serif"];
    edge [fontname="sans-serif", fontsize=10];
    "data" [label="data\nJuniper dataset service\nready", style="filled", fillcolor="#c8e6c9", color="#2e7d32"];
    "cascor" [label="cascor\nJuniper cascade correlation training service\ndegraded", style="filled", fillcolor="#fff3c4", color="#b28704"];
    "redis" [label="redis (optional)\nRedis, from Debian's own package\nnot installed", style="filled,dashed", fillcolor="#eeeeee", color="#757575"];
    "canopy" [label="canopy\nJuniper dashboard\nnot ready", style="filled", fillcolor="#ffd8b8", color="#bf5b04"];
    "worker" [label="worker x4\nJuniper cascade correlation worker\n3 of 4 ready, 1 down", style="filled", fillcolor="#ffcdd2", color="#c62828"];
    "data" -> "cascor" [label="ready, keep"];
    "cascor" -> "canopy" [label="ready, keep"];
    "data" -> "canopy" [label="ready, keep"];
    "redis" -> "canopy" [label="started, keep", style=dashed];
    "cascor" -> "worker" [label="ready, keep"];
}
"##
    );
}

#[test]
fn no_description_breaks_out() {
    let graph = hostile();
    let drawn = mermaid(&graph);
    assert!(
        drawn.contains("    service0[\"end<br/>#34;#93;#59; x#91;#34;#60;b#62;#38;quot#59;#35;quot#59; #92;N\"]\n"),
        "{drawn}"
    );
    let drawn = dot(&graph);
    assert!(
        drawn.contains(r#"[label="end\n\"]; x[\"<b>&amp;quot;#quot; \\N", style"#),
        "{drawn}"
    );
    assert_eq!(json(&graph)["nodes"][0]["name"], "end");
}

#[test]
fn programs_are_told_each_member() {
    let found = json(&troubled());
    assert_eq!(found["version"], 1);
    assert_eq!(found["profile"], "full");
    let worker = &found["nodes"][4];
    assert_eq!(worker["unit"], "juniper-cascor-worker@.service");
    assert_eq!(
        (&worker["instances"], &worker["state"]),
        (&4.into(), &"down".into())
    );
    assert_eq!(worker["members"][3]["name"], "worker@4");
    assert_eq!(worker["members"][3]["state"], "ready");
    assert_eq!(
        found["edges"][3],
        serde_json::json!({"from": "redis", "to": "canopy", "gate": "started", "when_lost": "keep"})
    );
}

#[test]
fn without_a_verdict_the_unit_says_why() {
    let unit = |found| UnitState {
        found,
        ..UnitState::default()
    };
    for (verdict, unit, state) in [
        (Some(Verdict::Ready), None, State::Ready),
        (Some(Verdict::Down), Some(unit(false)), State::Down),
        (None, Some(unit(false)), State::NotInstalled),
        (None, Some(unit(true)), State::NotAsked),
        (None, None, State::NotAsked),
    ] {
        assert_eq!(State::of(verdict, unit.as_ref()), state);
    }
}
