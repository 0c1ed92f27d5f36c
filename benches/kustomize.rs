//! Builds every kustomization below a folder, natively and with the reference, and prints how many are equal,
//! refused and wrong, and how much faster the native build is. Started by `benches/kustomize.sh`.

#![expect(clippy::print_stdout, reason = "a program for a terminal")]

#[path = "../tests/kustomize_oracle/mod.rs"]
mod oracle;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use trueup::gitops::{Sources, WorkTree, kustomize};

fn main() {
    // Cargo adds `--bench`.
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    let Some(root) = words.next().and_then(|word| PathBuf::from(word).canonicalize().ok()) else {
        println!("usage: kustomize FOLDER [CACHE]");
        return;
    };
    let cache = words.next().map(PathBuf::from);
    let Some(program) = oracle::reference() else {
        println!("the reference cannot be had: is Go there?");
        return;
    };
    let folders = oracle::folders(&root);
    let mut slow = Duration::ZERO;
    let wanted: Vec<Option<String>> = folders
        .iter()
        .map(|folder| {
            let start = Instant::now();
            let kept = cache.as_ref().map(|cache| cache.join(folder.replace('/', "%")));
            if let Some(text) = kept.as_ref().and_then(|path| std::fs::read_to_string(path).ok()) {
                return Some(text).filter(|text| text != "refused");
            }
            let made = oracle::render(&program, &root.join(folder));
            slow += start.elapsed();
            if let Some(path) = kept {
                drop(std::fs::write(path, made.as_deref().unwrap_or("refused")));
            }
            made
        })
        .collect();
    let start = Instant::now();
    let files = WorkTree::new(&root);
    let sources = Sources::new(&files);
    let builds: Vec<_> = folders.iter().map(|folder| kustomize::build(&sources, folder)).collect();
    let quick = start.elapsed();
    let (mut equal, mut refused, mut wrong, mut lax) = (0, 0, 0, 0);
    let mut reasons: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for ((folder, build), wanted) in folders.iter().zip(&builds).zip(&wanted) {
        match (wanted, build.refusals.first()) {
            (None, Some(_)) => {}
            (None, None) => {
                lax += 1;
                println!("lax     {folder}");
            }
            (Some(_), Some(why)) => {
                refused += 1;
                let entry = reasons.entry(why.reason.clone()).or_insert((0, folder.clone()));
                entry.0 += 1;
            }
            (Some(printed), None) => match oracle::difference(build, printed) {
                None => equal += 1,
                Some(how) => {
                    wrong += 1;
                    println!("wrong   {folder}: {how}");
                }
            },
        }
    }
    for (reason, (count, example)) in &reasons {
        println!("refused {count:4}  {reason}  ({example})");
    }
    let rendered = wanted.iter().flatten().count();
    println!("{} kustomizations, the reference renders {rendered}", folders.len());
    println!(
        "equal {equal}, refused {refused}, wrong {wrong}; rendered although the reference refuses: {lax}"
    );
    let (slow, quick) = (slow.as_secs_f64(), quick.as_secs_f64());
    println!(
        "reference {slow:.1} s one by one, native {quick:.2} s in one process: {:.0} times faster",
        slow / quick
    );
}
