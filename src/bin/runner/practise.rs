use super::{Failure, Flags, Outcome, address};
use faultline::scenes::lesson::practise::{Kind, exercise};
use faultline::scenes::lesson::{Answer, mark, question};
use faultline::scenes::scene::Lang;
use faultline::scenes::{OpenError, link};
use std::fmt::Write;

/// `practise KIND N`: a question with its choices; with `--answer` the right one, why, and a link to what shows it.
pub fn practise(flags: &mut Flags, json: bool, lang: Lang) -> Outcome {
    let with_answer = flags.flag("--answer");
    let known = || Kind::ALL.map(Kind::name).join(", ");
    let name = flags.word().ok_or_else(|| Failure(format!("practise wants a kind: {}", known())))?;
    let kind =
        Kind::named(&name).ok_or_else(|| Failure(format!("There is no kind “{name}”; there are {}", known())))?;
    let number = flags.word().unwrap_or_else(|| "0".to_owned());
    let number = number.parse().map_err(|_| Failure(format!("practise wants a number from 0, not “{number}”")))?;
    flags.done()?;

    let fail = |error: OpenError| Failure(error.0);
    let exercise = exercise(kind, number);
    let (part, stop, words) = (&exercise.part, exercise.stop(), exercise.words(lang));
    let choices = question(part, stop, lang).map_err(fail)?.choices;
    let marked = mark(part, stop, &Answer::Value(String::new()), lang).map_err(fail)?;
    let shows = link::encode(&marked.shows).ok();
    if json {
        let mut value = serde_json::json!({
            "kind": kind.name(),
            "number": number.to_string(),
            "query": exercise.query(),
            "say": words.say,
            "ask": words.ask,
            "choices": choices.iter().map(|c| serde_json::json!({"value": c.value, "words": c.words})).collect::<Vec<_>>(),
        });
        if with_answer {
            value["answer"] = serde_json::json!(marked.right);
            value["why"] = serde_json::json!(words.right);
            value["shows"] = serde_json::json!(shows);
        }
        println!("{value}");
        return Ok(0);
    }
    let mut out = format!("{}\n{}\n", words.say, words.ask);
    for choice in &choices {
        let right = with_answer && marked.right.contains(&choice.value);
        let _ = writeln!(out, "{} {}", if right { "*" } else { "-" }, choice.words);
    }
    if with_answer {
        let _ = writeln!(out, "{}", words.right);
        if let Some(link) = shows {
            let _ = writeln!(out, "{}", address(&link));
        }
    }
    print!("{out}");
    Ok(0)
}
