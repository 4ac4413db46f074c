//! Floor 4: the judge. One rule a file, its page in its doc comment, one line in [`REGISTER`].
//!
//! No I/O. A rule answers for one item with the whole catalogue indexed in [`Context`]; "the camera is
//! wrong", "we cannot tell" and "this rule is not asked" are different answers.

mod alike;
mod attribute;
mod code;
pub mod context;
mod engine;
mod geo;
mod index;
mod name;
mod page;
mod record;
mod region;
pub mod tables;
pub mod waiver;

pub use context::{Case, Context};
pub use engine::{FieldVerdict, JudgedFinding, Judgement, counted, judge, judge_all, judge_catalogue, judge_waiving};
pub use geo::{Shift, position_of};
pub use name::template;
pub use page::Page;
pub use record::Shared;

use crate::base::lang::Text;
use crate::edition::Editions;
use crate::manscdp::item::Element;
use tables::TableKind;

/// What a rule is about: the four fields of indicator 4, and what counts only where a profile says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldId {
    /// 设备编码
    Code,
    /// 设备名称
    Name,
    /// 行政区划
    Region,
    /// 经纬度
    Coordinates,
    /// 一机一档的其他属性
    Attributes,
    /// 整条记录与整批目录
    Record,
}

impl FieldId {
    /// Those beside the four of the indicator.
    pub const OTHERS: [Self; 2] = [Self::Attributes, Self::Record];
    /// The four of the indicator, in its order.
    pub const ALL: [Self; 4] = [Self::Code, Self::Name, Self::Region, Self::Coordinates];

    /// The key in results.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Name => "name",
            Self::Region => "region",
            Self::Coordinates => "coordinates",
            Self::Attributes => "attributes",
            Self::Record => "record",
        }
    }

    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Code => Text::new("编码", "code"),
            Self::Name => Text::new("名称", "name"),
            Self::Region => Text::new("行政区划", "region"),
            Self::Coordinates => Text::new("经纬度", "coordinates"),
            Self::Attributes => Text::new("其他属性", "other attributes"),
            Self::Record => Text::new("记录", "record"),
        }
    }
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// 不合规: the field fails.
    Error,
    /// 提示: does not fail the field.
    Warn,
    /// 说明
    Info,
}

impl Severity {
    /// The word in results.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
        }
    }
}

/// On whose authority a finding stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// 国标条文
    Clause,
    /// 地方标准
    Local,
    /// 通行做法
    Practice,
    /// 本工具建议
    Ours,
}

impl Basis {
    /// The word in results.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Clause => "clause",
            Self::Local => "local",
            Self::Practice => "practice",
            Self::Ours => "ours",
        }
    }

    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::Clause => Text::new("国标条文", "clause of the standard"),
            Self::Local => Text::new("地方标准", "local rule"),
            Self::Practice => Text::new("通行做法", "common practice"),
            Self::Ours => Text::new("本工具建议", "our suggestion"),
        }
    }
}

/// Whether a proposal can be taken over as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Autofix {
    /// 可直接采用: one lossless outcome.
    Safe,
    /// 建议核对: computed, needs a person.
    Suggest,
    /// 需填写: nothing can be computed.
    None,
}

impl Autofix {
    /// The word in results.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Suggest => "suggest",
            Self::None => "none",
        }
    }
}

/// Whether a rule is part of 合规率.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Core {
    /// It is, in the default reading.
    Yes,
    /// The city decides.
    Profile,
    /// Reported only.
    No,
}

impl Core {
    /// The word in results.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Profile => "profile",
            Self::No => "no",
        }
    }
}

/// When a rule is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// In this place of its field's chain: the first error ends the chain.
    Chain(u8),
    /// As a link of the chain; an error says that the value is of another form, of which the links behind it know
    /// nothing, whatever is counted.
    OtherForm(u8),
    /// Always.
    Always,
}

impl Step {
    /// The place in the chain.
    #[must_use]
    pub const fn place(self) -> Option<u8> {
        match self {
            Self::Chain(place) | Self::OtherForm(place) => Some(place),
            Self::Always => None,
        }
    }
}

/// One element to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub element: Element,
    /// What to put there.
    pub value: String,
}

/// What is wrong, and with what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// As sent.
    pub value: String,
    /// For people, in the language of the run.
    pub message: String,
    /// What to put there instead; empty when nothing can be computed.
    pub proposal: Vec<Change>,
    /// Values of which a person has to choose one, where no single one can be proposed.
    pub candidates: Vec<String>,
    /// Set where this case's proposal is worth another grade than the rule's at large.
    pub grade: Option<Autofix>,
    /// Set where this case stands on another authority than the rule at large.
    pub basis: Option<Basis>,
}

impl Finding {
    /// A finding about a value.
    #[must_use]
    pub fn new(value: &str, message: String) -> Self {
        Self { value: value.to_owned(), message, proposal: Vec::new(), candidates: Vec::new(), grade: None, basis: None }
    }

    /// With a value to put into an element, if there is one.
    #[must_use]
    pub fn propose(mut self, element: Element, value: Option<String>) -> Self {
        self.proposal.extend(value.map(|value| Change { element, value }));
        self
    }

