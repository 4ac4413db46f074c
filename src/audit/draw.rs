//! Which codes are drawn, and in what order they are called. Pure, and the same however the catalogue came: by hashes of the
//! codes with the seed, so that anybody can draw again. `docs/design/0010`.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::evidence::conduct::{Drawn, Sampling, Stratum};

/// What a draw is told of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// The code.
    pub code: &'a str,
    /// Its community; empty where it is not known.
    pub community: &'a str,
    /// Its class.
    pub class: &'a str,
}

/// The order a seed gives a code for a purpose.
fn hash(seed: u64, purpose: &str, code: &str) -> [u8; 32] {
    Sha256::new().chain_update(seed.to_be_bytes()).chain_update(purpose).chain_update(code).finalize().into()
}

/// What a code is chosen by, and what its turn is by: apart, so that the turn says nothing of the choice.
const CHOICE: &str = "";
const TURN: &str = "turn:";

/// Draws so many, from every community and class its share and at least one; from all at once where there are more of these than
/// are to be drawn.
#[must_use]
pub fn draw(candidates: &[Candidate<'_>], size: u64, seed: u64) -> Sampling {
    let population = candidates.len() as u64;
    let size = size.min(population);
    let mut strata: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for candidate in candidates {
        strata.entry((candidate.community, candidate.class)).or_default().push(candidate.code);
    }
    if strata.len() as u64 > size {
        let all = candidates.iter().map(|candidate| candidate.code).collect();
        let drawn = first(all, size, seed).into_iter().map(|code| Drawn { code: code.to_owned(), stratum: None }).collect();
        return Sampling { population, drawn: in_turn(drawn, seed), ..Sampling::default() };
    }
    let sizes: Vec<u64> = strata.values().map(|codes| codes.len() as u64).collect();
    let shares = shares(&sizes, size);
    let mut sampling = Sampling { population, ..Sampling::default() };
    for (((community, class), codes), share) in strata.into_iter().zip(shares) {
        let place = u32::try_from(sampling.strata.len()).ok();
        sampling.strata.push(Stratum {
            community: community.to_owned(),
            class: class.to_owned(),
            cameras: codes.len() as u64,
            drawn: share,
        });
        let chosen = first(codes, share, seed);
        sampling.drawn.extend(chosen.into_iter().map(|code| Drawn { code: code.to_owned(), stratum: place }));
    }
    sampling.drawn = in_turn(sampling.drawn, seed);
    sampling
}

/// All codes in a random order, for a census that may end early.
#[must_use]
pub fn all(candidates: &[Candidate<'_>], seed: u64) -> Sampling {
    let drawn = candidates.iter().map(|candidate| Drawn { code: candidate.code.to_owned(), stratum: None }).collect();
    Sampling { population: candidates.len() as u64, drawn: in_turn(drawn, seed), ..Sampling::default() }
}

/// The first so many codes by what they are chosen by.
fn first(codes: Vec<&str>, size: u64, seed: u64) -> Vec<&str> {
    let mut order: Vec<([u8; 32], &str)> = codes.into_iter().map(|code| (hash(seed, CHOICE, code), code)).collect();
    order.sort_unstable();
    order.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    order.into_iter().map(|(_, code)| code).collect()
}

fn in_turn(mut drawn: Vec<Drawn>, seed: u64) -> Vec<Drawn> {
    drawn.sort_by_cached_key(|one| hash(seed, TURN, &one.code));
    drawn
}

/// One to every stratum, and of the rest to each by its size, the largest remainders rounded up; of equal ones the first.
fn shares(sizes: &[u64], size: u64) -> Vec<u64> {
    let rest = size.saturating_sub(sizes.len() as u64);
    let weights: Vec<u128> = sizes.iter().map(|n| u128::from(n.saturating_sub(1))).collect();
    let all: u128 = weights.iter().sum();
    let quota = |weight: u128| (u128::from(rest) * weight).checked_div(all).unwrap_or(0);
    let remainder = |weight: u128| (u128::from(rest) * weight).checked_rem(all).unwrap_or(0);
    let mut shares: Vec<u64> = weights.iter().map(|weight| 1 + u64::try_from(quota(*weight)).unwrap_or(0)).collect();
    let left = size.saturating_sub(shares.iter().sum());
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|place| std::cmp::Reverse(weights.get(*place).copied().map(remainder)));
    for place in order.into_iter().take(usize::try_from(left).unwrap_or(usize::MAX)) {
        if let Some(share) = shares.get_mut(place) {
            *share += 1;
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// So many codes in each of these strata.
    fn codes(sizes: &[u64]) -> Vec<(String, String, &'static str)> {
        let classes = ["gate", "road"];
        let of = |(place, size): (usize, &u64)| {
            (0..*size)
                .map(move |n| (format!("3717230001132{place:02}{n:05}"), format!("37172300000{}", place / 2), classes[place % 2]))
        };
        sizes.iter().enumerate().flat_map(of).collect()
    }

    fn candidates<'c>(codes: &'c [(String, String, &'static str)]) -> Vec<Candidate<'c>> {
        codes.iter().map(|(code, community, class)| Candidate { code, community, class }).collect()
    }

    proptest! {
        #[test]
        fn a_draw_has_its_size_every_stratum_and_does_not_depend_on_the_order_of_arrival(
            sizes in prop::collection::vec(1..60_u64, 1..12), size in 1..400_u64, seed in any::<u64>(), turn in any::<usize>(),
        ) {
            let codes = codes(&sizes);
            let mut candidates = candidates(&codes);
            let sampling = draw(&candidates, size, seed);
            let all = candidates.len() as u64;
            prop_assert_eq!((sampling.population, sampling.drawn.len() as u64), (all, size.min(all)));
            let mut distinct: Vec<&str> = sampling.drawn.iter().map(|one| one.code.as_str()).collect();
            distinct.sort_unstable();
            distinct.dedup();
            prop_assert_eq!(distinct.len(), sampling.drawn.len());
            if size.min(all) >= sizes.len() as u64 {
                prop_assert_eq!(sampling.strata.len(), sizes.len());
                for (place, stratum) in sampling.strata.iter().enumerate() {
                    let drawn = sampling.drawn.iter().filter(|one| one.stratum == u32::try_from(place).ok()).count() as u64;
                    prop_assert!(drawn == stratum.drawn && (1..=stratum.cameras).contains(&drawn));
                    // Its share of what is beyond one each, to less than one.
                    let share = u128::from(size.min(all) - sizes.len() as u64) * u128::from(stratum.cameras - 1);
                    let rest = u128::from(all) - sizes.len() as u128;
                    prop_assert!(rest == 0 || (u128::from(drawn - 1) * rest).abs_diff(share) < rest);
                }
            } else {
                prop_assert!(sampling.strata.is_empty());
            }
            let turn = turn % candidates.len();
            candidates.rotate_left(turn);
            candidates.reverse();
            prop_assert_eq!(draw(&candidates, size, seed), sampling);
        }
    }

    #[test]
    fn another_seed_draws_others_and_each_code_is_drawn_alike_often() {
        let codes = codes(&[30, 10]);
        let candidates = candidates(&codes);
        let mut times: BTreeMap<String, u32> = BTreeMap::new();
        for seed in 0..2_000 {
            for one in draw(&candidates, 8, seed).drawn {
                *times.entry(one.code).or_default() += 1;
            }
        }
        // 1 + 6 * 29/38 and 1 + 6 * 9/38 of a stratum: 6 of 30, 2 of 10.
        assert_eq!(times.len(), 40);
        assert!(times.values().all(|n| (330..=470).contains(n)), "{times:?}");
    }

    #[test]
    fn the_turn_of_a_code_says_nothing_of_its_stratum() {
        let codes = codes(&[50, 50]);
        let candidates = candidates(&codes);
        let mut first_half = 0;
        for seed in 0..400 {
            let sampling = draw(&candidates, 40, seed);
            first_half += sampling.drawn.iter().take(20).filter(|one| one.stratum == Some(0)).count();
        }
        assert!((3_850..=4_150).contains(&first_half), "{first_half} of 8,000");
    }
}
