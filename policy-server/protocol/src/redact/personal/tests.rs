//! Each kind finds what it is for, and leaves what resembles it.

use super::{PERSONAL, find};

fn found<'t>(class: &str, text: &'t str) -> Vec<&'t str> {
    let which = PERSONAL
        .iter()
        .position(|kind| kind.class == class)
        .unwrap();
    let mut all = Vec::new();
    find(which, text, &mut |range| all.push(text.get(range).unwrap()));
    all
}

#[test]
fn what_is_personal_is_found() {
    for (class, text, all) in [
        (
            "pii.email",
            "mail joe.doe+x@mail.example.org, or <a@b.io>.",
            &["joe.doe+x@mail.example.org", "a@b.io"][..],
        ),
        (
            "pii.email",
            "mailto:joe@example.com?subject=x",
            &["joe@example.com"],
        ),
        ("pii.email", "user=joe@example.com", &["joe@example.com"]),
        ("pii.email", "'joe@example.com'", &["joe@example.com"]),
        (
            "pii.card",
            "pay 4111 1111 1111 1111 now",
            &["4111 1111 1111 1111"],
        ),
        (
            "pii.card",
            "4111-1111-1111-1111,5555555555554444",
            &["4111-1111-1111-1111", "5555555555554444"],
        ),
        (
            "pii.card",
            "378282246310005 and 3782 822463 10005",
            &["378282246310005", "3782 822463 10005"],
        ),
        (
            "pii.card",
            "6011111111111117 4111111111111111 12/29",
            &["6011111111111117", "4111111111111111"],
        ),
        (
            "pii.card",
            "4111 1111 1111 1111 123",
            &["4111 1111 1111 1111"],
        ),
        (
            "pii.iban",
            "to DE89 3704 0044 0532 0130 00 today",
            &["DE89 3704 0044 0532 0130 00"],
        ),
        (
            "pii.iban",
            "GB82WEST12345698765432; NO9386011117947",
            &["GB82WEST12345698765432", "NO9386011117947"],
        ),
        ("pii.ssn", "SSN: 123-45-6789.", &["123-45-6789"]),
        (
            "pii.phone",
            "call +1 (415) 555-2671 or +442071838750",
            &["+1 (415) 555-2671", "+442071838750"],
        ),
        (
            "pii.phone",
            "(415) 555-2671, 415-555-2671, 415.555.2671",
            &["(415) 555-2671", "415-555-2671", "415.555.2671"],
        ),
        (
            "pii.ip",
            "from 203.0.113.7:443 and 10.1.2.3.",
            &["203.0.113.7", "10.1.2.3"],
        ),
        (
            "pii.ip",
            "at 2001:db8::8a2e:370:7334, [fe80::1:2:3]",
            &["2001:db8::8a2e:370:7334", "fe80::1:2:3"],
        ),
    ] {
        assert_eq!(found(class, text), all, "{text}");
    }
}

#[test]
fn what_resembles_it_is_left() {
    for (class, text) in [
        (
            "pii.email",
            "@types/node@1.2.3 icon@2x.png git@github.com:a/b a@b @ a@b. joe@-x.org",
        ),
        (
            "pii.card",
            "4111 1111 1111 1112 4111111111111112 0.4111111111111111 x4111111111111111",
        ),
        (
            "pii.card",
            "1700000000000 2024-01-02 03:04 9999999999999995 41111111111111110000",
        ),
        ("pii.card", "4111 11111111 1111 4111-1111 1111-1111"),
        (
            "pii.iban",
            "DE88370400440532013000 XX89370400440532013000 DE8937040044053201300 AB12",
        ),
        (
            "pii.iban",
            "DE893704004405320130001 xDE89370400440532013000",
        ),
        (
            "pii.ssn",
            "000-12-3456 666-12-3456 900-12-3456 123-00-4567 123-45-0000 078-05-1120",
        ),
        (
            "pii.ssn",
            "123-45-67890 1123-45-6789 123-45-6789-1 2024-01-0203 a123-45-6789",
        ),
        (
            "pii.phone",
            "2024-01-02 1700000000 +1 +0123456789 1+23456789 415-155-2671 1.2.3.4",
        ),
        (
            "pii.phone",
            "550e8400-e29b-41d4-a716-446655440000 3.141592653589793 x+442071838750",
        ),
        (
            "pii.ip",
            "127.0.0.1 0.0.0.0 256.1.1.1 1.2.3 v1.2.3.4 1.2.3.4.5 ::1 :: 12:34:56",
        ),
        ("pii.ip", "abc::def std::net::Ipv4Addr 00:1a:2b:3c:4d:5e"),
    ] {
        assert_eq!(found(class, text), [""; 0], "{text}");
    }
}

/// Ranges come in order, apart from one another, and within the text, whatever that is.
#[test]
fn any_text_is_read() {
    let pieces = [
        "1", "4", "-", " ", "+", "(", ")", ".", "@", ":", "a", "DE89", "é", "0", "::",
    ];
    let mut state = 1_u64;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..12 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            text += pieces[(state >> 33) as usize % pieces.len()];
        }
        for which in 0..PERSONAL.len() {
            let mut from = 0;
            find(which, &text, &mut |range| {
                assert!(from <= range.start && range.start < range.end, "{text:?}");
                assert!(text.get(range.clone()).is_some(), "{text:?}");
                from = range.end;
            });
        }
    }
    find(PERSONAL.len(), "a@b.org", &mut |_| unreachable!());
}
