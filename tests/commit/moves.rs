//! Shortest runs, and what is said about them.
