use super::{Failure, Flags, Outcome, read_file};
use faultline::core::lock::keyspace::{Command, Keyspace, Millis, Plain, parse};
use serde_json::{Value as Json, json};

/// One row of a trace: the server's clock in milliseconds, the command, the real server's reply.
struct Row {
    now: i64,
    words: String,
    command: Command,
    reply: Plain,
}

/// `redis-replay`: a recorded trace of a real server against the simulated one, up to the first difference.
pub fn redis_replay(flags: &mut Flags, as_json: bool) -> Outcome {
    let path = flags.word().ok_or_else(|| Failure("redis-replay wants a file".to_owned()))?;
    flags.done()?;
    let rows = read(&read_file(&path)?).map_err(|why| Failure(format!("{path}: {why}")))?;
    let mut keys = Keyspace::default();
    for (n, row) in rows.iter().enumerate() {
        let simulated = Plain::from(&keys.execute(&row.command, &mut Millis { now: row.now }));
        if simulated == row.reply {
            continue;
        }
        let (real, simulated) = (to_json(&row.reply), to_json(&simulated));
        if as_json {
            println!("{}", json!({ "command": n, "words": row.words, "real": real, "simulated": simulated }));
        } else {
            println!("command {n}, {}: the real server replied {real}, the simulated one {simulated}", row.words);
        }
        return Ok(1);
    }
    if as_json {
        println!("{}", json!({ "commands": rows.len(), "differences": 0 }));
    } else {
        println!("{} commands, 0 differences", rows.len());
    }
    Ok(0)
}

/// `{"trace": [[now_ms, ["SET", "k", "v"], reply], …]}`, read whole before anything runs. An error names the row.
fn read(bytes: &[u8]) -> Result<Vec<Row>, String> {
    let file: Json = serde_json::from_slice(bytes).map_err(|e| format!("not JSON: {e}"))?;
    let rows = file.get("trace").and_then(Json::as_array).ok_or("has no list “trace”")?;
    let mut before = i64::MIN;
    let mut read = Vec::with_capacity(rows.len());
    for (n, row) in rows.iter().enumerate() {
        let bad = |why: &str| format!("row {n}: {why}");
        let [now, words, reply] = row.as_array().map_or(&[][..], Vec::as_slice) else {
            return Err(bad("is not [milliseconds, command, reply]"));
        };
        let now = now.as_i64().ok_or_else(|| bad("its time is not a whole number"))?;
        if now < before {
            return Err(bad("its time lies before the row above"));
        }
        before = now;
        let words: Option<Vec<&str>> = words.as_array().and_then(|words| words.iter().map(Json::as_str).collect());
        let words = words.ok_or_else(|| bad("its command is not a list of texts"))?;
        let command = parse(&words).ok_or_else(|| bad(&format!("{} is outside the subset", words.join(" "))))?;
        let reply = match reply {
            Json::Null => Plain::Nil,
            Json::String(text) => Plain::Text(text.clone()),
            Json::Number(number) if number.is_i64() => Plain::Int(number.as_i64().unwrap_or_default()),
            _ => return Err(bad("its reply is not null, a text or a whole number")),
        };
        read.push(Row { now, words: words.join(" "), command, reply });
    }
    Ok(read)
}

fn to_json(reply: &Plain) -> Json {
    match reply {
        Plain::Nil => Json::Null,
        Plain::Int(n) => (*n).into(),
        Plain::Text(text) => text.as_str().into(),
    }
}
