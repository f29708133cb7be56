//! A point in time as a date that people read. In UTC, as nothing here knows the time zone.

/// Seconds of a day.
const DAY: u64 = 86_400;

/// `2026-11-25 03:12:09 UTC`, from microseconds since 1970.
#[must_use]
pub fn moment(microseconds: u64) -> String {
    let seconds = microseconds / 1_000_000;
    let (year, month, day) = date(seconds / DAY);
    let (hour, minute, second) = (seconds % DAY / 3_600, seconds % 3_600 / 60, seconds % 60);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// The same without the date where it is that of `now`: `03:12:09 UTC`.
#[must_use]
pub fn moment_today(microseconds: u64, now: u64) -> String {
    let whole = moment(microseconds);
    if microseconds / 1_000_000 / DAY != now / 1_000_000 / DAY {
        return whole;
    }
    match whole.split_once(' ') {
        Some((_, time)) => time.to_owned(),
        None => whole,
    }
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar.
///
/// Counts years from March, so that the leap day is a year's last, in eras of 400 years, which are
/// all equally long.
fn date(days: u64) -> (u64, u64, u64) {
    const ERA: u64 = 146_097;
    // From 0000-03-01.
    let days = days + 719_468;
    let (era, day_of_era) = (days / ERA, days % ERA);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / (ERA - 1)) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Months of 31 and 30 days alternate from March on: five of them have 153.
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::{date, moment, moment_today};

    #[test]
    fn of_today_only_the_time_is_told() {
        let second = 1_000_000;
        assert_eq!(moment_today(0, 86_399 * second), "00:00:00 UTC");
        assert_eq!(moment_today(0, 86_400 * second), moment(0));
    }

    #[test]
    fn moments_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_399, "2000-02-28 23:59:59 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (951_868_800, "2000-03-01 00:00:00 UTC"),
            (1_764_040_329, "2025-11-25 03:12:09 UTC"),
            (4_102_444_799, "2099-12-31 23:59:59 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC"),
        ] {
            assert_eq!(moment(seconds * 1_000_000), expected);
        }
        assert!(moment(u64::MAX).ends_with(" UTC"));
    }

    #[test]
    fn each_day_follows_the_one_before() {
        let mut before = date(0);
        for days in 1..200_000 {
            let (year, month, day) = date(days);
            let follows = match before {
                (y, m, d) if (year, month) == (y, m) => day == d + 1,
                (y, m, d) if year == y => (month, day) == (m + 1, 1) && d >= 28,
                (y, m, d) => (year, month, day) == (y + 1, 1, 1) && (m, d) == (12, 31),
            };
            assert!(follows, "{before:?} {:?}", (year, month, day));
            before = (year, month, day);
        }
    }
}
