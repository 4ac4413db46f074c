//! 经纬度 as a plain pair, and distances good enough for a tolerance of hundreds of metres.

/// A position in WGS-84, degrees. CGCS2000 is the same within a metre.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    /// 经度, degrees east
    pub lon: f64,
    /// 纬度, degrees north
    pub lat: f64,
}

/// Metres a degree of latitude spans; within 0.6 % everywhere on earth.
const METRES_PER_DEGREE: f64 = 111_195.0;

impl Position {
    /// Plausible bounds of China, rounded outward (`G06`): 73 to 136 E, 3 to 54 N.
    #[must_use]
    pub fn in_china_bounds(self) -> bool {
        (73.0..=136.0).contains(&self.lon) && (3.0..=54.0).contains(&self.lat)
    }

    /// The pair read the other way round.
    #[must_use]
    pub const fn swapped(self) -> Self {
        Self { lon: self.lat, lat: self.lon }
    }

    /// Metres that a degree of longitude and one of latitude span here.
    #[must_use]
    pub fn metres_per_degree(self) -> (f64, f64) {
        (METRES_PER_DEGREE * self.lat.to_radians().cos(), METRES_PER_DEGREE)
    }

    /// This position as metres east and north of `origin`, on a plane that touches the earth there.
    #[must_use]
    pub fn metres_from(self, origin: Self) -> (f64, f64) {
        let (east, north) = origin.metres_per_degree();
        ((self.lon - origin.lon) * east, (self.lat - origin.lat) * north)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousandth_of_a_degree_north_is_111_metres() {
        let origin = Position { lon: 115.9, lat: 35.0 };
        let (east, north) = Position { lon: 115.9, lat: 35.001 }.metres_from(origin);
        assert!(east.abs() < 1e-6 && (north - 111.2).abs() < 0.1);
    }
}
