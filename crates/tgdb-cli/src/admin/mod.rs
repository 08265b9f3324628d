//! `tgdb admin`: what administration commands answer, and what they do.

mod act;
mod numbering;
mod objects;
mod show;

use clap::{Args, Subcommand};
use tgdb_channel::TgChannel;

use crate::connect::Connection;
use crate::exit::Failure;
use crate::interrupt;
use crate::listing::{Listing, Shown};
use crate::output::Color;
use numbering::Numbering;

/// What `--help` says behind the options.
pub(crate) const HELP: &str = "\
Java's and Go's clients number some commands in one way, Python's in another. What is kill in one is
stop in the other. The tool finds out with a harmless request which of them the server means, and
sends nothing more if it cannot; --numbering says it.";

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List users and their roles
    Users(Ask),
    /// List roles and what they may do
    Roles(Ask),
    /// List clients that are connected
    Connections(Ask),
    /// Show version, memory, transactions, caches and sizes of the server
    Info(Ask),
    /// List indices
    Indices(Ask),
    /// List stored procedures
    Procedures(Act),
    /// Show all about a type, attribute, index, user or role
    #[command(allow_missing_positional = true)]
    Describe {
        #[command(flatten)]
        act: Act,
        /// Name of the type, attribute, index, user or role
        name: String,
    },
    /// End the connection of a client
    #[command(allow_missing_positional = true)]
    Kill {
        #[command(flatten)]
        act: Act,
        /// The session to end, as listed by tgdb admin connections
        session: i64,
    },
    /// Set the level of the server's log
    #[command(allow_missing_positional = true)]
    LogLevel {
        #[command(flatten)]
        act: Act,
        /// The number of the level
        level: i16,
        /// Set it for these components, a bit for each [default: all]
        #[arg(long, value_name = "BITS", default_value_t = -1, hide_default_value = true, allow_negative_numbers = true)]
        components: i64,
    },
    /// Let the server make a checkpoint
    Checkpoint(Act),
    /// Stop the server, after a question
    Stop {
        #[command(flatten)]
        act: Act,
        /// Do not ask whether to stop it
        #[arg(long, short)]
        yes: bool,
    },
}

/// Asks for something.
#[derive(Debug, Args)]
struct Ask {
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    shown: Shown,
}

/// Sends a command that has two numbers.
#[derive(Debug, Args)]
struct Act {
    #[command(flatten)]
    ask: Ask,
    /// How the server numbers its commands
    #[arg(long, value_name = "CLIENT", default_value = "auto")]
    numbering: Numbering,
}

impl Ask {
    fn run(
        &self,
        color: Color,
        work: impl FnOnce(&TgChannel, &mut Listing) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let channel = self.connection.connect()?;
        interrupt::guard(&channel, |_| work(&channel, &mut Listing::new(&self.shown, color)))
    }
}

impl Act {
    fn run(
        &self,
        color: Color,
        work: impl FnOnce(&TgChannel, Numbering, &mut Listing) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.ask.run(color, |channel, listing| work(channel, self.numbering.of(channel)?, listing))
    }
}

/// Sends the command.
pub(crate) fn run(options: &Options, color: Color) -> Result<(), Failure> {
    match &options.command {
        Command::Users(ask) => ask.run(color, show::users),
        Command::Roles(ask) => ask.run(color, show::roles),
        Command::Connections(ask) => ask.run(color, show::connections),
        Command::Info(ask) => ask.run(color, show::info),
        Command::Indices(ask) => ask.run(color, show::indices),
        Command::Procedures(act) => act.run(color, show::procedures),
        Command::Describe { act, name } => {
            act.run(color, |channel, numbering, listing| show::describe(channel, numbering, listing, name))
        }
        Command::Kill { act, session } => {
            act.run(color, |channel, numbering, listing| act::kill(channel, numbering, listing, *session))
        }
        Command::LogLevel { act, level, components } => act
            .run(color, |channel, numbering, listing| act::log_level(channel, numbering, listing, *level, *components)),
        Command::Checkpoint(act) => act.run(color, act::checkpoint),
        Command::Stop { act, yes } => {
            act::confirm(*yes)?;
            act.run(color, act::stop)
        }
    }
}
