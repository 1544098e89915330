//! A run of any length takes no more memory than its first two thousand events: counted at the allocator, so that nothing hides.

use faultline::scenes::run::RunSpec;
use faultline::scenes::scene::{Lang, View};
use faultline::scenes::{SCENES, default_spec, keep_busy, open};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator as it came; only sizes are added up beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        PEAK.fetch_max(LIVE.fetch_add(layout.size(), Relaxed) + layout.size(), Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most bytes alive while `f` runs, over those before the whole test.
fn peak(before: usize, f: impl FnOnce()) -> usize {
    PEAK.store(LIVE.load(Relaxed), Relaxed);
    f();
    PEAK.load(Relaxed) - before
}

const MB: usize = 1 << 20;

/// One test, because the allocator is everybody's.
#[test]
fn memory_does_not_grow_with_the_run() {
    let contending = RunSpec { options: vec![("clients".to_owned(), "5".to_owned())], ..default_spec("lock") };
    let specs = SCENES.map(|scene| if scene == "lock" { contending.clone() } else { default_spec(scene) });
    for spec in specs {
        // From here on there are as many checkpoints as there will ever be, and as many events at hand.
        let unit = 2_000;
        let before = LIVE.load(Relaxed);
        let mut run = open(&spec, Lang::En).expect("it opens");
        let first = peak(before, || keep_busy(run.as_mut(), unit));
        let later = peak(before, || keep_busy(run.as_mut(), 30 * unit));
        let looking = peak(before, || {
            let (known, end) = (run.position().1, run.horizon());
            for n in 1..8_u32 {
                run.seek(end / 8 * u64::from(n));
                run.seek_event(known / 9 * n);
                run.step_back();
                let (at, now) = (run.position().0, run.now());
                run.stage(&View { width: 900.0, height: 600.0, lang: Lang::En });
                run.events(known / 8 * (8 - n), 50, Lang::En);
                run.diagram(now / 2, now / 2 + 24_000_000, Lang::En);
                run.causes(at.saturating_sub(1));
                run.next_break(true);
            }
        });
        let kb = |bytes: usize| bytes / 1024;
        println!(
            "{}: {} kB to event {unit}, {} kB to {}, {} kB looking around",
            spec.scene,
            kb(first),
            kb(later),
            30 * unit,
            kb(looking)
        );
        // What people did stays: where nothing happens by itself that is a kilobyte for each transaction.
        let commands = run.spec().commands.len() * 1024;
        assert!(later < first + first / 10 + commands, "{}: {} kB became {} kB", spec.scene, kb(first), kb(later));
        assert!(looking < 6 * MB && first < 6 * MB, "{}: {} kB, {} kB", spec.scene, kb(first), kb(looking));
    }
}
