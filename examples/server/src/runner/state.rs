//! What a runner keeps of a sandbox on its disk, and where.

use crate::backups::{bad_name, files, is_plain_name};
use sandbox_lifecycle::{
    SandboxClass,
    runner::{Entry, Ledger},
    vocabulary::Size,
};
use serde::{Deserialize, Serialize};
use std::{
    fmt, fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    str::FromStr,
};

/// A sandbox id that can be the name of a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SandboxId(String);

impl SandboxId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SandboxId {
    type Err = io::Error;

    fn from_str(text: &str) -> io::Result<Self> {
        if is_plain_name(text) { Ok(Self(text.to_owned())) } else { Err(bad_name(text)) }
    }
}

impl fmt::Display for SandboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the runner remembers of a sandbox: `state.json`. It outlives the copy, as the ledger does.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct State {
    /// What it promised.
    pub ledger: Ledger,
    /// Why the last call failed, in words. It belongs to the end in the ledger.
    pub reason: Option<String>,
    /// The size of the copy.
    pub size: Size,
    /// Its class.
    pub class: SandboxClass,
    /// The epoch of the call that made the disk. It is stored while there is no disk, so after a crash it says whether the disk
    /// comes from the call that was under way, or is older.
    pub made_by: Option<u32>,
    /// Whether a fork made the disk and has not started it yet, so that nobody could use it.
    pub not_run_yet: bool,
    /// The newest backup attempt that it was asked for. An older one is not begun any more.
    pub newest_backup: Option<u32>,
}

impl State {
    /// Returns the state with the ledger of an entry.
    pub fn with_ledger_of<V>(&self, entry: &Entry<V>) -> Self {
        Self { ledger: entry.ledger(), ..self.clone() }
    }
}

/// The folder of a sandbox: `DATA/sandboxes/<id>`.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    pub fn new(sandboxes: &Path, id: &SandboxId) -> Self {
        Self { path: sandboxes.join(id.as_str()) }
    }

    /// The disk of the copy. If it is there, it is whole.
    pub fn disk(&self) -> PathBuf {
        self.path.join("disk")
    }

    /// A disk that is being made.
    pub fn new_disk(&self) -> PathBuf {
        self.path.join("disk.new")
    }

    /// A disk that is being made for a fork of this sandbox.
    pub fn new_fork(&self) -> PathBuf {
        self.path.join("fork.new")
    }

    /// What its processes print.
    pub fn log(&self) -> PathBuf {
        self.path.join("log")
    }

    fn trash(&self) -> PathBuf {
        self.path.join("trash")
    }

    fn state(&self) -> PathBuf {
        self.path.join("state.json")
    }

    pub fn has_disk(&self) -> io::Result<bool> {
        files::exists(&self.disk())
    }

    /// Deletes the disk and the log. The disk is gone at once, also after a crash.
    pub fn delete_disk(&self) -> io::Result<()> {
        files::remove(&self.trash())?;
        if self.has_disk()? {
            files::rename(&self.disk(), &self.trash())?;
        }
        files::remove(&self.trash())?;
        match fs::remove_file(self.log()) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(files::at(&self.log(), error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Removes what an older process of the runner left unfinished.
    pub fn clean(&self) -> io::Result<()> {
        [self.new_disk(), self.new_fork(), self.trash()].iter().try_for_each(|left| files::remove(left))
    }

    pub fn read_state(&self) -> io::Result<State> {
        match fs::read(self.state()) {
            Ok(text) => serde_json::from_slice(&text).map_err(|error| files::at(&self.state(), error.into())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(State::default()),
            Err(error) => Err(files::at(&self.state(), error)),
        }
    }

    pub fn write_state(&self, state: &State) -> io::Result<()> {
        files::make_folder(&self.path)?;
        files::write(&self.state(), &serde_json::to_vec(state)?)
    }
}

/// Returns the folder of a snapshot. Its name may have any characters: what could lead elsewhere is written as `%2F`.
pub fn snapshot_folder(snapshots: &Path, name: &str) -> PathBuf {
    if name.is_empty() {
        return snapshots.join("%");
    }
    let mut folder = String::new();
    for byte in name.bytes() {
        match char::from(byte) {
            plain if plain.is_ascii_alphanumeric() || plain == '-' || plain == '_' => folder.push(plain),
            '.' if !folder.is_empty() => folder.push('.'),
            _ => folder.push_str(&format!("%{byte:02X}")),
        }
    }
    snapshots.join(folder)
}
