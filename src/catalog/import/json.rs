//! JSON: one object a line, an array of objects, or either inside the envelope of a web service
//! (`{"code": 0, "data": {"list": [..]}}`). Numbers keep the digits they are written with.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use serde::de::{Deserializer as _, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::canonical::Canonical;
use super::columns::{Columns, Layout, Use, is_secret};
use super::{Intake, MAX_CELL_BYTES, cell_too_long, no_code_column};
use crate::base::charset;
use crate::base::lang::{Lang, say};
use crate::base::settings_file::Problem;
use crate::base::text::{excerpt, is_blank};
use crate::manscdp::item::Element;

/// Objects and arrays inside one another.
const MAX_DEPTH: usize = 16;
/// Objects around the list of a web service's answer.
const MAX_ENVELOPES: usize = 4;
/// Objects inside an item, such as `Info`.
const MAX_INSIDE: usize = 2;
/// Largest object of one item, octets.
const MAX_OBJECT_BYTES: usize = 1024 * 1024;
/// Most names of members in a file.
const MAX_NAMES: usize = 4096;

/// A name of a member, looked up.
#[derive(Debug, Clone, Copy)]
struct Known {
    used: Option<Use>,
    secret: bool,
    /// It stands among those nobody knows.
    noted: bool,
}

/// A file being read.
struct Objects<'c> {
    columns: &'c Columns,
    lang: Lang,
    table: Canonical,
    names: HashMap<String, Known>,
    /// Names nobody knows, in the order they came.
    unknown: Vec<String>,
    /// The object being read: by itself in the file, or counted in its array.
    number: u64,
}

/// Takes a file of objects in.
pub(super) fn take(octets: &[u8], name: &str, columns: &Columns, lang: Lang, into: &mut Intake) -> Result<(), Problem> {
    let text = charset::decode(octets, None, None).text;
    let problem = |line: usize, message: String| Problem { file: name.to_owned(), line, message };
    if let Some(line) = too_deep(&text) {
        return Err(problem(line, say!(lang, "JSON 嵌套超过 {MAX_DEPTH} 层", "JSON nested over {MAX_DEPTH} deep")));
    }
    let mut objects = Objects {
        columns,
        lang,
        table: Canonical::new(true, &Layout::default()),
        names: HashMap::new(),
        unknown: Vec::new(),
        number: 0,
    };
    let mut values = serde_json::Deserializer::from_str(&text).into_iter::<&RawValue>();
    let (mut at, mut line) = (0, 1);
    while let Some(value) = values.next() {
        let value = value.map_err(|e| problem(e.line(), not_json(&e, lang)))?;
        let end = values.byte_offset();
        let passed = text.get(at..end).unwrap_or_default();
        let breaks = |part: &str| part.bytes().filter(|b| *b == b'\n').count();
        let begins = line + breaks(passed.get(..passed.len() - passed.trim_start().len()).unwrap_or_default());
        objects.number = begins as u64;
        objects.value(value.get(), 0).map_err(|message| problem(begins, message))?;
        (at, line) = (end, line + breaks(passed));
    }
    let Objects { table, names, unknown, .. } = objects;
    let layout = layout(&names, unknown);
    if !names.values().any(|k| matches!(k.used, Some(Use::Element(Element::DeviceID, _)))) {
        return Err(problem(0, no_code_column(layout.unknown.iter().map(String::as_str), lang)));
    }
    table.finish(name.to_owned(), &layout, Vec::new(), into);
    Ok(())
}

/// What was met, for what there is to say.
fn layout(names: &HashMap<String, Known>, unknown: Vec<String>) -> Layout {
    let mut holders: BTreeMap<Element, BTreeSet<(u32, &str)>> = BTreeMap::new();
    for (name, known) in names {
        if let Some(Use::Element(element, rank)) = known.used {
            holders.entry(element).or_default().insert((rank, name));
        }
    }
    holders.retain(|_, names| names.len() > 1);
    let names = |names: BTreeSet<(u32, &str)>| names.into_iter().map(|(_, name)| name.to_owned()).collect();
    let twice = holders.into_iter().map(|(element, held)| (element, names(held))).collect();
    Layout { unknown, twice, ..Layout::default() }
}

