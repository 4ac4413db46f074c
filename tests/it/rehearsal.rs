//! `gbaudit demo --guided`: the rehearsal from its first line to its last, with somebody who types.

use std::sync::PoisonError;

use crate::command::Running;
use crate::support::{MACHINE, folder};

#[test]
fn three_records_are_put_right_and_the_rate_rises() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = folder("rehearsal");
    let (demo, mut keyboard) = Running::asked(&folder, &["demo", "--guided", "--out", "r"]);
    // Enter throughout: the answers of the unit.
    std::io::Write::write_all(&mut keyboard, &b"\n".repeat(12)).unwrap();
    let done = demo.end();
    assert_eq!(done.code, 0, "{}{}", done.out, done.said);
    for wanted in ["还差 3 路", "尾号 0007  设备名称  示例社区中心路西段枪机", "6/9 = 66.66% 未达标 → 9/9 = 100.00% 达标"]
    {
        assert!(done.out.contains(wanted), "no {wanted} in {}", done.out);
    }
    // Tried out, and then on the platform that was put right.
    assert_eq!(done.out.matches("6/9 = 66.66% 未达标 → 9/9 = 100.00% 达标").count(), 2, "{}", done.out);
    for name in ["r/1/report.html", "r/1/corrections.xlsx", "r/1/corrections.csv", "r/2/report.html"] {
        assert!(folder.join(name).exists(), "{name}");
    }
}

#[test]
fn what_is_typed_wrong_is_judged_too_and_the_end_of_the_input_ends_it() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = folder("rehearsal-wrong");
    let (demo, mut keyboard) = Running::asked(&folder, &["demo", "--guided", "--out", "r"]);
    let typed = "\n\n\n\nCamera 01\n115.889600\n34.952800\n371723\n";
    std::io::Write::write_all(&mut keyboard, typed.as_bytes()).unwrap();
    drop(keyboard);
    let done = demo.end();
    assert_eq!(done.code, 2, "{}{}", done.out, done.said);
    assert!(done.out.contains("8/9 = 88.88% 未达标"), "{}", done.out);
    assert!(!folder.join("r/2/report.html").exists());
}
