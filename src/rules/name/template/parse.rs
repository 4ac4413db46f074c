//! The grammar of a template.
//!
//! ```text
//! template = part { part }
//! part     = token [ "?" ] | literal | "(" template { "|" template } ")" [ "?" ]
//! token    = "{" kind [ ":" arg { "," arg } ] "}"
//! literal  = quoted text
//! ```
//!
//! Not for: what the kinds mean ([`super::vocabulary`]).

use super::{ARGUMENTS_MAX, DEPTH_MAX, PARTS_MAX, TEMPLATE_CHARS_MAX, TemplateError, fault};

/// One part that stands for text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leaf {
    /// As written: `{county:short}`, `"号"`.
    pub written: String,
    /// Where it begins, characters from 1.
    pub at: usize,
    pub token: Token,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Kind { kind: String, args: Vec<String> },
    Literal(String),
}

/// A part with what may be left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Leaf { leaf: Leaf, optional: bool },
    Group { alternatives: Vec<Vec<Self>>, optional: bool },
}

struct Parser {
    chars: Vec<char>,
    /// Index of the next character.
    next: usize,
    leaves: usize,
}

/// The marks that open and close a literal.
const QUOTES: [(char, char); 4] = [('"', '"'), ('\'', '\''), ('“', '”'), ('‘', '’')];

/// Reads a template.
pub(super) fn parse(text: &str) -> Result<Vec<Node>, TemplateError> {
    let chars: Vec<char> = text.chars().take(TEMPLATE_CHARS_MAX + 1).collect();
    if chars.len() > TEMPLATE_CHARS_MAX {
        return Err(fault!(
            TEMPLATE_CHARS_MAX,
            "模板超过 {TEMPLATE_CHARS_MAX} 个字符，请拆成几个模板",
            "the template is longer than {TEMPLATE_CHARS_MAX} characters; split it into several templates"
        ));
    }
    let mut parser = Parser { chars, next: 0, leaves: 0 };
    let nodes = parser.template(0)?;
    match parser.peek() {
        None => Ok(nodes),
        Some(found) => Err(fault!(
            parser.at(),
            "“{found}”没有对应的“(”，请删去或补上“(”",
            "“{found}” has no “(” before it: take it out or add the “(”"
        )),
    }
}

impl Parser {
    /// Position of the next character, from 1.
    fn at(&self) -> usize {
        self.next + 1
    }

    /// The next character that is no blank.
    fn peek(&mut self) -> Option<char> {
        while self.chars.get(self.next).is_some_and(|c| c.is_whitespace()) {
            self.next += 1;
        }
        self.chars.get(self.next).copied()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.next += usize::from(found);
        found
    }

    fn template(&mut self, depth: usize) -> Result<Vec<Node>, TemplateError> {
        let mut nodes = Vec::new();
        loop {
            let at = self.at();
            let node = match self.peek() {
                None | Some('|' | ')') => break,
                Some('{') => self.token()?,
                Some('(') => self.group(depth + 1)?,
                Some(quote) if QUOTES.iter().any(|(open, _)| *open == quote) => self.literal()?,
                Some('?') => {
                    return Err(fault!(
                        at,
                        "“?”只能紧跟在 {{…}} 或 (…) 之后；可省略的文字请写成 (\"文字\")?",
                        "“?” stands only behind {{…}} or (…); write (\"text\")? for text that may be left out"
                    ));
                }
                Some(found) => {
                    return Err(fault!(
                        self.at(),
                        "此处不能写“{found}”：部位写作 {{类型}}，固定文字加引号，如 \"号\"，选择写作 ( 甲 | 乙 )",
                        "“{found}” cannot stand here: write {{kind}} for a part, \"text\" in quotes for fixed text, ( a | b ) for a choice"
                    ));
                }
            };
            nodes.push(node);
        }
        if nodes.is_empty() {
            return Err(fault!(
                self.at(),
                "此处没有任何部分，至少写一个，如 {{spot}}",
                "nothing stands here; write at least one part, such as {{spot}}"
            ));
        }
        Ok(nodes)
    }

    fn group(&mut self, depth: usize) -> Result<Node, TemplateError> {
        let at = self.at();
        if depth > DEPTH_MAX {
            return Err(fault!(at, "括号嵌套超过 {DEPTH_MAX} 层", "groups stand in each other more than {DEPTH_MAX} deep"));
        }
        self.next += 1;
        let mut alternatives = vec![self.template(depth)?];
        while self.take('|') {
            alternatives.push(self.template(depth)?);
        }
        if !self.take(')') {
            return Err(fault!(at, "此处的“(”没有闭合，请补上“)”", "the “(” here is not closed; add “)”"));
        }
        Ok(Node::Group { alternatives, optional: self.take('?') })
    }

