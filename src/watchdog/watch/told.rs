//! What the watchdog sees, in one line: for `systemctl status`.

use super::super::event::Moment;
use super::Watchdog;

impl Watchdog {
    /// One line of what it sees: for `systemctl status`.
    #[must_use]
    pub fn told(&self, now: Moment) -> String {
        let given_up: Vec<&str> = self
            .members
            .iter()
            .filter(|member| member.spent.given_up || self.lost_gpu(member).is_some())
            .map(|member| member.watched.label.as_str())
            .collect();
        let mut told = match self.ledger.open().next() {
            Some(incident) => format!("incident {}: {}", incident.number, incident.sentence()),
            None if self.members.is_empty() => {
                "watching nothing: `juniperctl check` tells whether the configuration is refused"
                    .to_owned()
            }
            None => format!("watching {} services, no incident", self.members.len()),
        };
        if self.orders.pause_of_all(now).is_some() {
            told.push_str("; paused");
        }
        if !given_up.is_empty() {
            told.push_str("; given up: ");
            told.push_str(&given_up.join(", "));
        }
        told
    }
}
