//! Removes pictures and tapes whose time is over (保存期限), at the beginning of a run: from the store, and from the results folders
//! it knows of. The runs themselves stay, unless `[store] run_days` says for how long; results folders are the user's.

use std::path::Path;

use super::output::EVIDENCE_FILE;
use crate::base::lang::{Lang, say};
use crate::base::text::bytes;
use crate::base::time::Timestamp;
use crate::evidence::tape::Retention;
use crate::store::{Expired, Removed, RunsRemoved, Store, StoreError, before};

/// Where pictures lie in a results folder.
const PICTURES: &str = "snapshots";

/// Removes what is over; gives lines for whoever watches, if there was anything.
///
/// # Errors
/// When the store fails.
pub(super) fn apply(store: &mut Store, retention: Retention, now: Timestamp, lang: Lang) -> Result<Vec<String>, StoreError> {
    let pictures = pictures_and_tapes(store, retention, now, lang)?;
    let runs = whole_runs(store, retention.run_days, now, lang)?;
    Ok(pictures.into_iter().chain(runs).collect())
}

/// Whole runs, where somebody has set a time for them.
fn whole_runs(store: &mut Store, days: u32, now: Timestamp, lang: Lang) -> Result<Option<String>, StoreError> {
    if days == 0 {
        return Ok(None);
    }
    let RunsRemoved { runs, needed, freed } = store.remove_runs(before(now, Retention::span(days)), now)?;
    if runs == 0 {
        return Ok(None);
    }
    let mut line =
        say!(lang, "保存期限：删除 {days} 天前的批次 {runs} 个", "retention: {runs} runs of more than {days} days were removed");
    if needed > 0 {
        line.push_str(&say!(
            lang,
            "；另有 {needed} 个是平台最近的批次、验收轮次或未销号问题的证据，保留",
            "; {needed} more stay: newest of a platform, rounds of an acceptance, evidence of problems that are open"
        ));
    }
    if freed > 0 {
        let freed = bytes(freed);
        line.push_str(&say!(lang, "；数据文件减小 {freed}", "; the store is smaller by {freed}"));
    }
    Ok(Some(line))
}

fn pictures_and_tapes(store: &mut Store, retention: Retention, now: Timestamp, lang: Lang) -> Result<Option<String>, StoreError> {
    let pictures = before(now, Retention::span(retention.snapshot_days));
    let tapes = before(now, Retention::span(retention.tape_days));
    let mut unreached = 0_u64;
    for expired in store.expired(pictures, tapes)? {
        unreached += u64::from(!clear(&expired, pictures, tapes));
    }
    let Removed { snapshots, tapes } = store.remove(pictures, tapes)?;
    if snapshots == 0 && tapes == 0 {
        return Ok(None);
    }
    let (days, tape_days) = (retention.snapshot_days, retention.tape_days);
    let mut line = say!(
        lang,
        "保存期限：删除 {days} 天前的抓图 {snapshots} 张、{tape_days} 天前的报文留存 {tapes} 份",
        "retention: {snapshots} snapshots of more than {days} days and {tapes} tapes of more than {tape_days} days were removed"
    );
    if unreached > 0 {
        line.push_str(&say!(
            lang,
            "；{unreached} 个结果文件夹已不在原处或删不了，其中的抓图请自行处理",
            "; {unreached} results folders are not where they were or cannot be changed: see to the pictures in them yourself"
        ));
    }
    Ok(Some(line))
}

/// Removes the pictures and tapes of a results folder; false where that could not be done.
fn clear(expired: &Expired, pictures: Timestamp, tapes: Timestamp) -> bool {
    let folder = &expired.folder;
    if !folder.is_dir() {
        return false;
    }
    let shown = folder.join(PICTURES);
    let removed = expired.names.iter().filter(|name| is_ours(name)).all(|name| gone(&shown.join(name)));
    // Of an empty folder nothing is left; another one stays.
    let _ = std::fs::remove_dir(&shown);
    let file = folder.join(EVIDENCE_FILE);
    let emptied = || {
        let mut store = Store::open(&file)?;
        store.remove(pictures, tapes)?;
        store.close()
    };
    removed && (!file.exists() || emptied().is_ok())
}

