//! `gbaudit verify FILE`: checks a bundle to the octet, and counts every number again from its evidence alone.

use std::fmt::Write as _;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::{Failure, Outcome, terminal};
use crate::base::lang::{Lang, say};
use crate::base::text::{bytes, grouped, visible};
use crate::bundle::signature::PUBLIC_DIGITS;
use crate::bundle::verify::{Verified, Wanted, verify};
use crate::evidence::seal::{DIGITS, Hashes};
use crate::report::summary;

/// Octets read at once.
const BUFFER: usize = 256 * 1024;

pub(super) fn command(lang: Lang) -> Command {
    Command::new("verify")
        .about(say!(
            lang,
            "校验审计包：逐字节核对，并只凭其中的证据重算全部结果",
            "verifies a bundle: every octet of it, and every result counted again from its evidence alone"
        ))
        .override_usage(say!(
            lang,
            "gbaudit verify <审计包> [--head 证据摘要] [--signer 公钥] [--no-pictures]",
            "gbaudit verify <BUNDLE> [--head DIGEST] [--signer PUBLIC_KEY] [--no-pictures]"
        ))
        .after_help(say!(
            lang,
            "例：gbaudit verify 审计包.zip --head 9f2c…（报告首页的证据摘要，SM3 或 SHA-256）\n退出码：0 一致；1 被改动或重算不同；2 不是审计包、读不了；4 由其他版本生成且结果不同，须用该版本校验。",
            "Example: gbaudit verify bundle.zip --head 9f2c... (the evidence digest on page one of the report, SM3 or SHA-256)\nExit codes: 0 equal; 1 changed, or counted otherwise; 2 no bundle, or unreadable; 4 another version's results that differ: use that version."
        ))
        .arg(
            Arg::new("bundle")
                .required(true)
                .value_name("FILE")
                .value_parser(clap::value_parser!(PathBuf))
                .help(say!(lang, "--bundle 写出的文件", "a file written by --bundle")),
        )
        .arg(Arg::new("head").long("head").value_name("DIGEST").value_parser(digest).help(say!(
            lang,
            "报告上印的证据摘要（SM3 或 SHA-256，64 位），与包中的核对",
            "the evidence digest printed in a report (SM3 or SHA-256, 64 digits), to be held against the bundle's"
        )))
        .arg(Arg::new("signer").long("signer").value_name("PUBLIC_KEY").value_parser(public_key).help(say!(
            lang,
            "签名应有的 SM2 公钥（04 开头，130 位）；没有签名或公钥不同即不通过",
            "the SM2 public key it has to be signed by (130 digits from 04 on); unsigned or by another key is a failure"
        )))
        .arg(Arg::new("no-pictures").long("no-pictures").action(ArgAction::SetTrue).help(say!(
            lang,
            "不重新解码关键帧：出图只凭点播记录核对",
            "key frames are not decoded again: pictures are verified by the log of the calls alone"
        )))
}

fn digest(text: &str) -> Result<String, String> {
    digits(text, DIGITS)
}

fn public_key(text: &str) -> Result<String, String> {
    digits(text, PUBLIC_DIGITS)
}

/// So many hexadecimal digits; blanks in between are the printer's.
fn digits(text: &str, most: usize) -> Result<String, String> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    let whole = digits.len() == most && digits.bytes().all(|octet| octet.is_ascii_hexdigit());
    if whole { Ok(digits) } else { Err(most.to_string()) }
}

pub(super) fn run(matches: &ArgMatches, lang: Lang) -> Outcome {
    let Some(path) = matches.get_one::<PathBuf>("bundle") else { return Ok(2) };
    let shown = path.display().to_string();
    let file = File::open(path).map_err(|error| {
        Failure::usage(say!(lang, "读不到审计包 {shown}：{error}", "the bundle {shown} cannot be read: {error}"))
    })?;
    let wanted = Wanted {
        head: matches.get_one::<String>("head").cloned(),
        signer: matches.get_one::<String>("signer").cloned(),
        without_pictures: matches.get_flag("no-pictures"),
    };
    let mut input = BufReader::with_capacity(BUFFER, file);
    let verified = verify(&mut input, &wanted).map_err(|refused| {
        let why = refused.told(lang);
        Failure { code: if refused.is_change() { 1 } else { 2 }, lines: vec![format!("{shown}：{why}")] }
    })?;
    // What stands in somebody's bundle is not to repaint the screen.
    render(&verified, &shown, &wanted, lang).lines().for_each(|line| terminal::line(&visible(line)));
    Ok(verified.exit_code())
}

