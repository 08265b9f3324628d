//! Values from and to the types of other crates, with the features of all of them.
#![cfg(all(feature = "jiff", feature = "time", feature = "chrono", feature = "rust_decimal"))]

use chrono::Datelike;
use proptest::prelude::*;
use rust_decimal::Decimal;
use tgdb_pdu::graph::*;

use crate::support::*;

const IDES: Date = Date { era: Era::Bc, year: 44, month: 3, day: 15 };

fn moment() -> Timestamp {
    Timestamp::new(Date::new(2020, 2, 29).unwrap(), Time { hour: 23, minute: 59, second: 58, millisecond: 789 })
}

#[test]
fn attributes_are_set_and_read_as_types_of_jiff() {
    let stamp = set("stamp", jiff::civil::datetime(2020, 2, 29, 23, 59, 58, 789_999_999)).unwrap();
    assert_eq!(stamp.value, moment().into(), "what is below a millisecond is cut off");
    assert_eq!(stamp.get(), Ok(jiff::civil::datetime(2020, 2, 29, 23, 59, 58, 789_000_000)));
    let day = set("day", jiff::civil::date(-43, 3, 15)).unwrap();
    assert_eq!(day.value, IDES.into());
    assert_eq!(day.get(), Ok(jiff::civil::date(-43, 3, 15)));
    let hour = set("hour", jiff::civil::time(1, 2, 3, 4_000_000)).unwrap();
    assert_eq!(hour.get(), Ok(jiff::civil::time(1, 2, 3, 4_000_000)));
    assert_eq!(hour.get(), Ok(Some(jiff::civil::time(1, 2, 3, 4_000_000))));
    let error = hour.get::<jiff::civil::Date>().unwrap_err();
    let expected = "attribute `hour` is of type Time, jiff::civil::Date was asked for; ask for the type it has";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn attributes_are_set_and_read_as_types_of_time() {
    let date = time::Date::from_calendar_date(2020, time::Month::February, 29).unwrap();
    let clock = time::Time::from_hms_nano(23, 59, 58, 789_999_999).unwrap();
    let stamp = set("stamp", Value::try_from(time::PrimitiveDateTime::new(date, clock)).unwrap()).unwrap();
    assert_eq!(stamp.value, moment().into());
    let clock = time::Time::from_hms_milli(23, 59, 58, 789).unwrap();
    assert_eq!(stamp.get(), Ok(time::PrimitiveDateTime::new(date, clock)));
    let ides = time::Date::from_calendar_date(-43, time::Month::March, 15).unwrap();
    assert_eq!(Value::try_from(ides), Ok(IDES.into()));
    assert_eq!(set("day", IDES).unwrap().get(), Ok(ides));
    assert_eq!(set("hour", clock).unwrap().get(), Ok(clock));
}

#[test]
fn attributes_are_set_and_read_as_types_of_chrono() {
    let date = chrono::NaiveDate::from_ymd_opt(2020, 2, 29).unwrap();
    let stamp = date.and_hms_nano_opt(23, 59, 58, 789_999_999).unwrap();
    let stamp = set("stamp", Value::try_from(stamp).unwrap()).unwrap();
    assert_eq!(stamp.value, moment().into());
    assert_eq!(stamp.get(), Ok(date.and_hms_milli_opt(23, 59, 58, 789).unwrap()));
    let ides = chrono::NaiveDate::from_ymd_opt(-43, 3, 15).unwrap();
    assert_eq!(Value::try_from(ides), Ok(IDES.into()));
    assert_eq!(set("day", IDES).unwrap().get(), Ok(ides));
    let leap_second = chrono::NaiveTime::from_hms_milli_opt(23, 59, 59, 1_500).unwrap();
    assert_eq!(Time::from(leap_second), Time { hour: 23, minute: 59, second: 59, millisecond: 999 });
    for year in [-32_767, 32_768] {
        let error = Date::try_from(chrono::NaiveDate::from_ymd_opt(year, 1, 1).unwrap()).unwrap_err();
        assert!(matches!(error, ConvertError::OutOfRange { .. }), "{error}");
    }
}

#[test]
fn what_a_type_cannot_hold_is_out_of_its_range() {
    let no_day = Date { era: Era::Ad, year: 2021, month: 2, day: 29 };
    let no_year = Date { year: 0, ..no_day };
    let no_time = Time { millisecond: 1000, ..Time::default() };
    let far = [Date::new(10_000, 1, 1).unwrap(), Date { era: Era::Bc, year: 10_001, ..IDES }];
    for date in [no_day, no_year] {
        assert!(jiff::civil::Date::try_from(date).is_err());
        assert!(time::Date::try_from(date).is_err());
        assert!(chrono::NaiveDate::try_from(date).is_err());
    }
    assert!(jiff::civil::Time::try_from(no_time).is_err());
    assert!(time::Time::try_from(no_time).is_err());
    assert!(chrono::NaiveTime::try_from(no_time).is_err());
    for date in far {
        let stamp = set("stamp", Timestamp::from(date)).unwrap();
        let error = stamp.get::<jiff::civil::DateTime>().unwrap_err();
        let wanted = "jiff::civil::DateTime";
        let expected = AttributeError::OutOfRange { attribute: "stamp".into(), value: stamp.value.to_string(), wanted };
        assert_eq!(error, expected);
        assert!(time::PrimitiveDateTime::try_from(stamp.value.as_ref()).is_err());
        assert!(stamp.get::<chrono::NaiveDateTime>().is_ok(), "chrono has all years");
    }
    assert!(jiff::civil::Date::try_from(Date { year: 10_000, ..IDES }).is_ok(), "10000 BC is -9999");
}

#[test]
fn a_zone_is_dropped_as_the_vendor_s_readers_do() {
    let zoned = Timestamp { zone: Some(Zone { kind: 1, id: 17 }), ..moment() };
    assert_eq!(jiff::civil::DateTime::try_from(zoned), jiff::civil::DateTime::try_from(moment()));
    assert_eq!(chrono::NaiveDateTime::try_from(zoned), chrono::NaiveDateTime::try_from(moment()));
    assert_eq!(time::PrimitiveDateTime::try_from(zoned), time::PrimitiveDateTime::try_from(moment()));
}

#[test]
fn numbers_are_decimals_without_rounding() {
    let price = set("price", Decimal::new(-1_234_567, 4)).unwrap();
    assert_eq!(price.value.to_string(), "-123.45670", "at the scale of the descriptor");
    assert_eq!(price.get(), Ok(Decimal::new(-1_234_567, 4)));
    let read = |text| Decimal::try_from(NumberRef { precision: 20, scale: 5, text });
    assert_eq!(read("1E+10"), Ok(Decimal::from(10_000_000_000_u64)));
    assert_eq!(read("1E-28"), Ok(Decimal::new(1, 28)));
    for text in
        ["1E-29", "1E+29", "79228162514264337593543950336", "0.12345678901234567890123456789", "x", "1E+2000000000"]
    {
        assert!(matches!(read(text), Err(ConvertError::OutOfRange { .. })), "{text}: {:?}", read(text));
    }
    let long = "9".repeat(30_000);
    let error = read(&long).unwrap_err().to_string();
    assert!(error.len() < 300, "bounded: {error}");
}

proptest! {
    #[test]
    fn dates_and_times_come_back(year in -9999i16..=9999, ordinal in 1i16..=365, millisecond in 0i64..86_400_000) {
        let date = jiff::civil::date(year, 1, 1).with().day_of_year(ordinal).build().unwrap();
        let time = jiff::civil::Time::midnight() + jiff::SignedDuration::from_millis(millisecond);
        let stamp = Timestamp::from(date.to_datetime(time));
        prop_assert!(stamp.date.is_valid() && stamp.time.is_valid());
        prop_assert_eq!(stamp.date.astronomical_year(), i32::from(year));
        prop_assert_eq!(jiff::civil::DateTime::try_from(stamp), Ok(date.to_datetime(time)));
        let chrono = chrono::NaiveDateTime::try_from(stamp).unwrap();
        let other = time::PrimitiveDateTime::try_from(stamp).unwrap();
        // They count the days of the year by themselves.
        prop_assert_eq!((chrono.ordinal(), other.ordinal()), (ordinal as u32, ordinal as u16));
        prop_assert_eq!(Timestamp::try_from(other), Ok(stamp));
        prop_assert_eq!(Timestamp::try_from(chrono), Ok(stamp));
    }

    #[test]
    fn decimals_come_back(unscaled: i64, scale in 0u32..=28) {
        let decimal = Decimal::new(unscaled, scale);
        prop_assert_eq!(Decimal::try_from(Value::from(decimal).as_ref()), Ok(decimal));
    }
}
