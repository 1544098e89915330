//! The project's own commands. `cargo xtask` lists them.
//!
//! Each command installs what it needs and is missing, says so, and says how to mend what it cannot.

mod apt;
mod bench;
mod browser;
mod checker;
mod element;
mod examples;
mod join;
mod ledger;
mod names;
mod parts;
mod places;
mod process;
mod say;
mod servers;
mod setup;
mod single;
mod site;
mod tests_run;
mod versions;
mod wasm;
mod zip;

use say::{Failure, Outcome};
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask <command>

  serve [--port N] [--no-open]   build the app and open it at http://127.0.0.1:8080
  test [--only PART]             run every test (parts: fmt, clippy, rust, site, web)
  soak                           run the long tests too
  bench [--only PART] [--write]  print the numbers (parts: bytes, native, hours, redis, commit, page);
                                 --write draws the plot of commits and crashes in docs/ anew
  dist                           write the static site to dist/
  zip [--from DIST]              write the site to faultline-VERSION.zip, for any server; --from: one that is built already
  examples                       build the course pages of examples/ into artifacts/examples/
  npm                            write the package of the element to artifacts/npm/
  single                         write the page that is one file to dist/ again
  setup                          only install what the other commands need
  parts                          cut the page into parts: Trunk calls it after each build
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words) {
        Ok(code) => code,
        Err(failure) => {
            say::failure(&failure);
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[String]) -> Outcome<ExitCode> {
    let Some((command, rest)) = words.split_first() else {
        print!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    };
    match command.as_str() {
        "serve" => serve(rest),
        "test" => tests_run::all(tests_run::Length::Usual, option(rest, "--only")?),
        "soak" => tests_run::all(tests_run::Length::Long, option(rest, "--only")?),
        "bench" => {
            bench::all(option(rest, "--only")?, rest.iter().any(|word| word == "--write")).map(|()| ExitCode::SUCCESS)
        }
        "dist" => site::dist().map(|()| ExitCode::SUCCESS),
        "zip" => zip::run(option(rest, "--from")?).map(|()| ExitCode::SUCCESS),
        "examples" => examples::build().map(|()| ExitCode::SUCCESS),
        "npm" => element::package().map(|()| ExitCode::SUCCESS),
        "single" => single::make(&site::folder()).map(|()| ExitCode::SUCCESS),
        "parts" => parts::hook().map(|()| ExitCode::SUCCESS),
        "setup" => setup::everything().map(|()| ExitCode::SUCCESS),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        other => Err(Failure::new(format!("There is no command `{other}`."), USAGE)),
    }
}

fn serve(words: &[String]) -> Outcome<ExitCode> {
    let port = match option(words, "--port")? {
        None => 8080,
        Some(text) => text.parse().map_err(|_| {
            Failure::new(
                format!("`{text}` is not a port."),
                "Give a number from 1 to 65535: cargo xtask serve --port 8081",
            )
        })?,
    };
    let open = !words.iter().any(|word| word == "--no-open");
    site::serve(port, open)
}

/// The value that follows `name`, if `name` is there.
fn option<'a>(words: &'a [String], name: &str) -> Outcome<Option<&'a str>> {
    let Some(at) = words.iter().position(|word| word == name) else {
        return Ok(None);
    };
    match words.get(at + 1) {
        Some(value) => Ok(Some(value)),
        None => Err(Failure::new(format!("`{name}` wants a value."), USAGE)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(String::from).collect()
    }

    #[test]
    fn an_option_is_the_word_after_its_name() {
        assert_eq!(option(&words("--no-open --port 9000"), "--port").unwrap(), Some("9000"));
        assert_eq!(option(&words("--no-open"), "--port").unwrap(), None);
        assert!(option(&words("--port"), "--port").is_err());
    }

    #[test]
    fn a_bad_port_and_an_unknown_command_say_what_to_type() {
        let failure = run(&words("serve --port 80800")).unwrap_err();
        assert!(failure.mend.contains("--port 8081"));
        assert!(run(&words("sevre")).unwrap_err().what.contains("sevre"));
    }
}
