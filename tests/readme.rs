//! Everything README.md shows is run here: its commands, and that their output is what it prints.

#[path = "support/program.rs"]
mod program;

use std::path::Path;

use snapbox::{Data, assert_data_eq};

/// A command in a `console` block and the output below it.
struct Shown {
    command: String,
    output: String,
}

#[test]
fn the_commands_print_what_readme_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("README.md")).unwrap();
    let shown = commands(&text);
    let mut ran = 0;
    for Shown { command, output } in &shown {
        let Some(arguments) = arguments(command) else { continue };
        let result =
            program::command().args(&arguments).current_dir(root).env("COLUMNS", "100").output().unwrap();
        ran += 1;
        if output.trim().is_empty() {
            assert!(result.status.code().is_some_and(|code| code < 2), "`{command}` failed: {result:?}");
            continue;
        }
        let printed = String::from_utf8(result.stdout).unwrap();
        // `...` on a line of its own stands for any number of lines.
        assert_data_eq!(printed.trim_end(), Data::text(output.trim_end()));
    }
    assert!(ran >= 3, "README shows only {ran} of our commands");
    let first = shown.first().map(|shown| shown.command.as_str());
    assert!(
        first.is_some_and(|command| command.starts_with("cargo run --release -- lint fixtures/")),
        "README's first command must run the main job"
    );
}

#[test]
fn the_test_command_is_the_one_ci_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let ci = std::fs::read_to_string(root.join(".ci/run")).unwrap();
    assert!(readme.contains("cargo test --release"));
    assert!(ci.contains("cargo test --release"));
}

fn commands(text: &str) -> Vec<Shown> {
    let mut shown: Vec<Shown> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if inside {
            match line.strip_prefix("$ ") {
                Some(command) => shown.push(Shown { command: command.to_owned(), output: String::new() }),
                None => {
                    if let Some(last) = shown.last_mut() {
                        last.output.push_str(line);
                        last.output.push('\n');
                    }
                }
            }
        }
    }
    shown
}

/// The arguments of a command of ours; `None` for other programs.
fn arguments(command: &str) -> Option<Vec<String>> {
    let rest = command.strip_prefix("cargo run --release -- ").or_else(|| command.strip_prefix("trueup "))?;
    assert!(!rest.contains(['|', '>', '<', '$', '`']), "`{command}` needs a shell");
    let words = rest.split('\'').enumerate().flat_map(|(index, part)| match index % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    Some(words.collect())
}
