//! Which server a command talks to, and as whom.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use tgdb_channel::url::{DEFAULT_USER, Properties};
use tgdb_channel::{ChannelBuilder, TgChannel};
use zeroize::Zeroizing;

use crate::exit::Failure;
use crate::{interrupt, log};

/// What `--help` says of the environment.
pub(crate) const HELP: &str = "\
Environment: TGDB_URL is the server, TGDB_USER the user; TGDB_PASSWORD is the password, or
TGDB_PASSWORD_FILE names a file with it. What the command line has comes first. If the server
rejects the login, no password was given and a terminal is there, the tool asks for it.";

#[derive(Debug, Args)]
pub(crate) struct Connection {
    /// The server, such as ssl://scott@graph.example.com:8223/{dbName=routes} [default: TGDB_URL, or
    /// tcp://localhost:8222]
    #[arg(value_name = "URL")]
    url: Option<String>,
    #[command(flatten)]
    settings: Settings,
}

/// What stands above the options in the help.
const HEADING: &str = "Connection";

#[derive(Debug, Args)]
struct Settings {
    /// Log in as this user
    #[arg(help_heading = HEADING, long, short, value_name = "NAME")]
    user: Option<String>,
    /// Read the password from this file
    #[arg(help_heading = HEADING, long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Ask for the password
    #[arg(help_heading = HEADING, long, short = 'W', conflicts_with = "password_file")]
    ask_password: bool,
    /// Log in to this database
    #[arg(help_heading = HEADING, long, short, value_name = "NAME")]
    database: Option<String>,
    /// Trust the authorities in this PEM file instead of those that Mozilla trusts
    #[arg(help_heading = HEADING, long, value_name = "FILE")]
    ca: Vec<String>,
    /// Accept any certificate of the server; anybody can pose as it then
    #[arg(help_heading = HEADING, long, conflicts_with = "ca")]
    insecure: bool,
    /// Time limit for the login, and for the reply to each request [default: 10s]
    #[arg(help_heading = HEADING, long, value_name = "TIME", value_parser = humantime::parse_duration)]
    timeout: Option<Duration>,
    /// Time limit for each attempt to connect [default: 1s]
    #[arg(help_heading = HEADING, long, value_name = "TIME", value_parser = humantime::parse_duration)]
    connect_timeout: Option<Duration>,
    /// Set a property that the URL does not set, such as ftHosts=spare.example.com
    #[arg(help_heading = HEADING, long = "set", value_name = "NAME=VALUE", value_parser = property)]
    properties: Vec<(String, String)>,
}

fn property(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("it is not of the form NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl Connection {
    /// What the command line and the environment say. Asks for the password if that is wanted.
    fn builder(&self) -> Result<ChannelBuilder, Failure> {
        let Settings { user, database, ca, insecure, timeout, connect_timeout, properties, .. } = &self.settings;
        let properties: Properties = properties.iter().cloned().collect();
        let mut builder = ChannelBuilder::from_env()?.properties(&properties).trace_payloads(log::shows_contents());
        if let Some(url) = &self.url {
            builder = builder.url(url);
        }
        if let Some(user) = user {
            builder = builder.user(user);
        }
        if let Some(database) = database {
            builder = builder.database(database);
        }
        if !ca.is_empty() {
            builder = builder.trusted_certificates(ca);
        }
        if *insecure {
            builder = builder.dangerous_accept_any_certificate();
        }
        if let Some(timeout) = timeout {
            builder = builder.operation_timeout(*timeout);
        }
        if let Some(timeout) = connect_timeout {
            builder = builder.connect_timeout(*timeout);
        }
        if let Some(path) = &self.settings.password_file {
            builder = builder.password_file(path)?;
        }
        if self.settings.ask_password {
            builder = builder.password(ask()?.as_str());
        }
        Ok(builder)
    }

    /// Takes the URL out of the command line: it is something else there.
    pub(crate) fn take_url(&mut self) -> Option<String> {
        self.url.take()
    }

    /// A channel that is logged in and started. A signal ends the attempt.
    pub(crate) fn connect(&self) -> Result<TgChannel, Failure> {
        self.connect_with(&mut self.builder()?)
    }

    /// As many channels as [`Connection::connect`] makes one. A password is asked for once.
    pub(crate) fn connect_all(&self, count: u32) -> Result<Vec<TgChannel>, Failure> {
        let mut builder = self.builder()?;
        (0..count).map(|_| self.connect_with(&mut builder)).collect()
    }

    /// The builder keeps the password if it was asked for.
    fn connect_with(&self, builder: &mut ChannelBuilder) -> Result<TgChannel, Failure> {
        let signals = interrupt::signals()?;
        let mut channel = builder.clone().build()?;
        if let Err(error) = interrupt::wait(&signals, channel.connect_async())? {
            if !(error.is_auth() && self.may_ask(&channel)) {
                return Err(error.into());
            }
            *builder = builder.clone().password(ask()?.as_str());
            channel = builder.clone().build()?;
            interrupt::wait(&signals, channel.connect_async())??;
        }
        channel.start()?;
        Ok(channel)
    }

    /// Who is logged in.
    pub(crate) fn user(&self, channel: &TgChannel) -> String {
        let properties = channel.properties();
        let given = self.settings.user.as_deref().or(channel.url().explicit_user());
        let given = given.or(properties.user().ok().flatten()).or(properties.default_user().ok().flatten());
        given.unwrap_or(DEFAULT_USER).to_owned()
    }

    /// Whether a password that nobody gave can be asked for.
    fn may_ask(&self, channel: &TgChannel) -> bool {
        let given = self.settings.ask_password || self.settings.password_file.is_some();
        let given = given || !matches!(channel.properties().password(), Ok(None));
        !given && io::stdin().is_terminal() && io::stderr().is_terminal()
    }
}

fn ask() -> Result<Zeroizing<String>, Failure> {
    let ask = || rpassword::prompt_password("Password: ").map(Zeroizing::new);
    match interrupt::wait_for_terminal(ask)? {
        // Ctrl-C is a key to it.
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(Failure::Interrupted),
        answer => answer.map_err(Failure::Prompt),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        connection: Connection,
    }

    fn builder(arguments: &[&str]) -> Result<ChannelBuilder, Failure> {
        Line::parse_from([&["tgdb"], arguments].concat()).connection.builder()
    }

    #[test]
    fn options_come_before_the_url() {
        let line = ["tcp://a@h:1/{dbName=x;connectTimeout=7s}", "-u", "scott", "--connect-timeout", "3s"];
        let channel = builder(&line).unwrap().build().unwrap();
        assert_eq!(channel.properties().connect_timeout().unwrap(), Some(Duration::from_secs(3)));
        assert_eq!(channel.url().authority(), "h:1");
    }

    #[test]
    fn properties_are_checked() {
        let error = builder(&["tcp://h:1", "--set", "ftHost=x"]).unwrap().build().unwrap_err();
        assert!(error.to_string().contains("ftHost"), "{error:#}");
        assert!(Line::try_parse_from(["tgdb", "--set", "ftHosts"]).is_err());
    }
}
