//! 在哪改: where a value is to be changed, and whose value stands after the next synchronisation.

use std::collections::{HashMap, HashSet};

use crate::base::lang::{Lang, Text, say};
use crate::catalog::Kind;
use crate::manscdp::item::Element;
use crate::report::{Camera, Report};

/// Where a value is to be changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// 设备（录像机或摄像机）: the device itself sends it. The recorder's code, if it hangs under one.
    Device(Option<String>),
    /// 下级平台: the platform that sends it to the audited one; its code.
    Lower(String),
    /// 本平台: the audited platform.
    Here,
}

impl Place {
    /// For people.
    #[must_use]
    pub fn title(&self, lang: Lang) -> String {
        match self {
            Self::Device(Some(recorder)) => say!(lang, "录像机 {recorder} 的通道配置", "channel settings of recorder {recorder}"),
            Self::Device(None) => say!(lang, "摄像机的国标接入配置", "the camera's own GB/T 28181 settings"),
            Self::Lower(platform) => say!(lang, "下级平台 {platform}", "lower platform {platform}"),
            Self::Here => say!(lang, "本平台的设备档案", "the records of this platform"),
        }
    }

    /// Whose value stands after the next synchronisation, in a word.
    #[must_use]
    pub const fn wins(&self) -> Text {
        match self {
            Self::Device(_) => Text::new("设备", "device"),
            Self::Lower(_) => Text::new("下级平台", "lower platform"),
            Self::Here => Text::new("本平台", "this platform"),
        }
    }

    /// The same, and what that means.
    #[must_use]
    pub fn winner(&self, lang: Lang) -> String {
        match self {
            Self::Device(_) => say!(
                lang,
                "以设备上报为准：只在平台改，下次同步目录后会被设备的值覆盖（平台有“通道编辑”且优先于上报值的除外）",
                "the device's value stands: changed on the platform alone it is overwritten by the next catalogue (unless the platform's own edits come first)"
            ),
            Self::Lower(_) => say!(
                lang,
                "以下级平台为准：在本平台改，下次级联同步后会被覆盖",
                "the lower platform's value stands: what is changed here is overwritten by the next synchronisation"
            ),
            Self::Here => {
                say!(lang, "以本平台为准：设备不上报此项，或由平台填写", "this platform's value stands: devices do not send it")
            }
        }
    }
}

/// Elements that a device's own catalogue carries with a meaning: its code, and what it knows of itself. Region and
/// position are filled in by the platform, for devices have no place to enter them or send zeros.
const OF_DEVICE: [Element; 14] = [
    Element::DeviceID,
    Element::Manufacturer,
    Element::Model,
    Element::IPAddress,
    Element::Port,
    Element::MAC,
    Element::Status,
    Element::Parental,
    Element::ParentID,
    Element::PTZType,
    Element::Resolution,
    Element::EncodeType,
    Element::StreamNumberList,
    Element::Password,
];

/// The platforms below the audited one, by the items that hang under them.
#[derive(Debug)]
pub struct Hosts<'r> {
    /// Codes of items that are platforms, the audited one left out.
    platforms: HashSet<&'r str>,
    /// The parent of each code.
    parents: HashMap<&'r str, Vec<&'r str>>,
}

/// Steps up the tree at most; trees of the field are less than ten deep.
const MAX_DEPTH: usize = 32;

impl<'r> Hosts<'r> {
    /// Reads the tree of a report.
    #[must_use]
    pub fn new(report: &'r Report) -> Self {
        let audited = report.header.platform.id.as_str();
        let nodes = || report.nodes.iter().filter_map(|node| report.item(node.item).map(|item| (node, item)));
        let systems = nodes().filter(|(node, _)| node.kind == Kind::System);
        let platforms = systems.map(|(_, item)| item.id()).filter(|id| *id != audited).collect();
        let parents =
            nodes().filter(|(node, _)| node.kind != Kind::Region).map(|(_, item)| (item.id(), item.parents())).collect();
        Self { platforms, parents }
    }

    /// The nearest platform above a camera, below the audited one.
    fn lower(&self, report: &'r Report, camera: &Camera) -> Option<&'r str> {
        let mut open = report.item(camera.item)?.parents();
        let mut seen = HashSet::new();
        for _ in 0..MAX_DEPTH {
            if let Some(found) = open.iter().find(|id| self.platforms.contains(**id)) {
                return Some(found);
            }
            open = open.iter().filter_map(|id| self.parents.get(id)).flatten().copied().filter(|id| seen.insert(*id)).collect();
        }
        None
    }

    /// Where an element of a camera is to be changed.
    #[must_use]
    pub fn place(&self, report: &'r Report, camera: &Camera, element: Element) -> Place {
        if let Some(platform) = self.lower(report, camera) {
            return Place::Lower(platform.to_owned());
        }
        // A channel's name comes from the recorder's own menu.
        let from_recorder = element == Element::Name && camera.recorder.is_some();
        if OF_DEVICE.contains(&element) || from_recorder {
            return Place::Device(camera.recorder.clone());
        }
        Place::Here
    }
}
