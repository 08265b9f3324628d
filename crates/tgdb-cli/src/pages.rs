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
    let commands: Vec<_> = command.get_subcommands().cloned().collect();
    let main = clap_mangen::Man::new(command);
    let render = |page: &mut Vec<u8>| -> io::Result<()> {
        main.render(page)?;
        for command in commands {
            writeln!(page, ".SH \"TGDB {}\"", command.get_name().to_uppercase())?;
            let command = clap_mangen::Man::new(command);
            command.render_description_section(page)?;
            command.render_options_section(page)?;
        }
        Ok(())
    };
    render(&mut page).map_err(Failure::Output)?;
    print(&page)
}
