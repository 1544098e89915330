use super::{Failure, Flags, Outcome, read_file};
use faultline::scenes::place::{PlaceError, place as place_keys};
use faultline::scenes::scene::Lang;

/// `place`: each key with its owner and replicas, in input order.
pub fn place(flags: &mut Flags, json: bool, lang: Lang) -> Outcome {
    let want = |name: &str, value: Option<String>| value.ok_or_else(|| Failure(format!("place wants {name} FILE")));
    let nodes = want("--nodes", flags.value("--nodes")?)?;
    let keys = want("--keys", flags.value("--keys")?)?;
    let strategy = flags.value("--strategy")?.unwrap_or_else(|| "ring".to_owned());
    let hash = flags.value("--hash")?.unwrap_or_else(|| "sha1".to_owned());
    let vnodes = flags.number("--vnodes", 100_u32)?;
    let replicas = flags.number("--replicas", 1_usize)?;
    flags.done()?;
    let (nodes, keys) = (read_file(&nodes)?, read_file(&keys)?);
    let placed = place_keys(&nodes, &keys, &strategy, &hash, vnodes, replicas).map_err(|e| {
        if let PlaceError::NoNodes { remarks } = &e {
            for remark in remarks {
                eprintln!("{}", remark.words(lang));
            }
        }
        Failure(e.words(lang))
    })?;
    for remark in &placed.remarks {
        eprintln!("{}", remark.words(lang));
    }
    if json {
        let rows: Vec<_> = placed
            .rows
            .iter()
            .map(|row| serde_json::json!({ "key": row.key, "nodes": placed.names(row).collect::<Vec<_>>() }))
            .collect();
        println!("{}", serde_json::Value::Array(rows));
    } else {
        print!("{}", placed.text());
    }
    Ok(0)
}
