//! The kernel's routing tables (`/proc/net/route`, `/proc/net/ipv6_route`) to the one thing that counts:
//! whether any route leads out of the machine.
//!
//! Interfaces are not counted: with some modules loaded the kernel puts its tunnels, unused, into each
//! new network.

/// The interface by which the first route leads out, if any does.
#[must_use]
pub fn way_out(four: &str, six: &str) -> Option<String> {
    // The name is the first column of the one, after a line of headings, and the last of the other.
    let four = four
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().next());
    let six = six
        .lines()
        .filter_map(|line| line.split_whitespace().last());
    four.chain(six)
        .find(|interface| *interface != "lo")
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::way_out;

    const HEADINGS: &str =
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";

    const LOOPBACK: &str = "00000000000000000000000000000001 80 00000000000000000000000000000000 00 \
        00000000000000000000000000000000 00000000 00000002 00000000 80200001       lo\n\
        00000000000000000000000000000000 00 00000000000000000000000000000000 00 \
        00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n";

    #[test]
    fn loopback_leads_nowhere() {
        for (four, six) in [("", ""), (HEADINGS, LOOPBACK), (HEADINGS, "")] {
            assert_eq!(way_out(four, six), None, "{four}{six}");
        }
    }

    #[test]
    fn any_other_interface_leads_out() {
        let four =
            format!("{HEADINGS}eth0\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n");
        assert_eq!(way_out(&four, LOOPBACK).as_deref(), Some("eth0"));
        let six = format!(
            "{LOOPBACK}fe800000000000000000000000000000 40 00000000000000000000000000000000 00 \
             00000000000000000000000000000000 00000100 00000001 00000000 00000001     wlan0\n"
        );
        assert_eq!(way_out(HEADINGS, &six).as_deref(), Some("wlan0"));
    }
}
