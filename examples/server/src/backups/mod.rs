//! The backup store: a folder that server and runners share, with a compressed archive for each attempt.
//!
//! `DIR/<sandbox>/<attempt>.tar.gz` is whole as soon as it has this name. `DIR/<sandbox>/discarded` holds the first attempt that
//! is kept: the store remembers what it discarded, and takes no late upload (contract 9 of `docs/PROTOCOL.md`).
//!
//! All functions block.

pub mod files;

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use rustix::fs::{FlockOperation, flock};
use sandbox_lifecycle::{record::BackupRef, vocabulary::is_older};
use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, BufReader, BufWriter, ErrorKind, Read, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// The registry that this store writes into its backup references.
const REGISTRY: &str = "backups";

/// The backup store.
#[derive(Debug, Clone)]
pub struct BackupStore {
    dir: PathBuf,
}

impl BackupStore {
    /// Opens the store, and makes its folder if there is none.
    pub fn open(dir: &Path) -> io::Result<Self> {
        files::make_folder(dir)?;
        Ok(Self { dir: dir.to_owned() })
    }

    /// Stores the disk as this attempt, and returns where it is. Returns `None` if the attempt was discarded, also while it was
    /// written.
    ///
    /// The disk may be in use. Each file is then as it was when it was read. If the disk is deleted or replaced meanwhile, that is
    /// an error: what was read is not whole.
    pub fn upload(&self, sandbox_id: &str, attempt: u32, disk: &Path) -> io::Result<Option<BackupRef>> {
        let folder = self.folder(sandbox_id)?;
        files::make_folder(&folder)?;
        if self.has_whole(sandbox_id, attempt)? {
            return Ok(Some(reference(sandbox_id, attempt)));
        }
        if is_discarded(&folder, attempt)? {
            return Ok(None);
        }
        let (object, new) = (object(&folder, attempt), folder.join(format!("{attempt}.new")));
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&new);
        let file = file.map_err(|error| files::at(&new, error))?;
        // What a killed process left is overwritten; another process that writes it now is left alone.
        flock(&file, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| io::Error::new(ErrorKind::WouldBlock, format!("{} is being written", new.display())))?;
        file.set_len(0)?;
        write_archive(disk, &file).map_err(|error| files::at(disk, error))?;
        file.sync_all()?;

        let _changes = lock(&folder)?;
        if is_discarded(&folder, attempt)? {
            // The discard may have removed it already.
            let _ = fs::remove_file(&new);
            return Ok(None);
        }
        files::rename(&new, &object)?;
        Ok(Some(reference(sandbox_id, attempt)))
    }

    /// Whether the store has all of this attempt.
    pub fn has_whole(&self, sandbox_id: &str, attempt: u32) -> io::Result<bool> {
        let folder = self.folder(sandbox_id)?;
        Ok(files::exists(&object(&folder, attempt))? && !is_discarded(&folder, attempt)?)
    }

    /// Removes the attempts before this one, and refuses them from now on.
    pub fn discard_before(&self, sandbox_id: &str, before: u32) -> io::Result<()> {
        let folder = self.folder(sandbox_id)?;
        files::make_folder(&folder)?;
        let _changes = lock(&folder)?;
        if discarded_before(&folder)?.is_none_or(|first| is_older(first, before)) {
            files::write(&folder.join("discarded"), before.to_string().as_bytes())?;
        }
        for entry in fs::read_dir(&folder).map_err(|error| files::at(&folder, error))? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let attempt = name.split_once('.').and_then(|(attempt, _)| attempt.parse().ok());
            if attempt.is_some_and(|attempt| is_older(attempt, before)) {
                fs::remove_file(&path).map_err(|error| files::at(&path, error))?;
            }
        }
        Ok(())
    }

    /// Writes the disk of a backup into a folder that does not exist yet.
    pub fn restore(&self, backup: &BackupRef, into: &Path) -> io::Result<()> {
        let (sandbox_id, attempt) = parse(backup)?;
        let object = object(&self.folder(sandbox_id)?, attempt);
        let file = File::open(&object).map_err(|error| files::at(&object, error))?;
        fs::create_dir(into).map_err(|error| files::at(into, error))?;
        // It unpacks nothing outside the folder, whatever the archive names.
        tar::Archive::new(GzDecoder::new(BufReader::new(file))).unpack(into).map_err(|error| files::at(&object, error))
    }

    fn folder(&self, sandbox_id: &str) -> io::Result<PathBuf> {
        if is_plain_name(sandbox_id) { Ok(self.dir.join(sandbox_id)) } else { Err(bad_name(sandbox_id)) }
    }
}

