//! The scene says something about everything that happens, in both languages, and counts as the formulas do.

use faultline::scenes::run::{Run, RunSpec};
use faultline::scenes::scene::{Lang, Selection, View};
use faultline::scenes::searching::sample;
use faultline::scenes::{default_spec, open, openings, simplified};

const LANGS: [Lang; 2] = [Lang::En, Lang::Zh];
/// What a gap in the tables shows as.
const GAP: char = '⁇';

/// All that a run shows at this moment and all that it has said.
fn shown(run: &dyn Run, lang: Lang) -> String {
    let stages = [(848.0, 555.0), (360.0, 420.0)].map(|(width, height)| run.stage(&View { width, height, lang }));
    let nodes: Vec<_> = (0..6).map(|n| run.inspect(Selection::Node(n), lang)).collect();
    let findings: Vec<_> = run.findings(lang).into_iter().map(|f| (f.words, f.because)).collect();
    let diagram = run.diagram(0, run.horizon(), lang);
    let panels = (run.controls(lang), run.offers(lang), run.figures(lang), run.events(0, u32::MAX, lang));
    format!("{stages:?} {nodes:?} {findings:?} {diagram:?} {panels:?}")
}

#[test]
fn no_words_are_missing() {
    let mut runs: Vec<RunSpec> = (0..300).map(|seed| sample(seed, 10)).filter(|spec| spec.scene == "commit").collect();
    runs.push(default_spec("commit"));
    assert!(runs.len() > 50);
    for spec in runs {
        for lang in LANGS {
            let run = open(&spec, lang).expect("it opens");
            assert!(!shown(run.as_ref(), lang).contains(GAP), "{spec:?}");
        }
    }
    for lang in LANGS {
        assert!(!format!("{:?} {:?}", openings("commit", lang), simplified("commit", lang)).contains(GAP));
    }
}

/// The cards stay on the stage and apart, from a phone to a wide screen, with every number of banks.
#[test]
fn cards_do_not_overlap() {
    for banks in 2..=5 {
        let mut spec = default_spec("commit");
        spec.options.push(("participants".to_owned(), banks.to_string()));
        let run = open(&spec, Lang::En).expect("it opens");
        for (width, height) in [(300.0, 220.0), (344.0, 400.0), (600.0, 400.0), (848.0, 555.0), (1400.0, 900.0)] {
            let stage = run.stage(&View { width, height, lang: Lang::En });
            assert_eq!(stage.cards.len(), banks + 1);
            for (n, a) in stage.cards.iter().enumerate() {
                assert!(a.x >= 0.0 && a.x + a.w <= width && a.y >= 0.0 && a.y + a.h <= stage.height, "{a:?}");
                for b in &stage.cards[..n] {
                    let apart = a.x >= b.x + b.w || b.x >= a.x + a.w || a.y >= b.y + b.h || b.y >= a.y + a.h;
                    assert!(apart, "{banks} banks at {width} x {height}: {} and {}", a.name, b.name);
                }
            }
        }
    }
}

/// At the end of a run without faults the figures say what the formulas say; resends are counted apart.
#[test]
fn figures_meet_their_formulas() {
    for banks in 2..=5_u32 {
        for refuse in [false, true] {
            let mut spec = default_spec("commit");
            spec.options.push(("participants".to_owned(), banks.to_string()));
            let mut run = open(&spec, Lang::En).expect("it opens");
            if refuse {
                run.command("request east vote-no on", Lang::En).expect("a bank can refuse");
            }
            let offer = run.offers(Lang::En)[0].line.replace("{}", "20");
            run.command(&offer, Lang::En).expect("a transfer starts");
            run.seek(5_000_000);
            let figures = run.figures(Lang::En);
            let (messages, records, forced) = if refuse {
                (3 * banks - 1, 2 * banks - 1, banks - 1)
            } else {
                (4 * banks, 2 * banks + 2, 2 * banks + 1)
            };
            for (figure, expected) in figures.iter().zip([messages, records, forced, 0]) {
                assert_eq!(figure.value, expected.to_string(), "{figure:?}");
            }
            assert!(figures[0].note.contains(&format!("= {messages}")), "{figures:?}");
        }
    }
}
