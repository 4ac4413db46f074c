//! Values an element may have, as data: `data/attribute_enums.csv`. One helper for all rules about a range.

use crate::base::device_id::is_digits;
use crate::base::lang::{Lang, Text, say};
use crate::base::text::{excerpt, trim};
use crate::edition::Edition;
use crate::manscdp::item::Element;
use crate::rules::{Case, Context, Finding, Severity, Verdict};

/// Longest value quoted in a message, in characters.
pub(super) const QUOTED: usize = 40;

/// What may stand in an element.
#[derive(Debug)]
pub(super) struct Enumeration {
    element: Element,
    title: Text,
    until_2016: Vec<Value>,
    from_2022: Vec<Value>,
    /// The police camera archive's list under the same name; many platforms pass its values on.
    police: Vec<Value>,
    several: bool,
    fixed_width: bool,
    police_too: bool,
    ambiguous: Option<&'static str>,
    form: Option<Form>,
}

/// What may stand there beside the list, and how it is told.
type Form = (fn(&str) -> bool, Text);

#[derive(Debug)]
struct Value {
    code: String,
    zh: String,
    en: String,
}

impl Value {
    fn meaning(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

fn list(source: &str, attribute: &str) -> Vec<Value> {
    let table = include_str!("../data/attribute_enums.csv");
    let rows = csv::Reader::from_reader(table.as_bytes()).into_records().filter_map(Result::ok);
    let rows = rows.filter(|row| row.get(0) == Some(source) && row.get(1) == Some(attribute));
    let cell = |row: &csv::StringRecord, i: usize| row.get(i).unwrap_or_default().to_owned();
    rows.map(|row| Value { code: cell(&row, 2), zh: cell(&row, 3), en: cell(&row, 4) }).collect()
}

impl Enumeration {
    /// The standard's lists of an element, and the list of the police archive with this name.
    pub(super) fn new(element: Element, title: Text, police: &str) -> Self {
        Self {
            element,
            title,
            until_2016: list("2016", element.name()),
            from_2022: list("2022", element.name()),
            police: list("police", police),
            several: false,
            fixed_width: false,
            police_too: false,
            ambiguous: None,
            form: None,
        }
    }

    /// Several values may stand there, apart by `/`.
    pub(super) const fn several(mut self) -> Self {
        self.several = true;
        self
    }

    /// `1` and `01` are different values.
    pub(super) const fn fixed_width(mut self) -> Self {
        self.fixed_width = true;
        self
    }

    /// Values of the police archive are in order too.
    pub(super) const fn police_too(mut self) -> Self {
        self.police_too = true;
        self
    }

    /// A value that is in order and means another thing in the police archive.
    pub(super) const fn ambiguous(mut self, value: &'static str) -> Self {
        self.ambiguous = Some(value);
        self
    }

    /// What may stand there beside the list, and how it is written.
    pub(super) const fn or(mut self, form: fn(&str) -> bool, told: Text) -> Self {
        self.form = Some((form, told));
        self
    }

    /// The list an edition has, and whose it is; where an edition's own is not known, the other one's.
    fn of(&self, edition: Edition) -> (&[Value], &'static str) {
        let newest = edition == Edition::Gb2022 || self.until_2016.is_empty();
        if newest { (&self.from_2022, "2022") } else { (&self.until_2016, "2016") }
    }

    fn find<'a>(&self, list: &'a [Value], text: &str) -> Option<&'a Value> {
        // Integers may bear zeros in front.
        let plain = if self.fixed_width || !is_digits(text) { text } else { text.trim_start_matches('0') };
        list.iter().find(|value| value.code == plain || value.code == text)
    }

    /// What a value is in the police archive.
    pub(super) fn police_meaning(&self, text: &str, lang: Lang) -> Option<&str> {
        self.find(&self.police, text).map(|value| value.meaning(lang))
    }

    /// Judges the element: an absent one does not matter.
    pub(super) fn check(&self, case: &Case<'_>, context: &Context<'_>) -> Verdict {
        let Some(sent) = case.text(self.element) else { return Verdict::Exempt };
        let (list, edition) = self.of(context.edition);
        let mut verdict = Verdict::Pass;
        for part in sent.split(|c| self.several && c == '/').map(trim) {
            match self.find(list, part) {
                Some(value) if self.ambiguous == Some(value.code.as_str()) => {
                    verdict = Verdict::Advice(Severity::Info, Finding::new(sent, self.two_meanings(value, context.lang)));
                }
                Some(_) => (),
                None if self.form.is_some_and(|(form, _)| form(part)) => (),
                None if self.police_too && self.find(&self.police, part).is_some() => (),
                None => return Verdict::Fail(Finding::new(sent, self.outside(part, list, edition, context.lang))),
            }
        }
        verdict
    }

    fn two_meanings(&self, value: &Value, lang: Lang) -> String {
        let (code, title, own) = (&value.code, self.title.get(lang), value.meaning(lang));
        let police = self.police_meaning(code, lang).unwrap_or_default();
        say!(
            lang,
            "{title} {code} 按国标是“{own}”，按公安档案表是“{police}”，请核对填的是哪一种",
            "{title} {code} is \"{own}\" in the standard and \"{police}\" in the police archive: see which is meant"
        )
    }

    fn outside(&self, part: &str, list: &[Value], edition: &str, lang: Lang) -> String {
        let (part, title) = (excerpt(part, QUOTED), self.title.get(lang));
        let mut allowed = list.iter().map(|v| v.code.as_str()).collect::<Vec<_>>().join("/");
        if let Some((_, form)) = self.form {
            allowed += say!(lang, " 或 ", " or ").as_str();
            allowed += form.get(lang);
        }
        let mut message = say!(
            lang,
            "{title}“{part}”不在 {edition} 版取值 {allowed} 内",
            "{title} \"{part}\" is not among {allowed} of {edition}"
        );
        if let Some(police) = self.police_meaning(&part, lang) {
            message += say!(lang, "；公安档案表中是“{police}”", "; \"{police}\" in the police archive").as_str();
        } else if let Some(newer) = self.find(&self.from_2022, &part) {
            let newer = newer.meaning(lang);
            message += say!(lang, "；2022 版中是“{newer}”", "; \"{newer}\" in 2022").as_str();
        }
        message
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_read_from_the_table() {
        for (element, police, sizes) in [
            (Element::PTZType, "camera_type", [4, 7, 6]),
            (Element::PositionType, "position_type", [10, 0, 19]),
            (Element::RoomType, "", [2, 2, 0]),
            (Element::SupplyLightType, "supply_light", [3, 5, 4]),
            (Element::DirectionType, "direction", [8, 8, 9]),
            (Element::PointType, "point_type", [0, 4, 5]),
            (Element::FunctionType, "function_type", [0, 6, 7]),
            (Element::Resolution, "", [0, 6, 0]),
            (Element::EncodeType, "encode_format", [0, 5, 4]),
            (Element::Manufacturer, "vendor", [0, 0, 16]),
        ] {
            let values = Enumeration::new(element, Text::new("", ""), police);
            assert_eq!([values.until_2016.len(), values.from_2022.len(), values.police.len()], sizes, "{element:?}");
        }
    }
}
