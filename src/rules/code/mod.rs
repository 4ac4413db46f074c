//! Rules about DeviceID (设备编码).

pub mod d01_missing;
pub mod d02_blanks;
pub mod d03_full_width;
pub mod d04_not_digits;
pub mod d05_length;
pub mod d06_factory_code;
pub mod d07_province;
pub mod d08_region;
pub mod d09_retired;
pub mod d10_zone;
pub mod d11_outside;
pub mod d12_access_unit;
pub mod d13_industry_undefined;
pub mod d14_industry_of_another_scene;
pub mod d15_type_undefined;
pub mod d16_type_of_another_kind;
pub mod d17_network;
pub mod d18_serial_zero;
pub mod d19_duplicate;
pub mod d20_code_of_parent;
pub mod d21_code_of_platform;
pub mod d22_rule_b;
pub mod d23_lens_without_channels;
pub mod d24_drift;
