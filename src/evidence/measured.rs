//! 可选测量: what is measured beside indicator 4 where the settings ask for it, and what was answered. Nothing of it counts in a
//! rate.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::base::lang::Text;
use crate::base::time::Timestamp;
use crate::probe::outcome::PictureFacts;

/// Recordings kept of one answer; more are counted and said.
pub const MAX_SPANS: usize = 2_000;

/// One measurement, as registered.
#[derive(Debug)]
pub struct About {
    /// It.
    pub measure: Measure,
    /// The word of settings and results.
    pub id: &'static str,
    /// Its name.
    pub title: Text,
    /// What is divided by what.
    pub formula: Text,
    /// What it cannot see.
    pub blind: Text,
}

macro_rules! measures {
    ($($name:ident $id:literal $zh:literal $en:literal | $formula_zh:literal $formula_en:literal | $blind_zh:literal $blind_en:literal;)+) => {
        /// What can be measured besides.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Measure {
            $(#[doc = $en] $name),+
        }

        /// All of them.
        pub static MEASURES: &[About] = &[$(About {
            measure: Measure::$name,
            id: $id,
            title: Text::new($zh, $en),
            formula: Text::new($formula_zh, $formula_en),
            blind: Text::new($blind_zh, $blind_en),
        }),+];
    };
}

measures! {
    Records "records" "录像" "recordings"
        | "有录像的秒数（各段归并，裁到检索时段之内）÷ 检索时段的秒数，对目录已完整应答的摄像机求和" "seconds with a recording (spans merged and cut to the window) / seconds of the window, summed over the cameras whose list came whole"
        | "只看清单，不放录像：清单上有而放不出来、画面不对的看不出；正在写的文件多半还不在清单上，因此不看最近一小时；平台与前端的录像合并计算，分不出存在哪里" "the list only, nothing is played: what is listed and cannot be played, or shows something else, is not seen; a file being written is mostly not listed yet, so the last hour is left out; recordings of platform and device count together";
    Status "status" "状态" "status"
        | "DeviceStatus 的 Online 与目录 Status 一致的摄像机 ÷ 已应答且两者都读得懂的摄像机" "cameras whose DeviceStatus says of Online what the catalogue says of Status / cameras that answered and of which both can be read"
        | "两者都是平台的说法：一致不等于真在线，真伪看点播；许多平台不转发对通道的查询" "both are the platform's word: that they agree does not make a camera on line, a call does; many platforms forward no query about a channel";
    Clock "clock" "时钟" "clocks"
        | "时间与本机相差在容差之内的 ÷ 报出了时间的（平台和摄像机各算一个）；DeviceTime 或 Date 减去发收时刻的中点" "clocks within the tolerance of ours / clocks that told a time, the platform and each camera one; DeviceTime or Date less the middle of sending and receiving"
        | "以本机时钟为准，本机不准则全不准；DeviceTime 可能由平台代答，不是摄像机画面上的时间；画面上的时间要看抓图" "our own clock is the measure: where it is wrong all of it is; DeviceTime may be the platform's and not what stands in the picture, which a person reads from the snapshot";
    Snapshot "snapshot" "抓拍" "uploaded snapshots"
        | "抓拍到可见画面的摄像机 ÷ 收到抓拍图的摄像机；只问实时点播没有出图的" "cameras whose uploaded snapshot shows something / cameras of which one came; only those without a live picture are asked"
        | "抓拍有图说明摄像机能成像，不改变出图率；上传的图是不是当时拍的、是不是这一路拍的，从图上看不出；标准没有规定上传的方法，收不到图可能是方法不同或路不通；只有 2022 版有这个命令" "that a snapshot comes shows a camera that sees, and changes no rate; whether it was taken then and by this camera cannot be seen in it; the standard leaves the upload open, so that none may come for want of a common way or of a path; only the edition of 2022 has the command";
}

impl Measure {
    /// Its line in the register.
    #[must_use]
    pub fn about(self) -> Option<&'static About> {
        MEASURES.get(self as usize)
    }

    /// The word of settings and results.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.about().map_or("", |about| about.id)
    }

    /// By its word, or by its Chinese name.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        MEASURES.iter().find(|about| about.id == word || about.title.zh == word).map(|about| about.measure)
    }
}

/// `[measure]`, and `--measure`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeasureSetting {
    /// What is measured; nothing by default.
    pub what: Vec<Measure>,
    /// Most cameras of a platform that are asked.
    pub cameras: u64,
    /// The window recordings are looked for in, hours.
    pub hours: u64,
    /// Where snapshots are uploaded to; without it none are asked for.
    pub snapshot_listen: Option<SocketAddr>,
}