/// Whether a text can be the name of a folder and no path: 1 to 64 letters, digits, `-` and `_`.
pub fn is_plain_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}

/// Returns the error of a text that is no sandbox id.
pub fn bad_name(text: &str) -> io::Error {
    let message = format!("{text:?} is no sandbox id: it must have 1 to 64 letters, digits, `-` and `_`");
    io::Error::new(ErrorKind::InvalidInput, message)
}

/// Returns where the backup of an attempt is, once it is complete.
pub fn reference(sandbox_id: &str, attempt: u32) -> BackupRef {
    BackupRef { snapshot: format!("{sandbox_id}/{attempt}"), registry: REGISTRY.to_owned() }
}

fn parse(backup: &BackupRef) -> io::Result<(&str, u32)> {
    let parts = backup.snapshot.split_once('/').filter(|_| backup.registry == REGISTRY);
    let parsed = parts.and_then(|(sandbox_id, attempt)| Some((sandbox_id, attempt.parse().ok()?)));
    parsed.ok_or_else(|| {
        let message = format!("the backup {:?} of {:?} is not of this store", backup.snapshot, backup.registry);
        io::Error::new(ErrorKind::InvalidInput, message)
    })
}

fn object(folder: &Path, attempt: u32) -> PathBuf {
    folder.join(format!("{attempt}.tar.gz"))
}

/// Lets one process at a time change which attempts count. The lock ends when the file is closed, also by a crash.
fn lock(folder: &Path) -> io::Result<File> {
    let path = folder.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|error| files::at(&path, error))?;
    flock(&file, FlockOperation::LockExclusive)?;
    Ok(file)
}

/// Attempts wrap, as epochs do.
fn is_discarded(folder: &Path, attempt: u32) -> io::Result<bool> {
    Ok(discarded_before(folder)?.is_some_and(|before| is_older(attempt, before)))
}

fn discarded_before(folder: &Path) -> io::Result<Option<u32>> {
    let path = folder.join("discarded");
    match fs::read_to_string(&path) {
        Ok(text) => text.trim().parse().map(Some).map_err(|error| files::at(&path, io::Error::other(error))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(files::at(&path, error)),
    }
}

fn write_archive(disk: &Path, to: &File) -> io::Result<()> {
    // An open folder keeps its number, so the same number afterwards means the same folder.
    let root = File::open(disk)?;
    let number = |metadata: Metadata| (metadata.dev(), metadata.ino());
    let before = number(root.metadata()?);

    let mut archive = tar::Builder::new(GzEncoder::new(BufWriter::new(to), Compression::fast()));
    archive.follow_symlinks(false);
    files::walk(disk, &mut |path, metadata| {
        let name = path.strip_prefix(disk).map_err(io::Error::other)?;
        append(&mut archive, path, name, metadata)
    })?;
    let mut written = archive.into_inner()?.finish()?;
    written.flush()?;

    match fs::metadata(disk).map(number) {
        Ok(after) if after == before => Ok(()),
        Ok(_) | Err(_) => Err(io::Error::other("the disk was replaced or deleted while it was backed up")),
    }
}

fn append<W: Write>(archive: &mut tar::Builder<W>, path: &Path, name: &Path, metadata: &Metadata) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    if metadata.is_file() {
        let Some((file, metadata)) =
            if_there(File::open(path).and_then(|file| Ok((file.try_clone()?, file.metadata()?))))?
        else {
            return Ok(());
        };
        header.set_metadata(&metadata);
        // The archive names the length first. If the file shrinks now, zeros take the place of what is missing.
        let content = file.chain(io::repeat(0)).take(metadata.len());
        return archive.append_data(&mut header, name, content);
    }
    header.set_metadata(metadata);
    header.set_size(0);
    if metadata.is_symlink() {
        match if_there(fs::read_link(path))? {
            Some(target) => archive.append_link(&mut header, name, target),
            None => Ok(()),
        }
    } else {
        archive.append_data(&mut header, name, io::empty())
    }
}

fn if_there<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
