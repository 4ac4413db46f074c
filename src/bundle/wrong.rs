//! What verifying finds, each with the place and the words for people; and why a file is not looked at any further.

use std::io;

use crate::base::lang::{Lang, say};
use crate::base::text::{bytes, excerpt};

/// Characters of a foreign text in a message.
const MAX_SHOWN: usize = 80;

/// Why a file is refused: it is no bundle of this layout, or one that cannot be walked from end to end.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It does not begin as one.
    #[error("no bundle")]
    NoBundle,
    /// It cannot be read.
    #[error("the file cannot be read")]
    Io(#[from] io::Error),
    /// It is larger than any bundle.
    #[error("{0} octets are too many")]
    TooLarge(u64),
    /// It has more members than any bundle.
    #[error("too many members")]
    TooMany,
    /// It is compressed.
    #[error("compressed")]
    Packed,
    /// A member has a name that leads out of a folder, or is none.
    #[error("the name of item {item}")]
    Name {
        /// Its number.
        item: usize,
    },
    /// Two members have one name.
    #[error("item {item}, {name}, stands there twice")]
    Twice {
        /// The number of the second.
        item: usize,
        /// The name.
        name: String,
    },
    /// After a member nothing follows that could: its header or its length was changed, or the file was cut off.
    #[error("after item {item}, {name}, the file goes on with something else")]
    Derailed {
        /// The last member that could be read.
        item: usize,
        /// Its name.
        name: String,
    },
    /// It is of another layout.
    #[error("layout {0}")]
    Version(String),
    /// A member takes more memory than is given to one.
    #[error("item {item}, {name}, has {octets} octets")]
    Member {
        /// Its number.
        item: usize,
        /// Its name.
        name: String,
        /// Its size.
        octets: u64,
    },
}

impl Refused {
    /// It is a bundle, and something was done to it: that is a result, not a wrong argument.
    #[must_use]
    pub const fn is_change(&self) -> bool {
        matches!(self, Self::Derailed { .. } | Self::Name { .. } | Self::Twice { .. })
    }

    /// For people.
    #[must_use]
    pub fn told(&self, lang: Lang) -> String {
        match self {
            Self::NoBundle => {
                say!(lang, "不是审计包：应为 --bundle 写出的文件", "this is no bundle: it must be a file written by --bundle")
            }
            Self::Io(error) => say!(lang, "文件读不了：{error}", "the file cannot be read: {error}"),
            Self::TooLarge(octets) => {
                let (has, most) = (bytes(*octets), bytes(super::archive::MAX_BYTES));
                say!(lang, "文件 {has}，审计包最大 {most}", "the file has {has}, a bundle {most} at most")
            }
            Self::TooMany => {
                let most = super::archive::MAX_MEMBERS;
                say!(lang, "成员超过 {most} 项，不是审计包", "there are over {most} members, this is no bundle")
            }
            Self::Packed => say!(
                lang,
                "成员是压缩的：审计包一律不压缩。可能被解开后重新打包过，请取原始文件",
                "its members are compressed, those of a bundle never are: it may have been unpacked and packed again, ask for the original"
            ),
            Self::Name { item } => say!(
                lang,
                "第 {item} 项的名称不是审计包的成员名称（含有路径或别的符号）：文件被改动，请不要用它解压",
                "the name of item {item} is none of a bundle's (a path, or strange signs): the file was changed, do not unpack it"
            ),
            Self::Twice { item, name } => {
                say!(lang, "第 {item} 项 {name} 与前面的一项重名", "item {item}, {name}, has the name of an earlier one")
            }
            Self::Derailed { item, name } => say!(
                lang,
                "第 {item} 项 {name} 或紧随其后的文件结构被改动，或文件不完整：其后读不下去",
                "item {item}, {name}, or what follows it directly was changed, or the file was cut off: it cannot be read any further"
            ),
            Self::Version(found) => {
                let (found, known) = (excerpt(found, MAX_SHOWN), crate::evidence::members::FORMAT);
                say!(
                    lang,
                    "审计包的格式是 {found}，本版本只认识 {known}；请用生成它的版本校验",
                    "the layout of the bundle is {found}, this version knows {known}: verify it with the version that made it"
                )
            }
            Self::Member { item, name, octets } => {
                let (has, most) = (bytes(*octets), bytes(super::verify::MAX_EVIDENCE));
                say!(
                    lang,
                    "第 {item} 项 {name} 使证据达到 {has}，校验最多读入 {most}",
                    "with item {item}, {name}, the evidence comes to {has}, and {most} are read at most"
                )
            }
        }
    }
}

