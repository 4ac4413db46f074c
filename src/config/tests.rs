use super::*;

const GOOD: &str = r#"
[local]
id = "37172300002000000001"
listen = ["udp:127.0.0.1:15060", "tcp:127.0.0.1:15060"]

[[platform]]
name = "chengwu"
id = "37172300002000000002"
address = "udp:127.0.0.1:15061"
password = "pw"

[audit]
jurisdiction = ["371723"]
"#;

fn problems(text: &str) -> Vec<String> {
    match read("gbaudit.toml", text, Path::new("."), Lang::En) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(Problem::render).collect(),
    }
}

#[track_caller]
fn check(from: &str, to: &str, expected: &str) {
    let text = GOOD.replace(from, to);
    assert_ne!(text, GOOD, "nothing was replaced");
    let found = problems(&text);
    assert!(found.iter().any(|p| p.contains(expected)), "{found:?}");
}

#[test]
fn the_contracts_own_example_reads() {
    let settings = read("gbaudit.toml", GOOD, Path::new("/etc/gbaudit"), Lang::Zh).unwrap();
    assert_eq!(settings.local.party.domain, "3717230000");
    assert_eq!(settings.local.media_ports, 30_000..=30_127);
    assert_eq!(settings.platforms[0].address.unwrap().to_string(), "udp:127.0.0.1:15061");
    assert_eq!(settings.store, Path::new("/etc/gbaudit/gbaudit.db"));
    assert_eq!((settings.probe.parallel_per_platform, settings.audit.rates.len()), (8, 5));
}

#[test]
fn every_mistake_is_told_with_its_line_and_what_to_write() {
    check("listen =", "listn =", "gbaudit.toml:4: unknown setting local.listn, did you mean listen?");
    check("id = \"37172300002000000001\"", "id = \"3717\"", "gbaudit.toml:3: local.id = \"3717\" must be 20 digits");
    check("udp:127.0.0.1:15061", "127.0.0.1:15061", "must begin with udp:, tcp: or tls:");
    check("\"tcp:127.0.0.1:15060\"", "\"tls:127.0.0.1:15060\"", "write tls_certificate = \"file\" in [local]");
    check("password = \"pw\"", "auth = \"basic\"", "write one of: \"digest\" | \"none\"");
    check("password = \"pw\"", "", "to do without authentication write auth = \"none\"");
    check("password = \"pw\"", "password_env = \"GBAUDIT_TEST_NOT_SET\"", "GBAUDIT_TEST_NOT_SET is not set");
    check("[\"371723\"]", "[\"379999\"]", "gbaudit.toml:13: jurisdiction \"379999\" is in no list");
    check("[\"371723\"]", "[\"37172\"]", "must be a region code of 2, 4, 6 or 8 digits");
    check(
        "[audit]",
        "[audit]\nprofile = \"sd-2023\"",
        "there is no profile sd-2023 (embedded: sd-2022-basic, sd-2022-acceptance, sd-2022-strict, demo)",
    );
    check("[audit]", "[audit]\nplan = \"plan.csv\"", "plan.csv: the table cannot be read");
    check("[audit]", "[audit]\nledger = \"none.csv\"", "none.csv: the ledger cannot be read");
    check("[audit]", "[audit]\nwaivers = \"none.csv\"", "gbaudit.toml:13: none.csv: the waivers cannot be read");
    check(
        "[audit]",
        "[audit]\nreviewed = \"none.csv\"",
        "gbaudit.toml:13: none.csv: the table of pictures looked at cannot be read",
    );
    check("[audit]", "[audit]\nrates = [\"speed\"]", "\"speed\" in rates is unknown");
    check("[audit]", "[store]\nurl = \"postgres://x\"\n[audit]", "is not supported yet");
    check("name = \"chengwu\"", "name = \"../x\"", "names a folder");
    check("id = \"37172300002000000002\"", "id = \"37172300002000000001\"", "is the same as local.id");
    check("address = \"udp:127.0.0.1:15061\"", "role = \"superior\"", "needs an address");
    check("[audit]", "[probe]\nparallel = 0\n[audit]", "probe.parallel must be between 1 and 2000");
    check("[audit]", "[probe]\nsnapshots = \"small\"\n[audit]", "write one of: \"on\" | \"masked\" | \"off\"");
    check("[audit]", "[probe]\ntape = \"some\"\n[audit]", "write one of: \"off\" | \"failed\" | \"all\"");
    check("[audit]", "[store]\nsnapshot_days = 0\n[audit]", "store.snapshot_days must be between 1 and 3650");
    check("[audit]", "[store]\nrun_days = 29\n[audit]", "write 0 (for ever) or at least 30");
    check("password = \"pw\"", "password = \"pw\"\ncontrol_cameras = [\"门口 1\"]", "in control_cameras cannot be called");
}

