//! Who may look: one password, and how often it may be tried.
//!
//! Pure: told the time, given random octets. What a browser keeps is known here by its digest only.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::base::clock::Mono;
use crate::base::secret::{Secret, constant_time_eq};
use crate::base::text::hex;

/// Wrong passwords from one address, after which it has to wait.
pub const MAX_WRONG: u32 = 5;
/// How long it has to wait, and after which earlier ones are forgotten.
pub const PENALTY: Duration = Duration::from_mins(1);
/// How long somebody who has entered stays in.
pub const STAY: Duration = Duration::from_hours(12);
/// Browsers at once; one more, and the one that came first has to enter again.
pub const MAX_INSIDE: usize = 256;
/// Addresses whose wrong passwords are counted one by one; all further ones are counted as one.
pub const MAX_ADDRESSES: usize = 1_024;

/// Why somebody may not enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The password is wrong.
    Wrong,
    /// It was wrong too often: not before so long.
    Wait(Duration),
}

/// The gate.
#[derive(Debug)]
pub struct Gate {
    password: [u8; 32],
    inside: Vec<([u8; 32], Mono)>,
    wrong: HashMap<Option<IpAddr>, (u32, Mono)>,
}

impl Gate {
    /// A gate that opens to this password.
    #[must_use]
    pub fn new(password: &Secret) -> Self {
        Self { password: digest(password.expose()), inside: Vec::new(), wrong: HashMap::new() }
    }

    /// Lets somebody in: gives what the browser is to keep.
    ///
    /// # Errors
    /// When the password is wrong, or was too often.
    pub fn enter(&mut self, from: IpAddr, password: &str, now: Mono, random: [u8; 32]) -> Result<String, Refused> {
        self.wrong.retain(|_, (_, last)| now.since(*last) < PENALTY);
        let known = self.wrong.contains_key(&Some(from)) || self.wrong.len() < MAX_ADDRESSES;
        let whose = known.then_some(from);
        if let Some((count, last)) = self.wrong.get(&whose)
            && *count >= MAX_WRONG
        {
            return Err(Refused::Wait(PENALTY.saturating_sub(now.since(*last))));
        }
        if !constant_time_eq(&digest(password), &self.password) {
            let (count, last) = self.wrong.entry(whose).or_insert((0, now));
            (*count, *last) = (*count + 1, now);
            return Err(Refused::Wrong);
        }
        self.wrong.remove(&whose);
        let kept = hex(&random);
        self.inside.retain(|(_, since)| now.since(*since) < STAY);
        if self.inside.len() >= MAX_INSIDE {
            self.inside.remove(0);
        }
        self.inside.push((digest(&kept), now));
        Ok(kept)
    }

    /// Whether what a browser has kept is of somebody who has entered.
    #[must_use]
    pub fn knows(&self, kept: &str, now: Mono) -> bool {
        let kept = digest(kept);
        self.inside.iter().any(|(one, since)| now.since(*since) < STAY && constant_time_eq(one, &kept))
    }

    /// Somebody leaves.
    pub fn leave(&mut self, kept: &str) {
        let kept = digest(kept);
        self.inside.retain(|(one, _)| *one != kept);
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate() -> Gate {
        Gate::new(&Secret::new("Abc12345"))
    }

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn whoever_has_the_password_is_in_until_the_day_is_over_or_they_leave() {
        let mut gate = gate();
        let kept = gate.enter(HERE, "Abc12345", Mono::ZERO, [7; 32]).unwrap();
        assert!(gate.knows(&kept, Mono::ZERO) && !gate.knows("", Mono::ZERO) && !gate.knows("07", Mono::ZERO));
        assert!(!gate.knows(&kept, Mono::ZERO.plus(STAY)));
        gate.leave(&kept);
        assert!(!gate.knows(&kept, Mono::ZERO));
    }

    #[test]
    fn a_password_cannot_be_tried_out() {
        let mut gate = gate();
        for _ in 0..MAX_WRONG {
            assert_eq!(gate.enter(HERE, "abc12345", Mono::ZERO, [7; 32]), Err(Refused::Wrong));
        }
        let later = Mono::from_millis(20_000);
        // The right one neither: otherwise the answer would tell.
        assert_eq!(gate.enter(HERE, "Abc12345", later, [7; 32]), Err(Refused::Wait(Duration::from_secs(40))));
        let other = "10.0.0.9".parse().unwrap();
        assert!(gate.enter(other, "Abc12345", later, [8; 32]).is_ok());
        assert!(gate.enter(HERE, "Abc12345", Mono::ZERO.plus(PENALTY), [9; 32]).is_ok());
    }

    #[test]
    fn addresses_and_browsers_have_a_limit() {
        let mut gate = gate();
        let address = |n: u32| IpAddr::from(std::net::Ipv4Addr::from(n));
        for n in 0..2 * u32::try_from(MAX_ADDRESSES).unwrap() {
            let _ = gate.enter(address(n), "", Mono::ZERO, [0; 32]);
        }
        assert!(gate.wrong.len() <= MAX_ADDRESSES + 1);
        assert!(matches!(gate.enter(HERE, "Abc12345", Mono::ZERO, [7; 32]), Err(Refused::Wait(_))));
        let later = Mono::ZERO.plus(PENALTY);
        let first = gate.enter(HERE, "Abc12345", later, [1; 32]).unwrap();
        for n in 0..MAX_INSIDE {
            let mut random = [2; 32];
            random[..8].copy_from_slice(&n.to_be_bytes());
            gate.enter(HERE, "Abc12345", later, random).unwrap();
        }
        assert!(gate.inside.len() == MAX_INSIDE && !gate.knows(&first, later));
    }
}
