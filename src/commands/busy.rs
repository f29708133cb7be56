//! Who is at work that a restart would end, such as a training run.

use futures_util::future::join_all;

use crate::error::CommandError;
use crate::readiness::saying::says;
use crate::spec::stack::Member;

use super::survey;

/// Labels of those of these members that say so of themselves.
pub(super) async fn labels(members: &[Member<'_>]) -> Result<Vec<String>, CommandError> {
    let prober = survey::prober()?;
    let asked = join_all(members.iter().map(|member| async {
        let managed = member.service.managed()?;
        let busy_when = &managed.liveness.as_ref()?.busy_when;
        if busy_when.is_empty() {
            return None;
        }
        let limit = managed.readiness.as_ref()?.timeout;
        let (answer, _) = prober.ask(&member.readiness_url()?, limit).await;
        says(&answer, busy_when).then(|| member.label())
    }));
    Ok(asked.await.into_iter().flatten().collect())
}