impl Default for MeasureSetting {
    fn default() -> Self {
        Self { what: Vec::new(), cameras: 100, hours: 24, snapshot_listen: None }
    }
}

/// The window recordings are looked for in: whole hours, up to one that ended an hour ago and more.
#[must_use]
pub fn window(now: Timestamp, hours: u64) -> (Timestamp, Timestamp) {
    const HOUR: i64 = 3_600 * 1_000_000;
    let to = now.micros().div_euclid(HOUR) * HOUR - HOUR;
    let span = i64::try_from(hours).unwrap_or(24).saturating_mul(HOUR);
    (Timestamp::from_micros(to.saturating_sub(span)), Timestamp::from_micros(to))
}

/// How a question ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// An answer came: all that was declared, or nothing more within the time.
    Answered,
    /// Taken, and nothing came.
    Silent,
    /// Refused with this code.
    Refused(u16),
    /// The platform did not even take it.
    NotTaken,
    /// Not asked: the platform's edition has no such command.
    Unsupported,
    /// Not asked any more, because others before it had no answer.
    GivenUp,
    /// We stopped, or the platform was lost, before it was asked or answered.
    Interrupted,
}

/// What was said about one device's recordings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordsAnswer {
    /// Its code.
    pub device_id: String,
    /// How it ended.
    pub ended: Ended,
    /// The largest SumNum.
    pub declared: Option<u64>,
    /// Distinct recordings received.
    pub received: u64,
    /// Messages.
    pub messages: u64,
    /// Recordings under the code of another device.
    pub foreign: u64,
    /// Begin and end as sent, of the first [`MAX_SPANS`].
    pub spans: Vec<(String, String)>,
}

/// What was said about one device's status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusAnswer {
    /// Its code; the platform's own too.
    pub device_id: String,
    /// How it ended.
    pub ended: Ended,
    /// When it was asked, microseconds.
    pub sent: i64,
    /// When that was acknowledged, and what its Date said.
    pub taken: Option<(i64, Option<String>)>,
    /// When it was answered.
    pub answered: Option<i64>,
    /// Online, Status, Record, DeviceTime: those that were sent, as sent.
    pub texts: Vec<(String, String)>,
}

impl StatusAnswer {
    /// An element as sent.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }
}

/// What came of asking one camera for a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotAnswer {
    /// Its code.
    pub device_id: String,
    /// How it ended: answered where a picture was uploaded, or the device said that it will not.
    pub ended: Ended,
    /// `Result` of its answer, as sent.
    pub result: Option<String>,
    /// Octets uploaded.
    pub octets: u64,
    /// The picture, as every other is judged; nothing where it is none.
    pub picture: Option<PictureFacts>,
    /// Why not: `too_large`, or what the decoder says.
    pub wrong: Option<String>,
    /// The name its small copy is kept under.
    pub snapshot: Option<String>,
}

/// All that was asked and answered beside the rates.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Measured {
    /// What was to be measured.
    pub what: Vec<String>,
    /// The window of recordings, microseconds.
    pub from: i64,
    /// Its end.
    pub to: i64,
    /// Cameras past the limit, which were not asked.
    pub beyond: u64,
    /// Recordings, in the order of the catalogue.
    pub records: Vec<RecordsAnswer>,
    /// Statuses: of the platform first, then of cameras.
    pub status: Vec<StatusAnswer>,
    /// Snapshots of cameras without a live picture.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub snapshots: Vec<SnapshotAnswer>,
}

impl Measured {
    /// Where it was to be measured and it never came to that; nothing where nothing was to be.
    #[must_use]
    pub fn nothing(what: &[Measure]) -> Option<Self> {
        let what: Vec<String> = what.iter().map(|measure| measure.id().to_owned()).collect();
        (!what.is_empty()).then(|| Self { what, ..Self::default() })
    }

    /// What was to be measured.
    pub fn measures(&self) -> impl Iterator<Item = Measure> {
        self.what.iter().filter_map(|word| Measure::parse(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_register_is_in_the_order_of_the_names() {
        for about in MEASURES {
            assert_eq!(about.measure.id(), about.id);
            assert_eq!((Measure::parse(about.id), Measure::parse(about.title.zh)), (Some(about.measure), Some(about.measure)));
        }
    }

    #[test]
    fn the_window_is_of_whole_hours_and_leaves_the_last_one_out() {
        let now = Timestamp::from_device("2026-11-24T09:30:05").unwrap();
        let (from, to) = window(now, 24);
        let shown = [from, to].map(|at| at.beijing("%m-%d %H:%M:%S"));
        assert_eq!(shown, ["11-23 08:00:00", "11-24 08:00:00"]);
    }
}
