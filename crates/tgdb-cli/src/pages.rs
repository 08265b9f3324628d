//! Completion scripts and the man page.

use std::io::{self, Write};

use clap::CommandFactory;

use crate::args::Cli;
use crate::exit::Failure;
use crate::output::print;

/// Writes the script for a shell.
pub(crate) fn completions(shell: clap_complete::Shell) -> Result<(), Failure> {
    // The generator panics if its writer fails.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "tgdb", &mut script);
    print(&script)
}

/// Writes one page with all commands.
pub(crate) fn man() -> Result<(), Failure> {
    let mut page = Vec::new();
    let mut command = Cli::command();
    command.build();
    let main = clap_mangen::Man::new(command.clone());
    let render = |page: &mut Vec<u8>| main.render(page).and_then(|()| sections(&command, page));
    render(&mut page).map_err(Failure::Output)?;
    print(&page)
}

/// A section for each command below that one.
fn sections(command: &clap::Command, page: &mut Vec<u8>) -> io::Result<()> {
    for command in command.get_subcommands() {
        let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
        writeln!(page, ".SH \"{}\"", name.to_uppercase())?;
        let section = clap_mangen::Man::new(command.clone());
        section.render_description_section(page)?;
        section.render_options_section(page)?;
        sections(command, page)?;
    }
    Ok(())
}
