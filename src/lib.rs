pub mod check;
pub mod core;
pub mod scenes;
pub mod sim;