fn render(verified: &Verified, shown: &str, wanted: &Wanted, lang: Lang) -> String {
    let mut out = String::new();
    let mut add = |line: String| {
        let _ = writeln!(out, "{line}");
    };
    let (size, members) = (bytes(verified.octets), verified.members);
    add(say!(lang, "审计包    {shown}（{size}，{members} 项）", "bundle    {shown} ({size}, {members} members)"));
    if let Some(about) = &verified.about {
        let (version, own) = (&about.version, env!("CARGO_PKG_VERSION"));
        add(say!(
            lang,
            "生成      gbaudit {version}；校验 gbaudit {own}",
            "made by   gbaudit {version}; verified by gbaudit {own}"
        ));
        if about.key_frames_left_out > 0 {
            let n = grouped(about.key_frames_left_out);
            add(say!(lang, "          另有 {n} 个关键帧因大小上限未放入", "          {n} key frames had no room in it"));
        }
    }
    let Hashes { sm3, sha256 } = &verified.head;
    add(say!(lang, "证据摘要  SM3 {sm3}", "digest    SM3 {sm3}"));
    add(format!("          SHA-256 {sha256}"));
    let Hashes { sm3, sha256 } = &verified.seal;
    add(say!(lang, "封条      SM3 {sm3}", "seal      SM3 {sm3}"));
    add(format!("          SHA-256 {sha256}"));
    if let Some(key) = &verified.signer {
        add(say!(
            lang,
            "签名      SM2，与公钥 {key} 相符；公钥是谁的，请另行核对",
            "signed    with SM2, by the key to {key}; whose key that is has to be known otherwise"
        ));
    }
    for wrong in &verified.wrong {
        let what = wrong.told(lang);
        add(say!(lang, "不一致    {what}", "differs   {what}"));
    }
    if verified.more > 0 {
        let n = verified.more;
        add(say!(lang, "          另有 {n} 处", "          {n} more"));
    }
    if let Some(report) = &verified.report {
        add(say!(lang, "由证据重算的结果：", "counted again from the evidence:"));
        add(summary::render(report).trim_end().to_owned());
        let frames = verified.frames;
        let (shown, logged) = (grouped(frames.shown), grouped(frames.logged));
        if frames.shown + frames.logged > 0 {
            add(say!(
                lang,
                "画面判定  {shown} 路由关键帧重新解码核对，{logged} 路只凭点播记录",
                "pictures  {shown} cameras by their key frames, decoded again; {logged} by the log of the calls alone"
            ));
        }
    } else {
        add(say!(
            lang,
            "证据已被改动或读不懂，没有重算结果",
            "the evidence was changed or cannot be read: nothing was counted again"
        ));
    }
    add(match (verified.is_equal(), verified.is_undecided(), &wanted.head) {
        (true, _, Some(_)) => say!(
            lang,
            "校验通过：每个字节、每个数字都一致，证据摘要与给定的相同",
            "verified: every octet and every number is the same, and the digest is the one given"
        ),
        (true, _, None) => say!(
            lang,
            "校验通过：每个字节、每个数字都一致。请再把上面的证据摘要与当场打印、签字的报告核对（--head）",
            "verified: every octet and every number is the same. Now hold the digest above against the report that was printed and signed then (--head)"
        ),
        (false, true, _) => say!(
            lang,
            "未判定：没有一个字节被改动，但审计包由其他版本生成，本版本读出或算出的不同；请用该版本校验",
            "undecided: no octet was changed, but another version made the bundle, and this one reads or counts it otherwise: verify it with that version"
        ),
        (false, false, _) => say!(lang, "校验不通过：见上面各行", "not verified: see the lines above"),
    });
    add(say!(
        lang,
        "说明      链没有密钥：能发现交出证据摘要之后的任何改动，不能证明之前由谁、在何处生成；见 docs/EVIDENCE.md",
        "note      the chain has no key: it shows any change after the digest was handed over, not who made it before that, nor where; see docs/EVIDENCE.md"
    ));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_read_as_it_is_printed() {
        let whole = "0123456789abcdef".repeat(4);
        assert_eq!(digest(&whole.to_ascii_uppercase()), Ok(whole.clone()));
        assert_eq!(digest(&format!("{} \n{}", &whole[..32], &whole[32..])), Ok(whole.clone()));
        for text in ["", "12", &format!("{whole}0"), &"g".repeat(64)] {
            assert!(digest(text).is_err(), "{text}");
        }
    }
}
