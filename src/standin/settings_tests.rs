//! Checks of `settings`: defaults, every variable, and that all faults come at once.

use super::*;
use crate::fault::Stroke;

fn environment(pairs: &[(&str, &str)]) -> Environment {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn settings(service: Service, pairs: &[(&str, &str)]) -> Settings {
    read(service, &Listen::default(), &environment(pairs)).unwrap()
}

#[test]
fn an_empty_environment_gives_the_real_services_defaults() {
    let data = settings(Service::Data, &[]);
    assert_eq!(data.address.to_string(), "127.0.0.1:8100");
    assert_eq!(
        data.own,
        Own::Data {
            storage: "./data/datasets".into()
        }
    );
    assert_eq!((data.live_after, data.fault), (Duration::ZERO, None));

    let cascor = settings(Service::Cascor, &[]);
    assert_eq!(cascor.address.port, 8200);
    let Own::Cascor {
        data,
        auto_start,
        training,
        snapshots,
    } = cascor.own
    else {
        panic!("not cascor");
    };
    assert_eq!((data, auto_start, snapshots), (None, false, None));
    assert_eq!(training, Duration::from_secs(10));

    let canopy = settings(
        Service::Canopy,
        &[("JUNIPER_CANOPY_CASCOR_SERVICE_URL", "")],
    );
    assert_eq!(canopy.address.port, 8050);
    let Own::Canopy { data, cascor, demo } = canopy.own else {
        panic!("not canopy");
    };
    assert_eq!(data.address.to_string(), "localhost:8100");
    assert_eq!((cascor, demo), (None, false));
}

#[test]
fn each_service_reads_its_own_variables() {
    let canopy = settings(
        Service::Canopy,
        &[
            ("JUNIPER_CANOPY_SERVER__HOST", "::1"),
            ("JUNIPER_CANOPY_SERVER__PORT", "9050"),
            ("JUNIPER_CANOPY_DEMO_MODE", "True"),
            ("JUNIPER_DATA_URL", "http://10.0.0.1:1"),
            ("JUNIPER_CANOPY_JUNIPER_DATA_URL", "http://10.0.0.1:2"),
        ],
    );
    assert_eq!(canopy.address.to_string(), "[::1]:9050");
    let Own::Canopy { data, demo, .. } = canopy.own else {
        panic!("not canopy");
    };
    assert_eq!((data.address.port, demo), (2, true));

    let cascor = settings(
        Service::Cascor,
        &[
            ("JUNIPER_DATA_URL", "http://127.0.0.1:8100"),
            ("JUNIPER_STANDIN_TRAINING", "2s"),
            ("JUNIPER_STANDIN_LIVE_AFTER", "150ms"),
            ("JUNIPER_STANDIN_FAULT", "hang"),
            ("JUNIPER_STANDIN_FAULT_AFTER", "1s"),
        ],
    );
    assert_eq!(cascor.live_after, Duration::from_millis(150));
    assert_eq!(
        cascor.fault,
        Some((Fault::Stroke(Stroke::Hang), Duration::from_secs(1)))
    );
    assert!(matches!(cascor.own, Own::Cascor { data: Some(_), .. }));
}

#[test]
fn worker_instances_take_ports_in_a_row_and_an_option_wins() {
    let server = (
        "JUNIPER_CASCOR_WORKER_SERVER_URL",
        "ws://127.0.0.1:8200/ws/v1/workers",
    );
    let port = |pairs: &[(&str, &str)]| {
        settings(Service::Worker, &[pairs, &[server]].concat())
            .address
            .port
    };
    assert_eq!(port(&[]), 8210);
    assert_eq!(port(&[("JUNIPERCTL_INSTANCE", "3")]), 8212);
    let nine = ("JUNIPER_CASCOR_WORKER_HEALTH_PORT", "9000");
    assert_eq!(port(&[nine, ("JUNIPERCTL_INSTANCE", "2")]), 9001);

    let listen = Listen {
        port: Some(7),
        host: None,
    };
    let both = environment(&[server, ("JUNIPERCTL_INSTANCE", "2")]);
    assert_eq!(
        read(Service::Worker, &listen, &both).unwrap().address.port,
        7
    );
}

#[test]
fn every_fault_is_reported_with_its_variable() {
    let faults = read(
        Service::Worker,
        &Listen::default(),
        &environment(&[
            ("JUNIPER_CASCOR_WORKER_HEALTH_PORT", "abc"),
            ("JUNIPERCTL_INSTANCE", "0"),
            ("JUNIPER_STANDIN_FAULT", "explode"),
            ("JUNIPER_STANDIN_READY_AFTER", "soon"),
        ]),
    )
    .unwrap_err();
    assert_eq!(faults.len(), 5, "{faults:#?}");
    for name in [
        "JUNIPER_CASCOR_WORKER_HEALTH_PORT: \"abc\"",
        "JUNIPERCTL_INSTANCE:",
        "JUNIPER_STANDIN_FAULT:",
        "JUNIPER_STANDIN_READY_AFTER:",
        "JUNIPER_CASCOR_WORKER_SERVER_URL: not set",
    ] {
        assert!(
            faults.iter().any(|fault| fault.starts_with(name)),
            "{name} in {faults:#?}"
        );
    }
    let last = environment(&[
        ("JUNIPER_CASCOR_WORKER_SERVER_URL", "ws://127.0.0.1:1/"),
        ("JUNIPER_CASCOR_WORKER_HEALTH_PORT", "65535"),
        ("JUNIPERCTL_INSTANCE", "2"),
    ]);
    assert!(read(Service::Worker, &Listen::default(), &last).is_err());
}

#[test]
fn production_is_recognised_however_it_is_written() {
    assert!(is_production(&environment(&[(
        "JUNIPER_ENV",
        " Production "
    )])));
    assert!(!is_production(&environment(&[(
        "JUNIPER_ENV",
        "production-like"
    )])));
    assert!(!is_production(&environment(&[])));
}

#[test]
fn a_service_that_listens_everywhere_is_reached_on_loopback() {
    let address = read_address(
        Service::Data,
        &Listen::default(),
        &environment(&[("JUNIPER_DATA_HOST", "0.0.0.0")]),
    );
    assert_eq!(address.unwrap().host, "127.0.0.1");
}
