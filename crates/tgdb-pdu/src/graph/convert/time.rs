//! Dates and times from and to the types of the crate time.
//!
//! There is no conversion to `OffsetDateTime`: what a zone of the wire means is not known, see
//! [`Zone`](crate::graph::Zone).

use super::{era_and_year, into_value, through};
use crate::graph::{ConvertError, Date, FromValue, Time, Timestamp, Value};

impl TryFrom<Date> for time::Date {
    type Error = ConvertError;

    /// Fails for years before -9999 (10000 BC) and after 9999, unless time's feature
    /// `large-dates` is on, and for days that the calendar does not have.
    fn try_from(date: Date) -> Result<Self, ConvertError> {
        let month = time::Month::try_from(date.month).ok().filter(|_| date.is_valid());
        let converted =
            month.and_then(|month| Self::from_calendar_date(date.astronomical_year(), month, date.day).ok());
        converted.ok_or_else(|| ConvertError::out_of_range(&date, Self::WANTED))
    }
}

impl TryFrom<time::Date> for Date {
    type Error = ConvertError;

    /// Fails for years before 32767 BC and after 32767, which time has only with its feature
    /// `large-dates`.
    fn try_from(date: time::Date) -> Result<Self, ConvertError> {
        let (era, year) = era_and_year(date.year()).ok_or_else(|| ConvertError::out_of_range(&date, Self::WANTED))?;
        Ok(Self { era, year, month: date.month().into(), day: date.day() })
    }
}

impl TryFrom<Time> for time::Time {
    type Error = ConvertError;

    /// Fails for times that no day has.
    fn try_from(time: Time) -> Result<Self, ConvertError> {
        let Time { hour, minute, second, millisecond } = time;
        Self::from_hms_milli(hour, minute, second, millisecond)
            .map_err(|_| ConvertError::out_of_range(&time, Self::WANTED))
    }
}

impl From<time::Time> for Time {
    /// What is below a millisecond is cut off.
    fn from(time: time::Time) -> Self {
        let (hour, minute, second, millisecond) = time.as_hms_milli();
        Self { hour, minute, second, millisecond }
    }
}

impl TryFrom<Timestamp> for time::PrimitiveDateTime {
    type Error = ConvertError;

    /// As for date and time. The zone is dropped.
    fn try_from(stamp: Timestamp) -> Result<Self, ConvertError> {
        let out_of_range = |_| ConvertError::out_of_range(&stamp, Self::WANTED);
        let date = time::Date::try_from(stamp.date).map_err(out_of_range)?;
        let time = time::Time::try_from(stamp.time).map_err(out_of_range)?;
        Ok(Self::new(date, time))
    }
}

impl TryFrom<time::PrimitiveDateTime> for Timestamp {
    type Error = ConvertError;

    /// As for the date. What is below a millisecond is cut off. There is no zone.
    fn try_from(stamp: time::PrimitiveDateTime) -> Result<Self, ConvertError> {
        Ok(Self::new(stamp.date().try_into()?, stamp.time().into()))
    }
}

through! {
    time::Date, "time::Date": Date;
    time::Time, "time::Time": Time;
    time::PrimitiveDateTime, "time::PrimitiveDateTime": Timestamp;
}

into_value! {
    time::Time, time => Time::from(time).into();
}

impl TryFrom<time::Date> for Value {
    type Error = ConvertError;

    /// As for [`Date`].
    fn try_from(date: time::Date) -> Result<Self, ConvertError> {
        Date::try_from(date).map(Self::Date)
    }
}

impl TryFrom<time::PrimitiveDateTime> for Value {
    type Error = ConvertError;

    /// As for [`Timestamp`].
    fn try_from(stamp: time::PrimitiveDateTime) -> Result<Self, ConvertError> {
        Timestamp::try_from(stamp).map(Self::Timestamp)
    }
}
