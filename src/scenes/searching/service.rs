//! What a worker does: hears a question, searches a slice at a time, and says how far it is and what it has found.

use super::asking::{Asked, ask};
use super::wire::{Load, Said, Told};
use super::{Answer, Limits, Verdict};

/// A slice ends after this long, so that what the page says is heard soon.
const SLICE_MS: f64 = 30.0;
/// Between two words on how far it is.
const TELL_MS: f64 = 125.0;
/// States expanded between two looks at the clock and at the memory.
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
}

impl<H: Host> Service<H> {
    pub const fn new(host: H) -> Self {
        let limits = Limits { states: 0, bytes: 0 };
        Service { host, asked: None, limits, running: false, searched_ms: 0.0, told_ms: 0.0 }
    }

    /// Does what the text says. True: there is work, so [`Service::turn`] has to be called.
    pub fn hear(&mut self, text: &str) -> bool {
        match Told::from_text(text) {
            Ok(told) => self.told(told),
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
                match ask(&question, lang) {
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
            Told::Before(..) => {}
            Told::GoOn => self.begin(),
            Told::Widen(limits) => {
                self.limits = limits;
                if let Some(asked) = &mut self.asked {
                    asked.widen(limits);
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
            match asked.go_on(AT_ONCE) {
                Ok(None) if self.host.memory() > self.limits.bytes => break Some(Ok(full(asked.as_ref()))),
                Ok(None) if self.host.now_ms() < begun + SLICE_MS => {}
                Ok(None) => break None,
                Ok(Some(answer)) => break Some(Ok(answer)),
                Err(error) => break Some(Err(error)),
            }
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

/// The memory is full: not finished.
fn full(asked: &dyn Asked) -> Answer {
    Answer {
        verdict: Verdict::Unfinished,
        progress: asked.progress(),
        properties: Vec::new(),
        steps: Vec::new(),
        length: 0,
        spec: None,
        start: None,
        cycle: None,
        premises: Vec::new(),
    }
}

/// What is said when the program panics.
pub fn last_words(why: &str) -> String {
    Said::Died { why: why.to_owned(), expanded: None }.text()
}