    fn token(&mut self) -> Result<Node, TemplateError> {
        let (start, at) = (self.next, self.at());
        let inside = self
            .until('}')
            .ok_or_else(|| fault!(at, "此处的“{{”没有闭合，请补上“}}”", "the “{{” here is not closed; add “}}”"))?;
        if let Some(sign) = inside.chars().find(|c| matches!(c, '：' | '，' | '{' | '(' | ')' | '|' | '?')) {
            return Err(fault!(
                at,
                "{{…}} 内不能写“{sign}”，写法为 {{类型:参数,参数}}，冒号和逗号用半角",
                "“{sign}” cannot stand inside {{…}}; write {{kind:argument,argument}} with ASCII colon and comma"
            ));
        }
        let (kind, args) = inside.split_once(':').map_or((inside.as_str(), None), |(kind, args)| (kind, Some(args)));
        let args: Vec<String> = args.map(|args| args.split(',').map(|a| a.trim().to_owned()).collect()).unwrap_or_default();
        if args.len() > ARGUMENTS_MAX {
            return Err(fault!(
                at,
                "参数超过 {ARGUMENTS_MAX} 个，请改用名单",
                "there are more than {ARGUMENTS_MAX} arguments; use a list instead"
            ));
        }
        if args.iter().any(String::is_empty) {
            return Err(fault!(
                at,
                "冒号或逗号之后没有参数，请补上或删去标点",
                "no argument stands behind the colon or comma; add it or take the sign out"
            ));
        }
        let token = Token::Kind { kind: kind.trim().to_owned(), args };
        let leaf = self.leaf(start, at, token)?;
        Ok(Node::Leaf { leaf, optional: self.take('?') })
    }

    fn literal(&mut self) -> Result<Node, TemplateError> {
        let (start, at) = (self.next, self.at());
        let open = self.chars.get(start).copied();
        let close = QUOTES.iter().find(|(o, _)| Some(*o) == open).map_or('"', |(_, close)| *close);
        let text = self.until(close).ok_or_else(|| {
            fault!(at, "此处的引号没有闭合，请补上“{close}”", "the quoted text here is not closed; add “{close}”")
        })?;
        if text.trim().is_empty() {
            return Err(fault!(at, "引号内没有文字", "there is no text in the quotes"));
        }
        let leaf = self.leaf(start, at, Token::Literal(text.trim().to_owned()))?;
        Ok(Node::Leaf { leaf, optional: false })
    }

    /// The text behind the next character up to `close`, which is taken too.
    fn until(&mut self, close: char) -> Option<String> {
        let start = self.next + 1;
        let length = self.chars.get(start..)?.iter().position(|c| *c == close)?;
        self.next = start + length + 1;
        self.chars.get(start..start + length).map(|inside| inside.iter().collect())
    }

    fn leaf(&mut self, start: usize, at: usize, token: Token) -> Result<Leaf, TemplateError> {
        self.leaves += 1;
        if self.leaves > PARTS_MAX {
            return Err(fault!(at, "模板超过 {PARTS_MAX} 个部分", "the template has more than {PARTS_MAX} parts"));
        }
        let written = self.chars.get(start..self.next).unwrap_or_default().iter().collect();
        Ok(Leaf { written, at, token })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::lang::Lang;

    fn kind(nodes: &[Node], i: usize) -> (&str, Vec<&str>, bool) {
        match &nodes[i] {
            Node::Leaf { leaf: Leaf { token: Token::Kind { kind, args }, .. }, optional } => {
                (kind, args.iter().map(String::as_str).collect(), *optional)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn tokens_literals_and_groups() {
        let nodes = parse(r"{county:short}? { serial : 1 , 3 } '号' ( {dir:8} | {kind} “部” )?").unwrap();
        assert_eq!(kind(&nodes, 0), ("county", vec!["short"], true));
        assert_eq!(kind(&nodes, 1), ("serial", vec!["1", "3"], false));
        let Node::Leaf { leaf, optional: false } = &nodes[2] else { panic!() };
        assert_eq!((leaf.written.as_str(), leaf.at, &leaf.token), ("'号'", 36, &Token::Literal("号".into())));
        let Node::Group { alternatives, optional: true } = &nodes[3] else { panic!() };
        assert_eq!(alternatives.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn errors_say_where_and_what_to_write() {
        for (text, at, zh) in [
            ("", 1, "至少写一个"),
            ("{spot", 1, "补上“}”"),
            ("{spot} 门", 8, "固定文字加引号"),
            ("{spot} \"门", 8, "引号没有闭合"),
            ("({spot} | ) {dir}", 11, "至少写一个"),
            ("({spot}", 1, "补上“)”"),
            ("{spot})", 7, "没有对应的“(”"),
            ("{spot} | {dir}", 8, "没有对应的“(”"),
            ("\"号\"?", 4, "(\"文字\")?"),
            ("{serial:1，3}", 1, "用半角"),
            ("{serial:1,}", 1, "没有参数"),
            ("\" \"", 1, "没有文字"),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.at, Some(at), "{text}: {}", error.message(Lang::Zh));
            assert!(error.message(Lang::Zh).contains(zh), "{text}: {}", error.message(Lang::Zh));
            assert!(error.message(Lang::En).contains(&format!("character {at}")), "{}", error.message(Lang::En));
        }
    }

    #[test]
    fn limits_are_named() {
        let deep = format!("{}{{spot}}{}", "(".repeat(DEPTH_MAX + 1), ")".repeat(DEPTH_MAX + 1));
        assert!(parse(&deep).unwrap_err().message(Lang::Zh).contains("嵌套超过"));
        assert!(parse(&"(".repeat(1_000_000)).unwrap_err().message(Lang::Zh).contains("个字符"));
        assert!(parse(&"{dir}".repeat(PARTS_MAX + 1)).unwrap_err().message(Lang::Zh).contains("个部分"));
        let many = format!("{{road:{}}}", vec!["路"; ARGUMENTS_MAX + 1].join(","));
        assert!(parse(&many).unwrap_err().message(Lang::Zh).contains("改用名单"));
        let fits = format!("{}{{spot}}{}", "(".repeat(DEPTH_MAX), ")".repeat(DEPTH_MAX));
        assert!(parse(&fits).is_ok());
    }
}
