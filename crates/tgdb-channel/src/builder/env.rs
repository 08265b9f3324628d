//! Settings from the environment.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tgdb_url::{ConfigName, Properties};
use zeroize::Zeroizing;

use super::ChannelBuilder;
use crate::ChannelError;

const URL: &str = "TGDB_URL";
const USER: &str = "TGDB_USER";
const PASSWORD: &str = "TGDB_PASSWORD";
const PASSWORD_FILE: &str = "TGDB_PASSWORD_FILE";

/// A longer file is no file with a password.
const MAX_PASSWORD_FILE: u64 = 64 * 1024;

/// The environment has settings that cannot be used. Values are not shown.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum EnvironmentError {
    /// A variable is not UTF-8.
    #[error("{variable} is not UTF-8")]
    NotUnicode {
        /// Its name.
        variable: &'static str,
    },
    /// Both `TGDB_PASSWORD` and `TGDB_PASSWORD_FILE` are set.
    #[error("{PASSWORD} and {PASSWORD_FILE} are both set; unset one of them")]
    TwoPasswords,
    /// The file of `TGDB_PASSWORD_FILE`, or of [`ChannelBuilder::password_file`], cannot be read,
    /// is not UTF-8, or is longer than 64 KiB.
    #[error("cannot read the password from {}", .path.display())]
    PasswordFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Arc<io::Error>,
    },
}

impl ChannelBuilder {
    /// Starts with what the environment has. An empty variable counts as not set.
    ///
    /// | variable | what it is | not set |
    /// |---|---|---|
    /// | `TGDB_URL` | the URL | `tcp://localhost:8222` |
    /// | `TGDB_USER` | the user | the other sources |
    /// | `TGDB_PASSWORD` | the password | `TGDB_PASSWORD_FILE` |
    /// | `TGDB_PASSWORD_FILE` | a file with the password, at most 64 KiB; one line end behind it does not belong to it | the other sources |
    ///
    /// As in libpq, methods of the builder and the URL come before `TGDB_USER` and the password.
    /// No other function of this crate reads these variables.
    ///
    /// # Errors
    /// [`ChannelError::Environment`].
    ///
    /// # Example
    /// ```no_run
    /// use tgdb_channel::ChannelBuilder;
    ///
    /// let channel = ChannelBuilder::from_env()?.client_id("reports").build()?;
    /// # Ok::<(), tgdb_channel::ChannelError>(())
    /// ```
    pub fn from_env() -> Result<Self, ChannelError> {
        Ok(Self::from_variables(|name| std::env::var_os(name))?)
    }

    fn from_variables(get: impl Fn(&str) -> Option<OsString>) -> Result<Self, EnvironmentError> {
        let get = |name| get(name).filter(|value| !value.is_empty());
        let text = |variable| {
            let value = get(variable).map(|value| value.into_string());
            value.transpose().map(|value| value.map(Zeroizing::new)).map_err(|value| {
                drop(Zeroizing::new(value.into_encoded_bytes()));
                EnvironmentError::NotUnicode { variable }
            })
        };
        let mut environment = Properties::new();
        if let Some(user) = text(USER)? {
            environment.set(ConfigName::ChannelUserID, user.as_str());
        }
        let password = match (text(PASSWORD)?, get(PASSWORD_FILE)) {
            (Some(_), Some(_)) => return Err(EnvironmentError::TwoPasswords),
            (password, None) => password,
            (None, Some(path)) => Some(password_of(path.into())?),
        };
        if let Some(password) = password {
            environment.set(ConfigName::ChannelPassword, password.as_str());
        }
        let url = text(URL)?;
        let url = url.as_ref().map_or("tcp://", |url| url.as_str());
        Ok(Self { environment, ..Self::new(url) })
    }

    /// Takes the password from a file, now: UTF-8, at most 64 KiB; one line end behind it does not
    /// belong to it. Comes before every other source, as [`password`](Self::password) does.
    ///
    /// # Errors
    /// [`ChannelError::Environment`] if the file cannot be read.
    pub fn password_file(self, path: impl Into<PathBuf>) -> Result<Self, ChannelError> {
        let password = password_of(path.into())?;
        Ok(self.password(password.as_str()))
    }
}

fn password_of(path: PathBuf) -> Result<Zeroizing<String>, EnvironmentError> {
    read_password(&path).map_err(|source| EnvironmentError::PasswordFile { path, source: Arc::new(source) })
}

