//! What is found after the power has gone: one of two whole sets, which systemd takes and another install completes.

use libtest_mimic::Failed;

use super::super::lab::{Outcome, claim};
use super::stage::{LOADED, LOOK, PROFILES, STRAYS, install_line};

/// What was found so far.
pub(super) struct Seen<'s> {
    /// The two sets, the one first that an install of the first profile makes.
    sets: &'s [String],
    /// How often each was there.
    times: [usize; 2],
    /// How often an install had left something for the next one to end.
    pub(super) halves: usize,
}

impl<'s> Seen<'s> {
    /// Nothing yet, of these two sets.
    pub(super) fn of(sets: &'s [String]) -> Self {
        Self {
            sets,
            times: [0, 0],
            halves: 0,
        }
    }

    /// Looks at a machine, by lines that are run in it and must succeed.
    pub(super) fn look(
        &mut self,
        when: &str,
        shell: impl Fn(&str) -> Result<String, Failed>,
    ) -> Outcome {
        let set = shell(LOOK)?;
        let Some(found) = self.sets.iter().position(|known| *known == set) else {
            let listed = shell("ls -lAR /etc/systemd/system /etc/systemd/.juniperctl; true")?;
            return Err(format!("{when}: neither set:\n{listed}\n{set}").into());
        };
        self.times[found] += 1;
        let half = shell(&format!("{STRAYS}; true"))?;
        self.halves += usize::from(!half.is_empty());
        let refused = shell(LOADED)?;
        claim(
            refused.is_empty(),
            format!("{when}: systemd refuses: {refused}"),
        )?;
        shell(&install_line(PROFILES[0]))?;
        claim(
            shell(LOOK)? == self.sets[0],
            format!("{when}: not the set that was installed"),
        )?;
        let strays = shell(&format!("{STRAYS}; true"))?;
        claim(strays.is_empty(), format!("{when}: strays: {strays}"))
    }

    /// In words.
    pub(super) fn told(&self) -> String {
        let ([one, other], halves) = (self.times, self.halves);
        format!(
            "{one} times one set, {other} times the other; {halves} times in the middle of an install that the next one ended"
        )
    }
}
