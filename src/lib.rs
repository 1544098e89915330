pub mod scenes;
pub mod sim;
