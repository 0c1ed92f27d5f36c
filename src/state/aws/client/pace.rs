//! How fast AWS is asked: a limit for each service, account and region, and one deadline for the whole run.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::state::aws::permissions::Service;

/// The limits of one account in one region.
pub struct Pace {
    limits: [Limit; 6],
}

impl Pace {
    /// Nothing was asked yet.
    pub fn new() -> Self {
        use Service::{CloudControl, CloudFormation, CloudTrail, Config, Sts, Tagging};
        Self { limits: [Sts, Config, Tagging, CloudFormation, CloudControl, CloudTrail].map(Limit::new) }
    }

    /// When the next request to a service may be sent.
    pub fn slot(&self, service: Service) -> Instant {
        let limit = self.limits.iter().find(|limit| limit.service == service);
        limit.map_or_else(Instant::now, Limit::slot)
    }

    /// Asks half as often from now on: the service had too much even after waiting.
    pub fn slow(&self, service: Service) {
        if let Some(limit) = self.limits.iter().find(|limit| limit.service == service) {
            let mut state = limit.state();
            state.gap = (state.gap * 2).min(SLOWEST);
        }
    }
}

/// The longest wait between two requests.
const SLOWEST: Duration = Duration::from_secs(4);

struct Limit {
    service: Service,
    state: Mutex<State>,
}

struct State {
    /// Between two requests in the long run.
    gap: Duration,
    /// When the next request would be due if all were sent evenly.
    due: Instant,
}

impl Limit {
    fn new(service: Service) -> Self {
        // Requests a second. CloudTrail documents 2; AWS publishes none for the others, and 25 is what others
        // measured Cloud Control to bear.
        let rate = match service {
            Service::CloudTrail => 2,
            Service::Config | Service::CloudFormation | Service::Tagging | Service::Sts => 10,
            Service::CloudControl => 20,
        };
        let state = State { gap: Duration::from_secs(1) / rate, due: Instant::now() };
        Self { service, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the next place; as many as fit into a second may be sent at once after a pause.
    fn slot(&self) -> Instant {
        let now = Instant::now();
        let mut state = self.state();
        let burst = Duration::from_secs(1).saturating_sub(state.gap);
        let start = state.due.max(now);
        state.due = start + state.gap;
        start.checked_sub(burst).map_or(now, |slot| slot.max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holds_no_more_than_the_rate() {
        let pace = Pace::new();
        let start = Instant::now();
        let slots: Vec<Duration> =
            (0..6).map(|_| pace.slot(Service::CloudTrail).saturating_duration_since(start)).collect();
        // Two at once, then one every half second.
        assert!(slots[1] < Duration::from_millis(100), "{slots:?}");
        for (at, slot) in slots.iter().enumerate().skip(2) {
            let due = Duration::from_millis(500) * u32::try_from(at - 1).unwrap();
            assert!(*slot >= due && *slot < due + Duration::from_millis(200), "{slots:?}");
        }
        pace.slow(Service::CloudTrail);
        let last = pace.slot(Service::CloudTrail);
        assert!(pace.slot(Service::CloudTrail) - last >= Duration::from_secs(1));
        // Another service is not held up.
        assert!(pace.slot(Service::Config).saturating_duration_since(start) < Duration::from_millis(100));
    }
}
