//! `N02`, fingerprint V25.

use std::sync::LazyLock;

use encoding_rs::{EncoderResult, GB18030};
use memchr::memmem::Finder;

use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Finding, Step, Verdict, declare_rule};
use crate::say;

declare_rule! {
    /// # 名称乱码
    /// ## 查什么
    /// 名称没有无法解码的字符，也不是字符集弄错后形成的乱码（如“鎴愭濮”“³ÉÎä”“锟斤拷”）。
    /// ## 为什么
    /// 设备、下级平台或网关的字符集设置不一致，名称经过一次错误转换就不可读。
    /// ## 依据
    /// 通行做法：大量出现。2022 版要求 GB 18030，此前版本宜用 GB 2312。
    /// ## 示例
    /// 错：`³ÉÎäÏØ¶«ÃÅ`。对：`成武县东门`。
    /// ## 怎么改
    /// 统一设备与平台的字符集（推荐 GB 18030 / GB2312），重新同步。能还原时给出建议值，请核对。
    ///
    /// # The name is garbled
    /// ## What it checks
    /// The name has no character that could not be decoded and is not text read in the wrong charset (such as
    /// 鎴愭濮, ³ÉÎä or 锟斤拷).
    /// ## Why it matters
    /// Device, subordinate platform or gateway disagree on the charset; after one wrong conversion a name cannot
    /// be read.
    /// ## Source
    /// Common practice: seen often. 2022 asks for GB 18030, earlier editions recommend GB 2312.
    /// ## Examples
    /// Wrong: `³ÉÎäÏØ¶«ÃÅ`. Right: `成武县东门`.
    /// ## How to put it right
    /// Set device and platform to one charset (GB 18030 or GB2312) and fetch again. Where the text can be
    /// restored it is proposed; check it.
    N02 {
        field: Name, elements: [Name], severity: Error, core: Yes, editions: All,
        step: Step::Chain(2), basis: Practice, autofix: Suggest,
    }
}

fn check(case: &Case<'_>, context: &Context<'_>) -> Verdict {
    let sent = case.sent(Element::Name).unwrap_or_default();
    let repaired = super::repaired(case);
    if repaired.is_none() && !sent.contains('\u{FFFD}') {
        return Verdict::Pass;
    }
    let message = say!(context.lang, "名称是乱码", "the name is garbled");
    Verdict::Fail(Finding::new(sent, message).propose(Element::Name, repaired.filter(|r| !r.is_empty()).map(ToOwned::to_owned)))
}

/// U+FFFD and unset memory, read as GBK.
static GONE: LazyLock<[Finder<'static>; 3]> = LazyLock::new(|| ["锟斤拷", "烫烫烫", "屯屯屯"].map(Finder::new));

/// What a garbled name was before it was read in the wrong charset; empty where that is lost; `None` for
/// names that are not garbled.
pub(in crate::rules) fn repaired(name: &str) -> Option<String> {
    // U+FFFD in UTF-8, read as GBK: what was there is gone.
    if GONE.iter().any(|signs| signs.find(name.as_bytes()).is_some()) {
        return Some(String::new());
    }
    gb_read_as_latin1(name).or_else(|| utf8_read_as_gb(name))
}

/// Chinese in GB 18030, read as Latin-1: nearly all characters lie between U+00A0 and U+00FF.
fn gb_read_as_latin1(name: &str) -> Option<String> {
    // U+0080 to U+00FF begin with one of two octets.
    let latin = name.bytes().filter(|octet| matches!(octet, 0xC2 | 0xC3)).count();
    if latin < 4 {
        return None;
    }
    let octets: Option<Vec<u8>> = name.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    let text = GB18030.decode_without_bom_handling_and_without_replacement(&octets?)?.into_owned();
    mostly_chinese(&text).then_some(text)
}

/// Chinese in UTF-8, read as GBK. Ordinary names do not have this property: it takes characters outside
/// GB 2312 whose octets happen to be well-formed UTF-8.
fn utf8_read_as_gb(name: &str) -> Option<String> {
    // Its first three Chinese characters tell most names apart: their octets are no UTF-8.
    let start = name.char_indices().filter(|(_, c)| !c.is_ascii()).nth(2).map_or(name.len(), |(at, c)| at + c.len_utf8());
    if name.get(..start).is_some_and(|head| start < name.len() && is_surely_no_utf8(head)) {
        return None;
    }
    let (octets, _, lossy) = GB18030.encode(name);
    if lossy {
        return None;
    }
    let outside_gb2312 =
        octets.chunks(2).any(|pair| matches!(pair, [lead, trail] if *lead >= 0x81 && (*lead < 0xA1 || *trail < 0xA1)));
    // An odd number of octets loses its last half character; what remains is still telling.
    let valid = match std::str::from_utf8(&octets) {
        Ok(text) => text,
        Err(error) if error.valid_up_to() >= 6 && octets.len() - error.valid_up_to() <= 2 => {
            std::str::from_utf8(octets.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    let chinese = valid.chars().filter(|c| is_chinese(*c)).count();
    (outside_gb2312 && chinese >= 2 && mostly_chinese(valid)).then(|| valid.to_owned())
}

/// Whether the octets that GB 18030 has for a text cannot begin one in UTF-8.
fn is_surely_no_utf8(head: &str) -> bool {
    // Three Chinese characters with little before them; what is longer is looked at as a whole.
    let mut octets = [0; 32];
    let (result, _, written) = GB18030.new_encoder().encode_from_utf8_without_replacement(head, &mut octets, true);
    let octets = octets.get(..written).unwrap_or_default();
    result == EncoderResult::InputEmpty && std::str::from_utf8(octets).is_err_and(|error| error.error_len().is_some())
}

fn is_chinese(c: char) -> bool {
    ('\u{3400}'..='\u{9FFF}').contains(&c)
}

fn mostly_chinese(text: &str) -> bool {
    let other = text.chars().filter(|c| !c.is_ascii() && !is_chinese(*c)).count();
    let chinese = text.chars().filter(|c| is_chinese(*c)).count();
    chinese >= 2 && other * 4 <= chinese
}

#[cfg(test)]
mod tests {
    use super::*;

    fn as_latin1(text: &str) -> String {
        GB18030.encode(text).0.iter().map(|b| char::from(*b)).collect()
    }

    fn as_gb(text: &str) -> String {
        GB18030.decode(text.as_bytes()).0.into_owned()
    }

    #[test]
    fn both_ways_of_garbling_are_recognised_and_undone() {
        assert_eq!(repaired(&as_latin1("成武县东门枪机")).as_deref(), Some("成武县东门枪机"));
        for name in ["成武县伯乐大街", "幸福小区北门枪机1", "人民路"] {
            let restored = repaired(&as_gb(name)).unwrap_or_default();
            assert!(!restored.is_empty() && name.starts_with(&restored[..6]), "{name} -> {} -> {restored}", as_gb(name));
        }
        assert_eq!(repaired("锟斤拷锟斤拷"), Some(String::new()));
    }

    #[test]
    fn ordinary_names_are_not_taken_for_garbled() {
        for name in [
            "成武县伯乐大街与永昌路交叉口枪机1",
            "联通营业厅",
            "萳㛃路口",
            "喆",
            "镕基路",
            "Camera 01",
            "Café Ñandú",
            "堃",
            "郓城县",
        ] {
            assert_eq!(repaired(name), None, "{name}");
        }
    }
}
