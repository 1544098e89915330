use faultline::scenes::{open, opening_spec, openings, outcome, run::Run, scene::Lang};
#[test]
fn stories() {
    for o in openings("coordination", Lang::En) {
        for take in 0..o.takes.len() {
            let spec = opening_spec("coordination", o.name, take);
            let out = outcome("coordination", o.name, take, Lang::En).map(|o| o.right);
            println!("{} {take}: {:?} {} commands", o.name, out, spec.commands.len());
            if out == Some(1) && o.name != "pause" {
                let mut run = open(&spec, Lang::En).unwrap();
                run.seek(20_000_000);
                for f in run.findings(Lang::En) {
                    println!("   {} {:?} {:?}", f.code, f.standing, f.broken_at);
                }
                for c in &spec.commands {
                    println!("   {} {}", c.time, c.line);
                }
            }
        }
    }
}
