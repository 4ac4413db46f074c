//! `gbaudit` measures indicator 4 of a GB/T 28181 video platform: is the catalogue complete, is every record
//! right, does every camera give a picture, and which rates follow.
//!
//! Data flows one way: `net` brings octets, `sip` and `manscdp` read them without repairing them, `catalog` proves
//! completeness, `rules` judges each item, `media` and `probe` look for a picture, `indicator` counts, `report`
//! prints. All of a run goes through [`evidence`], so that the same evidence gives the same report, to the byte.
//!
//! Modules stand on floors; one may name only what lies below it (`docs/ARCHITECTURE.md` draws them, a test keeps
//! them). Floors 0 to 6 do no I/O: octets, moments and settings come in as arguments.

pub mod audit;
pub mod base;
pub mod bundle;
pub mod capture;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod correction;
pub mod diff;
pub mod division;
pub mod edition;
pub mod evidence;
pub mod indicator;
pub mod manscdp;
pub mod media;
pub mod net;
pub mod notice;
pub mod pairing;
pub mod platform;
pub mod position;
pub mod probe;
pub mod profile;
pub mod report;
pub mod rules;
pub mod simulator;
pub mod sip;
pub mod store;
pub mod view;
