//! What happened in an attempt, step by step (点播经过): the record a cause is read from. Plain data, no judgment.

use serde::{Deserialize, Serialize};

use crate::base::lang::Text;
use crate::base::text::excerpt;

/// Characters kept of the evidence of one step.
pub const MAX_EVIDENCE_CHARS: usize = 96;

macro_rules! steps {
    ($($name:ident $id:literal $zh:literal $en:literal;)+) => {
        /// The steps of an attempt, in the order they are due. The register of steps.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Step { $(#[doc = $en] $name),+ }

        impl Step {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The id in results.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id),+ }
            }

            /// For people.
            #[must_use]
            pub const fn title(self) -> Text {
                match self { $(Self::$name => Text::new($zh, $en)),+ }
            }
        }
    };
}

steps! {
    Planned "planned" "开始" "planned";
    Socket "socket" "媒体端口就绪" "media port ready";
    Invite "invite" "发出点播" "call sent";
    Provisional "provisional" "临时应答" "provisional answer";
    Challenged "challenged" "要求认证" "challenged";
    Answer "answer" "最终应答" "final answer";
    Sdp "sdp" "读出 SDP" "SDP read";
    Connected "connected" "媒体 TCP 连上" "media connection";
    FirstPacket "first_packet" "首包" "first packet";
    Stream "stream" "识别封装" "stream known";
    ParameterSets "parameter_sets" "参数集" "parameter sets";
    KeyFrame "key_frame" "关键帧" "key frame";
    Decoded "decoded" "解码" "decoded";
    NotDecoded "not_decoded" "解码失败" "not decoded";
    LookedAt "looked_at" "看画面" "looked at";
    PeerBye "peer_bye" "对方挂断" "peer hung up";
    Cancel "cancel" "取消" "cancelled";
    Bye "bye" "挂断" "hung up";
    ByeAnswered "bye_answered" "挂断获应答" "hang-up answered";
}

/// One step, when it was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Which.
    pub step: Step,
    /// Milliseconds from the beginning of the attempt, whose wall time is [`super::Attempt::started`].
    pub ms: u32,
    /// What was seen, in a few words: a status, an address, a size. At most [`MAX_EVIDENCE_CHARS`] characters.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub evidence: Box<str>,
}

/// The steps of an attempt, each at most once: there are never more than [`Step::ALL`] has.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stages(Vec<Stage>);

impl Stages {
    /// A step was taken; of several times the first stands.
    pub fn mark(&mut self, step: Step, ms: u64, evidence: &str) {
        if self.get(step).is_none() {
            let ms = u32::try_from(ms).unwrap_or(u32::MAX);
            self.0.push(Stage { step, ms, evidence: excerpt(evidence, MAX_EVIDENCE_CHARS).into() });
        }
    }

    /// A step was taken; of several times the last stands.
    pub fn renew(&mut self, step: Step, ms: u64, evidence: &str) {
        self.0.retain(|stage| stage.step != step);
        self.mark(step, ms, evidence);
    }

    /// Nothing more comes: the steps by time, those of one moment in the order they are due.
    pub fn settle(&mut self) {
        self.0.sort_by_key(|stage| (stage.ms, stage.step));
        self.0.shrink_to_fit();
    }

    /// A step, if it was taken.
    #[must_use]
    pub fn get(&self, step: Step) -> Option<&Stage> {
        self.0.iter().find(|stage| stage.step == step)
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[Stage] {
        &self.0
    }

    /// Evidence of before there were stages has none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_stands_once_and_in_the_order_of_time() {
        let mut stages = Stages::default();
        stages.mark(Step::Sdp, 30, "");
        stages.mark(Step::Answer, 30, "200");
        stages.mark(Step::Answer, 90, "200 again");
        stages.renew(Step::LookedAt, 40, "black");
        stages.renew(Step::LookedAt, 900, "visible");
        stages.mark(Step::Invite, 1, &"x".repeat(500));
        stages.settle();
        let steps: Vec<_> = stages.all().iter().map(|s| (s.step, s.ms)).collect();
        assert_eq!(steps, [(Step::Invite, 1), (Step::Answer, 30), (Step::Sdp, 30), (Step::LookedAt, 900)]);
        assert_eq!(&*stages.get(Step::Answer).unwrap().evidence, "200");
        assert!(stages.get(Step::Invite).unwrap().evidence.chars().count() <= MAX_EVIDENCE_CHARS + 1);
    }

    #[test]
    fn what_is_written_is_read_back_and_nothing_is_nothing() {
        let mut stages = Stages::default();
        stages.mark(Step::FirstPacket, 45, "192.0.2.7:9000 udp");
        stages.mark(Step::Bye, 900, "");
        let text = serde_json::to_string(&stages).unwrap();
        assert_eq!(text, r#"[{"step":"first_packet","ms":45,"evidence":"192.0.2.7:9000 udp"},{"step":"bye","ms":900}]"#);
        assert_eq!(serde_json::from_str::<Stages>(&text).unwrap(), stages);
        for step in Step::ALL {
            assert_eq!(serde_json::to_string(step).unwrap(), format!("\"{}\"", step.id()));
        }
    }
}
