//! Keys on their way from the old owner's column to the new one's: arithmetic only, for every frame.

use crate::scenes::scene::{Columns, Flight, Mover, Time};

/// How far the flight is, 0 to 1; `None` before and after it.
pub fn share(flight: &Flight, now: Time) -> Option<f32> {
    if now < flight.from || now >= flight.to {
        return None;
    }
    Some((now - flight.from) as f32 / (flight.to - flight.from) as f32)
}

/// Where a mark is, in pixels of the stage. `None` while it has not left, or has arrived. `steps`: it does not glide, but
/// is at the old owner first and then at the new one.
pub fn place(columns: &Columns, mover: &Mover, share: f32, steps: bool) -> Option<(f32, f32)> {
    if share < mover.leaves || share >= mover.arrives {
        return None;
    }
    let t = (share - mover.leaves) / (mover.arrives - mover.leaves).max(1e-6);
    let t = if steps { f32::from(u8::from(t >= 0.5)) } else { t * t * (3.0 - 2.0 * t) };
    let (x0, y0) = columns.top(usize::from(mover.from));
    let (x1, y1) = columns.top(usize::from(mover.to));
    // Over both columns, the higher the farther, within the columns' own area and a little above.
    let over = y0.min(y1) - ((x1 - x0).abs() * 0.3 + 10.0).min(columns.h * 0.5);
    let u = 1.0 - t;
    let bend = over.max(columns.y - 14.0);
    // A quadratic curve whose control lies twice as far out as its middle.
    let control = 2.0 * bend - (y0 + y1) / 2.0;
    Some((u * u * x0 + 2.0 * u * t * (x0 + x1) / 2.0 + t * t * x1, u * u * y0 + 2.0 * u * t * control + t * t * y1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenes::scene::{Column, Hue};
    use std::rc::Rc;

    fn columns() -> Columns {
        let column = |mean| Column { mean, ..Column::default() };
        let columns = Rc::new(vec![column(5.0), column(10.0)]);
        Columns { x: 0.0, y: 20.0, w: 100.0, h: 80.0, columns, most: 10.0, ..Columns::default() }
    }

    const MOVER: Mover = Mover { from: 0, to: 1, leaves: 0.25, arrives: 0.75, hue: Hue::Node(0), needless: false };

    #[test]
    fn a_flight_is_a_function_of_the_time() {
        let flight = Flight { from: 100, to: 300, keys_a_mark: 1, marks: Rc::default() };
        assert_eq!([99, 100, 200, 300].map(|now| share(&flight, now)), [None, Some(0.0), Some(0.5), None]);
    }

    #[test]
    fn a_mark_starts_on_one_column_and_ends_on_the_other() {
        let columns = columns();
        assert_eq!(place(&columns, &MOVER, 0.2, false), None);
        assert_eq!(place(&columns, &MOVER, 0.75, false), None);
        assert_eq!(place(&columns, &MOVER, 0.25, false), Some(columns.top(0)));
        let (x, y) = place(&columns, &MOVER, 0.7499, false).expect("under way");
        assert!((x - columns.top(1).0).abs() < 0.1 && (y - columns.top(1).1).abs() < 0.1);
        let (x, y) = place(&columns, &MOVER, 0.5, false).expect("under way");
        assert!((x - 50.0).abs() < 0.1 && (5.9..20.0).contains(&y), "{y}");
    }

    #[test]
    fn without_motion_it_is_here_and_then_there() {
        let columns = columns();
        assert_eq!(place(&columns, &MOVER, 0.4, true), Some(columns.top(0)));
        assert_eq!(place(&columns, &MOVER, 0.6, true), Some(columns.top(1)));
    }
}