/// A name as we give them: 24 hexadecimal digits.
fn is_ours(name: &str) -> bool {
    name.strip_suffix(".jpg").is_some_and(|digits| digits.len() == 24 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn gone(file: &Path) -> bool {
    std::fs::remove_file(file).is_ok() || !file.exists()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::tests::evidence;

    #[test]
    fn what_is_over_leaves_the_store_and_the_folders_and_nothing_else_does() {
        let root = std::env::temp_dir().join(format!("gbaudit-retention-cli-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        let folder = root.join("out");
        std::fs::create_dir_all(folder.join(PICTURES)).unwrap();
        let name = "0123456789abcdef01234567.jpg";
        for (file, octets) in [("snapshots/0123456789abcdef01234567.jpg", b"jpeg".as_slice()), ("snapshots/mine.jpg", b"mine")] {
            std::fs::write(folder.join(file), octets).unwrap();
        }
        let one = evidence("r", "p");
        let fill = |store: &mut Store| {
            store.put(&one).unwrap();
            store.put_snapshot("r", "p", name, b"jpeg").unwrap();
            store.put_snapshot("r", "p", "../out/snapshots/mine.jpg", b"x").unwrap();
            store.put_tape("r", "p", "c", 1, b"tape").unwrap();
        };
        let mut beside = Store::open(&folder.join(EVIDENCE_FILE)).unwrap();
        fill(&mut beside);
        beside.close().unwrap();
        let mut store = Store::open(&root.join("a.db")).unwrap();
        fill(&mut store);
        store.put_folder("r", "p", folder.to_str().unwrap()).unwrap();
        store.put_folder("r", "p", root.join("moved").to_str().unwrap()).unwrap();
        let retention = Retention { snapshot_days: 30, tape_days: 40, run_days: 0 };
        let day = |n: i64| Timestamp::from_micros(1_000_000).plus_seconds(n * 86_400);
        assert!(apply(&mut store, retention, day(30), Lang::Zh).unwrap().is_empty());
        let line = apply(&mut store, retention, day(31), Lang::Zh).unwrap().remove(0);
        assert!(line.contains("30 天前的抓图 2 张") && line.contains("留存 0 份") && line.contains("1 个结果文件夹"), "{line}");
        assert!(!folder.join(PICTURES).join(name).exists());
        assert!(folder.join("snapshots/mine.jpg").exists(), "what is not ours by its name stays");
        let beside = Store::open(&folder.join(EVIDENCE_FILE)).unwrap();
        assert_eq!((beside.picture("r", "p", name).unwrap(), beside.tapes("r", "p", "c").unwrap().len()), (None, 1));
        drop(beside);
        let line = apply(&mut store, retention, day(41), Lang::En).unwrap().remove(0);
        assert!(line.contains("0 snapshots") && line.contains("1 tapes"), "{line}");
        assert!(apply(&mut store, retention, day(99), Lang::En).unwrap().is_empty(), "said once");
        assert_eq!(store.load("r").unwrap().len(), 1);
        // A newer one, and a time for whole runs: the store has it no more, its folder stays.
        let mut newer = evidence("s", "p");
        newer.header.started = day(90).micros();
        store.put(&newer).unwrap();
        let retention = Retention { run_days: 60, ..retention };
        let line = apply(&mut store, retention, day(99), Lang::Zh).unwrap().remove(0);
        assert!(line.contains("60 天前的批次 1 个") && !line.contains("另有"), "{line}");
        assert_eq!((store.load("r").unwrap().len(), store.load("s").unwrap().len()), (0, 1));
        assert_eq!(Store::open(&folder.join(EVIDENCE_FILE)).unwrap().load("r").unwrap().len(), 1);
        assert!(apply(&mut store, retention, day(3_650), Lang::Zh).unwrap().is_empty(), "the newest is never removed");
    }
}
