//! What kind of thing an item is. A camera with a bad code stays a camera, and stays in the denominator.

use super::item::Item;
use crate::base::device_id::{DeviceId, is_digits};
use crate::edition::{Edition, TypeClass};
use crate::manscdp::item::Element;

/// Kind of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// 摄像机
    Camera,
    /// 行政区划
    Region,
    /// 系统
    System,
    /// 业务分组
    BusinessGroup,
    /// 虚拟组织
    VirtualOrganisation,
    /// 其他设备: recorders, alarms, servers
    Device,
    /// 不可分类项
    Unclassified,
}

impl Kind {
    /// The word in `nodes.jsonl`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Camera => "camera",
            Self::Region => "region",
            Self::System => "system",
            Self::BusinessGroup => "business_group",
            Self::VirtualOrganisation => "virtual_organisation",
            Self::Device => "device",
            Self::Unclassified => "unclassified",
        }
    }
}

/// Elements only a camera has.
const CAMERA_ONLY: [Element; 7] = [
    Element::PTZType,
    Element::DirectionType,
    Element::RoomType,
    Element::SupplyLightType,
    Element::Resolution,
    Element::CapturePositionType,
    Element::EncodeType,
];

/// Types a camera may hang under as under its recorder: main front-end devices.
const RECORDERS: std::ops::RangeInclusive<u16> = 111..=130;
/// 移动传输设备
const MOBILE: u16 = 138;

/// The kind of an item. `has_children`: another item names it as parent.
#[must_use]
pub fn kind_of(item: &Item, has_children: bool, edition: Edition) -> Kind {
    let id = item.id();
    let code = DeviceId::new_checked(id);
    let has = |element| item.text(element).is_some();
    let camera_only = CAMERA_ONLY.into_iter().any(has);
    let behaves = camera_only || item.parental().value() == Some(&false) || has(Element::Model);
    let otherwise = if behaves { Kind::Camera } else { Kind::Unclassified };
    let Some(code) = code else {
        let region_shape = matches!(id.len(), 2 | 4 | 6 | 8) && is_digits(id);
        let described = [Element::Manufacturer, Element::Model, Element::ParentID, Element::Status].into_iter().any(has);
        return match (region_shape, camera_only, described) {
            (true, false, false) => Kind::Region,
            // Some platforms send parent and status with regions too; only a device has a model.
            (true, false, true) if !has(Element::Model) && item.parental().value() != Some(&false) => Kind::Region,
            _ => otherwise,
        };
    };
    if code.kind() == MOBILE {
        return Kind::Camera;
    }
    let class = edition.type_code(code.kind()).map_or(TypeClass::Undefined, |t| t.class);
    match class {
        TypeClass::Camera => Kind::Camera,
        TypeClass::Other if camera_only && !has_children => Kind::Camera,
        TypeClass::Other => match code.kind() {
            200 => Kind::System,
            215 => Kind::BusinessGroup,
            216 => Kind::VirtualOrganisation,
            _ => Kind::Device,
        },
        // 视频卡口: a camera only as a leaf.
        TypeClass::Maybe if has_children => Kind::Device,
        TypeClass::Maybe | TypeClass::Extension | TypeClass::Undefined => otherwise,
    }
}

/// Whether a code is that of a recorder or another main front-end device.
#[must_use]
pub fn is_recorder(code: &str) -> bool {
    DeviceId::new_checked(code).is_some_and(|c| RECORDERS.contains(&c.kind()))
}

/// Whether fixed-point rules do not apply: type 138, or an element that says what carries it (2022).
#[must_use]
pub fn is_mobile(item: &Item) -> bool {
    is_carried(DeviceId::new_checked(item.id()), item.text(Element::MobileDeviceType))
}

/// The same by the code and the text of MobileDeviceType.
#[must_use]
pub fn is_carried(code: Option<DeviceId<'_>>, carrier: Option<&str>) -> bool {
    code.is_some_and(|c| c.kind() == MOBILE) || carrier.is_some_and(|t| t.parse::<u8>().is_ok_and(|n| n > 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manscdp::item::ItemBuilder;

    fn kind(id: &str, elements: &[(&str, &str)], has_children: bool) -> Kind {
        let mut builder = ItemBuilder::default();
        builder.push("DeviceID", false, id);
        elements.iter().for_each(|(name, text)| builder.push(name, false, text));
        kind_of(&Item::new(builder.finish(false)), has_children, Edition::Gb2016)
    }

    fn of_type(code: &str) -> String {
        format!("3717230001{code}0000001")
    }

    #[test]
    fn codes_of_the_standard() {
        for (code, expected) in [
            ("131", Kind::Camera),
            ("132", Kind::Camera),
            ("138", Kind::Camera),
            ("118", Kind::Device),
            ("134", Kind::Device),
            ("200", Kind::System),
            ("215", Kind::BusinessGroup),
            ("216", Kind::VirtualOrganisation),
        ] {
            assert_eq!(kind(&of_type(code), &[("Name", "x"), ("Model", "m")], false), expected, "{code}");
        }
        for id in ["37", "3717", "371723", "37172301"] {
            assert_eq!(kind(id, &[("Name", "x")], true), Kind::Region);
        }
    }

    #[test]
    fn what_only_a_camera_has_comes_first_whatever_the_code() {
        let ptz = [("PTZType", "3")];
        for id in [&of_type("118"), &of_type("134"), &of_type("200"), &of_type("215"), "371723", "9B02", ""] {
            assert_eq!(kind(id, &ptz, false), Kind::Camera, "{id}");
        }
        assert_eq!(kind(&of_type("118"), &ptz, true), Kind::Device, "a recorder with channels stays one");
    }

    #[test]
    fn bad_codes_stay_in_the_denominator_when_they_behave_like_cameras() {
        for id in [
            "9B0212345678",
            "371723000113200000",
            "3717230001132000000199",
            &of_type("121"),
            &of_type("600"),
            &of_type("001"),
            "371723",
        ] {
            assert_eq!(kind(id, &[("Model", "m"), ("Status", "ON")], false), Kind::Camera, "{id}");
            assert_eq!(kind(id, &[("Parental", "0"), ("Status", "ON")], false), Kind::Camera, "{id}");
        }
        assert_eq!(kind("9B02", &[("Name", "x")], false), Kind::Unclassified);
        assert_eq!(kind(&of_type("600"), &[("Status", "ON")], false), Kind::Unclassified);
        assert_eq!(kind("371723", &[("Status", "ON"), ("ParentID", "3717")], false), Kind::Region);
    }
}