/// The line where objects stand too deep in one another.
fn too_deep(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped, mut line) = (0_usize, false, false, 1);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            // A text cannot go over a line: what looks so is a broken one, told when it is read.
            b'\n' => (quoted, line) = (false, line + 1),
            b'{' | b'[' if !quoted => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Some(line);
                }
            }
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => (),
        }
    }
    None
}

fn not_json(error: &serde_json::Error, lang: Lang) -> String {
    let column = error.column();
    let what = if error.is_eof() {
        say!(lang, "没有写完", "it ends halfway")
    } else {
        say!(lang, "第 {column} 个字节处语法有误", "bad syntax at byte {column}")
    };
    no_objects(&what, lang)
}

fn no_objects(what: &str, lang: Lang) -> String {
    say!(
        lang,
        "不是正确的 JSON（{what}）；每行写一个对象，或写对象的数组",
        "not valid JSON ({what}); write one object a line, or an array of objects"
    )
}

impl Objects<'_> {
    /// One value of the file, `inside` so many envelopes.
    fn value(&mut self, raw: &str, inside: usize) -> Result<(), String> {
        match raw.as_bytes().first() {
            Some(b'{') => {
                let members = members(raw, self.lang)?;
                let mut is_item = false;
                for (name, _) in &members {
                    is_item |= matches!(self.known(name)?.used, Some(Use::Element(Element::DeviceID, _)));
                }
                let nested: Vec<&str> =
                    members.iter().map(|(_, value)| value.get()).filter(|v| v.starts_with(['{', '['])).collect();
                if is_item || nested.is_empty() || inside >= MAX_ENVELOPES {
                    return self.item(raw, &members);
                }
                // An envelope: the objects of the first list of objects, wherever it stands in it.
                let list = nested
                    .iter()
                    .find(|v| v.trim_start_matches(['[', ' ', '\n', '\r', '\t']).starts_with('{') && v.starts_with('['));
                match list.or_else(|| nested.iter().find(|v| v.starts_with('{'))) {
                    Some(inner) => self.value(inner, inside + 1),
                    None => self.item(raw, &members),
                }
            }
            Some(b'[') => {
                self.number = 0;
                let lang = self.lang;
                let mut refused = None;
                let each = Each(|value: &RawValue| {
                    self.number += 1;
                    let number = self.number;
                    let done = if value.get().starts_with('{') {
                        members(value.get(), lang).and_then(|members| self.item(value.get(), &members))
                    } else {
                        Err(say!(lang, "不是对象", "no object"))
                    };
                    done.map_err(|e| refused = Some(say!(lang, "第 {number} 个对象：{e}", "object {number}: {e}"))).is_ok()
                });
                match serde_json::Deserializer::from_str(raw).deserialize_seq(each) {
                    Ok(()) => Ok(()),
                    Err(error) => Err(refused.unwrap_or_else(|| not_json(&error, lang))),
                }
            }
            _ => Err(no_objects(&excerpt(raw, 40), self.lang)),
        }
    }

    fn item(&mut self, raw: &str, members: &[(String, &RawValue)]) -> Result<(), String> {
        if raw.len() > MAX_OBJECT_BYTES {
            let limit = MAX_OBJECT_BYTES / 1024;
            return Err(say!(self.lang, "一个对象超过 {limit} kB", "an object over {limit} kB"));
        }
        self.members(members, 0)?;
        self.table.end_row(self.number, self.lang)
    }

    fn members(&mut self, members: &[(String, &RawValue)], inside: usize) -> Result<(), String> {
        for (name, value) in members {
            let raw = value.get();
            let known = self.known(name)?;
            let made: String;
            let (text, numeric) = match raw.as_bytes().first() {
                Some(b'"') => {
                    made = serde_json::from_str(raw).map_err(|e| not_json(&e, self.lang))?;
                    (made.as_str(), false)
                }
                Some(b'{') if inside < MAX_INSIDE && known.used.is_none() => {
                    let inner = self::members(raw, self.lang)?;
                    self.members(&inner, inside + 1)?;
                    continue;
                }
                Some(b'{' | b'[') | None => {
                    self.note(name);
                    continue;
                }
                Some(b'n') => continue,
                Some(b't' | b'f') => (raw, false),
                // Data frames write whole numbers of columns with gaps as 371723.0.
                Some(_) => (
                    raw.split_once('.').filter(|(_, part)| part.bytes().all(|b| b == b'0')).map_or(raw, |(whole, _)| whole),
                    true,
                ),
            };
            if text.len() > MAX_CELL_BYTES {
                return Err(cell_too_long(self.lang));
            }
            if known.secret && !is_blank(text) {
                self.table.hide();
            }
            match known.used {
                Some(used) => self.table.put(used, text, numeric),
                None => self.note(name),
            }
        }
        Ok(())
    }

    fn known(&mut self, name: &str) -> Result<Known, String> {
        if let Some(known) = self.names.get(name) {
            return Ok(*known);
        }
        if self.names.len() >= MAX_NAMES {
            return Err(say!(
                self.lang,
                "对象的成员名超过 {MAX_NAMES} 种，不是目录项的列表",
                "over {MAX_NAMES} different names of members, no list of catalogue items"
            ));
        }
        let used = self.columns.of(name);
        let known = Known { used, secret: is_secret(name, used), noted: false };
        self.names.insert(name.to_owned(), known);
        Ok(known)
    }

    /// Notes a name nobody knows, or whose value is no text and no number.
    fn note(&mut self, name: &str) {
        if let Some(known) = self.names.get_mut(name).filter(|known| !known.noted) {
            known.noted = true;
            self.unknown.push(excerpt(name, 40));
        }
    }
}

