//! Our own code and password: the county by name or number, a serial that clashes with nobody's, and a secret made of characters
//! that cannot be taken for each other.

use crate::division::codes::{CodeStatus, Divisions, parse_six, six};
use crate::division::names::short_form;

/// Behind the county: the county's own centre, a platform (类型 200) of no industry, network 0, a high serial. Those of existing platforms
/// begin at 000001.
const TAIL: &str = "00002000";
/// The first serial proposed.
const FIRST_SERIAL: u32 = 990_001;
/// Characters of a password.
pub const PASSWORD_LENGTH: usize = 16;
/// What it is made of: no 0 and O and o, no 1 and l and I.
const CHARACTERS: &[u8; 56] = b"23456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ";
/// Octets below it fall on every character as often.
const FAIR: u8 = 224;

/// A region whose platform we stand above.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct County {
    /// Six digits.
    pub code: String,
    /// 成武县
    pub name: String,
    /// 山东省菏泽市成武县
    pub title: String,
}

/// What a name or code stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// One region.
    One(County),
    /// Several of this name.
    Several(Vec<County>),
    /// A code that is no longer in force, and the ones that are.
    Retired(Vec<County>),
    /// Nothing.
    Nothing,
}

fn region(code: u32, name: &str, divisions: &Divisions) -> County {
    let above = |code: u32| match divisions.status(code) {
        CodeStatus::Current { name, .. } => name,
        _ => "",
    };
    let (province, prefecture) = (code / 10_000 * 10_000, code / 100 * 100);
    let mut title = String::new();
    for one in [province, prefecture].into_iter().filter(|one| *one != code) {
        if !title.ends_with(above(one)) || title.is_empty() {
            title.push_str(above(one));
        }
    }
    County { code: six(code), name: name.to_owned(), title: format!("{title}{name}") }
}

/// Finds a region by its code or its name, with or without those above it: `371723`, `成武县`, `成武`, `菏泽市成武县`.
#[must_use]
pub fn county(text: &str, divisions: &Divisions) -> Found {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let named = |codes: &[u32]| codes.iter().filter_map(|code| Some(region(*code, divisions.name(*code)?, divisions))).collect();
    if let Some(code) = parse_six(&text) {
        return match divisions.status(code) {
            CodeStatus::Current { name, .. } | CodeStatus::Zone { name, .. } => Found::One(region(code, name, divisions)),
            CodeStatus::Retired { successors: heirs, .. } | CodeStatus::Unofficial { hosts: heirs, .. } => {
                Found::Retired(named(heirs))
            }
            CodeStatus::Future { .. } | CodeStatus::Unknown => Found::Nothing,
        };
    }
    let mut found: Vec<County> = divisions
        .in_force()
        .filter(|(_, name, _)| ends_in(&text, name).is_some())
        .filter(|(code, name, _)| ends_in(&text, name).is_some_and(|before| is_above(before, *code, divisions)))
        .map(|(code, name, _)| region(code, name, divisions))
        .collect();
    found.sort_by(|a, b| a.code.cmp(&b.code));
    match found.len() {
        0 => Found::Nothing,
        1 => found.pop().map_or(Found::Nothing, Found::One),
        _ => Found::Several(found),
    }
}

/// What stands before a name or its short form at the end of a text.
fn ends_in<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.strip_suffix(name).or_else(|| text.strip_suffix(short_form(name)?))
}

/// Whether a text is nothing but the regions above a code, each in full or short, or missing.
fn is_above(text: &str, code: u32, divisions: &Divisions) -> bool {
    let mut rest = text;
    for above in [code / 10_000 * 10_000, code / 100 * 100] {
        let CodeStatus::Current { name, .. } = divisions.status(above) else { continue };
        let after = rest.strip_prefix(name).or_else(|| rest.strip_prefix(short_form(name)?));
        rest = after.unwrap_or(rest);
    }
    rest.is_empty()
}

/// The code we propose for ourselves. `taken`: the platform's own.
#[must_use]
pub fn code(county: &County, taken: Option<&str>) -> String {
    let of = |serial: u32| format!("{}{TAIL}{serial:06}", county.code);
    let first = of(FIRST_SERIAL);
    if taken == Some(first.as_str()) { of(FIRST_SERIAL + 1) } else { first }
}

/// A password out of random octets: with a digit, a small and a capital letter, as some forms demand. `None` when the octets run
/// out.
#[must_use]
pub fn password(random: impl IntoIterator<Item = u8>) -> Option<String> {
    let mut octets = random.into_iter().filter(|octet| *octet < FAIR);
    loop {
        let mut text = String::with_capacity(PASSWORD_LENGTH);
        while text.len() < PASSWORD_LENGTH {
            let place = usize::from(octets.next()?) % CHARACTERS.len();
            text.push(char::from(*CHARACTERS.get(place)?));
        }
        let has = |kind: fn(&u8) -> bool| text.as_bytes().iter().any(kind);
        if has(u8::is_ascii_digit) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) {
            return Some(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> County {
        match county(text, Divisions::embedded()) {
            Found::One(county) => county,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_county_is_found_by_code_and_by_name_in_every_form() {
        for text in ["371723", " 371723 ", "成武县", "成武", "菏泽市成武县", "菏泽成武", "山东省菏泽市成武县", "山东成武县"]
        {
            assert_eq!((one(text).code.as_str(), one(text).title.as_str()), ("371723", "山东省菏泽市成武县"), "{text}");
        }
        assert_eq!(one("菏泽").code, "371700");
        assert_eq!(one("上海市黄浦区").title, "上海市黄浦区");
    }

    #[test]
    fn a_name_of_several_regions_and_one_of_none() {
        let Found::Several(all) = county("鼓楼区", Divisions::embedded()) else { panic!("several") };
        assert!(all.len() > 2 && all.iter().all(|one| one.title.ends_with("鼓楼区")), "{all:?}");
        assert_eq!(one("南京鼓楼区").code, "320106");
        for text in ["", "成武东县", "某某省成武县", "999999", "37172"] {
            assert_eq!(county(text, Divisions::embedded()), Found::Nothing, "{text}");
        }
    }

    #[test]
    fn a_retired_code_names_its_heirs() {
        let Found::Retired(heirs) = county("370181", Divisions::embedded()) else { panic!("retired") };
        assert_eq!(heirs.iter().map(|heir| heir.name.as_str()).collect::<Vec<_>>(), ["章丘区"]);
    }

    #[test]
    fn the_code_has_a_high_serial_and_is_not_the_platforms_own() {
        let county = one("成武县");
        assert_eq!(code(&county, None), "37172300002000990001");
        assert_eq!(code(&county, Some("37172300002000000002")), "37172300002000990001");
        assert_eq!(code(&county, Some("37172300002000990001")), "37172300002000990002");
    }

    #[test]
    fn a_password_has_no_look_alikes_and_every_kind_of_character() {
        let one = password((0..=255).cycle().skip(3)).unwrap();
        assert_eq!(one.len(), PASSWORD_LENGTH);
        assert!(!one.contains(['0', 'O', 'o', '1', 'l', 'I']), "{one}");
        // Octets that give letters alone are gone on from.
        let small = std::iter::repeat_n(20, PASSWORD_LENGTH).chain((0..=223).step_by(7).cycle());
        let one = password(small).unwrap();
        assert!(one.bytes().any(|b| b.is_ascii_digit()) && one.bytes().any(|b| b.is_ascii_uppercase()), "{one}");
        assert_eq!(password([255; 400]), None);
        let all: std::collections::HashSet<u8> = CHARACTERS.iter().copied().collect();
        assert_eq!(all.len(), CHARACTERS.len());
    }
}
