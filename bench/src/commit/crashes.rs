//! When nodes crash and come back: drawn, the same for every protocol.

use faultline::core::cluster::{Action, Outage};
use faultline::core::commit::Commit;
use faultline::core::hash;
use faultline::core::protocol::NodeId;
use faultline::sim::simulation::{Input, Placed};
use faultline::sim::time::{MILLISECOND, SECOND, Time};

/// A node is down for a time drawn evenly from this range.
const REPAIR: (Time, Time) = (SECOND, 3 * SECOND);

/// What a number is drawn for.
#[derive(Hash)]
enum Purpose {
    Up,
    Down,
    Outage,
}

/// Crashes and restarts of every node until `end`, sorted. How long a node stays up is drawn from the exponential
/// distribution with this mean: it fails as likely in one second as in another. Half of the crashes lose the power.
pub fn plan(seed: u64, nodes: u16, mean: Option<Time>, end: Time) -> Vec<Placed<Commit>> {
    let Some(mean) = mean else { return Vec::new() };
    let mut inputs = Vec::new();
    for node in (0..nodes).map(NodeId) {
        let mut time = 0;
        for nth in 0_u64.. {
            let number = |purpose| hash::narrow(&(seed, node, nth, purpose));
            // Rounded up, so that two events of a node never share their time.
            time += MILLISECOND + (-libm::log(unit(number(Purpose::Up))) * mean as f64) as Time;
            if time >= end {
                break;
            }
            let outage = if number(Purpose::Outage) >> 63 == 0 { Outage::Killed } else { Outage::PowerLost };
            inputs.push((time, Action::Crash(node, outage)));
            time += REPAIR.0 + (unit(number(Purpose::Down)) * (REPAIR.1 - REPAIR.0) as f64) as Time;
            inputs.push((time, Action::Restart(node)));
        }
    }
    inputs.sort_by_key(|(time, _)| *time);
    let place = |(time, action)| Placed { time, nth: 0, input: Input::Act(action), picks: None };
    inputs.into_iter().map(place).collect()
}

/// A number above 0 and at most 1, of 53 bits.
fn unit(number: u64) -> f64 {
    ((number >> 11) + 1) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten thousand crashes of one node: means, and the share of the exponential distribution below its mean.
    #[test]
    fn up_and_down_times_are_distributed_as_said() {
        let (mean, end) = (20 * SECOND, 220_000 * SECOND);
        let inputs = plan(7, 1, Some(mean), end);
        let times: Vec<Time> = inputs.iter().map(|input| input.time).collect();
        let crashes = times.len() / 2;
        let ups: Vec<Time> = (0..crashes).map(|n| times[2 * n] - if n == 0 { 0 } else { times[2 * n - 1] }).collect();
        let downs: Vec<Time> = (0..crashes).map(|n| times[2 * n + 1] - times[2 * n]).collect();
        let average = |list: &[Time]| list.iter().sum::<Time>() as f64 / list.len() as f64 / SECOND as f64;
        assert!((9_700..10_300).contains(&crashes), "{crashes}");
        assert!((average(&ups) - 20.0).abs() < 0.6, "{}", average(&ups));
        assert!((average(&downs) - 2.0).abs() < 0.03, "{}", average(&downs));
        let below = ups.iter().filter(|up| **up < mean).count() as f64 / crashes as f64;
        assert!((below - 0.632).abs() < 0.015, "{below}");
        let killed = inputs.iter().filter(|i| matches!(i.input, Input::Act(Action::Crash(_, Outage::Killed)))).count();
        assert!((killed as f64 / crashes as f64 - 0.5).abs() < 0.015, "{killed} of {crashes}");
    }
}
