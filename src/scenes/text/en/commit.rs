use crate::scenes::text::Table;

pub const TABLE: Table = &[];
