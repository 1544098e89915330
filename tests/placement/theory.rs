//! Shares and movement inside the bands of their laws.

use super::*;
use faultline::core::placement::rule::Rule;
use faultline::core::placement::shares::{self, Law};

#[test]
fn adding_moves_the_share_of_the_new_node() {
    const RINGS: usize = 200;
    for row in vectors!("ring_movement")["rows"].as_array().unwrap() {
        let (n, v) = (natural(&row["n"]), natural(&row["v"]) as u32);
        let mut sum = 0.0;
        let mut outside = 0;
        for seed in 0..RINGS {
            let before = ring((0..n).map(|i| format!("{seed}.{i}")), v);
            let mut after = before.clone();
            after.add(Member::new("new", 1)).unwrap();
            let moved = shares::moved_arcs(&before, &after);
            assert_eq!((moved.all, moved.moved, moved.needless), (1 << 64, after.arcs()[n], 0));
            let law = shares::movement_law(&before, &after).unwrap();
            assert!(close(law.mean, number(&row["expected_mean"])));
            assert!(close(law.std, number(&row["expected_std"])));
            assert_eq!(Some(law), shares::movement_law(&after, &before), "removing moves the same back");
            assert_eq!(moved, shares::moved_arcs(&after, &before));
            sum += moved.share();
            outside += usize::from(!law.allows(moved.share()));
        }
        let law = Law::of_arc(u64::from(v), (n as u64 + 1) * u64::from(v));
        let mean = Law { std: law.std / (RINGS as f64).sqrt(), ..law };
        assert!(mean.allows(sum / RINGS as f64), "mean of {RINGS} rings of {n} x {v}: {}", sum / RINGS as f64);
        // With one point a node the law has a long tail: 0.4 % of correct rings are above the band.
        assert!(outside <= if v == 1 { 5 } else { 1 }, "{outside} of {RINGS} rings of {n} x {v} outside the band");
    }
}

#[test]
fn shares_of_arc_and_of_keys_keep_their_bands() {
    let keys = numbered(420);
    let mut outside = [0; 2];
    for seed in 0..1_000 {
        let weighted = |i: u32| Member::new(format!("{seed}.{i}"), i % 3 + 1);
        let ring = Ring::new((0..6).map(weighted).collect(), 24).unwrap();
        let counts = shares::count(&ring, bytes(&keys));
        let found = [shares::of_arcs(&ring), shares::of_keys(&ring, &counts)];
        for (outside, found) in outside.iter_mut().zip(&found) {
            *outside += usize::from(!found.iter().all(shares::Share::fits));
        }
        for (arc, keys) in found[0].iter().zip(&found[1]) {
            assert!(arc.law.std < keys.law.std && arc.law.mean == keys.law.mean);
        }
    }
    // 0.1 to 0.2 % are expected; 420 fixed keys are one sample for all rings.
    assert!(outside[0] <= 8 && outside[1] <= 10, "{outside:?} of 1,000 rings outside");
}

#[test]
fn the_law_of_keys_is_multinomial_on_top_of_the_arc() {
    let one = Law::of_arc(5, 5);
    assert_eq!((one, one.of_keys(9)), (Law { mean: 1.0, std: 0.0 }, Law { mean: 1.0, std: 0.0 }));
    assert!(one.allows(1.0) && !one.allows(0.999));
    let fair = Law { mean: 0.25, std: 0.0 }.of_keys(300);
    assert!(close(fair.std * fair.std, 0.25 * 0.75 / 300.0));
    let single = Law::of_arc(3, 12).of_keys(1);
    assert!(close(single.std * single.std, 0.25 * 0.75), "one key is one draw, whatever the arcs");
    assert_eq!(Law::of_arc(0, 0).of_keys(0), Law { mean: 0.0, std: 0.0 });
}

#[test]
fn a_changed_weight_has_no_simple_law_and_moves_nothing_needlessly() {
    let ring = |weight| Ring::new(vec![Member::new("a", 2), Member::new("b", weight)], 50).unwrap();
    let (before, after) = (ring(1), ring(3));
    assert_eq!(shares::movement_law(&before, &after), None);
    let grown = shares::moved_arcs(&before, &after);
    assert!(grown.moved > 0 && grown.needless == 0);
    let back = shares::moved_keys(&after, &before, bytes(&numbered(500)));
    assert!(back.moved > 0 && back.needless == 0);
}

#[test]
fn a_needless_move_is_counted() {
    let names = || (0..4).map(|i| format!("n{i}"));
    let moved = shares::moved_arcs(&ring(names(), 10), &ring(names(), 11));
    assert!(moved.needless > 0, "other labels on the same members: all that moves does so needlessly");
    assert_eq!(moved.needless, moved.moved);
}

/// `RING-BALANCE` by its own law under every rule: how often a correct ring is outside, and whether the law's spread is
/// the one that rings have.
#[test]
fn every_rule_keeps_its_law() {
    const RINGS: usize = 600;
    for rule in Rule::ALL {
        for (n, v) in [(5, 40), (10, 100)] {
            let (mut outside, mut squares, mut moved_outside) = (0, 0.0, 0);
            let mut law = None;
            for seed in 0..RINGS {
                let ring = ring((0..n).map(|i| format!("{seed}.{i}")), v).with_rule(rule);
                for share in shares::of_arcs(&ring) {
                    outside += usize::from(!share.fits());
                    squares += (share.share - share.law.mean) * (share.share - share.law.mean);
                    law = Some(share.law);
                }
                let mut after = ring.clone();
                after.add(Member::new("new", 1)).unwrap();
                let moved = shares::moved_arcs(&ring, &after);
                assert_eq!((moved.all, moved.moved, moved.needless), (1 << 64, after.arcs()[n], 0));
                moved_outside += usize::from(!shares::movement_law(&ring, &after).unwrap().allows(moved.share()));
            }
            let law = law.unwrap();
            let all = (RINGS * n) as f64;
            let std = (squares / all).sqrt();
            // The sample's standard deviation strays by about 1/sqrt(2 · samples) of itself.
            assert!((std / law.std - 1.0).abs() < 4.0 / (2.0 * all).sqrt(), "{} {n} x {v}: {std}", rule.name());
            // 0.05 to 0.2 % of shares are expected outside.
            assert!(outside as f64 <= 0.003 * all, "{outside} of {all} shares outside, {} {n} x {v}", rule.name());
            assert!(moved_outside <= 6, "{moved_outside} of {RINGS} rings moved too much or too little");
        }
    }
}

#[test]
fn the_law_of_the_nearest_is_half_as_wide() {
    assert_eq!(Law::of_nearest(0, 0), Law { mean: 0.0, std: 0.0 });
    assert_eq!(Law::of_nearest(4, 4), Law { mean: 1.0, std: 0.0 });
    // Two points: each has half of both gaps, so exactly half of the circle.
    assert!(Law::of_nearest(1, 2).std < 1e-12);
    let (nearest, next) = (Law::of_nearest(200, 20_000), Law::of_arc(200, 20_000));
    assert_eq!(nearest.mean, next.mean);
    assert!((nearest.std / next.std - 0.5_f64.sqrt()).abs() < 0.01);
}
