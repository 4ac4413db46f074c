//! `--bundle FILE`: what an audit, a check or a stored run rests on, in one file that anyone can verify.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches};

use super::output::ready;
use super::{Failure, terminal};
use crate::base::lang::{Lang, say};
use crate::base::text::bytes;
use crate::bundle::archive::MAX_BYTES;
use crate::bundle::make::{MakeError, Making, Pictures};
use crate::bundle::signature::Signer;
use crate::evidence::Evidence;
use crate::evidence::seal::Hashes;
use crate::report::Report;
use crate::store::Store;

/// Octets of a key file.
const MAX_KEY_FILE: u64 = 1_000;
/// Longest part of a file's name that is a platform's.
const MAX_NAME: usize = 40;

/// `--bundle FILE`, `--bundle-pictures WHICH`, `--bundle-key FILE`
pub(super) fn arguments(lang: Lang) -> [Arg; 3] {
    [
        Arg::new("bundle").long("bundle").value_name("FILE").value_parser(clap::value_parser!(PathBuf)).help(say!(
            lang,
            "另写一个可验证审计包（zip），任何人可用 gbaudit verify 校验并重算；多个平台时每个平台一个文件",
            "also writes a bundle (zip) that anyone can check and count again with gbaudit verify; of several platforms one each"
        )),
        Arg::new("bundle-pictures")
            .long("bundle-pictures")
            .value_name("hashes|key-frames|all")
            .value_parser(Pictures::NAMES.map(|(name, _)| name))
            .requires("bundle")
            .help(say!(
                lang,
                "审计包中的画面：hashes 只有哈希，key-frames 含留存的关键帧（默认），all 另含抓图",
                "pictures in the bundle: hashes alone, key-frames that were kept (default), or all, with the snapshots"
            )),
        Arg::new("bundle-key")
            .long("bundle-key")
            .value_name("FILE")
            .value_parser(clap::value_parser!(PathBuf))
            .requires("bundle")
            .help(say!(
                lang,
                "签名用的 SM2 私钥文件：64 位十六进制（openssl rand -hex 32）",
                "signs the bundle: a file with an SM2 private key, 64 hexadecimal digits (openssl rand -hex 32)"
            )),
    ]
}

/// Where bundles go.
pub(super) struct Target {
    file: PathBuf,
    pictures: Pictures,
    signer: Option<Signer>,
}

impl Target {
    /// As asked for on the command line; it can be written to.
    pub(super) fn of(matches: &ArgMatches, lang: Lang) -> Result<Option<Self>, Failure> {
        let Some(file) = matches.get_one::<PathBuf>("bundle").cloned() else { return Ok(None) };
        let word = matches.get_one::<String>("bundle-pictures");
        let named = word.and_then(|word| Pictures::NAMES.iter().find(|(name, _)| name == word));
        let signer = matches.get_one::<PathBuf>("bundle-key").map(|path| signer(path, lang)).transpose()?;
        ready(&file, lang)?;
        Ok(Some(Self { file, signer, pictures: named.map_or_else(Pictures::default, |(_, pictures)| *pictures) }))
    }

    /// The file of a platform, where there are several.
    fn file(&self, platform: Option<&str>) -> PathBuf {
        let Some(platform) = platform else { return self.file.clone() };
        let plain = |c: char| if c.is_alphanumeric() || c == '-' || c == '_' { c } else { '_' };
        let name: String = platform.chars().map(plain).take(MAX_NAME).collect();
        let stem = self.file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        self.file.with_file_name(format!("{stem}-{name}.zip"))
    }
}

/// Reads a private key.
fn signer(path: &Path, lang: Lang) -> Result<Signer, Failure> {
    let text = super::check::read(path, MAX_KEY_FILE, lang)?;
    Signer::read(&String::from_utf8_lossy(&text)).ok_or_else(|| {
        let shown = path.display();
        Failure::usage(say!(
            lang,
            "{shown} 不是 SM2 私钥：应为 64 位十六进制（小写），例如 openssl rand -hex 32 的输出",
            "{shown} holds no SM2 private key: 64 hexadecimal digits (lower case) are needed, as openssl rand -hex 32 gives"
        ))
    })
}

/// A bundle that has its evidence, and waits for the results.
pub(super) struct Begun {
    file: PathBuf,
    temporary: PathBuf,
    making: Making<std::io::BufWriter<std::fs::File>>,
}

impl Begun {
    /// Writes the evidence of a platform.
    pub(super) fn new(
        target: &Target,
        evidence: &Evidence,
        stores: &[Store],
        label: Option<&str>,
        lang: Lang,
    ) -> Result<Self, Failure> {
        let file = target.file(label);
        let temporary = super::output::temporary_beside(&file);
        let begun = || {
            let out = std::io::BufWriter::new(private(&temporary)?);
            let mut making = Making::begin(out, evidence)?;
            making.pictures(evidence, stores, target.pictures)?;
            Ok(making)
        };
        match begun() {
            Ok(making) => Ok(Self { file, temporary, making }),
            Err(error) => {
                let _ = std::fs::remove_file(&temporary);
                Err(not_made(&error, &file, lang))
            }
        }
    }

    /// Writes what came of it, and says where it is.
    pub(super) fn finish(self, target: &Target, report: &Report, lang: Lang) -> Result<(), Failure> {
        let Self { file, temporary, making } = self;
        let ended = || {
            let (out, _, seal) = making.finish(report, target.signer.as_ref())?;
            let whole = out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
            whole.sync_all()?;
            let octets = whole.metadata()?.len();
            std::fs::rename(&temporary, &file)?;
            Ok((seal, octets))
        };
        let made: Result<(Hashes, u64), MakeError> = ended();
        match made {
            Ok((seal, octets)) => {
                terminal::out(&told(&file, &seal, octets, lang));
                if let Some(key) = target.signer.as_ref().map(Signer::public_key) {
                    terminal::line(&say!(lang, "          签名 SM2，公钥 {key}", "          signed with SM2, public key {key}"));
                }
                Ok(())
            }
            Err(error) => {
                let _ = std::fs::remove_file(&temporary);
                Err(not_made(&error, &file, lang))
            }
        }
    }
}

/// A new file that its owner alone can read: it holds addresses, positions and pictures.
fn private(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

fn told(file: &Path, seal: &Hashes, octets: u64, lang: Lang) -> String {
    let (shown, argument, size, sm3) = (file.display(), terminal::argument(file), bytes(octets), &seal.sm3);
    say!(
        lang,
        "审计包    {shown}（{size}），封条 SM3 {sm3}\n          校验：gbaudit verify {argument}\n",
        "bundle    {shown} ({size}), seal SM3 {sm3}\n          verify it with gbaudit verify {argument}\n"
    )
}

/// The bundle is ours to make: the run was not completed.
fn not_made(error: &MakeError, file: &Path, lang: Lang) -> Failure {
    let shown = file.display();
    let line = match error {
        MakeError::Io(io) if io.kind() == std::io::ErrorKind::FileTooLarge => {
            let most = bytes(MAX_BYTES);
            say!(
                lang,
                "审计包 {shown} 没有写：超过 {most}；可加 --bundle-pictures hashes 不含画面",
                "the bundle {shown} was not written: it would be over {most}; leave the pictures out with --bundle-pictures hashes"
            )
        }
        error => say!(lang, "审计包 {shown} 没有写成：{error}", "the bundle {shown} could not be written: {error}"),
    };
    Failure { code: 3, lines: vec![line] }
}
