pub mod core;
pub mod scenes;
pub mod sim;