/// The members of an object, in their order; a name that stands twice stands twice.
fn members(raw: &str, lang: Lang) -> Result<Vec<(String, &RawValue)>, String> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(String, &'de RawValue)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some(member) = map.next_entry()? {
                members.push(member);
                if members.len() > MAX_NAMES {
                    return Err(A::Error::custom("too many members"));
                }
            }
            Ok(members)
        }
    }
    serde_json::Deserializer::from_str(raw).deserialize_map(Members).map_err(|e| not_json(&e, lang))
}

/// Visits the values of an array one by one, until told to stop.
struct Each<F>(F);

impl<'de, F: FnMut(&'de RawValue) -> bool> Visitor<'de> for Each<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut values: A) -> Result<(), A::Error> {
        while let Some(value) = values.next_element()? {
            if !(self.0)(value) {
                return Err(A::Error::custom("refused"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::import::rows_from_csv;

    fn taken(text: &str) -> Result<Intake, String> {
        let mut into = Intake::default();
        take(text.as_bytes(), "t.json", &Columns::default(), Lang::Zh, &mut into).map_err(|p| p.render())?;
        Ok(into)
    }

    fn table(text: &str) -> String {
        String::from_utf8(taken(text).unwrap().sheets.remove(0).octets).unwrap()
    }

    #[test]
    fn one_object_a_line_an_array_and_the_envelope_of_a_service() {
        let one = r#"{"deviceId": "37172300011320000001", "name": "东门\n口", "civil_code": 371723, "Info": {"PTZType": 3}, "status": null}"#;
        let two = r#"{"deviceId": 37172300011320000002, "name": "西门", "longitude": 115.889600, "civilCode": 371723.0}"#;
        let lines = format!("{one}\n\n{two}\n");
        let expected = |first, second| {
            format!(
                "#row,DeviceID,Name,CivilCode,PTZType,Longitude\n{first},37172300011320000001,\"东门\n口\",371723,3\n{second},37172300011320000002,西门,371723,,115.889600\n"
            )
        };
        assert_eq!(table(&lines), expected(1, 3));
        assert_eq!(table(&format!("[{one},\n {two}]")), expected(1, 2));
        let answer = format!(r#"{{"code": 0, "msg": "成功", "data": {{"total": 2, "tags": ["x"], "list": [{one}, {two}]}}}}"#);
        assert_eq!(table(&answer), expected(1, 2));
        let pretty = one.replace(", ", ",\n  ");
        assert_eq!(table(&format!("{pretty}\n{two}")), expected(1, 6));
        let rows = rows_from_csv(table(&lines).as_bytes(), Lang::Zh).unwrap();
        assert_eq!((rows.items[1].get(Element::Longitude), rows.numbers), (Some("115.889600"), vec![1, 3]));
    }

    #[test]
    fn numbers_that_lost_their_digits_are_said_and_whole_ones_kept() {
        let into = taken("{\"code\":\"x\",\"gbDeviceId\":3.71723E+19}\n{\"gbDeviceId\":37172300011320000000}\n{\"gbDeviceId\":37172300011320000009}").unwrap();
        let damaged = into.notes.iter().find(|n| n.kind.id == "excel_damaged_code").unwrap();
        assert_eq!((damaged.count, damaged.detail.as_str()), (2, "3.71723E+19"));
        assert!(std::str::from_utf8(&into.sheets[0].octets).unwrap().contains("37172300011320000009"));
    }

    #[test]
    fn passwords_are_masked_and_unknown_members_named() {
        let into = taken(r#"{"deviceId":"1","password":"secret","adminPwd":"secret","x":1,"list":[1]}"#).unwrap();
        let text = std::str::from_utf8(&into.sheets[0].octets).unwrap();
        assert!(!text.contains("secret") && text.contains("1,1,*"), "{text}");
        assert_eq!(into.masked, 2);
        assert_eq!(into.notes[0].detail, "adminPwd、x、list");
    }

    #[test]
    fn marks_and_line_ends_of_windows_change_nothing() {
        let plain = "{\"deviceId\":\"37172300011320000001\",\"name\":\"东门\"}\n\n{\"deviceId\":\"2\"}\n";
        assert_eq!(table(&format!("\u{FEFF}{}", plain.replace('\n', "\r\n"))), table(plain));
        assert_eq!(table(plain).lines().count(), 3);
    }

    #[test]
    fn a_member_that_stands_twice_is_said_and_the_first_stands() {
        let into = taken("{\"deviceId\":\"1\",\"name\":\"a\",\"name\":\"b\",\"Info\":{\"PTZType\":1,\"PTZType\":1}}\n{\"deviceId\":\"2\",\"Name\":\"c\",\"name\":\"d\"}").unwrap();
        let text = std::str::from_utf8(&into.sheets[0].octets).unwrap();
        assert_eq!(text, "#row,DeviceID,Name,PTZType\n1,1,a,1\n2,2,c,\n");
        let said: Vec<_> = into.notes.iter().map(|n| (n.kind.id, n.count, n.detail.as_str())).collect();
        assert_eq!(said, [("column_twice", 2, "Name: Name > name")]);
        let into = taken("{\"deviceId\":\"1\",\"deviceId\":\"2\"}").unwrap();
        assert_eq!((into.notes[0].kind.id, into.notes[0].detail.as_str()), ("column_twice", "DeviceID"));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, place, word) in [
            ("{\"deviceId\":\"1\"}\n{\"deviceId\":\"2\"\n", "t.json:3:", "没有写完"),
            ("{\"deviceId\":\"1\"}\n{\"deviceId\":\"2", "t.json:2:", "没有写完"),
            ("{\"deviceId\":\"1\"}\n{\"deviceId\";\"2\"}", "t.json:2:", "第 12 个字节处语法有误"),
            ("{\"deviceId\":\"1\",\"name\":\"\\ud800\"}", "t.json:1:", "不是正确的 JSON"),
            ("{\"deviceId\":\"1\"}\n7\n", "t.json:2:", "每行写一个对象"),
            ("[{\"deviceId\":\"1\"}, 7]", "t.json:1:", "第 2 个对象"),
            ("{\"a\":\"1\"}", "t.json: ", "设备编码"),
            ("[]", "t.json: ", "设备编码"),
        ] {
            let said = taken(text).unwrap_err();
            assert!(said.starts_with(place) && said.contains(word), "{said}");
        }
        let deep = format!("{{\"deviceId\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(taken(&deep).unwrap_err().contains("16"));
        let names: Vec<String> = (0..=MAX_NAMES).map(|n| format!("\"k{n}\":{{\"deviceId\":\"1\"}}")).collect();
        assert!(taken(&format!("{{{}}}", names.join(","))).is_err());
        let long = format!("{{\"deviceId\":\"1\",\"name\":\"{}\"}}", "x".repeat(MAX_CELL_BYTES + 1));
        assert!(taken(&long).unwrap_err().contains("kB"));
        let large = format!("{{\"deviceId\":\"1\",\"x\":[{}1]}}", "1,".repeat(MAX_OBJECT_BYTES / 2));
        assert!(taken(&large).unwrap_err().contains("1024"));
    }
}