    /// With these changes.
    #[must_use]
    pub fn changes(mut self, changes: Vec<Change>) -> Self {
        self.proposal = changes;
        self
    }

    /// With values to choose from.
    #[must_use]
    pub fn choose(mut self, candidates: Vec<String>) -> Self {
        self.candidates = candidates;
        self
    }

    /// With a proposal of this grade.
    #[must_use]
    pub const fn worth(mut self, grade: Autofix) -> Self {
        self.grade = Some(grade);
        self
    }

    /// On this authority.
    #[must_use]
    pub const fn on(mut self, basis: Basis) -> Self {
        self.basis = Some(basis);
        self
    }

    /// The proposal as one text: the values in order, or those to choose from.
    #[must_use]
    pub fn proposed(&self) -> Option<String> {
        let values: Vec<&str> = self.proposal.iter().map(|change| change.value.as_str()).collect();
        match (values.is_empty(), self.candidates.is_empty()) {
            (false, _) => Some(values.join(",")),
            (true, false) => Some(self.candidates.join("/")),
            (true, true) => None,
        }
    }
}

/// Something true of the whole catalogue or of a group in it, not of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchFinding {
    /// The rule.
    pub rule: &'static str,
    /// How bad.
    pub severity: Severity,
    /// What it is about: an element, a recorder's code, a unit.
    pub about: String,
    /// For people, in the language of the run.
    pub message: String,
    /// Cameras it speaks about.
    pub cameras: u64,
    /// Codes of some of them.
    pub examples: Vec<String>,
}

/// What a rule says about one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// In order.
    Pass,
    /// 不合规
    Fail(Finding),
    /// In order, with a remark.
    Advice(Severity, Finding),
    /// 不适用: the rule does not speak about this item.
    Exempt,
    /// 无法判断: evidence is missing.
    Unjudged(&'static Text),
    /// A setting the rule needs was not given: it is not asked.
    Off,
}

/// Asks a rule about one item.
pub type AskItem = fn(&Case<'_>, &Context<'_>) -> Verdict;
/// Asks a rule about the catalogue.
pub type AskCatalogue = fn(&Context<'_>) -> Vec<BatchFinding>;

/// How a rule is asked.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// About one item.
    Item(AskItem),
    /// About the catalogue.
    Catalogue(AskCatalogue),
    /// About one item, and about what of the catalogue is no camera.
    Both(AskItem, AskCatalogue),
}

impl Check {
    /// How it is asked about one item.
    #[must_use]
    pub const fn item(self) -> Option<AskItem> {
        match self {
            Self::Item(ask) | Self::Both(ask, _) => Some(ask),
            Self::Catalogue(_) => None,
        }
    }

    /// How it is asked about the catalogue.
    #[must_use]
    pub const fn catalogue(self) -> Option<AskCatalogue> {
        match self {
            Self::Catalogue(ask) | Self::Both(_, ask) => Some(ask),
            Self::Item(_) => None,
        }
    }
}

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its code, never reused.
    pub id: &'static str,
    /// The field it decides.
    pub field: FieldId,
    /// The elements it is about.
    pub elements: &'static [Element],
    /// How bad the register calls it: a field read strictly counts errors and warnings. Under a profile that does not
    /// count the rule a finding is a remark.
    pub severity: Severity,
    /// Whether it is part of 合规率.
    pub core: Core,
    /// The editions it speaks about.
    pub editions: Editions,
    /// When it is asked.
    pub step: Step,
    /// On whose authority.
    pub basis: Basis,
    /// What its proposals are worth.
    pub autofix: Autofix,
    /// The table of the user's without which it cannot tell.
    pub needs: Option<TableKind>,
    /// The check.
    pub check: Check,
    /// Its page, both languages, from the doc comment.
    doc: &'static str,
}

impl Rule {
    /// Its page.
    #[must_use]
    pub fn page(&self) -> Page {
        Page::parse(self.doc)
    }

    /// How bad its failures are: an error where the profile counts it. Elsewhere no finding about one of the four
    /// fields is an error, and none weighs more than the register says.
    #[must_use]
    pub fn weight(&self, counts: bool) -> Severity {
        match (counts, FieldId::ALL.contains(&self.field)) {
            (true, _) => Severity::Error,
            (false, true) => self.severity.max(Severity::Warn),
            (false, false) => self.severity,
        }
    }

    /// The rule with this code.
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Self> {
        REGISTER.iter().copied().find(|rule| rule.id.eq_ignore_ascii_case(id))
    }
}

