//! Bounds: what looking costs, what becomes of texts that would cost more, and of long values.

use super::super::value::COST;
use super::secrets;

#[test]
fn adversarial_texts_cost_a_bounded_number_of_bytes_per_byte() {
    for part in [
        "token=",
        "password=\"",
        "token",
        "secret: ",
        "://a:",
        "bearer ",
        "pwd='",
        "apikey=\\\"",
        "passw_",
        "cookie: a=",
        "sig=",
        "authorization: ",
        "password: a b\n",
    ] {
        let of = |bytes: usize| {
            let text = part.repeat(bytes / part.len());
            COST.set(0);
            let _found = secrets(&text);
            COST.get()
        };
        let (small, large) = (of(20_000), of(80_000));
        assert!(
            large <= small * 5 + 100_000,
            "{part}: {small} bytes looked at, then {large}"
        );
        assert!(large <= 80_000 * 64, "{part}: {large}");
    }
}

/// A value of characters of tokens, without a pattern.
fn random(bytes: usize) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut state = 7_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(alphabet[(state >> 16) as usize % alphabet.len()])
    };
    (0..bytes).map(|_| next()).collect()
}

#[test]
fn long_secrets_are_found_to_their_end() {
    for (before, after) in [
        ("token=", " next"),
        ("API_KEY=", "\n"),
        ("api_key: \"", "\", next"),
        ("token: '", "'"),
        ("{\\\"password\\\": \\\"", "\\\", x"),
        ("Authorization: Bearer ", "\nAccept: x"),
        ("curl -H 'x: bearer ", "' https://x"),
        ("https://user:", "@host/path"),
        ("https://x/y?sig=", "&z=1"),
        ("curl -u alice:", " https://x"),
        ("Cookie: sid=", "\n"),
        ("password=\"", ""),
    ] {
        for bytes in [200, 300, 5_000, 9_000, 50_000] {
            let secret = random(bytes);
            let text = [before, &secret, after].concat();
            let found = secrets(&text);
            assert!(
                found.len() == 1 && found[0].ends_with(&secret),
                "{before} and {bytes} bytes: {:?}",
                found.iter().map(|found| found.len()).collect::<Vec<_>>()
            );
        }
    }
}

#[test]
fn a_stretch_full_of_words_is_masked_whole_and_what_follows_is_looked_at() {
    let dense = "token=password: ".repeat(1_000);
    let gap = "plain words, ".repeat(100);
    let text = format!("{dense}{gap}password=Gr4nite42x {gap}");
    let found = secrets(&text);
    assert_eq!(found.len(), 2, "{}", found.len());
    assert!(found[0].len() > dense.len() / 2, "{}", found[0].len());
    assert_eq!(found[1], "Gr4nite42x");
    // A secret that hides in the stretch, or at its end, is masked with it.
    let text = format!("{dense}token=x password=Gr4nite42x");
    assert!(
        secrets(&text)
            .iter()
            .any(|part| part.ends_with("Gr4nite42x"))
    );
}

#[test]
fn settings_tables_and_code_are_never_dense() {
    let settings: String = (0..2_000)
        .map(|n| format!("SERVICE_{n}_TOKEN=${{TOKEN_{n}}}\nDB_{n}_PASSWORD=changeme\n"))
        .collect();
    let table: String = (0..2_000)
        .map(|n| format!("{n},alice,token: none,active,2024-01-02\n"))
        .collect();
    let lines: String = (0..2_000)
        .map(|n| format!("{{\"id\":{n},\"token\":null}}\n"))
        .collect();
    let code = "fn login(password: &str, token: &Token) -> Secret {\n    let password = self.password(token);\n    check(password, token = None)\n}\n".repeat(500);
    for text in [settings, table, lines, code] {
        let found = secrets(&text);
        assert!(found.is_empty(), "{:?}", found.first());
    }
}
