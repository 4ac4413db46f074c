//! Everything that crosses floors: one binary. What runs a peer starts it, waits for it by its own events, and ends it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests may fail loudly"
)]

mod admin;
mod arrivals;
mod bundle;
mod captures;
mod catalog;
mod command;
mod compare;
mod corrections;
mod court;
mod device_crate;
mod floors;
mod fuzz;
mod golden;
mod inputs;
mod join;
mod key_positions;
mod killed;
mod kit;
mod manual;
mod measures;
mod memory;
mod nights;
mod notices_checked;
mod objections;
mod pairing;
mod pairing_troubles;
mod papers;
mod peers;
mod registers;
mod rehearsal;
mod rounds;
mod scenes;
mod simulator;
mod stack_crate;
mod strangers;
mod subscription;
mod support;
mod tls;
mod torture;
mod troubles;
mod viewed;
mod workbook;
mod wvp;