/// Declares a rule; its doc comment is its page (see `page.rs` for the form).
macro_rules! declare_rule {
    (
        $(#[doc = $doc:literal])+
        $name:ident {
            field: $field:ident, elements: [$($element:ident),*], severity: $severity:ident, core: $core:ident,
            editions: $editions:ident,
            step: $step:expr, basis: $basis:ident, autofix: $autofix:ident,
            $(needs: $needs:ident,)?
            $(asks: $asks:ident,)?
        }
    ) => {
        $(#[doc = $doc])+
        pub static $name: $crate::rules::Rule = $crate::rules::Rule {
            id: stringify!($name),
            field: $crate::rules::FieldId::$field,
            elements: &[$($crate::manscdp::item::Element::$element),*],
            severity: $crate::rules::Severity::$severity,
            core: $crate::rules::Core::$core,
            editions: $crate::edition::Editions::$editions,
            step: $step,
            basis: $crate::rules::Basis::$basis,
            autofix: $crate::rules::Autofix::$autofix,
            needs: $crate::rules::declare_rule!(@needs $($needs)?),
            check: $crate::rules::declare_rule!(@asks $($asks)?),
            doc: concat!($($doc, "\n"),+),
        };
    };
    (@needs) => { None };
    (@needs $needs:ident) => { Some($crate::rules::tables::TableKind::$needs) };
    (@asks) => { $crate::rules::Check::Item(check) };
    (@asks Catalogue) => { $crate::rules::Check::Catalogue(check) };
    (@asks Both) => { $crate::rules::Check::Both(check, check_catalogue) };
}
use declare_rule;

/// Every rule, in the order of the codes.
pub static REGISTER: &[&Rule] = &[
    &code::d01_missing::D01,
    &code::d02_blanks::D02,
    &code::d03_full_width::D03,
    &code::d04_not_digits::D04,
    &code::d05_length::D05,
    &code::d06_factory_code::D06,
    &code::d07_province::D07,
    &code::d08_region::D08,
    &code::d09_retired::D09,
    &code::d10_zone::D10,
    &code::d11_outside::D11,
    &code::d12_access_unit::D12,
    &code::d13_industry_undefined::D13,
    &code::d14_industry_of_another_scene::D14,
    &code::d15_type_undefined::D15,
    &code::d16_type_of_another_kind::D16,
    &code::d17_network::D17,
    &code::d18_serial_zero::D18,
    &code::d19_duplicate::D19,
    &code::d20_code_of_parent::D20,
    &code::d21_code_of_platform::D21,
    &code::d22_rule_b::D22,
    &code::d23_lens_without_channels::D23,
    &code::d24_drift::D24,
    &region::r01_missing::R01,
    &region::r02_placeholder::R02,
    &region::r03_length::R03,
    &region::r04_too_coarse::R04,
    &region::r05_unknown::R05,
    &region::r06_retired::R06,
    &region::r07_zone::R07,
    &region::r08_access_unit::R08,
    &region::r09_against_code::R09,
    &region::r10_against_position::R10,
    &region::r11_against_tree::R11,
    &region::r12_outside::R12,
    &region::r13_grassroots::R13,
    &name::n01_missing::N01,
    &name::n02_mojibake::N02,
    &name::n03_vendor_default::N03,
    &name::n04_meaningless::N04,
    &name::n05_characters::N05,
    &name::n06_length::N06,
    &name::n07_duplicate::N07,
    &name::n08_template::N08,
    &name::n09_other_region::N09,
    &name::n10_mark::N10,
    &name::n11_osd::N11,
    &name::n12_direction::N12,
    &geo::g01_missing::G01,
    &geo::g02_zero::G02,
    &geo::g03_degrees_minutes::G03,
    &geo::g04_scaled::G04,
    &geo::g05_swapped::G05,
    &geo::g06_outside_china::G06,
    &geo::g07_outside_bounds::G07,
    &geo::g08_outside_county::G08,
    &geo::g09_decimals::G09,
    &geo::g10_stack::G10,
    &geo::g11_jitter::G11,
    &geo::g12_default_point::G12,
    &geo::g13_shifted::G13,
    &geo::g14_outside_community::G14,
    &geo::g15_drift::G15,
    &geo::g16_mobile::G16,
    &attribute::a01_ip_address::A01,
    &attribute::a02_ip_duplicate::A02,
    &attribute::a03_mac_format::A03,
    &attribute::a04_mac_duplicate::A04,
    &attribute::a05_manufacturer::A05,
    &attribute::a06_model::A06,
    &attribute::a07_address::A07,
    &attribute::a08_structure::A08,
    &attribute::a09_position::A09,
    &attribute::a10_capture_position::A10,
    &attribute::a11_room::A11,
    &attribute::a12_supply_light::A12,
    &attribute::a13_direction::A13,
    &attribute::a14_point_type::A14,
    &attribute::a15_function::A15,
    &attribute::a16_resolution::A16,
    &attribute::a17_encoding::A17,
    &attribute::a18_install_time::A18,
    &attribute::a19_management_unit::A19,
    &attribute::a20_contact::A20,
    &attribute::a21_retention::A21,
    &attribute::a22_police_block::A22,
    &attribute::a23_parent::A23,
    &attribute::a24_parental::A24,
    &attribute::a25_status::A25,
    &attribute::a26_secrecy::A26,
    &attribute::a27_password::A27,
    &attribute::a28_industry_class::A28,
    &record::x01_same_camera::X01,
    &record::x02_single_value::X02,
    &record::x03_mixed_editions::X03,
    &record::x04_catalogue_count::X04,
    &record::x05_unclassified::X05,
];

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;
