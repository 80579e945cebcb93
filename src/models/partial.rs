//! A model while it is fetched: parts of files that grow, complete ones, and the rename at the end.
//!
//! One process at a time holds the lock of a model; another one waits for it. What is complete has been hashed by
//! this process, also where an earlier one has fetched it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::cache::{ModelCache, belongs, part_name, unwritable, write_checksums};
use super::digest::{BLOCK, Hasher, Sha256, hash_file};
use super::event::PullEvent;
use super::manifest::{Model, ModelFile};
use super::step::{Step, Stop, Watch, check_cancelled};
use crate::error::Error;

/// How often a lock that another process holds is tried.
const LOCK_INTERVAL: Duration = Duration::from_millis(200);

/// The exclusive right to fetch a model. The file stays, so that nobody locks one that is about to be removed.
#[derive(Debug)]
pub(super) struct PullLock {
    _file: File,
}

impl PullLock {
    /// Takes the lock of a model, and waits while another process has it.
    pub(super) async fn take(
        cache: &ModelCache,
        model: &Model,
        watch: &mut Watch<'_>,
    ) -> Step<Self> {
        let folder = cache.folder();
        fs::create_dir_all(folder).map_err(|error| Stop::Local(unwritable(folder, error)))?;
        let path = cache.lock(model);
        let failed = |error| Stop::Local(unwritable(&path, error));
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(failed)?;
        let mut is_reported = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(fs::TryLockError::WouldBlock) => {
                    if !is_reported {
                        watch.report(PullEvent::WaitsForOther);
                    }
                    is_reported = true;
                    check_cancelled(watch.cancel).await?;
                    tokio::time::sleep(LOCK_INTERVAL).await;
                }
                Err(fs::TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
    }
}

/// The folder of an unfinished model.
#[derive(Debug)]
pub(super) struct Partial<'a> {
    model: &'a Model,
    folder: PathBuf,
    complete: BTreeSet<&'a str>,
}

impl<'a> Partial<'a> {
    /// Opens the folder, and hashes the files that are complete in it.
    pub(super) async fn open(
        cache: &ModelCache,
        model: &'a Model,
        watch: &mut Watch<'_>,
    ) -> Step<Self> {
        let folder = cache.partial(model);
        fs::create_dir_all(&folder).map_err(|error| Stop::Local(unwritable(&folder, error)))?;
        let mut partial = Self { model, folder, complete: BTreeSet::new() };
        for file in &model.files {
            let path = partial.folder.join(&file.name);
            if !path.exists() {
                continue;
            }
            let (hasher, length) = hash_file(&path, watch.cancel).await?;
            if length == file.size && hasher.finish() == file.sha256 {
                partial.add_complete(file, watch);
            } else {
                fs::remove_file(&path).map_err(|error| Stop::Local(unwritable(&path, error)))?;
            }
        }
        Ok(partial)
    }

    /// Returns the files that are not complete.
    pub(super) fn missing(&self) -> Vec<&'a ModelFile> {
        let is_missing = |file: &&ModelFile| !self.complete.contains(file.name.as_str());
        self.model.files.iter().filter(is_missing).collect()
    }

    /// Returns an empty folder in it for what a source needs; it is removed at the end.
    pub(super) fn workshop(&self) -> Step<PathBuf> {
        let path = self.folder.join("source");
        let failed = |error| Stop::Local(unwritable(&path, error));
        if path.exists() {
            fs::remove_dir_all(&path).map_err(failed)?;
        }
        fs::create_dir(&path).map_err(failed)?;
        Ok(path)
    }

    /// Opens the part of a file, with what an earlier process has fetched.
    pub(super) async fn part(&self, file: &'a ModelFile, watch: &Watch<'_>) -> Step<Part<'a>> {
        let path = self.folder.join(part_name(file));
        let failed = |error| Stop::Local(unwritable(&path, error));
        let mut options = File::options();
        options.create(true).truncate(false).read(true).write(true);
        let mut handle = options.open(&path).map_err(failed)?;
        let (hasher, length) = hash_file(&path, watch.cancel).await?;
        handle.seek(SeekFrom::Start(length)).map_err(failed)?;
        let mut part = Part { file, handle, path, hasher, length };
        if length > file.size {
            part.clear()?;
        }
        Ok(part)
    }

    /// Makes a part that has all bytes a complete file. It is removed if it has another checksum, which is returned.
    pub(super) fn complete(
        &mut self,
        part: Part<'a>,
        watch: &mut Watch<'_>,
    ) -> Step<Result<(), Sha256>> {
        let file = part.file;
        let (path, found) = (part.path.clone(), part.close()?);
        let failed = |error| Stop::Local(unwritable(&path, error));
        if found != file.sha256 {
            fs::remove_file(&path).map_err(failed)?;
            return Ok(Err(found));
        }
        fs::rename(&path, self.folder.join(&file.name)).map_err(failed)?;
        self.add_complete(file, watch);
        Ok(Ok(()))
    }

    fn add_complete(&mut self, file: &'a ModelFile, watch: &mut Watch<'_>) {
        self.complete.insert(&file.name);
        watch.add_complete(file.size);
    }

    /// Puts the model, all of whose files are complete, in its place.
    pub(super) fn install(self, cache: &ModelCache) -> Step<()> {
        debug_assert!(self.missing().is_empty());
        let home = cache.home(self.model);
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |error| Stop::Local(unwritable(&path, error))
        };
        for entry in fs::read_dir(&self.folder).map_err(failed(&self.folder))? {
            let entry = entry.map_err(failed(&self.folder))?;
            if !entry.file_name().to_str().is_some_and(|name| belongs(self.model, name)) {
                remove(&entry.path()).map_err(failed(&entry.path()))?;
            }
        }
        write_checksums(&self.folder, self.model).map_err(failed(&self.folder))?;
        // A damaged model is moved out of the way, since a folder cannot be replaced by a rename.
        let replaced = cache.replaced(self.model);
        remove(&replaced).map_err(failed(&replaced))?;
        if home.exists() {
            fs::rename(&home, &replaced).map_err(failed(&home))?;
        }
        fs::rename(&self.folder, &home).map_err(failed(&home))?;
        sync_folder(cache.folder()).map_err(failed(cache.folder()))?;
        // The model is in its place; what is left of the damaged one only takes space.
        let _left = remove(&replaced).is_err();
        Ok(())
    }
}

