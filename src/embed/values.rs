//! A run as JavaScript values. Numbers that do not fit a double are strings.

use crate::scenes::run::Run;
use crate::scenes::scene::{Lang, Standing};
use crate::scenes::{SCENES, default_spec, keep_busy, open};
use serde::Serialize;
use wasm_bindgen::JsValue;

/// What `window.faultline.state()` returns.
#[derive(Serialize)]
pub struct State {
    pub scene: String,
    pub recipe: String,
    /// Virtual microseconds.
    pub time: String,
    pub events: u32,
    pub state_hash: String,
    pub run_hash: String,
    pub findings: Vec<Finding>,
    pub playing: bool,
    pub link: String,
}

#[derive(Serialize)]
pub struct Finding {
    pub code: String,
    pub words: String,
    pub because: String,
    pub liveness: bool,
    pub promised: bool,
    /// `unbroken`, `broken`, `open`, `met` or `never`.
    pub standing: &'static str,
    pub broken_at: Option<u32>,
}

/// The present moment of a run.
pub fn state(run: &dyn Run, lang: Lang, playing: bool, link: &str) -> JsValue {
    let spec = run.spec();
    let findings = run.findings(lang).into_iter().map(|finding| Finding {
        code: finding.code.to_string(),
        words: finding.words,
        because: finding.because,
        liveness: finding.liveness,
        promised: finding.promised,
        standing: match finding.standing {
            Standing::Unbroken => "unbroken",
            Standing::Broken => "broken",
            Standing::Open => "open",
            Standing::Met => "met",
            Standing::Never => "never",
        },
        broken_at: finding.broken_at,
    });
    let state = State {
        scene: spec.scene,
        recipe: spec.recipe,
        time: run.now().to_string(),
        events: run.position().0,
        state_hash: format!("{:032x}", run.state_hash()),
        run_hash: format!("{:016x}", run.run_hash()),
        findings: findings.collect(),
        playing,
        link: link.to_string(),
    };
    serde_wasm_bindgen::to_value(&state).unwrap_or(JsValue::NULL)
}

/// What the simulator does here: for each scene events a second and milliseconds a far seek, by the clock that is given.
/// It plays runs of its own; the one on the page stays as it is.
pub fn bench(clock_ms: impl Fn() -> f64) -> JsValue {
    const EVENTS: u32 = 100_000;
    let numbers = js_sys::Object::new();
    let put = |name: String, value: f64| {
        let _ = js_sys::Reflect::set(&numbers, &name.into(), &JsValue::from_f64(value));
    };
    for scene in SCENES {
        let Ok(mut run) = open(&default_spec(scene), Lang::En) else { continue };
        let begin = clock_ms();
        keep_busy(run.as_mut(), EVENTS);
        put(
            [scene, " events a second"].concat(),
            (f64::from(run.position().0) * 1000.0 / (clock_ms() - begin)).floor(),
        );
        let horizon = run.horizon();
        let begin = clock_ms();
        for n in 0..100 {
            run.seek(horizon / 1000 * (n * 7919 % 1000));
        }
        put([scene, " ms a seek"].concat(), (clock_ms() - begin) / 100.0);
    }
    numbers.into()
}
