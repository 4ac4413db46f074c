//! The register of faults of records: what is broken, how, and which rule has to notice. One line a fault.

use crate::base::lang::Text;
use crate::rules::FieldId;

/// A catalogue item being written: element names and texts, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Draft(pub Vec<(&'static str, String)>);

impl Draft {
    /// The text of an element.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| *n == name).map_or("", |(_, text)| text.as_str())
    }

    /// Sets an element that is there.
    pub fn set(&mut self, name: &str, text: impl Into<String>) {
        if let Some((_, old)) = self.0.iter_mut().find(|(n, _)| *n == name) {
            *old = text.into();
        }
    }

    /// Takes an element away.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(n, _)| *n != name);
    }
}

/// One fault.
#[derive(Debug)]
pub struct Fault {
    /// Its id in scenes.
    pub id: &'static str,
    /// What is wrong, for people.
    pub text: Text,
    /// The field that has to be found wrong.
    pub field: FieldId,
    /// The rule that has to say so.
    pub rule: &'static str,
    /// Breaks an item; the number makes values differ from camera to camera.
    pub apply: fn(&mut Draft, usize),
}

macro_rules! faults {
    ($($id:literal $field:ident $rule:literal $zh:literal $en:literal $apply:expr;)+) => {
        /// Every fault there is.
        pub static FAULTS: &[Fault] = &[$(Fault {
            id: $id,
            text: Text::new($zh, $en),
            field: FieldId::$field,
            rule: $rule,
            apply: $apply,
        }),+];
    };
}

faults! {
    "code_missing" Code "D01" "编码为空" "no code" |d, _| d.set("DeviceID", "");
    "code_blank" Code "D02" "编码中有空格" "a blank in the code" |d, _| { let code = d.get("DeviceID").to_owned(); d.set("DeviceID", insert(&code, 10, " ")); };
    "code_full_width" Code "D03" "编码有全角数字" "full-width digits" |d, _| { let code = d.get("DeviceID").replacen('3', "３", 1); d.set("DeviceID", code); };
    "code_letters" Code "D04" "编码有字母" "letters in the code" |d, n| d.set("DeviceID", format!("DS2CD{n:08}"));
    "code_old_form" Code "D22" "18 位旧编码" "the 18-digit form" |d, n| d.set("DeviceID", format!("3717230001{:06}60", n % 1_000_000));
    "code_short" Code "D05" "编码少一位" "a digit too few" |d, _| { let mut code = d.get("DeviceID").to_owned(); code.remove(4); d.set("DeviceID", code); };
    "code_factory" Code "D06" "出厂默认编码" "a factory default" |d, n| d.set("DeviceID", format!("34020000001320{:06}", n % 1_000_000));
    "code_no_province" Code "D07" "省级代码不存在" "no such province" |d, _| { let code = d.get("DeviceID").replacen("37", "75", 1); d.set("DeviceID", code); };
    "code_no_region" Code "D08" "编码中的区划不存在" "no such region in the code" |d, _| { let code = d.get("DeviceID").replacen("371723", "379923", 1); d.set("DeviceID", code); };
    "code_type_undefined" Code "D15" "类型编码未定义" "an undefined type" |d, _| set_type(d, "600");
    "code_type_recorder" Code "D16" "摄像机用了录像机的类型编码" "a camera with the type of a recorder" |d, _| set_type(d, "118");
    "region_missing" Region "R01" "行政区划为空" "no region" |d, _| d.remove("CivilCode");
    "region_placeholder" Region "R02" "行政区划是占位文本" "a placeholder as region" |d, _| d.set("CivilCode", "CivilCode");
    "region_length" Region "R03" "行政区划位数错误" "a region of the wrong length" |d, _| d.set("CivilCode", "37172");
    "region_coarse" Region "R04" "行政区划只到地市" "a region that is only the prefecture" |d, _| d.set("CivilCode", "3717");
    "region_unknown" Region "R05" "行政区划不存在" "no such region" |d, _| d.set("CivilCode", "371799");
    "region_other" Region "R12" "行政区划是别的县" "the region of another county" |d, _| d.set("CivilCode", "371724");
    "name_missing" Name "N01" "名称为空" "no name" |d, _| d.set("Name", "");
    "name_garbled" Name "N02" "名称乱码" "a garbled name" |d, n| d.set("Name", format!("³ÉÎäÏØ¶«ÃÅ{n}"));
    "name_default" Name "N03" "出厂默认名称" "a factory default as name" |d, n| d.set("Name", format!("Camera {n:02}"));
    "name_meaningless" Name "N04" "名称没有意义" "a name that says nothing" |d, n| d.set("Name", format!("{n:03}"));
    "coordinate_missing" Coordinates "G01" "没有经纬度" "no position" |d, _| { d.remove("Longitude"); d.remove("Latitude"); };
    "coordinate_zero" Coordinates "G02" "经纬度为 0" "a position of 0" |d, _| set_position(d, "0", "0");
    "coordinate_minutes" Coordinates "G03" "经纬度是度分秒" "degrees, minutes, seconds" |d, _| set_position(d, "115°53'24\"", "34°57'10\"");
    "coordinate_scaled" Coordinates "G04" "经纬度放大成整数" "a position scaled to integers" |d, _| set_position(d, "115889612", "34952813");
    "coordinate_swapped" Coordinates "G05" "经纬度颠倒" "a swapped position" |d, _| { let (x, y) = (d.get("Longitude").to_owned(), d.get("Latitude").to_owned()); set_position(d, &y, &x); };
    "coordinate_abroad" Coordinates "G06" "位置在国外" "a position abroad" |d, _| set_position(d, "15.889612", "34.952813");
    "coordinate_far" Coordinates "G07" "位置在外省" "a position in another province" |d, _| set_position(d, "120.380012", "36.060013");
    "coordinate_other_county" Coordinates "G08" "位置在邻县" "a position in the next county" |d, _| set_position(d, "115.760012", "34.830013");
    "coordinate_coarse" Coordinates "G09" "经纬度小数位不足" "too few decimals" |d, _| set_position(d, "115.89", "34.95");
}

/// A fault by its id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Fault> {
    FAULTS.iter().find(|fault| fault.id == id)
}

fn insert(text: &str, at: usize, what: &str) -> String {
    let (head, tail) = text.split_at_checked(at).unwrap_or((text, ""));
    format!("{head}{what}{tail}")
}

fn set_type(draft: &mut Draft, code: &str) {
    let old = draft.get("DeviceID").to_owned();
    if let (Some(head), Some(tail)) = (old.get(..10), old.get(13..)) {
        draft.set("DeviceID", format!("{head}{code}{tail}"));
    }
}

fn set_position(draft: &mut Draft, longitude: &str, latitude: &str) {
    draft.set("Longitude", longitude);
    draft.set("Latitude", latitude);
}
