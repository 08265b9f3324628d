//! Times as text: `10`, `0.5`, `10s`, `500ms`.

use std::time::Duration;

/// The longest time that a property can have, some 31 years: no sum of it with
/// the time of now overflows a clock.
const MAX: Duration = Duration::from_secs(1_000_000_000);

/// Units in nanoseconds. `ms` is looked for before `s`.
const UNITS: [(&str, u128); 5] =
    [("ms", 1_000_000), ("s", SECOND), ("m", 60 * SECOND), ("h", 3600 * SECOND), ("d", 86_400 * SECOND)];
const SECOND: u128 = 1_000_000_000;

/// What a number without unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bare {
    Seconds,
    /// Milliseconds, or seconds if there is a decimal point.
    Milliseconds,
}

fn unit_of(text: &str) -> Option<(&str, u128)> {
    UNITS.iter().find_map(|(unit, nanos)| text.strip_suffix(unit).map(|number| (number.trim_end(), *nanos)))
}

pub(crate) fn parse(text: &str, bare: Bare) -> Option<Duration> {
    match unit_of(text) {
        Some((number, unit)) => decimal(number, unit),
        None if bare == Bare::Milliseconds && !text.contains('.') => decimal(text, 1_000_000),
        None => decimal(text, SECOND),
    }
}

/// A decimal number of a unit, exactly; digits below a nanosecond are cut off.
fn decimal(number: &str, unit: u128) -> Option<Duration> {
    /// So that nothing below overflows 128 bits.
    const MAX_DIGITS: usize = 18;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits(whole) || !are_digits(fraction) || whole.len() > MAX_DIGITS || (whole.len() + fraction.len()) == 0 {
        return None;
    }
    let fraction = &fraction[..fraction.len().min(9)];
    let number = |digits: &str| if digits.is_empty() { Some(0) } else { digits.parse::<u128>().ok() };
    let power = 10u128.pow(u32::try_from(fraction.len()).ok()?);
    let nanos = number(whole)? * unit + number(fraction)? * unit / power;
    let seconds = u64::try_from(nanos / SECOND).ok()?;
    let rest = u32::try_from(nanos % SECOND).ok()?;
    Some(Duration::new(seconds, rest)).filter(|time| *time <= MAX)
}

/// The time as decimal seconds, exactly.
pub(crate) fn seconds_text(time: Duration) -> String {
    let text = format!("{}.{:09}", time.as_secs(), time.subsec_nanos());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The value without unit, as the vendor's clients write it.
pub(crate) fn bare_text(time: Duration, bare: Bare) -> String {
    match bare {
        Bare::Milliseconds if time.subsec_nanos().is_multiple_of(1_000_000) => time.as_millis().to_string(),
        _ => seconds_text(time),
    }
}

/// What the text is read as, if it has no unit and is probably a mistake: a time to connect
/// below 50 ms, or any above an hour.
pub(crate) fn implausible(text: &str, bare: Bare) -> Option<Duration> {
    const SHORT: Duration = Duration::from_millis(50);
    const LONG: Duration = Duration::from_secs(3600);
    let text = text.trim();
    let time = parse(text, bare).filter(|_| unit_of(text).is_none())?;
    (time > LONG || bare == Bare::Milliseconds && time < SHORT).then_some(time)
}
