//! Commands, flags, and what is printed where: results on standard output, remarks on standard error.

#[expect(clippy::disallowed_methods, reason = "it measures the machine, not a run")]
mod bench;
mod check;
mod export;
mod mark;
mod place;
mod practise;
mod redis;
mod run;
mod table;
mod teach;

use faultline::scenes::scene::Lang;
use std::process::ExitCode;

/// What a command answers: 0 it holds, 1 it does not, 2 a bad command line, 3 unfinished.
pub type Outcome = Result<u8, Failure>;

/// A sentence for standard error; the exit code is 2.
#[derive(Debug)]
pub struct Failure(pub String);

const USAGE: &str = "\
Faultline, without the page.

  faultline place --nodes FILE --keys FILE [PLACING]
  faultline plan --from NODES --to NODES --keys FILE [PLACING]
  faultline run LINK|FILE [--until MS] [--trace]
  faultline export --as stage|diagram|trace|shiviz LINK|FILE [--until MS] [--from MS] [--theme light|dark] [--size WxH] [-o FILE]
  faultline check SCENE/RECIPE [--mistake NAME] [--world sync|bounded|anything] [--nodes N] [--crashes N] [--drops N]
                  [--dups N] [--pauses N] [--clock-steps N] [--cuts N] [--property NAME] [--max-states N] [--option KEY=VALUE]
                  [--requests N] [--no-symmetry] [--max-bytes N] [--threads N] [--ask break|impossible|put-off] [--no-repairs]
  faultline check --run LINK|FILE [as above, but for --mistake, --nodes and --option]
  faultline check --all [--csv] [--max-states N] [--threads N]
  faultline check model/two-phase --nodes N [--symmetry] [--max-states N] [--max-bytes N] [--threads N]
  faultline check model/redlock --nodes N --clock-steps N [--max-states N] [--max-bytes N] [--threads N]
  faultline practise KIND N [--answer]
  faultline table SCENE [--max-states N]
  faultline mark LESSON LINKS.txt [--seconds N]
  faultline answers LESSON [--student NUMBER] [--link]
  faultline teach FOLDER
  faultline redis-replay FILE
  faultline list

PLACING is [--strategy NAME] [--hash sha1|md5|fnv1a|weak] [--replicas R] [--no-zones] [--vnodes N]
           [--rule successor|strict|predecessor|nearest] [--table PRIME] [--bound PERCENT] [--mistake NAME]
           [--format text|csv|json] [--lists auto|lines|csv|json|jsonl]. Strategies: ring, modulo, ketama, rendezvous, jump,
           maglev, slots, range, bounded-ring, bounded-rendezvous, nginx.

LESSON is a name on the shelf or a .lesson file. mark plays each line's answers again and writes CSV; exit 1 if a line could
not be read. answers says what is right, for one student; exit 1, with the line, if the file expects another thing. teach
writes a page of all lessons and a sheet of each to print, with answers.

All take --json and --lang en|zh. Exit: 0 done or holds, 1 violated, 2 bad command line, 3 unfinished.";

pub fn main() -> ExitCode {
    // Whoever reads our output may have read enough (`| head`): the macros that print panic then, which is nobody's news.
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if info.to_string().contains("failed printing to stdout") {
            std::process::exit(0);
        }
        usual(info);
    }));
    let words: Vec<String> = std::env::args().skip(1).collect();
    let mut flags = Flags::new(words);
    let outcome = dispatch(&mut flags);
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(Failure(why)) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}

fn dispatch(flags: &mut Flags) -> Outcome {
    let lang = match flags.value("--lang")?.as_deref() {
        None | Some("en") => Lang::En,
        Some("zh") => Lang::Zh,
        Some(other) => return Err(Failure(format!("--lang takes en or zh, not {other}"))),
    };
    let json = flags.flag("--json");
    let command = flags.word().unwrap_or_default();
    match command.as_str() {
        "place" => place::place(flags, json, lang),
        "plan" => place::plan(flags, json, lang),
        "practise" => practise::practise(flags, json, lang),
        "run" => run::run(flags, json, lang),
        "export" => export::export(flags, lang),
        "check" => check::check(flags, json, lang),
        "table" => table::table(flags, json, lang),
        "mark" => mark::mark(flags, json, lang),
        "answers" => mark::answers(flags, json, lang),
        "teach" => teach::teach(flags),
        "list" => check::list(flags, json, lang),
        "redis-replay" => redis::redis_replay(flags, json),
        // For the tests: links, and what the native core makes of them.
        "links" => run::links(flags),
        "bench" => bench::bench(flags, json),
        "" | "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(u8::from(command.is_empty()) * 2)
        }
        other => Err(Failure(format!("There is no command “{other}”.\n\n{USAGE}"))),
    }
}

/// The words of the command line that have not been read yet.
pub struct Flags {
    words: Vec<String>,
}

impl Flags {
    fn new(words: Vec<String>) -> Self {
        // `--flag=value` is `--flag value`.
        let split = |word: String| match word.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") && flag != "--option" => {
                vec![flag.to_owned(), value.to_owned()]
            }
            _ => vec![word],
        };
        Flags { words: words.into_iter().flat_map(split).collect() }
    }

    pub fn flag(&mut self, name: &str) -> bool {
        let at = self.words.iter().position(|w| w == name);
        at.map(|at| self.words.remove(at)).is_some()
    }

    pub fn value(&mut self, name: &str) -> Result<Option<String>, Failure> {
        let Some(at) = self.words.iter().position(|w| w == name) else { return Ok(None) };
        self.words.remove(at);
        if at < self.words.len() {
            Ok(Some(self.words.remove(at)))
        } else {
            Err(Failure(format!("{name} wants a value")))
        }
    }

    pub fn number<T: std::str::FromStr>(&mut self, name: &str, otherwise: T) -> Result<T, Failure> {
        match self.value(name)? {
            None => Ok(otherwise),
            Some(text) => text.parse().map_err(|_| Failure(format!("{name} wants a number in range, not “{text}”"))),
        }
    }

    /// The next word that is not a flag.
    pub fn word(&mut self) -> Option<String> {
        let at = self.words.iter().position(|w| !w.starts_with("--"))?;
        Some(self.words.remove(at))
    }

    /// Complains about what nobody has read.
    pub fn done(&self) -> Result<(), Failure> {
        match self.words.first() {
            None => Ok(()),
            Some(word) => Err(Failure(format!("“{word}” is not understood here.\n\n{USAGE}"))),
        }
    }
}

/// A link's address in the page that `cargo xtask serve` opens.
pub fn address(link: &str) -> String {
    format!("http://127.0.0.1:8080/#{link}")
}

pub fn read_file(path: &str) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|e| Failure(format!("{path} cannot be read: {e}")))
}
