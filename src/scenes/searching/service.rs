//! What a worker does: hears a question, searches a slice at a time, and says how far it is and what it has found.

use super::asking::{Asked, ask, expanding};
use super::wire::{Load, Said, Told};
use super::{Answer, Limits, Question, Verdict, models};
use crate::scenes::OpenError;
use crate::scenes::scene::Lang;

/// A slice ends after this long, so that what the page says is heard soon.
const SLICE_MS: f64 = 30.0;
/// Between two words on how far it is.
const TELL_MS: f64 = 125.0;
const AT_ONCE: u32 = 64;

/// Where a service lives.
pub trait Host {
    fn now_ms(&self) -> f64;
    /// Bytes of the whole memory that the search lies in; 0 where that is not known.
    fn memory(&self) -> u64;
    fn say(&self, said: &Said);
}

/// One worker: at most one search, of which the latest question counts.
pub struct Service<H> {
    host: H,
    asked: Option<Box<dyn Asked>>,
    limits: Limits,
    running: bool,
    searched_ms: f64,
    told_ms: f64,
    /// States expanded between two looks at the clock and at the memory.
    at_once: u32,
    /// How a test wants it to end, and after how many states.
    #[cfg(feature = "panic-test")]
    end: Option<(String, u64)>,
}

impl<H: Host> Service<H> {
    pub const fn new(host: H) -> Self {
        let limits = Limits { states: 0, bytes: 0 };
        Service {
            host,
            asked: None,
            limits,
            running: false,
            searched_ms: 0.0,
            told_ms: 0.0,
            at_once: AT_ONCE,
            #[cfg(feature = "panic-test")]
            end: None,
        }
    }

    /// Does what the text says. True: there is work, so [`Service::turn`] has to be called.
    pub fn hear(&mut self, text: &str) -> bool {
        match Told::from_text(text) {
            Ok(told) => {
                #[cfg(feature = "panic-test")]
                let told = test::without_end(told, &mut self.end);
                self.told(told);
            }
            Err(misread) => self.host.say(&Said::Wrong(misread.0)),
        }
        self.running
    }

    fn told(&mut self, told: Told) {
        match told {
            Told::Ask(question, lang) => {
                // The old search gives its memory back before the new one begins.
                self.asked = None;
                self.searched_ms = 0.0;
                self.limits = question.limits;
                match begin(*question, lang) {
                    Ok(asked) => {
                        self.asked = Some(asked);
                        self.begin();
                    }
                    Err(error) => {
                        self.running = false;
                        self.host.say(&Said::Wrong(error.0));
                    }
                }
            }
            Told::Stop => {
                self.running = false;
                self.tell();
            }
            Told::Before(question, lang, expanded) => {
                self.running = false;
                let run = begin(*question, lang).ok().and_then(|mut asked| asked.run_before(expanded));
                self.host.say(&Said::Before(run.map(Box::new)));
            }
            Told::GoOn => self.begin(),
            Told::Widen(limits) => {
                self.limits = limits;
                if let Some(asked) = &mut self.asked {
                    asked.widen(within(limits));
                }
                self.begin();
            }
        }
    }

    fn begin(&mut self) {
        self.running = self.asked.is_some();
        self.told_ms = self.host.now_ms();
    }

    fn load(&self) -> Load {
        Load { memory: self.host.memory(), searched_ms: self.searched_ms }
    }

    fn tell(&mut self) {
        self.told_ms = self.host.now_ms();
        if let Some(asked) = &self.asked {
            self.host.say(&Said::Progress(asked.progress(), self.load()));
        }
    }

    /// Searches on for a moment. True: call it again.
    pub fn turn(&mut self) -> bool {
        if !self.running {
            return false;
        }
        let begun = self.host.now_ms();
        let said = loop {
            let Some(asked) = &mut self.asked else { return false };
            match asked.go_on(self.at_once) {
                Ok(None) if self.host.memory() > self.limits.bytes => break Some(Ok(full(asked.as_ref()))),
                Ok(None) if self.host.now_ms() < begun + SLICE_MS => {}
                Ok(None) => break None,
                Ok(Some(answer)) => break Some(Ok(answer)),
                Err(error) => break Some(Err(error)),
            }
            #[cfg(feature = "panic-test")]
            self.obey();
        };
        let now = self.host.now_ms();
        self.searched_ms += now - begun;
        self.running = said.is_none();
        match said {
            Some(Ok(answer)) => self.host.say(&Said::Answer(Box::new(answer), self.load())),
            Some(Err(error)) => self.host.say(&Said::Wrong(error.0)),
            None if now >= self.told_ms + TELL_MS => self.tell(),
            None => {}
        }
        self.running
    }
}

/// The option `end` of a question, which only test builds know: `end=panic 57` panics as soon as 57 states are expanded,
/// `end=trap 57` stops as a lack of memory would.
#[cfg(feature = "panic-test")]
mod test {
    use super::{Host, Service, Told};

    pub fn without_end(mut told: Told, end: &mut Option<(String, u64)>) -> Told {
        if let Told::Ask(question, _) | Told::Before(question, _, _) = &mut told {
            let asked = question.options.iter().position(|(key, _)| key == "end");
            let value = asked.map(|at| question.options.remove(at).1).unwrap_or_default();
            *end = value.split_once(' ').and_then(|(how, states)| Some((how.to_owned(), states.parse().ok()?)));
        }
        told
    }

    impl<H: Host> Service<H> {
        pub(super) fn obey(&mut self) {
            let Some((how, states)) = &self.end else { return };
            self.at_once = 1;
            if self.asked.as_ref().is_some_and(|asked| asked.progress().expanded >= *states) {
                assert!(how != "panic", "asked to panic");
                #[cfg(target_arch = "wasm32")]
                core::arch::wasm32::unreachable();
            }
        }
    }
}

/// The memory is full: not finished.
fn full(asked: &dyn Asked) -> Answer {
    Answer::new(Verdict::Unfinished, asked.progress())
}

fn begin(mut question: Question, lang: Lang) -> Result<Box<dyn Asked>, OpenError> {
    question.limits = within(question.limits);
    models::ask(&question).unwrap_or_else(|| ask(&question, lang))
}

/// What the search may count as its own of a whole memory: the rest is the program's, and lost between the pieces.
fn within(limits: Limits) -> Limits {
    Limits { bytes: limits.bytes - limits.bytes / 8, ..limits }
}

/// What a panic hook says where a panic ends the program.
pub fn last_words(why: &str) -> String {
    Said::Died { why: why.to_owned(), expanded: expanding() }.text()
}
