//! A template as a small program, and the search for a way through it.
//!
//! Every place of the program is taken up once with every place of the name it was reached at, in the order of the
//! program, so that the work grows with the product of the two and not with the number of ways.

use super::vocabulary::{self, Matcher};
use super::words::Places;
use super::{NAME_CHARS_MAX, SHOWN_CHARS, STEPS_MAX, TemplateError, parse};
use crate::base::lang::{Lang, Text, say};
use crate::base::text::excerpt;
use crate::profile::name_template::NameLists;

/// A compiled template.
#[derive(Debug)]
pub struct Template {
    parts: Vec<Part>,
    program: Vec<Step>,
    separator: Option<String>,
}

#[derive(Debug)]
struct Part {
    written: String,
    what: Text,
    matcher: Matcher,
    /// It may be left out, alone or with the group it begins.
    optional: bool,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    /// This part, then the next step.
    Part(usize),
    /// The next step, or else this one.
    Or(usize),
    Jump(usize),
    End,
}

/// What a name that matches says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Matched {
    /// The direction its `{dir}` names, as DirectionType writes it: 1 to 8.
    pub direction: Option<u8>,
}

/// A part as a mismatch names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Its number, from 1; literals count.
    pub number: usize,
    /// As the template writes it.
    pub written: String,
    /// What it is.
    pub what: Text,
}

/// Why a name does not match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// One of these parts had to stand here; several are alternatives.
    Part {
        /// The parts, in the order of the template.
        expected: Vec<Expected>,
        /// The name up to here.
        before: String,
        /// What stands here; empty at the end of the name.
        stood: String,
        /// The separator that should stand before the part and does not.
        separator: Option<String>,
    },
    /// Every part matched, and something is left.
    Rest {
        /// What is left.
        stood: String,
        /// The parts that might have stood there.
        possible: Vec<Expected>,
    },
    /// A limit was reached first: nothing is said about the name.
    Undecided,
}

impl Mismatch {
    /// For people.
    #[must_use]
    pub fn message(&self, lang: Lang) -> String {
        let shown = |text: &str| excerpt(text, SHOWN_CHARS);
        match self {
            Self::Part { expected, before, stood, separator } => {
                let joint = match lang {
                    Lang::Zh => "或",
                    Lang::En => " or ",
                };
                let parts: Vec<String> = expected
                    .iter()
                    .map(|e| {
                        let (number, part) = (e.number, vocabulary::explain(&e.written, e.what, lang));
                        say!(lang, "第 {number} 部分 {part}", "part {number} {part}")
                    })
                    .collect();
                let parts = parts.join(joint);
                if stood.is_empty() && before.is_empty() {
                    return say!(lang, "缺{parts}：名称是空的", "{parts} is missing: the name is empty");
                }
                if stood.is_empty() {
                    let tail = tail(before);
                    return say!(lang, "缺{parts}：名称到“{tail}”结束", "{parts} is missing: the name ends with “{tail}”");
                }
                let stood = shown(stood);
                match separator {
                    Some(sign) => say!(
                        lang,
                        "{parts}之前应有分隔符“{sign}”：此处是“{stood}”",
                        "the separator “{sign}” has to stand before {parts}: “{stood}” stands here"
                    ),
                    None => say!(lang, "{parts}：此处是“{stood}”", "{parts}: “{stood}” stands here"),
                }
            }
            Self::Rest { stood, possible } => {
                let stood = shown(stood);
                if possible.is_empty() {
                    return say!(lang, "名称末尾多出“{stood}”", "“{stood}” is left at the end of the name");
                }
                let joint = match lang {
                    Lang::Zh => "、",
                    Lang::En => ", ",
                };
                let possible: Vec<String> = possible.iter().map(|e| vocabulary::explain(&e.written, e.what, lang)).collect();
                let possible = possible.join(joint);
                say!(
                    lang,
                    "名称末尾多出“{stood}”，此处只可写：{possible}",
                    "“{stood}” is left at the end of the name; only {possible} may stand here"
                )
            }
            Self::Undecided => {
                say!(lang, "名称过长或模板过于宽松，未能判定", "the name is too long or the template too loose: not decided")
            }
        }
    }
}

/// The last characters of a text.
fn tail(text: &str) -> String {
    let count = text.chars().count();
    let tail: String = text.chars().skip(count.saturating_sub(SHOWN_CHARS)).collect();
    excerpt(&tail, SHOWN_CHARS)
}

/// How a place was reached.
#[derive(Clone, Copy, Default)]
struct Way {
    /// One more than the parts that matched so far; 0: not reached.
    arrivals: u8,
    /// As DirectionType writes it; 0: none was named.
    direction: u8,
}

/// The farthest a search came: most parts matched, then farthest in the name.
#[derive(Default)]
struct Farthest {
    reached: (u8, usize),
    /// Parts that did not match there.
    parts: Vec<usize>,
    /// Whether the template was at its end there.
    end: bool,
}

