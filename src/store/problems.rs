//! The book of problems of each platform, and the rates of each of its runs: what a week and a month are told from.

use rusqlite::params;

use super::{Store, StoreError};
use crate::base::fraction::Fraction;
use crate::base::time::Timestamp;
use crate::evidence::problems::{Problem, RETURN_DAYS, RunRates};

const DAY_S: i64 = 86_400;

impl Store {
    /// The problems of a platform, by its code, that are open or were closed a short while before a moment.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn problems(&self, platform: &str, at: Timestamp) -> Result<Vec<Problem>, StoreError> {
        self.problems_since(platform, at.plus_seconds(-RETURN_DAYS * DAY_S))
    }

    /// Those that are open or were closed since a moment.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn problems_since(&self, platform: &str, since: Timestamp) -> Result<Vec<Problem>, StoreError> {
        let sql = "SELECT id, device_id, what, first, since, last, closed, returns, name, unit FROM problem
                   WHERE platform = ?1 AND (closed IS NULL OR closed >= ?2) ORDER BY device_id, what, first";
        let mut statement = self.connection.prepare(sql)?;
        let problems = statement.query_map(params![platform, since.micros()], |row| {
            let moment = |place: usize| row.get::<_, i64>(place).map(Timestamp::from_micros);
            Ok(Problem {
                id: row.get(0)?,
                device_id: row.get(1)?,
                what: row.get(2)?,
                first: moment(3)?,
                since: moment(4)?,
                last: moment(5)?,
                closed: row.get::<_, Option<i64>>(6)?.map(Timestamp::from_micros),
                returns: row.get(7)?,
                name: row.get(8)?,
                unit: row.get(9)?,
            })
        })?;
        Ok(problems.collect::<Result<_, _>>()?)
    }

    /// Puts problems into the book, in place of what it says of them.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put_problems<'p>(&mut self, platform: &str, problems: impl Iterator<Item = &'p Problem>) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        {
            let sql = "INSERT OR REPLACE INTO problem VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
            let mut statement = transaction.prepare(sql)?;
            for problem in problems {
                statement.execute(params![
                    platform,
                    problem.id,
                    problem.device_id,
                    problem.what,
                    problem.first.micros(),
                    problem.since.micros(),
                    problem.last.micros(),
                    problem.closed.map(Timestamp::micros),
                    problem.returns,
                    problem.name,
                    problem.unit,
                ])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Notes the rates of a platform's run.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put_rates(&mut self, platform: &str, rates: &RunRates) -> Result<(), StoreError> {
        let sum = |place: usize, of: fn(Fraction) -> u64| {
            rates.rates.get(place).copied().flatten().map(|value| i64::try_from(of(value)).unwrap_or(i64::MAX))
        };
        let (n, d) = (|value: Fraction| value.numerator, |value: Fraction| value.denominator);
        let turn = |place: usize| {
            rates.problems.and_then(|turns| turns.get(place).copied()).map(|n| i64::try_from(n).unwrap_or(i64::MAX))
        };
        let sql = "INSERT OR REPLACE INTO run_rates
                   (platform, run, at, complete, cameras, profile, n1, d1, n2, d2, n3, d3, n4, d4, n5, d5,
                    opened, reopened, still, untold, closed)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)";
        self.connection.execute(
            sql,
            params![
                platform,
                rates.run,
                rates.at.micros(),
                rates.complete,
                i64::try_from(rates.cameras).unwrap_or(i64::MAX),
                rates.profile,
                sum(0, n),
                sum(0, d),
                sum(1, n),
                sum(1, d),
                sum(2, n),
                sum(2, d),
                sum(3, n),
                sum(3, d),
                sum(4, n),
                sum(4, d),
                turn(0),
                turn(1),
                turn(2),
                turn(3),
                turn(4),
            ],
        )?;
        Ok(())
    }

    /// The rates of a platform's runs in a time, by their times.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn rates_between(&self, platform: &str, from: Timestamp, to: Timestamp) -> Result<Vec<RunRates>, StoreError> {
        let sql = "SELECT run, at, complete, cameras, profile, n1, d1, n2, d2, n3, d3, n4, d4, n5, d5,
                          opened, reopened, still, untold, closed FROM run_rates
                   WHERE platform = ?1 AND at >= ?2 AND at < ?3 ORDER BY at, run";
        let mut statement = self.connection.prepare(sql)?;
        let runs = statement.query_map(params![platform, from.micros(), to.micros()], |row| {
            let count = |place: usize| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(place)?.map(i64::unsigned_abs));
            let mut rates = [None; 5];
            for (place, rate) in (5..).step_by(2).zip(&mut rates) {
                *rate = count(place)?.zip(count(place + 1)?).map(|(n, d)| Fraction::new(n, d));
            }
            let mut turns = [0; 5];
            let mut told = true;
            for (place, turn) in (15..).zip(&mut turns) {
                match count(place)? {
                    Some(n) => *turn = n,
                    None => told = false,
                }
            }
            Ok(RunRates {
                problems: told.then_some(turns),
                run: row.get(0)?,
                at: Timestamp::from_micros(row.get(1)?),
                complete: row.get(2)?,
                cameras: count(3)?.unwrap_or_default(),
                profile: row.get(4)?,
                rates,
            })
        })?;
        Ok(runs.collect::<Result<_, _>>()?)
    }

    /// Whether the book of problems was kept in a run of a platform before a moment.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn has_rates_before(&self, platform: &str, at: Timestamp) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM run_rates WHERE platform = ?1 AND at < ?2)";
        Ok(self.connection.query_row(sql, params![platform, at.micros()], |row| row.get(0))?)
    }

    /// The codes and names of the platforms with runs in the book.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn watched(&self) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare("SELECT DISTINCT platform FROM run_rates ORDER BY platform")?;
        let platforms = statement.query_map([], |row| row.get(0))?;
        Ok(platforms.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_book_and_the_rates_come_back() {
        let folder = crate::store::tests::folder("problems");
        let mut store = Store::open(&folder.join("s.db")).unwrap();
        let at = |day: i64| Timestamp::from_micros(day * DAY_S * 1_000_000);
        let problem = |id: &str, closed: Option<i64>| Problem {
            id: id.to_owned(),
            device_id: "1".into(),
            what: "N03".into(),
            first: at(1),
            since: at(2),
            last: at(3),
            closed: closed.map(at),
            returns: 1,
            name: "北门".into(),
            unit: "甲公司".into(),
        };
        let (open, closed, long) = (problem("a", None), problem("b", Some(10)), problem("c", Some(3)));
        store.put_problems("p", [&open, &closed, &long].into_iter()).unwrap();
        store.put_problems("q", [&problem("z", None)].into_iter()).unwrap();
        assert_eq!(store.problems("p", at(12)).unwrap(), [open.clone(), closed.clone()]);
        let gone = Problem { closed: Some(at(12)), ..open };
        store.put_problems("p", [&gone].into_iter()).unwrap();
        assert_eq!(store.problems("p", at(30)).unwrap(), []);
        let rates = RunRates {
            run: "r".into(),
            at: at(5),
            complete: true,
            cameras: 9,
            rates: [None, Some(Fraction::new(8, 9)), None, Some(Fraction::new(0, 0)), None],
            profile: "h".into(),
            problems: Some([3, 1, 4, 0, 2]),
        };
        assert_eq!(rates.open(), Some(8));
        store.put_rates("p", &rates).unwrap();
        store.put_rates("p", &rates).unwrap();
        assert_eq!(store.rates_between("p", at(5), at(6)).unwrap(), [rates]);
        assert_eq!(store.rates_between("p", at(6), at(7)).unwrap(), []);
        assert_eq!(store.watched().unwrap(), ["p"]);
    }
}
