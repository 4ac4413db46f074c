//! What a run costs on paper: `cargo bench --bench report`.
//!
//! A catalogue of n cameras (`data.rs`, one in ten wrong), a plan of n / 5 key positions and a ledger of n cameras in n / 200
//! communities. Measured as whole processes: `check` with every format, each format drawn again from the results folder, the
//! bundle, and its verification. Median of three below a million, one run there.
//!
//! `--growth 10000,100000,1000000`

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_precision_loss,
    reason = "a measurement may fail loudly"
)]

mod child;
mod data;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use child::{Measured, median, process};
use data::{Data, JURISDICTION};

const SEED: u64 = 28_181;
/// Every so many cameras watch a key position.
const KEY_EVERY: usize = 5;
/// Cameras of a community.
const COMMUNITY: usize = 200;
const CLASSES: [&str; 4] = ["小区出入口", "停车场出入口", "社区主干道", "消防通道"];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let growth = match arguments.as_slice() {
        [] => vec![10_000, 100_000, 1_000_000],
        [key, list] if key == "--growth" => list.split(',').map(|n| n.parse().unwrap()).collect(),
        other => panic!("{other:?}: use --growth 10000,100000"),
    };
    println!("{:<16}{:>10}{:>12}{:>12}{:>10}  files", "", "cameras", "time", "a camera", "memory");
    for cameras in growth {
        measure(cameras, if cameras < 1_000_000 { 3 } else { 1 });
    }
}

fn measure(cameras: usize, times: usize) {
    let data = Data::at(&Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("report-{cameras}")), cameras);
    data.write(SEED);
    tables(&data);
    let (out, again, bundle) = (data.file("out"), data.file("again"), data.file("audit.zip"));
    let base = || {
        let mut check = gbaudit(&["check", "--jurisdiction", JURISDICTION, "--as-of", "2026-11-24", "--exit-zero"]);
        check.arg(data.file("catalogue.xml"));
        check.arg("--plan").arg(data.file("plan.csv")).arg("--ledger").arg(data.file("installed.csv"));
        check
    };
    let row = |name: &str, files: &[PathBuf], command: &mut dyn FnMut() -> Command| {
        let measured = median((0..times).map(|_| process(&mut command())).collect::<Vec<Measured>>());
        let each = measured.time.as_secs_f64() * 1e6 / cameras as f64;
        let (seconds, megabytes) = (measured.time.as_secs_f64(), measured.kilobytes / 1_000);
        let mut sizes = String::new();
        for file in files {
            let name = file.file_name().unwrap().to_string_lossy();
            let _ = write!(sizes, "  {name} {:.1} MB", std::fs::metadata(file).unwrap().len() as f64 / 1e6);
        }
        println!("{name:<16}{cameras:>10}{seconds:>10.2} s{each:>9.1} us{megabytes:>7} MB{sizes}");
    };
    let fresh = |folder: &PathBuf| {
        let _ = std::fs::remove_dir_all(folder);
    };
    row("judged only", &[], &mut || base());
    row("every format", &[out.join("report.html")], &mut || {
        fresh(&out);
        let mut check = base();
        check.arg("--out").arg(&out);
        check
    });
    for format in FORMATS {
        let name = if format == "csv" { "findings.csv".to_owned() } else { format!("report.{format}") };
        row(format, &[again.join(name)], &mut || {
            fresh(&again);
            let mut report = gbaudit(&["report", "--format", format, "--exit-zero"]);
            report.arg(&out).arg("--out").arg(&again);
            report
        });
    }
    row("with a bundle", std::slice::from_ref(&bundle), &mut || {
        fresh(&again);
        let mut check = base();
        check.arg("--out").arg(&again).arg("--bundle").arg(&bundle);
        check
    });
    row("verify", &[], &mut || {
        let mut verify = gbaudit(&["verify"]);
        verify.arg(&bundle);
        verify
    });
    fresh(&data.folder);
}

const FORMATS: [&str; 6] = ["html", "json", "csv", "xlsx", "docx", "pdf"];

fn gbaudit(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gbaudit"));
    command.args(arguments);
    command
}

/// A plan and a ledger of the catalogue's own cameras.
fn tables(data: &Data) {
    let mut plan = "社区名称,小区,点位编号,类别,位置说明,摄像机编码,状态,勘查单位,勘查日期\n".to_owned();
    let mut ledger = "台账编号,设备编码,设备名称,社区名称,小区,点位编号,责任单位,是否联网,使用状态\n".to_owned();
    let rows = std::fs::read_to_string(data.file("ledger.tsv")).unwrap();
    let mut known = std::collections::HashSet::new();
    for (number, row) in rows.lines().skip(1).enumerate() {
        let code = row.split('\t').next().unwrap();
        // One in ten is spoilt, some in their code.
        if code.len() != 20 || !code.bytes().all(|b| b.is_ascii_digit()) || !known.insert(code.to_owned()) {
            continue;
        }
        let community = number / COMMUNITY;
        let position = if number % KEY_EVERY == 0 { format!("K{number}") } else { String::new() };
        if !position.is_empty() {
            let class = CLASSES[number / KEY_EVERY % CLASSES.len()];
            let _ = writeln!(plan, "第{community}社区,,{position},{class},位置{number},{code},启用,勘查单位,2026-11-01");
        }
        let _ = writeln!(ledger, "L{number},{code},摄像机{number},第{community}社区,,{position},物业{community},是,在用");
    }
    std::fs::write(data.file("plan.csv"), plan).unwrap();
    std::fs::write(data.file("installed.csv"), ledger).unwrap();
}
