//! The page: everything is in the library, so that it compiles and is tested there.

fn main() {
    faultline::ui::mount();
}