impl Farthest {
    /// Whether `way` came as far; forgets what came less far.
    fn admit(&mut self, way: Way, at: usize) -> bool {
        let reached = (way.arrivals, at);
        if reached > self.reached {
            self.reached = reached;
            self.parts.clear();
            self.end = false;
        }
        reached == self.reached
    }
}

impl Template {
    /// Reads the parts of a template (`{spot} {dir:8}?`), with the user's lists and the sign between parts.
    ///
    /// # Errors
    /// Where the text is wrong, and what to write instead.
    pub fn parse(parts: &str, lists: &NameLists, separator: Option<&str>) -> Result<Self, TemplateError> {
        let nodes = parse::parse(parts)?;
        let separator = separator.map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned);
        let mut template = Self { parts: Vec::new(), program: Vec::new(), separator };
        template.sequence(&nodes, false, lists)?;
        template.program.push(Step::End);
        Ok(template)
    }

    /// `optional`: the sequence is a group that may be left out, of which nothing was written yet.
    fn sequence(&mut self, nodes: &[parse::Node], mut optional: bool, lists: &NameLists) -> Result<(), TemplateError> {
        for node in nodes {
            let own = match node {
                parse::Node::Leaf { optional, .. } | parse::Node::Group { optional, .. } => *optional,
            };
            let around = own.then(|| self.hole());
            match node {
                parse::Node::Leaf { leaf, .. } => {
                    let (matcher, what) = vocabulary::matcher(leaf, lists)?;
                    self.program.push(Step::Part(self.parts.len()));
                    self.parts.push(Part { written: leaf.written.clone(), what, matcher, optional: optional || own });
                }
                parse::Node::Group { alternatives, .. } => {
                    let mut leave = Vec::new();
                    let last = alternatives.len().saturating_sub(1);
                    for (i, alternative) in alternatives.iter().enumerate() {
                        let other = (i < last).then(|| self.hole());
                        self.sequence(alternative, optional || own, lists)?;
                        if let Some(other) = other {
                            leave.push(self.hole());
                            self.fill(other, Step::Or(self.program.len()));
                        }
                    }
                    for hole in leave {
                        self.fill(hole, Step::Jump(self.program.len()));
                    }
                }
            }
            if let Some(hole) = around {
                self.fill(hole, Step::Or(self.program.len()));
            }
            optional &= own;
        }
        Ok(())
    }

    /// A step to be written later.
    fn hole(&mut self) -> usize {
        self.program.push(Step::End);
        self.program.len() - 1
    }

    fn fill(&mut self, hole: usize, step: Step) {
        if let Some(place) = self.program.get_mut(hole) {
            *place = step;
        }
    }

    /// Whether the whole name matches. Blanks may stand before, between and behind parts.
    ///
    /// # Errors
    /// What did not match where the search came farthest, or that a limit was reached first.
    pub fn check(&self, name: &str, places: &Places<'_>) -> Result<Matched, Mismatch> {
        self.search(name, places).0
    }

    /// The answer and the steps it took.
    pub(super) fn search(&self, name: &str, places: &Places<'_>) -> (Result<Matched, Mismatch>, usize) {
        if name.chars().nth(NAME_CHARS_MAX).is_some() {
            return (Err(Mismatch::Undecided), 0);
        }
        let mut farthest = Farthest::default();
        let width = name.len() + 1;
        // For each place in the program and in the name the best way there. The program only goes forward, so that a
        // place is settled when its turn comes.
        let mut ways = vec![Way::default(); self.program.len() * width];
        if let Some(start) = ways.first_mut() {
            start.arrivals = 1;
        }
        let mut ends = Vec::new();
        let mut steps = 0;
        for (step, instruction) in self.program.iter().enumerate() {
            let Some((settled, ahead)) = ways.split_at_mut_checked((step + 1) * width) else { break };
            let here = settled.get(step * width..).unwrap_or_default();
            let mut reach = |to: usize, at: usize, way: Way| {
                let place = to.checked_sub(step + 1).and_then(|rows| ahead.get_mut(rows * width + at));
                // Of two ways with as many parts the one that came first stays: the template's own order.
                if let Some(place) = place.filter(|best| way.arrivals > best.arrivals) {
                    *place = way;
                }
            };
            for (at, way) in here.iter().copied().enumerate().filter(|(_, way)| way.arrivals > 0) {
                steps += 1;
                if steps > STEPS_MAX {
                    return (Err(Mismatch::Undecided), steps);
                }
                match instruction {
                    Step::Or(other) => {
                        reach(*other, at, way);
                        reach(step + 1, at, way);
                    }
                    Step::Jump(to) => reach(*to, at, way),
                    Step::Part(number) => {
                        let Some(part) = self.parts.get(*number) else { continue };
                        ends.clear();
                        if let Some(begin) = self.begin(name, at) {
                            part.matcher.ends(name, begin, places, &mut ends);
                            for end in &ends {
                                let direction = part.matcher.direction(name, begin, *end).unwrap_or(way.direction);
                                reach(step + 1, *end, Way { arrivals: way.arrivals + 1, direction });
                            }
                        }
                        if ends.is_empty() && farthest.admit(way, at) && !farthest.parts.contains(number) {
                            farthest.parts.push(*number);
                        }
                    }
                    Step::End => {
                        if name.get(at..).is_none_or(|rest| rest.trim_start().is_empty()) {
                            let direction = Some(way.direction).filter(|d| *d > 0);
                            return (Ok(Matched { direction }), steps);
                        }
                        if farthest.admit(way, at) {
                            farthest.end = true;
                        }
                    }
                }
            }
        }
        (Err(self.explain(name, farthest)), steps)
    }

    /// The name with what the template leaves no choice about: a separator, the full or short form of a place's
    /// name, a place's name or a fixed text that is missing. `None` where that does not make it match.
    #[must_use]
    pub fn repair(&self, name: &str, places: &Places<'_>) -> Option<String> {
        let mut name = name.to_owned();
        // Each round puts at least one part right.
        for round in 0..=self.parts.len() {
            let next = match self.check(&name, places) {
                Ok(_) => return (round > 0).then_some(name),
                Err(Mismatch::Part { before, stood, separator: Some(sign), .. }) => Some(format!("{before}{sign}{stood}")),
                Err(Mismatch::Part { expected, before, stood, separator: None }) => self.put(&expected, &before, &stood, places),
                Err(Mismatch::Rest { .. } | Mismatch::Undecided) => None,
            };
            name = next.or_else(|| self.other_form(&name, places))?;
        }
        None
    }

    /// The name with the only text of the one part that had to stand here.
    fn put(&self, expected: &[Expected], before: &str, stood: &str, places: &Places<'_>) -> Option<String> {
        let [one] = expected else { return None };
        let part = self.parts.get(one.number.checked_sub(1)?)?;
        let (wanted, other) = part.matcher.only(places)?;
        if let Some(rest) = other.and_then(|other| stood.strip_prefix(other)) {
            return Some(format!("{before}{wanted}{rest}"));
        }
        // In the middle of a name a fixed text is as likely written otherwise as missing.
        if matches!(part.matcher, Matcher::Literal(_)) && !before.is_empty() && !stood.is_empty() {
            return None;
        }
        let sign = self.separator.as_deref().unwrap_or_default();
        let (first, last) = (if before.is_empty() { "" } else { sign }, if stood.is_empty() { "" } else { sign });
        // What stands here had its separator before it already.
        let before = before.trim_end().strip_suffix(sign).unwrap_or(before);
        Some(format!("{before}{first}{wanted}{last}{stood}"))
    }

    /// The name with the form of a place's name that the template wants, where another form begins it.
    fn other_form(&self, name: &str, places: &Places<'_>) -> Option<String> {
        self.parts.iter().find_map(|part| {
            let (wanted, other) = part.matcher.only(places)?;
            let rest = name.strip_prefix(other?)?;
            // 成武 begins 成武县 as well.
            (!name.starts_with(wanted) || wanted.len() < other?.len()).then(|| format!("{wanted}{rest}"))
        })
    }

    /// Where the next part begins: behind blanks and, between two parts, the separator.
    fn begin(&self, name: &str, at: usize) -> Option<usize> {
        let mut rest = name.get(at..)?.trim_start();
        if let Some(separator) = self.separator.as_ref().filter(|_| at > 0) {
            rest = rest.strip_prefix(separator.as_str())?.trim_start();
        }
        Some(name.len() - rest.len())
    }

    fn explain(&self, name: &str, farthest: Farthest) -> Mismatch {
        let (_, at) = farthest.reached;
        let mut numbers = farthest.parts;
        numbers.sort_unstable();
        let optional = |number: &usize| self.parts.get(*number).is_some_and(|p| p.optional);
        let list = |numbers: Vec<usize>| -> Vec<Expected> {
            let named = numbers.into_iter().filter_map(|n| Some((n, self.parts.get(n)?)));
            named.map(|(n, p)| Expected { number: n + 1, written: p.written.clone(), what: p.what }).collect()
        };
        let begin = self.begin(name, at);
        let stood = |from: usize| name.get(from..).unwrap_or_default().trim().to_owned();
        let (possible, required): (Vec<_>, Vec<_>) = numbers.into_iter().partition(optional);
        if required.is_empty() && farthest.end {
            return Mismatch::Rest { stood: stood(at), possible: list(possible) };
        }
        let expected = list(if required.is_empty() { possible } else { required });
        let before = name.get(..at).unwrap_or_default().to_owned();
        let stood = stood(begin.unwrap_or(at));
        Mismatch::Part { expected, before, stood, separator: self.separator.clone().filter(|_| begin.is_none()) }
    }
}

#[cfg(test)]
impl Template {
    /// The steps a search takes that knows no list.
    pub(super) fn steps(&self, name: &str) -> usize {
        self.search(name, &Places::default()).1
    }
}
