//! The worker that searches for the page, in WebAssembly of its own. Its script is `checker.boot.js`.

use faultline::scenes::searching::service::{Host, Service};
use faultline::scenes::searching::wire::Said;
use std::cell::RefCell;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = postMessage)]
    fn post(text: &str);
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

struct Here;

impl Host for Here {
    fn now_ms(&self) -> f64 {
        now()
    }

    #[cfg(target_arch = "wasm32")]
    fn memory(&self) -> u64 {
        core::arch::wasm32::memory_size(0) as u64 * 65_536
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn memory(&self) -> u64 {
        0
    }

    fn say(&self, said: &Said) {
        post(&said.text());
    }
}

thread_local! {
    static SERVICE: RefCell<Service<Here>> = const { RefCell::new(Service::new(Here)) };
}

fn main() {
    std::panic::set_hook(Box::new(|info| post(&faultline::scenes::searching::service::last_words(&info.to_string()))));
}

/// Does what the page says. True: there is work, so [`turn`] has to be called.
#[wasm_bindgen]
pub fn hear(text: &str) -> bool {
    SERVICE.with_borrow_mut(|service| service.hear(text))
}

/// Searches on for a moment. True: call it again.
#[wasm_bindgen]
pub fn turn() -> bool {
    SERVICE.with_borrow_mut(Service::turn)
}
