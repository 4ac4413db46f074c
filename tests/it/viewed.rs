//! `gbaudit view` as a browser meets it: the program itself over loopback, requests written by hand.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::support::folder;

const CATALOGUE: &str = "fixtures/runs/seven_cameras/catalogue.xml";

fn gbaudit(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gbaudit"));
    command.args(arguments).current_dir(folder).env_remove("GBAUDIT_LANG");
    command
}

/// A page that is being served.
struct Served {
    child: Child,
    at: SocketAddr,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl Served {
    fn start(folder: &Path, results: &str) -> Self {
        let catalogue = Path::new(env!("CARGO_MANIFEST_DIR")).join(CATALOGUE);
        let catalogue = catalogue.to_str().unwrap();
        let made = gbaudit(folder, &["check", catalogue, "--jurisdiction", "371723", "--as-of", "2026-11-24", "--out", results]);
        assert!({ made }.output().unwrap().status.code().is_some_and(|code| code != 2));
        std::fs::write(folder.join("view.secret"), "Abc12345\n").unwrap();
        let arguments = ["view", results, "--listen", "127.0.0.1:0", "--password-file", "view.secret"];
        let scratch = folder.join("scratch");
        std::fs::create_dir_all(&scratch).unwrap();
        let mut child = gbaudit(folder, &arguments).env("TMPDIR", scratch).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let at = line.trim().rsplit("http://").next().unwrap().trim_end_matches('/').parse().unwrap_or_else(|_| panic!("{line}"));
        Self { child, at }
    }

    fn send(&self, octets: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.at).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_mins(1))).unwrap();
        stream.write_all(octets).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(answer.len());
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        let status = head.split(' ').nth(1).unwrap_or_default().parse().unwrap_or(0);
        let body = answer.get(end + 4..).unwrap_or_default().to_vec();
        Answer { status, head, body }
    }

    fn get(&self, path: &str, cookie: &str) -> Answer {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: {}\r\nCookie: {cookie}\r\n\r\n", self.at).as_bytes())
    }

    fn post(&self, path: &str, cookie: &str, more: &str, kind: &str, body: &[u8]) -> Answer {
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nCookie: {cookie}\r\n{more}Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n",
            self.at
        );
        self.send(&[head.as_bytes(), body].concat())
    }

    fn enter(&self, password: &str) -> Answer {
        self.post("/enter", "", "", "application/x-www-form-urlencoded", format!("password={password}").as_bytes())
    }

    fn entered(&self) -> String {
        let answer = self.enter("Abc12345");
        assert_eq!(answer.status, 303, "{}", answer.head);
        let cookie = answer.header("set-cookie").unwrap().to_owned();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
        cookie.split(';').next().unwrap().to_owned()
    }

    /// The only run of the store.
    fn run(&self, cookie: &str) -> String {
        let page = self.get("/", cookie).text();
        page.split("href=\"/run/").nth(1).unwrap_or_else(|| panic!("{page}")).split('/').next().unwrap().to_owned()
    }

    fn sheet(&self, run: &str, cookie: &str, sheet: &[u8]) -> Answer {
        let mut body = b"--b\r\nContent-Disposition: form-data; name=\"sheet\"; filename=\"<i>a.csv\"\r\n\r\n".to_vec();
        body.extend_from_slice(sheet);
        body.extend_from_slice(b"\r\n--b--\r\n");
        self.post(&format!("/run/{run}/try"), cookie, "", "multipart/form-data; boundary=b", &body)
    }
}

#[test]
fn nothing_is_seen_without_the_password() {
    let folder = folder("view_closed");
    let served = Served::start(&folder, "results");
    let run = served.run(&served.entered());
    let file = format!("/run/{run}/report.html");
    for path in ["/", "/run/x/", &file, "/nowhere", "/leave"] {
        let answer = served.get(path, "gbaudit_view=0123");
        assert_eq!(answer.status, 401, "{path}");
        assert!(answer.text().contains("type=\"password\"") && !answer.text().contains(&run), "{path}");
        assert!(answer.header("content-security-policy").unwrap().contains("default-src 'none'"));
    }
    assert_eq!(served.sheet(&run, "", b"x").status, 401);
    // A form of another page, with a browser that has entered.
    let other = served.post("/leave", &served.entered(), "Origin: http://evil.example\r\n", "text/plain", b"");
    assert_eq!(other.status, 403);
    for _ in 0..5 {
        assert_eq!(served.enter("wrong").status, 401);
    }
    let answer = served.enter("Abc12345");
    assert!(answer.status == 429 && answer.text().contains("秒后再试"), "{}", answer.head);
}