/// One thing that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// A member's octets are not those the list speaks of.
    Changed {
        /// Its number.
        item: usize,
        /// Its name.
        name: String,
        /// In a file of many pieces: which of them.
        piece: Option<usize>,
    },
    /// The zip header of a member.
    Header {
        /// Its number.
        item: usize,
        /// Its name.
        name: String,
    },
    /// The directory at the end of the zip, or its end.
    Directory {
        /// The member its entry is of; nothing where it is the very end.
        item: Option<usize>,
        /// Its name.
        name: Option<String>,
    },
    /// Octets after the end.
    Trailing {
        /// How many.
        octets: u64,
    },
    /// The list of members itself.
    List {
        /// Its line.
        line: usize,
    },
    /// A member that is due is not there, or not at its place.
    Missing {
        /// The place it would have.
        item: usize,
        /// Its name.
        name: String,
    },
    /// A member that is not due.
    Extra {
        /// Its number.
        item: usize,
        /// Its name.
        name: String,
    },
    /// A member of the evidence that cannot be read.
    Unreadable {
        /// Its number.
        item: usize,
        /// Its name.
        name: String,
        /// Why.
        why: String,
    },
    /// A member of the evidence that says the same in another spelling, or says more than this version reads.
    Spelling {
        /// Its number.
        item: usize,
        /// Its name.
        name: String,
    },
    /// A result is not what the evidence gives.
    Recomputed {
        /// Its number.
        item: usize,
        /// Its name.
        name: String,
        /// The first line that differs.
        line: usize,
    },
    /// The evidence gives no report.
    NoReport {
        /// Why.
        why: String,
    },
    /// A kept picture is not the one its name says.
    Picture {
        /// Its number among the members.
        item: usize,
        /// Its name, or its place in the file of key frames.
        name: String,
    },
    /// A key frame shows something else than the log of the call says.
    Frame {
        /// The camera.
        device_id: String,
        /// The attempt.
        attempt: u32,
        /// What differs.
        what: &'static str,
    },
    /// The signature is not one of this list.
    Signature {
        /// Its number among the members.
        item: usize,
    },
    /// It is not signed by whom it should be.
    Signer {
        /// The public key it is signed by; nothing where it is not signed.
        found: Option<String>,
    },
    /// 证据摘要 is not the one that was given.
    Head {
        /// As it is.
        sm3: String,
    },
}

impl Wrong {
    /// Every octet is as it was made, and this version reads or counts it otherwise: another one may have made it so.
    #[must_use]
    pub const fn may_be_of_a_version(&self) -> bool {
        matches!(
            self,
            Self::Recomputed { .. }
                | Self::NoReport { .. }
                | Self::Missing { .. }
                | Self::Extra { .. }
                | Self::Spelling { .. }
                | Self::Unreadable { .. }
        )
    }

    /// For people.
    #[must_use]
    pub fn told(&self, lang: Lang) -> String {
        match self {
            Self::Changed { item, name, piece: None } => {
                say!(lang, "第 {item} 项 {name} 被改动", "item {item}, {name}, was changed")
            }
            Self::Changed { item, name, piece: Some(piece) } => say!(
                lang,
                "第 {item} 项 {name} 被改动：其中第 {piece} 段",
                "item {item}, {name}, was changed: piece {piece} of it"
            ),
            Self::Header { item, name } => say!(
                lang,
                "第 {item} 项 {name} 的文件头被改动（内容未变）",
                "the zip header of item {item}, {name}, was changed (its content was not)"
            ),
            Self::Directory { item: Some(item), name: Some(name) } => say!(
                lang,
                "文件末尾的目录被改动：第 {item} 项 {name} 的条目",
                "the directory at the end was changed: the entry of item {item}, {name}"
            ),
            Self::Directory { .. } => say!(lang, "文件末尾的目录被改动", "the end of the directory was changed"),
            Self::Trailing { octets } => {
                say!(lang, "文件末尾多出 {octets} 个字节", "there are {octets} octets after the end")
            }
            Self::List { line } => {
                let list = super::archive::LIST;
                say!(lang, "成员清单 {list} 被改动：第 {line} 行", "the list of members, {list}, was changed: line {line}")
            }
            Self::Missing { item, name } => {
                say!(lang, "第 {item} 项应为 {name}，包中没有", "item {item} should be {name}, which is not there")
            }
            Self::Extra { item, name } => {
                say!(lang, "第 {item} 项 {name} 不应在包中", "item {item}, {name}, should not be there")
            }
            Self::Unreadable { item, name, why } => {
                let why = excerpt(why, MAX_SHOWN);
                say!(lang, "第 {item} 项 {name} 读不懂：{why}", "item {item}, {name}, cannot be read: {why}")
            }
            Self::Spelling { item, name } => say!(
                lang,
                "第 {item} 项 {name} 的写法不是规定的写法，或含有本版本不认识的内容",
                "item {item}, {name}, is not spelt as it must be, or says more than this version knows"
            ),
            Self::Recomputed { item, name, line } => say!(
                lang,
                "第 {item} 项 {name} 与由证据重算的不同：第 {line} 行起",
                "item {item}, {name}, is not what the evidence gives: from line {line}"
            ),
            Self::NoReport { why } => {
                let why = excerpt(why, MAX_SHOWN);
                say!(lang, "由证据算不出报告：{why}", "the evidence gives no report: {why}")
            }
            Self::Picture { item, name } => say!(
                lang,
                "第 {item} 项中的画面 {name} 被改动：内容与名称不符",
                "the picture {name} in item {item} was changed: it is not the one its name says"
            ),
            Self::Frame { device_id, attempt, what } => {
                let code = excerpt(device_id, MAX_SHOWN);
                say!(
                    lang,
                    "{code} 第 {attempt} 次点播：由关键帧重新解码，{what} 与点播记录不同",
                    "{code}, call {attempt}: decoded again, {what} of the key frame is not what the log says"
                )
            }
            Self::Signature { item } => {
                let name = super::signature::NAME;
                say!(
                    lang,
                    "第 {item} 项 {name} 被改动，或不是对这个包的签名",
                    "item {item}, {name}, was changed, or is no signature of this bundle"
                )
            }
            Self::Signer { found: Some(key) } => {
                say!(lang, "签名的公钥与给定的不同：包中的是 {key}", "it is signed by another key than the one given: {key}")
            }
            Self::Signer { found: None } => {
                say!(lang, "没有签名，不能与给定的公钥核对", "it is not signed, and a public key was given")
            }
            Self::Head { sm3 } => say!(
                lang,
                "证据摘要与给定的不同：包中的是 SM3 {sm3}",
                "the evidence digest is not the one given: SM3 of this one is {sm3}"
            ),
        }
    }
}
