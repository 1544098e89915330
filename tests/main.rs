//! All tests but one as one program. Each program has to compile what it uses of the library, searches of every scene among
//! it, and runs alone while its last test does: forty of them took twice the time. `memory.rs` counts at the allocator and stays one
//! of its own. `cargo test --test all lock::` runs those of a file.

mod architecture;
mod commit;
mod compose;
mod coordination;
mod coordination_scene;
mod coverage;
mod crashes;
mod element;
mod embed;
mod export;
mod family;
mod form;
mod golden;
mod lessons;
mod links;
mod lock;
mod lock_service;
mod long_run;
mod making;
mod mark;
mod moment;
mod openings;
mod pins;
mod place;
mod placement;
mod placement_scene;
mod practise;
mod redis;
mod replay;
mod ring_scene;
mod scenarios;
mod search;
mod store;
mod stream;
mod stream_scene;
mod stuck;
mod stuck_scenes;
mod symmetric;
mod symmetry;
mod table;
mod twin;
mod wire;