#[test]
fn runs_reports_and_files_are_those_of_the_command_line() {
    let folder = folder("view_open");
    let served = Served::start(&folder, "results");
    let cookie = served.entered();
    let run = served.run(&cookie);
    let page = served.get(&format!("/run/{run}/"), &cookie);
    assert_eq!(page.status, 200);
    for name in ["report.html", "report.docx", "report.pdf", "report.xlsx", "corrections.xlsx", "findings.csv", "report.json"] {
        let answer = served.get(&format!("/run/{run}/{name}"), &cookie);
        assert_eq!(answer.status, 200, "{name}");
        assert!(answer.body == std::fs::read(folder.join("results").join(name)).unwrap(), "{name} differs");
        assert_eq!(answer.header("content-disposition").is_some(), name != "report.html", "{name}");
        assert!(page.text().contains(&format!("/{name}\"")), "{name}");
    }
    for path in ["../evidence.db", "..%2f..%2fview.secret", "%2fetc%2fpasswd", "evidence.db", "snapshots/none.jpg", ""] {
        let answer = served.get(&format!("/run/{run}/{path}"), &cookie);
        assert!(answer.status == 404 || path.is_empty(), "{path}: {}", answer.head);
    }
    assert_eq!(served.get("/run/20260101-0000-0000/", &cookie).status, 404);
    served.post("/leave", &cookie, "", "text/plain", b"");
    assert_eq!(served.get("/", &cookie).status, 401);
}

#[cfg(unix)]
#[test]
fn what_was_drawn_is_nobody_elses_and_goes_when_it_ends() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder("view_scratch");
    let mut served = Served::start(&folder, "results");
    let cookie = served.entered();
    served.get(&format!("/run/{}/", served.run(&cookie)), &cookie);
    let scratch: Vec<_> = std::fs::read_dir(folder.join("scratch")).unwrap().flatten().collect();
    assert_eq!(scratch.len(), 1);
    assert_eq!(scratch[0].metadata().unwrap().permissions().mode() & 0o777, 0o700);
    // The shell's own: a bare system has no other.
    let kill = format!("kill -INT {}", served.child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    assert!(served.child.wait().unwrap().success());
    assert_eq!(std::fs::read_dir(folder.join("scratch")).unwrap().count(), 0);
}

#[test]
fn an_edited_sheet_is_tried_and_not_kept() {
    let folder = folder("view_tried");
    let served = Served::start(&folder, "results");
    let cookie = served.entered();
    let run = served.run(&cookie);
    let made = gbaudit(&folder, &["fix", "results", "--out", "sheet.csv"]).output().unwrap();
    assert!(made.status.success());
    let sheet = std::fs::read_to_string(folder.join("sheet.csv")).unwrap();
    let mut table = csv::ReaderBuilder::new().has_headers(false).from_reader(sheet.trim_start_matches('\u{FEFF}').as_bytes());
    let mut filled = csv::Writer::from_writer(Vec::new());
    let (mut value, mut proposed) = (0, 0);
    for (number, row) in table.records().map(Result::unwrap).enumerate() {
        let mut cells: Vec<String> = row.iter().map(ToOwned::to_owned).collect();
        if number == 0 {
            value = cells.iter().position(|cell| cell == "修正值").unwrap();
            proposed = cells.iter().position(|cell| cell == "建议值").unwrap();
        } else if cells[value].is_empty() {
            cells[value] = cells[proposed].clone();
        }
        filled.write_record(&cells).unwrap();
    }
    let answer = served.sheet(&run, &cookie, &filled.into_inner().unwrap());
    let text = answer.text();
    assert_eq!(answer.status, 200, "{text}");
    assert!(text.contains("平台没有被改动") && text.contains("合规率") && text.contains("&#60;i&#62;a.csv"), "{text}");
    // The same sentence as the command line's, of a sheet that changes nothing.
    let answer = served.sheet(&run, &cookie, b"a,b\r\n1,2\r\n");
    assert!(answer.status == 400 && answer.text().contains("gbaudit fix"), "{}", answer.text());
    assert_eq!(served.sheet(&run, &cookie, b"").status, 400);
    assert_eq!(served.sheet("20260101-0000-0000", &cookie, b"x").status, 400);
}

#[test]
fn what_is_no_request_is_answered_or_cut_off() {
    let folder = folder("view_hostile");
    let served = Served::start(&folder, "results");
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "X-A: b\r\n".repeat(1_000));
    for octets in [b"\x16\x03\x01\x02\x00".as_slice(), b"GET\r\n\r\n", b"GET /\xff\xfe HTTP/1.1\r\n\r\n", many.as_bytes()] {
        assert!(!matches!(served.send(octets).status, 200 | 303), "{}", String::from_utf8_lossy(octets));
    }
    let large = vec![b'a'; 100_000];
    let answer = served.post("/enter", "", "", "application/x-www-form-urlencoded", &large);
    assert!(matches!(answer.status, 400 | 413), "{}", answer.head);
    assert_eq!(served.get("/", &served.entered()).status, 200);
}

#[test]
fn what_cannot_be_served_is_said_first() {
    let folder = folder("view_refused");
    let told = |arguments: &[&str]| {
        let output = gbaudit(&folder, arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(told(&["view"]).contains("没有数据文件"));
    assert!(told(&["view", "."]).contains("evidence.db"));
    let served = Served::start(&folder, "results");
    assert!(told(&["view", "results"]).contains("--password-file"));
    std::fs::write(folder.join("empty"), "\n").unwrap();
    assert!(told(&["view", "results", "--password-file", "empty"]).contains("为空"));
    let at = served.at.to_string();
    let taken = told(&["view", "results", "--password-file", "view.secret", "--listen", &at]);
    assert!(taken.contains("端口已被占用") && taken.contains("--listen"), "{taken}");
}
