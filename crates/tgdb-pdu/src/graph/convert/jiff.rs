//! Dates and times from and to jiff's civil types.
//!
//! There is no conversion to `jiff::Timestamp` or `jiff::Zoned`: what a zone of the wire means is
//! not known, see [`Zone`](crate::graph::Zone).

use jiff::civil;

use super::{into_value, through};
use crate::graph::{ConvertError, Date, Era, FromValue, Time, Timestamp};

impl TryFrom<Date> for civil::Date {
    type Error = ConvertError;

    /// Fails for years before -9999 (10000 BC) and after 9999, and for days that the calendar
    /// does not have.
    fn try_from(date: Date) -> Result<Self, ConvertError> {
        let out_of_range = || ConvertError::out_of_range(&date, Self::WANTED);
        if !date.is_valid() {
            return Err(out_of_range());
        }
        let year = i16::try_from(date.astronomical_year()).map_err(|_| out_of_range())?;
        // Valid, so that both fit.
        Self::new(year, date.month as i8, date.day as i8).map_err(|_| out_of_range())
    }
}

impl From<civil::Date> for Date {
    fn from(date: civil::Date) -> Self {
        // All of jiff's years, -9999 to 9999, fit.
        let (era, year) = if date.year() > 0 { (Era::Ad, date.year()) } else { (Era::Bc, 1 - date.year()) };
        Self { era, year, month: date.month().unsigned_abs(), day: date.day().unsigned_abs() }
    }
}

impl TryFrom<Time> for civil::Time {
    type Error = ConvertError;

    /// Fails for times that no day has.
    fn try_from(time: Time) -> Result<Self, ConvertError> {
        let out_of_range = || ConvertError::out_of_range(&time, Self::WANTED);
        if !time.is_valid() {
            return Err(out_of_range());
        }
        let nanosecond = i32::from(time.millisecond) * 1_000_000;
        // Valid, so that all fit.
        Self::new(time.hour as i8, time.minute as i8, time.second as i8, nanosecond).map_err(|_| out_of_range())
    }
}

impl From<civil::Time> for Time {
    /// What is below a millisecond is cut off.
    fn from(time: civil::Time) -> Self {
        Self {
            hour: time.hour().unsigned_abs(),
            minute: time.minute().unsigned_abs(),
            second: time.second().unsigned_abs(),
            millisecond: time.millisecond().unsigned_abs(),
        }
    }
}

impl TryFrom<Timestamp> for civil::DateTime {
    type Error = ConvertError;

    /// As for date and time. The zone is dropped.
    fn try_from(stamp: Timestamp) -> Result<Self, ConvertError> {
        let out_of_range = |_| ConvertError::out_of_range(&stamp, Self::WANTED);
        let date = civil::Date::try_from(stamp.date).map_err(out_of_range)?;
        let time = civil::Time::try_from(stamp.time).map_err(out_of_range)?;
        Ok(Self::from_parts(date, time))
    }
}

impl From<civil::DateTime> for Timestamp {
    /// What is below a millisecond is cut off. There is no zone.
    fn from(stamp: civil::DateTime) -> Self {
        Self::new(stamp.date().into(), stamp.time().into())
    }
}

through! {
    civil::Date, "jiff::civil::Date": Date;
    civil::Time, "jiff::civil::Time": Time;
    civil::DateTime, "jiff::civil::DateTime": Timestamp;
}

into_value! {
    civil::Date, date => Date::from(date).into();
    civil::Time, time => Time::from(time).into();
    civil::DateTime, stamp => Timestamp::from(stamp).into();
}
