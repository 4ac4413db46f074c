//! 复测名单: which cameras are to be called again.

use super::table::{Column, Note, Sheet, Wrong};
use crate::base::lang::{Lang, Text};

/// The columns.
pub const COLUMNS: [Column; 1] = [Column {
    title: Text::new("设备编码", "device_id"),
    names: &["国标编码", "编码", "code", "对象（设备编码）", "对象（编码）", "DeviceID"],
    required: true,
    about: Text::new("20 位设备编码", "device code of 20 digits"),
    choices: &[],
}];

/// Reads the table: each code once, in its order.
///
/// # Errors
/// Every wrong cell.
pub fn parse(text: &str, notes: &mut Vec<Note>, lang: Lang) -> Result<Vec<String>, Vec<Wrong>> {
    let mut sheet = Sheet::open(text, &COLUMNS, lang)?;
    let mut named = Vec::new();
    for row in sheet.numbers() {
        named.extend(sheet.codes(row, 0));
    }
    notes.extend(sheet.finish()?);
    let mut seen = std::collections::HashSet::new();
    named.retain(|code| seen.insert(code.clone()));
    Ok(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_once_whatever_else_the_table_has() {
        let text =
            "序号,设备编码,异议内容\n1,'37172300011320000003,画面正常\n2,37172300011320000001，37172300011320000003,\n,,\n";
        let named = parse(text, &mut Vec::new(), Lang::Zh).unwrap();
        assert_eq!(named, ["37172300011320000003", "37172300011320000001"]);
        assert!(parse("序号,名称\n1,东门\n", &mut Vec::new(), Lang::Zh).is_err());
        assert!(parse("设备编码\n3.71723E+19\n", &mut Vec::new(), Lang::Zh).is_err(), "spoilt by a spreadsheet");
    }
}
