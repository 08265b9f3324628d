//! A password of a URL does not stay in freed memory, in no encoding.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs::File;
use std::os::unix::fs::FileExt;

use tgdb_url::{Properties, TgUrl};
use zeroize::{Zeroize, Zeroizing};

/// How often the text whose complement is given is in the writable memory of this process.
fn count(complement: &[u8]) -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let memory = File::open("/proc/self/mem").unwrap();
    let mut chunk = Zeroizing::new(vec![0; 1 << 20]);
    let mut found = 0;
    for line in maps.lines().filter(|line| line.contains(" rw-p ")) {
        let (start, end) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
        let (start, end) = (u64::from_str_radix(start, 16).unwrap(), u64::from_str_radix(end, 16).unwrap());
        let mut at = start;
        while at < end {
            let len = usize::try_from(end - at).unwrap().min(chunk.len());
            chunk.zeroize();
            chunk.resize(1 << 20, 0);
            let Ok(read) = memory.read_at(&mut chunk[..len], at) else { break };
            let is_text = |window: &&[u8]| window.iter().zip(complement).all(|(byte, other)| *byte == !other);
            found += chunk[..read].windows(complement.len()).filter(is_text).count();
            if read == 0 {
                break;
            }
            at += read as u64;
        }
    }
    found
}

#[test]
fn the_password_of_a_url_is_wiped() {
    // As complements, so that the test itself does not hold the text.
    let utf8: Vec<u8> = b"Zq7#wiped\\pass^word-K9".iter().map(|byte| !byte).collect();
    let utf16: Vec<u8> = utf8.iter().flat_map(|byte| [*byte, !0]).collect();
    let url = |end: &str| {
        let mut url = Zeroizing::new(String::with_capacity(100));
        url.push_str("tcp://h/{password=");
        utf8.iter().for_each(|byte| url.push(char::from(!byte)));
        url.push_str(end);
        url
    };
    let text = url(";dbName=d}");
    let parsed = TgUrl::parse(&text).unwrap();
    let mut properties = Properties::new();
    properties.extend(parsed.properties());
    let copy = parsed.clone();
    let servers = copy.ft_urls().unwrap();
    assert!(count(&utf8) >= 3, "the search finds it: in the text, the URL, and the properties");
    let wide: Zeroizing<Vec<u16>> = Zeroizing::new(utf8.iter().map(|byte| u16::from(!byte)).collect());
    assert!(cfg!(target_endian = "big") || count(&utf16) >= 1, "and in UTF-16");
    let mut old = properties.clone();
    old.set_by_name("password", "other");
    for end in [";password=x}", ";x}", ";x=}", "\\ud800}", ""] {
        TgUrl::parse(&url(end)).map(drop).unwrap_err();
    }
    drop((text, wide, parsed, properties, copy, servers, old));
    assert_eq!((count(&utf8), count(&utf16)), (0, 0));
}
