//! Dates and times.
//!
//! All three time types have one layout of 11 bytes, 13 with a zone
//! (`TimestampAttribute.java`, `DateAttribute.java`, `TimeAttribute.java`, `attrimpl.py`):
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 1 | bool AD; 0 is BC |
//! | 1 | 2 | year; 1 BC is year 1 |
//! | 3 | 1 | month, 1 to 12 |
//! | 4 | 1 | day |
//! | 5 | 1 | hour, 0 to 23 |
//! | 6 | 1 | minute |
//! | 7 | 1 | second |
//! | 8 | 2 | millisecond, unsigned |
//! | 10 | 1 | zone type; -1 is none |
//! | 11 | 2 | zone id, unless the zone type is -1 |

use std::fmt;

use super::Input;
use crate::{BodyError, Writer};

/// A day of the calendar.
///
/// The fields are those on the wire and are not checked on reading; see [`Date::is_valid`].
/// ```
/// use tgdb_pdu::graph::{Date, Era};
/// let leap = Date::new(2020, 2, 29).expect("a day of the calendar");
/// assert_eq!(leap.to_string(), "2020-02-29");
/// assert_eq!(Date::new(2021, 2, 29), None);
/// let ides = Date { era: Era::Bc, year: 44, month: 3, day: 15 };
/// assert_eq!((ides.to_string(), ides.astronomical_year()), ("0044-03-15 BC".into(), -43));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Date {
    /// Before or after the year 1.
    pub era: Era,
    /// Year of the era; there is no year 0. Go writes years BC as negative years AD.
    pub year: i16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// Which way years count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Era {
    /// Before the year 1.
    Bc,
    /// From the year 1 on.
    #[default]
    Ad,
}

/// A time of day, to the millisecond.
///
/// The fields are those on the wire and are not checked on reading; see [`Time::is_valid`].
/// ```
/// use tgdb_pdu::graph::Time;
/// let time = Time { hour: 12, minute: 34, second: 56, millisecond: 7 };
/// assert_eq!(time.to_string(), "12:34:56.007");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
    /// 0 to 999. Unsigned as in Java; Python reads it as signed, into the microseconds.
    pub millisecond: u16,
}

/// A day and a time of day, local unless there is a zone.
///
/// No client of the vendor writes a zone or converts between zones.
/// ```
/// use tgdb_pdu::graph::{Date, Time, Timestamp};
/// let date = Date::new(2020, 6, 15).expect("a day of the calendar");
/// let stamp = Timestamp::new(date, Time { hour: 8, ..Time::default() });
/// assert_eq!(stamp.to_string(), "2020-06-15T08:00:00.000");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timestamp {
    /// The day.
    pub date: Date,
    /// The time of day.
    pub time: Time,
    /// The zone, if the server names one.
    pub zone: Option<Zone>,
}

/// A time zone as it is on the wire. What the id means is not known; the vendor's readers
/// drop it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Zone {
    /// Not -1. The vendor names 0 (offset), 1 (id) and 2 (name).
    pub kind: i8,
    /// Meaning unknown.
    pub id: i16,
}

impl Date {
    /// A day AD, or `None` if the calendar does not have it.
    pub fn new(year: i16, month: u8, day: u8) -> Option<Self> {
        let date = Self { era: Era::Ad, year, month, day };
        date.is_valid().then_some(date)
    }

    /// The year with 1 BC as 0 and 2 BC as -1, as ISO 8601 and most libraries count.
    pub fn astronomical_year(&self) -> i32 {
        match self.era {
            Era::Ad => self.year.into(),
            Era::Bc => 1 - i32::from(self.year),
        }
    }

    /// Whether the proleptic Gregorian calendar has the day.
    pub fn is_valid(&self) -> bool {
        let year = self.astronomical_year();
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match self.month {
            2 => 28 + u8::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return false,
        };
        self.year >= 1 && (1..=days).contains(&self.day)
    }
}

impl Time {
    /// Whether a day has the time.
    pub fn is_valid(&self) -> bool {
        self.hour < 24 && self.minute < 60 && self.second < 60 && self.millisecond < 1000
    }
}

impl Timestamp {
    /// A timestamp without a zone.
    pub fn new(date: Date, time: Time) -> Self {
        Self { date, time, zone: None }
    }

    #[inline]
    pub(crate) fn read(input: &mut Input<'_>) -> Result<Self, BodyError> {
        let [era, y0, y1, month, day, hour, minute, second, ms0, ms1, zone_type] = input.array("timestamp")?;
        let era = if era != 0 { Era::Ad } else { Era::Bc };
        let date = Date { era, year: i16::from_be_bytes([y0, y1]), month, day };
        let time = Time { hour, minute, second, millisecond: u16::from_be_bytes([ms0, ms1]) };
        // As Java, which reads an id behind every type but -1. Python reads none below -1.
        let zone = match zone_type as i8 {
            -1 => None,
            kind => Some(Zone { kind, id: input.i16("zone_id")? }),
        };
        Ok(Self { date, time, zone })
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        w.bool(self.date.era == Era::Ad);
        w.i16(self.date.year);
        w.u8(self.date.month);
        w.u8(self.date.day);
        w.u8(self.time.hour);
        w.u8(self.time.minute);
        w.u8(self.time.second);
        w.u16(self.time.millisecond);
        match self.zone {
            None => w.i8(-1),
            Some(zone) => {
                w.i8(zone.kind);
                w.i16(zone.id);
            }
        }
    }
}

impl From<Date> for Timestamp {
    /// The start of the day, as Java and Go write a date.
    fn from(date: Date) -> Self {
        Self::new(date, Time::default())
    }
}

impl From<Time> for Timestamp {
    /// The time of day 0 of month 0 of year 0 AD, as Java and Go write a time.
    fn from(time: Time) -> Self {
        Self::new(Date { era: Era::Ad, year: 0, month: 0, day: 0 }, time)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)?;
        if self.era == Era::Bc { f.write_str(" BC") } else { Ok(()) }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}:{:02}.{:03}", self.hour, self.minute, self.second, self.millisecond)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Date { era, year, month, day } = self.date;
        write!(f, "{year:04}-{month:02}-{day:02}T{}", self.time)?;
        if let Some(zone) = self.zone {
            write!(f, "[zone {}:{}]", zone.kind, zone.id)?;
        }
        if era == Era::Bc { f.write_str(" BC") } else { Ok(()) }
    }
}
