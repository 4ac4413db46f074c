//! 遮挡. One dark piece without any detail, from an edge inwards, over a large part of a picture whose rest is in daylight: a bag,
//! a hand, paint. A night is dark all over; a sky lies along the whole upper edge and is left out, dark or not. A bright or
//! patterned cover is not told.

use super::{Check, Scene};
use crate::base::lang::Text;
use crate::media::histogram::Histogram;

/// Pieces a picture is cut into, across and down.
const TILES: (usize, usize) = (16, 9);
/// Standard deviation of luma below which a piece has no detail.
const PLAIN: f64 = 3.0;
/// Mean luma below which it is dark.
const DARK: f64 = 60.0;
/// Neighbouring pieces of one cover differ by less.
const STEP: f64 = 12.0;
/// Mean luma of the rest from which on it is day.
const DAY: f64 = 80.0;
/// Percent of the pieces.
const SHARE: usize = 40;

pub(super) static CHECK: Check = Check {
    id: "occlusion",
    title: Text::new("遮挡", "covered"),
    measures: Text::new("遮挡所占面积，%", "area that is covered, percent"),
    ends: false,
    find,
};

struct Tile {
    mean: f64,
    plain: bool,
}

fn find(scene: &Scene<'_>) -> Option<u32> {
    let tiles = tiles(scene);
    let mut seen = vec![false; tiles.len()];
    let mut largest = Vec::new();
    for start in 0..tiles.len() {
        let piece = grow(start, &tiles, &mut seen);
        if piece.len() > largest.len() {
            largest = piece;
        }
    }
    let (across, down) = TILES;
    let edge = |tile: &usize| {
        tile.is_multiple_of(across) || tile % across == across - 1 || tile / across == 0 || tile / across == down - 1
    };
    let sky = (0..across).all(|tile| largest.contains(&tile));
    let share = largest.len() * 100 / tiles.len().max(1);
    if share < SHARE || sky || !largest.iter().any(edge) {
        return None;
    }
    let rest: Vec<f64> = tiles.iter().enumerate().filter(|(at, _)| !largest.contains(at)).map(|(_, tile)| tile.mean).collect();
    let day = rest.iter().sum::<f64>() >= DAY * f64::from(u32::try_from(rest.len()).unwrap_or(u32::MAX));
    (day && !rest.is_empty()).then(|| u32::try_from(share).unwrap_or(100))
}

fn tiles(scene: &Scene<'_>) -> Vec<Tile> {
    let plane = &scene.small.y;
    let (across, down) = TILES;
    let side = |n: usize, parts: usize, length: usize| n * length / parts..(n + 1) * length / parts;
    let tile = |n: usize| {
        let (columns, rows) = (side(n % across, across, plane.width()), side(n / across, down, plane.height()));
        let samples = rows.flat_map(|y| plane.row(y).get(columns.clone()).unwrap_or_default());
        let (mean, sigma) = samples.copied().collect::<Histogram>().statistics();
        Tile { mean, plain: sigma < PLAIN && mean < DARK }
    };
    (0..across * down).map(tile).collect()
}

/// The plain pieces that hang together with one.
fn grow(start: usize, tiles: &[Tile], seen: &mut [bool]) -> Vec<usize> {
    let (across, _) = TILES;
    let mut piece = Vec::new();
    let mut open = vec![start];
    while let Some(at) = open.pop() {
        let (Some(tile), Some(seen)) = (tiles.get(at), seen.get_mut(at)) else { continue };
        if *seen || !tile.plain {
            continue;
        }
        *seen = true;
        piece.push(at);
        let beside = [(at % across > 0).then(|| at - 1), (at % across < across - 1).then_some(at + 1)];
        let around = beside.into_iter().chain([at.checked_sub(across), Some(at + across)]).flatten();
        open.extend(around.filter(|next| tiles.get(*next).is_some_and(|next| (next.mean - tile.mean).abs() < STEP)));
    }
    piece
}