fn read_password(path: &Path) -> io::Result<Zeroizing<String>> {
    let file = File::open(path)?;
    // All of the capacity at once, because a buffer that grows leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(MAX_PASSWORD_FILE as usize + 2));
    file.take(MAX_PASSWORD_FILE + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_PASSWORD_FILE {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "longer than 64 KiB"));
    }
    let line = text.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let len = line.unwrap_or(&text).len();
    text.truncate(len);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::fs;

    use super::*;

    fn builder(variables: &[(&str, &str)]) -> Result<ChannelBuilder, EnvironmentError> {
        let variables: HashMap<_, _> = variables.iter().copied().collect();
        ChannelBuilder::from_variables(|name| variables.get(name).map(Into::into))
    }

    fn file(name: &str, content: impl AsRef<[u8]>) -> String {
        let path = std::env::temp_dir().join(format!("tgdb-{}-{name}", std::process::id()));
        fs::write(&path, content).unwrap();
        path.into_os_string().into_string().unwrap()
    }

    #[test]
    fn a_password_file_ends_with_its_line() {
        for (number, (content, password)) in [
            ("tiger", "tiger"),
            ("tiger\n", "tiger"),
            ("tiger\r\n", "tiger"),
            (" ti\nger \n\n", " ti\nger \n"),
            ("", ""),
        ]
        .into_iter()
        .enumerate()
        {
            let path = file(&format!("password-{number}"), content);
            let builder = builder(&[(PASSWORD_FILE, &path)]).unwrap();
            assert_eq!(builder.environment.get(ConfigName::ChannelPassword), Some(password));
            fs::remove_file(path).unwrap();
        }
    }

    #[test]
    fn bad_files_are_named() {
        let long = file("long", "x".repeat(MAX_PASSWORD_FILE as usize + 1));
        let binary = file("binary", b"\xff\xfe");
        for path in [&long, &binary, &"/no/such/file".to_owned()] {
            let error = builder(&[(PASSWORD_FILE, path)]).unwrap_err();
            assert!(matches!(&error, EnvironmentError::PasswordFile { .. }), "{error:?}");
            assert!(error.to_string().contains(path.as_str()), "{error}");
        }
        fs::remove_file(long).unwrap();
        fs::remove_file(binary).unwrap();
        let full = file("full", "x".repeat(MAX_PASSWORD_FILE as usize));
        drop(builder(&[(PASSWORD_FILE, &full)]).unwrap());
        fs::remove_file(full).unwrap();
    }

    #[test]
    fn a_password_file_comes_first() {
        let path = file("first", "tiger\n");
        let builder = builder(&[(PASSWORD, "environment")]).unwrap().password_file(&path).unwrap();
        assert_eq!(builder.password.as_ref().map(|password| password.expose()), Some(&b"tiger"[..]));
        fs::remove_file(path).unwrap();
        let error = ChannelBuilder::new("tcp://").password_file("/no/such/file").unwrap_err();
        assert!(matches!(error, ChannelError::Environment(EnvironmentError::PasswordFile { .. })), "{error:?}");
    }

    #[test]
    fn a_url_replaces_that_of_the_environment() {
        let builder = builder(&[(URL, "tcp://one"), (USER, "scott")]).unwrap().url("tcp://two:1");
        assert_eq!(builder.environment.get(ConfigName::ChannelUserID), Some("scott"));
        assert_eq!(builder.build().unwrap().url().authority(), "two:1");
    }

    #[test]
    fn empty_is_not_set_and_two_passwords_are_one_too_many() {
        let empty = builder(&[(URL, ""), (USER, ""), (PASSWORD, ""), (PASSWORD_FILE, "")]).unwrap();
        assert!(empty.environment.is_empty());
        assert_eq!(empty.build().unwrap().url().authority(), "localhost:8222");
        let error = builder(&[(PASSWORD, "tiger"), (PASSWORD_FILE, "/no/such/file")]).unwrap_err();
        assert!(matches!(error, EnvironmentError::TwoPasswords));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_not_utf8_is_named_and_not_shown() {
        use std::os::unix::ffi::OsStringExt;
        for variable in [URL, USER, PASSWORD] {
            let get = |name: &str| (name == variable).then(|| OsString::from_vec(b"tiger\xff".into()));
            let error = ChannelBuilder::from_variables(get).unwrap_err();
            assert!(matches!(error, EnvironmentError::NotUnicode { variable: named } if named == variable));
            assert!(!format!("{error} {error:?}").contains("tiger"));
        }
    }

    #[test]
    fn debug_shows_no_password() {
        let builder = builder(&[(URL, "tcp://h/{password=tiger}"), (PASSWORD, "tiger")]).unwrap();
        assert!(!format!("{builder:?}").contains("tiger"));
    }
}
