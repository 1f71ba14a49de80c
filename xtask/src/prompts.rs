//! `cargo xtask prompts`: what `hotline prompts build` and `script` do, and the tools for it are installed where they are missing.

use std::path::Path;

use prompts::{FOLDER, Manifest};

use crate::tools;

/// Builds what is out of date, or prints the recording script.
pub(crate) fn run(root: &Path, args: &[String]) -> Result<(), String> {
    let folder = root.join(FOLDER);
    let manifest = Manifest::read(&folder)?;
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let engine = match args.as_slice() {
        ["--script"] => {
            print!("{}", prompts::script(&manifest));
            return Ok(());
        }
        [] => &manifest.engine,
        ["--engine", engine] => *engine,
        _ => return Err("usage: cargo xtask prompts [--engine 'CMD with {voice} {text} {out}' | --script]".to_owned()),
    };
    tools::install_missing(prompts::tools::needed(engine))?;
    let built = prompts::build(&folder, &manifest, engine, &tools::target_dir(root).join("prompts"))?;
    println!("{} built, {} removed, the others are up to date", built.built, built.removed);
    Ok(())
}
