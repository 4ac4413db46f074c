//! Writes results: checked before a run, atomic after it.

use std::fs;
use std::io::{BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches};
use rayon::prelude::*;

use super::Failure;
use crate::audit::correct::{Corrected, correct};
use crate::base::lang::{Lang, say};
use crate::base::text::file_name;
use crate::correction::sheet::{self, Content};
use crate::correction::{Grade, Wanted};
use crate::evidence::Evidence;
use crate::report::document::{Typeface, Unusable};
use crate::report::rounds::{self, Rounds};
use crate::report::union::{self, Union};
use crate::report::{EXPORTERS, Exporter, Report};
use crate::store::{Store, StoreError};

/// The format of the workbooks.
pub(super) const WORKBOOKS: &str = "xlsx";
/// 整改清单
const CORRECTIONS_FILE: &str = "corrections.xlsx";
/// The evidence of a run, in its folder.
pub(super) const EVIDENCE_FILE: &str = "evidence.db";

/// Octets of a file of letters; the largest known are a tenth of it.
const MAX_FONT: u64 = 256 << 20;

/// What is drawn of a report, and with which letters.
#[derive(Debug, Default)]
pub(super) struct Formats {
    /// The formats by name; all of them when none are named.
    pub(super) names: Vec<String>,
    /// The letters of pages.
    pub(super) typeface: Typeface,
}

impl Formats {
    /// As the command line has them.
    pub(super) fn of(matches: &ArgMatches, lang: Lang) -> Result<Self, Failure> {
        let names = matches.try_get_many::<String>("format").ok().flatten().into_iter().flatten().cloned().collect();
        let typeface = matches.get_one::<PathBuf>("font").map(|file| typeface(file, lang)).transpose()?.unwrap_or_default();
        Ok(Self { names, typeface })
    }

    fn has(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|own| own == name)
    }
}

/// `--font`.
pub(super) fn font(lang: Lang) -> Arg {
    Arg::new("font").long("font").value_name("FILE").value_parser(clap::value_parser!(PathBuf)).help(say!(
        lang,
        "report.pdf 用这个字体（.ttf、.otf、.ttc），默认用内置的宋体；字体中没有的字印成 [U+xxxx]",
        "letters of report.pdf (.ttf, .otf, .ttc), default the ones built in; what it has no letter for is printed as [U+xxxx]"
    ))
}

fn typeface(file: &Path, lang: Lang) -> Result<Typeface, Failure> {
    let shown = file.display().to_string();
    let mut octets = Vec::new();
    let read = fs::File::open(file).and_then(|file| file.take(MAX_FONT + 1).read_to_end(&mut octets));
    let octets = read.and_then(|_| {
        let large = || std::io::Error::other(say!(lang, "文件大于 256 MB", "the file has more than 256 MB"));
        if octets.len() as u64 > MAX_FONT { Err(large()) } else { Ok(octets) }
    });
    let octets = octets.map_err(|error| {
        Failure::usage(say!(lang, "--font {shown} 读不了：{error}", "--font {shown} cannot be read: {error}"))
    })?;
    Typeface::read(octets).map_err(|Unusable| {
        Failure::usage(say!(
            lang,
            "--font {shown} 不能用：不是字体文件，或没有汉字，或不允许嵌入；请换一个 .ttf、.otf 或 .ttc，或去掉 --font 用内置字体",
            "--font {shown} cannot be used: it is no font, has no Chinese characters, or may not be embedded; name another .ttf, .otf or .ttc, or leave --font out"
        ))
    })
}

/// What stands below a folder under a name that is stored: evidence may come from anybody, and its names lead nowhere else.
pub(super) fn below(folder: &Path, name: &str) -> PathBuf {
    folder.join(file_name(name))
}

/// Makes the folder and tries to write to it: a long run must not fail at its end.
pub(super) fn prepare(folder: &Path, lang: Lang) -> Result<(), Failure> {
    let shown = folder.display().to_string();
    let failed = |error: std::io::Error| {
        Failure::usage(say!(
            lang,
            "结果文件夹 {shown} 不可写：{error}；请换一个 --out，或改其权限",
            "the folder {shown} cannot be written to: {error}; choose another --out or change its permissions"
        ))
    };
    fs::create_dir_all(folder).map_err(failed)?;
    let probe = temporary(folder, "write-test");
    fs::write(&probe, b"x").map_err(failed)?;
    fs::remove_file(&probe).map_err(failed)
}

/// Sees that a file can be written where it is to be, before anything is worked out.
pub(super) fn ready(file: &Path, lang: Lang) -> Result<(), Failure> {
    let folder = file.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let probe = temporary(folder, "write-test");
    let tried = fs::write(&probe, b"x").and_then(|()| fs::remove_file(&probe));
    tried.map_err(|error| {
        let shown = file.display().to_string();
        Failure::usage(say!(
            lang,
            "{shown} 写不了：{error}；请换一个 --out",
            "{shown} cannot be written: {error}; choose another --out"
        ))
    })
}

/// Writes the formats named (all of them when none are) into a folder. Each file is old or new, never half.
pub(super) fn write(report: &Report, folder: &Path, formats: &Formats) -> std::io::Result<()> {
    let chosen = |exporter: &&&Exporter| formats.has(exporter.name);
    // Side by side: they only read, and each waits for the disk by itself.
    let files: Vec<_> = EXPORTERS.iter().filter(chosen).flat_map(|e| e.files).collect();
    files
        .par_iter()
        .filter(|file| (file.is_due)(report))
        .try_for_each(|file| atomically(&folder.join(file.name), |out| (file.write)(report, out)))
}