#[test]
fn pictures_tapes_and_controls_are_as_set_and_as_the_contract_wrote_them_before() {
    let read = |text: &str| read("f", text, Path::new("."), Lang::En).unwrap();
    let default = read(GOOD);
    assert_eq!((default.probe.snapshots, default.probe.tape.policy), (Snapshots::On, TapePolicy::Failed));
    assert_eq!((default.retention.snapshot_days, default.retention.tape_days, default.retention.run_days), (30, 30, 0));
    for (written, snapshots) in [("true", Snapshots::On), ("false", Snapshots::Off), ("\"masked\"", Snapshots::Masked)] {
        let text = GOOD.replace("[audit]", &format!("[probe]\nsnapshots = {written}\n[audit]"));
        assert_eq!(read(&text).probe.snapshots, snapshots);
    }
    let set = GOOD
        .replace("password =", "control_cameras = [\"37172300011320000001\", \"37172300011320000001\"]\npassword =")
        .replace("[audit]", "[probe]\ntape = \"all\"\ntape_mb = 2\n[store]\nsnapshot_days = 180\nrun_days = 180\n[audit]");
    let set = read(&set);
    assert_eq!(set.platforms[0].control_cameras, ["37172300011320000001"], "each once");
    assert_eq!((set.probe.tape.policy, set.probe.tape.max_bytes), (TapePolicy::All, 2 * 1024 * 1024));
    assert_eq!((set.retention.snapshot_days, set.retention.tape_days, set.retention.run_days), (180, 30, 180));
}

#[test]
fn the_confirmation_needs_its_number_and_a_whole_hash() {
    let with = |lines: &str| GOOD.replace("[audit]", &format!("[audit]\n{lines}"));
    let hash = "0A".repeat(32);
    let set =
        read("f", &with(&format!("confirmation = \" 3 \"\nconfirmation_hash = \"{hash}\"")), Path::new("."), Lang::En).unwrap();
    let confirmation = set.audit.confirmation.unwrap();
    assert_eq!((confirmation.number.as_str(), confirmation.hash), ("3", Some("0a".repeat(32))));
    assert!(problems(&with("confirmed_by = \"x\"")).iter().any(|p| p.contains("needs confirmation")));
    assert!(
        problems(&with("confirmation = \"3\"\nconfirmation_hash = \"12\"")).iter().any(|p| p.contains("64 hexadecimal digits"))
    );
}

#[test]
fn no_password_is_possible_when_asked_for() {
    let text = GOOD.replace("password = \"pw\"", "auth = \"none\"");
    assert!(read("f", &text, Path::new("."), Lang::En).unwrap().platforms[0].password.is_none());
}

#[test]
fn a_password_file_is_read_whole_or_refused_with_what_to_do() {
    let folder = std::env::temp_dir().join(format!("gbaudit-secret-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("secret");
    let read = |octets: &[u8]| {
        std::fs::write(&path, octets).unwrap();
        secret_file(&path, "秘", Lang::Zh)
    };
    assert_eq!(read("Abc234\r\n".as_bytes()).unwrap().expose(), "Abc234");
    for (octets, wanted) in [(&b"\n"[..], "为空"), (&[b'a'; 5_000][..], "超过 4096 字节"), (&b"\xff\xfe"[..], "UTF-8")] {
        let why = read(octets).unwrap_err();
        assert!(why.contains(wanted) && why.contains('秘'), "{why}");
    }
    assert!(secret_file(&folder.join("none"), "秘", Lang::Zh).unwrap_err().contains("读不到密码文件"));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_register_of_keys_and_the_reader_agree() {
    // Every registered key is known to the reader: a file with all of them has no unknown one. Keys that name a file which has
    // to be there, or something in it, are left out.
    let files = [
        "password_file",
        "password_env",
        "boundaries",
        "waivers",
        "ledger",
        "plan",
        "assignment",
        "seen_alive",
        "scope",
        "reviewed",
        "tls_certificate",
        "tls_key",
        "tls_ca",
    ];
    let mut text = String::new();
    let mut table = "";
    for key in keys::KEYS.iter().filter(|k| k.table != "tables" && !files.contains(&k.name)) {
        if key.table != table {
            table = key.table;
            text.push_str(&if table == "platform" { "[[platform]]\n".to_owned() } else { format!("[{table}]\n") });
        }
        text.push_str(&format!("{} = {}\n", key.name, key.example));
    }
    assert_eq!(problems(&text), Vec::<String>::new(), "{text}");
    // And the reader knows no key that is not registered.
    let probe = |table: &str| {
        let text = match table {
            "platform" => GOOD.replace("name = \"chengwu\"", "name = \"chengwu\"\nqqqqqq = 1"),
            _ => GOOD.replace(&format!("[{table}]"), &format!("[{table}]\nqqqqqq = 1")),
        };
        let text = if text == GOOD { format!("{GOOD}\n[{table}]\nqqqqqq = 1\n") } else { text };
        problems(&text).into_iter().find(|p| p.contains("qqqqqq")).unwrap()
    };
    for table in ["local", "platform", "audit", "tables", "probe", "store"] {
        let told = probe(table);
        let known: Vec<&str> = told.split("known here: ").nth(1).unwrap().split(", ").collect();
        for name in &known {
            assert!(keys::KEYS.iter().any(|k| k.table == table && k.name == *name), "{table}.{name} is not registered");
        }
    }
}

#[test]
fn every_table_of_the_users_is_a_registered_key() {
    let registered: Vec<&str> = keys::KEYS.iter().filter(|k| k.table == "tables").map(|k| k.name).collect();
    assert_eq!(registered, TABLES.iter().map(|t| t.key).collect::<Vec<_>>());
}
