//! Draws the manual, `docs/manual/zh` and `docs/manual/en`, as one page that needs nothing but itself:
//! `cargo run --example manual -- manual.html`.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The languages of the manual: folder, title, name of the contents.
const LANGUAGES: [(&str, &str, &str); 2] = [("zh", "gbaudit 使用手册", "目录"), ("en", "gbaudit manual", "Contents")];

// The switch is two radio buttons, so that no script is needed and old browsers know it.
const HEAD: &str = r#"<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>gbaudit 使用手册 Manual</title>
<style>
body{max-width:60em;margin:0 auto;padding:1em;color:#222;background:#fff;line-height:1.7;
font-family:"Noto Sans CJK SC","Source Han Sans SC","Microsoft YaHei",SimSun,sans-serif}
h1{margin-top:2.5em;border-bottom:2px solid #345;font-size:1.6em}h2{font-size:1.25em}h3{font-size:1.05em}
a{color:#036}code,pre{font-family:"Noto Sans Mono CJK SC",Consolas,NSimSun,monospace;font-size:.92em}
code{background:#f0f2f4;padding:0 .25em}pre{background:#f0f2f4;padding:.7em;overflow-x:auto;line-height:1.45}pre code{padding:0;background:none}
pre:has(.language-sh){background:#e8eef7}
table{border-collapse:collapse;width:100%;margin:1em 0}th,td{border:1px solid #bbb;padding:.3em .6em;text-align:left;vertical-align:top}
.title{font-size:2em;font-weight:bold;margin:.6em 0 .2em}nav ul{list-style:none;columns:2;padding-left:0}
nav .chapter{margin-top:.5em;font-weight:bold;break-after:avoid}nav .section{padding-left:1.5em;font-size:.92em}nav a{text-decoration:none}
th{background:#eef}#zh,#en{display:none}#show-zh:checked~#zh,#show-en:checked~#en{display:block}label{margin-right:1.5em}
@media print{body{max-width:none;font-size:10pt}input,label{display:none}h1{page-break-before:always}
h2,h3{page-break-after:avoid}pre,tr{page-break-inside:avoid}pre{white-space:pre-wrap}a{color:inherit;text-decoration:none}}
</style></head><body>
<input type="radio" name="language" id="show-zh" checked><label for="show-zh">中文</label>
<input type="radio" name="language" id="show-en"><label for="show-en">English</label>
"#;

/// Both languages as one page.
///
/// # Errors
/// A chapter that cannot be read, or has a link to something else than a chapter.
pub fn page(manual: &Path) -> Outcome<String> {
    let mut page = HEAD.to_owned();
    for (language, title, contents) in LANGUAGES {
        let (mut list, mut body) = (String::new(), String::new());
        for (name, text) in chapters(&manual.join(language))? {
            chapter(&text, (language, &name), (&mut list, &mut body))?;
        }
        let tag = if language == "zh" { "zh-CN" } else { language };
        write!(page, "<main id=\"{language}\" lang=\"{tag}\">\n<p class=\"title\">{title}</p>\n")?;
        write!(page, "<nav><p>{contents}</p>\n<ul>\n{list}</ul></nav>\n{body}</main>\n")?;
    }
    page.push_str("</body></html>\n");
    Ok(page)
}

/// The chapters of a folder, in their order, by name without ending.
///
/// # Errors
/// A file that cannot be read.
pub fn chapters(folder: &Path) -> Outcome<Vec<(String, String)>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if let (Some(name), Some("md")) = (path.file_stem().and_then(|s| s.to_str()), path.extension().and_then(|s| s.to_str())) {
            all.push((name.to_owned(), std::fs::read_to_string(&path)?));
        }
    }
    all.sort();
    Ok(all)
}

/// One chapter: its lines of the contents, and itself. Headings are given names, links to other chapters become links to those.
fn chapter(text: &str, (language, name): (&str, &str), (list, body): (&mut String, &mut String)) -> Outcome<()> {
    let mut events: Vec<Event> = Parser::new_ext(text, Options::ENABLE_TABLES).collect();
    let (mut sections, mut titles) = (0, Vec::new());
    let mut heading: Option<(HeadingLevel, String, String)> = None;
    for event in &mut events {
        match event {
            Event::Start(Tag::Heading { level, id, .. }) => {
                let new = if *level == HeadingLevel::H1 {
                    format!("{language}-{name}")
                } else {
                    sections += 1;
                    format!("{language}-{name}-{sections}")
                };
                *id = Some(new.clone().into());
                heading = Some((*level, new, String::new()));
            }
            Event::End(TagEnd::Heading(_)) => titles.extend(heading.take()),
            Event::Text(text) | Event::Code(text) => {
                if let Some((_, _, title)) = &mut heading {
                    title.push_str(text);
                }
            }
            Event::Start(Tag::Link { dest_url, .. }) => {
                let to = dest_url.strip_suffix(".md").filter(|to| !to.contains('/'));
                let to = to.ok_or_else(|| format!("{language}/{name}: {dest_url} is no chapter of the manual"))?;
                *dest_url = CowStr::from(format!("#{language}-{to}"));
            }
            Event::Start(Tag::Image { .. }) | Event::Html(_) | Event::InlineHtml(_) => {
                return Err(format!("{language}/{name}: pictures and HTML are not for the manual").into());
            }
            _ => {}
        }
    }
    for (level, id, title) in titles {
        let class = match level {
            HeadingLevel::H1 => "chapter",
            HeadingLevel::H2 => "section",
            _ => continue,
        };
        let title = title.replace('&', "&amp;").replace('<', "&lt;");
        writeln!(list, "<li class=\"{class}\"><a href=\"#{id}\">{title}</a></li>")?;
    }
    html::push_html(body, events.into_iter());
    Ok(())
}

#[allow(dead_code, reason = "a test includes this file for its page")]
fn main() -> Outcome<()> {
    let to = std::env::args().nth(1).unwrap_or_else(|| "target/manual.html".into());
    let page = page(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/manual"))?;
    Ok(std::fs::write(to, page)?)
}