/// Writes 整改清单 beside them, where the formats name it or none are named.
pub(super) fn write_corrections(report: Report, folder: &Path, formats: &Formats, lang: Lang) -> Result<(), Failure> {
    if !formats.has(WORKBOOKS) {
        return Ok(());
    }
    let Corrected { report, rows, folds, gaps } = correct(report, &Wanted { grades: Grade::ALL.to_vec(), remarks: false })?;
    let content = Content { report: &report, rows: &rows, folds: &folds, gaps: &gaps };
    atomically(&folder.join(CORRECTIONS_FILE), |out| sheet::write(&content, out).map_err(std::io::Error::other))
        .map_err(|error| unwritten(&error, folder, lang))
}

/// Writes the summary of several platforms into the folder above theirs, in the formats named (all of them when none are).
pub(super) fn write_union(union: &Union, folder: &Path, formats: &Formats) -> std::io::Result<()> {
    let is_of = |name: &str| Path::new(name).extension().and_then(|own| own.to_str()).is_some_and(|own| formats.has(own));
    union::FILES
        .iter()
        .filter(|file| (file.is_due)(union) && is_of(file.name))
        .try_for_each(|file| atomically(&folder.join(file.name), |out| (file.write)(union, out)))
}

/// Writes rounds put together.
pub(super) fn write_rounds(rounds: &Rounds, folder: &Path) -> std::io::Result<()> {
    rounds::FILES
        .iter()
        .filter(|file| (file.is_due)(rounds))
        .try_for_each(|file| atomically(&folder.join(file.name), |out| (file.write)(rounds, out)))
}

/// Writes `evidence.db` and the snapshots, so that the folder can be drawn again by itself.
pub(super) fn write_evidence(evidence: &Evidence, stores: &[Store], folder: &Path) -> Result<(), StoreError> {
    let target = folder.join(EVIDENCE_FILE);
    let temporary = temporary(folder, EVIDENCE_FILE);
    let written = (|| {
        let mut copy = Store::open(&temporary)?;
        copy.put(evidence)?;
        let header = &evidence.header;
        let pictures = folder.join("snapshots");
        // Calls that were carried along have their pictures in the run that made them.
        let runs = std::iter::once(&header.run_id).chain(header.carried.as_ref().map(|carried| &carried.run));
        for (store, run) in runs.flat_map(|run| stores.iter().map(move |store| (store, run))) {
            store.snapshots::<StoreError>(run, &header.platform.name, |name, jpeg| {
                copy.put_snapshot(&header.run_id, &header.platform.name, name, jpeg)?;
                fs::create_dir_all(&pictures)?;
                Ok(atomically(&below(&pictures, name), |out| out.write_all(jpeg))?)
            })?;
        }
        for store in stores {
            store.copy_tapes(&header.run_id, &header.platform.name, &mut copy)?;
            store.copy_key_frames(&header.run_id, &header.platform.name, &mut copy)?;
        }
        copy.close()?;
        Ok(fs::rename(&temporary, &target)?)
    })();
    if written.is_err() {
        for left in ["", "-wal", "-shm"] {
            let mut name = temporary.clone().into_os_string();
            name.push(left);
            let _ = fs::remove_file(name);
        }
    }
    written
}

/// Writes a file under another name and then renames it.
pub(super) fn atomically(
    target: &Path,
    write: impl FnOnce(&mut BufWriter<fs::File>) -> std::io::Result<()>,
) -> std::io::Result<()> {
    written(target, |temporary| fs::File::create(temporary), write)
}

/// The same for a file that holds a secret: nobody but its owner may read it.
pub(super) fn privately(
    target: &Path,
    write: impl FnOnce(&mut BufWriter<fs::File>) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let create = |temporary: &Path| {
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        // One left behind may be readable by others.
        let _ = fs::remove_file(temporary);
        options.open(temporary)
    };
    written(target, create, write)
}

fn written(
    target: &Path,
    create: impl FnOnce(&Path) -> std::io::Result<fs::File>,
    write: impl FnOnce(&mut BufWriter<fs::File>) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let folder = target.parent().unwrap_or(Path::new("."));
    let name = target.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let temporary = temporary(folder, &name);
    let result = (|| {
        let mut out = BufWriter::new(create(&temporary)?);
        write(&mut out)?;
        out.flush()?;
        out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&temporary, target)
    })();
    if result.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    result
}

/// The name a file has until it is whole.
pub(super) fn temporary_beside(file: &Path) -> PathBuf {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    temporary(folder, &file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default())
}

fn temporary(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!(".{name}.{}.tmp", std::process::id()))
}

/// What could not be written, as a failure of ours: the run was not completed.
pub(super) fn unwritten(error: &std::io::Error, folder: &Path, lang: Lang) -> Failure {
    let shown = folder.display().to_string();
    Failure {
        code: 3,
        lines: vec![say!(lang, "结果没有写完（{shown}）：{error}", "the results were not all written ({shown}): {error}")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_names_nothing_outside_of_its_folder() {
        let of = |name| below(Path::new("out"), name);
        assert_eq!(of("成武县视频平台"), Path::new("out/成武县视频平台"));
        for name in ["..", "../x", "/etc/passwd", "a/../../x", "C:\\x", "", ".", "x\0y", ".ssh"] {
            let path = of(name);
            assert_eq!(path.parent(), Some(Path::new("out")), "{name:?}");
            assert!(!path.file_name().unwrap().to_str().unwrap().starts_with('.'), "{name:?}");
        }
    }
}