/// A file that grows until it is complete.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub(super) file: &'a ModelFile,
    handle: File,
    path: PathBuf,
    hasher: Hasher,
    length: u64,
}

impl Part<'_> {
    /// Returns how many bytes there are.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Returns how many bytes are missing.
    pub(super) fn room(&self) -> u64 {
        self.file.size - self.length
    }

    /// Adds bytes, for which there is room.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Step<()> {
        debug_assert!(bytes.len() as u64 <= self.room());
        self.handle.write_all(bytes).map_err(|error| {
            let missing = format!("{} bytes of this file are still missing", self.room());
            Stop::Local(unwritable(&self.path, error).detail(missing))
        })?;
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Adds what a reader gives, and never more than there is room for. A reader that ends early leaves the part short.
    pub(super) async fn fill(
        &mut self,
        source: &mut impl Read,
        watch: &mut Watch<'_>,
        failed: impl Fn(std::io::Error) -> Stop,
    ) -> Step<()> {
        let mut block = vec![0; BLOCK];
        loop {
            let most = self.room().min(BLOCK as u64) as usize;
            let read = source.read(&mut block[..most]).map_err(&failed)?;
            if read == 0 {
                return Ok(());
            }
            self.write(&block[..read])?;
            watch.at(self.length);
            check_cancelled(watch.cancel).await?;
        }
    }

    /// Starts from nothing.
    pub(super) fn clear(&mut self) -> Step<()> {
        let cleared = self.handle.set_len(0).and_then(|()| self.handle.rewind());
        cleared.map_err(|error| Stop::Local(unwritable(&self.path, error)))?;
        self.set_etag(None)?;
        (self.hasher, self.length) = (Hasher::new(), 0);
        Ok(())
    }

    /// Returns the tag of the version that the bytes are of, if the server gave one.
    pub(super) fn etag(&self) -> Option<String> {
        fs::read_to_string(self.etag_path()).ok().filter(|etag| !etag.is_empty())
    }

    /// Remembers the tag of the version that further bytes are of.
    pub(super) fn set_etag(&mut self, etag: Option<&str>) -> Step<()> {
        let path = self.etag_path();
        let written = match etag {
            Some(etag) => fs::write(&path, etag),
            None => remove(&path),
        };
        written.map_err(|error| Stop::Local(unwritable(&path, error)))
    }

    fn etag_path(&self) -> PathBuf {
        self.path.with_extension("etag")
    }

    /// Writes everything to the disk and returns the checksum.
    fn close(self) -> Step<Sha256> {
        self.handle.sync_all().map_err(|error| Stop::Local(unwritable(&self.path, error)))?;
        remove(&self.etag_path()).map_err(|error| Stop::Local(unwritable(&self.path, error)))?;
        Ok(self.hasher.finish())
    }
}

/// Adds the checksums to the error for a file with other contents than the manifest names.
pub(super) fn with_checksums(error: Error, expected: Sha256, found: Sha256) -> Error {
    error.detail(format!("expected SHA-256 {expected}")).detail(format!("found    SHA-256 {found}"))
}

/// Removes a file or a folder, which may be absent.
fn remove(path: &Path) -> std::io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes a rename in a folder survive a power failure.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}
