//! Which kind of key position a camera watches, by the words of its name. A hint, for drawing samples: what counts as a key
//! position is a plan's to say.
//!
//! Source: the starter list of words is ours; indicator 4 names the four classes.

/// 关键位置类别
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PositionClass {
    /// 消防通道
    Fire,
    /// 停车场（库）出入口
    Parking,
    /// 小区出入口
    Gate,
    /// 社区主干道
    Road,
    /// Nothing of the name says which.
    Other,
}

/// The words of a class, and those that say it is another; in this order, since 停车场大门 is no gate of a compound.
const WORDS: [(PositionClass, &[&str], &[&str]); 4] = [
    (
        PositionClass::Fire,
        &["消防通道", "消防车道", "消防车通道", "消防登高面", "登高场地", "消防出口"],
        &["消防控制室", "消控室", "消防泵房"],
    ),
    (
        PositionClass::Parking,
        &["车库入口", "车库出口", "车库出入口", "地库口", "地库入口", "地库出口", "停车场", "道闸"],
        &["车位", "车库内", "车库通道"],
    ),
    (
        PositionClass::Gate,
        &[
            "出入口",
            "大门",
            "东门",
            "西门",
            "南门",
            "北门",
            "正门",
            "门岗",
            "门卫",
            "主入口",
            "人行口",
            "车行口",
            "人行出入口",
            "车行出入口",
            "岗亭",
        ],
        &["单元门", "电梯", "车库", "停车场", "地库", "消防"],
    ),
    (PositionClass::Road, &["主干道", "主路", "中心路", "环路", "路口", "东西路", "南北路", "主通道"], &["楼道", "走廊"]),
];

impl PositionClass {
    /// By the words of a name.
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
        WORDS.iter().find(|(_, is, is_not)| has(is) && !has(is_not)).map_or(Self::Other, |(class, ..)| *class)
    }

    /// The word in results.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Fire => "fire",
            Self::Parking => "parking",
            Self::Gate => "gate",
            Self::Road => "road",
            Self::Other => "other",
        }
    }

    /// For people, by the word.
    #[must_use]
    pub fn title(id: &str) -> crate::base::lang::Text {
        use crate::base::lang::Text;
        match id {
            "fire" => Text::new("消防通道", "fire lane"),
            "parking" => Text::new("停车场（库）出入口", "parking"),
            "gate" => Text::new("小区出入口", "gate"),
            "road" => Text::new("社区主干道", "main road"),
            _ => Text::new("其他", "other"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_is_watched_or_nothing() {
        for (name, class) in [
            ("锦绣花园北门人行口", PositionClass::Gate),
            ("锦绣花园停车场大门", PositionClass::Parking),
            ("锦绣花园地下车库出入口", PositionClass::Parking),
            ("3号楼消防通道", PositionClass::Fire),
            ("消防控制室门口", PositionClass::Other),
            ("2单元门", PositionClass::Other),
            ("花园主干道东", PositionClass::Road),
            ("永昌路12号枪机", PositionClass::Other),
            ("", PositionClass::Other),
        ] {
            assert_eq!(PositionClass::of_name(name), class, "{name}");
            assert!(!PositionClass::title(class.id()).zh.is_empty());
        }
    }
}
