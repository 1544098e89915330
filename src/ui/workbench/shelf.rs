//! Lists that outlive a reload: the browser's database holds each under its digest, the latest few.
//!
//! Where there is no database (private windows, sandboxed frames) nothing is kept, and the reader is told why.

use crate::ui::dom;
use js_sys::{Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

const DATABASE: &str = "faultline";
const STORE: &str = "lists";
/// The digests that are kept, the latest first, in the page's small storage.
const INDEX: &str = "faultline.lists";
/// At most so many lists are kept.
const MOST: usize = 12;

fn get(of: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    Reflect::get(of, &name.into())
}

fn call(of: &JsValue, name: &str, with: &[JsValue]) -> Result<JsValue, JsValue> {
    let function: Function = get(of, name)?.dyn_into()?;
    function.apply(of, &with.iter().collect::<js_sys::Array>())
}

/// Waits for a request of the database.
async fn done(request: JsValue) -> Result<JsValue, JsValue> {
    let promise = Promise::new(&mut |resolve, reject| {
        let _ = Reflect::set(&request, &"onsuccess".into(), &resolve);
        let _ = Reflect::set(&request, &"onerror".into(), &reject);
    });
    JsFuture::from(promise).await?;
    get(&request, "result")
}

async fn store(mode: &str) -> Result<JsValue, JsValue> {
    if dom::keeps_nothing() {
        return Err(JsValue::NULL);
    }
    let window: JsValue = dom::window().ok_or(JsValue::NULL)?.into();
    let request = call(&get(&window, "indexedDB")?, "open", &[DATABASE.into(), 1.into()])?;
    let same = request.clone();
    let upgrade = Closure::once_into_js(move || {
        if let Ok(database) = get(&same, "result") {
            let _ = call(&database, "createObjectStore", &[STORE.into()]);
        }
    });
    Reflect::set(&request, &"onupgradeneeded".into(), &upgrade)?;
    let database = done(request).await?;
    call(&call(&database, "transaction", &[STORE.into(), mode.into()])?, "objectStore", &[STORE.into()])
}

/// Keeps a list; false where the browser does not allow that.
pub async fn keep(digest: &str, bytes: &[u8]) -> bool {
    let kept = async {
        let store = store("readwrite").await?;
        let mut known: Vec<String> =
            dom::stored(INDEX).unwrap_or_default().split(',').filter(|d| !d.is_empty()).map(str::to_owned).collect();
        known.retain(|other| other != digest);
        known.insert(0, digest.to_owned());
        for old in known.drain(MOST.min(known.len())..) {
            let _ = call(&store, "delete", &[old.into()]);
        }
        dom::store(INDEX, &known.join(","));
        done(call(&store, "put", &[Uint8Array::from(bytes).into(), digest.into()])?).await
    };
    kept.await.is_ok()
}

/// The list with this digest, if it was kept.
pub async fn find(digest: &str) -> Option<Vec<u8>> {
    let found = async {
        let store = store("readonly").await?;
        done(call(&store, "get", &[digest.into()])?).await
    };
    Some(found.await.ok()?.dyn_into::<Uint8Array>().ok()?.to_vec())
}
