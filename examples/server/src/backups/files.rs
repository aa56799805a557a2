//! Files and folders that a crash leaves whole: they are made under another name, written to the disk, and then renamed.

use rustix::fs::{CWD, RenameFlags};
use std::{
    fs::{self, DirEntry, File, Metadata},
    io::{self, ErrorKind, Write},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

/// Writes a file. A reader sees the old content or the new one, also after a crash.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let write = || {
        let mut file = File::create(&new)?;
        file.write_all(content)?;
        file.sync_all()
    };
    write().map_err(|error| at(&new, error))?;
    rename(&new, path)
}

/// Writes a folder that is complete to the disk, and gives it its name. The name must be free.
pub fn publish(new: &Path, name: &Path) -> io::Result<()> {
    sync(new)?;
    rename(new, name)
}

/// As [`publish`], but takes the place of a folder that has the name. The name always has one of the two.
pub fn publish_over(new: &Path, name: &Path) -> io::Result<()> {
    if !exists(name)? {
        return publish(new, name);
    }
    sync(new)?;
    rustix::fs::renameat_with(CWD, new, CWD, name, RenameFlags::EXCHANGE).map_err(|error| at(name, error.into()))?;
    sync_parent(name)?;
    remove(new)
}

/// Renames, and returns when the disk knows the new name.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to).map_err(|error| at(to, error))?;
    sync_parent(to)
}

/// Makes a folder and those above it, and returns when the disk knows it.
pub fn make_folder(path: &Path) -> io::Result<()> {
    if exists(path)? {
        return Ok(());
    }
    fs::create_dir_all(path).map_err(|error| at(path, error))?;
    sync_parent(path)
}

/// Removes a folder with all that is in it. It need not be there.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(at(path, error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Whether there is something with this name.
pub fn exists(path: &Path) -> io::Result<bool> {
    path.try_exists().map_err(|error| at(path, error))
}

/// Copies a folder to a name that is free, until `given_up`.
///
/// The folder may be in use: a file that vanishes while it is copied is left out, and so are sockets, pipes and devices.
pub fn copy(from: &Path, to: &Path, given_up: &AtomicBool) -> io::Result<()> {
    fs::create_dir(to).map_err(|error| at(to, error))?;
    walk(from, &mut |entry, metadata| {
        if given_up.load(Ordering::Relaxed) {
            return Err(io::Error::new(ErrorKind::Interrupted, "the copy was given up"));
        }
        let inside = entry.strip_prefix(from).map_err(io::Error::other)?;
        let target = to.join(inside);
        let copied = if metadata.is_dir() {
            fs::create_dir(&target)
        } else if metadata.is_symlink() {
            fs::read_link(entry).and_then(|link| std::os::unix::fs::symlink(link, &target))
        } else {
            fs::copy(entry, &target).map(|_| ())
        };
        unless_vanished(copied.map_err(|error| at(&target, error)), entry)
    })
}

/// Calls `visit` with each folder, file and symbolic link below a folder, and each folder before what is in it.
///
/// The folder may be in use: what vanishes is left out. Sockets, pipes and devices are left out too.
pub fn walk(folder: &Path, visit: &mut dyn FnMut(&Path, &Metadata) -> io::Result<()>) -> io::Result<()> {
    let entries: io::Result<Vec<DirEntry>> = fs::read_dir(folder).and_then(Iterator::collect);
    for entry in entries.map_err(|error| at(folder, error))? {
        let path = entry.path();
        let metadata = match entry.metadata() {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(at(&path, error)),
        };
        if metadata.is_dir() {
            visit(&path, &metadata)?;
            unless_vanished(walk(&path, visit), &path)?;
        } else if metadata.is_file() || metadata.is_symlink() {
            visit(&path, &metadata)?;
        }
    }
    Ok(())
}

/// Names the path in an error, because the user must know which file it is about.
pub fn at(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Forgives an error of something that is no longer there.
fn unless_vanished(done: io::Result<()>, path: &Path) -> io::Result<()> {
    match done {
        Err(_) if fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound) => Ok(()),
        done => done,
    }
}

fn sync(folder: &Path) -> io::Result<()> {
    walk(folder, &mut |path, metadata| if metadata.is_symlink() { Ok(()) } else { sync_one(path) })?;
    sync_one(folder)
}

fn sync_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), sync_one)
}

fn sync_one(path: &Path) -> io::Result<()> {
    File::open(path).and_then(|file| file.sync_all()).map_err(|error| at(path, error))
}
