//! Dates and times from and to chrono's naive types.
//!
//! There is no conversion to `chrono::DateTime`: what a zone of the wire means is not known, see
//! [`Zone`](crate::graph::Zone).

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

use super::{era_and_year, into_value, through};
use crate::graph::{ConvertError, Date, FromValue, Time, Timestamp, Value};

impl TryFrom<Date> for NaiveDate {
    type Error = ConvertError;

    /// Fails for days that the calendar does not have.
    fn try_from(date: Date) -> Result<Self, ConvertError> {
        let day = Self::from_ymd_opt(date.astronomical_year(), date.month.into(), date.day.into());
        day.filter(|_| date.is_valid()).ok_or_else(|| ConvertError::out_of_range(&date, Self::WANTED))
    }
}

impl TryFrom<NaiveDate> for Date {
    type Error = ConvertError;

    /// Fails for years before 32767 BC and after 32767.
    fn try_from(date: NaiveDate) -> Result<Self, ConvertError> {
        let (era, year) = era_and_year(date.year()).ok_or_else(|| ConvertError::out_of_range(&date, Self::WANTED))?;
        // 1 to 12 and 1 to 31.
        Ok(Self { era, year, month: date.month() as u8, day: date.day() as u8 })
    }
}

impl TryFrom<Time> for NaiveTime {
    type Error = ConvertError;

    /// Fails for times that no day has.
    fn try_from(time: Time) -> Result<Self, ConvertError> {
        let Time { hour, minute, second, millisecond } = time;
        Self::from_hms_milli_opt(hour.into(), minute.into(), second.into(), millisecond.into())
            .filter(|_| time.is_valid())
            .ok_or_else(|| ConvertError::out_of_range(&time, Self::WANTED))
    }
}

impl From<NaiveTime> for Time {
    /// What is below a millisecond is cut off. A leap second is the last millisecond of the second
    /// before it, because the wire has none.
    fn from(time: NaiveTime) -> Self {
        // Below 24, 60, 60 and 1000.
        let millisecond = (time.nanosecond() / 1_000_000).min(999) as u16;
        Self { hour: time.hour() as u8, minute: time.minute() as u8, second: time.second() as u8, millisecond }
    }
}

impl TryFrom<Timestamp> for NaiveDateTime {
    type Error = ConvertError;

    /// As for date and time. The zone is dropped.
    fn try_from(stamp: Timestamp) -> Result<Self, ConvertError> {
        let out_of_range = |_| ConvertError::out_of_range(&stamp, Self::WANTED);
        let date = NaiveDate::try_from(stamp.date).map_err(out_of_range)?;
        let time = NaiveTime::try_from(stamp.time).map_err(out_of_range)?;
        Ok(Self::new(date, time))
    }
}

impl TryFrom<NaiveDateTime> for Timestamp {
    type Error = ConvertError;

    /// As for date and time. There is no zone.
    fn try_from(stamp: NaiveDateTime) -> Result<Self, ConvertError> {
        Ok(Self::new(stamp.date().try_into()?, stamp.time().into()))
    }
}

through! {
    NaiveDate, "chrono::NaiveDate": Date;
    NaiveTime, "chrono::NaiveTime": Time;
    NaiveDateTime, "chrono::NaiveDateTime": Timestamp;
}

into_value! {
    NaiveTime, time => Time::from(time).into();
}

impl TryFrom<NaiveDate> for Value {
    type Error = ConvertError;

    /// As for [`Date`].
    fn try_from(date: NaiveDate) -> Result<Self, ConvertError> {
        Date::try_from(date).map(Self::Date)
    }
}

impl TryFrom<NaiveDateTime> for Value {
    type Error = ConvertError;

    /// As for [`Timestamp`].
    fn try_from(stamp: NaiveDateTime) -> Result<Self, ConvertError> {
        Timestamp::try_from(stamp).map(Self::Timestamp)
    }
}
